// SPDX-License-Identifier: GPL-2.0
#include "probe.h"

#include <linux/random.h>

#include "ack.h"
#include "device.h"
#include "peer.h"
#include "pmtu.h"
#include "repair.h"
#include "report.h"
#include "reverse.h"
#include "schedule.h"
#include "trace.h"
#include "train.h"
#include "transmit.h"
#include "watch.h"

#define BRAID_MS		1000ULL

/* A probe on a path that brought data this lately asks for a report. */
#define BRAID_PROBE_DATA_US	(10000 * BRAID_MS)

bool braid_peer_busy(const struct braid_peer *peer, u64 now_us)
{
	return peer->busy_us && now_us - peer->busy_us < BRAID_BUSY_US;
}

/* --- how closely a path is watched: core/health.h --- */

static enum braid_health_life braid_life(enum braid_path_state state)
{
	switch (state) {
	case BRAID_PATH_STATE_UP:
		return BRAID_HEALTH_LIFE_UP;
	case BRAID_PATH_STATE_COLD:
	case BRAID_PATH_STATE_SPENT:
		return BRAID_HEALTH_LIFE_COLD;
	case BRAID_PATH_STATE_SUSPECT:
		return BRAID_HEALTH_LIFE_SUSPECT;
	case BRAID_PATH_STATE_DOWN:
		return BRAID_HEALTH_LIFE_DOWN;
	default:
		return BRAID_HEALTH_LIFE_NEW;
	}
}

void braid_probe_look(struct braid_path *path, u64 now_us)
{
	u64 asked_us = path->asked_us;
	struct braid_health_seen seen = {
		.life = braid_life(path->state),
		.data = path->sent_us && now_us - path->sent_us < BRAID_BUSY_US,
		.silent = asked_us > path->loss.last_report_us &&
			  now_us - asked_us > BRAID_HEALTH_WATCH_US,
		.wanted = braid_peer_busy(path->peer, now_us),
	};
	u64 delay_us;

	lockdep_assert_held(&path->peer->lock);
	if (path->probe_due_us == BRAID_NEVER ||
	    !braid_health_update(&path->health, &seen, now_us, &delay_us))
		return;
	path->probe_due_us = delay_us == BRAID_HEALTH_NONE ? BRAID_NEVER - 1 :
							     now_us + delay_us;
}

/* A probe went. */
void braid_probe_arm(struct braid_path *path, u64 now_us)
{
	u64 wait_us = braid_health_next(&path->health,
					braid_peer_busy(path->peer, now_us),
					braid_rtt_pto(&path->rtt),
					get_random_u32());

	path->probe_due_us = wait_us == BRAID_HEALTH_NONE ? BRAID_NEVER - 1 :
							    now_us + wait_us;
}

void braid_probe_keepalive(struct braid_path *path, u32 keepalive_us,
			   u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	braid_health_keepalive(&path->health, keepalive_us);
	if (path->probe_due_us >= BRAID_NEVER - 1)
		return;
	path->probe_due_us = min(path->probe_due_us, now_us + keepalive_us);
	braid_tick_arm(path->peer, now_us);
}

void braid_probe_start(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	braid_health_start(&path->health, now_us);
	path->probe_due_us = now_us;
	braid_probe_look(path, now_us);
	braid_tick_arm(path->peer, now_us);
}

void braid_probe_wake(struct braid_peer *peer, u64 now_us)
{
	struct braid_path *path;
	int i;

	lockdep_assert_held(&peer->lock);
	peer->woken_us = now_us;
	peer->busy_us = now_us;
	braid_for_each_slot(peer, path, i)
		braid_probe_look(path, now_us);
	braid_tick_arm(peer, now_us);
}

/* --- probes --- */

static struct sk_buff *braid_probe_build(struct braid_path *path,
					 const struct braid_probe *p,
					 bool reply)
{
	struct sk_buff *skb = braid_control_alloc(BRAID_PROBE_ROOM);
	int len;

	if (!skb)
		return NULL;
	len = braid_probe_write(skb_tail_pointer(skb), BRAID_PROBE_ROOM, p,
				reply);
	if (WARN_ON_ONCE(len < 0)) {
		kfree_skb(skb);
		return NULL;
	}
	skb_put(skb, len);
	path->probe_bytes += braid_path_outer(path, len) - BRAID_DATA_LEN;
	if (reply)
		path->probes_replied++;
	return skb;
}

