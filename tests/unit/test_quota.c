// SPDX-License-Identifier: GPL-2.0
/*
 * What braidd does about byte budgets, over resets, its own death, reboots and
 * clocks that are set: in a time and with a kernel of our own, and a real file.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "quota.h"
#include "text.h"

#define HOUR	3600
#define GB	1000000000ULL
#define NS	1000000000ULL
/* 2026-11-29 12:00 UTC: the day has 12 hours left, the month a day and a half */
#define NOON	1795953600LL

static struct bd_timers timers;
static struct bd_quotas quotas;
static struct br_config config;
static struct br_config_path paths[2];
static char file[64];
/* what the kernel has, what the clocks say */
static struct br_path kernel[2];
static bool there[2];
static unsigned int sets;
static int64_t wall_ms;
static uint64_t ms;

static int index_of(const struct br_path *path)
{
	ck_assert_str_eq(path->peer, "b");
	ck_assert_uint_eq(path->ifindex, 7);
	return path->name[1] - '0';
}

static int64_t host_wall(void *data)
{
	(void)data;
	return wall_ms;
}

static int host_get(void *data, const struct br_path *name,
		    struct br_path *have)
{
	int i = index_of(name);

	(void)data;
	if (!there[i])
		return -ENOENT;
	*have = kernel[i];
	return 0;
}

static int host_set(void *data, struct br_path *set, struct br_error *err)
{
	int i = index_of(set);

	(void)data;
	if (!there[i])
		return br_fail(err, BR_KERNEL, ENOENT, "no path has that name");
	sets++;
	if (br_has(&br_path_type, set, "quota"))
		kernel[i].quota = set->quota;
	if (br_has(&br_path_type, set, "quota-used"))
		kernel[i].quota_used = set->quota_used;
	if (br_has(&br_path_type, set, "quota-reset"))
		kernel[i].quota_reset = set->quota_reset;
	return 0;
}

static const struct bd_quota_host host = {
	.wall = host_wall, .get = host_get, .set = host_set,
};

/* The kernel forgets: the path is made anew, as "up" makes it. */
static void path_anew(int i)
{
	kernel[i] = (struct br_path){ .quota = paths[i].path.quota };
	br_set_has(&br_path_type, &kernel[i], "quota");
	there[i] = true;
}

static void daemon_begins(void)
{
	memset(&timers, 0, sizeof(timers));
	bd_quotas_init(&quotas, &timers, &host, file);
	ck_assert(!bd_quotas_set(&quotas, &config, 7, false, ms));
}

/* It has no time to say goodbye. */
static void daemon_dies(void)
{
	struct bd_quota *q;

	while ((q = TAILQ_FIRST(&quotas.quotas))) {
		TAILQ_REMOVE(&quotas.quotas, q, node);
		free(q);
	}
	quotas.due = false;
}

static void setup(void)
{
	int i;

	br_fill(file, "/tmp/test_quota.XXXXXX");
	close(mkstemp(file));
	unlink(file);
	memset(paths, 0, sizeof(paths));
	for (i = 0; i < 2; i++) {
		br_fill(paths[i].path.peer, "b");
		br_fill(paths[i].path.name, "p0");
		paths[i].path.name[1] += i;
		paths[i].path.quota = GB;
		br_period_parse("day", &paths[i].period);
		path_anew(i);
	}
	config = (struct br_config){ .n_paths = 1, .paths = paths };
	wall_ms = NOON * 1000;
	ms = 1000;
	sets = 0;
	daemon_begins();
}

static void teardown(void)
{
	daemon_dies();
	unlink(file);
}

static void forward(uint64_t to)
{
	if (to <= ms)
		return;
	wall_ms += to - ms;
	ms = to;
}

/* Time goes by, with all looks of the last minutes. */
static void pass(int64_t seconds)
{
	const uint64_t until = ms + seconds * 1000;
	uint64_t next;

	if (seconds > 300)
		forward(until - 200000);
	while ((next = bd_timers_next(&timers)) <= until) {
		forward(next);
		bd_timers_run(&timers, ms);
	}
	forward(until);
}

static void reset_is(int i, int64_t wanted)
{
	ck_assert_uint_eq(kernel[i].quota_reset, wanted * NS);
}

START_TEST(renewed_at_the_reset)
{
	reset_is(0, NOON + 12 * HOUR);
	kernel[0].quota_used = 400;
	pass(12 * HOUR - 1);
	ck_assert_uint_eq(kernel[0].quota_used, 400);
	pass(1);
	ck_assert_uint_eq(kernel[0].quota_used, 0);
	reset_is(0, NOON + 36 * HOUR);
	/* and only once */
	kernel[0].quota_used = 7;
	pass(100);
	ck_assert_uint_eq(kernel[0].quota_used, 7);
}
END_TEST

