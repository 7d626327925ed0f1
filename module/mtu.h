/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device's MTU, made of what its paths carry, and what flows are told when
 * their packets are too large. Documentation/design/mtu.md.
 */
#ifndef BRAID_MTU_H
#define BRAID_MTU_H

#include <linux/ratelimit.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "socket.h"

struct braid_device;
struct braid_peer;

/**
 * struct braid_mtu - a device's part in it
 * @work: sets the MTU, and looks up whose path a claim is about
 * @fixed: a user set the MTU; one word, written under RTNL or the device's lock,
 *	read anywhere
 * @ours: the change that goes on is ours; RTNL
 * @told: how often senders may be told
 * @lock: of the claim below; BH, innermost
 * @claim: size in an ICMP message that came, 0 for none
 * @to: where the packet in it was going
 * @sock: and the socket it came from, for comparison only
 */
struct braid_mtu {
	struct delayed_work work;
	bool fixed;
	bool ours;
	struct ratelimit_state told;
	spinlock_t lock;
	u32 claim;
	union braid_addr to;
	const struct braid_socket *sock;
};

void braid_mtu_init(struct braid_device *braid);
/* All peers are gone. Under RTNL. */
void braid_mtu_fini(struct braid_device *braid);
/* Something changed in the paths: the device's MTU follows soon. Any context. */
void braid_mtu_update(struct braid_device *braid);
/* ndo_change_mtu. RTNL. */
int braid_mtu_change(struct net_device *dev, int mtu);
/* Follows the paths again, or stays as it is now. Device's lock. */
void braid_mtu_auto(struct braid_device *braid, bool automatic);

/*
 * Is @skb, which may go over the paths of @set (0: AUTO), too large? Tells its
 * sender what fits, and when no path takes it, takes it, counts it and returns
 * true. Under RCU, BH off; @skb still has its route.
 */
bool braid_mtu_refuse(struct braid_peer *peer, struct sk_buff *skb, u32 set);

/* encap_err_lookup of the UDP sockets: ICMP about a packet of ours. */
int braid_mtu_icmp(struct sock *sk, struct sk_buff *skb);

#endif
