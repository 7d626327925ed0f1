// SPDX-License-Identifier: GPL-2.0
/* Histograms of durations: each lands in the bucket whose limit userspace tells. */
#include "unit.h"

#include "core/hist.h"
#include "model.h"

/* The bucket of one duration */
static unsigned int bucket(uint64_t us)
{
	struct braid_hist h = { 0 };
	unsigned int i;

	braid_hist_add(&h, us);
	ck_assert_uint_eq(h.sum_us, us);
	for (i = 0; i < BRAID_HIST_BUCKETS && !h.count[i]; i++)
		;
	ck_assert_uint_lt(i, BRAID_HIST_BUCKETS);
	ck_assert_uint_eq(h.count[i], 1);
	return i;
}

START_TEST(limits)
{
	unsigned int i;

	ck_assert_uint_eq(bucket(0), 0);
	for (i = 0; i < BRAID_HIST_BUCKETS - 1; i++) {
		ck_assert_uint_eq(bucket(br_bucket_limit(i)), i);
		ck_assert_uint_eq(bucket(br_bucket_limit(i) + 1), i + 1);
	}
	ck_assert_uint_eq(bucket(UINT64_MAX), BRAID_HIST_BUCKETS - 1);
	ck_assert_uint_le(BRAID_HIST_BUCKETS, BR_BUCKETS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hist");
	TCase *tc = tcase_create("hist");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, limits);
	return unit_run(suite);
}