/* At the moment itself, not a look later. */
START_TEST(to_the_second)
{
	wall_ms = (NOON + 12 * HOUR) * 1000 - 1300;
	kernel[0].quota_used = GB;
	pass(1);
	ck_assert_uint_eq(kernel[0].quota_used, GB);
	ck_assert_uint_eq(bd_timers_next(&timers), ms + 300);
	ms += 300;
	wall_ms += 300;
	bd_timers_run(&timers, ms);
	ck_assert_uint_eq(kernel[0].quota_used, 0);
}
END_TEST

START_TEST(daemon_killed)
{
	kernel[0].quota_used = 400000000;
	pass(5);
	daemon_dies();
	kernel[0].quota_used = 500000000;
	daemon_begins();
	ck_assert_uint_eq(kernel[0].quota_used, 500000000);
	reset_is(0, NOON + 12 * HOUR);
	pass(12 * HOUR);
	ck_assert_uint_eq(kernel[0].quota_used, 0);
}
END_TEST

/* What came after the last look before the reset counts for the new period. */
START_TEST(dead_over_the_reset)
{
	kernel[0].quota_used = 400000000;
	pass(5);
	daemon_dies();
	wall_ms += 13LL * HOUR * 1000;
	kernel[0].quota_used = 450000000;
	daemon_begins();
	ck_assert_uint_eq(kernel[0].quota_used, 50000000);
	reset_is(0, NOON + 36 * HOUR);
}
END_TEST

START_TEST(reboot)
{
	kernel[0].quota_used = 400000000;
	pass(5);
	daemon_dies();
	path_anew(0);
	kernel[0].quota_used = 300;
	daemon_begins();
	ck_assert_uint_eq(kernel[0].quota_used, 400000300);
	reset_is(0, NOON + 12 * HOUR);
	/* the sum is what is saved next, not added once more */
	daemon_dies();
	daemon_begins();
	ck_assert_uint_eq(kernel[0].quota_used, 400000300);
}
END_TEST

START_TEST(reboot_over_the_reset)
{
	kernel[0].quota_used = GB;
	pass(5);
	daemon_dies();
	wall_ms += 13LL * HOUR * 1000;
	path_anew(0);
	kernel[0].quota_used = 300;
	daemon_begins();
	ck_assert_uint_eq(kernel[0].quota_used, 300);
}
END_TEST

/* Somebody deletes the path and makes it again while the daemon runs. */
START_TEST(path_made_anew)
{
	kernel[0].quota_used = 400000000;
	pass(5);
	there[0] = false;
	pass(5);
	path_anew(0);
	pass(5);
	ck_assert_uint_eq(kernel[0].quota_used, 400000000);
	reset_is(0, NOON + 12 * HOUR);
}
END_TEST

/* The kernel has lived on, the file has not. */
START_TEST(file_lost)
{
	kernel[0].quota_used = 400000000;
	pass(5);
	daemon_dies();
	unlink(file);
	daemon_begins();
	ck_assert_uint_eq(kernel[0].quota_used, 400000000);
	pass(12 * HOUR);
	ck_assert_uint_eq(kernel[0].quota_used, 0);
}
END_TEST

START_TEST(file_damaged)
{
	FILE *f;

	kernel[0].quota_used = 400000000;
	pass(5);
	daemon_dies();
	f = fopen(file, "r+");
	ck_assert_ptr_nonnull(f);
	fseek(f, -20, SEEK_END);
	fputs("99999", f);
	fclose(f);
	path_anew(0);
	daemon_begins();
	/* as if nothing were known: said in the log */
	ck_assert_uint_eq(kernel[0].quota_used, 0);
	reset_is(0, NOON + 12 * HOUR);
}
END_TEST

/* A clock that goes back frees nothing, nor does its coming forth again. */
START_TEST(clock_set_back)
{
	kernel[0].quota_used = GB;
	pass(5);
	wall_ms -= 100LL * 24 * HOUR * 1000;
	pass(60);
	ck_assert_uint_eq(kernel[0].quota_used, GB);
	reset_is(0, NOON + 12 * HOUR);
	/* nor a boot with a clock that has yet to be set */
	daemon_dies();
	path_anew(0);
	wall_ms = 1000;
	daemon_begins();
	pass(60);
	ck_assert_uint_eq(kernel[0].quota_used, GB);
	wall_ms = (NOON + 100) * 1000;
	pass(60);
	ck_assert_uint_eq(kernel[0].quota_used, GB);
	pass(12 * HOUR);
	ck_assert_uint_eq(kernel[0].quota_used, 0);
}
END_TEST

