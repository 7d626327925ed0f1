// SPDX-License-Identifier: GPL-2.0
#include "session.h"

#include <crypto/utils.h>
#include <linux/hash.h>
#include <linux/slab.h>

#include "device.h"
#include "event.h"
#include "peer.h"
#include "receive.h"
#include "report.h"
#include "trace.h"

static struct hlist_head *braid_session_bucket(struct braid_device *braid,
					       u32 id)
{
	return &braid->session_table[hash_32(id, BRAID_SESSION_BITS)];
}

struct braid_session *braid_session_find(struct braid_device *braid, u32 id)
{
	struct braid_session *s;

	hlist_for_each_entry_rcu(s, braid_session_bucket(braid, id), node,
				 lockdep_is_held(&braid->lock))
		if (s->local == id)
			return s;
	return NULL;
}

/*
 * Holes that ended since the last release, by reason: the resequencer counts
 * them and knows nothing of traces. What is released at once although nothing
 * was given up are packets that a missing one has let go. The first holes
 * after a trace begins are not told: they may be those of the time before.
 */
static void braid_trace_holes(struct braid_session *s,
			      const struct list_head *released)
{
	const struct braid_reseq_stats *now = &s->reseq.stats;
	const struct braid_item *first =
		list_first_entry(released, struct braid_item, node);
	const u64 ended[BRAID_HOLE_ENDS] = {
		[BRAID_HOLE_PROVEN] = now->proof,
		[BRAID_HOLE_TIMER] = now->timer,
		[BRAID_HOLE_OVERFLOW] = now->overflow,
	};
	u32 n = list_count_nodes((struct list_head *)released);
	bool given_up = false;
	int i;

	for (i = BRAID_HOLE_PROVEN; i < BRAID_HOLE_ENDS; i++) {
		u64 holes = ended[i] - s->holes_traced[i];

		s->holes_traced[i] = ended[i];
		given_up |= holes;
		if (holes && !s->holes_stale)
			trace_braid_hole(s, i, holes, n, first->gseq);
	}
	if (!given_up && n > 1)
		trace_braid_hole(s, BRAID_HOLE_FILLED, 1, n, first->gseq);
	s->holes_stale = false;
}

void braid_session_release(struct braid_session *s, struct list_head *released)
{
	struct sk_buff *skb, *next;
	struct sk_buff_head out;

	lockdep_assert_held(&s->lock);
	if (list_empty(released))
		return;
	if (trace_braid_hole_enabled())
		braid_trace_holes(s, released);
	else
		s->holes_stale = true;
	__skb_queue_head_init(&out);
	braid_items_to_skbs(released, &out);
	skb_queue_walk_safe(&out, skb, next) {
		if (likely(skb->protocol))
			continue;
		/* Refused, it only kept its place: see receive.c. */
		__skb_unlink(skb, &out);
		braid_drop(s->peer->braid, skb, skb->mark);
	}
	if (skb_queue_empty(&out))
		return;
	braid_deliver(s->peer->braid, s->peer->id, &out);
}

static enum hrtimer_restart braid_session_timer(struct hrtimer *timer)
{
	struct braid_session *s = container_of(timer, struct braid_session,
					       timer);
	u64 now_us = braid_now_us();
	LIST_HEAD(released);
	bool report;

	rcu_read_lock_bh();
	spin_lock(&s->lock);
	braid_reseq_expire(&s->reseq, now_us, &released);
	braid_session_release(s, &released);
	report = now_us >= s->report_us;
	spin_unlock(&s->lock);
	if (report)
		braid_report_send(s);
	spin_lock(&s->lock);
	braid_session_arm(s);
	spin_unlock(&s->lock);
	rcu_read_unlock_bh();
	return HRTIMER_NORESTART;
}

void braid_session_arm(struct braid_session *s)
{
	u64 at = min(s->report_us, braid_reseq_deadline(&s->reseq));
	ktime_t when;

	lockdep_assert_held(&s->lock);
	if (at == BRAID_NEVER || s->dead)
		return;
	when = ns_to_ktime(at * NSEC_PER_USEC);
	if (hrtimer_is_queued(&s->timer) &&
	    ktime_compare(hrtimer_get_softexpires(&s->timer), when) <= 0)
		return;
	hrtimer_start_range_ns(&s->timer, when, 100 * NSEC_PER_USEC,
			       HRTIMER_MODE_ABS_SOFT);
}

