// SPDX-License-Identifier: GPL-2.0
#include "path.h"

#include <linux/slab.h>

#include "admit.h"
#include "device.h"
#include "event.h"
#include "link.h"
#include "peer.h"
#include "pmtu.h"
#include "probe.h"
#include "queue.h"
#include "repair.h"
#include "trace.h"
#include "transmit.h"

/* Records of packets in flight at first; the ring grows with the rate. */
#define BRAID_LOSS_MIN	64

static struct braid_peer *braid_locked(struct braid_path *path)
{
	lockdep_assert_held(&path->peer->lock);
	return path->peer;
}

u32 braid_path_outer(const struct braid_path *path, u32 inner)
{
	u32 ip = path->remote.sa.sa_family == AF_INET ? sizeof(struct iphdr) :
							sizeof(struct ipv6hdr);

	return inner + BRAID_OVERHEAD + sizeof(struct udphdr) + ip;
}

/*
 * Doubles the ring of packets in flight, in process context since it may be
 * large. A packet that finds the ring full meanwhile overwrites the oldest.
 */
static void braid_path_grow(struct work_struct *work)
{
	struct braid_path *path = container_of(work, struct braid_path, grow);
	struct braid_peer *peer = path->peer;
	struct braid_sent *old;
	u32 n = (READ_ONCE(path->loss.mask) + 1) * 2;

	old = kvcalloc(n, sizeof(*old), GFP_KERNEL);
	if (!old)
		return;
	spin_lock_bh(&peer->lock);
	if (path->loss.rec)
		old = braid_loss_grow(&path->loss, old, n);
	spin_unlock_bh(&peer->lock);
	kvfree(old);
}

bool braid_path_matches(const struct braid_path *path,
			const struct braid_socket *sock,
			const union braid_addr *from,
			const union braid_addr *to)
{
	if (path->sock != sock || !braid_addr_same(&path->remote, from))
		return false;
	return !to || !braid_addr_set(to) || !braid_addr_set(&path->local) ||
	       braid_addr_same(&path->local, to);
}

struct braid_path *braid_path_by_origin(struct braid_peer *peer,
					const struct braid_origin *o)
{
	struct braid_path *path;
	int i;

	lockdep_assert_held(&peer->lock);
	braid_for_each_slot(peer, path, i)
		if (path->probe_due_us != BRAID_NEVER &&
		    braid_path_matches(path, o->sock, &o->from, &o->to))
			return path;
	return NULL;
}

static int braid_path_check(struct braid_peer *peer,
			    const struct braid_path_config *cfg,
			    struct netlink_ext_ack *extack)
{
	struct braid_path *path;

	if (cfg->sock->local.sa.sa_family != cfg->remote.sa.sa_family) {
		NL_SET_ERR_MSG(extack, "remote and socket are of different address families");
		return -EAFNOSUPPORT;
	}
	if (braid_addr_linklocal(&cfg->remote) && !cfg->sock->link &&
	    !cfg->remote.in6.sin6_scope_id) {
		NL_SET_ERR_MSG(extack, "a link-local remote needs a socket that is bound to a link");
		return -EINVAL;
	}
	if (peer->n_paths >= BRAID_MAX_SLOTS) {
		NL_SET_ERR_MSG(extack, "the peer has as many paths as it may");
		return -ENOSPC;
	}
	if (braid_path_find(peer, cfg->name)) {
		NL_SET_ERR_MSG(extack, "a path of that name exists");
		return -EEXIST;
	}
	list_for_each_entry(path, &peer->paths, node)
		if (braid_path_matches(path, cfg->sock, &cfg->remote,
				       &cfg->local)) {
			NL_SET_ERR_MSG(extack, "a path with that socket and remote exists");
			return -EEXIST;
		}
	return 0;
}

