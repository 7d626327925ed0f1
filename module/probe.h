/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Probes and their replies: what proves that a path delivers. When one is due
 * core/health.h decides; who watches for it is watch.h.
 */
#ifndef BRAID_PROBE_H
#define BRAID_PROBE_H

#include <linux/types.h>

#include "core/types.h"

struct braid_path;
struct braid_peer;
struct braid_rx_path;
struct braid_session;
struct braid_origin;
struct braid_tlv;

/* Bytes for a probe, with nothing but it in the packet. */
#define BRAID_PROBE_ROOM	64
/* A peer without data for this long has nothing to watch but probes. */
#define BRAID_BUSY_US		(2 * BRAID_USEC_PER_SEC)

/* For traces: what became of a probe. */
enum braid_probe_step {
	BRAID_PROBE_SENT,
	BRAID_PROBE_ANSWERED,
	BRAID_PROBE_CAME,
};

struct braid_control_way;

/* Data was sent within BRAID_BUSY_US. Peer's lock. */
bool braid_peer_busy(const struct braid_peer *peer, u64 now_us);
/* A path begins under a session: probes begin. Peer's lock. */
void braid_probe_start(struct braid_path *path, u64 now_us);
/* What the path does has changed, perhaps: its probes follow. Peer's lock. */
void braid_probe_look(struct braid_path *path, u64 now_us);
/*
 * First data for the peer after BRAID_BUSY_US without: all paths are watched at
 * once again. Sets busy_us. Peer's lock.
 */
void braid_probe_wake(struct braid_peer *peer, u64 now_us);
/* Sends the path's own probe, and makes the next one due. Peer's lock. */
void braid_probe_send(struct braid_path *path, u64 now_us);
/* Makes the next probe due when it should be. Peer's lock. */
void braid_probe_arm(struct braid_path *path, u64 now_us);
/* Probes now, whatever the schedule. Peer's lock. */
void braid_probe_now(struct braid_path *path, u64 now_us);
/*
 * One more probe, in a packet of @size bytes that is never fragmented, 0: of its
 * own size; with @id, 0: a new one. It elicits no report, so its loss is not the
 * link's. The caller knows the answer by the id. Return: that id, 0 without
 * memory. Peer's lock.
 */
u64 braid_probe_padded(struct braid_path *path, u32 size, u64 id, u64 now_us);
/* Changes its longest silence. Peer's lock. */
void braid_probe_keepalive(struct braid_path *path, u32 keepalive_us,
			   u64 now_us);
/* Probes for the path's return. Peer's lock. */
void braid_probe_later(struct braid_path *path, u64 now_us);
/* A probe of @id that is none of the path's own, by @way. Peer's lock. */
void braid_probe_extra(struct braid_path *path, u64 id,
		       const struct braid_control_way *way, u64 now_us);
/* Probes at once, and says that this is where the path is. Peer's lock. */
void braid_probe_stating(struct braid_path *path, u64 now_us);
/* A report or a reply has proven that the path delivers. Peer's lock. */
void braid_path_alive(struct braid_path *path, u64 now_us);
/*
 * A probe came: answer on the same four-tuple, and where no path has that and
 * the socket listens, make one. Takes the peer's lock.
 */
void braid_probe_receive(struct braid_session *s, const struct braid_tlv *tlv,
			 const struct braid_origin *from, u64 now_us);
/*
 * The newest packet of a path of the peer's came from somewhere else than those
 * before: the way back to there is to be found or proven. Takes the peer's
 * lock.
 */
void braid_probe_moved(struct braid_session *s, const struct braid_origin *from);
/* The reply to one of ours. Takes the peer's lock. */
void braid_probe_replied(struct braid_session *s, const struct braid_tlv *tlv,
			 u64 now_us);

#endif
