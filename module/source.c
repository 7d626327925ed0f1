// SPDX-License-Identifier: GPL-2.0
#include "source.h"

#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>
#include <net/nexthop.h>

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

	/* A group may have shrunk since its next hops were counted. */
	if (!nhc || nhc->nhc_dev != peer->braid->dev)
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
		.flowi4_l3mdev = l3mdev_master_ifindex_rcu(peer->braid->dev),
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

/* What a route's next hops are asked: is one of them @peer? */
struct braid_hop_query {
	struct braid_peer *peer;
	const struct in6_addr *saddr;
};

/* Called for each next hop until it is not 0. */
static int braid_hop6(struct fib6_nh *nh, void *arg)
{
	const struct fib_nh_common *nhc = &nh->nh_common;
	const struct braid_hop_query *q = arg;

	return nhc->nhc_dev == q->peer->braid->dev &&
	       braid_hop_is_peer(q->peer, nhc->nhc_gw_family == AF_INET6 ?
				 &nhc->nhc_gw.ipv6 : q->saddr);
}

static bool braid_nexthop6(struct braid_peer *peer, struct fib6_info *f6i,
			   const struct in6_addr *saddr)
{
	struct braid_hop_query q = { .peer = peer, .saddr = saddr };

	/* A nexthop object has next hops of its own. */
	if (f6i->nh)
		return nexthop_for_each_fib6_nh(f6i->nh, braid_hop6, &q);
	return braid_hop6(f6i->fib6_nh, &q);
}

static bool braid_route6_is_peer(struct braid_peer *peer, struct rt6_info *rt,
				 const struct in6_addr *saddr)
{
	struct fib6_info *f6i = rcu_dereference(rt->from), *other;

	/* Our own addresses on the device have local routes that lead to it. */
	if (!f6i || f6i->fib6_type != RTN_UNICAST)
		return false;
	if (braid_nexthop6(peer, f6i, saddr))
		return true;
	/* With a nexthop object the same list is that of the object's routes. */
	if (f6i->nh)
		return false;
	list_for_each_entry_rcu(other, &f6i->fib6_siblings, fib6_siblings) {
		if (braid_nexthop6(peer, other, saddr))
			return true;
		/* Unlinked meanwhile: the walk would not end. */
		if (!READ_ONCE(f6i->fib6_nsiblings))
			break;
	}
	return false;
}

static bool braid_source6(struct braid_peer *peer, const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	struct flowi6 fl = {
		.daddr = ip6->saddr,
		.saddr = ip6->daddr,
		.flowi6_iif = LOOPBACK_IFINDEX,
		.flowi6_l3mdev = l3mdev_master_ifindex_rcu(peer->braid->dev),
		.flowi6_mark = skb->mark,
		.flowi6_proto = ip6->nexthdr,
	};
	struct rt6_info *rt;
	bool ok;

	/* Every interface has a route to these two; nobody sends from a group, */
	if (ipv6_addr_is_multicast(&ip6->saddr))
		return false;
	/* and for a link-local address the address itself decides. */
	if (ipv6_addr_type(&ip6->saddr) & IPV6_ADDR_LINKLOCAL)
		return braid_peer_by_address(peer->braid, &ip6->saddr) == peer;
	rt = dst_rt6_info(ip6_route_lookup(dev_net(peer->braid->dev), &fl, skb,
					   0));
	ok = !rt->dst.error && braid_route6_is_peer(peer, rt, &ip6->saddr);
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
