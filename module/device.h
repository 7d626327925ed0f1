/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRAID_DEVICE_H
#define BRAID_DEVICE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/types.h>

#include "deliver.h"
#include "link.h"
#include "mtu.h"
#include "queue.h"
#include "reverse.h"
#include "stats.h"
#include "steer.h"

struct braid_controller;
struct braid_peer;

#define BRAID_SESSION_BITS	10
#define BRAID_ADDRESS_BITS	8

/**
 * struct braid_device - one braid interface
 * @dev: the interface this is the private part of
 * @net: namespace in which it was made; sockets live there. NULL once that
 *	namespace is gone. Written under @lock and RTNL, read under either.
 * @lock: serialises every change of configuration; taken inside RTNL, never
 *	around it
 * @dying: the interface is being unregistered; nothing may be added. @lock.
 * @node: in the module's list of devices; RTNL
 * @peers: peers, changed under @lock, walked under RCU too
 * @only: the only peer, which takes every packet, or NULL; @lock and RCU
 * @n_peers: number of peers; @lock
 * @next_peer_id: number for the next peer, never reused; @lock
 * @sockets: sockets; @lock
 * @reachable: peers with a usable path; under @reachable_lock
 * @reachable_lock: keeps @reachable and carrier together; BH, innermost
 * @session_table: sessions by the id that packets to us carry; @lock and RCU
 * @address_table: tunnel addresses of all peers; @lock and RCU
 * @queue: fair queue, with a lock of its own
 * @controller: gets frames, or NULL; under controller.c's lock, read under RCU
 * @mtu: its MTU follows the paths'
 * @reverse: paths made for probes from unknown four-tuples
 * @metered: paths that have or had a byte budget, by struct braid_quota; changed
 *	under @lock, walked under RCU
 * @nest: braid devices that its packets leave by, one in the other; raised as
 *	packets leave, begun anew by @links; anywhere
 * @links: watches what paths need of the outside
 * @deliver: the way up into the stack
 * @counters: per CPU
 * @steer: the policy that serves
 */
struct braid_device {
	struct net_device *dev;
	struct net *net;
	struct mutex lock;
	bool dying;
	struct list_head node;
	struct list_head peers;
	struct braid_peer __rcu *only;
	u32 n_peers;
	u32 next_peer_id;
	struct list_head sockets;
	u32 reachable;
	spinlock_t reachable_lock;
	struct hlist_head session_table[1 << BRAID_SESSION_BITS];
	struct hlist_head address_table[1 << BRAID_ADDRESS_BITS];
	struct braid_queue queue;
	struct braid_controller __rcu *controller;
	struct braid_mtu mtu;
	struct braid_reverse reverse;
	struct list_head metered;
	u32 nest;
	struct braid_links links;
	struct braid_deliver deliver;
	struct braid_counters __percpu *counters;
	struct braid_steer_dev steer;
};

/* True for an interface of kind braid. */
bool braid_is_device(const struct net_device *dev);

/* All devices of all namespaces. RTNL. */
struct list_head *braid_device_list(void);
/* A peer got its first usable path, or lost its last one. BH. */
void braid_device_reachable(struct braid_device *braid, bool more);

int braid_device_init(void);
void braid_device_exit(void);

#endif