static struct braid_path *braid_path_alloc(struct braid_peer *peer,
					   const struct braid_path_config *cfg)
{
	struct braid_path *path = kzalloc(sizeof(*path), GFP_KERNEL);
	struct braid_sent *rec;

	if (!path)
		return NULL;
	rec = kvcalloc(BRAID_LOSS_MIN, sizeof(*rec), GFP_KERNEL);
	if (!rec)
		goto err_free_path;
	if (dst_cache_init(&path->dst, GFP_KERNEL))
		goto err_free_rec;
	path->peer = peer;
	path->sock = cfg->sock;
	strscpy(path->name, cfg->name);
	path->view.name_hash = braid_name_hash(path->name);
	strscpy(path->owner, cfg->owner ?: "");
	path->local = cfg->local.sa.sa_family ? cfg->local : cfg->sock->local;
	path->remote = cfg->remote;
	path->cost = cfg->cost;
	path->standby.wanted = cfg->standby;
	path->cold = cfg->cold;
	path->reverse = cfg->reverse;
	path->credit = cfg->credit;
	braid_hop_init(path);
	braid_quota_init(path);
	path->health.keepalive_us = cfg->keepalive_us ?:
				    BRAID_HEALTH_KEEPALIVE_US;
	INIT_WORK(&path->grow, braid_path_grow);
	braid_order_init(&path->sealing, braid_sealed);
	__skb_queue_head_init(&path->control);
	__skb_queue_head_init(&path->front);
	__skb_queue_head_init(&path->fifo);
	braid_loss_init(&path->loss, rec, BRAID_LOSS_MIN);
	braid_rate_init(&path->rate, cfg->cap);
	braid_pmtu_reset(path);
	path->state = BRAID_PATH_STATE_PROBING;
	path->reason = "the peer has no key";
	path->state_us = braid_now_us();
	path->probe_due_us = BRAID_NEVER;
	return path;

err_free_rec:
	kvfree(rec);
err_free_path:
	kfree(path);
	return NULL;
}

int braid_path_new(struct braid_peer *peer, const struct braid_path_config *cfg,
		   struct netlink_ext_ack *extack)
{
	struct braid_session *s;
	struct braid_path *path;
	int err;

	lockdep_assert_held(&peer->braid->lock);
	err = braid_path_check(peer, cfg, extack);
	if (err)
		return err;
	path = braid_path_alloc(peer, cfg);
	if (!path)
		return -ENOMEM;
	s = rcu_dereference_protected(peer->session,
				      lockdep_is_held(&peer->braid->lock));
	if (s && peer->next_path_id >= U16_MAX - BRAID_RX_PATHS) {
		NL_SET_ERR_MSG(extack, "the session is out of path ids; it needs a new key");
		braid_path_free(path);
		return -ENOSPC;
	}
	spin_lock_bh(&peer->lock);
	while (peer->slot[path->slot])
		path->slot++;
	peer->slot[path->slot] = path;
	rcu_assign_pointer(peer->views.view[path->slot], &path->view);
	if (s)
		braid_path_start(path, s);
	braid_path_view_update(path);
	braid_event_tell(path, BRAID_STATE_GONE, path->state);
	spin_unlock_bh(&peer->lock);
	list_add_tail(&path->node, &peer->paths);
	peer->n_paths++;
	path->sock->users++;
	braid_link_check(path);
	return 0;
}

struct braid_path *braid_path_find(struct braid_peer *peer, const char *name)
{
	struct braid_path *path;

	lockdep_assert_held(&peer->braid->lock);
	list_for_each_entry(path, &peer->paths, node)
		if (!strcmp(path->name, name))
			return path;
	return NULL;
}

void braid_path_detach(struct braid_path *path)
{
	struct braid_peer *peer = path->peer;

	lockdep_assert_held(&peer->braid->lock);
	list_del(&path->node);
	peer->n_paths--;
	spin_lock_bh(&peer->lock);
	/* It may be the one that made a circle of tunnels. */
	WRITE_ONCE(peer->braid->nest, 0);
	braid_event_tell(path, path->state, BRAID_STATE_GONE);
	braid_path_stop(path);
	peer->slot[path->slot] = NULL;
	RCU_INIT_POINTER(peer->views.view[path->slot], NULL);
	braid_peer_usable_update(peer);
	spin_unlock_bh(&peer->lock);
	/* It moves no more. */
	path->sock->users--;
	braid_hop_put(path);
	braid_quota_forget(path);
	if (!peer->dead)
		braid_pump(peer);
}

static void braid_path_put_cookie(void *cookie)
{
	struct sk_buff *skb = cookie;

	kfree_skb(skb);
}

/*
 * The path was detached, a grace period is over, and what it gave to a cipher
 * came back, a grace period ago as well: the pump and what a cipher calls, the
 * only ones to hold a path outside the peer's lock, run under RCU.
 */
void braid_path_free(struct braid_path *path)
{
	cancel_work_sync(&path->grow);
	__skb_queue_purge(&path->control);
	__skb_queue_purge(&path->front);
	__skb_queue_purge(&path->fifo);
	braid_loss_drain(&path->loss, braid_path_put_cookie);
	kvfree(path->loss.rec);
	dst_cache_destroy(&path->dst);
	kfree_sensitive(path);
}

