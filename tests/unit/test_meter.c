// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/meter.h"

#define MS	1000ULL
#define S	(1000 * MS)

static struct braid_meter m;

static void setup(void)
{
	memset(&m, 0, sizeof(m));
}

/* 1000 bytes every ms from @at_us on; the time after the last. */
static uint64_t flow(uint64_t at_us, unsigned int ms)
{
	for (; ms; ms--, at_us += MS)
		braid_meter_add(&m, 1000, at_us);
	return at_us;
}

START_TEST(steady)
{
	uint64_t at = flow(100 * S, 2500);

	ck_assert_uint_eq(braid_meter_read(&m, at), 1000000);
	/* what was counted since the second began does not show yet */
	flow(at, 100);
	ck_assert_uint_eq(braid_meter_read(&m, at + 100 * MS), 1000000);
}
END_TEST

/* A rate that ended does not stay. */
START_TEST(fades)
{
	uint64_t at = flow(100 * S, 3001);

	ck_assert_uint_eq(braid_meter_read(&m, at), 1000000);
	ck_assert_uint_lt(braid_meter_read(&m, at + 1 * S), 2000);
	ck_assert_uint_eq(braid_meter_read(&m, at + 1000 * S), 0);
}
END_TEST

START_TEST(nothing_yet)
{
	ck_assert_uint_eq(braid_meter_read(&m, 100 * S), 0);
	braid_meter_add(&m, 1500, 100 * S);
	ck_assert_uint_eq(braid_meter_read(&m, 100 * S), 0);
	ck_assert_uint_eq(braid_meter_read(&m, 101 * S), 1500);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("meter");
	TCase *tc = tcase_create("meter");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, steady);
	tcase_add_test(tc, fades);
	tcase_add_test(tc, nothing_yet);
	return unit_run(suite);
}
