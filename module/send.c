// SPDX-License-Identifier: GPL-2.0
#include "send.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/ip_tunnels.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "ack.h"
#include "device.h"
#include "flow.h"
#include "mtu.h"
#include "peer.h"
#include "transmit.h"

/* The next hop of a destination over our device, by the routes there are. */
static void braid_lookup_hop4(struct net_device *dev, const struct iphdr *iph,
			      struct in6_addr *hop)
{
	struct flowi4 fl = {
		.daddr = iph->daddr,
		.saddr = iph->saddr,
		.flowi4_oif = dev->ifindex,
		.flowi4_l3mdev = l3mdev_master_ifindex_rcu(dev),
	};
	const struct fib_nh_common *nhc;
	struct fib_result res;

	ipv6_addr_set_v4mapped(iph->daddr, hop);
	if (fib_lookup(dev_net(dev), &fl, &res, 0) || res.type != RTN_UNICAST)
		return;
	nhc = res.nhc;
	if (nhc->nhc_gw_family == AF_INET6)
		*hop = nhc->nhc_gw.ipv6;
	else if (nhc->nhc_gw_family == AF_INET)
		ipv6_addr_set_v4mapped(nhc->nhc_gw.ipv4, hop);
}

static void braid_lookup_hop6(struct net_device *dev, struct sk_buff *skb,
			      struct in6_addr *hop)
{
	struct ipv6hdr *ip6 = ipv6_hdr(skb);
	struct flowi6 fl = {
		.daddr = ip6->daddr,
		.saddr = ip6->saddr,
		.flowi6_oif = dev->ifindex,
		.flowi6_l3mdev = l3mdev_master_ifindex_rcu(dev),
	};
	struct dst_entry *dst;

	dst = ip6_route_lookup(dev_net(dev), &fl, skb, 0);
	*hop = dst->error || dst->dev != dev ? ip6->daddr :
	       *rt6_nexthop(dst_rt6_info(dst), &ip6->daddr);
	dst_release(dst);
}

/*
 * The next hop of a packet as IPv6 address, IPv4 mapped. What comes without a
 * route, from a packet socket or redirected by tc, is looked up.
 */
static void braid_next_hop(struct sk_buff *skb, struct in6_addr *hop)
{
	const struct dst_entry *dst = skb_dst(skb);
	const struct rtable *rt = (const struct rtable *)dst;
	struct net_device *dev = skb->dev;

	if (dst && dst->dev != dev)
		dst = NULL;
	if (skb->protocol == htons(ETH_P_IPV6)) {
		if (dst && dst->ops->family == AF_INET6)
			*hop = *rt6_nexthop(dst_rt6_info(dst),
					    &ipv6_hdr(skb)->daddr);
		else
			braid_lookup_hop6(dev, skb, hop);
	} else if (!dst || dst->ops->family != AF_INET) {
		braid_lookup_hop4(dev, ip_hdr(skb), hop);
	} else if (rt->rt_gw_family == AF_INET6) {
		*hop = rt->rt_gw6;
	} else {
		ipv6_addr_set_v4mapped(rt_nexthop(rt, ip_hdr(skb)->daddr),
				       hop);
	}
}

bool braid_is_multicast(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IPV6))
		return ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr);
	return ipv4_is_multicast(ip_hdr(skb)->daddr) ||
	       ipv4_is_lbcast(ip_hdr(skb)->daddr);
}

/* The peer that owns the next hop; the only peer takes everything. */
static struct braid_peer *braid_find_peer(struct braid_device *braid,
					  struct sk_buff *skb)
{
	struct braid_peer *only = rcu_dereference(braid->only);
	struct in6_addr hop;

	if (only)
		return only;
	braid_next_hop(skb, &hop);
	return braid_peer_by_address(braid, &hop);
}

