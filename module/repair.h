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

#endif
