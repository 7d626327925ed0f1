/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Admission: the moment a packet gets its path, its number and its place in
 * its lane. Here the first two of the three orders are made: gseq rises within
 * a lane in flow order, and within each path in sending order. Both hold
 * because numbers are given and path queues are filled under the peer's lock;
 * what is put in front of a path's queue says so in its header.
 */
#ifndef BRAID_ADMIT_H
#define BRAID_ADMIT_H

#include <linux/skbuff.h>

struct braid_path;
struct braid_peer;

/*
 * Admits what the paths take now. Return: true when something was admitted.
 * Peer's lock.
 */
bool braid_admit(struct braid_peer *peer, u64 now_ns);
/* Is there anything left that waits for admission? Peer's lock. */
bool braid_admit_pending(struct braid_peer *peer);
/* Slots that a verdict of AUTO means. Peer's lock, or advice. */
u32 braid_auto_set(const struct braid_peer *peer);
/* Those of @set that the others need not wait for too long. Peer's lock. */
u32 braid_near_set(struct braid_peer *peer, u32 set);
/*
 * Takes the next packet of @queue, one of the path's two, off it; NULL if it
 * is empty. Peer's lock.
 */
struct sk_buff *braid_path_take(struct braid_path *path,
				struct sk_buff_head *queue);
/*
 * Takes back what waits for a path that cannot carry it: it goes elsewhere as
 * a repair, under the number it has. Peer's lock.
 */
void braid_path_readmit(struct braid_path *path);

#endif
