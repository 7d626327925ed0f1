// SPDX-License-Identifier: GPL-2.0
/* The grammar of braidctl, with a small table of commands. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "complete.h"
#include "text.h"

static int ran(struct br_call *call)
{
	(void)call;
	return 0;
}

static const struct br_command paths[] = {
	{
		"path", "add", &br_path_type,
		{
			{ "dev", "DEVICE", BR_WORD_DEV, BR_REQUIRED | BR_BARE,
			  NULL },
			{ "peer", "PEER", BR_WORD_FIELD, BR_REQUIRED, NULL },
			{ "path", "NAME", BR_WORD_FIELD, BR_REQUIRED, NULL },
			{ "remote", "ADDR:PORT", BR_WORD_FIELD, 0, NULL },
			{ "standby", NULL, BR_WORD_FLAG, 0, NULL },
			{ "note", "TEXT", BR_WORD_TEXT, 0, NULL },
		},
		ran, "add a path",
	},
	{
		"path", "show", &br_path_type,
		{
			{ "dev", "DEVICE", BR_WORD_DEV, BR_BARE, NULL },
			{ "path", "NAME", BR_WORD_FIELD, 0, NULL },
		},
		ran, "list",
	},
	{ "policy", "list", NULL, { { NULL } }, ran, "list" },
	{ NULL }
};

static const struct br_command others[] = {
	{
		"flow", "show", NULL,
		{
			{ "dev", "DEVICE", BR_WORD_DEV, BR_BARE, NULL },
			{ "sort", "rate|bytes", BR_WORD_CHOICE, 0,
			  "rate|bytes" },
		},
		ran, "flows",
	},
	{
		"genkey", "static", NULL,
		{
			{ "a", "FILE-A", BR_WORD_FILE,
			  BR_REQUIRED | BR_POSITION, NULL },
			{ "b", "FILE-B", BR_WORD_FILE,
			  BR_REQUIRED | BR_POSITION, NULL },
		},
		ran, "keys",
	},
	{
		"up", NULL, NULL,
		{ { "file", "CONFIG", BR_WORD_FILE, BR_REQUIRED | BR_POSITION,
		    NULL } },
		ran, "up",
	},
	{ NULL }
};

static const struct br_group groups[] = { { paths }, { others }, { NULL } };

/* Splits at spaces; "_" stands for an empty word. */
static int split(char *text, char **argv)
{
	int argc = 0;
	char *word;

	for (word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "_") ? word : "";
	return argc;
}

static char words[256];
static char *args[32];
static struct br_call call;

static int parse(const char *text)
{
	free(call.object);
	memset(&call, 0, sizeof(call));
	br_fill(words, text);
	return br_command_parse(groups, split(words, args), args, &call);
}

static void teardown(void)
{
	free(call.object);
	call.object = NULL;
}

START_TEST(keywords_in_any_order)
{
	static const char *const texts[] = {
		"path add dev braid0 peer b path p remote 1.2.3.4:5 standby",
		"path add standby remote 1.2.3.4:5 path p peer b dev braid0",
		"path add braid0 peer b standby path p remote 1.2.3.4:5",
		"path add peer b path p braid0 remote 1.2.3.4:5 standby",
	};
	struct br_path *path;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		ck_assert_msg(!parse(texts[i]), "%s: %s", texts[i],
			      call.err.text);
		path = call.object;
		ck_assert_str_eq(br_call_text(&call, "dev"), "braid0");
		ck_assert_str_eq(path->peer, "b");
		ck_assert_str_eq(path->name, "p");
		ck_assert_uint_eq(path->remote.port, 5);
		ck_assert_uint_eq(path->standby, 1);
		ck_assert(br_has(&br_path_type, path, "standby"));
		ck_assert(!br_has(&br_path_type, path, "cost"));
		ck_assert_ptr_null(br_call_text(&call, "note"));
	}
}
END_TEST

/* A value may be called like a keyword where the keyword stands before it. */
START_TEST(values_like_keywords)
{
	struct br_path *path;

	ck_assert(!parse("path add dev note peer dev path peer"));
	path = call.object;
	ck_assert_str_eq(br_call_text(&call, "dev"), "note");
	ck_assert_str_eq(path->peer, "dev");
	ck_assert_str_eq(path->name, "peer");
	ck_assert(!parse("genkey static a b"));
	ck_assert_str_eq(br_call_text(&call, "a"), "a");
	ck_assert_str_eq(br_call_text(&call, "b"), "b");
	ck_assert(!parse("genkey static b a"));
	ck_assert_str_eq(br_call_text(&call, "a"), "b");
	ck_assert(!parse("up file"));
	ck_assert_str_eq(br_call_text(&call, "file"), "file");
}
END_TEST