static struct braid_session *
braid_session_alloc(struct braid_peer *peer,
		    const struct braid_session_config *cfg)
{
	struct braid_session *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	s->peer = peer;
	s->local = cfg->local;
	s->remote = cfg->remote;
	spin_lock_init(&s->lock);
	braid_order_init(&s->opening, braid_opened);
	s->report_us = BRAID_NEVER;
	hrtimer_init(&s->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	s->timer.function = braid_session_timer;
	/* Lanes come with the first data packet; nothing is held before. */
	braid_reseq_init(&s->reseq, NULL, 0, NULL, peer->reorder_cap_us,
			 BRAID_HOLD_BYTES);
	return s;
}

struct braid_session *braid_session_of(struct braid_peer *peer)
{
	return rcu_dereference_protected(peer->session,
					 lockdep_is_held(&peer->braid->lock));
}

struct braid_epoch *braid_session_epoch(struct braid_session *s, int slot)
{
	return rcu_dereference_protected(s->epoch[slot],
				lockdep_is_held(&s->peer->braid->lock));
}

/* The session of a peer's first key, with that key. */
static int braid_session_new(struct braid_peer *peer,
			     const struct braid_session_config *cfg,
			     struct netlink_ext_ack *extack)
{
	struct braid_device *braid = peer->braid;
	struct braid_session *s;
	struct braid_epoch *e;

	if (braid_session_find(braid, cfg->local)) {
		NL_SET_ERR_MSG(extack, "the local session id is in use");
		return -EEXIST;
	}
	e = braid_epoch_new(&cfg->key, extack);
	if (IS_ERR(e))
		return PTR_ERR(e);
	s = braid_session_alloc(peer, cfg);
	if (!s) {
		braid_epoch_free(e);
		return -ENOMEM;
	}
	RCU_INIT_POINTER(s->epoch[0], e);
	s->sending = e;
	s->generation = 1;
	hlist_add_head_rcu(&s->node, braid_session_bucket(braid, s->local));
	braid_event_key(peer, e->number, "key-installed", "the first one sends");
	braid_peer_session_start(peer, s);
	trace_braid_key(s, "new", e->number);
	return 0;
}

/* The slot of a further epoch, or a negative error. */
static int braid_session_slot(struct braid_session *s,
			      const struct braid_session_config *cfg,
			      struct netlink_ext_ack *extack)
{
	struct braid_epoch *e;
	int slot = -1, i;

	if (cfg->local != s->local || cfg->remote != s->remote) {
		NL_SET_ERR_MSG(extack, "the peer has a key of another session; delete that first");
		return -EEXIST;
	}
	for (i = 0; i < BRAID_EPOCHS; i++) {
		e = braid_session_epoch(s, i);
		if (!e) {
			slot = i;
		} else if (e->number == cfg->key.number) {
			NL_SET_ERR_MSG(extack, "the peer has a key of that epoch; another one needs another epoch");
			return -EEXIST;
		} else if (!crypto_memneq(e->tx_key, cfg->key.tx_key,
					  BRAID_KEY_LEN) ||
			   !crypto_memneq(e->rx_key, cfg->key.rx_key,
					  BRAID_KEY_LEN)) {
			NL_SET_ERR_MSG(extack, "another epoch has that key already");
			return -EEXIST;
		}
	}
	if (slot >= 0)
		return slot;
	NL_SET_ERR_MSG(extack, "the peer has keys of two epochs; delete the older one first");
	return -EBUSY;
}

static int braid_session_next(struct braid_session *s,
			      const struct braid_session_config *cfg,
			      struct netlink_ext_ack *extack)
{
	int slot = braid_session_slot(s, cfg, extack);
	struct braid_peer *peer = s->peer;
	struct braid_path *path;
	struct braid_epoch *e;
	int i;

	if (slot < 0)
		return slot;
	e = braid_epoch_new(&cfg->key, extack);
	if (IS_ERR(e))
		return PTR_ERR(e);
	e->slot = slot;
	e->generation = s->generation++;
	spin_lock_bh(&peer->lock);
	braid_for_each_slot(peer, path, i)
		braid_path_key(path, e);
	spin_unlock_bh(&peer->lock);
	rcu_assign_pointer(s->epoch[slot], e);
	trace_braid_key(s, "installed", e->number);
	braid_event_key(peer, e->number, "key-installed",
			"it opens packets; the older one still sends");
	return 0;
}

int braid_session_key_new(struct braid_peer *peer,
			  const struct braid_session_config *cfg,
			  struct netlink_ext_ack *extack)
{
	struct braid_session *s = braid_session_of(peer);

	if (s)
		return braid_session_next(s, cfg, extack);
	return braid_session_new(peer, cfg, extack);
}

/* False: one as new sends already, or @e was retired meanwhile. */
static bool braid_session_swap(struct braid_session *s, struct braid_epoch *e,
			       const char *why)
{
	struct braid_peer *peer = s->peer;
	bool newer;

	spin_lock_bh(&peer->lock);
	newer = !e->retired && e->generation > s->sending->generation;
	if (newer)
		WRITE_ONCE(s->sending, e);
	spin_unlock_bh(&peer->lock);
	if (!newer)
		return false;
	trace_braid_key(s, "swapped", e->number);
	braid_event_key(peer, e->number, "key-swapped", why);
	return true;
}

void braid_session_heard(struct braid_session *s, struct braid_epoch *e)
{
	if (unlikely(e->generation > READ_ONCE(s->sending)->generation))
		braid_session_swap(s, e, "the peer sends under it");
}

struct braid_epoch *braid_session_named(struct braid_peer *peer, int number,
					struct netlink_ext_ack *extack)
{
	struct braid_session *s = braid_session_of(peer);
	struct braid_epoch *e;
	int i;

	if (!s) {
		NL_SET_ERR_MSG(extack, "the peer has no key");
		return NULL;
	}
	if (number < 0)
		return READ_ONCE(s->sending);
	for (i = 0; i < BRAID_EPOCHS; i++) {
		e = braid_session_epoch(s, i);
		if (e && e->number == number)
			return e;
	}
	NL_SET_ERR_MSG_FMT(extack, "the peer has no key of epoch %d", number);
	return NULL;
}

int braid_session_key_swap(struct braid_peer *peer, u8 number,
			   struct netlink_ext_ack *extack)
{
	struct braid_epoch *e = braid_session_named(peer, number, extack);
	struct braid_session *s = braid_session_of(peer);

	if (!e)
		return -ENOKEY;
	if (e == READ_ONCE(s->sending) || braid_session_swap(s, e, "asked for"))
		return 0;
	/* The peer may have been quicker with the same epoch. */
	if (e == READ_ONCE(s->sending))
		return 0;
	NL_SET_ERR_MSG(extack, "a newer epoch sends; sending does not go back");
	return -EINVAL;
}

/*
 * Waits until no cipher has anything of the session's, in either direction.
 * Device's lock, which keeps the list of paths.
 */
bool braid_session_settle(struct braid_session *s)
{
	struct braid_path *path;
	bool again;

	if (!s)
		return false;
	again = braid_order_settle(&s->opening);
	list_for_each_entry(path, &s->peer->paths, node)
		again |= braid_order_settle(&path->sealing);
	return again;
}

/* Wipes what paths derived from an epoch that nobody can find any more. */
static void braid_session_forget(struct braid_session *s, struct braid_epoch *e)
{
	struct braid_peer *peer = s->peer;
	struct braid_rx_path *p;
	struct braid_path *path;
	int i;

	spin_lock_bh(&peer->lock);
	braid_for_each_slot(peer, path, i)
		braid_key_wipe(&path->key[e->slot]);
	spin_unlock_bh(&peer->lock);
	spin_lock_bh(&s->lock);
	for (i = 0; i < BRAID_RX_PATHS; i++) {
		p = rcu_dereference_protected(s->rx[i],
					      lockdep_is_held(&s->lock));
		if (!p)
			continue;
		WRITE_ONCE(p->ready, p->ready & ~BIT(e->slot));
		braid_key_wipe(&p->key[e->slot]);
	}
	spin_unlock_bh(&s->lock);
	braid_epoch_free(e);
}

int braid_session_key_del(struct braid_peer *peer, u8 number,
			  struct netlink_ext_ack *extack)
{
	struct braid_epoch *e = braid_session_named(peer, number, extack);
	struct braid_session *s = braid_session_of(peer);

	if (!e)
		return -ENOKEY;
	spin_lock_bh(&peer->lock);
	e->retired = e != s->sending;
	spin_unlock_bh(&peer->lock);
	if (!e->retired) {
		NL_SET_ERR_MSG(extack, "that epoch sends; swap to another first, or delete all of the peer's keys");
		return -EBUSY;
	}
	RCU_INIT_POINTER(s->epoch[e->slot], NULL);
	trace_braid_key(s, "retired", e->number);
	braid_event_key(peer, e->number, "key-retired", "asked for");
	synchronize_net();
	if (braid_session_settle(s))
		synchronize_net();
	braid_session_forget(s, e);
	return 0;
}

struct braid_session *braid_session_detach(struct braid_peer *peer)
{
	struct braid_session *s;

	lockdep_assert_held(&peer->braid->lock);
	s = braid_session_of(peer);
	if (!s)
		return NULL;
	braid_peer_session_stop(peer);
	trace_braid_key(s, "del", s->sending->number);
	hlist_del_rcu(&s->node);
	spin_lock_bh(&s->lock);
	s->dead = true;
	spin_unlock_bh(&s->lock);
	return s;
}

/*
 * The session was detached, a grace period is over, and it has settled: no
 * receiver can find it or still use it. What may still run is its timer, which cannot be armed
 * again since the session is dead.
 */
void braid_session_free(struct braid_session *s)
{
	struct sk_buff_head out;
	LIST_HEAD(released);
	int i;

	if (!s)
		return;
	hrtimer_cancel(&s->timer);
	__skb_queue_head_init(&out);
	spin_lock_bh(&s->lock);
	braid_reseq_flush(&s->reseq, braid_now_us(), &released);
	spin_unlock_bh(&s->lock);
	braid_items_to_skbs(&released, &out);
	braid_drop_all(s->peer->braid, &out, BRAID_CNT_DROP_RX_GONE);
	for (i = 0; i < BRAID_EPOCHS; i++) {
		struct braid_epoch *e = braid_session_epoch(s, i);

		if (e)
			braid_session_forget(s, e);
	}
	for (i = 0; i < BRAID_RX_PATHS; i++)
		kfree_sensitive(rcu_dereference_raw(s->rx[i]));
	kfree(s->lanes);
	kfree(s->seen);
	kfree_sensitive(s);
}

void braid_session_del(struct braid_peer *peer)
{
	struct braid_session *s = braid_session_detach(peer);

	if (!s)
		return;
	synchronize_net();
	if (braid_session_settle(s))
		synchronize_net();
	braid_session_free(s);
}

bool braid_session_ready(struct braid_session *s)
{
	lockdep_assert_held(&s->lock);
	if (likely(s->lanes))
		return true;
	s->lanes = kcalloc(BRAID_LANES, sizeof(*s->lanes), GFP_ATOMIC);
	if (!s->lanes)
		return false;
	s->seen = kcalloc(BRAID_SEEN_WORDS, sizeof(*s->seen), GFP_ATOMIC);
	if (!s->seen) {
		kfree(s->lanes);
		s->lanes = NULL;
		return false;
	}
	braid_reseq_lanes(&s->reseq, s->lanes, BRAID_LANES, s->seen);
	return true;
}

static void braid_rx_path_free(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct braid_rx_path, rcu));
}

