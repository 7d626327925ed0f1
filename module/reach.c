// SPDX-License-Identifier: GPL-2.0
#include "reach.h"

#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/route.h>

#include "outer.h"
#include "path.h"

static const char braid_link_gone[] = "its link is gone";
static const char braid_link_down[] = "its link is down";
static const char braid_no_address[] = "its link has no address";
static const char braid_address_gone[] = "its local address is gone";
static const char braid_no_route[] = "there is no route to its remote";

static bool braid_link_addressed(const struct net_device *link)
{
	const struct in_device *in = __in_dev_get_rcu(link);

	return in && rcu_access_pointer(in->ifa_list);
}

/*
 * Without a route, a lookup bound to a link takes the whole world for a
 * neighbour on it. On a link between two ends that is right, on others it only
 * asks for hardware addresses that nobody has.
 */
static const char *braid_route4(struct net *net, const struct braid_path *path,
				const struct net_device *link)
{
	struct fib_result res;
	struct flowi4 fl;

	braid_outer_flow4(path->sock, &path->local, &path->remote, &fl);
	if (!fib_lookup(net, &fl, &res, 0) &&
	    (res.type == RTN_UNICAST || res.type == RTN_LOCAL))
		return NULL;
	if (link && !path->local.in4.sin_addr.s_addr &&
	    !braid_link_addressed(link))
		return braid_no_address;
	if (link && link->flags & (IFF_NOARP | IFF_POINTOPOINT))
		return NULL;
	return braid_no_route;
}

static const char *braid_reach4(const struct braid_path *path,
				const struct net_device *link,
				union braid_addr *source, u32 *mtu)
{
	struct net *net = sock_net(path->sock->sock->sk);
	const char *why;
	struct rtable *rt;
	struct flowi4 fl;

	braid_outer_flow4(path->sock, &path->local, &path->remote, &fl);
	if (fl.saddr && !__ip_dev_find(net, fl.saddr, false))
		return braid_address_gone;
	why = braid_route4(net, path, link);
	if (why)
		return why;
	rt = ip_route_output_key(net, &fl);
	if (IS_ERR(rt))
		return braid_no_route;
	*mtu = READ_ONCE(rt->dst.dev->mtu);
	ip_rt_put(rt);
	source->in4.sin_family = AF_INET;
	source->in4.sin_addr.s_addr = fl.saddr;
	source->in4.sin_port = fl.fl4_sport;
	return NULL;
}

static const char *braid_reach6(const struct braid_path *path,
				const struct net_device *link,
				union braid_addr *source, u32 *mtu)
{
	struct sock *sk = path->sock->sock->sk;
	struct net *net = sock_net(sk);
	struct dst_entry *dst;
	struct flowi6 fl;

	braid_outer_flow6(path->sock, &path->local, &path->remote, &fl);
	/* One that is still tentative cannot be sent from. */
	if (!ipv6_addr_any(&fl.saddr) && !ipv6_chk_addr(net, &fl.saddr, link, 0))
		return braid_address_gone;
	dst = ipv6_stub->ipv6_dst_lookup_flow(net, sk, &fl, NULL);
	if (IS_ERR(dst))
		return braid_no_route;
	*mtu = READ_ONCE(dst->dev->mtu);
	dst_release(dst);
	source->in6.sin6_family = AF_INET6;
	source->in6.sin6_addr = fl.saddr;
	source->in6.sin6_port = fl.fl6_sport;
	return NULL;
}

const char *braid_reach(const struct braid_path *path,
			union braid_addr *source, u32 *mtu)
{
	const struct braid_socket *sock = path->sock;
	struct net_device *link = NULL;

	memset(source, 0, sizeof(*source));
	if (sock->link) {
		link = dev_get_by_index_rcu(sock_net(sock->sock->sk),
					    sock->link);
		if (!link)
			return braid_link_gone;
		if (!netif_running(link) || !netif_carrier_ok(link))
			return braid_link_down;
	}
	if (path->remote.sa.sa_family == AF_INET)
		return braid_reach4(path, link, source, mtu);
	return braid_reach6(path, link, source, mtu);
}
