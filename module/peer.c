// SPDX-License-Identifier: GPL-2.0
#include "peer.h"

#include <linux/jhash.h>
#include <linux/slab.h>

#include "ack.h"
#include "admit.h"
#include "copies.h"
#include "device.h"
#include "event.h"
#include "pmtu.h"
#include "probe.h"
#include "repair.h"
#include "transmit.h"
#include "watch.h"

/* Packets wait this long for a path to come up. */
#define BRAID_LOST_US	(1 * BRAID_USEC_PER_SEC)

static struct hlist_head *braid_address_bucket(struct braid_device *braid,
					       const struct in6_addr *addr)
{
	u32 hash = jhash2((const u32 *)addr, 4, 0);

	return &braid->address_table[hash >> (32 - BRAID_ADDRESS_BITS)];
}

struct braid_peer *braid_peer_by_address(struct braid_device *braid,
					 const struct in6_addr *addr)
{
	struct braid_address *a;

	hlist_for_each_entry_rcu(a, braid_address_bucket(braid, addr), node,
				 lockdep_is_held(&braid->lock))
		if (ipv6_addr_equal(&a->addr, addr))
			return a->peer;
	return NULL;
}

static void braid_addresses_free(struct list_head *list)
{
	struct braid_address *a, *next;

	list_for_each_entry_safe(a, next, list, list) {
		list_del(&a->list);
		kfree_rcu(a, rcu);
	}
}

/* Makes the addresses of @cfg without publishing them. */
static int braid_addresses_make(struct braid_peer *peer,
				const struct braid_peer_config *cfg,
				struct list_head *list,
				struct netlink_ext_ack *extack)
{
	int i;

	for (i = 0; i < cfg->n_addr; i++) {
		struct braid_peer *owner;
		struct braid_address *a;

		owner = braid_peer_by_address(peer->braid, &cfg->addr[i]);
		if (owner && owner != peer) {
			NL_SET_ERR_MSG(extack, "another peer has that tunnel address");
			return -EEXIST;
		}
		a = kzalloc(sizeof(*a), GFP_KERNEL);
		if (!a)
			return -ENOMEM;
		a->peer = peer;
		a->addr = cfg->addr[i];
		list_add_tail(&a->list, list);
	}
	return 0;
}

static void braid_addresses_unpublish(struct braid_peer *peer)
{
	struct braid_address *a;

	list_for_each_entry(a, &peer->addresses, list)
		hlist_del_rcu(&a->node);
	braid_addresses_free(&peer->addresses);
}

static void braid_addresses_publish(struct braid_peer *peer,
				    struct list_head *list)
{
	struct braid_address *a;

	/* The new ones first, so that no packet finds none. */
	list_for_each_entry(a, list, list)
		hlist_add_head_rcu(&a->node,
				   braid_address_bucket(peer->braid, &a->addr));
	braid_addresses_unpublish(peer);
	list_splice(list, &peer->addresses);
}

/* The device's only peer takes everything. */
static void braid_peer_only_update(struct braid_device *braid)
{
	struct braid_peer *only = NULL;

	if (list_is_singular(&braid->peers))
		only = list_first_entry(&braid->peers, struct braid_peer, node);
	rcu_assign_pointer(braid->only, only);
}

static void braid_peer_apply(struct braid_peer *peer,
			     const struct braid_peer_config *cfg)
{
	struct braid_session *s;

	if (cfg->source_any >= 0)
		WRITE_ONCE(peer->source_any, cfg->source_any);
	if (cfg->multicast >= 0)
		WRITE_ONCE(peer->multicast, cfg->multicast);
	if (!cfg->reorder_cap_us)
		return;
	peer->reorder_cap_us = cfg->reorder_cap_us;
	s = rcu_dereference_protected(peer->session,
				      lockdep_is_held(&peer->braid->lock));
	if (!s)
		return;
	spin_lock_bh(&s->lock);
	s->reseq.cap_us = cfg->reorder_cap_us;
	spin_unlock_bh(&s->lock);
}

