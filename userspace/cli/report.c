// SPDX-License-Identifier: GPL-2.0
/*
 * All that somebody far away needs to find out what is wrong here, in one file
 * of text: what braidctl, ip and tc say, the kernel's log and the configuration
 * files. No keys: see redact.h, and what is asked of the kernel never has any.
 *
 * A part that cannot be had says why, and the rest goes on. Nothing is changed,
 * not even by loading the module.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "checkpoint.h"
#include "report.h"
#include "text.h"
#include "verbs.h"

/* Between the two readings of counters */
#define APART_MS	1000

/**
 * struct report - a report being made
 * @call: braidctl report
 * @parts: with -j, what there is so far; else NULL
 * @begun: when the counters were read, in ms of a clock that never goes back
 */
struct report {
	struct br_call *call;
	json_t *parts;
	int64_t begun;
};

/* What is done for a part; @what is its own affair. */
typedef void (*part_fn)(FILE *to, const char *what);

/* What braidctl itself says: everything of a kind with all its fields */
static const char *const questions[] = {
	"show", "-j dev show", "-j socket show", "-j peer show",
	"-j path show", "port show", "pool show", "migration list",
	"health show", "key show",
	"policy list", "class list", "rule list",
};

/* What the system's programs say of what braid stands on */
static const char *const programs[] = {
	"modinfo braid", "dkms status braid",
	"ip -s -d address show", "ip -4 rule show", "ip -6 rule show",
	"ip -4 route show table all", "ip -6 route show table all",
	"ip nexthop show", "tc -s qdisc show",
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* JSON is UTF-8, and what programs print need not be. */
static json_t *text_json(const char *text)
{
	json_t *json = json_string(text);
	char *plain, *at;

	if (json)
		return json;
	plain = strdup(text);
	for (at = plain; at && *at; at++)
		if (*at & 0x80)
			*at = '?';
	json = json_string(plain ? plain : "");
	free(plain);
	return json;
}

static void part_emit(struct report *r, const char *title, const char *text)
{
	FILE *to = r->call->out.file;
	size_t len = strlen(text);

	if (r->parts) {
		json_array_append_new(r->parts, json_pack("{s:s, s:o}",
			"title", title, "text", text_json(text)));
		return;
	}
	fprintf(to, "\n==== %s\n", title);
	fprintf(to, "%s%s", len ? text : "(nothing)\n",
		len && text[len - 1] != '\n' ? "\n" : "");
	/* what has been gathered is not lost when something hangs later */
	fflush(to);
}

static int part(struct report *r, const char *title, part_fn fn,
		const char *what)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return br_fail(&r->call->err, BR_FILE, ENOMEM, "out of memory");
	fn(to, what);
	if (fclose(to)) {
		free(text);
		return br_fail(&r->call->err, BR_FILE, ENOMEM, "out of memory");
	}
	part_emit(r, title, text);
	free(text);
	return 0;
}

/* A command of ours, as it would be typed. */
static void ask(FILE *to, const char *line)
{
	struct br_call call = { .out = { .file = to } };
	char text[128], *argv[BR_REPORT_WORDS + 1];
	int argc, ret;

	br_fill(text, line);
	argc = br_report_words(text, argv);
	call.out.json = argc && !strcmp(argv[0], "-j");
	ret = br_command_parse(br_groups, argc - call.out.json,
			       argv + call.out.json, &call);
	if (!ret) {
		ret = call.command->run(&call);
		if (call.object)
			br_object_free(call.command->type, call.object);
		free(call.object);
	}
	if (ret)
		fprintf(to, "braidctl: %s\n", call.err.text[0] ?
			call.err.text : strerror(-ret));
}

static int ask_part(struct report *r, const char *line, const char *when)
{
	char title[160];

	snprintf(title, sizeof(title), "braidctl %s%s", line, when);
	return part(r, title, ask, line);
}

static int questions_part(struct report *r)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(questions); i++)
		ret = ask_part(r, questions[i], "");
	r->begun = now_ms();
	return ret ? ret : ask_part(r, "counters", "");
}