/*
 * Says how the path is used; and that it is, from where and to where the packet
 * goes: see struct braid_hop.
 */
static void braid_probe_state(struct braid_path *path, struct sk_buff *skb)
{
	struct braid_path_status status = {
		.path = path->id,
		.seq = path->standby.seq,
		.status = braid_standby_status(path),
	};
	int len = braid_status_write(skb_tail_pointer(skb),
				     BRAID_PROBE_ROOM - skb->len, &status);

	if (WARN_ON_ONCE(len < 0))
		return;
	skb_put(skb, len);
	path->probe_bytes += len;
}

void braid_probe_extra(struct braid_path *path, u64 id,
		       const struct braid_control_way *way, u64 now_us)
{
	struct braid_probe p = { .path = path->id, .id = id, .time_us = now_us };
	struct sk_buff *skb = braid_probe_build(path, &p, false);

	lockdep_assert_held(&path->peer->lock);
	path->probes_sent++;
	trace_braid_probe(path, BRAID_PROBE_SENT, id, 0);
	if (skb)
		braid_control_queue_by(path, skb, way);
}

void braid_probe_stating(struct braid_path *path, u64 now_us)
{
	struct braid_probe p = { .path = path->id, .time_us = now_us };
	struct sk_buff *skb;

	lockdep_assert_held(&path->peer->lock);
	p.id = get_random_u64();
	path->probe_id[path->probes_sent++ % BRAID_PROBE_IDS] = p.id;
	trace_braid_probe(path, BRAID_PROBE_SENT, p.id, 0);
	skb = braid_probe_build(path, &p, false);
	if (!skb)
		return;
	braid_standby_states(path, p.id, now_us);
	braid_probe_state(path, skb);
	braid_control_queue(path, skb, BRAID_CONTROL_PLAIN);
}

u64 braid_probe_padded(struct braid_path *path, u32 size, u64 id, u64 now_us)
{
	u32 room = size ? size - braid_path_outer(path, 0) + BRAID_DATA_LEN :
			  BRAID_PROBE_ROOM;
	struct braid_probe p = {
		.path = path->id,
		.id = id ?: get_random_u64(),
		.time_us = now_us,
	};
	struct sk_buff *skb = braid_control_alloc(room);
	int len;

	if (!skb)
		return 0;
	len = braid_probe_write(skb_tail_pointer(skb), room, &p, false);
	if (len < 0 || (size && braid_pad_write(skb_tail_pointer(skb) + len,
						room - len) < 0)) {
		kfree_skb(skb);
		return 0;
	}
	skb_put(skb, size ? room : len);
	braid_control_queue(path, skb, size ? BRAID_CONTROL_SIZE :
					      BRAID_CONTROL_PLAIN);
	return p.id;
}

void braid_probe_send(struct braid_path *path, u64 now_us)
{
	struct braid_probe p = {
		.path = path->id,
		.time_us = now_us,
	};
	struct sk_buff *skb;

	if (!path->unanswered)
		path->probe_us = now_us;
	p.id = get_random_u64();
	path->probe_id[path->probes_sent % BRAID_PROBE_IDS] = p.id;
	path->unanswered++;
	path->probes_sent++;
	trace_braid_probe(path, BRAID_PROBE_SENT, p.id, 0);
	braid_probe_arm(path, now_us);
	skb = braid_probe_build(path, &p, false);
	if (!skb)
		return;
	if (braid_standby_states(path, p.id, now_us))
		braid_probe_state(path, skb);
	/* The peer reports of a path that had data lately. */
	braid_control_queue(path, skb, path->loss.flying_packets ?
			    BRAID_CONTROL_ELICITING : BRAID_CONTROL_PLAIN);
}

void braid_probe_now(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	if (path->state == BRAID_PATH_STATE_SPENT)
		return;
	if (path->state == BRAID_PATH_STATE_COLD)
		braid_path_state_set(path, BRAID_PATH_STATE_PROBING,
				     "no probe was answered yet", now_us);
	/* asked for: also where reports have just measured the path */
	braid_probe_look(path, now_us);
	braid_health_ask(&path->health);
	path->probe_due_us = now_us;
	braid_tick_arm(path->peer, now_us);
}

