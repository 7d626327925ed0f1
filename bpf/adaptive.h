/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the policy adaptive decides. For the policy and for userspace, whose unit
 * tests run it against paths of their own: they bring a bpf_braid_path(), a
 * braid_for_each_slot() and a braid_copies_until().
 */
#ifndef BRAID_ADAPTIVE_H
#define BRAID_ADAPTIVE_H

#include "trouble.h"

#define BRAID_DSCP_VOICE_ADMIT	44	/* RFC 5865 */
#define BRAID_DSCP_EF		46	/* RFC 3246 */

#define BRAID_TCP_FLAGS		0x3f	/* without ECE and CWR */
#define BRAID_TCP_ACK		0x10

/* A path without a measured round trip counts as this slow. */
#define BRAID_UNMEASURED_US	1000000ULL
/* So much of a path's share that no copy took is kept for the next ones. */
#define BRAID_COPIES_BURST_NS	(250 * BRAID_NSEC_PER_MSEC)
/* Bytes around an inner packet at most: the rate is of outer ones */
#define BRAID_COPIES_AROUND	84ULL
/* What copies may have, bytes per second, of a path that was never measured: a call */
#define BRAID_COPIES_RATE	16000
/* A suspect path may be dead; another one is worth this much delay. */
#define BRAID_SUSPECT_US	200000ULL

/**
 * struct braid_adaptive_cfg - what may be tuned when the policy is loaded
 * @small_bytes: a flow is small until it has sent more
 * @tcp_rate: bytes per second; above, a flow is bulk
 * @udp_rate: the same for UDP, where a call must fit below
 * @calm_ns: a bulk flow that was slow for this long is interactive again
 * @choose_ns: a flow's quickest path is looked for this often
 * @share: a flow is bulk, too, when it wants more than one part in @share of
 *	the quickest path
 * @gain_pct: another path must be quicker by so much of the round trip, per cent
 * @gain_us: ... and at least by this much
 * @copy_share: second copies take at most one part in so many of what a path is
 *	known to carry; 0 for no copies
 */
struct braid_adaptive_cfg {
	__u64 small_bytes;
	__u64 tcp_rate;
	__u64 udp_rate;
	__u64 calm_ns;
	__u64 choose_ns;
	__u32 share;
	__u32 gain_pct;
	__u32 gain_us;
	__u32 copy_share;
};

#define BRAID_ADAPTIVE_DEFAULTS {			\
	.small_bytes = 64 << 10,			\
	.tcp_rate = 32 << 10,				\
	.udp_rate = 640000,				\
	.calm_ns = 2 * BRAID_NSEC_PER_SEC,		\
	.choose_ns = 10 * BRAID_NSEC_PER_MSEC,		\
	.share = 4,					\
	.gain_pct = 10,					\
	.gain_us = 1000,				\
	.copy_share = 10,				\
}

struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx, __u32 slot);

#ifdef __bpf__
/* Until when the copies that a path had are paid for, ns; NULL: unknown. */
static __u64 *braid_copies_until(const struct braid_peer_ctx *peer, __u32 slot);
#else
__u64 *braid_copies_until(const struct braid_peer_ctx *peer, __u32 slot);
#endif

/* Protocols that the policy understands. */
static inline int braid_adaptive_knows(__u8 proto)
{
	switch (proto) {
	case BRAID_PROTO_ICMP:
	case BRAID_PROTO_TCP:
	case BRAID_PROTO_UDP:
	case BRAID_PROTO_DCCP:
	case BRAID_PROTO_ICMPV6:
	case BRAID_PROTO_SCTP:
		return 1;
	}
	return 0;
}

/* Without payload: 40 bytes of headers for IPv4, 60 for IPv6, and options. */
static inline int braid_adaptive_pure_ack(const struct braid_steer_ctx *pkt)
{
	return pkt->flow.proto == BRAID_PROTO_TCP && pkt->segs == 1 &&
	       (pkt->tcp_flags & BRAID_TCP_FLAGS) == BRAID_TCP_ACK &&
	       pkt->len <= (pkt->flow.family == 6 ? 100 : 80);
}

