/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the policy sticky decides, for the policy and for its unit tests: they
 * bring a bpf_braid_path().
 *
 * Weighted rendezvous hashing (Thaler and Ravishankar, 1998; with weights as
 * Resch, 2015, has them): each path draws a number u in (0, 1) from the flow's
 * hash and its own slot, and the one with the least -log(u) / weight has the
 * flow. So each path has its share of the flows, and when one goes or comes only
 * the flows on it move.
 */
#ifndef BRAID_STICKY_H
#define BRAID_STICKY_H

#include "trouble.h"

/* Bytes per second of a path that was not measured yet. */
#define BRAID_STICKY_RATE	125000

/**
 * struct braid_sticky_cfg - what may be tuned when the policy is loaded
 * @gap_ns: least silence after which a flow may move
 * @keep_pct: a flow moves only if its path's rate and so much more of it, per
 *	cent, would not keep it there: estimates are never quite the same
 */
struct braid_sticky_cfg {
	__u64 gap_ns;
	__u32 keep_pct;
};

#define BRAID_STICKY_DEFAULTS {				\
	.gap_ns = 50 * BRAID_NSEC_PER_MSEC,		\
	.keep_pct = 50,					\
}

struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx, __u32 slot);

/* log2(1 + i / 16) in 1/65536 */
static const __u32 braid_sticky_log2[17] = {
	0, 5732, 11136, 16248, 21098, 25711, 30109, 34312, 38336, 42196, 45904,
	49472, 52911, 56229, 59434, 62534, 65536,
};

/* 32 - log2(@x), in 1/65536, for @x from 1 up; off by less than 1/1000. */
static inline __u32 braid_sticky_neglog(__u32 x)
{
	__u32 bits = 32, i, low, at;

	x |= !x;
#pragma GCC unroll 5
	for (i = 16; i; i /= 2) {
		if (x >> (32 - i))
			continue;
		x <<= i;
		bits -= i;
	}
	at = x >> 27 & 15;
	low = x >> 11 & 0xffff;
	return ((33 - bits) << 16) - braid_sticky_log2[at] -
	       ((braid_sticky_log2[at + 1] - braid_sticky_log2[at]) * low >> 16);
}

/* 32 bits in, 32 bits out, each of them changed by each (MurmurHash3's end). */
static inline __u32 braid_sticky_mix(__u32 x)
{
	x = (x ^ x >> 16) * 0x85ebca6b;
	x = (x ^ x >> 13) * 0xc2b2ae35;
	return x ^ x >> 16;
}

__u64 braid_sticky_cost(__u32 hash, __u32 slot, __u64 weight);

/*
 * What a path bids for a flow, the least wins. A function of its own for the
 * verifier, which goes through it once and not for each slot.
 */
__attribute__((noinline))
__u64 braid_sticky_cost(__u32 hash, __u32 slot, __u64 weight)
{
	__u32 draw = braid_sticky_mix(hash ^ braid_sticky_mix(slot + 1));

	if (!weight)
		weight = BRAID_STICKY_RATE;
	return ((__u64)braid_sticky_neglog(draw) << 32) / weight;
}

/* The path that has the flow by its hash, of @set; BRAID_NO_SLOT for none. */
static inline __u32 braid_sticky_choose(struct braid_steer_ctx *pkt, __u32 set)
{
	__u32 best = BRAID_NO_SLOT;
	struct braid_path_view *path;
	__u64 least = ~0ULL, cost;
	int slot;

	braid_for_each_slot(slot) {
		if (!(set >> slot & 1))
			continue;
		path = bpf_braid_path(&pkt->peer, slot);
		if (!path)
			continue;
		cost = braid_sticky_cost(pkt->hash, slot, path->rate);
		if (cost < least) {
			least = cost;
			best = slot;
		}
	}
	return best;
}

/*
 * Silence after which nothing of the flow can be under way on @path that a
 * packet on the quickest path would overtake.
 */
static inline __u64 braid_sticky_gap(const struct braid_sticky_cfg *cfg,
				     const struct braid_path_view *path)
{
	__u64 us = path->owd_us + 4ULL * path->jitter_us + path->queue_us;

	if (path->rate)
		us += path->queue_bytes * 1000000ULL / path->rate;
	us *= BRAID_NSEC_PER_USEC;
	return us > cfg->gap_ns ? us : cfg->gap_ns;
}

/* Whether a flow that is free to go from @kept to @best stays nevertheless. */
static inline int braid_sticky_stays(const struct braid_sticky_cfg *cfg,
				     struct braid_steer_ctx *pkt, __u32 kept,
				     __u32 best)
{
	struct braid_path_view *from = bpf_braid_path(&pkt->peer, kept);
	struct braid_path_view *to = bpf_braid_path(&pkt->peer, best);
	__u64 rate;

	if (!from || !to)
		return 0;
	rate = from->rate ? from->rate : BRAID_STICKY_RATE;
	rate += rate * cfg->keep_pct / 100;
	return braid_sticky_cost(pkt->hash, kept, rate) <=
	       braid_sticky_cost(pkt->hash, best, to->rate);
}

/* The path of the flow, silent for @idle_ns; @kept is the one it had. */
static inline __u32 braid_sticky_slot(const struct braid_sticky_cfg *cfg,
				      struct braid_steer_ctx *pkt, __u32 set,
				      __u32 kept, __u64 idle_ns)
{
	struct braid_path_view *path;
	__u32 best;

	if (kept >= BRAID_MAX_SLOTS || !(set >> kept & 1))
		return braid_sticky_choose(pkt, set);
	path = bpf_braid_path(&pkt->peer, kept);
	if (path && idle_ns < braid_sticky_gap(cfg, path))
		return kept;
	best = braid_sticky_choose(pkt, set);
	return braid_sticky_stays(cfg, pkt, kept, best) ? kept : best;
}

/*
 * The verdict on a packet; @v is NULL when its flow has no entry, and then its
 * hash alone decides.
 */
static inline __u64 braid_sticky_verdict(const struct braid_sticky_cfg *cfg,
					 struct braid_steer_ctx *pkt,
					 struct braid_flow_value *v,
					 __u64 idle_ns, __u64 now_ns)
{
	__u32 set = braid_trouble_paths(v, braid_all_slots(pkt), now_ns);
	__u32 slot = braid_sticky_slot(cfg, pkt, set,
				       v ? v->slot : BRAID_NO_SLOT, idle_ns);

	if (slot >= BRAID_MAX_SLOTS)
		return BRAID_AUTO;
	if (v)
		braid_flow_move(v, slot, set, now_ns);
	return BRAID_PIN(slot);
}

#endif
