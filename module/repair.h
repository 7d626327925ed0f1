/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hiding losses: a sent packet is kept until it is reported; when it is known
 * lost while it can still be in time it goes again, under its old number, on
 * the path on which it arrives first.
 */
#ifndef BRAID_REPAIR_H
#define BRAID_REPAIR_H

#include "core/loss.h"

struct braid_path;
struct braid_peer;
struct sk_buff;

/* Bytes kept per peer; beyond that packets go unprotected. */
#define BRAID_RETAIN_MAX	(8U << 20)
/* How often one packet is sent again. */
#define BRAID_REPAIRS		2
/*
 * Repairs are bounded to a quarter of what is sent for the first time, with
 * this much saved up: a link that drops what it cannot take must not be fed
 * more of the same.
 */
#define BRAID_REPAIR_SHARE	4
#define BRAID_REPAIR_CREDIT	(512U << 10)

/* What reports do with kept packets; the context is the path. Peer's lock. */
extern const struct braid_loss_ops braid_repair_ops;

/* Keeps @skb in its record, if there is room for it. Peer's lock. */
void braid_repair_keep(struct braid_peer *peer, struct braid_sent *rec,
		       struct sk_buff *skb);
/* The record that had this cookie is gone. Peer's lock. */
void braid_repair_forget(struct braid_peer *peer, void *cookie);
/* May a stamped packet still be in time? The receiver holds only so long. */
bool braid_repair_worth(struct braid_peer *peer, struct sk_buff *skb);
/*
 * How long after a loss is certain its repair may take, for the schedule: by
 * the second quickest path, since the quickest may be the one that lost it.
 * Peer's lock.
 */
u32 braid_repair_time(struct braid_peer *peer);
/*
 * How much longer the round trip of a flow over @set is because what comes
 * behind a lost packet waits for its repair; 0 where hardly anything is lost.
 * Peer's lock.
 */
u32 braid_repair_wait(struct braid_peer *peer, u32 set);
/*
 * A path is given up: all that is out on it goes again elsewhere, whatever
 * the bound on repairs. Peer's lock.
 */
void braid_repair_flight(struct braid_path *path);
/*
 * The same of a path that fails, while others are there: how long what is on it has
 * been without a report goes into the peer's histogram. Peer's lock.
 */
void braid_repair_failover(struct braid_path *path, u64 now_us);

#endif