void braid_probe_later(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	path->unanswered = 0;
	braid_probe_look(path, now_us);
	braid_tick_arm(path->peer, now_us);
}

void braid_path_alive(struct braid_path *path, u64 now_us)
{
	enum braid_path_state was;

	lockdep_assert_held(&path->peer->lock);
	/* What it sent before still arrives and is told of; more it cannot. */
	if (path->unreachable)
		return;
	/* Nor is one put to sleep woken by an answer that was under way then. */
	if (path->state == BRAID_PATH_STATE_COLD ||
	    path->state == BRAID_PATH_STATE_SPENT)
		return;
	path->unanswered = 0;
	if (path->state == BRAID_PATH_STATE_UP)
		return;
	if (path->state != BRAID_PATH_STATE_SUSPECT)
		braid_rate_start(&path->rate, &path->rtt, now_us);
	path->last_rx_us = now_us;
	was = path->state;
	braid_path_state_set(path, BRAID_PATH_STATE_UP,
			     "delivers: proven by a probe or a report", now_us);
	braid_probe_look(path, now_us);
	braid_pmtu_up(path, was == BRAID_PATH_STATE_SUSPECT, now_us);
}

/* What the prober has stated is stated back: now each knows of the other. */
static void braid_probe_reply(struct braid_path *path,
			      const struct braid_probe *p, bool stating)
{
	struct sk_buff *skb = braid_probe_build(path, p, true);

	if (!skb)
		return;
	if (stating)
		braid_probe_state(path, skb);
	braid_control_queue(path, skb, BRAID_CONTROL_PLAIN);
}

/*
 * Both ends have probed at the same moment, and would again: their intervals grow
 * alike. One of them lets the other go first from now on.
 */
static void braid_probe_yield(struct braid_path *path)
{
	struct braid_session *s =
		rcu_dereference_protected(path->peer->session,
					  lockdep_is_held(&path->peer->lock));

	if (s && s->local > s->remote && path->state == BRAID_PATH_STATE_UP &&
	    path->probe_due_us < BRAID_NEVER - 1)
		path->probe_due_us += 2ULL * path->rtt.srtt_us;
}

static void braid_probe_answer(struct braid_path *path,
			       const struct braid_probe *p,
			       const struct braid_origin *from, u64 now_us)
{
	u64 delay_us;

	trace_braid_probe(path, BRAID_PROBE_CAME, p->id, 0);
	path->probed_us = now_us;
	braid_quota_probed(path, now_us);
	/* It is told why not: braid_quota_remind(). */
	if (path->state == BRAID_PATH_STATE_SPENT)
		return;
	if (path->state == BRAID_PATH_STATE_UNVALIDATED)
		path->credit += 3 * from->size;
	/* Whoever probes a path that is asleep does not know that it is. */
	braid_probe_reply(path, p, !from->probing ||
				   path->state == BRAID_PATH_STATE_COLD);
	/* It reaches us: perhaps we reach it, which wants a probe. */
	if (path->state == BRAID_PATH_STATE_PROBING ||
	    path->state == BRAID_PATH_STATE_UNVALIDATED ||
	    path->state == BRAID_PATH_STATE_DOWN)
		path->probe_due_us = min(path->probe_due_us, now_us);
	if (path->unanswered)
		braid_probe_yield(path);
	else if (braid_health_answered(&path->health, path->last_rx_us, now_us,
				       get_random_u32(), &delay_us))
		path->probe_due_us = now_us + delay_us;
	braid_tick_arm(path->peer, now_us);
}

/*
 * It came by another port of the path's, or of the peer's: it is answered there,
 * and nothing else follows from it.
 */
static void braid_probe_aside(struct braid_path *path,
			      const struct braid_probe *p,
			      const struct braid_origin *from, u64 now_us)
{
	struct braid_control_way way = {
		.sock = from->sock, .port = braid_addr_port(&from->from),
	};
	struct sk_buff *skb;

	trace_braid_probe(path, BRAID_PROBE_CAME, p->id, 0);
	if (path->state == BRAID_PATH_STATE_SPENT)
		return;
	skb = braid_probe_build(path, p, true);
	if (skb)
		braid_control_queue_by(path, skb, &way);
	braid_hop_seen(path, from, now_us);
}

