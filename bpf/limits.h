/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limits of a class: when a path is left for it, and when it is taken back. For
 * policies and for userspace, whose unit tests run it.
 *
 * Loss is judged by two cumulative sums (Page, Biometrika 1954): each packet
 * lost counts against the path, each one sent for it, so that the verdict comes
 * after few packets when the loss is far from the limit and never by chance when
 * it is near. Round trip, jitter and rate are smoothed already; a few looks in a
 * row decide.
 */
#ifndef BRAID_LIMITS_H
#define BRAID_LIMITS_H

#include "meter.h"
#include "rule_maps.h"

/* A path is looked at this often, whoever asks. */
#define BRAID_LIMIT_LOOK_NS	(100 * BRAID_NSEC_PER_MSEC)
/* Looks in a row beyond a limit until a path is left, within it until it is back. */
#define BRAID_LIMIT_BAD		3
#define BRAID_LIMIT_GOOD	20
/* Back it comes when it keeps to the limit with a fifth to spare. */
#define BRAID_LIMIT_SPARE	5
/*
 * Sums at which loss is beyond the limit, or within it again, in lost packets.
 * Between 3/4 and 6/5 of the limit neither sum grows.
 */
#define BRAID_LIMIT_LOST	16
#define BRAID_LIMIT_PPM		1000000LL
/*
 * A path that nothing uses is not measured: it is tried again after this long, and
 * after twice as long each time that was too soon. One of which so many packets
 * were heard meanwhile is known to be what it is.
 */
#define BRAID_LIMIT_HEARD	256
#define BRAID_LIMIT_TRY_NS	(10 * BRAID_NSEC_PER_SEC)
#define BRAID_LIMIT_TRY_MAX_NS	(320 * BRAID_NSEC_PER_SEC)

/* braid_limit_value.why */
#define BRAID_LIMIT_RTT		1
#define BRAID_LIMIT_JITTER	2
#define BRAID_LIMIT_LOSS	4
#define BRAID_LIMIT_RATE	8

/**
 * struct braid_limit_seen - a path at a look, and what its class asks of it
 * @max: the class's limits
 * @path_id: which path it is
 * @srtt_us: round trip, 0 while unknown
 * @jitter_us: deviation of the one-way delay
 * @zero: 0
 * @rate: estimated rate, bytes per second, 0 while unknown
 * @delivered: packets that the peer reported so far
 * @lost: packets lost so far
 */
struct braid_limit_seen {
	struct braid_limits max;
	__u32 path_id;
	__u32 srtt_us;
	__u32 jitter_us;
	__u32 zero;
	__u64 rate;
	__u64 delivered;
	__u64 lost;
};

/* Which of the limits it is beyond; with @spare those it nearly is. */
static inline __u32 braid_limit_beyond(const struct braid_limit_seen *seen,
				       int spare)
{
	const struct braid_limits *max = &seen->max;
	__u32 rtt = max->rtt_us, jitter = max->jitter_us, beyond = 0;
	__u64 rate = max->rate;

	if (spare) {
		rtt -= rtt / BRAID_LIMIT_SPARE;
		jitter -= jitter / BRAID_LIMIT_SPARE;
		rate += rate / BRAID_LIMIT_SPARE;
	}
	if (max->rtt_us && seen->srtt_us > rtt)
		beyond |= BRAID_LIMIT_RTT;
	if (max->jitter_us && seen->jitter_us > jitter)
		beyond |= BRAID_LIMIT_JITTER;
	if (max->rate && seen->rate && seen->rate < rate)
		beyond |= BRAID_LIMIT_RATE;
	return beyond;
}

static inline __s64 braid_limit_sum(__s64 sum, __s64 by)
{
	const __s64 top = 2 * BRAID_LIMIT_LOST * BRAID_LIMIT_PPM;

	sum += by;
	if (sum < 0)
		return 0;
	return sum > top ? top : sum;
}

