/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A flow's own trouble: when it leaves the one path it is on although that path is
 * well by what all flows together show. A link may treat flows differently, by the size
 * of their packets or by how these come in bursts, and a policy may have forbidden to
 * repair what it loses. For policies and for userspace, whose unit tests run it.
 *
 * Only TCP says what became of its packets, and only of a flow that has one path is it
 * known which path did it: what uses several has its losses repaired on the others.
 */
#ifndef BRAID_TROUBLE_H
#define BRAID_TROUBLE_H

#include "meter.h"

/* A look is taken at so many segments, and no sooner than this. */
#define BRAID_TROUBLE_SEGMENTS	16
#define BRAID_TROUBLE_LOOK_NS	(250 * BRAID_NSEC_PER_MSEC)
/* One in so many sent again is too much, in so many looks in a row. */
#define BRAID_TROUBLE_AGAIN	8
#define BRAID_TROUBLE_BAD	2
/* Less than one in so many of the best rate, in so many, with losses in half of them. */
#define BRAID_TROUBLE_PART	4
#define BRAID_TROUBLE_SLOW	4
/* So many sent again in vain, for at least that long. */
#define BRAID_TROUBLE_FUTILE	3
#define BRAID_TROUBLE_STUCK_NS	BRAID_NSEC_PER_SEC
/*
 * How long a path that was left stays so; twice as long each time. The same when no
 * other path is left: then it is no path's fault.
 */
#define BRAID_TROUBLE_HOLD_NS	(10 * BRAID_NSEC_PER_SEC)
#define BRAID_TROUBLE_HOLD_MAX_NS	(320 * BRAID_NSEC_PER_SEC)

/* Nothing of it arrives, or nothing comes back. */
static inline int braid_trouble_stuck(const struct braid_flow_tcp *t,
				      __u64 now_ns)
{
	__u64 least = 4000ULL * t->far_rtt_us;

	if (least < BRAID_TROUBLE_STUCK_NS)
		least = BRAID_TROUBLE_STUCK_NS;
	return t->futile >= BRAID_TROUBLE_FUTILE && t->acked_ns &&
	       now_ns - t->acked_ns > least;
}

/* A look, at what became of it since the last one: BRAID_MOVED_* if it is bad. */
static inline __u32 braid_trouble_look(struct braid_flow_value *v, __u64 now_ns)
{
	struct braid_flow_trouble *t = &v->trouble;
	__u64 segments = v->out_segments - t->segments;
	__u64 again = v->tcp.out_again - t->again, us, rate;

	if (segments < BRAID_TROUBLE_SEGMENTS ||
	    now_ns - t->looked_ns < BRAID_TROUBLE_LOOK_NS)
		return BRAID_MOVED_NEVER;
	us = (now_ns - t->looked_ns) / BRAID_NSEC_PER_USEC;
	rate = (v->tcp.acked - t->acked) * 1000000 / us;
	t->looked_ns = now_ns;
	t->segments += segments;
	t->again += again;
	t->acked = v->tcp.acked;
	t->bad = again * BRAID_TROUBLE_AGAIN > segments ? t->bad + 1 : 0;
	if (rate * BRAID_TROUBLE_PART < t->best) {
		t->slow++;
		t->lossy += again != 0;
	} else {
		t->slow = 0;
		t->lossy = 0;
	}
	t->best -= t->best / 32;
	if (rate > t->best)
		t->best = rate;
	if (t->bad >= BRAID_TROUBLE_BAD)
		return BRAID_MOVED_AGAIN;
	if (t->slow >= BRAID_TROUBLE_SLOW &&
	    2 * t->lossy >= BRAID_TROUBLE_SLOW)
		return BRAID_MOVED_SLOW;
	return BRAID_MOVED_NEVER;
}

/* On another path, or after a rest, nothing of before counts. */
static inline void braid_trouble_anew(struct braid_flow_value *v, __u64 now_ns)
{
	struct braid_flow_trouble *t = &v->trouble;

	t->looked_ns = now_ns;
	t->segments = v->out_segments;
	t->again = v->tcp.out_again;
	t->acked = v->tcp.acked;
	t->best = 0;
	t->bad = 0;
	t->slow = 0;
	t->lossy = 0;
	v->tcp.futile = 0;
}

static inline void braid_trouble_leave(struct braid_flow_value *v, __u32 set,
				       __u32 why, __u64 now_ns)
{
	struct braid_flow_trouble *t = &v->trouble;
	__u32 left = t->left | 1U << (v->slot & (BRAID_MAX_SLOTS - 1));

	/* it helped for long: another matter */
	if (!t->hold_ns || (__s64)(now_ns - t->until_ns) >
			   (__s64)BRAID_TROUBLE_HOLD_MAX_NS)
		t->hold_ns = BRAID_TROUBLE_HOLD_NS;
	t->left = set & ~left ? left : 0;
	t->until_ns = now_ns + t->hold_ns;
	if (t->hold_ns < BRAID_TROUBLE_HOLD_MAX_NS)
		t->hold_ns *= 2;
	t->why = why;
	braid_trouble_anew(v, now_ns);
}

/* The flow has one path: its last verdict says so, and not for its ACKs alone. */
static inline int braid_trouble_pinned(const struct braid_flow_value *v)
{
	return v->class != BRAID_CLASS_BULK && v->slot < BRAID_MAX_SLOTS &&
	       BRAID_VERDICT_KIND(v->verdict) == BRAID_KIND_PIN &&
	       BRAID_VERDICT_SET(v->verdict) == 1U << v->slot;
}

/*
 * Which of the paths in @set a packet of the flow, counted already, may use: those that
 * it has not left. Not inline: a policy has 512 bytes of stack with all that is.
 */
static __attribute__((noinline, unused)) __u32
braid_trouble_paths(struct braid_flow_value *v, __u32 set, __u64 now_ns)
{
	struct braid_flow_trouble *t;
	__u32 why;

	if (!v)
		return set;
	t = &v->trouble;
	if (t->left && (__s64)(now_ns - t->until_ns) >= 0)
		t->left = 0;
	/* what is no path's fault has its rest */
	if (!t->left && (__s64)(now_ns - t->until_ns) < 0)
		return set;
	if (!(v->tcp.seen & BRAID_TCP_ACKED) || !braid_trouble_pinned(v)) {
		braid_trouble_anew(v, now_ns);
	} else {
		why = braid_trouble_stuck(&v->tcp, now_ns) ?
		      BRAID_MOVED_STUCK : braid_trouble_look(v, now_ns);
		if (why)
			braid_trouble_leave(v, set, why, now_ns);
	}
	return set & ~t->left ? set & ~t->left : set;
}

/* The flow's path is another one from now on; @set: those it may use. */
static inline void braid_flow_move(struct braid_flow_value *v, __u32 slot,
				   __u32 set, __u64 now_ns)
{
	__u32 old = v->slot;

	if (old == slot)
		return;
	v->slot = slot;
	if (old >= BRAID_MAX_SLOTS)
		return;
	v->moves++;
	v->moved_ns = now_ns;
	if (set >> old & 1)
		v->why = BRAID_MOVED_BETTER;
	else if (v->trouble.left >> old & 1)
		v->why = v->trouble.why;
	else
		v->why = BRAID_MOVED_GONE;
}

#endif