static void braid_refuse(struct braid_device *braid, struct sk_buff *skb,
			 enum braid_counter why)
{
	DEV_STATS_INC(braid->dev, tx_errors);
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	else if (skb->protocol == htons(ETH_P_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH,
				0);
	braid_drop(braid, skb, why);
}

/*
 * The lane of a packet. ICMP has nothing to be kept in order, and what the
 * policy wants ahead goes ahead; all else keeps the order of its flow.
 */
static u16 braid_lane(const struct braid_steer_ctx *ctx, u64 verdict)
{
	if (BRAID_VERDICT_FLAGS(verdict) & BRAID_UNORDERED ||
	    ctx->flow.proto == IPPROTO_ICMP ||
	    ctx->flow.proto == IPPROTO_ICMPV6)
		return BRAID_LANE_NONE;
	return ctx->hash % BRAID_LANES;
}

/*
 * Slots to wait for, 0 for AUTO, which follows the paths as they come and go
 * while packets wait. To stripe over all that AUTO would use is the same: a
 * set of its own would begin anew whenever a path goes.
 */
static u32 braid_verdict_set(const struct braid_peer_ctx *peer, u64 verdict)
{
	u32 all = peer->usable & ~peer->standby ?: peer->usable;
	u32 set = BRAID_VERDICT_SET(verdict);

	if (BRAID_VERDICT_KIND(verdict) == BRAID_KIND_AUTO ||
	    (BRAID_VERDICT_KIND(verdict) == BRAID_KIND_STRIPE && set == all))
		return 0;
	return set;
}

static void braid_send_to(struct braid_peer *peer, struct sk_buff *skb)
{
	struct braid_device *braid = peer->braid;
	struct braid_tx_cb *cb = braid_tx_cb(skb);
	struct braid_steer_ctx ctx;
	u32 set;
	u64 v;

	braid_flow_dissect(&ctx, skb, BRAID_OUT);
	braid_flow_peer(&ctx.peer, peer);
	v = braid_steer_verdict(&braid->steer, &ctx);
	if (v & BRAID_VERDICT_REPLACED)
		braid_count(braid, BRAID_CNT_VERDICT_INVALID);
	if (BRAID_VERDICT_KIND(v) == BRAID_KIND_DROP) {
		braid_drop(braid, skb, BRAID_CNT_DROP_TX_POLICY);
		return;
	}
	set = braid_verdict_set(&ctx.peer, v);
	if (braid_mtu_refuse(peer, skb, set))
		return;
	/*
	 * It may wait or be kept for long: it must not hold a route, a tracked
	 * connection or a user's pages for that time.
	 */
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb_ext_reset(skb);
	if (skb_orphan_frags(skb, GFP_ATOMIC)) {
		braid_drop(braid, skb, BRAID_CNT_DROP_TX_MEMORY);
		return;
	}
	memset(cb, 0, sizeof(*cb));
	cb->lane = braid_lane(&ctx, v);
	cb->flags = BRAID_VERDICT_FLAGS(v);
	cb->kind = BRAID_VERDICT_KIND(v);
	cb->set = set;
	if (braid_ack_hold(peer, skb, &ctx, set) ||
	    braid_queue_add(peer, skb, set, ctx.hash))
		braid_pump(peer);
}

/* To the peer, unless there is a reason to refuse the packet at once. */
static void braid_send_peer(struct braid_peer *peer, struct sk_buff *skb)
{
	struct braid_device *braid = peer->braid;

	if (!rcu_access_pointer(peer->session))
		braid_refuse(braid, skb, BRAID_CNT_DROP_TX_NO_SESSION);
	else if (braid_peer_lost(peer))
		braid_refuse(braid, skb, BRAID_CNT_DROP_TX_NO_PATH);
	else
		braid_send_to(peer, skb);
}

/* A copy for each peer that wants multicast. */
static void braid_send_multicast(struct braid_device *braid,
				 struct sk_buff *skb)
{
	struct braid_peer *peer;
	bool wanted = false;

	list_for_each_entry_rcu(peer, &braid->peers, node) {
		struct sk_buff *copy;

		if (!READ_ONCE(peer->multicast))
			continue;
		wanted = true;
		copy = skb_clone(skb, GFP_ATOMIC);
		if (copy)
			braid_send_peer(peer, copy);
		else
			braid_count(braid, BRAID_CNT_DROP_TX_MEMORY);
	}
	if (wanted)
		consume_skb(skb);
	else
		braid_drop(braid, skb, BRAID_CNT_DROP_TX_MULTICAST);
}

netdev_tx_t braid_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct braid_device *braid = netdev_priv(dev);
	struct braid_peer *peer;

	skb->protocol = ip_tunnel_parse_protocol(skb);
	if (unlikely(!skb->protocol ||
		     !pskb_network_may_pull(skb,
					    skb->protocol == htons(ETH_P_IP) ?
					    sizeof(struct iphdr) :
					    sizeof(struct ipv6hdr)))) {
		DEV_STATS_INC(dev, tx_errors);
		braid_drop(braid, skb, BRAID_CNT_DROP_TX_PROTO);
		return NETDEV_TX_OK;
	}
	/* Plain RCU: bottom halves are off already. */
	rcu_read_lock();
	if (braid_is_multicast(skb)) {
		braid_send_multicast(braid, skb);
		goto out;
	}
	peer = braid_find_peer(braid, skb);
	if (!peer)
		braid_refuse(braid, skb, BRAID_CNT_DROP_TX_NO_PEER);
	else
		braid_send_peer(peer, skb);
out:
	rcu_read_unlock();
	return NETDEV_TX_OK;
}