/* Takes in what became of packets since the last look. Return: how many */
static inline __s64 braid_limit_losses(struct braid_limit_value *v,
				       const struct braid_limit_seen *seen)
{
	__s64 lost = seen->lost - v->lost;
	/* BPF divides unsigned numbers only */
	__u64 ppm = seen->max.loss_ppm, much = ppm * 6 / 5, little = ppm * 3 / 4;
	__s64 sent = seen->delivered - v->delivered + lost;

	lost *= BRAID_LIMIT_PPM;
	v->more = braid_limit_sum(v->more, lost - sent * (__s64)much);
	v->less = braid_limit_sum(v->less, sent * (__s64)little - lost);
	v->delivered = seen->delivered;
	v->lost = seen->lost;
	return sent;
}

static inline void braid_limit_turn(struct braid_limit_value *v, __u32 out,
				    __u32 why, __u64 now_ns)
{
	v->out = out;
	v->why = why;
	v->turned_ns = now_ns;
	v->turns++;
	v->row = 0;
	v->more = 0;
	v->less = 0;
	v->tried_ns = now_ns;
	v->heard = 0;
}

/* Left: for longer each time that it was taken back too soon. */
static inline void braid_limit_leave(struct braid_limit_value *v, __u32 why,
				     __u64 now_ns)
{
	__u64 kept_ns = now_ns - v->turned_ns, try_ns = BRAID_LIMIT_TRY_NS;

	if (v->turns && kept_ns < 2 * v->try_ns)
		try_ns = 2 * v->try_ns;
	if (try_ns > BRAID_LIMIT_TRY_MAX_NS)
		try_ns = BRAID_LIMIT_TRY_MAX_NS;
	braid_limit_turn(v, 1, why, now_ns);
	v->try_ns = try_ns;
}

static inline void braid_limit_stay(struct braid_limit_value *v,
				    const struct braid_limit_seen *seen,
				    __u64 now_ns)
{
	__u32 beyond = braid_limit_beyond(seen, 0);

	v->row = beyond ? v->row + 1 : 0;
	if (seen->max.loss_ppm &&
	    v->more >= BRAID_LIMIT_LOST * BRAID_LIMIT_PPM)
		braid_limit_leave(v, BRAID_LIMIT_LOSS, now_ns);
	else if (v->row >= BRAID_LIMIT_BAD)
		braid_limit_leave(v, beyond, now_ns);
}

/* Whether it is time to try a path of which little is heard. */
static inline int braid_limit_try(struct braid_limit_value *v, __u64 now_ns)
{
	int known = v->heard >= BRAID_LIMIT_HEARD;

	if (now_ns - v->tried_ns < v->try_ns)
		return 0;
	v->tried_ns = now_ns;
	v->heard = 0;
	return !known;
}

static inline void braid_limit_return(struct braid_limit_value *v,
				      const struct braid_limit_seen *seen,
				      __s64 sent, __u64 now_ns)
{
	__s64 enough = BRAID_LIMIT_LOST * BRAID_LIMIT_PPM;

	v->heard += sent;
	if (!(v->why & BRAID_LIMIT_LOSS) || v->less >= enough)
		v->row = braid_limit_beyond(seen, 1) || !sent ? 0 : v->row + 1;
	if (v->row >= BRAID_LIMIT_GOOD || braid_limit_try(v, now_ns))
		braid_limit_turn(v, 0, 0, now_ns);
}

/*
 * A look at the path: whether it is left. Called at most each
 * BRAID_LIMIT_LOOK_NS; @v begins as zeros.
 */
static inline void braid_limit_step(struct braid_limit_value *v,
				    const struct braid_limit_seen *seen,
				    __u64 now_ns)
{
	__s64 sent;

	if (!v->turned_ns || v->path_id != seen->path_id ||
	    seen->delivered < v->delivered) {
		/* another path than the one in this slot before, or a new session */
		__builtin_memset(v, 0, sizeof(*v));
		v->path_id = seen->path_id;
		v->turned_ns = now_ns;
		v->looked_ns = now_ns;
		v->delivered = seen->delivered;
		v->lost = seen->lost;
		return;
	}
	sent = braid_limit_losses(v, seen);
	if (v->out)
		braid_limit_return(v, seen, sent, now_ns);
	else
		braid_limit_stay(v, seen, now_ns);
}

#endif
