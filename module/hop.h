/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paths whose ports change while they carry traffic. A path moves to another
 * socket of its own address, or follows its peer to another port of the peer's,
 * once a probe on the new four-tuple was answered there (RFC 9000, 8.2 and 9):
 * make before break. What it has learned of the way stays, since only ports
 * differ (RFC 9000, 9.4).
 *
 * As there, what only probes does not move anything: a packet is probing when it
 * holds nothing but probes and replies. It is answered where it came from.
 */
#ifndef BRAID_HOP_H
#define BRAID_HOP_H

#include <linux/netlink.h>
#include <linux/types.h>

#include "socket.h"

struct braid_origin;
struct braid_path;
struct braid_peer;

/* Probes of a new four-tuple whose replies are waited for. */
#define BRAID_HOP_IDS	4

/**
 * struct braid_hop - where a path may move, and whence it has
 * @home: the peer's port that the path was made with; never changes
 *
 * All below is under the peer's lock; the sockets are written under the device's
 * lock as well but for the move itself, which passes them on.
 *
 * @next: socket that is tried, or NULL
 * @previous: socket that was left; the peer may still send to it. Both are
 *	counted in their users
 * @port: port of the peer's that is tried, or 0
 * @searches: @port is tried because the path does not work, not because the peer
 *	was heard there
 * @seen: another port from which it has probed lately, or 0
 * @id: ids of the newest probes of what is tried, 0 for none
 * @n: number of them that were sent
 * @due_us: when something is next to be sent, or BRAID_NEVER
 * @wait_us: after that, the next is sent after this
 * @moves: times that the path's four-tuple has changed
 * @moved_us: when it last did
 */
struct braid_hop {
	__be16 home;

	struct braid_socket *next;
	struct braid_socket *previous;
	__be16 port;
	bool searches;
	__be16 seen;
	u64 id[BRAID_HOP_IDS];
	u32 n;
	u64 due_us;
	u64 wait_us;
	u32 moves;
	u64 moved_us;
};

void braid_hop_init(struct braid_path *path);
/* A session begins, or ends: what was asked under another one is void. */
void braid_hop_reset(struct braid_path *path, u64 now_us);
/*
 * Begins the move to @sock, which must differ from the path's in its port only:
 * it is tried until it is answered there, and then used. Naming the socket in
 * use ends a move and lets go of the one that was left. Device's lock. -EINVAL,
 * -EEXIST (another path is there), -EBUSY (a socket that was left is still held,
 * or the path is cold).
 */
int braid_hop_start(struct braid_path *path, struct braid_socket *sock,
		    struct netlink_ext_ack *extack);
/* The path goes: lets go of all its sockets but the one in use. Device's lock. */
void braid_hop_put(struct braid_path *path);

/* Is a packet to @sock from @from one of this path's, moving or not? */
bool braid_hop_owns(const struct braid_path *path,
		    const struct braid_socket *sock,
		    const union braid_addr *from);
/*
 * The path whose other port a packet came from or to, where no path has its
 * four-tuple. Peer's lock.
 */
struct braid_path *braid_hop_by_origin(struct braid_peer *peer,
				       const struct braid_origin *o);
/* It was a probe: nothing moves, unless the path is in doubt. Peer's lock. */
void braid_hop_seen(struct braid_path *path, const struct braid_origin *o,
		    u64 now_us);
/* It was not: the peer has moved, and the path follows. Peer's lock. */
void braid_hop_heard(struct braid_path *path, const struct braid_origin *o,
		     u64 now_us);
/* Is it the reply to a probe of what is tried? Then it moves. Peer's lock. */
bool braid_hop_replied(struct braid_path *path, u64 id, u64 now_us);
/* Sends what is due. Peer's lock. */
void braid_hop_tick(struct braid_path *path, u64 now_us);
/* When that is, or BRAID_NEVER. Peer's lock. */
u64 braid_hop_due(const struct braid_path *path);
/*
 * Does the peer send to the socket in use? Racy without the session's lock, and
 * harmless so. RCU or the device's lock.
 */
bool braid_hop_followed(const struct braid_path *path);

#endif
