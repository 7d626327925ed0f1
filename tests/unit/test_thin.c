// SPDX-License-Identifier: GPL-2.0
#include "core/thin.h"
#include "unit.h"

#define GAP	14000
#define MS	BRAID_USEC_PER_MSEC

/* A connection of which @bytes were acknowledged one by one, from @now on. */
static u64 grow(struct braid_thin *t, u32 bytes, u64 now_us)
{
	u32 ack;

	for (ack = 1000; ack <= 1000 + bytes; ack += 1000)
		ck_assert_uint_eq(braid_thin_ack(t, ack, true, 0, now_us), 0);
	return now_us;
}

START_TEST(gap_follows_the_longest_path)
{
	ck_assert_uint_eq(braid_thin_gap(20000, 100000), 100000 / 7);
	ck_assert_uint_eq(braid_thin_gap(20000, 700000), 50000);
}
END_TEST

START_TEST(paths_alike_need_none)
{
	ck_assert_uint_eq(braid_thin_gap(20000, 20000), 0);
	ck_assert_uint_eq(braid_thin_gap(20000, 24000), 0);
	ck_assert_uint_ne(braid_thin_gap(20000, 24100), 0);
	ck_assert_uint_eq(braid_thin_gap(400000, 416000), 0);
	ck_assert_uint_ne(braid_thin_gap(400000, 416100), 0);
}
END_TEST

START_TEST(small_connections_are_left_alone)
{
	struct braid_thin t = { 0 };
	u64 now_us = 5000 * MS;
	u32 ack;

	for (ack = 1000; ack < 1000 + BRAID_THIN_FROM; ack += 1000)
		ck_assert_uint_eq(braid_thin_ack(&t, ack, true, GAP,
						 now_us++), 0);
}
END_TEST

START_TEST(one_in_a_gap_goes_ahead)
{
	struct braid_thin t = { 0 };
	u64 now_us = grow(&t, BRAID_THIN_FROM + 1000, 5000 * MS);

	ck_assert_uint_eq(braid_thin_ack(&t, 20000, true, GAP, now_us + 1000),
			  now_us + GAP);
	ck_assert_uint_eq(braid_thin_ack(&t, 21000, true, GAP, now_us + 2000),
			  now_us + GAP);
	ck_assert_uint_eq(braid_thin_ack(&t, 22000, true, GAP, now_us + GAP),
			  0);
	ck_assert_uint_eq(braid_thin_ack(&t, 23000, true, GAP,
					 now_us + GAP + 1), now_us + 2 * GAP);
}
END_TEST

START_TEST(without_a_gap_all_go_ahead)
{
	struct braid_thin t = { 0 };
	u64 now_us = grow(&t, BRAID_THIN_FROM + 1000, 5000 * MS);

	ck_assert_uint_eq(braid_thin_ack(&t, 20000, true, 0, now_us), 0);
}
END_TEST

START_TEST(what_tells_of_loss_never_waits)
{
	struct braid_thin t = { 0 };
	u64 now_us = grow(&t, BRAID_THIN_FROM + 1000, 5000 * MS);

	ck_assert_uint_eq(braid_thin_ack(&t, 20000, false, GAP, now_us), 0);
	/* the same again */
	ck_assert_uint_eq(braid_thin_ack(&t, 20000, true, GAP, now_us), 0);
	/* an older one that came late */
	ck_assert_uint_eq(braid_thin_ack(&t, 19000, true, GAP, now_us), 0);
}
END_TEST

START_TEST(a_loss_ends_it_and_reordering_does_not)
{
	struct braid_thin t = { 0 };
	u64 now_us = grow(&t, BRAID_THIN_FROM + 1000, 5000 * MS);

	braid_thin_ack(&t, 20000, false, GAP, now_us);
	now_us += 7 * GAP - 1;
	braid_thin_ack(&t, 20000, false, GAP, now_us);
	ck_assert_uint_ne(braid_thin_ack(&t, 21000, true, GAP, now_us), 0);
	braid_thin_ack(&t, 23000, false, GAP, now_us);
	now_us += 7 * GAP;
	braid_thin_ack(&t, 23000, false, GAP, now_us);
	ck_assert_uint_eq(braid_thin_ack(&t, 24000, true, GAP, now_us), 0);
	ck_assert_uint_eq(braid_thin_ack(&t, 25000, true, GAP, now_us), 0);
}
END_TEST

START_TEST(it_ends_by_itself)
{
	struct braid_thin t = { 0 };
	u64 now_us = grow(&t, BRAID_THIN_FROM + 1000, 5000 * MS);
	u32 ack = 1000 + BRAID_THIN_TO;

	ck_assert_uint_ne(braid_thin_ack(&t, ack - 1, true, GAP, now_us), 0);
	ck_assert_uint_eq(braid_thin_ack(&t, ack, true, GAP, now_us), 0);
}
END_TEST

START_TEST(after_a_pause_it_begins_anew)
{
	struct braid_thin t = { 0 };
	u64 now_us = grow(&t, BRAID_THIN_FROM + 1000, 5000 * MS);

	now_us += BRAID_THIN_QUIET_US + 1;
	ck_assert_uint_eq(braid_thin_ack(&t, 20000, true, GAP, now_us), 0);
	ck_assert_uint_eq(braid_thin_ack(&t, 21000, true, GAP, now_us), 0);
}
END_TEST

START_TEST(numbers_wrap)
{
	struct braid_thin t = { 0 };
	u64 now_us = 5000 * MS;

	ck_assert_uint_eq(braid_thin_ack(&t, -1000, true, GAP, now_us), 0);
	ck_assert_uint_eq(braid_thin_ack(&t, BRAID_THIN_FROM, true, GAP,
					 now_us), now_us + GAP);
	ck_assert(braid_thin_covers(5, -5));
	ck_assert(!braid_thin_covers(-5, 5));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("thin");
	TCase *tc = tcase_create("thin");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, gap_follows_the_longest_path);
	tcase_add_test(tc, paths_alike_need_none);
	tcase_add_test(tc, small_connections_are_left_alone);
	tcase_add_test(tc, one_in_a_gap_goes_ahead);
	tcase_add_test(tc, without_a_gap_all_go_ahead);
	tcase_add_test(tc, what_tells_of_loss_never_waits);
	tcase_add_test(tc, a_loss_ends_it_and_reordering_does_not);
	tcase_add_test(tc, it_ends_by_itself);
	tcase_add_test(tc, after_a_pause_it_begins_anew);
	tcase_add_test(tc, numbers_wrap);
	return unit_run(suite);
}
