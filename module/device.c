// SPDX-License-Identifier: GPL-2.0
#include "device.h"

#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/ip_tunnels.h>
#include <net/netns/generic.h>
#include <net/rtnetlink.h>

#include "controller.h"
#include "core/wire.h"
#include "peer.h"
#include "send.h"
#include "socket.h"

/* For paths of Ethernet's MTU over IPv4, until something is known. */
#define BRAID_MTU	(ETH_DATA_LEN - (int)sizeof(struct iphdr) - \
			 (int)sizeof(struct udphdr) - BRAID_OVERHEAD)
#define BRAID_MAX_MTU	16384

/* All devices of all namespaces; RTNL. */
static LIST_HEAD(braid_devices);

struct list_head *braid_device_list(void)
{
	ASSERT_RTNL();
	return &braid_devices;
}

static int braid_open_device(struct net_device *dev)
{
	struct braid_device *braid = netdev_priv(dev);
	struct inet6_dev *in6 = __in6_dev_get(dev);
	struct in_device *in = __in_dev_get_rtnl(dev);

	/*
	 * A tunnel speaks only when spoken through: no address by itself. And
	 * without carrier its routes make way for those of a higher metric.
	 */
	if (in6) {
		in6->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
		in6->cnf.ignore_routes_with_linkdown = 1;
	}
	if (in)
		IN_DEV_CONF_SET(in, IGNORE_ROUTES_WITH_LINKDOWN, 1);
	braid_deliver_open(braid);
	return 0;
}

static int braid_stop_device(struct net_device *dev)
{
	braid_deliver_stop(netdev_priv(dev));
	return 0;
}

static void braid_sockets_del_all(struct braid_device *braid)
{
	struct braid_socket *sock, *next;

	list_for_each_entry_safe(sock, next, &braid->sockets, node)
		braid_socket_del(sock);
}

/*
 * RTNL. The interface is off the lists and no packet comes through it any
 * more; what is left are receivers on our sockets and the peers' timers, which
 * go with the peers.
 */
static void braid_uninit_device(struct net_device *dev)
{
	struct braid_device *braid = netdev_priv(dev);

	mutex_lock(&braid->lock);
	braid->dying = true;
	braid_peer_del_all(braid);
	braid_sockets_del_all(braid);
	braid_controller_fini(braid);
	mutex_unlock(&braid->lock);
	/* Its sockets are closed: nobody asks for a reverse path any more. */
	braid_reverse_fini(braid);
	braid_links_fini(braid);
	braid_mtu_fini(braid);
	list_del_init(&braid->node);
	braid_steer_dev_fini(&braid->steer);
}

static void braid_free_device(struct net_device *dev)
{
	struct braid_device *braid = netdev_priv(dev);

	braid_deliver_fini(braid);
	braid_queue_fini(braid);
	free_percpu(braid->counters);
	mutex_destroy(&braid->lock);
}

static int braid_init_device(struct net_device *dev)
{
	struct braid_device *braid = netdev_priv(dev);

	list_add_tail(&braid->node, &braid_devices);
	braid_steer_dev_init(&braid->steer, dev);
	return 0;
}

void braid_device_reachable(struct braid_device *braid, bool more)
{
	spin_lock_bh(&braid->reachable_lock);
	braid->reachable += more ? 1 : -1;
	if (braid->reachable)
		netif_carrier_on(braid->dev);
	else
		netif_carrier_off(braid->dev);
	spin_unlock_bh(&braid->reachable_lock);
}

static const struct net_device_ops braid_netdev_ops = {
	.ndo_init = braid_init_device,
	.ndo_open = braid_open_device,
	.ndo_stop = braid_stop_device,
	.ndo_uninit = braid_uninit_device,
	.ndo_start_xmit = braid_xmit,
	.ndo_change_mtu = braid_mtu_change,
};

static const struct device_type braid_type = { .name = KBUILD_MODNAME };

bool braid_is_device(const struct net_device *dev)
{
	return dev->netdev_ops == &braid_netdev_ops;
}

static void braid_setup_device(struct net_device *dev)
{
	const netdev_features_t features =
		NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_SG |
		NETIF_F_GSO | NETIF_F_GSO_SOFTWARE | NETIF_F_HIGHDMA;

	dev->netdev_ops = &braid_netdev_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->lltx = true;
	dev->features |= features;
	dev->hw_features |= features;
	dev->hw_enc_features |= features;
	dev->mtu = BRAID_MTU;
	dev->min_mtu = IPV6_MIN_MTU;
	dev->max_mtu = BRAID_MAX_MTU;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->needs_free_netdev = true;
	SET_NETDEV_DEVTYPE(dev, &braid_type);
	/* ICMP errors about what we refuse want the route it came by. */
	netif_keep_dst(dev);
}

static int braid_init_private(struct braid_device *braid)
{
	int err;

	mutex_init(&braid->lock);
	spin_lock_init(&braid->reachable_lock);
	braid_reverse_init(braid);
	braid_links_init(braid);
	braid_mtu_init(braid);
	INIT_LIST_HEAD(&braid->node);
	INIT_LIST_HEAD(&braid->peers);
	INIT_LIST_HEAD(&braid->sockets);
	INIT_LIST_HEAD(&braid->metered);
	braid->counters = braid_counters_alloc();
	if (!braid->counters)
		return -ENOMEM;
	err = braid_queue_init(braid);
	if (err)
		goto err_free_counters;
	err = braid_deliver_init(braid);
	if (err)
		goto err_free_queue;
	return 0;

err_free_queue:
	braid_queue_fini(braid);
err_free_counters:
	free_percpu(braid->counters);
	return err;
}

static int braid_newlink(struct net *src_net, struct net_device *dev,
			 struct nlattr *tb[], struct nlattr *data[],
			 struct netlink_ext_ack *extack)
{
	struct braid_device *braid = netdev_priv(dev);
	int err;

	braid->dev = dev;
	braid->net = src_net;
	err = braid_init_private(braid);
	if (err)
		return err;
	braid->mtu.fixed = tb[IFLA_MTU];
	netif_carrier_off(dev);
	err = register_netdevice(dev);
	if (err) {
		braid_free_device(dev);
		return err;
	}
	dev->priv_destructor = braid_free_device;
	braid_links_start(braid, src_net);
	return 0;
}

static struct rtnl_link_ops braid_link_ops __read_mostly = {
	.kind = KBUILD_MODNAME,
	.priv_size = sizeof(struct braid_device),
	.setup = braid_setup_device,
	.newlink = braid_newlink,
};

/* A namespace goes: devices that were made in it lose sockets and paths. */
static void __net_exit braid_net_exit_rtnl(struct net *net,
					   struct list_head *kill)
{
	struct braid_device *braid;

	list_for_each_entry(braid, &braid_devices, node) {
		if (braid->net != net)
			continue;
		braid_links_stop(braid, net);
		mutex_lock(&braid->lock);
		braid->net = NULL;
		braid_peer_paths_del_all(braid);
		braid_sockets_del_all(braid);
		mutex_unlock(&braid->lock);
	}
}

static struct pernet_operations braid_device_net_ops = {
	.exit_rtnl = braid_net_exit_rtnl,
};

int braid_device_init(void)
{
	int err;

	err = register_pernet_device(&braid_device_net_ops);
	if (err)
		return err;
	err = rtnl_link_register(&braid_link_ops);
	if (err)
		unregister_pernet_device(&braid_device_net_ops);
	return err;
}

void braid_device_exit(void)
{
	rtnl_link_unregister(&braid_link_ops);
	unregister_pernet_device(&braid_device_net_ops);
}
