/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the path queues to the wire. One context at a time sends for a peer
 * (the pump); so each path transmits in the order of its packet numbers, and
 * sealing needs no lock. What a cipher of the crypto API seals later waits for
 * its turn on its path.
 */
#ifndef BRAID_TRANSMIT_H
#define BRAID_TRANSMIT_H

#include <linux/hrtimer.h>
#include <linux/skbuff.h>

#include "socket.h"

struct braid_device;
struct braid_path;
struct braid_peer;

/* Admits and sends what may go now, and arms the timer for the rest. BH. */
void braid_pump(struct braid_peer *peer);
/* A packet whose turn has come in a path's order of sealing. */
struct braid_turn;
void braid_sealed(struct braid_turn *turn);
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

/**
 * struct braid_control_way - where a control packet goes that is not to go
 *	where its path leads
 * @sock: socket it goes out by; under RCU, and on the device until it has gone
 * @port: the peer's port
 */
struct braid_control_way {
	struct braid_socket *sock;
	__be16 port;
};

/*
 * Gives a control packet to a path; it goes out ahead of data with the next
 * pump. Peer's lock.
 */
void braid_control_queue(struct braid_path *path, struct sk_buff *skb,
			 enum braid_control_kind kind);
/* The same, for a packet that goes by @way instead. Peer's lock. */
void braid_control_queue_by(struct braid_path *path, struct sk_buff *skb,
			    const struct braid_control_way *way);
/* Drops what is to go out by a socket that is being deleted. Device's lock. */
void braid_control_forget(struct braid_device *braid,
			  const struct braid_socket *sock);

#endif
