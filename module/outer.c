// SPDX-License-Identifier: GPL-2.0
#include "outer.h"

#include <net/ip6_checksum.h>
#include <net/ip_tunnels.h>
#include <net/route.h>
#include <net/udp_tunnel.h>

#include "device.h"

/* A tunnel in a tunnel in a tunnel in a tunnel: deeper is a circle. */
#define BRAID_NEST_MAX		4

void braid_outer_flow4(const struct braid_socket *sock,
		       const union braid_addr *local,
		       const union braid_addr *remote, struct flowi4 *fl)
{
	*fl = (struct flowi4){
		.saddr = local->in4.sin_addr.s_addr,
		.daddr = remote->in4.sin_addr.s_addr,
		.fl4_sport = sock->local.in4.sin_port,
		.fl4_dport = remote->in4.sin_port,
		.flowi4_mark = sock->fwmark,
		.flowi4_oif = READ_ONCE(sock->link),
		.flowi4_proto = IPPROTO_UDP,
	};
}

void braid_outer_flow6(const struct braid_socket *sock,
		       const union braid_addr *local,
		       const union braid_addr *remote, struct flowi6 *fl)
{
	*fl = (struct flowi6){
		.saddr = local->in6.sin6_addr,
		.daddr = remote->in6.sin6_addr,
		.fl6_sport = sock->local.in6.sin6_port,
		.fl6_dport = remote->in6.sin6_port,
		.flowi6_mark = sock->fwmark,
		.flowi6_oif = READ_ONCE(sock->link) ?:
			      remote->in6.sin6_scope_id,
		.flowi6_proto = IPPROTO_UDP,
	};
}

/*
 * Would a packet that leaves by @out come back to us? By our own device it
 * does. Others may lie inside each other, but when A lies in B and B in A, each
 * packet that passes makes both deeper, until it is too deep; the link watch
 * begins anew when routes change.
 */
static bool braid_outer_circle(struct braid_device *braid,
			       const struct net_device *out)
{
	const struct braid_device *around;
	u32 nest;

	if (out == braid->dev)
		return true;
	if (!braid_is_device(out))
		return false;
	around = netdev_priv(out);
	nest = READ_ONCE(around->nest) + 1;
	if (nest > READ_ONCE(braid->nest) && nest <= BRAID_NEST_MAX)
		WRITE_ONCE(braid->nest, nest);
	return nest > BRAID_NEST_MAX;
}

static struct rtable *braid_route4(struct braid_socket *bs, struct flowi4 *fl,
				   struct dst_cache *cache, int *why)
{
	struct sock *sk = bs->sock->sk;
	struct rtable *rt;

	rt = cache ? dst_cache_get_ip4(cache, &fl->saddr) : NULL;
	if (!rt) {
		rt = ip_route_output_flow(sock_net(sk), fl, sk);
		if (IS_ERR(rt)) {
			*why = BRAID_CNT_DROP_TX_ROUTE;
			return NULL;
		}
		if (cache)
			dst_cache_set_ip4(cache, &rt->dst, fl->saddr);
	}
	if (!braid_outer_circle(bs->braid, rt->dst.dev))
		return rt;
	ip_rt_put(rt);
	*why = BRAID_CNT_DROP_TX_LOOP;
	return NULL;
}

static void braid_push_udp(struct sk_buff *skb, __be16 from, __be16 to)
{
	struct udphdr *udp = __skb_push(skb, sizeof(*udp));

	skb_reset_transport_header(skb);
	udp->source = from;
	udp->dest = to;
	udp->len = htons(skb->len);
}

/*
 * What udp_tunnel_xmit_skb() does, but in fragments of at most @pieces bytes:
 * the helper leaves no way to say that.
 */
static void braid_pieces4(struct rtable *rt, struct sock *sk,
			  struct sk_buff *skb, const struct flowi4 *fl, u8 tos,
			  u32 pieces)
{
	struct iphdr *ip;

	braid_push_udp(skb, fl->fl4_sport, fl->fl4_dport);
	udp_set_csum(false, skb, fl->saddr, fl->daddr, skb->len);
	skb_dst_set(skb, &rt->dst);
	ip = __skb_push(skb, sizeof(*ip));
	skb_reset_network_header(skb);
	memset(ip, 0, sizeof(*ip));
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->protocol = IPPROTO_UDP;
	ip->tos = tos;
	ip->ttl = ip4_dst_hoplimit(&rt->dst);
	ip->saddr = fl->saddr;
	ip->daddr = fl->daddr;
	__ip_select_ident(sock_net(sk), ip, 1);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->frag_max_size = pieces;
	skb->ignore_df = 1;
	ip_local_out(sock_net(sk), sk, skb);
}

