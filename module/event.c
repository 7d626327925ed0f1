// SPDX-License-Identifier: GPL-2.0
#include "event.h"

#include <net/genetlink.h>
#include <net/netns/generic.h>

#include "device.h"
#include "flow.h"
#include "netlink-gen.h"
#include "peer.h"

static unsigned int braid_net_id __read_mostly;

/**
 * struct braid_net - per namespace
 * @lock: makes the order of numbers the order of sending; innermost, BH
 * @seq: number of the newest event; @lock
 */
struct braid_net {
	spinlock_t lock;
	u32 seq;
};

static const char *const braid_state_events[] = {
	[BRAID_PATH_STATE_COLD] = "path-cold",
	[BRAID_PATH_STATE_PROBING] = "path-probing",
	[BRAID_PATH_STATE_UP] = "path-up",
	[BRAID_PATH_STATE_SUSPECT] = "path-suspect",
	[BRAID_PATH_STATE_DOWN] = "path-down",
	[BRAID_PATH_STATE_UNVALIDATED] = "path-unvalidated",
	[BRAID_PATH_STATE_DRAINING] = "path-draining",
	[BRAID_PATH_STATE_SPENT] = "path-spent",
};

struct braid_event {
	struct braid_peer *peer;
	const char *what;
	const char *path;
	const char *why;
	const u8 *epoch;
};

static int braid_event_fill(struct sk_buff *msg, const struct braid_event *e,
			    u32 seq)
{
	struct net_device *dev = e->peer->braid->dev;
	u64 now = ktime_get_real_ns();

	if (nla_put_u32(msg, BRAID_A_EVENT_SEQ, seq) ||
	    nla_put(msg, BRAID_A_EVENT_TIME, sizeof(now), &now) ||
	    nla_put_string(msg, BRAID_A_EVENT_WHAT, e->what) ||
	    nla_put_u32(msg, BRAID_A_EVENT_IFINDEX, dev->ifindex) ||
	    nla_put_string(msg, BRAID_A_EVENT_IFNAME, dev->name) ||
	    nla_put_string(msg, BRAID_A_EVENT_PEER, e->peer->name) ||
	    (e->path && nla_put_string(msg, BRAID_A_EVENT_PATH, e->path)) ||
	    (e->epoch && nla_put_u8(msg, BRAID_A_EVENT_EPOCH, *e->epoch)) ||
	    nla_put_string(msg, BRAID_A_EVENT_REASON, e->why))
		return -EMSGSIZE;
	return 0;
}

static struct sk_buff *braid_event_build(const struct braid_event *e, u32 seq)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_ATOMIC);
	void *hdr;

	if (!msg)
		return NULL;
	hdr = genlmsg_put(msg, 0, 0, &braid_nl_family, 0, BRAID_CMD_EVENT_NTF);
	if (!hdr || braid_event_fill(msg, e, seq)) {
		nlmsg_free(msg);
		return NULL;
	}
	genlmsg_end(msg, hdr);
	return msg;
}

/* The number is spent even when there is no memory: the gap tells. */
static void braid_event_send(const struct braid_event *e)
{
	struct braid_net *bn;
	struct sk_buff *msg;
	struct net *net;

	/* The device may move meanwhile: a grace period keeps the old one. */
	rcu_read_lock();
	net = dev_net(e->peer->braid->dev);
	bn = net_generic(net, braid_net_id);
	spin_lock_bh(&bn->lock);
	bn->seq++;
	if (genl_has_listeners(&braid_nl_family, net, BRAID_NLGRP_EVENTS)) {
		msg = braid_event_build(e, bn->seq);
		if (msg)
			genlmsg_multicast_netns(&braid_nl_family, net, msg, 0,
						BRAID_NLGRP_EVENTS, GFP_ATOMIC);
	}
	spin_unlock_bh(&bn->lock);
	rcu_read_unlock();
}

void braid_event_tell(struct braid_path *path, u32 old, u32 state)
{
	struct braid_peer *peer = path->peer;
	struct braid_event_ctx ctx = {
		.slot = path->slot, .path_id = path->id,
		.old_state = old, .state = state,
	};

	lockdep_assert_held(&peer->lock);
	braid_flow_peer(&ctx.peer, peer);
	braid_steer_path_event(&peer->braid->steer, &ctx);
}

void braid_event_path(struct braid_path *path, u32 old)
{
	struct braid_event e = {
		.peer = path->peer,
		.what = braid_state_events[path->state],
		.path = path->name,
		.why = path->reason,
	};

	braid_event_send(&e);
	braid_event_tell(path, old, path->state);
}

void braid_event_moved(struct braid_path *path, const char *why)
{
	struct braid_event e = {
		.peer = path->peer, .what = "path-moved", .path = path->name,
		.why = why,
	};

	braid_event_send(&e);
}

void braid_event_peer(struct braid_peer *peer, const char *what,
		      const char *why)
{
	struct braid_event e = { .peer = peer, .what = what, .why = why };

	braid_event_send(&e);
}

void braid_event_key(struct braid_peer *peer, u8 epoch, const char *what,
		     const char *why)
{
	struct braid_event e = {
		.peer = peer, .what = what, .why = why, .epoch = &epoch,
	};

	braid_event_send(&e);
}

u32 braid_event_seq(struct net *net)
{
	struct braid_net *bn = net_generic(net, braid_net_id);

	return READ_ONCE(bn->seq);
}

static int __net_init braid_net_init(struct net *net)
{
	struct braid_net *bn = net_generic(net, braid_net_id);

	spin_lock_init(&bn->lock);
	return 0;
}

static struct pernet_operations braid_event_ops = {
	.init = braid_net_init,
	.id = &braid_net_id,
	.size = sizeof(struct braid_net),
};

int braid_event_init(void)
{
	return register_pernet_subsys(&braid_event_ops);
}

void braid_event_exit(void)
{
	unregister_pernet_subsys(&braid_event_ops);
}