void braid_paths_free(struct list_head *dead)
{
	struct braid_path *path, *next;
	bool again = false;

	if (list_empty(dead))
		return;
	synchronize_net();
	list_for_each_entry(path, dead, node)
		again |= braid_order_settle(&path->sealing);
	if (again)
		synchronize_net();
	list_for_each_entry_safe(path, next, dead, node)
		braid_path_free(path);
}

void braid_path_del(struct braid_path *path)
{
	LIST_HEAD(dead);

	braid_path_detach(path);
	list_add_tail(&path->node, &dead);
	braid_paths_free(&dead);
}

static void braid_path_clear(struct braid_path *path)
{
	struct braid_sent *rec = path->loss.rec;
	u32 n = path->loss.mask + 1;

	braid_loss_drain(&path->loss, braid_path_put_cookie);
	memset(rec, 0, n * sizeof(*rec));
	braid_loss_init(&path->loss, rec, n);
	braid_rtt_init(&path->rtt);
	braid_owd_init(&path->owd);
	braid_pmtu_reset(path);
	path->free_ns = 0;
	path->active = false;
	path->since_gseq = 0;
	path->lane_us = 0;
	path->lane_gseq = 0;
	path->unanswered = 0;
	memset(path->probe_id, 0, sizeof(path->probe_id));
	__skb_queue_purge(&path->control);
	path->large_us = 0;
	path->sent_us = 0;
	path->asked_us = 0;
	path->proof_us = 0;
	path->tail_us = 0;
	braid_hop_reset(path, braid_now_us());
	braid_standby_reset(path);
	path->win_lost = 0;
	path->win_sent = 0;
	path->last_rx_us = 0;
}

/*
 * The next id. The receiver keeps state by id modulo BRAID_RX_PATHS, and a
 * higher id retires the lower one in its place: so none in the place of a
 * living path. Those ids are at most BRAID_MAX_SLOTS, so one is found.
 */
static u16 braid_path_id(struct braid_peer *peer)
{
	struct braid_path *path;
	bool taken;
	int i;

	do {
		taken = false;
		braid_for_each_slot(peer, path, i)
			if (path->probe_due_us != BRAID_NEVER &&
			    path->id % BRAID_RX_PATHS ==
			    peer->next_path_id % BRAID_RX_PATHS)
				taken = true;
		peer->next_path_id++;
	} while (taken);
	return peer->next_path_id - 1;
}

void braid_path_key(struct braid_path *path, const struct braid_epoch *e)
{
	lockdep_assert_held(&path->peer->lock);
	/* The other cipher has one key for all paths. */
	if (e->cipher == BRAID_CIPHER_CHACHA20_POLY1305)
		braid_key_derive(&path->key[e->slot], e->tx_key, path->id);
}

static void braid_path_keys(struct braid_path *path, struct braid_session *s)
{
	struct braid_epoch *e;
	int i;

	for (i = 0; i < BRAID_EPOCHS; i++) {
		e = braid_session_epoch(s, i);
		if (e)
			braid_path_key(path, e);
	}
}

void braid_path_start(struct braid_path *path, struct braid_session *s)
{
	struct braid_peer *peer = braid_locked(path);

	braid_path_clear(path);
	path->id = braid_path_id(peer);
	braid_path_keys(path, s);
	if (path->reverse) {
		path->state = BRAID_PATH_STATE_UNVALIDATED;
		path->reason = "made for a probe; the way back is not proven yet";
	} else if (path->cold) {
		path->state = BRAID_PATH_STATE_COLD;
		path->reason = "cold: probed before its first use";
	} else {
		path->state = BRAID_PATH_STATE_PROBING;
		path->reason = path->unreachable ?: "no probe was answered yet";
	}
	braid_quota_start(path);
	path->state_us = braid_now_us();
	braid_probe_start(path, path->state_us);
}

void braid_path_stop(struct braid_path *path)
{
	struct braid_peer *peer = braid_locked(path);

	/* Unreported packets and what waits go over the paths that are left. */
	braid_repair_flight(path);
	braid_path_readmit(path);
	__skb_queue_purge(&path->control);
	path->state = BRAID_PATH_STATE_PROBING;
	path->reason = "the peer has no key";
	path->probe_due_us = BRAID_NEVER;
	memset(path->probe_id, 0, sizeof(path->probe_id));
	braid_hop_reset(path, braid_now_us());
	braid_peer_usable_update(peer);
}

