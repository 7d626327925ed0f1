// SPDX-License-Identifier: GPL-2.0
/*
 * The example files are read as braidctl reads them, each one there is, and what
 * they refer to is there: policies of this tree, files of this folder.
 */
#include "unit.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alias.h"
#include "config.h"
#include "text.h"

#define EXAMPLES	TOP "/Documentation/examples/"

/**
 * struct row - what an example is there to show
 * @name: its file
 * @peers: of it
 * @paths: likewise
 * @sessions: its keys are braidd's business
 * @policy: the policy
 * @rules: how many
 */
static const struct row {
	const char *name;
	unsigned int peers;
	unsigned int paths;
	bool sessions;
	const char *policy;
	unsigned int rules;
} rows[] = {
	{ "branch-of-many.conf", 1, 2, true, "adaptive", 0 },
	{ "branch.conf", 1, 3, false, "adaptive", 0 },
	{ "hub-of-many.conf", 3, 0, true, "adaptive", 0 },
	{ "hub.conf", 1, 0, false, "adaptive", 0 },
	{ "metered-backup.conf", 1, 2, true, "cheapest", 1 },
	{ "two-sites-a.conf", 1, 3, false, "adaptive", 0 },
	{ "two-sites-b.conf", 1, 3, false, "adaptive", 0 },
	{ "vehicle.conf", 1, 2, true, "adaptive", 2 },
};

static void policy_check(const struct row *row, const struct br_config *c)
{
	char path[512];

	ck_assert_str_eq(c->policy, row->policy);
	snprintf(path, sizeof(path), TOP "/bpf/%s.bpf.c",
		 br_policy_alias(c->policy));
	ck_assert_msg(!access(path, R_OK), "there is no %s", path);
}

START_TEST(they_are_read)
{
	const struct row *row = &rows[_i];
	struct br_config c;
	struct br_error err;
	char path[512];
	unsigned int i;

	snprintf(path, sizeof(path), EXAMPLES "%s", row->name);
	ck_assert_msg(!br_config_read(path, &c, &err), "%s", err.text);
	ck_assert_uint_eq(c.n_peers, row->peers);
	ck_assert_uint_eq(c.n_paths, row->paths);
	ck_assert_uint_eq(c.rules.rules.n, row->rules);
	ck_assert_int_eq(!!c.private_key_file, row->sessions);
	for (i = 0; i < c.n_peers; i++)
		ck_assert_int_eq(c.peers[i].has_public, row->sessions);
	policy_check(row, &c);
	br_config_free(&c);
}
END_TEST

START_TEST(none_is_left_out)
{
	glob_t found;
	size_t i, j;

	ck_assert_int_eq(glob(EXAMPLES "*", 0, NULL, &found), 0);
	ck_assert_uint_eq(found.gl_pathc, ARRAY_SIZE(rows));
	for (i = 0; i < found.gl_pathc; i++) {
		for (j = 0; j < ARRAY_SIZE(rows); j++)
			if (!strcmp(found.gl_pathv[i] + strlen(EXAMPLES),
				    rows[j].name))
				break;
		ck_assert_msg(j < ARRAY_SIZE(rows), "no row for %s",
			      found.gl_pathv[i]);
	}
	globfree(&found);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("examples");
	TCase *tc = tcase_create("examples");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, they_are_read, 0, ARRAY_SIZE(rows));
	tcase_add_test(tc, none_is_left_out);
	return unit_run(suite);
}