static struct braid_peer *braid_peer_alloc(struct braid_device *braid,
					   const struct braid_peer_config *cfg)
{
	struct braid_peer *peer = kzalloc(sizeof(*peer), GFP_KERNEL);

	if (!peer)
		return NULL;
	peer->braid = braid;
	strscpy(peer->name, cfg->name);
	strscpy(peer->owner, cfg->owner ?: "");
	INIT_LIST_HEAD(&peer->addresses);
	INIT_LIST_HEAD(&peer->paths);
	peer->reorder_cap_us = BRAID_REORDER_CAP_US;
	peer->report_wait_us = 1000;
	peer->wake_ns = BRAID_NEVER;
	spin_lock_init(&peer->lock);
	__skb_queue_head_init(&peer->readmit);
	hrtimer_init(&peer->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	peer->timer.function = braid_pump_timer;
	hrtimer_init(&peer->tick, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	peer->tick.function = braid_tick;
	return peer;
}

int braid_peer_new(struct braid_device *braid,
		   const struct braid_peer_config *cfg,
		   struct netlink_ext_ack *extack)
{
	struct braid_peer *peer;
	LIST_HEAD(addresses);
	int err;

	lockdep_assert_held(&braid->lock);
	if (braid_peer_find(braid, cfg->name)) {
		NL_SET_ERR_MSG(extack, "a peer of that name exists");
		return -EEXIST;
	}
	peer = braid_peer_alloc(braid, cfg);
	if (!peer)
		return -ENOMEM;
	err = braid_addresses_make(peer, cfg, &addresses, extack);
	if (err) {
		braid_addresses_free(&addresses);
		kfree(peer);
		return err;
	}
	peer->id = ++braid->next_peer_id;
	braid_peer_apply(peer, cfg);
	braid_addresses_publish(peer, &addresses);
	list_add_tail_rcu(&peer->node, &braid->peers);
	braid->n_peers++;
	braid_peer_only_update(braid);
	braid_event_peer(peer, "peer-new", "added");
	return 0;
}

int braid_peer_set(struct braid_peer *peer, const struct braid_peer_config *cfg,
		   struct netlink_ext_ack *extack)
{
	LIST_HEAD(addresses);
	int err;

	lockdep_assert_held(&peer->braid->lock);
	err = braid_addresses_make(peer, cfg, &addresses, extack);
	if (err) {
		braid_addresses_free(&addresses);
		return err;
	}
	if (cfg->n_addr)
		braid_addresses_publish(peer, &addresses);
	braid_peer_apply(peer, cfg);
	return 0;
}

struct braid_peer *braid_peer_find(struct braid_device *braid, const char *name)
{
	struct braid_peer *peer;

	lockdep_assert_held(&braid->lock);
	list_for_each_entry(peer, &braid->peers, node)
		if (!strcmp(peer->name, name))
			return peer;
	return NULL;
}

/*
 * First half: nobody finds the peer any more, and what has it already sees
 * that it is dead and arms nothing. Returns its session for the second half.
 */
static struct braid_session *braid_peer_detach(struct braid_peer *peer)
{
	struct braid_device *braid = peer->braid;
	struct braid_session *s;
	struct braid_path *path;

	lockdep_assert_held(&braid->lock);
	list_del_rcu(&peer->node);
	braid->n_peers--;
	braid_peer_only_update(braid);
	braid_addresses_unpublish(peer);
	spin_lock_bh(&peer->lock);
	peer->dead = true;
	spin_unlock_bh(&peer->lock);
	s = braid_session_detach(peer);
	list_for_each_entry(path, &peer->paths, node) {
		path->sock->users--;
		braid_hop_put(path);
		braid_quota_forget(path);
	}
	return s;
}

/*
 * Second half, after a grace period and with nothing at a cipher any more.
 * Three contexts may still have had the peer, and each has ended: senders and
 * receivers run under RCU; the pump timer and the tick see @dead and cannot be
 * armed again, so cancelling them once is final. The session's timer, which
 * uses the peer, goes first.
 */
static void braid_peer_free(struct braid_peer *peer, struct braid_session *s)
{
	struct braid_path *path, *next;

	braid_session_free(s);
	hrtimer_cancel(&peer->tick);
	hrtimer_cancel(&peer->timer);
	braid_ack_purge(peer);
	braid_queue_purge(peer);
	braid_drop_all(peer->braid, &peer->readmit, BRAID_CNT_DROP_TX_GONE);
	list_for_each_entry_safe(path, next, &peer->paths, node) {
		list_del(&path->node);
		braid_path_free(path);
	}
	kfree(peer->copies);
	kfree(peer->lane_last);
	kfree(peer);
}

void braid_peer_del(struct braid_peer *peer)
{
	struct braid_session *s;

	braid_event_peer(peer, "peer-del", "deleted");
	s = braid_peer_detach(peer);
	synchronize_net();
	if (braid_session_settle(s))
		synchronize_net();
	braid_peer_free(peer, s);
}

void braid_peer_del_all(struct braid_device *braid)
{
	struct braid_peer *peer, *next;
	bool again = false;
	LIST_HEAD(dead);

	lockdep_assert_held(&braid->lock);
	if (list_empty(&braid->peers))
		return;
	list_for_each_entry_safe(peer, next, &braid->peers, node) {
		peer->detached_session = braid_peer_detach(peer);
		list_add_tail(&peer->detached, &dead);
	}
	synchronize_net();
	list_for_each_entry(peer, &dead, detached)
		again |= braid_session_settle(peer->detached_session);
	if (again)
		synchronize_net();
	list_for_each_entry_safe(peer, next, &dead, detached)
		braid_peer_free(peer, peer->detached_session);
}

void braid_peer_paths_del_all(struct braid_device *braid)
{
	struct braid_path *path, *next;
	struct braid_peer *peer;
	LIST_HEAD(dead);

	lockdep_assert_held(&braid->lock);
	list_for_each_entry(peer, &braid->peers, node)
		list_for_each_entry_safe(path, next, &peer->paths, node) {
			braid_path_detach(path);
			list_add_tail(&path->node, &dead);
		}
	braid_paths_free(&dead);
}

void braid_peer_session_start(struct braid_peer *peer, struct braid_session *s)
{
	struct braid_path *path;
	int i;

	lockdep_assert_held(&peer->braid->lock);
	spin_lock_bh(&peer->lock);
	/* 0 would mean "none yet" in lane_last. */
	peer->gseq = 1;
	kfree(peer->lane_last);
	peer->lane_last = NULL;
	kfree(peer->copies);
	peer->copies = NULL;
	peer->next_path_id = 0;
	peer->schedule_seq = 0;
	peer->repair_credit = BRAID_REPAIR_CREDIT;
	peer->report_us = 0;
	peer->peer_us = 0;
	WRITE_ONCE(peer->lost_us, braid_now_us());
	rcu_assign_pointer(peer->session, s);
	braid_for_each_slot(peer, path, i)
		braid_path_start(path, s);
	braid_tick_arm(peer, braid_now_us());
	spin_unlock_bh(&peer->lock);
	braid_pump(peer);
}

void braid_peer_session_stop(struct braid_peer *peer)
{
	struct braid_path *path;
	int i;

	lockdep_assert_held(&peer->braid->lock);
	spin_lock_bh(&peer->lock);
	rcu_assign_pointer(peer->session, NULL);
	braid_for_each_slot(peer, path, i)
		braid_path_stop(path);
	/* Stamped under the old session: worth nothing under the next. */
	braid_drop_all(peer->braid, &peer->readmit, BRAID_CNT_DROP_TX_GONE);
	/* What has no number yet may wait for that a little. */
	braid_tick_arm(peer, braid_now_us());
	spin_unlock_bh(&peer->lock);
}

bool braid_peer_lost(const struct braid_peer *peer)
{
	/* The last path may go meanwhile, at a later time than ours. */
	return !READ_ONCE(peer->usable) &&
	       (s64)(braid_now_us() - READ_ONCE(peer->lost_us)) > BRAID_LOST_US;
}

u64 braid_peer_lose_us(struct braid_peer *peer)
{
	lockdep_assert_held(&peer->lock);
	if (peer->usable || (!braid_admit_pending(peer) &&
			     braid_ack_due_ns(peer) == BRAID_NEVER))
		return BRAID_NEVER;
	return peer->lost_us + BRAID_LOST_US + 1;
}

void braid_peer_lose(struct braid_peer *peer)
{
	lockdep_assert_held(&peer->lock);
	braid_ack_drop(peer, BRAID_CNT_DROP_TX_NO_PATH);
	braid_queue_lose(peer);
	braid_drop_all(peer->braid, &peer->readmit, BRAID_CNT_DROP_TX_NO_PATH);
}

/*
 * The device has carrier while any peer has a usable path, so that route
 * metrics and routing daemons fall back when there is none.
 */
static void braid_peer_carrier(struct braid_peer *peer)
{
	bool has = peer->usable;

	if (has == peer->counted)
		return;
	peer->counted = has;
	if (!has)
		WRITE_ONCE(peer->lost_us, braid_now_us());
	braid_device_reachable(peer->braid, has);
	braid_event_peer(peer, has ? "peer-up" : "peer-down",
			 has ? "a path is usable" : "no path is usable");
}

void braid_peer_usable_update(struct braid_peer *peer)
{
	u32 standby = 0, suspect = 0, up = 0;
	struct braid_path *path;
	int i;

	lockdep_assert_held(&peer->lock);
	braid_for_each_slot(peer, path, i) {
		if (path->state == BRAID_PATH_STATE_SUSPECT)
			suspect |= BIT(i);
		else if (path->state != BRAID_PATH_STATE_UP)
			continue;
		else if (braid_is_standby(path))
			standby |= BIT(i);
		else
			up |= BIT(i);
	}
	/* What is usable but standby is for policies that name it. */
	WRITE_ONCE(peer->standby, up ? standby : 0);
	WRITE_ONCE(peer->usable, up ? up | standby : standby ?: suspect);
	peer->schedule_due = true;
	braid_pmtu_peer_update(peer);
	braid_peer_carrier(peer);
}

void braid_peer_ways(struct braid_peer *peer, u32 set, struct braid_way *way)
{
	u64 now_us = braid_now_us();
	struct braid_path *path;
	int i;

	braid_for_each_slot(peer, path, i) {
		if (!(set & BIT(i)))
			continue;
		way[i].rate = max_t(u64, path->rate.pacing, 1);
		way[i].owd_us = braid_path_delay(path, now_us);
		way[i].backlog = path->backlog;
		way[i].free_ns = path->free_ns;
	}
}

void braid_peer_ways_ahead(struct braid_peer *peer, u32 set,
			   struct braid_way *way)
{
	struct braid_path *path;
	int i;

	braid_peer_ways(peer, set, way);
	braid_for_each_slot(peer, path, i)
		if (set & BIT(i))
			way[i].backlog = path->ahead;
}

/* What is sent to it goes ahead of data: so what goes ahead is what counts. */
struct braid_path *braid_peer_quickest(struct braid_peer *peer, u32 *set)
{
	struct braid_way way[BRAID_MAX_SLOTS];
	int slot;

	if (!*set)
		return NULL;
	braid_peer_ways_ahead(peer, *set, way);
	slot = braid_sched_quickest(way, *set, ktime_get_ns());
	if (slot < 0)
		return NULL;
	*set &= ~BIT(slot);
	return peer->slot[slot];
}
