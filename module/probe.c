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

#define BRAID_MS		1000ULL

/* Probes of a suspect without an answer until it is down. */
#define BRAID_PROBE_TRIES	3
/* The tick while there is something to watch. */
#define BRAID_TICK_US		(10 * BRAID_MS)
/* A probe on a path that brought data this lately asks for a report. */
#define BRAID_PROBE_DATA_US	(10000 * BRAID_MS)

/* Data was sent lately. Peer's lock. */
static bool braid_peer_busy(const struct braid_peer *peer, u64 now_us)
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
static void braid_probe_arm(struct braid_path *path, u64 now_us)
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

/* Says that the path is used, from where and to where the packet goes. */
static void braid_probe_state(struct braid_path *path, struct sk_buff *skb)
{
	struct braid_path_status status = {
		.path = path->id,
		.seq = path->hop.moves,
		.status = BRAID_STATUS_AVAILABLE,
	};
	int len = braid_status_write(skb_tail_pointer(skb),
				     BRAID_PROBE_ROOM - skb->len, &status);

	if (WARN_ON_ONCE(len < 0))
		return;
	skb_put(skb, len);
	path->probe_bytes += len;
}

static void braid_probe_queue(struct braid_path *path,
			      const struct braid_probe *p, bool reply,
			      bool eliciting)
{
	struct sk_buff *skb = braid_probe_build(path, p, reply);

	if (skb)
		braid_control_queue(path, skb, eliciting ?
				    BRAID_CONTROL_ELICITING :
				    BRAID_CONTROL_PLAIN);
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

/*
 * Nothing came after the newest packets of this path, so nothing can prove
 * them lost: a probe that elicits a report does.
 */
static bool braid_tail_waits(const struct braid_path *path, u64 now_us)
{
	return path->loss.flying_packets && path->state == BRAID_PATH_STATE_UP &&
	       now_us > max(path->sent_us, path->tail_us) +
			2 * braid_rtt_pto(&path->rtt);
}

static void braid_probe_send(struct braid_path *path, u64 now_us)
{
	struct braid_probe p = {
		.path = path->id,
		.time_us = now_us,
	};

	if (!path->unanswered)
		path->probe_us = now_us;
	p.id = get_random_u64();
	path->probe_id[path->probes_sent % BRAID_PROBE_IDS] = p.id;
	path->unanswered++;
	path->probes_sent++;
	trace_braid_probe(path, BRAID_PROBE_SENT, p.id, 0);
	braid_probe_arm(path, now_us);
	/* The peer reports of a path that had data lately. */
	braid_probe_queue(path, &p, false, path->loss.flying_packets);
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
	braid_probe_reply(path, p, !from->probing);
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
		trace_braid_probe(path, BRAID_PROBE_ANSWERED, p->id,
				  now_us - p->time_us);
		path->last_rx_us = now_us;
		if (now_us > p->time_us && now_us - p->time_us < U32_MAX) {
			path->proof_us = max(path->proof_us, p->time_us);
			braid_rtt_sample(&path->rtt, now_us - p->time_us,
					 now_us);
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

/* What scheduling on either side may add to a delay. */
#define BRAID_MARGIN_US		(10 * BRAID_MS)

/*
 * A report tells of all paths at the moment when it left the peer. So data of
 * this path which by the peer's clock must have arrived before the newest
 * report of any path left, and is not in it, is lost or the path is dead; when
 * nothing later came on the path either, it is suspect. The way back does not
 * matter, and silence on all paths accuses none.
 */
static bool braid_overdue(const struct braid_path *path)
{
	const struct braid_loss *l = &path->loss;
	u64 margin = BRAID_MARGIN_US + path->rate.peak_us;
	u64 newest = path->peer->peer_us;

	if (!path->owd.valid || !newest)
		return false;
	return (s64)(newest - (l->oldest_us + path->owd.base_us + margin)) > 0 &&
	       newest > l->delivered_at_us + margin;
}

/* Was the peer heard on another path since @since? Racy, and harmless so. */
static bool braid_heard_elsewhere(const struct braid_path *path, u64 since)
{
	struct braid_session *s;
	int i;

	s = rcu_dereference_protected(path->peer->session,
				      lockdep_is_held(&path->peer->lock));
	for (i = 0; s && i < BRAID_RX_PATHS; i++) {
		struct braid_rx_path *p = rcu_dereference_bh(s->rx[i]);

		if (p && READ_ONCE(p->heard_us) > since &&
		    !braid_hop_owns(path, READ_ONCE(p->sock), &p->from))
			return true;
	}
	return false;
}

/*
 * When data is out on this path only, no report of another tells anything. But
 * if the peer was heard on another path, a report would have been, too.
 */
static bool braid_unheard(const struct braid_path *path, u64 now_us)
{
	u64 due = max(path->loss.oldest_us, path->loss.last_report_us) +
		  path->rtt.srtt_us + 4 * path->rtt.var_us +
		  path->peer->report_wait_us + 2 * BRAID_MARGIN_US;

	return now_us > due && braid_heard_elsewhere(path, due);
}

/* Something that went to the peer at @since or later has proven its path. */
static bool braid_proven_elsewhere(const struct braid_path *path, u64 since)
{
	struct braid_peer *peer = path->peer;
	struct braid_path *other;
	int i;

	braid_for_each_slot(peer, other, i)
		if (other != path && other->proof_us >= since)
			return true;
	return false;
}

/*
 * The first data after a silence, on a path that may have died meanwhile. The
 * other paths were probed at the same time; when one of them has answered and
 * this one's report has not come in its round trip, nobody waits for more.
 */
static bool braid_woken_silent(const struct braid_path *path, u64 now_us)
{
	u64 since = path->loss.oldest_us;

	if (since < path->peer->woken_us ||
	    path->loss.last_report_us >= path->peer->woken_us)
		return false;
	return now_us > since + path->rtt.srtt_us + 4 * path->rtt.var_us +
			path->peer->report_wait_us + 2 * BRAID_MARGIN_US &&
	       braid_proven_elsewhere(path, since);
}

static void braid_suspect(struct braid_path *path, u64 now_us)
{
	if (path->state != BRAID_PATH_STATE_UP ||
	    path->loss.oldest_us == BRAID_NEVER || !path->loss.flying_packets)
		return;
	if (!braid_overdue(path) && !braid_unheard(path, now_us) &&
	    !braid_woken_silent(path, now_us))
		return;
	path->unanswered = 0;
	/* What is out goes again elsewhere, at once; then what waits. */
	braid_repair_flight(path);
	braid_path_state_set(path, BRAID_PATH_STATE_SUSPECT,
			     "reports are overdue while other paths' come",
			     now_us);
	braid_schedule_idle(path);
}

/* Three probes without an answer: down, or for an idle path suspect first. */
static void braid_give_up(struct braid_path *path, u64 now_us)
{
	if (path->unanswered < BRAID_PROBE_TRIES)
		return;
	if (path->state != BRAID_PATH_STATE_SUSPECT)
		return;
	braid_repair_flight(path);
	braid_path_state_set(path, BRAID_PATH_STATE_DOWN,
			     "probes stay unanswered", now_us);
}

/* When a probe that stays unanswered makes a path suspect. */
static u64 braid_doubt_us(const struct braid_path *path)
{
	return path->probe_us + braid_rtt_pto(&path->rtt) + 100 * BRAID_MS;
}

/* An idle path whose rare probe stays unanswered is probed quickly. */
static void braid_doubt(struct braid_path *path, u64 now_us)
{
	if (path->state == BRAID_PATH_STATE_UP && path->unanswered &&
	    now_us > braid_doubt_us(path)) {
		path->unanswered = 1;
		braid_repair_flight(path);
		braid_path_state_set(path, BRAID_PATH_STATE_SUSPECT,
				     "a probe stays unanswered", now_us);
	}
}

static void braid_expire(struct braid_path *path, u64 now_us)
{
	struct braid_ack ack;

	if (now_us < braid_loss_deadline(&path->loss, &path->rtt))
		return;
	memset(&ack, 0, sizeof(ack));
	braid_loss_expire(&path->loss, &path->rtt, now_us, &braid_repair_ops,
			  path, &ack);
	if (ack.lost_packets)
		braid_path_learn(path, &ack, now_us);
}

static void braid_path_tick(struct braid_path *path, u64 now_us)
{
	if (path->probe_due_us == BRAID_NEVER)
		return;
	braid_expire(path, now_us);
	if (path->state == BRAID_PATH_STATE_SPENT) {
		braid_quota_tick(path, now_us);
		return;
	}
	braid_suspect(path, now_us);
	braid_doubt(path, now_us);
	braid_hop_tick(path, now_us);
	braid_probe_look(path, now_us);
	braid_rate_tick(&path->rate, now_us);
	braid_pmtu_tick(path, braid_peer_busy(path->peer, now_us), now_us);
	if (braid_tail_waits(path, now_us)) {
		path->tail_us = now_us;
		braid_probe_send(path, now_us);
		return;
	}
	if (now_us < path->probe_due_us)
		return;
	braid_give_up(path, now_us);
	braid_probe_look(path, now_us);
	if (braid_reverse_expired(path, now_us))
		braid_reverse_clear(path->peer->braid);
	if (braid_health_probes(&path->health))
		braid_probe_send(path, now_us);
	else
		braid_probe_arm(path, now_us);
}

/* An eighth of the shortest round trip, between 1 and 5 ms. */
static void braid_report_pace(struct braid_peer *peer)
{
	struct braid_path *path;
	u32 rtt = U32_MAX;
	int i;

	braid_for_each_slot(peer, path, i)
		if (braid_path_up(path) && path->rtt.srtt_us)
			rtt = min(rtt, path->rtt.srtt_us);
	if (rtt != U32_MAX)
		WRITE_ONCE(peer->report_wait_us,
			   clamp_t(u32, rtt / 8, 1000, 5000));
}

static u64 braid_tick_next(struct braid_peer *peer, u64 now_us)
{
	u64 next = BRAID_NEVER;
	struct braid_path *path;
	int i;

	braid_for_each_slot(peer, path, i) {
		next = min3(next, path->probe_due_us,
			    braid_pmtu_due(path, braid_peer_busy(peer, now_us)));
		next = min(next, braid_hop_due(path));
		if (path->loss.flying_packets)
			next = min(next, now_us + BRAID_TICK_US);
		if (path->unanswered && path->state == BRAID_PATH_STATE_UP)
			next = min(next, braid_doubt_us(path) + 1);
	}
	if (braid_peer_busy(peer, now_us))
		next = min(next, now_us + BRAID_TICK_US);
	return next;
}

void braid_tick_arm(struct braid_peer *peer, u64 now_us)
{
	u64 next = braid_tick_next(peer, now_us);
	unsigned long at;

	lockdep_assert_held(&peer->lock);
	if (peer->dead || next >= BRAID_NEVER - 1)
		return;
	at = jiffies + usecs_to_jiffies(next > now_us ? next - now_us : 0) + 1;
	if (!timer_pending(&peer->tick) || time_before(at, peer->tick.expires))
		mod_timer(&peer->tick, at);
}

void braid_tick_wake(struct braid_peer *peer)
{
	lockdep_assert_held(&peer->lock);
	if (!timer_pending(&peer->tick) ||
	    time_after(READ_ONCE(peer->tick.expires),
		       jiffies + usecs_to_jiffies(2 * BRAID_TICK_US)))
		braid_tick_arm(peer, braid_now_us());
}

void braid_tick(struct timer_list *timer)
{
	struct braid_peer *peer = from_timer(peer, timer, tick);
	u64 now_us = braid_now_us();
	struct braid_path *path;
	int i;

	rcu_read_lock_bh();
	spin_lock(&peer->lock);
	peer->wakeups++;
	braid_for_each_slot(peer, path, i)
		braid_path_tick(path, now_us);
	braid_schedule_tick(peer, now_us);
	braid_report_pace(peer);
	braid_ack_tune(peer);
	braid_tick_arm(peer, now_us);
	spin_unlock(&peer->lock);
	braid_pump(peer);
	rcu_read_unlock_bh();
}
