/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reverse paths: an authenticated probe that comes to a listening socket on a
 * four-tuple no path has makes a path back, so that a hub needs no address of
 * branches behind NAT. Such a path begins unvalidated: until the other end has
 * answered a probe on it, it carries no data and at most three times the bytes
 * that came over it (RFC 9000, section 8).
 */
#ifndef BRAID_REVERSE_H
#define BRAID_REVERSE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "socket.h"

struct braid_device;
struct braid_path;
struct braid_peer;
struct braid_rx_path;

/* Requests that may wait, per device; and reverse paths of one peer. */
#define BRAID_REVERSE_PENDING	64
#define BRAID_REVERSE_MAX	16

/**
 * struct braid_origin - where a packet came from
 * @sock: socket that received it; under RCU
 * @path: the peer's path it came on; under RCU
 * @from: outer source
 * @to: outer destination
 * @size: its bytes, outer IP header included
 * @known: where the newest packet on that path came from before it; of no
 *	family when it is the first
 * @probing: it only probes
 */
struct braid_origin {
	struct braid_socket *sock;
	struct braid_rx_path *path;
	union braid_addr from;
	union braid_addr to;
	u32 size;
	union braid_addr known;
	bool probing;
};

/**
 * struct braid_reverse - reverse paths of a device, being made and cleared
 * @work: makes and clears them, in process context
 * @lock: protects @pending and @n; BH, innermost
 * @pending: requests, struct braid_reverse_request
 * @n: number of them
 */
struct braid_reverse {
	struct work_struct work;
	spinlock_t lock;
	struct list_head pending;
	u32 n;
};

void braid_reverse_init(struct braid_device *braid);
/* No request may come any more. Sleeps; device's lock not held. */
void braid_reverse_fini(struct braid_device *braid);
/* Asks for a path back to @o. Any context; false when too many are waiting. */
bool braid_reverse_request(struct braid_peer *peer,
			   const struct braid_origin *o);
/* One of the peer's reverse paths may have outlived its use. Any context. */
void braid_reverse_clear(struct braid_device *braid);
/* Is this one of them, and past its time? Peer's lock. */
bool braid_reverse_expired(const struct braid_path *path, u64 now_us);

#endif
