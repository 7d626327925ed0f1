// SPDX-License-Identifier: GPL-2.0
#include "link.h"

#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/fib_notifier.h>
#include <net/netns/generic.h>
#include <net/rtnetlink.h>

#include "device.h"
#include "peer.h"
#include "pmtu.h"
#include "probe.h"
#include "reach.h"
#include "repair.h"
#include "schedule.h"
#include "transmit.h"

/* After a look at all paths, rest for so many times its length. */
#define BRAID_LINK_REST		9
/* See whether routes have changed so often; and while a path misses something. */
#define BRAID_LINK_IDLE		HZ
#define BRAID_LINK_MISSING	(HZ / 10)

static unsigned int braid_link_net_id __read_mostly;

/**
 * struct braid_link_net - per namespace
 * @lock: protects @devices; BH, innermost
 * @devices: that were made here, by struct braid_links
 * @fib: hears of routes and rules, of both families
 */
struct braid_link_net {
	spinlock_t lock;
	struct list_head devices;
	struct notifier_block fib;
};

/* The path cannot send: @why. Peer's lock. */
static void braid_link_lost(struct braid_path *path, const char *why,
			    u64 now_us)
{
	if (path->state != BRAID_PATH_STATE_UP &&
	    path->state != BRAID_PATH_STATE_SUSPECT) {
		path->reason = why;
		return;
	}
	braid_repair_failover(path, now_us);
	braid_schedule_idle(path);
	braid_path_state_set(path, BRAID_PATH_STATE_DOWN, why, now_us);
	braid_probe_later(path, now_us);
}

/* It can again, or its packets carry another source now. Peer's lock. */
static void braid_link_found(struct braid_path *path, u64 now_us)
{
	if (path->unreachable && path->state != BRAID_PATH_STATE_UP)
		path->reason = "no probe was answered yet";
	braid_probe_now(path, now_us);
}

/* Nothing is probed or sent: no key, or cold. Peer's lock. */
static bool braid_link_idle(const struct braid_path *path)
{
	return path->probe_due_us >= BRAID_NEVER - 1;
}

void braid_link_check(struct braid_path *path)
{
	struct braid_peer *peer = path->peer;
	union braid_addr source;
	const char *why;
	u64 now_us;
	bool moved;
	u32 mtu;

	lockdep_assert_held(&peer->braid->lock);
	rcu_read_lock();
	why = braid_reach(path, &source, &mtu);
	rcu_read_unlock();
	if (!why && mtu != READ_ONCE(path->link_mtu)) {
		spin_lock_bh(&peer->lock);
		braid_pmtu_resized(path, mtu, braid_now_us());
		spin_unlock_bh(&peer->lock);
	}
	moved = !why && !braid_addr_same(&source, &path->source);
	if (why == path->unreachable && !moved)
		return;
	/* What was looked up before may still be in there. */
	dst_cache_reset(&path->dst);
	now_us = braid_now_us();
	spin_lock_bh(&peer->lock);
	if (!braid_link_idle(path)) {
		if (why)
			braid_link_lost(path, why, now_us);
		else
			braid_link_found(path, now_us);
	}
	path->unreachable = why;
	path->source = source;
	spin_unlock_bh(&peer->lock);
	braid_pump(peer);
}

/*
 * A modem that is plugged in again, or a PPP link that is dialled again, is a
 * new link of the old name: sockets follow the name once their link is gone.
 */
static void braid_link_follow(struct braid_socket *sock)
{
	struct sock *sk = sock->sock->sk;
	struct net_device *dev;
	int link = 0;

	rcu_read_lock();
	if (sock->link && !dev_get_by_index_rcu(sock_net(sk), sock->link)) {
		dev = dev_get_by_name_rcu(sock_net(sk), sock->link_name);
		link = dev ? dev->ifindex : 0;
	}
	rcu_read_unlock();
	if (link && !sock_bindtoindex(sk, link, true))
		WRITE_ONCE(sock->link, link);
}

/* Looks at everything. Returns when to see again. Device's lock. */
static unsigned long braid_link_look(struct braid_device *braid)
{
	unsigned long again = BRAID_LINK_IDLE;
	struct braid_socket *sock;
	struct braid_peer *peer;
	struct braid_path *path;

	WRITE_ONCE(braid->nest, 0);
	list_for_each_entry(sock, &braid->sockets, node)
		braid_link_follow(sock);
	list_for_each_entry(peer, &braid->peers, node)
		list_for_each_entry(path, &peer->paths, node) {
			braid_link_check(path);
			if (path->unreachable)
				again = BRAID_LINK_MISSING;
		}
	return again;
}

/*
 * Of routes to the same place only the best is told of. But a line whose default
 * route has the third-best metric needs just that one; the generation tells of
 * all.
 */
static bool braid_link_due(struct braid_device *braid)
{
	u32 routes = rt_genid_ipv4(braid->net) + rt_genid_ipv6(braid->net);
	bool due = xchg(&braid->links.due, false) ||
		   routes != braid->links.routes;

	braid->links.routes = routes;
	return due;
}

static void braid_link_work(struct work_struct *work)
{
	struct braid_links *links = container_of(to_delayed_work(work),
						 struct braid_links, work);
	struct braid_device *braid = container_of(links, struct braid_device,
						  links);
	unsigned long begun = jiffies;

	/*
	 * Routes are told of before they change, by who holds RTNL until they
	 * have. Waiting for it is not possible: who waits for us holds it, too.
	 */
	if (!rtnl_trylock()) {
		schedule_delayed_work(&links->work, 1);
		return;
	}
	rtnl_unlock();
	mutex_lock(&braid->lock);
	if (!braid->dying && braid->net) {
		if (braid_link_due(braid))
			links->wait = braid_link_look(braid);
		schedule_delayed_work(&links->work, links->wait);
	}
	mutex_unlock(&braid->lock);
	WRITE_ONCE(links->rest, jiffies + BRAID_LINK_REST * (jiffies - begun));
}

