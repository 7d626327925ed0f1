/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paths that serve only while no other is usable, and paths that are put to sleep.
 * Each end decides that for what it sends, and tells the other one. The probes of
 * a standby path state it, and those of a path that is no longer one until an
 * answer shows that it was heard; of one that is cold it is said a few times, and
 * whenever the peer probes it. On a path that was made for a probe the end that is
 * told does the same, since nobody there has said anything about it: standby, too,
 * or gone until the next probe. On one that was set up, that end's own word holds.
 */
#ifndef BRAID_STANDBY_H
#define BRAID_STANDBY_H

#include <linux/types.h>

#include "core/wire.h"

struct braid_path;

/**
 * struct braid_standby - what is said of a path at both ends
 * @wanted: we use it only when no other is usable; peer's lock, read anywhere
 * @told: the peer says that of itself; likewise
 *
 * All below is under the peer's lock.
 *
 * @retired: the peer does not use it any more
 * @seq: times that what we say has changed
 * @told_seq: the peer's, of its newest statement
 * @unsaid: no answer has shown yet that the peer knows what we say
 * @id: of the newest probe that stated it, 0 if that has changed since
 * @said_us: when it was last stated
 * @farewells: times that it is still to be said that the path is cold
 */
struct braid_standby {
	bool wanted;
	bool told;
	bool retired;
	u32 seq;
	u32 told_seq;
	bool unsaid;
	u64 id;
	u64 said_us;
	u32 farewells;
};

/* Is it one for what we send? From anywhere. */
bool braid_is_standby(const struct braid_path *path);
/* Says so, or no longer; tells the peer. Peer's lock. */
void braid_standby_set(struct braid_path *path, bool wanted, u64 now_us);
/* It is cold from now on, or no longer; likewise. */
void braid_standby_cold(struct braid_path *path, bool cold, u64 now_us);
/* A new session: the peer knows nothing, nor do we. Peer's lock. */
void braid_standby_reset(struct braid_path *path);
/* What is to be stated of the path. Peer's lock. */
enum braid_status braid_standby_status(const struct braid_path *path);
/*
 * States @status without a probe, over the path itself: only so it says which path
 * is meant. False: no memory. Peer's lock.
 */
bool braid_standby_state(struct braid_path *path, enum braid_status status);
/* Does the probe @id state it? It is to be sent then. Peer's lock. */
bool braid_standby_states(struct braid_path *path, u64 id, u64 now_us);
/* The probe @id was answered. Peer's lock. */
void braid_standby_said(struct braid_path *path, u64 id);
/* What was not heard is said again. Peer's lock. */
void braid_standby_tick(struct braid_path *path, u64 now_us);
/* When that has something to do, or BRAID_NEVER. Peer's lock. */
u64 braid_standby_due(const struct braid_path *path);
/* The peer's word for the path: available, standby or retired. Peer's lock. */
void braid_standby_told(struct braid_path *path,
			const struct braid_path_status *status);

#endif