static int braid_send4(struct braid_socket *bs, const union braid_addr *local,
		       const union braid_addr *remote, struct dst_cache *cache,
		       struct sk_buff *skb, u8 tos, struct braid_outer_fit *fit)
{
	struct rtable *rt;
	struct flowi4 fl;
	int why = 0;

	braid_outer_flow4(bs, local, remote, &fl);
	rt = braid_route4(bs, &fl, cache, &why);
	if (!rt)
		return why;
	if (fit)
		fit->link = READ_ONCE(rt->dst.dev->mtu);
	if (fit && fit->pieces) {
		braid_pieces4(rt, bs->sock->sk, skb, &fl, tos, fit->pieces);
		return 0;
	}
	udp_tunnel_xmit_skb(rt, bs->sock->sk, skb, fl.saddr, fl.daddr, tos,
			    ip4_dst_hoplimit(&rt->dst),
			    fit && fit->whole ? htons(IP_DF) : 0, fl.fl4_sport,
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
	if (!dst) {
		dst = ipv6_stub->ipv6_dst_lookup_flow(sock_net(sk), sk, fl,
						      NULL);
		if (IS_ERR(dst)) {
			*why = BRAID_CNT_DROP_TX_ROUTE;
			return NULL;
		}
		if (cache)
			dst_cache_set_ip6(cache, dst, &fl->saddr);
	}
	if (!braid_outer_circle(bs->braid, dst->dev))
		return dst;
	dst_release(dst);
	*why = BRAID_CNT_DROP_TX_LOOP;
	return NULL;
}

/* The same for IPv6, where nobody else would take it apart. */
static void braid_pieces6(struct dst_entry *dst, struct sock *sk,
			  struct sk_buff *skb, const struct flowi6 *fl, u8 tos,
			  u32 pieces)
{
	struct ipv6hdr *ip;

	braid_push_udp(skb, fl->fl6_sport, fl->fl6_dport);
	udp6_set_csum(false, skb, &fl->saddr, &fl->daddr, skb->len);
	skb_dst_set(skb, dst);
	ip = __skb_push(skb, sizeof(*ip));
	skb_reset_network_header(skb);
	ip6_flow_hdr(ip, tos, 0);
	ip->payload_len = htons(skb->len - sizeof(*ip));
	ip->nexthdr = IPPROTO_UDP;
	ip->hop_limit = ip6_dst_hoplimit(dst);
	ip->saddr = fl->saddr;
	ip->daddr = fl->daddr;
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	IP6CB(skb)->frag_max_size = min_t(u32, pieces, dst_mtu(dst));
	skb->ignore_df = 1;
	ip6_local_out(sock_net(sk), sk, skb);
}

static int braid_send6(struct braid_socket *bs, const union braid_addr *local,
		       const union braid_addr *remote, struct dst_cache *cache,
		       struct sk_buff *skb, u8 tos, struct braid_outer_fit *fit)
{
	struct dst_entry *dst;
	struct flowi6 fl;
	int why = 0;

	braid_outer_flow6(bs, local, remote, &fl);
	dst = braid_route6(bs, &fl, cache, &why);
	if (!dst)
		return why;
	if (fit)
		fit->link = READ_ONCE(dst->dev->mtu);
	if (fit && fit->pieces) {
		braid_pieces6(dst, bs->sock->sk, skb, &fl, tos, fit->pieces);
		return 0;
	}
	udp_tunnel6_xmit_skb(dst, bs->sock->sk, skb, skb->dev, &fl.saddr,
			     &fl.daddr, tos, ip6_dst_hoplimit(dst), 0,
			     fl.fl6_sport, fl.fl6_dport, false);
	return 0;
}

int braid_outer_send(struct braid_socket *sock, const union braid_addr *local,
		     const union braid_addr *remote, struct dst_cache *cache,
		     struct sk_buff *skb, u8 tos, struct braid_outer_fit *fit)
{
	/* No device: the tunnel helpers would count it as ours once more. */
	skb->dev = NULL;
	skb->mark = sock->fwmark;
	skb->ignore_df = !fit || !fit->whole;
	if (remote->sa.sa_family == AF_INET)
		return braid_send4(sock, local, remote, cache, skb, tos, fit);
	return braid_send6(sock, local, remote, cache, skb, tos, fit);
}
