/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Delay of a path: round-trip time (RFC 6298) and relative one-way delay. The
 * two ends' clocks differ by an unknown offset; it is the same on every path
 * of a peer, so differences between paths and changes in time hold.
 */
#ifndef BRAID_CORE_RTT_H
#define BRAID_CORE_RTT_H

#include "types.h"

#define BRAID_MIN_WINDOW_US	(10 * BRAID_USEC_PER_SEC)

/**
 * struct braid_rtt - round-trip time of a path
 * @srtt_us: smoothed, gain 1/8; 0 before the first sample
 * @var_us: mean deviation, gain 1/4
 * @latest_us: last sample
 * @min_us: smallest of the last BRAID_MIN_WINDOW_US (two-bucket window)
 * @min_next_us: smallest of the running half window
 * @min_at_us: when the running half window began
 * @sampled_us: when the last sample came, 0 before the first
 */
struct braid_rtt {
	u32 srtt_us;
	u32 var_us;
	u32 latest_us;
	u32 min_us;
	u32 min_next_us;
	u64 min_at_us;
	u64 sampled_us;
};

void braid_rtt_init(struct braid_rtt *r);
void braid_rtt_sample(struct braid_rtt *r, u32 rtt_us, u64 now_us);
/* Probe timeout of RFC 9002: srtt + max(4 var, 1 ms); 1 s without a sample. */
u32 braid_rtt_pto(const struct braid_rtt *r);

/**
 * struct braid_owd - relative one-way delay of a path
 * @valid: there was a sample
 * @base_us: smallest of the last window: the delay of the empty path, plus
 *	the clock offset
 * @base_next_us: smallest of the running half window
 * @base_at_us: when the running half window began
 * @smooth_us: smoothed over about 8 samples
 * @queue_us: last sample over @base_us: the standing queue
 * @jitter_us: mean deviation of single samples from @smooth_us
 */
struct braid_owd {
	bool valid;
	s64 base_us;
	s64 base_next_us;
	u64 base_at_us;
	s64 smooth_us;
	u32 queue_us;
	u32 jitter_us;
};

void braid_owd_init(struct braid_owd *o);
/* @delay_us: arrival by the peer's clock minus sending by ours. */
void braid_owd_sample(struct braid_owd *o, s64 delay_us, u64 now_us);

#endif
