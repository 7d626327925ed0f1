// SPDX-License-Identifier: GPL-2.0
#include "core/train.h"
#include "unit.h"

/* @n of 1,500 bytes at 10 Mbit/s, the @without-th lost. */
static void answers(struct braid_train *t, int n, int without)
{
	int i;

	memset(t, 0, sizeof(*t));
	t->size = 1500;
	t->sent = n;
	for (i = 0; i < n; i++)
		if (i != without)
			braid_train_answered(t, 5000000 + i * 1200);
}

START_TEST(spacing_is_the_rate)
{
	struct braid_train t;

	answers(&t, 48, -1);
	ck_assert_uint_eq(t.came, 48);
	ck_assert_uint_eq(braid_train_rate(&t), 1250000);
}
END_TEST

/* A packet that was lost at the narrow place or behind it took its time there. */
START_TEST(a_lost_packet_costs_its_share)
{
	struct braid_train t;

	answers(&t, 51, 20);
	ck_assert_uint_eq(braid_train_rate(&t), 1250000 * 49 / 50);
	answers(&t, 51, 50);
	ck_assert_uint_eq(braid_train_rate(&t), 1250000);
}
END_TEST

START_TEST(order_does_not_matter)
{
	struct braid_train t = { .size = 1000, .sent = 3 };

	braid_train_answered(&t, 3000);
	braid_train_answered(&t, 1000);
	braid_train_answered(&t, 2000);
	ck_assert_uint_eq(braid_train_rate(&t), 1000000);
}
END_TEST

START_TEST(too_little_tells_nothing)
{
	struct braid_train t = { .size = 1500, .sent = 48 };
	int i;

	ck_assert_uint_eq(braid_train_rate(&t), 0);
	braid_train_answered(&t, 1000);
	ck_assert_uint_eq(braid_train_rate(&t), 0);
	for (i = 1; i < 23; i++)
		braid_train_answered(&t, 1000 + i * 1200);
	ck_assert_uint_eq(braid_train_rate(&t), 0);
	braid_train_answered(&t, 1000 + i * 1200);
	ck_assert_uint_eq(braid_train_rate(&t), 1250000);
}
END_TEST

START_TEST(all_in_one_moment_tells_nothing)
{
	struct braid_train t = { .size = 1500, .sent = 4 };
	int i;

	for (i = 0; i < 4; i++)
		braid_train_answered(&t, 7000);
	ck_assert_uint_eq(braid_train_rate(&t), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("train");
	TCase *tc = tcase_create("train");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, spacing_is_the_rate);
	tcase_add_test(tc, a_lost_packet_costs_its_share);
	tcase_add_test(tc, order_does_not_matter);
	tcase_add_test(tc, too_little_tells_nothing);
	tcase_add_test(tc, all_in_one_moment_tells_nothing);
	return unit_run(suite);
}
