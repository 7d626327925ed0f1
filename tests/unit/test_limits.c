// SPDX-License-Identifier: GPL-2.0
/*
 * When a path is left by a class that has limits, and when it is taken back:
 * losses drawn by chance, delays that come and go.
 */
#include "unit.h"

#include <string.h>

#include "limit.h"
#include "text.h"

#include "../../bpf/limits.h"

static struct braid_limit_value v;
static struct braid_limit_seen seen;
static uint64_t now;
static uint64_t seed;

static void begin(uint32_t loss_ppm)
{
	memset(&v, 0, sizeof(v));
	memset(&seen, 0, sizeof(seen));
	seen.max.loss_ppm = loss_ppm;
	seen.path_id = 3;
	seen.srtt_us = 20000;
	now = BRAID_NSEC_PER_SEC;
	braid_limit_step(&v, &seen, now);
}

/* @n packets until the next look, @ppm of them lost */
static void look(unsigned int n, uint32_t ppm)
{
	for (; n; n--) {
		if (unit_below(&seed, 1000000) < ppm)
			seen.lost++;
		else
			seen.delivered++;
	}
	now += BRAID_LIMIT_LOOK_NS;
	braid_limit_step(&v, &seen, now);
}

/* Seconds until the path is in or out, at most 60 */
static double until(uint32_t out, unsigned int packets, uint32_t ppm)
{
	uint64_t begin = now;

	while (v.out != out && now - begin < 60 * BRAID_NSEC_PER_SEC)
		look(packets / 10, ppm);
	return (now - begin) / 1e9;
}

/* 5 % where 2 % are allowed: noticed after 600 packets or so, every time. */
START_TEST(loss_is_noticed)
{
	double took, longest = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		seed = 1000 * _i + i;
		begin(20000);
		took = until(1, 1000, 50000);
		longest = took > longest ? took : longest;
		ck_assert_uint_eq(v.why, BRAID_LIMIT_LOSS);
	}
	ck_assert_msg(longest < 2.5, "%.1f s", longest);
	begin(20000);
	took = until(1, 1000, 200000);
	ck_assert_msg(took <= 0.2, "%.1f s", took);
}
END_TEST

static const struct {
	uint32_t ppm;
	unsigned int packets;
} near[] = {
	{ 18000, 1000 }, { 22000, 1000 }, { 18000, 100 }, { 22000, 100 },
	{ 10000, 5000 },
};

/* A minute near the limit: it is not left again and again. */
START_TEST(no_flapping_near_the_limit)
{
	unsigned int flaps = 0, i, j;

	for (i = 0; i < 100; i++) {
		seed = i;
		begin(20000);
		for (j = 0; j < 600; j++)
			look(near[_i].packets / 10, near[_i].ppm);
		flaps += v.turns > 1;
	}
	ck_assert_msg(flaps <= 2, "%u of 100", flaps);
}
END_TEST

START_TEST(loss_ends)
{
	double took;

	begin(20000);
	seed = 7;
	until(1, 1000, 50000);
	/* others still use it, so that it is measured */
	took = until(0, 1000, 1000);
	ck_assert_msg(took > 2 && took < 5, "%.1f s", took);
	/* that was in time: the next time is like the first */
	for (int i = 0; i < 300; i++)
		look(100, 1000);
	until(1, 1000, 50000);
	ck_assert_uint_eq(v.try_ns, BRAID_LIMIT_TRY_NS);
}
END_TEST

/* Nobody uses it, so nothing is heard of it: tried, seldomer each time. */
START_TEST(tried_when_unheard)
{
	static const double waits[] = { 10, 20, 40 };
	double took;
	size_t i;

	begin(20000);
	seed = 9;
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		until(1, 1000, 100000);
		took = until(0, 0, 0);
		ck_assert_msg(took > waits[i] - 0.2 && took < waits[i] + 0.2,
			      "%.1f s, not %.0f", took, waits[i]);
	}
	v.try_ns = BRAID_LIMIT_TRY_MAX_NS;
	until(1, 1000, 100000);
	ck_assert_uint_eq(v.try_ns, BRAID_LIMIT_TRY_MAX_NS);
}
END_TEST

START_TEST(delay)
{
	int i;

	begin(0);
	seen.max.rtt_us = 50000;
	for (i = 0; i < 100; i++) {
		/* two looks beyond it are none */
		seen.srtt_us = i % 3 ? 60000 : 50000;
		look(10, 0);
		ck_assert(!v.out);
	}
	seen.srtt_us = 50001;
	ck_assert(until(1, 100, 0) <= 0.3);
	ck_assert_uint_eq(v.why, BRAID_LIMIT_RTT);
	/* nearly good is not good */
	seen.srtt_us = 45000;
	ck_assert(until(0, 100, 0) > 9);
	seen.srtt_us = 60000;
	until(1, 100, 0);
	seen.srtt_us = 30000;
	ck_assert(until(0, 100, 0) <= 2.1);
}
END_TEST

START_TEST(jitter_and_rate)
{
	char text[BR_NAME];

	begin(0);
	seen.max.jitter_us = 5000;
	seen.max.rate = 1000000;
	seen.jitter_us = 6000;
	/* an unknown rate is not a low one */
	until(1, 100, 0);
	ck_assert_uint_eq(v.why, BRAID_LIMIT_JITTER);
	seen.jitter_us = 1000;
	seen.rate = 1200000;
	ck_assert(until(0, 100, 0) <= 2.1);
	seen.rate = 999999;
	seen.jitter_us = 6000;
	until(1, 100, 0);
	ck_assert_uint_eq(v.why, BRAID_LIMIT_JITTER | BRAID_LIMIT_RATE);
	ck_assert_str_eq(br_limit_text(v.why, text), "jitter+rate");
	ck_assert_str_eq(br_limit_text(BRAID_LIMIT_RTT | BRAID_LIMIT_LOSS, text),
			 "rtt+loss");
}
END_TEST

/* What was late had only seemed lost; a new path, a new session begin anew. */
START_TEST(counts_that_fall)
{
	begin(20000);
	seen.delivered += 100;
	seen.lost += 7;
	now += BRAID_LIMIT_LOOK_NS;
	braid_limit_step(&v, &seen, now);
	ck_assert_int_gt(v.more, 0);
	seen.delivered += 7;
	seen.lost -= 7;
	now += BRAID_LIMIT_LOOK_NS;
	braid_limit_step(&v, &seen, now);
	ck_assert_int_eq(v.more, 0);
	until(1, 1000, 500000);
	seen.path_id = 4;
	look(0, 0);
	ck_assert(!v.out);
	until(1, 1000, 500000);
	seen.delivered = 0;
	seen.lost = 0;
	look(0, 0);
	ck_assert(!v.out && !v.turns);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limits");
	TCase *tc = tcase_create("limits");

	tcase_add_loop_test(tc, loss_is_noticed, 0, 3);
	tcase_add_loop_test(tc, no_flapping_near_the_limit, 0,
			    ARRAY_SIZE(near));
	tcase_add_test(tc, loss_ends);
	tcase_add_test(tc, tried_when_unheard);
	tcase_add_test(tc, delay);
	tcase_add_test(tc, jitter_and_rate);
	tcase_add_test(tc, counts_that_fall);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
