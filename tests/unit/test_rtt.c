// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/rtt.h"

#define SEC	BRAID_USEC_PER_SEC

START_TEST(rtt_first_sample)
{
	struct braid_rtt r;

	braid_rtt_init(&r);
	ck_assert_uint_eq(braid_rtt_pto(&r), 1000000);
	braid_rtt_sample(&r, 40000, 5);
	ck_assert_uint_eq(r.srtt_us, 40000);
	ck_assert_uint_eq(r.var_us, 20000);
	ck_assert_uint_eq(r.latest_us, 40000);
	ck_assert_uint_eq(r.min_us, 40000);
	ck_assert_uint_eq(braid_rtt_pto(&r), 120000);
}
END_TEST

START_TEST(rtt_gains)
{
	struct braid_rtt r;
	int i;

	braid_rtt_init(&r);
	braid_rtt_sample(&r, 40000, 0);
	braid_rtt_sample(&r, 48000, 0);
	ck_assert_uint_eq(r.srtt_us, 41000);
	ck_assert_uint_eq(r.var_us, (3 * 20000 + 8000) / 4);
	for (i = 0; i < 200; i++)
		braid_rtt_sample(&r, 48000, 0);
	ck_assert_uint_ge(r.srtt_us, 47990);
	ck_assert_uint_le(r.srtt_us, 48000);
	ck_assert_uint_le(r.var_us, 10);
	/* never less than a millisecond above the RTT */
	ck_assert_uint_ge(braid_rtt_pto(&r), r.srtt_us + 1000);
}
END_TEST

START_TEST(rtt_extremes)
{
	struct braid_rtt r;
	int i;

	braid_rtt_init(&r);
	for (i = 0; i < 50; i++)
		braid_rtt_sample(&r, U32_MAX, i);
	ck_assert_uint_ge(r.srtt_us, U32_MAX - 8);
	ck_assert_uint_eq(braid_rtt_pto(&r), U32_MAX);
	for (i = 0; i < 500; i++)
		braid_rtt_sample(&r, 0, i);
	ck_assert_uint_ge(r.srtt_us, 1);
	ck_assert_uint_eq(r.min_us, 1);
}
END_TEST

/* The minimum forgets after half to one window. */
START_TEST(rtt_window)
{
	struct braid_rtt r;
	u64 t;

	braid_rtt_init(&r);
	braid_rtt_sample(&r, 10000, SEC);
	for (t = SEC; t <= 6 * SEC; t += SEC / 10) {
		braid_rtt_sample(&r, 30000, t);
		ck_assert_uint_eq(r.min_us, 10000);
	}
	for (; t < 12 * SEC; t += SEC / 10)
		braid_rtt_sample(&r, 30000, t);
	ck_assert_uint_eq(r.min_us, 30000);
	/* after a pause nothing old counts */
	braid_rtt_sample(&r, 70000, t + 100 * SEC);
	ck_assert_uint_eq(r.min_us, 70000);
	/* a smaller one counts at once */
	braid_rtt_sample(&r, 20000, t + 100 * SEC);
	ck_assert_uint_eq(r.min_us, 20000);
}
END_TEST

/* Against a plain list of samples: between half and whole window. */
START_TEST(rtt_window_model)
{
	static u32 v[4000];
	static u64 at[4000];
	struct braid_rtt r;
	u64 seed = _i, now = 0;
	u32 whole, half;
	int i, k;

	braid_rtt_init(&r);
	for (i = 0; i < 4000; i++) {
		now += unit_below(&seed, SEC / 20);
		v[i] = 1 + unit_below(&seed, 100000);
		at[i] = now;
		braid_rtt_sample(&r, v[i], now);
		whole = half = U32_MAX;
		for (k = i; k >= 0 && at[k] + BRAID_MIN_WINDOW_US >= now; k--) {
			whole = min(whole, v[k]);
			if (at[k] + BRAID_MIN_WINDOW_US / 2 >= now)
				half = min(half, v[k]);
		}
		ck_assert_uint_ge(r.min_us, whole);
		ck_assert_uint_le(r.min_us, half);
	}
}
END_TEST

START_TEST(owd_offsets)
{
	static const s64 offset[] = { 0, 5000000000LL, -5000000000LL,
				      1LL << 60, -(1LL << 60) };
	struct braid_owd o;
	unsigned int i;
	int k;

	for (i = 0; i < ARRAY_SIZE(offset); i++) {
		braid_owd_init(&o);
		ck_assert(!o.valid);
		braid_owd_sample(&o, offset[i] + 10000, SEC);
		ck_assert(o.valid);
		ck_assert_int_eq(o.base_us, offset[i] + 10000);
		ck_assert_uint_eq(o.queue_us, 0);
		braid_owd_sample(&o, offset[i] + 18000, SEC);
		ck_assert_uint_eq(o.queue_us, 8000);
		ck_assert_uint_eq(o.jitter_us, 2000);
		ck_assert_int_eq(o.smooth_us, offset[i] + 11000);
		for (k = 0; k < 100; k++)
			braid_owd_sample(&o, offset[i] + 18000, SEC);
		ck_assert_int_ge(o.smooth_us, offset[i] + 17990);
		ck_assert_int_eq(o.base_us, offset[i] + 10000);
		for (k = 0; k < 120; k++)
			braid_owd_sample(&o, offset[i] + 18000,
					 SEC + k * SEC / 10);
		ck_assert_int_eq(o.base_us, offset[i] + 18000);
		ck_assert_uint_eq(o.queue_us, 0);
	}
}
END_TEST

/* Uniform jitter of +-10 ms deviates by 5 ms on the average. */
START_TEST(owd_jitter)
{
	struct braid_owd o;
	u64 seed = 1, sum = 0;
	int i;

	braid_owd_init(&o);
	for (i = 0; i < 10000; i++) {
		braid_owd_sample(&o, 15000 + unit_below(&seed, 20000), i * 1000);
		sum += o.jitter_us;
	}
	ck_assert_uint_ge(sum / 10000, 4500);
	ck_assert_uint_le(sum / 10000, 6500);
}
END_TEST

START_TEST(owd_rubbish)
{
	struct braid_owd o;

	braid_owd_init(&o);
	braid_owd_sample(&o, S64_MAX, 0);
	braid_owd_sample(&o, -S64_MAX - 1, 0);
	ck_assert(!o.valid);
	braid_owd_sample(&o, S64_MAX / 4, 0);
	braid_owd_sample(&o, -(S64_MAX / 4), 0);
	braid_owd_sample(&o, S64_MAX / 4, 0);
	ck_assert_uint_eq(o.queue_us, U32_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rtt");
	TCase *tc = tcase_create("rtt");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, rtt_first_sample);
	tcase_add_test(tc, rtt_gains);
	tcase_add_test(tc, rtt_extremes);
	tcase_add_test(tc, rtt_window);
	tcase_add_loop_test(tc, rtt_window_model, 0, 8);
	tcase_add_test(tc, owd_offsets);
	tcase_add_test(tc, owd_jitter);
	tcase_add_test(tc, owd_rubbish);
	return unit_run(suite);
}
