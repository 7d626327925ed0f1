// SPDX-License-Identifier: GPL-2.0
#include "socket.h"

#include <linux/slab.h>
#include <net/udp_tunnel.h>

#include "device.h"
#include "mtu.h"
#include "peer.h"
#include "receive.h"
#include "transmit.h"

bool braid_addr_same_host(const union braid_addr *a, const union braid_addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET6)
		return ipv6_addr_equal(&a->in6.sin6_addr, &b->in6.sin6_addr) &&
		       a->in6.sin6_scope_id == b->in6.sin6_scope_id;
	return a->in4.sin_addr.s_addr == b->in4.sin_addr.s_addr;
}

bool braid_addr_same(const union braid_addr *a, const union braid_addr *b)
{
	return braid_addr_same_host(a, b) &&
	       braid_addr_port(a) == braid_addr_port(b);
}

bool braid_addr_set(const union braid_addr *addr)
{
	switch (addr->sa.sa_family) {
	case AF_INET:
		return addr->in4.sin_addr.s_addr;
	case AF_INET6:
		return !ipv6_addr_any(&addr->in6.sin6_addr);
	default:
		return false;
	}
}

static void braid_socket_port_config(struct udp_port_cfg *cfg,
				     const struct braid_socket *sock)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->family = sock->local.sa.sa_family;
	cfg->bind_ifindex = sock->link;
	if (cfg->family == AF_INET) {
		cfg->local_ip = sock->local.in4.sin_addr;
		cfg->local_udp_port = sock->local.in4.sin_port;
		cfg->use_udp_checksums = true;
	} else {
		cfg->local_ip6 = sock->local.in6.sin6_addr;
		cfg->local_udp_port = sock->local.in6.sin6_port;
		cfg->use_udp6_tx_checksums = true;
		cfg->use_udp6_rx_checksums = true;
		cfg->ipv6_v6only = true;
	}
}

static void braid_socket_explain(int err, struct netlink_ext_ack *extack)
{
	if (err == -EADDRINUSE)
		NL_SET_ERR_MSG(extack, "the local address and port are in use");
	else if (err == -EADDRNOTAVAIL)
		NL_SET_ERR_MSG(extack, "the local address is not on this machine");
	else if (err == -ENODEV)
		NL_SET_ERR_MSG(extack, "no interface has the index of the link");
	else
		NL_SET_ERR_MSG(extack, "the socket could not be opened");
}

static int braid_socket_open(struct braid_socket *sock,
			     struct netlink_ext_ack *extack)
{
	struct udp_tunnel_sock_cfg tunnel = {
		.sk_user_data = sock,
		.encap_type = 1,
		.encap_rcv = braid_receive,
		.encap_err_lookup = braid_mtu_icmp,
	};
	struct udp_port_cfg port;
	struct sock *sk;
	int err;

	braid_socket_port_config(&port, sock);
	err = udp_sock_create(sock->braid->net, &port, &sock->sock);
	if (err) {
		braid_socket_explain(err, extack);
		return err;
	}
	sk = sock->sock->sk;
	sk->sk_allocation = GFP_ATOMIC;
	sk->sk_sndbuf = INT_MAX;
	sk->sk_mark = sock->fwmark;
	/* Sizes are ours: the stack shall believe no ICMP for this socket. */
	inet_sk(sk)->pmtudisc = IP_PMTUDISC_INTERFACE;
	if (sk->sk_family == AF_INET6)
		inet6_sk(sk)->pmtudisc = IPV6_PMTUDISC_INTERFACE;
	if (sock->local.sa.sa_family == AF_INET)
		sock->local.in4.sin_port = inet_sk(sk)->inet_sport;
	else
		sock->local.in6.sin6_port = inet_sk(sk)->inet_sport;
	setup_udp_tunnel_sock(sock->braid->net, sock->sock, &tunnel);
	return 0;
}

/* False: there is no such link. Binding to its index would not tell. */
static bool braid_socket_link_name(struct braid_socket *sock)
{
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(sock->braid->net, sock->link);
	if (dev)
		strscpy(sock->link_name, dev->name);
	rcu_read_unlock();
	return dev || !sock->link;
}

int braid_socket_new(struct braid_device *braid,
		     const struct braid_socket_config *cfg,
		     struct netlink_ext_ack *extack)
{
	struct braid_socket *sock;
	int err;

	lockdep_assert_held(&braid->lock);
	if (!braid->net) {
		NL_SET_ERR_MSG(extack, "the namespace where the device was made is gone");
		return -ENONET;
	}
	if (braid_socket_find(braid, cfg->name)) {
		NL_SET_ERR_MSG(extack, "a socket of that name exists");
		return -EEXIST;
	}
	if (braid_addr_linklocal(&cfg->local) && !cfg->link) {
		NL_SET_ERR_MSG(extack, "a link-local address needs a link");
		return -EINVAL;
	}
	sock = kzalloc(sizeof(*sock), GFP_KERNEL);
	if (!sock)
		return -ENOMEM;
	sock->braid = braid;
	strscpy(sock->name, cfg->name);
	strscpy(sock->owner, cfg->owner ?: "");
	sock->local = cfg->local;
	sock->link = cfg->link;
	sock->fwmark = cfg->fwmark;
	sock->listen = cfg->listen;
	err = braid_socket_link_name(sock) ? 0 : -ENODEV;
	if (err)
		braid_socket_explain(err, extack);
	else
		err = braid_socket_open(sock, extack);
	if (err) {
		kfree(sock);
		return err;
	}
	list_add_tail(&sock->node, &braid->sockets);
	return 0;
}

struct braid_socket *braid_socket_find(struct braid_device *braid,
				       const char *name)
{
	struct braid_socket *sock;

	lockdep_assert_held(&braid->lock);
	list_for_each_entry(sock, &braid->sockets, node)
		if (!strcmp(sock->name, name))
			return sock;
	return NULL;
}

/*
 * Until no cipher has a packet that came to one of the device's sockets or is to
 * leave by one.
 */
static void braid_socket_settle(struct braid_device *braid)
{
	struct braid_peer *peer;
	bool again = false;

	list_for_each_entry(peer, &braid->peers, node)
		again |= braid_session_settle(braid_session_of(peer));
	if (again)
		synchronize_net();
}

void braid_socket_del(struct braid_socket *sock)
{
	lockdep_assert_held(&sock->braid->lock);
	WARN_ON_ONCE(sock->users);
	list_del(&sock->node);
	/* Receivers first: they queue replies that go out through it. */
	rcu_assign_sk_user_data(sock->sock->sk, NULL);
	synchronize_net();
	braid_socket_settle(sock->braid);
	braid_control_forget(sock->braid, sock);
	/* Then pumps that took such a reply before. */
	synchronize_net();
	braid_socket_settle(sock->braid);
	udp_tunnel_sock_release(sock->sock);
	kfree(sock);
}
