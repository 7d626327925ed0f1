/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fewer acknowledgments for a TCP connection that is spreading over paths of
 * different length.
 *
 * Its first packets take the quickest path, later ones the longer paths too,
 * so its round trip grows although nothing is full. Senders with HyStart (RFC
 * 9406; Linux' CUBIC) take that for a queue and leave slow start long before
 * the paths are in use. HyStart judges a round trip only after eight
 * acknowledgments of it, and trains of acknowledgments only when they are at
 * most 2 ms apart. So while a connection is young, at most one acknowledgment
 * in a seventh of the longest path's round trip goes ahead; those in between say
 * nothing that the next one does not say (the filter of RFC 3449, 5.2.2).
 * Once a queue of a third of that round trip stands in front of the paths, a
 * round has its eight acknowledgments again, and HyStart does its work.
 */
#ifndef BRAID_CORE_THIN_H
#define BRAID_CORE_THIN_H

#include "types.h"

/* Bytes of a connection that are acknowledged one by one at its beginning. */
#define BRAID_THIN_FROM		(16U << 10)
/* Bytes after which it has left slow start, or never will. */
#define BRAID_THIN_TO		(32U << 20)
/* A connection that was quiet for this long begins anew. */
#define BRAID_THIN_QUIET_US	BRAID_USEC_PER_SEC

/**
 * struct braid_thin - acknowledgments of one connection, one direction
 * @first: acknowledged when it was seen first
 * @ack: highest acknowledgment
 * @passed_us: when one last went ahead
 * @seen_us: when the last one came; 0 for none yet
 * @loss_us: since when all were selective, 0 for not
 * @over: that took a round trip: a loss, and slow start is over; packets that
 *	overtook each other are there sooner
 */
struct braid_thin {
	u32 first;
	u32 ack;
	u64 passed_us;
	u64 seen_us;
	u64 loss_us;
	bool over;
};

/**
 * braid_thin_gap - least time between two acknowledgments
 * @shortest_us: round trip of the shortest path in use
 * @longest_us: round trip of the longest
 *
 * Return: a seventh of the longest, 0 (no thinning) when the paths differ by
 * less than what HyStart tolerates.
 */
u32 braid_thin_gap(u32 shortest_us, u32 longest_us);

/**
 * braid_thin_ack - a segment without payload that has only ACK set
 * @t: its connection
 * @ack: what it acknowledges
 * @plain: without selective acknowledgments or other unusual options
 * @gap_us: from braid_thin_gap()
 * @now_us: our clock
 *
 * Return: 0 when it shall go ahead at once, else until when it may wait to be
 * replaced by a later one.
 */
u64 braid_thin_ack(struct braid_thin *t, u32 ack, bool plain, u32 gap_us,
		   u64 now_us);

/* Does an acknowledgment of @a say all that one of @b says? */
static inline bool braid_thin_covers(u32 a, u32 b)
{
	return (s32)(a - b) >= 0;
}

#endif
