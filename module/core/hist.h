/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long something took, as counts in buckets that double: enough for the
 * quantiles of what spans microseconds to seconds, in a fixed size.
 */
#ifndef BRAID_CORE_HIST_H
#define BRAID_CORE_HIST_H

#include "types.h"

/* The first bucket takes what is not above that. */
#define BRAID_HIST_SHIFT	8
/* With the last one, which takes all that is longer: 8.4 s. */
#define BRAID_HIST_BUCKETS	17

/**
 * struct braid_hist - durations; all zero at first
 * @sum_us: of all of them
 * @count: bucket n has those of at most 256 * 2^n us which the one before it
 *	does not have; the last has the rest
 */
struct braid_hist {
	u64 sum_us;
	u64 count[BRAID_HIST_BUCKETS];
};

static inline void braid_hist_add(struct braid_hist *h, u64 us)
{
	u32 bucket = us ? fls64((us - 1) >> BRAID_HIST_SHIFT) : 0;

	h->sum_us += us;
	h->count[min_t(u32, bucket, BRAID_HIST_BUCKETS - 1)]++;
}

#endif