/* What whoever sends it says to be a call */
static inline int braid_adaptive_voice(const struct braid_steer_ctx *pkt)
{
	return pkt->dscp == BRAID_DSCP_EF || pkt->dscp == BRAID_DSCP_VOICE_ADMIT;
}

/* Somebody waits for all packets of such a flow, whatever it has sent. */
static inline int braid_adaptive_always(const struct braid_steer_ctx *pkt)
{
	__u16 sport, dport;

	if (braid_adaptive_voice(pkt))
		return 1;
	if (pkt->flow.proto == BRAID_PROTO_ICMP ||
	    pkt->flow.proto == BRAID_PROTO_ICMPV6)
		return 1;
	if (pkt->flow.proto != BRAID_PROTO_UDP)
		return 0;
	sport = braid_port(pkt->flow.sport);
	dport = braid_port(pkt->flow.dport);
	return sport == 53 || dport == 53;
}

/*
 * How much later than by the quickest path a packet given to this one now would
 * arrive. The way back has no part in it: what is full there may be empty here.
 */
static inline __u64 braid_adaptive_wait(const struct braid_path_view *path)
{
	__u64 us = path->srtt_us ? path->owd_us : BRAID_UNMEASURED_US;

	if (path->rate)
		us += path->queue_bytes * 1000000ULL / path->rate;
	return us;
}

/* The same with what speaks against the path, as a delay. */
static inline __u64 braid_adaptive_delay(const struct braid_path_view *path)
{
	__u64 us = braid_adaptive_wait(path);

	/* One per cent of loss costs as much as 10 ms. */
	us += path->loss_ppm;
	if (path->state == BRAID_STATE_SUSPECT)
		us += BRAID_SUSPECT_US;
	return us;
}

/*
 * The quickest path of @set, or @kept while no other is quicker by a clear
 * margin. BRAID_NO_SLOT when no path of @set is there.
 */
static inline __u32
braid_adaptive_choose(const struct braid_adaptive_cfg *cfg,
		      struct braid_steer_ctx *pkt, __u32 set, __u32 kept)
{
	__u64 best_us = ~0ULL, margin, us;
	struct braid_path_view *path;
	__u32 best = BRAID_NO_SLOT;
	int slot;

	braid_for_each_slot(slot) {
		if (!(set >> slot & 1))
			continue;
		path = bpf_braid_path(&pkt->peer, slot);
		if (!path)
			continue;
		us = braid_adaptive_delay(path);
		if (us < best_us) {
			best_us = us;
			best = slot;
		}
	}
	if (kept >= BRAID_MAX_SLOTS || !(set >> kept & 1))
		return best;
	path = bpf_braid_path(&pkt->peer, kept);
	if (!path)
		return best;
	margin = (__u64)path->srtt_us * cfg->gain_pct / 100;
	if (margin < cfg->gain_us)
		margin = cfg->gain_us;
	return best_us + margin < braid_adaptive_delay(path) ? best : kept;
}

/* The flow's path, looked for anew from time to time or when it is gone. */
static inline __u32
braid_adaptive_slot(const struct braid_adaptive_cfg *cfg,
		    struct braid_steer_ctx *pkt, struct braid_flow_value *v,
		    __u32 set, __u64 now_ns)
{
	__u32 slot = v->slot;

	if (slot < BRAID_MAX_SLOTS && set >> slot & 1 &&
	    now_ns - v->chosen_ns < cfg->choose_ns)
		return slot;
	slot = braid_adaptive_choose(cfg, pkt, set, slot);
	v->chosen_ns = now_ns;
	braid_flow_move(v, slot, set, now_ns);
	return slot;
}

/* Above this rate a flow is bulk. */
static inline __u64
braid_adaptive_limit(const struct braid_adaptive_cfg *cfg,
		     struct braid_steer_ctx *pkt, __u32 slot)
{
	__u64 limit = pkt->flow.proto == BRAID_PROTO_UDP ? cfg->udp_rate :
							   cfg->tcp_rate;
	struct braid_path_view *path = bpf_braid_path(&pkt->peer, slot);
	__u64 part;

