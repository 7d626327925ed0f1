// SPDX-License-Identifier: GPL-2.0
/*
 * The manual pages and the program's tables say the same: every command with
 * its keywords, every option, exit status and key of a configuration file is
 * in both. The pages are read as they are written: in a .SS, lines between .nf
 * and .fi are usage, and a line after .TP names what is explained there.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "inifile.h"
#include "text.h"
#include "verbs.h"

#define LINES	256

/**
 * struct part - one .SH or .SS of a page
 * @title: its title
 * @tags: what it explains, quotes and escapes removed
 * @n_tags: how many
 * @usage: its lines between .nf and .fi
 * @n_usage: how many
 */
struct part {
	char title[64];
	char *tags[LINES];
	int n_tags;
	char *usage[LINES];
	int n_usage;
};

static struct part parts[64];
static int n_parts;

/* The words of a macro line, or a line of text, as a reader sees them. */
static char *plain(const char *line)
{
	char *text = strdup(line), *to = text;

	ck_assert_ptr_nonnull(text);
	if (line[0] == '.')
		line += strcspn(line, " ");
	line += strspn(line, " ");
	for (; *line; line++)
		if (*line != '\\' && *line != '"')
			*to++ = *line;
	*to = 0;
	return text;
}

static void line_take(const char *line, bool *tag, bool *usage)
{
	struct part *p = &parts[n_parts ? n_parts - 1 : 0];

	if (!strncmp(line, ".SS ", 4) || !strncmp(line, ".SH ", 4)) {
		ck_assert_int_lt(n_parts, (int)ARRAY_SIZE(parts));
		snprintf(parts[n_parts++].title, sizeof(p->title), "%.63s",
			 line + 4);
	} else if (!n_parts) {
		return;
	} else if (*tag) {
		p->tags[p->n_tags++] = plain(line);
	} else if (!strcmp(line, ".nf") || !strcmp(line, ".fi")) {
		*usage = line[1] == 'n';
	} else if (*usage) {
		p->usage[p->n_usage++] = plain(line);
	}
	*tag = !strcmp(line, ".TP");
	ck_assert_int_lt(p->n_tags, LINES);
	ck_assert_int_lt(p->n_usage, LINES);
}

static void page_read(const char *name)
{
	bool tag = false, usage = false;
	char path[512], line[512];
	FILE *file;

	memset(parts, 0, sizeof(parts));
	n_parts = 0;
	snprintf(path, sizeof(path), TOP "/Documentation/man/%s", name);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		line_take(line, &tag, &usage);
	}
	fclose(file);
}

static void page_free(void)
{
	int i, j;

	for (i = 0; i < n_parts; i++) {
		for (j = 0; j < parts[i].n_tags; j++)
			free(parts[i].tags[j]);
		for (j = 0; j < parts[i].n_usage; j++)
			free(parts[i].usage[j]);
	}
}

/* Whether a title, "key, genkey", names an object. */
static bool titled(const struct part *p, const char *name)
{
	const char *at = p->title;
	size_t len = strlen(name), n;

	for (; *at; at += n + strspn(at + n, ", ")) {
		n = strcspn(at, ",");
		if (n == len && !strncmp(at, name, n))
			return true;
	}
	return false;
}

static struct part *part_of(const char *name)
{
	int i;

	for (i = 0; i < n_parts; i++)
		if (titled(&parts[i], name))
			return &parts[i];
	ck_abort_msg("the manual has no part %s", name);
}

static bool listed(char *const *list, int n, const char *text)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(list[i], text))
			return true;
	return false;
}

static void explained(const struct part *p, const char *text)
{
	ck_assert_msg(listed(p->tags, p->n_tags, text),
		      "the manual does not explain %s in %s", text, p->title);
}

/* First lines of usage, one a command: "braidctl path add DEVICE ..." */
static int usage_lines(const char *object, char **lines)
{
	char text[16384] = "", *line, *save;
	FILE *file = fmemopen(text, sizeof(text) - 1, "w");
	int n = 0;

	br_usage(br_groups, object, file);
	fclose(file);
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "  braidctl", 10))
			lines[n++] = strdup(line + 2);
	return n;
}

static const char *command_name(const struct br_command *c, char *buf,
				size_t size)
{
	snprintf(buf, size, "%s%s%s", c->object, c->verb ? " " : "",
		 c->verb ? c->verb : "");
	return buf;
}