/*
 * The prober may be asking for its last data packets, which nothing followed.
 * On a path without data lately there is nothing to tell but the answer.
 */
static void braid_probe_report(struct braid_session *s, struct braid_rx_path *p,
			       u64 now_us)
{
	spin_lock_bh(&s->lock);
	if (p->data_us && now_us - p->data_us < BRAID_PROBE_DATA_US)
		braid_report_due(s, p, now_us, true);
	spin_unlock_bh(&s->lock);
}

void braid_probe_receive(struct braid_session *s, const struct braid_tlv *tlv,
			 const struct braid_origin *from, u64 now_us)
{
	struct braid_peer *peer = s->peer;
	struct braid_path *path;
	struct braid_probe p;

	if (braid_probe_read(&p, tlv->value, tlv->len)) {
		braid_count(peer->braid, BRAID_CNT_RX_TLV_INVALID);
		return;
	}
	p.peer_us = now_us;
	braid_probe_report(s, from->path, now_us);
	spin_lock_bh(&peer->lock);
	path = braid_path_by_origin(peer, from);
	if (path) {
		braid_probe_answer(path, &p, from, now_us);
		goto out;
	}
	path = braid_hop_by_origin(peer, from);
	if (path)
		braid_probe_aside(path, &p, from, now_us);
	else if (!from->sock->listen || !braid_reverse_request(peer, from))
		braid_count(peer->braid, BRAID_CNT_RX_PROBE_STRAY);
out:
	spin_unlock_bh(&peer->lock);
}

/* One of the last few; each counts once. */
static bool braid_probe_known(struct braid_path *path, u64 id)
{
	int i;

	for (i = 0; i < BRAID_PROBE_IDS; i++)
		if (id && path->probe_id[i] == id) {
			path->probe_id[i] = 0;
			return true;
		}
	return false;
}

void braid_probe_moved(struct braid_session *s, const struct braid_origin *from)
{
	struct braid_peer *peer = s->peer;
	u64 now_us = braid_now_us();
	struct braid_path *path;

	spin_lock_bh(&peer->lock);
	path = braid_path_by_origin(peer, from);
	if (path)
		braid_probe_now(path, now_us);
	else
		path = braid_hop_by_origin(peer, from);
	if (path)
		braid_hop_heard(path, from, now_us);
	else if (from->sock->listen)
		braid_reverse_request(peer, from);
	spin_unlock_bh(&peer->lock);
}

static void braid_probe_take(struct braid_peer *peer,
			     const struct braid_probe *p, u64 now_us)
{
	struct braid_path *path;
	int i;

	braid_for_each_slot(peer, path, i) {
		if (path->id != p->path || path->probe_due_us == BRAID_NEVER ||
		    braid_pmtu_replied(path, p->id, now_us) ||
		    braid_train_replied(path, p->id, p->peer_us) ||
		    (!braid_hop_replied(path, p->id, now_us) &&
		     !braid_probe_known(path, p->id)))
			continue;
		path->probes_answered++;
		braid_standby_said(path, p->id);
		trace_braid_probe(path, BRAID_PROBE_ANSWERED, p->id,
				  now_us - p->time_us);
		path->last_rx_us = now_us;
		if (now_us > p->time_us && now_us - p->time_us < U32_MAX) {
			path->proof_us = max(path->proof_us, p->time_us);
			braid_path_rtt(path, now_us - p->time_us, now_us);
			braid_owd_sample(&path->owd, p->peer_us - p->time_us,
					 now_us);
		}
		braid_path_alive(path, now_us);
		braid_path_view_update(path);
		braid_report_tell(path);
	}
}

void braid_probe_replied(struct braid_session *s, const struct braid_tlv *tlv,
			 u64 now_us)
{
	struct braid_peer *peer = s->peer;
	struct braid_probe p;

	if (braid_probe_read(&p, tlv->value, tlv->len)) {
		braid_count(peer->braid, BRAID_CNT_RX_TLV_INVALID);
		return;
	}
	spin_lock_bh(&peer->lock);
	braid_probe_take(peer, &p, now_us);
	spin_unlock_bh(&peer->lock);
}