/* Something changed there. Any context. */
static void braid_link_changed_in(struct braid_link_net *ln)
{
	struct braid_links *links;
	unsigned long rest;

	/* Racy, and harmless so: who makes a device looks for himself. */
	if (list_empty(&ln->devices))
		return;
	spin_lock_bh(&ln->lock);
	list_for_each_entry(links, &ln->devices, node) {
		rest = READ_ONCE(links->rest);
		/* The first of many calls it; the others do not put it off. */
		if (xchg(&links->due, true))
			continue;
		mod_delayed_work(system_wq, &links->work,
				 time_after(rest, jiffies) ? rest - jiffies :
							     1);
	}
	spin_unlock_bh(&ln->lock);
}

static void braid_link_changed(struct net *net)
{
	braid_link_changed_in(net_generic(net, braid_link_net_id));
}

void braid_links_init(struct braid_device *braid)
{
	INIT_LIST_HEAD(&braid->links.node);
	INIT_DELAYED_WORK(&braid->links.work, braid_link_work);
	braid->links.wait = BRAID_LINK_IDLE;
	braid->links.rest = jiffies;
}

void braid_links_start(struct braid_device *braid, struct net *net)
{
	struct braid_link_net *ln = net_generic(net, braid_link_net_id);

	ASSERT_RTNL();
	spin_lock_bh(&ln->lock);
	list_add_tail(&braid->links.node, &ln->devices);
	spin_unlock_bh(&ln->lock);
	schedule_delayed_work(&braid->links.work, BRAID_LINK_IDLE);
}

void braid_links_stop(struct braid_device *braid, struct net *net)
{
	struct braid_link_net *ln = net_generic(net, braid_link_net_id);

	ASSERT_RTNL();
	spin_lock_bh(&ln->lock);
	list_del_init(&braid->links.node);
	spin_unlock_bh(&ln->lock);
}

void braid_links_fini(struct braid_device *braid)
{
	if (braid->net)
		braid_links_stop(braid, braid->net);
	cancel_delayed_work_sync(&braid->links.work);
}

/* RTNL. */
static int braid_link_event(struct notifier_block *nb, unsigned long event,
			    void *ptr)
{
	switch (event) {
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
	case NETDEV_REGISTER:
	case NETDEV_UNREGISTER:
	case NETDEV_CHANGENAME:
	case NETDEV_CHANGEMTU:
		braid_link_changed(dev_net(netdev_notifier_info_to_dev(ptr)));
	}
	return NOTIFY_DONE;
}

/* RTNL; after the routes that go with the address have gone. */
static int braid_link_address4(struct notifier_block *nb, unsigned long event,
			       void *ptr)
{
	const struct in_ifaddr *ifa = ptr;

	braid_link_changed(dev_net(ifa->ifa_dev->dev));
	return NOTIFY_DONE;
}

/*
 * Any context. An address that comes is tentative at first; that it is so no
 * more is told by the route to it.
 */
static int braid_link_address6(struct notifier_block *nb, unsigned long event,
			       void *ptr)
{
	const struct inet6_ifaddr *ifa = ptr;

	braid_link_changed(dev_net(ifa->idev->dev));
	return NOTIFY_DONE;
}

/* Any context: a router's advertisement changes routes in a softirq. */
static int braid_link_fib(struct notifier_block *nb, unsigned long event,
			  void *ptr)
{
	braid_link_changed_in(container_of(nb, struct braid_link_net, fib));
	return NOTIFY_DONE;
}

static struct notifier_block braid_link_notifier = {
	.notifier_call = braid_link_event,
};

static struct notifier_block braid_link_notifier4 = {
	.notifier_call = braid_link_address4,
};

static struct notifier_block braid_link_notifier6 = {
	.notifier_call = braid_link_address6,
};

static int __net_init braid_link_net_init(struct net *net)
{
	struct braid_link_net *ln = net_generic(net, braid_link_net_id);

	spin_lock_init(&ln->lock);
	INIT_LIST_HEAD(&ln->devices);
	ln->fib.notifier_call = braid_link_fib;
	return register_fib_notifier(net, &ln->fib, NULL, NULL);
}

static void __net_exit braid_link_net_exit(struct net *net)
{
	struct braid_link_net *ln = net_generic(net, braid_link_net_id);

	unregister_fib_notifier(net, &ln->fib);
}

static struct pernet_operations braid_link_net_ops = {
	.init = braid_link_net_init,
	.exit = braid_link_net_exit,
	.id = &braid_link_net_id,
	.size = sizeof(struct braid_link_net),
};

int braid_link_init(void)
{
	int err;

	err = register_pernet_subsys(&braid_link_net_ops);
	if (err)
		return err;
	err = register_netdevice_notifier(&braid_link_notifier);
	if (err)
		goto err_net;
	err = register_inetaddr_notifier(&braid_link_notifier4);
	if (err)
		goto err_links;
	err = register_inet6addr_notifier(&braid_link_notifier6);
	if (err)
		goto err_address4;
	return 0;

err_address4:
	unregister_inetaddr_notifier(&braid_link_notifier4);
err_links:
	unregister_netdevice_notifier(&braid_link_notifier);
err_net:
	unregister_pernet_subsys(&braid_link_net_ops);
	return err;
}

void braid_link_exit(void)
{
	unregister_inet6addr_notifier(&braid_link_notifier6);
	unregister_inetaddr_notifier(&braid_link_notifier4);
	unregister_netdevice_notifier(&braid_link_notifier);
	unregister_pernet_subsys(&braid_link_net_ops);
}
