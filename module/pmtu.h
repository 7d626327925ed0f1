/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How large a packet each path carries: sends the probes that core/pmtu.c asks
 * for and tells who cares. Documentation/design/mtu.md.
 */
#ifndef BRAID_PATH_MTU_H
#define BRAID_PATH_MTU_H

#include <linux/types.h>

struct braid_path;
struct braid_peer;

/* All below: peer's lock. */

/* Forgets everything. */
void braid_pmtu_reset(struct braid_path *path);
/* The path has come up; @cleared: of a suspicion. */
void braid_pmtu_up(struct braid_path *path, bool cleared, u64 now_us);
/* The link that its packets leave by takes @link bytes from now on. */
void braid_pmtu_resized(struct braid_path *path, u32 link, u64 now_us);
/* Probes when that is due. */
void braid_pmtu_tick(struct braid_path *path, bool busy, u64 now_us);
/* When braid_pmtu_tick() has something to do. */
u64 braid_pmtu_due(const struct braid_path *path, bool busy);
/* Was the reply with that id to one of these probes? */
bool braid_pmtu_replied(struct braid_path *path, u64 id, u64 now_us);
/* What became of a data packet of @size outer bytes. */
void braid_pmtu_fate(struct braid_path *path, u32 size, bool lost);
/* Somebody unknown claims that packets of more than @size do not pass. */
void braid_pmtu_claimed(struct braid_path *path, u32 size, u64 now_us);
/* A user wants it probed: more may pass by now. */
void braid_pmtu_again(struct braid_path *path, u64 now_us);
/* Recomputes @carries of the peer. */
void braid_pmtu_peer_update(struct braid_peer *peer);

/* Largest inner packet that the path carries in one piece now. */
u32 braid_pmtu_inner(const struct braid_path *path);
/* Of @set, the slots that carry inner packets of @len in one piece. */
u32 braid_pmtu_carriers(const struct braid_peer *peer, u32 set, u32 len);
/* Those that surely do; all of @set when that is none. */
u32 braid_pmtu_repairers(const struct braid_peer *peer, u32 set, u32 len);

#endif
