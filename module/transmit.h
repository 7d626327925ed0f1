/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the path queues to the wire. One context at a time sends for a peer
 * (the pump); so each path transmits in the order of its packet numbers, and
 * sealing needs no lock.
 */
#ifndef BRAID_TRANSMIT_H
#define BRAID_TRANSMIT_H

#include <linux/hrtimer.h>
#include <linux/skbuff.h>

struct braid_path;
struct braid_peer;

/* Admits and sends what may go now, and arms the timer for the rest. BH. */
void braid_pump(struct braid_peer *peer);
/* The peer's pacing timer. */
enum hrtimer_restart braid_pump_timer(struct hrtimer *timer);

/*
 * A buffer for the TLVs of a control packet, with room for all that goes
 * around it; NULL without memory.
 */
struct sk_buff *braid_control_alloc(u32 room);
/* What a control packet is about. */
enum braid_control_kind {
	BRAID_CONTROL_PLAIN,
	BRAID_CONTROL_ELICITING,	/* asks for a report */
	BRAID_CONTROL_SIZE,	/* asks whether a packet of its size passes */
};

/*
 * Gives a control packet to a path; it goes out ahead of data with the next
 * pump. Peer's lock.
 */
void braid_control_queue(struct braid_path *path, struct sk_buff *skb,
			 enum braid_control_kind kind);

#endif