START_TEST(every_command_is_in_the_manual)
{
	struct br_cursor at = { br_groups, NULL };
	const struct br_command *c;
	struct part *p;
	char name[64];
	int i;

	page_read("braidctl.8");
	while ((c = br_command_next(&at))) {
		p = part_of(c->object);
		explained(p, command_name(c, name, sizeof(name)));
		for (i = 0; i < BR_WORDS_MAX && c->words[i].name; i++)
			if (!br_word_positional(&c->words[i]) &&
			    strcmp(c->words[i].name, "dev"))
				explained(p, c->words[i].name);
	}
	page_free();
}
END_TEST

START_TEST(usage_in_the_manual_is_the_programs)
{
	char *lines[LINES];
	int i, j, n, seen = 0, all = 0;

	page_read("braidctl.8");
	n = usage_lines(NULL, lines);
	for (i = 0; i < n_parts; i++) {
		if (!strcmp(parts[i].title, "EXAMPLE"))
			continue;
		for (j = 0; j < parts[i].n_usage; j++, all++) {
			ck_assert_msg(listed(lines, n, parts[i].usage[j]),
				      "the program knows no '%s'",
				      parts[i].usage[j]);
			seen++;
		}
	}
	ck_assert_int_eq(seen, n);
	ck_assert_int_eq(all, n);
	for (i = 0; i < n; i++)
		free(lines[i]);
	page_free();
}
END_TEST

/* Does any command of the part's objects have that name or keyword? */
static bool program_has(const struct part *p, const char *tag)
{
	struct br_cursor at = { br_groups, NULL };
	const struct br_command *c;
	char name[64];
	int i;

	while ((c = br_command_next(&at))) {
		if (!titled(p, c->object))
			continue;
		if (!strcmp(command_name(c, name, sizeof(name)), tag))
			return true;
		for (i = 0; i < BR_WORDS_MAX && c->words[i].name; i++)
			if (!strcmp(c->words[i].name, tag))
				return true;
	}
	return false;
}

START_TEST(the_manual_explains_only_what_there_is)
{
	int i, j, explains = 0;

	page_read("braidctl.8");
	for (i = 0; i < n_parts; i++)
		for (j = 0; parts[i].n_usage && j < parts[i].n_tags; j++) {
			explains++;
			ck_assert_msg(program_has(&parts[i], parts[i].tags[j]),
				      "no command of %s has '%s'",
				      parts[i].title, parts[i].tags[j]);
		}
	ck_assert_int_gt(explains, 50);
	page_free();
}
END_TEST

START_TEST(options)
{
	struct part *p;
	char text[3];
	int n;

	page_read("braidctl.8");
	p = part_of("OPTIONS");
	for (n = 0; br_options[n].letter; n++) {
		snprintf(text, sizeof(text), "-%c", br_options[n].letter);
		explained(p, text);
	}
	ck_assert_int_eq(p->n_tags, n);
	page_free();
}
END_TEST

static char *whole_page(const char *name)
{
	static char text[65536];
	char path[512];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), TOP "/Documentation/man/%s", name);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = 0;
	return text;
}

START_TEST(exit_statuses)
{
	char *page = whole_page("braidctl.8");
	char text[256];
	struct part *p;
	int n;

	page_read("braidctl.8");
	p = part_of("EXIT STATUS");
	for (n = 0; br_exits[n].help; n++) {
		snprintf(text, sizeof(text), ".TP\n.B %d\n%s\n",
			 br_exits[n].status, br_exits[n].help);
		ck_assert_msg(strstr(page, text), "not in the manual: %s",
			      text);
		ck_assert_int_eq(br_exits[n].status, n);
	}
	ck_assert_int_eq(p->n_tags, n);
	page_free();
}
END_TEST

START_TEST(every_key_of_a_file)
{
	const struct br_ini_section *const *at;
	const struct br_ini_section *s;
	struct part *p;
	char title[32];
	int n;

	page_read("braid.conf.5");
	for (at = br_config_sections; (s = *at); at++) {
		snprintf(title, sizeof(title), "[%s]", s->name);
		p = part_of(title);
		for (n = 0; n < BR_INI_KEYS && s->keys[n].name; n++)
			explained(p, s->keys[n].name);
		ck_assert_msg(p->n_tags == n, "%s explains a key too many",
			      title);
	}
	page_free();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("man");
	TCase *tc = tcase_create("man");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, every_command_is_in_the_manual);
	tcase_add_test(tc, usage_in_the_manual_is_the_programs);
	tcase_add_test(tc, the_manual_explains_only_what_there_is);
	tcase_add_test(tc, options);
	tcase_add_test(tc, exit_statuses);
	tcase_add_test(tc, every_key_of_a_file);
	return unit_run(suite);
}
