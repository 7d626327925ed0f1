/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every unit test needs: its main() in one line, and random numbers that
 * come again in the next run.
 */
#ifndef BRAID_TESTS_UNIT_H
#define BRAID_TESTS_UNIT_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

static inline int unit_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SplitMix64: any seed will do. */
static inline uint64_t unit_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* A number below @n. */
static inline uint64_t unit_below(uint64_t *seed, uint64_t n)
{
	return unit_random(seed) % n;
}

#endif
