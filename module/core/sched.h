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

/* For how long a larger set is remembered, and the most queue for its sake. */
#define BRAID_PIPE_US		(10 * BRAID_USEC_PER_SEC)
#define BRAID_PIPE_QUEUE_US	(500 * BRAID_USEC_PER_MSEC)

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
 * braid_sched_any - the path that decides when a packet for all is admitted
 * @way: one entry a slot
 * @set: slots that get the packet
 * @size: bytes of the packet, outer IP header included
 * @now_ns: our clock
 * @wake_ns: set when none admits: when one will
 *
 * As soon as one path has no more than 1 ms of backlog the packet goes, at the
 * rate of the fastest: to wait for all of them would slow a copied flow down to
 * the slowest path, and to wait as long as their skew gains nothing where
 * nothing is striped.
 *
 * Return: of those that admit the slot of earliest arrival, -EAGAIN when all
 * are full, -ENETUNREACH for an empty set.
 */
int braid_sched_any(const struct braid_way *way, u32 set, u32 size, u64 now_ns,
		    u64 *wake_ns);

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
 * braid_sched_near - the slots that are worth waiting for
 * @way: one entry a slot
 * @set: slots that may be used
 * @most_us: largest skew wanted
 *
 * A path whose delay jumps to a second makes all others wait for it, past
 * what the receiver holds: the bond is better without it.
 *
 * Return: the slots of @set whose delay exceeds the smallest by at most
 * @most_us.
 */
u32 braid_sched_near(const struct braid_way *way, u32 set, u32 most_us);

/**
 * struct braid_pipe - what a set of paths held of late
 * @bytes: rate times round trip, with the queue that a flow wants on top
 * @at_us: when that was last so
 */
struct braid_pipe {
	u64 bytes;
	u64 at_us;
};

/**
 * braid_sched_codel - what the fair queue in front of a set is judged by
 * @pipe: the set's memory, zero at first
 * @rate: sum of the paths' rates, bytes per second
 * @rtt_us: round trip of the set, as an inner flow sees it: its largest
 *	one-way delay and the way back
 * @now_us: our clock
 * @target_us: set to the standing queue that is tolerated
 * @interval_us: set to the time for which it must be exceeded
 *
 * A single CUBIC flow (RFC 9438) goes on with 0.7 of its window after a drop:
 * it keeps the paths busy only if 0.43 of a round trip was queued by then. It
 * answers within two round trips, which the queue makes longer than they are
 * here, so an interval of six.
 *
 * When a path goes or gets slow, the window that filled it is kept in the
 * queue for BRAID_PIPE_US, and then let go a sixteenth each second, so that it
 * is there when the path comes back: CUBIC takes ten seconds to get from half
 * to full. Only the flow itself waits for it.
 */
void braid_sched_codel(struct braid_pipe *pipe, u64 rate, u32 rtt_us,
		       u64 now_us, u32 *target_us, u32 *interval_us);

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
