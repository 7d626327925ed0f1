// SPDX-License-Identifier: GPL-2.0
#include "source.h"

#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>

#include "device.h"
#include "peer.h"

/* Does a next hop (or the address itself, without a gateway) mean @peer? */
static bool braid_hop_is_peer(struct braid_peer *peer,
			      const struct in6_addr *hop)
{
	struct braid_device *braid = peer->braid;

	if (rcu_access_pointer(braid->only) == peer)
		return true;
	return braid_peer_by_address(braid, hop) == peer;
}

static bool braid_nexthop4(struct braid_peer *peer,
			   const struct fib_nh_common *nhc, __be32 saddr)
{
	struct in6_addr hop;

	if (nhc->nhc_dev != peer->braid->dev)
		return false;
	if (nhc->nhc_gw_family == AF_INET6)
		hop = nhc->nhc_gw.ipv6;
	else
		ipv6_addr_set_v4mapped(nhc->nhc_gw_family ?
				       nhc->nhc_gw.ipv4 : saddr, &hop);
	return braid_hop_is_peer(peer, &hop);
}

static bool braid_source4(struct braid_peer *peer, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct flowi4 fl = {
		.daddr = iph->saddr,
		.saddr = iph->daddr,
		.flowi4_iif = LOOPBACK_IFINDEX,
		.flowi4_mark = skb->mark,
	};
	struct fib_result res;
	int i, n;

	if (fib_lookup(dev_net(peer->braid->dev), &fl, &res, 0) ||
	    res.type != RTN_UNICAST)
		return false;
	n = fib_info_num_path(res.fi);
	for (i = 0; i < n; i++)
		if (braid_nexthop4(peer, fib_info_nhc(res.fi, i), iph->saddr))
			return true;
	return false;
}

static bool braid_source6(struct braid_peer *peer, const struct sk_buff *skb)
{
	struct net_device *dev = peer->braid->dev;
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	struct flowi6 fl = {
		.daddr = ip6->saddr,
		.saddr = ip6->daddr,
		.flowi6_iif = LOOPBACK_IFINDEX,
		.flowi6_mark = skb->mark,
		.flowi6_proto = ip6->nexthdr,
	};
	struct in6_addr hop;
	struct rt6_info *rt;
	bool ok;

	rt = dst_rt6_info(ip6_route_lookup(dev_net(dev), &fl, skb, 0));
	ok = !rt->dst.error && rt->dst.dev == dev;
	if (ok) {
		hop = *rt6_nexthop(rt, (struct in6_addr *)&ip6->saddr);
		ok = braid_hop_is_peer(peer, &hop);
	}
	ip6_rt_put(rt);
	return ok;
}

bool braid_source_ok(struct braid_peer *peer, struct sk_buff *skb)
{
	if (READ_ONCE(peer->source_any))
		return true;
	if (skb->protocol == htons(ETH_P_IP))
		return braid_source4(peer, skb);
	return braid_source6(peer, skb);
}
