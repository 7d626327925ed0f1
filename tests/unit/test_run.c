// SPDX-License-Identifier: GPL-2.0
/* What a braidd leaves for those who look, written and read again. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "run.h"
#include "savefile.h"
#include "text.h"

static char name[64];
static struct br_run told;
static struct br_run run;
static struct br_error err;

static void setup(void)
{
	int fd;

	/* a braidd is known by its process's name */
	ck_assert(!prctl(PR_SET_NAME, "braidd"));
	br_fill(name, "/tmp/braid-run-XXXXXX");
	fd = mkstemp(name);
	ck_assert_int_ge(fd, 0);
	close(fd);
	br_run_init(&told);
}

static void teardown(void)
{
	br_run_free(&told);
	br_run_free(&run);
	unlink(name);
}

static struct br_port *row(const char *path)
{
	static const char *const names[] = {
		"peer", "path", "range", "hops", "hop-moving", "hop-next",
		"hop-why",
	};
	struct br_port *p = br_list_add(&told.ports);
	unsigned int i;

	br_fill(p->peer, "b");
	br_fill(p->path, path);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		br_set_has(&br_port_type, p, names[i]);
	return p;
}

static void write_at(uint64_t ms)
{
	json_t *root = json_pack("{s:s, s:o}", "kind", BR_RUN_KIND, "run",
				 br_run_json("braid0", ms, &told));

	ck_assert(!br_save_write(name, root, NULL, &err));
	json_decref(root);
}

static int read_at(uint64_t ms, const char *device)
{
	br_run_free(&run);
	return br_run_read(name, device, ms, &run, &err);
}

START_TEST(comes_back)
{
	struct br_port *p = row("w1");
	const struct br_port *got;

	br_fill(p->range, "40000-40063");
	p->hops = 7;
	p->next = 5000000;
	br_fill(p->why, "no \33[31mred");
	row("w2");
	write_at(1000);
	/* three seconds later the next hop is due so much sooner */
	ck_assert_msg(!read_at(4000, "braid0"), "%s", err.text);
	ck_assert(run.found);
	got = br_run_port(&run, "b", "w1");
	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got->range, "40000-40063");
	ck_assert_uint_eq(got->hops, 7);
	ck_assert_uint_eq(got->next, 2000000);
	ck_assert_str_eq(got->why, "no ?[31mred");
	ck_assert(!br_has(&br_port_type, got, "in-use"));
	ck_assert_ptr_nonnull(br_run_port(&run, "b", "w2"));
	ck_assert_ptr_null(br_run_port(&run, "a", "w1"));
	ck_assert(!read_at(9000, "braid0"));
	ck_assert_uint_eq(br_run_port(&run, "b", "w1")->next, 0);
}
END_TEST

START_TEST(lookups_come_back)
{
	static const char *const names[] = {
		"peer", "path", "name", "address", "failures", "lookup-next",
		"lookup-why",
	};
	const struct br_lookup *got;
	struct br_lookup *l = br_list_add(&told.lookups);
	const char *why;
	unsigned int i;

	br_fill(l->peer, "b");
	br_fill(l->path, "w1");
	br_fill(l->name, "gw.example.org:5000");
	l->address.n = 2;
	br_addr_parse("10.0.0.1", &l->address.a[0], &why);
	br_addr_parse("fd00::1", &l->address.a[1], &why);
	l->failures = 3;
	l->next = 9000000;
	br_fill(l->why, "it is not there");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		br_set_has(&br_lookup_type, l, names[i]);
	write_at(0);
	ck_assert_msg(!read_at(4000, "braid0"), "%s", err.text);
	ck_assert_uint_eq(run.lookups.n, 1);
	got = br_list_at(&run.lookups, 0);
	ck_assert_str_eq(got->name, "gw.example.org:5000");
	ck_assert_uint_eq(got->address.n, 2);
	ck_assert(br_addr_equal(&got->address.a[1], &l->address.a[1]));
	ck_assert_uint_eq(got->failures, 3);
	ck_assert_uint_eq(got->next, 5000000);
	ck_assert_str_eq(got->why, "it is not there");
}
END_TEST

/* Times until something are shorter when it is read, those since something longer. */
START_TEST(places_come_back)
{
	static const char *const names[] = {
		"peer", "pattern", "place", "place-age", "hold-left",
		"expected-from", "expected-to", "watched", "hits", "place-why",
	};
	struct br_place *p = br_list_add(&told.places);
	const struct br_place *got;
	unsigned int i;

	br_fill(p->peer, "b");
	br_fill(p->pattern, "periodic");
	br_fill(p->state, "held");
	p->since = 2000000;
	p->left = 60000000;
	p->from = 1000000;
	p->to = 9000000;
	p->hits = 4;
	br_fill(p->why, "it is expected");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		br_set_has(&br_place_type, p, names[i]);
	write_at(0);
	ck_assert_msg(!read_at(4000, "braid0"), "%s", err.text);
	ck_assert_uint_eq(run.places.n, 1);
	got = br_list_at(&run.places, 0);
	ck_assert_str_eq(got->pattern, "periodic");
	ck_assert_uint_eq(got->since, 6000000);
	ck_assert_uint_eq(got->left, 56000000);
	ck_assert_uint_eq(got->from, 0);
	ck_assert_uint_eq(got->to, 5000000);
	ck_assert_uint_eq(got->hits, 4);
	ck_assert_str_eq(got->why, "it is expected");
}
END_TEST

/* Another device's, or one whose process has gone, is not there. */
START_TEST(not_ours)
{
	row("w1");
	write_at(0);
	ck_assert(!read_at(0, "braid1"));
	ck_assert(!run.found);
	ck_assert(!prctl(PR_SET_NAME, "other"));
	ck_assert(!read_at(0, "braid0"));
	ck_assert(!run.found);
	ck_assert_ptr_null(br_run_port(&run, "b", "w1"));
}
END_TEST

START_TEST(rubbish)
{
	static const char *const bad[] = {
		"", "{}", "{\"version\": 1, \"run\": {}}",
		"braid-checkpoint 1 sha256 00\n{}",
	};
	static const char *const other[] = {
		"{\"kind\": \"state\"}", "{\"kind\": \"state\", \"run\": 1}",
		"{\"kind\": \"state\", \"run\": {\"device\": 3}}",
	};
	unsigned int i;
	json_t *root;
	FILE *file;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		file = fopen(name, "we");
		fputs(bad[i], file);
		fclose(file);
		ck_assert_int_lt(read_at(0, "braid0"), 0);
		ck_assert(!run.found);
	}
	for (i = 0; i < ARRAY_SIZE(other); i++) {
		root = json_loads(other[i], 0, NULL);
		ck_assert(!br_save_write(name, root, NULL, &err));
		json_decref(root);
		ck_assert_msg(!read_at(0, "braid0"), "%s", err.text);
		ck_assert(!run.found);
	}
	unlink(name);
	ck_assert_int_lt(read_at(0, "braid0"), 0);
	ck_assert_ptr_nonnull(strstr(err.text, name));
	ck_assert_int_eq(err.exit, BR_FILE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run");
	TCase *tc = tcase_create("run");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, comes_back);
	tcase_add_test(tc, lookups_come_back);
	tcase_add_test(tc, places_come_back);
	tcase_add_test(tc, not_ours);
	tcase_add_test(tc, rubbish);
	return unit_run(suite);
}
