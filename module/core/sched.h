/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which path a packet takes, when it is admitted to it, and when it may leave
 * it: earliest arrival over the verdict's set (Chebrolu and Rao, "Bandwidth
 * aggregation for real-time applications"), admission bounded by the skew,
 * pacing.
 */
#ifndef BRAID_CORE_SCHED_H
#define BRAID_CORE_SCHED_H

#include "types.h"

/* Lateness that pacing may catch up. */
#define BRAID_PACE_CREDIT_NS	(1000 * 1000ULL)

/* Backlog that every path may have, besides its skew. */
#define BRAID_ADMIT_NS		(1000 * 1000ULL)

/**
 * struct braid_way - what the scheduler sees of one path
 * @rate: pacing rate, bytes per second, never 0
 * @owd_us: relative one-way delay, comparable between the ways of a peer
 * @backlog: bytes admitted and not yet sent
 * @free_ns: when the link behind it is free again, by pacing
 */
struct braid_way {
	u64 rate;
	s64 owd_us;
	u32 backlog;
	u64 free_ns;
};

/**
 * braid_sched_pick - the path of earliest arrival
 * @way: one entry a slot
 * @set: slots that may be used
 * @size: bytes of the packet, outer IP header included
 * @now_ns: our clock
 * @wake_ns: set when none admits: when one will
 *
 * A path admits while its backlog is at most its skew (largest delay of the
 * set minus its own, each with the time the packet itself takes) plus 1 ms.
 * The path of earliest arrival is past that bound only when all are.
 *
 * Return: slot, -EAGAIN when all are full, -ENETUNREACH for an empty set.
 */
int braid_sched_pick(const struct braid_way *way, u32 set, u32 size,
		     u64 now_ns, u64 *wake_ns);

/**
 * braid_sched_quickest - where control and repairs go
 * @way: one entry a slot
 * @set: slots that may be used
 * @now_ns: our clock
 *
 * Return: slot with the smallest delay and backlog, full or not;
 * -ENETUNREACH for an empty set.
 */
int braid_sched_quickest(const struct braid_way *way, u32 set, u64 now_ns);

/* Largest delay of the set minus that of @slot. */
u32 braid_sched_skew(const struct braid_way *way, u32 set, u32 slot);

/**
 * braid_sched_codel - what the fair queue in front of a set is judged by
 * @rtt_us: round trip of the set, as an inner flow sees it: its largest
 *	one-way delay and the way back
 * @target_us: set to the standing queue that is tolerated
 * @interval_us: set to the time for which it must be exceeded
 *
 * A single CUBIC flow (RFC 9438) goes on with 0.7 of its window after a drop:
 * it keeps the paths busy only if 0.43 of a round trip was queued by then.
 */
void braid_sched_codel(u32 rtt_us, u32 *target_us, u32 *interval_us);

/* May a packet leave now? @slack_ns: how much too early is not worth a timer. */
static inline bool braid_pace_ready(u64 free_ns, u64 now_ns, u64 slack_ns)
{
	return free_ns <= now_ns + slack_ns;
}

/**
 * braid_pace_next - the link's next free moment
 * @free_ns: the one before
 * @now_ns: our clock
 * @size: bytes that leave now
 * @rate: bytes per second
 *
 * A sender that comes late (timers, CPU) catches up, but at most
 * BRAID_PACE_CREDIT_NS: more would be a burst into a small queue.
 *
 * Return: when the link is free again.
 */
u64 braid_pace_next(u64 free_ns, u64 now_ns, u32 size, u64 rate);

#endif