	if (!path || !path->rate || !cfg->share)
		return limit;
	part = path->rate / cfg->share;
	return part < limit ? part : limit;
}

/*
 * The flow's class after this packet. @closed: begin of the measuring window
 * that this packet closed, 0 for none. Bulk begins at the limit's rate and ends
 * below three quarters of it.
 */
static inline __u32
braid_adaptive_class(const struct braid_adaptive_cfg *cfg,
		     const struct braid_flow_value *flow, __u64 limit,
		     __u64 closed, __u64 now_ns, __u64 *calm_ns)
{
	__u32 class = flow->class;

	if (class != BRAID_CLASS_BULK) {
		*calm_ns = 0;
		if (flow->out_bytes - flow->burst <= cfg->small_bytes)
			return class ? class : BRAID_CLASS_SMALL;
		return braid_flow_out_rate(flow) > limit ?
		       BRAID_CLASS_BULK : BRAID_CLASS_INTERACTIVE;
	}
	if (!closed)
		return class;
	if (flow->out_rate >= limit - limit / 4) {
		*calm_ns = 0;
		return class;
	}
	if (!*calm_ns)
		*calm_ns = closed;
	return now_ns - *calm_ns < cfg->calm_ns ? class :
						  BRAID_CLASS_INTERACTIVE;
}

static inline void
braid_adaptive_turn(const struct braid_adaptive_cfg *cfg,
		    struct braid_steer_ctx *pkt, struct braid_flow_value *v,
		    __u32 slot, __u64 closed, __u64 now_ns)
{
	__u64 calm_ns = v->calm_ns;
	__u32 class;

	class = braid_adaptive_class(cfg, v,
				     braid_adaptive_limit(cfg, pkt, slot),
				     closed, now_ns, &calm_ns);
	v->calm_ns = calm_ns;
	if (class == v->class)
		return;
	if (v->class == BRAID_CLASS_BULK) {
		v->burst = v->out_bytes;
		v->calm_ns = 0;
	}
	if (v->class != BRAID_CLASS_NONE)
		v->turns++;
	v->class = class;
}

/*
 * The quickest other path of @set whose copy arrives before one that is sent again
 * because the first was lost, which takes a round trip at least. BRAID_NO_SLOT for
 * none.
 */
static inline __u32 braid_adaptive_second(struct braid_steer_ctx *pkt, __u32 set,
					  __u32 slot)
{
	struct braid_path_view *path = bpf_braid_path(&pkt->peer, slot);
	__u32 best = BRAID_NO_SLOT;
	__u64 best_us = ~0ULL, late_us, us;
	int other;

	if (!path || !path->srtt_us)
		return best;
	late_us = braid_adaptive_wait(path) + path->srtt_us;
	set &= ~(1U << slot);
	braid_for_each_slot(other) {
		if (!(set >> other & 1))
			continue;
		path = bpf_braid_path(&pkt->peer, other);
		if (!path || path->state != BRAID_STATE_UP ||
		    braid_adaptive_wait(path) >= late_us)
			continue;
		us = braid_adaptive_delay(path);
		if (us < best_us) {
			best_us = us;
			best = other;
		}
	}
	return best;
}

/*
 * Whether copies have a share of the path left, and if so this one takes its part:
 * a bucket that holds what they may have in a quarter of a second. Two CPUs at it
 * at the same time pay once.
 */