void braid_path_state_set(struct braid_path *path, enum braid_path_state state,
			  const char *reason, u64 now_us)
{
	struct braid_peer *peer = braid_locked(path);
	enum braid_path_state old = path->state;

	path->reason = reason;
	if (old == state)
		return;
	path->state = state;
	path->state_us = now_us;
	if (state != BRAID_PATH_STATE_UP)
		braid_path_readmit(path);
	braid_peer_usable_update(peer);
	braid_path_view_update(path);
	trace_braid_path_state(path, old);
	braid_event_path(path, old);
}

s64 braid_path_delay(const struct braid_path *path, u64 now_us)
{
	s64 queue = path->owd.smooth_us - path->owd.base_us;
	s64 age = now_us - path->loss.last_report_us;

	if (!path->owd.valid)
		return path->rtt.srtt_us / 2;
	return path->owd.base_us + max(queue - age, 0LL);
}

/*
 * A path's delay is told relative to the quickest one's, and that of a path
 * without traffic gets less with time: one sample changes all.
 */
static void braid_path_view_delays(struct braid_peer *peer, u64 now_us)
{
	s64 quickest = S64_MAX;
	struct braid_path *path;
	int i;

	braid_for_each_slot(peer, path, i)
		if (path->owd.valid && braid_path_up(path))
			quickest = min(quickest,
				       braid_path_delay(path, now_us));
	braid_for_each_slot(peer, path, i)
		WRITE_ONCE(path->view.owd_us,
			   path->owd.valid && quickest != S64_MAX ?
			   max(braid_path_delay(path, now_us) - quickest, 0) :
			   0);
}

void braid_path_rtt(struct braid_path *path, u32 rtt_us, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	braid_rtt_sample(&path->rtt, rtt_us, now_us);
	braid_hist_add(&path->rtt_hist, rtt_us);
}

void braid_path_view_update(struct braid_path *path)
{
	struct braid_peer *peer = braid_locked(path);
	struct braid_path_view *v = &path->view;
	u32 win = path->win_sent;

	braid_path_view_delays(peer, braid_now_us());
	WRITE_ONCE(v->state, path->state);
	WRITE_ONCE(v->usable, !!(peer->usable & BIT(path->slot)));
	WRITE_ONCE(v->standby, braid_is_standby(path));
	WRITE_ONCE(v->cost, READ_ONCE(path->cost));
	WRITE_ONCE(v->srtt_us, path->rtt.srtt_us);
	WRITE_ONCE(v->min_rtt_us, path->rtt.min_us);
	WRITE_ONCE(v->jitter_us, path->owd.jitter_us);
	WRITE_ONCE(v->queue_us, path->owd.queue_us);
	WRITE_ONCE(v->loss_ppm, win ? div_u64(1000000ULL * path->win_lost, win)
				    : 0);
	WRITE_ONCE(v->rate, path->rate.rate);
	WRITE_ONCE(v->queue_bytes, path->ahead +
				   braid_queue_bytes(peer, BIT(path->slot)));
	WRITE_ONCE(v->mtu, braid_pmtu_open(&path->pmtu) ? 0 :
		   braid_pmtu_inner(path));
	WRITE_ONCE(v->id, path->id);
	WRITE_ONCE(v->slot, path->slot);
	WRITE_ONCE(v->tx_packets, path->tx_packets);
	WRITE_ONCE(v->tx_bytes, path->tx_bytes);
	WRITE_ONCE(v->delivered_packets, path->loss.delivered_packets);
	WRITE_ONCE(v->lost_packets, path->loss.lost_packets -
		   path->loss.late_packets);
}

void braid_path_cold_set(struct braid_path *path, bool cold, u64 now_us)
{
	struct braid_peer *peer = braid_locked(path);

	if (path->cold == cold)
		return;
	WRITE_ONCE(path->cold, cold);
	/* A spent path is silent either way. */
	if (!rcu_access_pointer(peer->session) ||
	    path->state == BRAID_PATH_STATE_SPENT)
		return;
	if (!cold) {
		braid_standby_cold(path, false, now_us);
		braid_probe_now(path, now_us);
		return;
	}
	braid_repair_flight(path);
	braid_path_state_set(path, BRAID_PATH_STATE_COLD,
			     "cold: probed before its first use", now_us);
	braid_standby_cold(path, true, now_us);
	braid_probe_look(path, now_us);
}
