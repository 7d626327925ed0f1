// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/sched.h"

#define MBIT		125000ULL
#define MS		1000000ULL
#define NOW		(5000 * MS)

/* The paths of the scenario that everything is measured with. */
static void unequal(struct braid_way *way)
{
	memset(way, 0, 3 * sizeof(*way));
	way[0].rate = 20 * MBIT;
	way[0].owd_us = 10000;
	way[1].rate = 30 * MBIT;
	way[1].owd_us = 25000;
	way[2].rate = 50 * MBIT;
	way[2].owd_us = 50000;
}

START_TEST(sched_empty_set)
{
	struct braid_way way[3];
	u64 wake;

	unequal(way);
	ck_assert_int_eq(braid_sched_pick(way, 0, 1500, NOW, &wake),
			 -ENETUNREACH);
	ck_assert_int_eq(braid_sched_quickest(way, 0, NOW), -ENETUNREACH);
}
END_TEST

START_TEST(sched_idle_takes_quickest)
{
	struct braid_way way[3];
	u64 wake;

	unequal(way);
	ck_assert_int_eq(braid_sched_pick(way, 7, 1500, NOW, &wake), 0);
	ck_assert_int_eq(braid_sched_pick(way, 6, 1500, NOW, &wake), 1);
	ck_assert_int_eq(braid_sched_pick(way, 4, 1500, NOW, &wake), 2);
	way[0].backlog = 20 * MBIT / 1000 * 20;	/* 20 ms */
	ck_assert_int_eq(braid_sched_pick(way, 7, 1500, NOW, &wake), 1);
	ck_assert_int_eq(braid_sched_quickest(way, 7, NOW), 1);
	way[1].free_ns = NOW + 10 * MS;
	ck_assert_int_eq(braid_sched_pick(way, 7, 1500, NOW, &wake), 0);
}
END_TEST

/* What all get waits for one of them, and not for the longest's sake. */
START_TEST(sched_any_that_has_room)
{
	struct braid_way way[3];
	u64 wake = 0;

	unequal(way);
	ck_assert_int_eq(braid_sched_any(way, 7, 1500, NOW, &wake), 0);
	ck_assert_int_eq(braid_sched_any(way, 6, 1500, NOW, &wake), 1);
	ck_assert_int_eq(braid_sched_any(way, 0, 1500, NOW, &wake),
			 -ENETUNREACH);
	/* just a millisecond, and just more */
	way[0].backlog = 2500;
	ck_assert_int_eq(braid_sched_any(way, 7, 1500, NOW, &wake), 0);
	way[0].backlog = 2501;
	ck_assert_int_eq(braid_sched_any(way, 7, 1500, NOW, &wake), 1);
	way[1].free_ns = NOW + 3 * MS;
	way[2].free_ns = NOW + 2 * MS;
	way[0].backlog = 5000;
	way[0].free_ns = NOW + MS;
	ck_assert_int_eq(braid_sched_any(way, 7, 1500, NOW, &wake), -EAGAIN);
	ck_assert_uint_eq(wake, NOW + MS);
	ck_assert_int_eq(braid_sched_any(way, 7, 1500, wake, &wake), 2);
}
END_TEST

START_TEST(sched_single_path)
{
	struct braid_way way = { .rate = 20 * MBIT };
	u64 wake = 0;

	/* no skew: a millisecond of backlog, no more */
	way.backlog = 2500;
	ck_assert_int_eq(braid_sched_pick(&way, 1, 1500, NOW, &wake), 0);
	way.backlog = 2501 + 2500;
	ck_assert_int_eq(braid_sched_pick(&way, 1, 1500, NOW, &wake), -EAGAIN);
	ck_assert_uint_ge(wake, NOW + MS);
	ck_assert_uint_le(wake, NOW + MS + 1000);
}
END_TEST

START_TEST(sched_highest_slot)
{
	struct braid_way way[32] = { 0 };
	u64 wake;

	way[31].rate = MBIT;
	ck_assert_int_eq(braid_sched_pick(way, 1U << 31, 100, NOW, &wake), 31);
	ck_assert_int_eq(braid_sched_quickest(way, 1U << 31, NOW), 31);
	ck_assert_uint_eq(braid_sched_near(way, 1U << 31, 0), 1U << 31);
}
END_TEST

START_TEST(sched_skew_and_near)
{
	struct braid_way way[3];

	unequal(way);
	ck_assert_uint_eq(braid_sched_skew(way, 7, 0), 40000);
	ck_assert_uint_eq(braid_sched_skew(way, 7, 2), 0);
	ck_assert_uint_eq(braid_sched_skew(way, 3, 0), 15000);
	ck_assert_uint_eq(braid_sched_near(way, 7, 40000), 7);
	ck_assert_uint_eq(braid_sched_near(way, 7, 39999), 3);
	way[0].owd_us = -800000;	/* another clock: only differences count */
	ck_assert_uint_eq(braid_sched_near(way, 7, 150000), 1);
	ck_assert_uint_eq(braid_sched_near(way, 6, 150000), 6);
	ck_assert_uint_eq(braid_sched_near(way, 0, 150000), 0);
}
END_TEST

/*
 * A saturated set: whatever is admitted arrives in order, no path is past its
 * skew plus a millisecond and a packet, and all paths are kept busy.
 */
