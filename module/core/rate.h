/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How fast a path is: an estimate discovered from delivery-rate samples, and
 * the rate to pace at. The inner flows have congestion controls of their own;
 * this is not a second one around them, it finds the bottleneck's rate and
 * keeps its queue short. After BBR (draft-ietf-ccwg-bbr), with probing whose
 * step doubles while it succeeds.
 */
#ifndef BRAID_CORE_RATE_H
#define BRAID_CORE_RATE_H

#include "loss.h"

enum braid_rate_phase {
	BRAID_RATE_STARTUP,	/* doubles each round until something gives */
	BRAID_RATE_DRAIN,	/* empties the queue that startup or a probe left */
	BRAID_RATE_CRUISE,	/* paces at the estimate */
	BRAID_RATE_PROBE,	/* paces above it, for a round */
	BRAID_RATE_HOLD,	/* the link got slower: waits for fresh samples */
};

struct braid_rate {
	enum braid_rate_phase phase;
	u64 rate;		/* estimate, bytes per second */
	u64 pacing;		/* rate to pace at now, bytes per second */
	u64 cap;		/* the user's bound, 0 for none */
	u64 confirmed_us;	/* when a sample last confirmed the estimate */
};

#endif