struct refusal_case {
	const char *text;
	const char *why;
};

static const struct refusal_case refusals[] = {
	{ "", "a command is missing" },
	{ "pat", "no such command: pat" },
	{ "path", "path: a verb is missing" },
	{ "path ad", "path: no such verb: ad" },
	{ "path add braid0 peer b", "path add: path NAME is missing" },
	{ "path add peer b path p", "path add: dev DEVICE is missing" },
	{ "path add braid0 braid1 peer b path p", "unexpected word: braid1" },
	{ "path add braid0 peer b path p peer c", "peer is given twice" },
	{ "path add braid0 standby standby", "standby is given twice" },
	{ "path add braid0 peer", "peer: its value is missing" },
	{ "path add braid0 peer b path p remote 1.2.3.4:x",
	  "remote: '1.2.3.4:x' has a port that is not a number up to 65535" },
	{ "path add a/b peer b path p",
	  "dev: 'a/b' is not a device's name" },
	{ "path add 0123456789abcdef peer b path p",
	  "dev: '0123456789abcdef' is not a device's name" },
	{ "path add _ peer b path p", "dev: '' is not a device's name" },
	{ "path add braid0 peer b path p note _", "note: is empty" },
	{ "policy list braid0", "unexpected word: braid0" },
	{ "flow show sort size",
	  "sort: 'size' is not one of rate|bytes" },
	{ "flow show sort rat", "sort: 'rat' is not one of rate|bytes" },
	{ "genkey static a", "genkey static: FILE-B is missing" },
	{ "genkey static a b c", "unexpected word: c" },
	{ "up", "up: CONFIG is missing" },
};

START_TEST(refusal)
{
	const struct refusal_case *c = &refusals[_i];

	ck_assert_msg(parse(c->text) < 0, "%s was taken", c->text);
	ck_assert_str_eq(call.err.text, c->why);
	ck_assert_int_eq(call.err.exit, BR_USAGE);
	ck_assert_ptr_null(call.object);
}
END_TEST

/* Names that there might be, and whether what was typed before is known. */
static void names(const char *noun, const struct br_completion *so_far,
		  FILE *to)
{
	if (strcmp(noun, "note"))
		fprintf(to, "<%s%s>\n", noun,
			so_far->text[0] && strcmp(noun, "dev") ? " of it" : "");
}

static void completes(const char *text, const char *want)
{
	char got[512] = "";
	FILE *file = fmemopen(got, sizeof(got), "w");

	br_fill(words, text);
	br_complete(groups, split(words, args), args, names, file);
	fclose(file);
	ck_assert_str_eq(got, want);
}

START_TEST(completion)
{
	completes("_", "path\npolicy\nflow\ngenkey\nup\n");
	completes("path _", "add\nshow\n");
	completes("path add _",
		  "<dev>\ndev\npeer\npath\nremote\nstandby\nnote\n");
	completes("path add braid0 peer b _",
		  "path\nremote\nstandby\nnote\n");
	completes("path add braid0 standby _",
		  "peer\npath\nremote\nnote\n");
	completes("path add dev _", "<dev>\n");
	completes("path add braid0 peer _", "<peer of it>\n");
	/* a new path's name is the user's, as is a note */
	completes("path add braid0 path _", "");
	completes("path add braid0 note _", "");
	completes("path show braid0 path _", "<path of it>\n");
	completes("flow show sort _", "rate\nbytes\n");
	completes("up _", "<file>\n");
	completes("up x _", "");
	completes("genkey static _", "<file>\n");
	completes("nonsense _", "");
	completes("path add braid0 braid1 _", "");
}
END_TEST

START_TEST(usage_shows_everything)
{
	char got[1024] = "";
	FILE *file = fmemopen(got, sizeof(got), "w");

	br_usage(groups, NULL, file);
	fclose(file);
	ck_assert_ptr_nonnull(strstr(got,
		"braidctl path add DEVICE peer PEER path NAME [remote ADDR:PORT] [standby] [note TEXT]\n"));
	ck_assert_ptr_nonnull(strstr(got, "braidctl genkey static FILE-A FILE-B\n"));
	ck_assert_ptr_nonnull(strstr(got, "braidctl flow show [DEVICE] [sort rate|bytes]\n"));
	ck_assert_ptr_nonnull(strstr(got, "braidctl up CONFIG\n"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cli");
	TCase *tc = tcase_create("cli");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, keywords_in_any_order);
	tcase_add_test(tc, values_like_keywords);
	tcase_add_loop_test(tc, refusal, 0, ARRAY_SIZE(refusals));
	tcase_add_test(tc, completion);
	tcase_add_test(tc, usage_shows_everything);
	return unit_run(suite);
}
