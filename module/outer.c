// SPDX-License-Identifier: GPL-2.0
#include "outer.h"

#include <net/ip_tunnels.h>
#include <net/route.h>
#include <net/udp_tunnel.h>

#include "device.h"

static struct rtable *braid_route4(struct braid_socket *bs, struct flowi4 *fl,
				   struct dst_cache *cache, int *why)
{
	struct sock *sk = bs->sock->sk;
	struct rtable *rt;

	rt = cache ? dst_cache_get_ip4(cache, &fl->saddr) : NULL;
	if (rt)
		return rt;
	rt = ip_route_output_flow(sock_net(sk), fl, sk);
	if (IS_ERR(rt)) {
		*why = BRAID_CNT_DROP_TX_ROUTE;
		return NULL;
	}
	if (rt->dst.dev == bs->braid->dev) {
		ip_rt_put(rt);
		*why = BRAID_CNT_DROP_TX_LOOP;
		return NULL;
	}
	if (cache)
		dst_cache_set_ip4(cache, &rt->dst, fl->saddr);
	return rt;
}

static int braid_send4(struct braid_socket *bs, const union braid_addr *local,
		       const union braid_addr *remote, struct dst_cache *cache,
		       struct sk_buff *skb, u8 tos)
{
	struct flowi4 fl = {
		.saddr = local->in4.sin_addr.s_addr,
		.daddr = remote->in4.sin_addr.s_addr,
		.fl4_sport = bs->local.in4.sin_port,
		.fl4_dport = remote->in4.sin_port,
		.flowi4_mark = bs->fwmark,
		.flowi4_oif = bs->link,
		.flowi4_proto = IPPROTO_UDP,
	};
	struct rtable *rt;
	int why = 0;

	rt = braid_route4(bs, &fl, cache, &why);
	if (!rt)
		return why;
	udp_tunnel_xmit_skb(rt, bs->sock->sk, skb, fl.saddr, fl.daddr, tos,
			    ip4_dst_hoplimit(&rt->dst), 0, fl.fl4_sport,
			    fl.fl4_dport, false, false);
	return 0;
}

static struct dst_entry *braid_route6(struct braid_socket *bs,
				      struct flowi6 *fl,
				      struct dst_cache *cache, int *why)
{
	struct sock *sk = bs->sock->sk;
	struct dst_entry *dst;

	dst = cache ? dst_cache_get_ip6(cache, &fl->saddr) : NULL;
	if (dst)
		return dst;
	dst = ipv6_stub->ipv6_dst_lookup_flow(sock_net(sk), sk, fl, NULL);
	if (IS_ERR(dst)) {
		*why = BRAID_CNT_DROP_TX_ROUTE;
		return NULL;
	}
	if (dst->dev == bs->braid->dev) {
		dst_release(dst);
		*why = BRAID_CNT_DROP_TX_LOOP;
		return NULL;
	}
	if (cache)
		dst_cache_set_ip6(cache, dst, &fl->saddr);
	return dst;
}

static int braid_send6(struct braid_socket *bs, const union braid_addr *local,
		       const union braid_addr *remote, struct dst_cache *cache,
		       struct sk_buff *skb, u8 tos)
{
	struct flowi6 fl = {
		.saddr = local->in6.sin6_addr,
		.daddr = remote->in6.sin6_addr,
		.fl6_sport = bs->local.in6.sin6_port,
		.fl6_dport = remote->in6.sin6_port,
		.flowi6_mark = bs->fwmark,
		.flowi6_oif = bs->link ?: remote->in6.sin6_scope_id,
		.flowi6_proto = IPPROTO_UDP,
	};
	struct dst_entry *dst;
	int why = 0;

	dst = braid_route6(bs, &fl, cache, &why);
	if (!dst)
		return why;
	udp_tunnel6_xmit_skb(dst, bs->sock->sk, skb, skb->dev, &fl.saddr,
			     &fl.daddr, tos, ip6_dst_hoplimit(dst), 0,
			     fl.fl6_sport, fl.fl6_dport, false);
	return 0;
}

int braid_outer_send(struct braid_socket *sock, const union braid_addr *local,
		     const union braid_addr *remote, struct dst_cache *cache,
		     struct sk_buff *skb, u8 tos)
{
	/* No device: the tunnel helpers would count it as ours once more. */
	skb->dev = NULL;
	skb->mark = sock->fwmark;
	skb->ignore_df = 1;
	if (remote->sa.sa_family == AF_INET)
		return braid_send4(sock, local, remote, cache, skb, tos);
	return braid_send6(sock, local, remote, cache, skb, tos);
}
