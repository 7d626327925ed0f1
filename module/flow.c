// SPDX-License-Identifier: GPL-2.0
#include "flow.h"

#include <linux/tcp.h>
#include <net/dsfield.h>
#include <net/flow_dissector.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "device.h"
#include "peer.h"

static void braid_flow_addresses(struct braid_flow *flow,
				 const struct flow_keys *keys)
{
	if (keys->control.addr_type == FLOW_DISSECTOR_KEY_IPV6_ADDRS) {
		memcpy(flow->saddr, &keys->addrs.v6addrs.src, 16);
		memcpy(flow->daddr, &keys->addrs.v6addrs.dst, 16);
		flow->family = 6;
	} else {
		flow->saddr[0] = keys->addrs.v4addrs.src;
		flow->daddr[0] = keys->addrs.v4addrs.dst;
		flow->family = 4;
	}
}

/*
 * What the TCP header says. Return: bytes of the headers up to its end, 0 for what has
 * none, or not all of it
 */
static u32 braid_flow_tcp(struct braid_steer_ctx *ctx, const struct sk_buff *skb,
			  const struct flow_keys *keys)
{
	const struct tcphdr *th;
	struct tcphdr room;
	u32 headers;

	if (keys->basic.ip_proto != IPPROTO_TCP ||
	    keys->control.flags & FLOW_DIS_IS_FRAGMENT)
		return 0;
	th = skb_header_pointer(skb, keys->control.thoff, sizeof(room), &room);
	if (!th)
		return 0;
	/* Byte 13 holds the flags. */
	ctx->tcp_flags = tcp_flag_byte(th);
	ctx->tcp_seq = ntohl(th->seq);
	ctx->tcp_ack = ntohl(th->ack_seq);
	headers = keys->control.thoff + th->doff * 4;
	ctx->tcp_payload = skb->len > headers ? skb->len - headers : 0;
	return headers;
}

/* Bytes of the segments of a GSO packet, each with headers of its own. */
static u32 braid_flow_wire_len(const struct sk_buff *skb, u32 headers)
{
	u32 segs = skb_shinfo(skb)->gso_segs;

	if (!skb_is_gso(skb) || !segs || !headers)
		return skb->len;
	return skb->len + (segs - 1) * headers;
}

static u8 braid_flow_dsfield(const struct sk_buff *skb)
{
	if (ip_hdr(skb)->version == 4)
		return ipv4_get_dsfield(ip_hdr(skb));
	return ipv6_get_dsfield(ipv6_hdr(skb));
}

void braid_flow_dissect(struct braid_steer_ctx *ctx, struct sk_buff *skb,
			u8 direction)
{
	struct flow_keys keys;
	u32 headers;

	memset(ctx, 0, sizeof(*ctx));
	memset(&keys, 0, sizeof(keys));
	ctx->len = skb->len;
	ctx->segs = skb_is_gso(skb) ? max_t(u32, skb_shinfo(skb)->gso_segs, 1) :
				      1;
	ctx->mark = skb->mark;
	ctx->direction = direction;
	ctx->dscp = braid_flow_dsfield(skb) >> 2;
	ctx->wire_len = skb->len;
	if (!skb_flow_dissect_flow_keys(skb, &keys, 0)) {
		ctx->flow.family = ip_hdr(skb)->version;
		ctx->hash = skb_get_hash(skb);
		return;
	}
	braid_flow_addresses(&ctx->flow, &keys);
	ctx->flow.proto = keys.basic.ip_proto;
	if (keys.basic.ip_proto != IPPROTO_ICMP &&
	    keys.basic.ip_proto != IPPROTO_ICMPV6) {
		ctx->flow.sport = keys.ports.src;
		ctx->flow.dport = keys.ports.dst;
	}
	if (keys.control.flags & FLOW_DIS_IS_FRAGMENT &&
	    !(keys.control.flags & FLOW_DIS_FIRST_FRAG))
		ctx->flags |= BRAID_FRAGMENT;
	headers = braid_flow_tcp(ctx, skb, &keys);
	if (!skb_is_gso_tcp(skb))
		headers = keys.control.thoff + sizeof(struct udphdr);
	ctx->wire_len = braid_flow_wire_len(skb, headers);
	ctx->hash = flow_hash_from_keys(&keys);
}

unsigned int braid_flow_tcp_offset(const struct sk_buff *skb,
				   const struct braid_steer_ctx *ctx)
{
	if (ctx->flow.proto != IPPROTO_TCP || ctx->flags & BRAID_FRAGMENT)
		return 0;
	if (skb->protocol == htons(ETH_P_IP))
		return ip_hdr(skb)->protocol == IPPROTO_TCP &&
		       !ip_is_fragment(ip_hdr(skb)) ? ip_hdr(skb)->ihl * 4 : 0;
	return ipv6_hdr(skb)->nexthdr == IPPROTO_TCP ?
	       sizeof(struct ipv6hdr) : 0;
}

void braid_flow_peer(struct braid_peer_ctx *ctx, struct braid_peer *peer)
{
	struct net_device *dev = peer->braid->dev;

	ctx->netns_cookie = dev_net(dev)->net_cookie;
	ctx->ifindex = dev->ifindex;
	ctx->id = peer->id;
	ctx->usable = READ_ONCE(peer->usable);
	ctx->standby = READ_ONCE(peer->standby);
	ctx->paths = &peer->views;
}
