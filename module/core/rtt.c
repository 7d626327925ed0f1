// SPDX-License-Identifier: GPL-2.0
/*
 * Smoothed delays and windowed minima.
 */
#include "rtt.h"

/* Half of the minimum window: one bucket. */
#define HALF_WINDOW_US	(BRAID_MIN_WINDOW_US / 2)
/* What RFC 9002 waits for without a sample, roughly thrice its initial RTT. */
#define PTO_INITIAL_US	BRAID_USEC_PER_SEC
/* Granularity of RFC 9002. */
#define PTO_GRAIN_US	BRAID_USEC_PER_MSEC
/* Clocks further apart than this are rubbish, and would overflow. */
#define OWD_SANE_US	(S64_MAX / 4)

static u32 clamp_u32(s64 v)
{
	if (v < 0)
		return 0;
	return v > U32_MAX ? U32_MAX : v;
}

/*
 * A minimum over two buckets: @next is that of the running half window, @min
 * that of it and the one before. So a sample counts for half to one window.
 */
static void window_min(s64 *min_v, s64 *next, u64 *at_us, s64 v, u64 now_us)
{
	if (now_us >= *at_us + 2 * HALF_WINDOW_US) {
		*min_v = v;
		*next = v;
		*at_us = now_us;
	} else if (now_us >= *at_us + HALF_WINDOW_US) {
		*min_v = *next;
		*next = v;
		*at_us = now_us;
	}
	if (v < *next)
		*next = v;
	if (v < *min_v)
		*min_v = v;
}

void braid_rtt_init(struct braid_rtt *r)
{
	memset(r, 0, sizeof(*r));
}

static void rtt_first(struct braid_rtt *r, u32 rtt_us, u64 now_us)
{
	r->latest_us = rtt_us;
	r->srtt_us = rtt_us;
	r->var_us = rtt_us / 2;
	r->min_us = rtt_us;
	r->min_next_us = rtt_us;
	r->min_at_us = now_us;
}

void braid_rtt_sample(struct braid_rtt *r, u32 rtt_us, u64 now_us)
{
	s64 least = r->min_us, next = r->min_next_us;
	u32 off;

	rtt_us = max_t(u32, rtt_us, 1);
	r->sampled_us = now_us;
	if (!r->srtt_us) {
		rtt_first(r, rtt_us, now_us);
		return;
	}
	off = rtt_us > r->srtt_us ? rtt_us - r->srtt_us : r->srtt_us - rtt_us;
	r->latest_us = rtt_us;
	r->var_us = (3ULL * r->var_us + off) / 4;
	r->srtt_us = max_t(u32, (7ULL * r->srtt_us + rtt_us) / 8, 1);
	window_min(&least, &next, &r->min_at_us, rtt_us, now_us);
	r->min_us = least;
	r->min_next_us = next;
}

u32 braid_rtt_pto(const struct braid_rtt *r)
{
	if (!r->srtt_us)
		return PTO_INITIAL_US;
	return clamp_u32(r->srtt_us + max_t(u64, 4ULL * r->var_us, PTO_GRAIN_US));
}

void braid_owd_init(struct braid_owd *o)
{
	memset(o, 0, sizeof(*o));
}

static void owd_first(struct braid_owd *o, s64 delay_us, u64 now_us)
{
	o->valid = true;
	o->base_us = delay_us;
	o->base_next_us = delay_us;
	o->base_at_us = now_us;
	o->smooth_us = delay_us;
}

void braid_owd_sample(struct braid_owd *o, s64 delay_us, u64 now_us)
{
	s64 off;

	if (delay_us > OWD_SANE_US || delay_us < -OWD_SANE_US)
		return;
	if (!o->valid) {
		owd_first(o, delay_us, now_us);
		return;
	}
	off = delay_us - o->smooth_us;
	o->smooth_us += off / 8;
	if (off < 0)
		off = -off;
	o->jitter_us = (3ULL * o->jitter_us + clamp_u32(off)) / 4;
	window_min(&o->base_us, &o->base_next_us, &o->base_at_us, delay_us,
		   now_us);
	o->queue_us = clamp_u32(delay_us - o->base_us);
}
