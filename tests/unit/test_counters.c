// SPDX-License-Identifier: GPL-2.0
/* Documentation/counters.rst has every counter that users see, and no other. */
#include <stdio.h>
#include <string.h>

#include "unit.h"

#define MOST		128
#define NAME		64

/* Names found in files. */
struct names {
	char name[MOST][NAME];
	unsigned int n;
};

static struct names documented, counted, enumerated;
static char text[1 << 17];

static void slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_msg(f, "%s cannot be read", path);
	n = fread(text, 1, sizeof(text) - 1, f);
	ck_assert_uint_lt(n, sizeof(text) - 1);
	text[n] = 0;
	fclose(f);
}

static int has(const struct names *names, const char *name)
{
	unsigned int i;

	for (i = 0; i < names->n; i++)
		if (!strcmp(names->name[i], name))
			return 1;
	return 0;
}

/* Every @begin, blanks, @open, NAME, @close of a file, NAME on one line. */
static void collect(const char *path, const char *begin, const char *open,
		    const char *close, struct names *names)
{
	const char *at, *name, *end;

	slurp(path);
	for (at = text; (at = strstr(at, begin)); at = name) {
		name = at + strlen(begin);
		name += strspn(name, " \t\n");
		if (strncmp(name, open, strlen(open)))
			continue;
		name += strlen(open);
		end = strstr(name, close);
		if (!end || name + strcspn(name, "\n") < end)
			continue;
		ck_assert_int_lt(end - name, NAME);
		ck_assert_uint_lt(names->n, MOST);
		snprintf(names->name[names->n++], NAME, "%.*s",
			 (int)(end - name), name);
	}
}

static void collect_all(void)
{
	documented.n = 0;
	counted.n = 0;
	enumerated.n = 0;
	collect(TOP "/Documentation/counters.rst", "\n", "``", "``\n",
		&documented);
	collect(TOP "/module/stats.c", "[BRAID_CNT_", "", "\"", &enumerated);
	collect(TOP "/module/stats.c", "] =", "\"", "\"", &counted);
	ck_assert_uint_gt(counted.n, 40);
	ck_assert_uint_eq(counted.n, enumerated.n);
	collect(TOP "/module/netlink-show.c", "BRAID_A_PEER_COUNTER,", "\"",
		"\"", &counted);
}

START_TEST(every_counter_is_documented)
{
	unsigned int i;

	collect_all();
	for (i = 0; i < counted.n; i++)
		ck_assert_msg(has(&documented, counted.name[i]),
			      "counters.rst lacks %s", counted.name[i]);
}
END_TEST

START_TEST(every_documented_counter_is_there)
{
	unsigned int i;

	collect_all();
	for (i = 0; i < documented.n; i++)
		ck_assert_msg(has(&counted, documented.name[i]),
			      "%s is in counters.rst only", documented.name[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counters");
	TCase *tc = tcase_create("counters");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, every_counter_is_documented);
	tcase_add_test(tc, every_documented_counter_is_there);
	return unit_run(suite);
}
