/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What we tell the peer of our paths: which carry packets with a lane and from
 * which number on, and how far apart they are. The peer's resequencer proves
 * losses with it.
 */
#ifndef BRAID_SCHEDULE_H
#define BRAID_SCHEDULE_H

#include "core/reseq.h"

struct braid_path;
struct braid_peer;
struct braid_session;

/* Packet @gseq with a lane goes to @path: it is in use. Peer's lock. */
void braid_schedule_use(struct braid_path *path, u64 gseq);
/* Nothing with a lane goes there for now. Peer's lock. */
void braid_schedule_idle(struct braid_path *path);
/* Sends the schedule when it changed or is old. Peer's lock. */
void braid_schedule_tick(struct braid_peer *peer, u64 now_us);
/* Queues it on all usable paths when it changed. Peer's lock. */
void braid_schedule_flush(struct braid_peer *peer, u64 now_us);
/* The peer's schedule came. Session's lock. */
void braid_schedule_receive(struct braid_session *s, const u8 *value,
			    size_t len, u64 now_us);

#endif
