/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The controller of a device: a netlink socket to which frames go by unicast.
 * Its receive buffer is their queue, and what is here keeps rubbish from
 * filling it: nothing that an unproven source sends makes state or takes room
 * that a proven one needs.
 */
#ifndef BRAID_CONTROLLER_H
#define BRAID_CONTROLLER_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/siphash.h>
#include <linux/types.h>

#include "socket.h"

struct braid_device;
struct braid_peer;
struct netlink_ext_ack;
struct sk_buff;
struct sock;

#define BRAID_CONTROLLER_PROVEN	4096
#define BRAID_CONTROLLER_LIMITS	1024

/**
 * struct braid_controller - who gets a device's frames
 * @rcu: frees it
 * @node: in the list of all; braid_controller_lock
 * @braid: its device; outlives it
 * @sk: its netlink socket, held; never changes
 * @portid: that socket's port; never changes
 * @key: of the hashes; never changes
 * @rest_us: when the unproven sources' common bucket is full again
 * @proven: newest proof of a source by its hash: 40 bits of the hash and 24 of
 *	the second when it came. A newer source with the same place wins
 * @limit_us: when each bucket is full again, by hash; several sources share one
 *
 * The last three are read and written by any CPU without a lock. Two packets
 * at the same moment may count as one: limits are then exceeded by as many
 * packets as there are CPUs, once.
 */
struct braid_controller {
	struct rcu_head rcu;
	struct list_head node;
	struct braid_device *braid;
	struct sock *sk;
	u32 portid;
	siphash_key_t key;
	u64 rest_us;
	u64 proven[BRAID_CONTROLLER_PROVEN];
	u64 limit_us[BRAID_CONTROLLER_LIMITS];
};

/*
 * Makes the netlink socket @sk the controller; again, if it is already.
 * Device's lock; may sleep. -EBUSY: another one is.
 */
int braid_controller_set(struct braid_device *braid, struct sock *sk,
			 u32 portid, struct netlink_ext_ack *extack);
/* Device's lock. -ENOENT: there is none. -EPERM: it is not @sk. */
int braid_controller_del(struct braid_device *braid, const struct sock *sk,
			 struct netlink_ext_ack *extack);
/* The device goes. Its lock. */
void braid_controller_fini(struct braid_device *braid);
/* Netlink port of the controller, 0 without one. Any context. */
u32 braid_controller_port(struct braid_device *braid);

/*
 * Somebody can be reached at @from: a packet of his authenticated (@id 0), or
 * we told him, and only him, the handshake id @id. BH off, under RCU.
 */
void braid_controller_proven(struct braid_device *braid,
			     const union braid_addr *from, u32 id);
/*
 * May a handshake from @from for the handshake id @id go to the controller?
 * BH off, under RCU. Return: 0 with *@proven set, or a drop reason.
 */
int braid_controller_admit(struct braid_controller *c,
			   const union braid_addr *from, u32 id, bool *proven);
/* May a message of this peer? BH off, under RCU. */
bool braid_controller_admit_peer(struct braid_controller *c,
				 const struct braid_peer *peer);
/* Is there room? Asked before a message is made. */
bool braid_controller_room(const struct braid_controller *c, bool proven,
			   u32 size);
/* Gives it a netlink message, which is gone then. False: it was dropped. */
bool braid_controller_send(struct braid_controller *c, struct sk_buff *msg,
			   bool proven);

int braid_controller_init(void);
void braid_controller_exit(void);

#endif
