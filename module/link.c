// SPDX-License-Identifier: GPL-2.0
#include "link.h"

#include <linux/netdevice.h>

#include "device.h"
#include "peer.h"
#include "probe.h"
#include "repair.h"
#include "schedule.h"
#include "transmit.h"

static void braid_link_lost(struct braid_path *path, u64 now_us)
{
	if (path->state != BRAID_PATH_STATE_UP &&
	    path->state != BRAID_PATH_STATE_SUSPECT)
		return;
	braid_repair_flight(path);
	braid_schedule_idle(path);
	braid_path_state_set(path, BRAID_PATH_STATE_DOWN, "its link is down",
			     now_us);
	braid_probe_later(path, now_us);
}

static void braid_link_change(struct braid_peer *peer, int ifindex, bool up)
{
	u64 now_us = braid_now_us();
	struct braid_path *path;
	bool any = false;
	int i;

	spin_lock_bh(&peer->lock);
	braid_for_each_slot(peer, path, i) {
		if (path->sock->link != ifindex ||
		    path->probe_due_us >= BRAID_NEVER - 1)
			continue;
		any = true;
		if (!up)
			braid_link_lost(path, now_us);
		else if (path->state != BRAID_PATH_STATE_UP)
			braid_probe_now(path, now_us);
	}
	spin_unlock_bh(&peer->lock);
	if (any)
		braid_pump(peer);
}

/* RTNL. */
static int braid_link_event(struct notifier_block *nb, unsigned long event,
			    void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct braid_device *braid;
	struct braid_peer *peer;
	bool up = netif_running(dev) && netif_carrier_ok(dev);

	if (event != NETDEV_UP && event != NETDEV_DOWN &&
	    event != NETDEV_CHANGE)
		return NOTIFY_DONE;
	list_for_each_entry(braid, braid_device_list(), node) {
		if (braid->net != dev_net(dev) || braid->dev == dev)
			continue;
		mutex_lock(&braid->lock);
		list_for_each_entry(peer, &braid->peers, node)
			braid_link_change(peer, dev->ifindex, up);
		mutex_unlock(&braid->lock);
	}
	return NOTIFY_DONE;
}

static struct notifier_block braid_link_notifier = {
	.notifier_call = braid_link_event,
};

int braid_link_init(void)
{
	return register_netdevice_notifier(&braid_link_notifier);
}

void braid_link_exit(void)
{
	unregister_netdevice_notifier(&braid_link_notifier);
}