/* What moves shows by what has changed since. */
static int counters_again(struct report *r)
{
	int64_t passed = now_ms() - r->begun;
	char when[64];

	if (passed < APART_MS)
		usleep((APART_MS - passed) * 1000);
	snprintf(when, sizeof(when), ", %lld ms later",
		 (long long)(now_ms() - r->begun));
	return ask_part(r, "counters", when);
}

static int programs_part(struct report *r)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(programs); i++)
		ret = part(r, programs[i], br_report_program, programs[i]);
	return ret;
}

static int configs_part(struct report *r)
{
	const char *folder = br_call_text(r->call, "config");
	struct br_report_files files;
	int ret;
	size_t i;

	folder = folder ? folder : BR_REPORT_CONFIGS;
	ret = br_report_glob(&files, folder, "*.conf");
	if (!files.n)
		ret = part(r, "configuration", br_report_none, folder);
	for (i = 0; !ret && i < files.n; i++)
		ret = part(r, files.name[i], br_report_config, files.name[i]);
	br_report_globfree(&files);
	return ret;
}

static int migrations_part(struct report *r)
{
	struct br_report_files files;
	int ret;
	size_t i;

	ret = br_report_glob(&files, BR_JOURNALS, "*");
	for (i = 0; !ret && i < files.n; i++)
		ret = part(r, files.name[i], br_report_migration,
			   files.name[i]);
	br_report_globfree(&files);
	return ret;
}

static int parts(struct report *r)
{
	bool loaded = br_report_loaded();
	int ret;

	ret = part(r, "versions", br_report_versions, NULL);
	if (!ret && loaded)
		ret = questions_part(r);
	if (!ret && loaded)
		ret = part(r, "BPF programs and maps of braid",
			   br_report_bpf, NULL);
	if (!ret)
		ret = migrations_part(r);
	if (!ret)
		ret = configs_part(r);
	if (!ret)
		ret = part(r, "kernel log", br_report_kernel_log, NULL);
	if (!ret)
		ret = part(r, "journal of braidd", br_report_journal, NULL);
	if (!ret)
		ret = part(r, "settings of the kernel", br_report_sysctl, NULL);
	if (!ret)
		ret = programs_part(r);
	return !ret && loaded ? counters_again(r) : ret;
}

static int make(struct br_call *call)
{
	struct report r = { .call = call };
	int ret;

	/* in these languages and places a maintainer can read and find them */
	setenv("LC_ALL", "C", 1);
	br_report_path();
	if (call->out.json)
		r.parts = json_array();
	else
		fprintf(call->out.file,
			"A report on braid. There are no keys in it, but addresses, names and routes:\n"
			"read it before you give it to others.\n");
	ret = parts(&r);
	if (r.parts && !ret)
		return br_json_print(&call->out, r.parts);
	json_decref(r.parts);
	return ret;
}

/* A new file that only its owner reads; none is left when it fails. */
static int into_file(struct br_call *call, const char *name)
{
	FILE *old = call->out.file;
	int fd, ret;

	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return br_fail(&call->err, BR_FILE, errno, "%s: %s", name,
			       strerror(errno));
	call->out.file = fdopen(fd, "w");
	if (!call->out.file) {
		ret = br_fail(&call->err, BR_FILE, errno, "%s: %s", name,
			      strerror(errno));
		close(fd);
		goto out_old;
	}
	ret = make(call);
	if (fclose(call->out.file) && !ret)
		ret = br_fail(&call->err, BR_FILE, errno, "%s: %s", name,
			      strerror(errno));
out_old:
	call->out.file = old;
	if (ret)
		unlink(name);
	return ret;
}

static int report(struct br_call *call)
{
	const char *name = br_call_text(call, "file");

	return name ? into_file(call, name) : make(call);
}

const struct br_command br_report_commands[] = {
	{
		"report", NULL, NULL,
		{
			{ "file", "FILE", BR_WORD_FILE, BR_POSITION, NULL },
			{ "config", "FOLDER", BR_WORD_FILE, 0, NULL },
		},
		report, "all that a report of a fault needs; no keys",
	},
	{ NULL }
};