/* Once it was far ahead: who reloads says that it is right now. */
START_TEST(clock_was_ahead)
{
	wall_ms += 1000LL * 24 * HOUR * 1000;
	pass(5);
	kernel[0].quota_used = GB;
	wall_ms = NOON * 1000;
	pass(24 * HOUR);
	ck_assert_uint_eq(kernel[0].quota_used, GB);
	ck_assert(!bd_quotas_set(&quotas, &config, 7, true, ms));
	ck_assert_uint_eq(kernel[0].quota_used, GB);
	reset_is(0, NOON + 36 * HOUR);
	pass(12 * HOUR);
	ck_assert_uint_eq(kernel[0].quota_used, 0);
}
END_TEST

START_TEST(another_period)
{
	kernel[0].quota_used = 500;
	pass(5);
	br_period_parse("month", &paths[0].period);
	ck_assert(!bd_quotas_set(&quotas, &config, 7, true, ms));
	ck_assert_uint_eq(kernel[0].quota_used, 500);
	reset_is(0, NOON + 36 * HOUR);
	pass(13 * HOUR);
	ck_assert_uint_eq(kernel[0].quota_used, 500);
	pass(24 * HOUR);
	ck_assert_uint_eq(kernel[0].quota_used, 0);
}
END_TEST

/* A path more, then none: what the file says no more has no budget. */
START_TEST(reload)
{
	config.n_paths = 2;
	ck_assert(!bd_quotas_set(&quotas, &config, 7, true, ms));
	reset_is(1, NOON + 12 * HOUR);
	paths[0].path.quota = 0;
	ck_assert(!bd_quotas_set(&quotas, &config, 7, true, ms));
	ck_assert_uint_eq(kernel[0].quota, 0);
	ck_assert_uint_eq(kernel[0].quota_reset, 0);
	ck_assert_uint_eq(kernel[1].quota, GB);
	config.n_paths = 0;
	ck_assert(!bd_quotas_set(&quotas, &config, 7, true, ms));
	ck_assert_uint_eq(kernel[1].quota, 0);
	ck_assert(bd_timers_next(&timers) == BD_NEVER);
}
END_TEST

/* Little is lost with the power: a thousandth, or what a minute brings. */
START_TEST(saved_in_time)
{
	kernel[0].quota_used = GB / BD_QUOTA_PART;
	pass(1);
	kernel[0].quota_used += 1000;
	pass(1);
	daemon_dies();
	path_anew(0);
	daemon_begins();
	ck_assert_uint_eq(kernel[0].quota_used, GB / BD_QUOTA_PART);
	kernel[0].quota_used += 1000;
	pass(61);
	daemon_dies();
	path_anew(0);
	daemon_begins();
	ck_assert_uint_eq(kernel[0].quota_used, GB / BD_QUOTA_PART + 1000);
	/* who ends in peace saves it all */
	kernel[0].quota_used += 1;
	bd_quotas_fini(&quotas);
	path_anew(0);
	daemon_begins();
	ck_assert_uint_eq(kernel[0].quota_used, GB / BD_QUOTA_PART + 1001);
}
END_TEST

/* What is idle costs neither requests that change nor writing. */
START_TEST(at_rest)
{
	const unsigned int before = sets;

	pass(10);
	unlink(file);
	pass(HOUR);
	ck_assert_uint_eq(sets, before);
	ck_assert_int_ne(access(file, F_OK), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quota");
	TCase *tc = tcase_create("quota");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, renewed_at_the_reset);
	tcase_add_test(tc, to_the_second);
	tcase_add_test(tc, daemon_killed);
	tcase_add_test(tc, dead_over_the_reset);
	tcase_add_test(tc, reboot);
	tcase_add_test(tc, reboot_over_the_reset);
	tcase_add_test(tc, path_made_anew);
	tcase_add_test(tc, file_lost);
	tcase_add_test(tc, file_damaged);
	tcase_add_test(tc, clock_set_back);
	tcase_add_test(tc, clock_was_ahead);
	tcase_add_test(tc, another_period);
	tcase_add_test(tc, reload);
	tcase_add_test(tc, saved_in_time);
	tcase_add_test(tc, at_rest);
	return unit_run(suite);
}
