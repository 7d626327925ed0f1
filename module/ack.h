/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP acknowledgments that wait for a later one to replace them: what
 * core/thin.h says, for the connections of one peer.
 */
#ifndef BRAID_ACK_H
#define BRAID_ACK_H

#include <linux/skbuff.h>

#include "core/thin.h"
#include "stats.h"
#include "steer.h"

struct braid_peer;

/* Connections that are watched at a time, by their hash. */
#define BRAID_ACK_FLOWS	64

/**
 * struct braid_ack_flow - a connection's acknowledgments
 * @flow: whose
 * @thin: what went ahead
 * @held: the one that waits, or NULL
 * @ack: what it acknowledges
 * @set: slots of its verdict
 * @hash: of the flow
 * @due_us: when it goes ahead
 */
struct braid_ack_flow {
	struct braid_flow flow;
	struct braid_thin thin;
	struct sk_buff *held;
	u32 ack;
	u32 set;
	u32 hash;
	u64 due_us;
};

/**
 * struct braid_acks - all of a peer; under the peer's lock
 * @due_us: when the first of those held is due, or BRAID_NEVER; may be early
 * @flow: by hash
 */
struct braid_acks {
	u64 due_us;
	struct braid_ack_flow flow[BRAID_ACK_FLOWS];
};

/*
 * Takes @skb and returns true when it waits; else it is to be sent. @set and
 * @ctx are its verdict's and its flow. BH disabled; takes the peer's lock.
 */
bool braid_ack_hold(struct braid_peer *peer, struct sk_buff *skb,
		    const struct braid_steer_ctx *ctx, u32 set);
/* Queues what is due. Peer's lock. */
void braid_ack_flush(struct braid_peer *peer, u64 now_us);
/* When that has something to do next, or BRAID_NEVER. Peer's lock. */
u64 braid_ack_due_ns(const struct braid_peer *peer);
/* Recomputes the gap from the paths' round trips. Peer's lock. */
void braid_ack_tune(struct braid_peer *peer);
/* Drops those that wait. Peer's lock, or nobody else uses the peer any more. */
void braid_ack_drop(struct braid_peer *peer, enum braid_counter why);
/* Drops all. Nobody else uses the peer's paths any more. */
void braid_ack_purge(struct braid_peer *peer);

#endif
