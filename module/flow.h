/* SPDX-License-Identifier: GPL-2.0 */
/* A packet's flow, dissected once: what policies see and lanes are made of. */
#ifndef BRAID_FLOW_H
#define BRAID_FLOW_H

#include <linux/skbuff.h>

#include "steer.h"

struct braid_peer;

/**
 * braid_flow_dissect - fill a policy's context from a packet
 * @ctx: all members but the peer's are set
 * @skb: network header set, IP header in the linear part
 * @direction: BRAID_OUT or BRAID_IN
 */
void braid_flow_dissect(struct braid_steer_ctx *ctx, struct sk_buff *skb,
			u8 direction);
/*
 * Where the TCP header of a dissected packet begins, from the network header
 * on, or 0: no TCP, a fragment, behind IPv6 extension headers, in a tunnel.
 */
unsigned int braid_flow_tcp_offset(const struct sk_buff *skb,
				   const struct braid_steer_ctx *ctx);
/* Fills the peer's part of a context. */
void braid_flow_peer(struct braid_peer_ctx *ctx, struct braid_peer *peer);

#endif
