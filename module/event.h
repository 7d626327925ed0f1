/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbered events on the netlink group "events" and, for paths, to the policy.
 * A listener that sees a gap in the numbers has lost some and dumps again.
 */
#ifndef BRAID_EVENT_H
#define BRAID_EVENT_H

#include <linux/types.h>

struct braid_device;
struct braid_path;
struct braid_peer;
struct net;

/* The path's state has changed from @old. Peer's lock. */
void braid_event_path(struct braid_path *path, u32 old);
/* The path's four-tuple has changed; @why: static storage. Peer's lock. */
void braid_event_moved(struct braid_path *path, const char *why);
/* Tells only the policy; for paths that come (from GONE) and go. Peer's lock. */
void braid_event_tell(struct braid_path *path, u32 old, u32 state);
/* Something about a peer; @what and @why: static storage. Any context. */
void braid_event_peer(struct braid_peer *peer, const char *what,
		      const char *why);
/* Something about one of a peer's keys; likewise. */
void braid_event_key(struct braid_peer *peer, u8 epoch, const char *what,
		     const char *why);
/* Number of the newest event of a namespace. */
u32 braid_event_seq(struct net *net);

int braid_event_init(void);
void braid_event_exit(void);

#endif