START_TEST(sched_saturated)
{
	u64 seed = _i, wake, now = NOW, last = 0, arrival, used[3] = { 0 };
	u32 size, n = 20000;
	struct braid_way way[3];
	u64 free_ns[3];
	int i, k;

	unequal(way);
	for (i = 0; i < 3; i++) {
		way[i].rate = MBIT * (5 + unit_below(&seed, 100));
		way[i].owd_us = (s64)unit_below(&seed, 100000) - 50000;
		free_ns[i] = now;
	}
	while (n--) {
		size = 1500;
		k = braid_sched_pick(way, 7, size, now, &wake);
		if (k == -EAGAIN) {
			ck_assert_uint_gt(wake, now);
			now = wake;
			for (i = 0; i < 3; i++)
				way[i].backlog = free_ns[i] <= now ? 0 :
					(free_ns[i] - now) * way[i].rate /
					1000000000ULL;
			continue;
		}
		ck_assert_int_ge(k, 0);
		way[k].backlog += size;
		used[k] += size;
		free_ns[k] = max(free_ns[k], now) + size * 1000000000ULL /
			     way[k].rate;
		arrival = free_ns[k] + 1000 * (way[k].owd_us + 50000);
		/* alike within the rounding of a backlog to bytes */
		ck_assert_uint_ge(arrival + 20000, last);
		last = arrival;
		ck_assert_uint_le(free_ns[k] - now, 2 * MS +
				  1000ULL * braid_sched_skew(way, 7, k) +
				  size * 1000000000ULL / (5 * MBIT));
	}
	for (i = 0; i < 3; i++) {
		u64 could = (now - NOW) * way[i].rate / 1000000000ULL;

		ck_assert_uint_ge(used[i] + 3000, could / 100 * 98);
	}
}
END_TEST

START_TEST(sched_codel)
{
	struct braid_pipe pipe = { 0 };
	u32 target, interval;

	braid_sched_codel(&pipe, 10 * MBIT, 1000, 0, &target, &interval);
	ck_assert_uint_eq(target, 5000);
	ck_assert_uint_eq(interval, 100000);
	memset(&pipe, 0, sizeof(pipe));
	braid_sched_codel(&pipe, 100 * MBIT, 60000, 0, &target, &interval);
	ck_assert_uint_eq(target, 24000);
	ck_assert_uint_eq(interval, 360000);
	braid_sched_codel(&pipe, 0, 0, 0, &target, &interval);
	ck_assert_uint_le(target, BRAID_PIPE_QUEUE_US);
}
END_TEST

START_TEST(sched_codel_remembers)
{
	struct braid_pipe pipe = { 0 };
	u32 target, interval;
	u64 t;

	braid_sched_codel(&pipe, 100 * MBIT, 60000, 0, &target, &interval);
	/* half is gone: what filled the whole may wait */
	braid_sched_codel(&pipe, 50 * MBIT, 60000, 1000, &target, &interval);
	ck_assert_uint_ge(target, 108000);
	ck_assert_uint_ge(interval, 2 * target);
	/* it is back */
	braid_sched_codel(&pipe, 99 * MBIT, 60000, 4000000, &target, &interval);
	ck_assert_uint_eq(target, 24000);
	/* it stays away: in the end it is forgotten */
	for (t = 4; t < 40; t++)
		braid_sched_codel(&pipe, 50 * MBIT, 60000,
				  t * BRAID_USEC_PER_SEC, &target, &interval);
	ck_assert_uint_eq(target, 24000);
}
END_TEST

START_TEST(sched_pace)
{
	/* a kilobyte at a megabyte a second takes a millisecond */
	ck_assert_uint_eq(braid_pace_next(NOW, NOW, 1000, 1000000), NOW + MS);
	ck_assert_uint_eq(braid_pace_next(NOW + MS, NOW, 1000, 1000000),
			  NOW + 2 * MS);
	/* lateness is caught up, a millisecond of it */
	ck_assert_uint_eq(braid_pace_next(NOW - MS / 2, NOW, 1000, 1000000),
			  NOW + MS / 2);
	ck_assert_uint_eq(braid_pace_next(0, NOW, 1000, 1000000), NOW);
	ck_assert(braid_pace_ready(NOW + 100, NOW, 100));
	ck_assert(!braid_pace_ready(NOW + 101, NOW, 100));
}
END_TEST

/* A late timer now and then costs no rate as long as it is within the credit. */
START_TEST(sched_pace_holds_rate)
{
	u64 seed = 7, now = NOW, free_ns = NOW, bytes = 0, late;

	while (now < NOW + 10000 * MS) {
		while (braid_pace_ready(free_ns, now, 0)) {
			free_ns = braid_pace_next(free_ns, now, 1500,
						  50 * MBIT);
			bytes += 1500;
		}
		late = unit_below(&seed, 10) ? 0 : unit_below(&seed, MS);
		now = max(free_ns, now) + late;
	}
	ck_assert_uint_ge(bytes, 500 * MBIT / 1000 * 999);
	ck_assert_uint_le(bytes, 500 * MBIT / 1000 * 1001);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sched");
	TCase *tc = tcase_create("sched");

	tcase_add_test(tc, sched_empty_set);
	tcase_add_test(tc, sched_idle_takes_quickest);
	tcase_add_test(tc, sched_any_that_has_room);
	tcase_add_test(tc, sched_single_path);
	tcase_add_test(tc, sched_highest_slot);
	tcase_add_test(tc, sched_skew_and_near);
	tcase_add_loop_test(tc, sched_saturated, 0, 20);
	tcase_add_test(tc, sched_codel);
	tcase_add_test(tc, sched_codel_remembers);
	tcase_add_test(tc, sched_pace);
	tcase_add_test(tc, sched_pace_holds_rate);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
