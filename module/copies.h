/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets that travel on several paths under one number: which of them the
 * other end already has. One copy that arrives is enough; a lost one is made
 * good by another while that still flies. So each number remembers how many
 * of its copies are neither reported nor lost.
 */
#ifndef BRAID_COPIES_H
#define BRAID_COPIES_H

#include <linux/types.h>

struct braid_peer;

/* Numbers whose copies are remembered: 200 ms at 1 Gbit/s of full packets. */
#define BRAID_COPIES_KEPT	16384

/**
 * struct braid_copies - copies on their way; peer's lock
 * @left: of each number modulo BRAID_COPIES_KEPT: copies neither reported nor
 *	lost; the last one that is lost stays counted, since it is sent again.
 *	0: one has arrived
 */
struct braid_copies {
	u8 left[BRAID_COPIES_KEPT];
};

/* Memory for that, made with the first copy. Peer's lock. */
bool braid_copies_ready(struct braid_peer *peer);
/* @n paths got the packet of that number. Peer's lock. */
void braid_copies_sent(struct braid_peer *peer, u64 gseq, u32 n);
/* One is reported: no other needs to be sent again. Peer's lock. */
void braid_copies_arrived(struct braid_peer *peer, u64 gseq);
/*
 * One is lost, or cannot be sent. Return: true when no other has arrived or
 * may still do so, or when the number is too old to be known: then it is to be
 * sent again. Peer's lock.
 */
bool braid_copies_lost(struct braid_peer *peer, u64 gseq);

#endif
