/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Byte budgets of paths over links that are paid for by volume. Counted is what
 * a provider counts: outer IP packets, both ways, whatever is in them. A path
 * whose budget is used up is spent: it carries nothing and is not probed, and its
 * peer is told to do the same, since each end steers what it sends. Whoever set
 * the budget renews it; the module knows no periods.
 */
#ifndef BRAID_QUOTA_H
#define BRAID_QUOTA_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/types.h>

#include "core/types.h"

struct braid_device;
struct braid_origin;
struct braid_path;
struct braid_peer;
struct braid_socket;
union braid_addr;

/* A reverse path that its peer has spent goes after so long. */
#define BRAID_QUOTA_FORGET_US	(60 * BRAID_USEC_PER_SEC)

/**
 * struct braid_quota - the budget of a path
 * @node: in the device's list of metered paths, once it had a budget; changed
 *	under the device's lock, walked under RCU
 * @limit: bytes, 0 for no budget; written under the peer's lock, read anywhere
 * @used: bytes of them; anywhere
 *
 * All below is under the peer's lock.
 *
 * @reset_ns: when it will be renewed, CLOCK_REALTIME; only kept
 * @foreign: the peer has said that its budget for the path is used up
 * @told_us: when the peer was last told that ours is, 0 for never
 */
struct braid_quota {
	struct list_head node;
	u64 limit;
	atomic64_t used;
	u64 reset_ns;
	bool foreign;
	u64 told_us;
};

/* What shall be of a budget; a NULL member stays as it is. */
struct braid_quota_config {
	const u64 *limit;
	const u64 *used;
	const u64 *reset_ns;
};

/* Before anybody can find the path. */
void braid_quota_init(struct braid_path *path);
/*
 * Sets what is given; a path whose budget is more than used is free again. Device's
 * lock, not the peer's.
 */
void braid_quota_set(struct braid_path *path,
		     const struct braid_quota_config *cfg, u64 now_us);
/* The path goes: before the grace period after which it is freed. Device's lock. */
void braid_quota_forget(struct braid_path *path);

/* Its own budget is used up. Any context. */
bool braid_quota_out(const struct braid_path *path);
/* Why it is spent, one sentence, static storage. Peer's lock. */
const char *braid_quota_why(const struct braid_path *path);

/* The pump has stamped a packet of @size. Peer's lock. */
void braid_quota_sent(struct braid_path *path, u32 size);
/* That packet goes in fragments of at most @carries bytes: more headers. */
void braid_quota_pieces(struct braid_path *path, u32 size, u32 carries);
/* A packet of @size left @sock for @remote without a path. RCU. */
void braid_quota_handshake(struct braid_device *braid,
			   const struct braid_socket *sock,
			   const union braid_addr *remote, u32 size);
/* A packet came, authentic or not. RCU, BH, no lock. */
void braid_quota_received(struct braid_device *braid,
			  const struct braid_origin *from);
/* It was authentic: over a spent path the peer is told once more. Likewise. */
void braid_quota_remind(struct braid_device *braid,
			const struct braid_origin *from, u64 now_us);

/* Takes paths whose budget is used up out of use. The pump, peer's lock. */
void braid_quota_look(struct braid_peer *peer, u64 now_us);
/* The path starts under a new session: what was said under the old is void. */
void braid_quota_start(struct braid_path *path);
/* The peer says that its budget for the path is used up. Peer's lock. */
void braid_quota_told(struct braid_path *path, u64 now_us);
/* The peer probes the path, so that its budget is not used up. Peer's lock. */
void braid_quota_probed(struct braid_path *path, u64 now_us);
/* The tick over a spent path. Peer's lock. */
void braid_quota_tick(struct braid_path *path, u64 now_us);

#endif