static void braid_rx_path_replace(struct braid_session *s,
				  struct braid_rx_path *old)
{
	LIST_HEAD(released);

	braid_reseq_path_del(&s->reseq, old->index, braid_now_us(), &released);
	braid_session_release(s, &released);
	call_rcu(&old->rcu, braid_rx_path_free);
}

void braid_rx_path_key_set(struct braid_session *s, struct braid_rx_path *p,
			   const struct braid_epoch *e,
			   const struct braid_key *key)
{
	lockdep_assert_held(&s->lock);
	/* Another packet may have brought it meanwhile. */
	if (p->ready & BIT(e->slot))
		return;
	p->key[e->slot] = *key;
	/* Pairs with braid_rx_path_key(). */
	smp_store_release(&p->ready, p->ready | BIT(e->slot));
}

struct braid_rx_path *braid_rx_path_new(struct braid_session *s, u16 id)
{
	u16 index = id % BRAID_RX_PATHS;
	struct braid_rx_path *old, *p;

	lockdep_assert_held(&s->lock);
	old = rcu_dereference_protected(s->rx[index],
					lockdep_is_held(&s->lock));
	if (old && old->id >= id)
		return old->id == id ? old : NULL;
	p = kzalloc(sizeof(*p), GFP_ATOMIC);
	if (!p)
		return NULL;
	p->id = id;
	p->index = index;
	braid_replay_init(&p->replay);
	RCU_INIT_POINTER(s->rx[index], NULL);
	if (old)
		braid_rx_path_replace(s, old);
	if (braid_reseq_path_add(&s->reseq, index, id)) {
		kfree_sensitive(p);
		return NULL;
	}
	rcu_assign_pointer(s->rx[index], p);
	return p;
}
