/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The outer packet: the route it takes, and UDP and IP around what braid says.
 */
#ifndef BRAID_OUTER_H
#define BRAID_OUTER_H

#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/dst_cache.h>
#include <net/flow.h>

#include "socket.h"

/* Headroom of a packet that is given to braid_outer_send(). */
#define BRAID_OUTER_ROOM \
	(LL_MAX_HEADER + sizeof(struct ipv6hdr) + sizeof(struct udphdr))

/* What routing is asked for packets of a socket between two addresses. */
void braid_outer_flow4(const struct braid_socket *sock,
		       const union braid_addr *local,
		       const union braid_addr *remote, struct flowi4 *fl);
void braid_outer_flow6(const struct braid_socket *sock,
		       const union braid_addr *local,
		       const union braid_addr *remote, struct flowi6 *fl);

/**
 * struct braid_outer_fit - how a packet goes through links smaller than it
 * @whole: in one piece or not at all
 * @pieces: 0, or in fragments of at most so many bytes, made here
 * @link: gets the largest packet that the link takes
 */
struct braid_outer_fit {
	bool whole;
	u32 pieces;
	u32 link;
};

/**
 * braid_outer_send - send a packet out of a socket
 * @sock: the socket; its link and mark choose the route
 * @local: source address; the port is the socket's
 * @remote: where it goes
 * @cache: keeps the route between packets of the same addresses, or NULL
 * @skb: the packet, with BRAID_OUTER_ROOM in front of it
 * @tos: outer DSCP and ECN
 * @fit: NULL: whoever on the way needs to may take it apart
 *
 * BH off, under RCU. Return: 0, or a drop reason (enum braid_counter), and
 * then @skb is still the caller's.
 */
int braid_outer_send(struct braid_socket *sock, const union braid_addr *local,
		     const union braid_addr *remote, struct dst_cache *cache,
		     struct sk_buff *skb, u8 tos, struct braid_outer_fit *fit);

#endif