static inline int braid_adaptive_affords(const struct braid_adaptive_cfg *cfg,
					 struct braid_steer_ctx *pkt, __u32 slot,
					 __u64 now_ns)
{
	struct braid_path_view *path = bpf_braid_path(&pkt->peer, slot);
	__u64 *until, paid, rate;

	if (!cfg->copy_share || !path)
		return 0;
	rate = path->rate ? path->rate / cfg->copy_share : BRAID_COPIES_RATE;
	until = rate ? braid_copies_until(&pkt->peer, slot) : NULL;
	if (!until)
		return 0;
	paid = *until;
	if (paid + BRAID_COPIES_BURST_NS < now_ns)
		paid = now_ns - BRAID_COPIES_BURST_NS;
	paid += (pkt->wire_len + pkt->segs * BRAID_COPIES_AROUND) *
		BRAID_NSEC_PER_SEC / rate;
	if (paid > now_ns)
		return 0;
	*until = paid;
	return 1;
}

/* The paths of a packet for which @slot is the quickest: calls get a second one. */
static inline __u64 braid_adaptive_pin(const struct braid_adaptive_cfg *cfg,
				       struct braid_steer_ctx *pkt, __u32 set,
				       __u32 slot, __u64 now_ns)
{
	__u32 second = BRAID_NO_SLOT;

	if (braid_adaptive_voice(pkt))
		second = braid_adaptive_second(pkt, set, slot);
	if (second < BRAID_MAX_SLOTS &&
	    braid_adaptive_affords(cfg, pkt, second, now_ns))
		return BRAID_VERDICT(BRAID_KIND_COPY, BRAID_UNORDERED,
				     1U << slot | 1U << second);
	return BRAID_VERDICT(BRAID_KIND_PIN, BRAID_UNORDERED, 1U << slot);
}

/* STRIPE over @set; AUTO, which follows the paths, when that is all of them. */
static inline __u64 braid_adaptive_all(const struct braid_steer_ctx *pkt,
				       __u32 set)
{
	return set == braid_all_slots(pkt) ? BRAID_AUTO : BRAID_STRIPE(set);
}

/*
 * The verdict on a packet, already counted in @v, which is NULL when the flow
 * has no entry. @asked: a verdict of the usable slots that it may have and of what
 * kind it has to be, BRAID_KIND_AUTO for none in particular. Not inline: a program
 * has 512 bytes of stack with all that is.
 */
static __attribute__((noinline)) __u64
braid_adaptive_verdict(const struct braid_adaptive_cfg *cfg,
		       struct braid_steer_ctx *pkt, struct braid_flow_value *v,
		       __u64 asked, __u64 now_ns)
{
	__u64 closed = v ? braid_flow_rates(v, now_ns) : 0;
	__u32 set = BRAID_VERDICT_SET(asked);
	__u32 kind = BRAID_VERDICT_KIND(asked);
	__u32 slot = BRAID_NO_SLOT;
	int urgent;

	if (kind == BRAID_KIND_AUTO && (pkt->flags & BRAID_FRAGMENT ||
					!braid_adaptive_knows(pkt->flow.proto)))
		return braid_adaptive_all(pkt, set);
	urgent = kind == BRAID_KIND_PIN || braid_adaptive_always(pkt);
	if (v) {
		slot = braid_adaptive_slot(cfg, pkt, v, set, now_ns);
		if (urgent)
			v->class = BRAID_CLASS_INTERACTIVE;
		else
			braid_adaptive_turn(cfg, pkt, v, slot, closed, now_ns);
		if (v->class != BRAID_CLASS_BULK)
			urgent = 1;
	} else if (urgent || braid_adaptive_pure_ack(pkt)) {
		slot = braid_adaptive_choose(cfg, pkt, set, slot);
	}
	if (kind == BRAID_KIND_STRIPE || kind == BRAID_KIND_COPY)
		return BRAID_VERDICT(kind, 0, set);
	if (urgent || braid_adaptive_pure_ack(pkt)) {
		if (slot >= BRAID_MAX_SLOTS)
			return braid_adaptive_all(pkt, set);
		if (kind == BRAID_KIND_PIN)
			return BRAID_VERDICT(BRAID_KIND_PIN, BRAID_UNORDERED,
					     1U << slot);
		return braid_adaptive_pin(cfg, pkt, set, slot, now_ns);
	}
	return v ? BRAID_STRIPE(set) : braid_adaptive_all(pkt, set);
}

#endif
