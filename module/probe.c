// SPDX-License-Identifier: GPL-2.0
#include "probe.h"

#include <linux/random.h>

#include "device.h"
#include "peer.h"
#include "schedule.h"
#include "transmit.h"

#define BRAID_MS		1000ULL

/* Until the first answer: quick at first, then every two seconds. */
#define BRAID_PROBE_FIRST_US	(100 * BRAID_MS)
#define BRAID_PROBE_MAX_US	(2000 * BRAID_MS)
/* Idle and up: rare; a busy path is measured by its reports. */
#define BRAID_PROBE_IDLE_US	(25000 * BRAID_MS)
/* Down: for its return. */
#define BRAID_PROBE_DOWN_US	(500 * BRAID_MS)
/* Probes of a suspect without an answer until it is down. */
#define BRAID_PROBE_TRIES	3
/* Quickest spacing of a suspect's probes. */
#define BRAID_PROBE_QUICK_US	(40 * BRAID_MS)
/* The tick while there is something to watch. */
#define BRAID_TICK_US		(10 * BRAID_MS)
/* A peer without data for this long has nothing to watch but probes. */
#define BRAID_BUSY_US		(2000 * BRAID_MS)
#define BRAID_PROBE_ROOM	64

static const struct braid_loss_ops braid_no_ops;

void braid_probe_start(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	path->probe_wait_us = BRAID_PROBE_FIRST_US;
	path->probe_due_us = now_us;
	if (path->state == BRAID_PATH_STATE_COLD)
		path->probe_due_us = BRAID_NEVER - 1;
	braid_tick_arm(path->peer, now_us);
}

static void braid_probe_queue(struct braid_path *path,
			      const struct braid_probe *p, bool reply)
{
	struct sk_buff *skb = braid_control_alloc(BRAID_PROBE_ROOM);
	int len;

	if (!skb)
		return;
	len = braid_probe_write(skb_tail_pointer(skb), BRAID_PROBE_ROOM, p,
				reply);
	if (WARN_ON_ONCE(len < 0)) {
		kfree_skb(skb);
		return;
	}
	skb_put(skb, len);
	braid_control_queue(path, skb, false);
}

/* When the next probe is due, given the state that this one finds. */
static u64 braid_probe_wait(struct braid_path *path)
{
	u64 rtt = braid_rtt_pto(&path->rtt);

	switch (path->state) {
	case BRAID_PATH_STATE_UP:
		return BRAID_PROBE_IDLE_US;
	case BRAID_PATH_STATE_SUSPECT:
		return clamp_t(u64, rtt, BRAID_PROBE_QUICK_US,
			       BRAID_PROBE_DOWN_US);
	case BRAID_PATH_STATE_DOWN:
		return BRAID_PROBE_DOWN_US;
	default:
		path->probe_wait_us = min(path->probe_wait_us * 3 / 2,
					  BRAID_PROBE_MAX_US);
		return path->probe_wait_us;
	}
}

static void braid_probe_send(struct braid_path *path, u64 now_us)
{
	struct braid_probe p = {
		.path = path->id,
		.time_us = now_us,
	};

	if (!path->probe_id)
		path->probe_us = now_us;
	do {
		path->probe_id = get_random_u64();
	} while (!path->probe_id);
	p.id = path->probe_id;
	path->unanswered++;
	path->probes_sent++;
	path->probe_due_us = now_us + braid_probe_wait(path);
	braid_probe_queue(path, &p, false);
}

void braid_probe_now(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	if (path->state == BRAID_PATH_STATE_COLD)
		braid_path_state_set(path, BRAID_PATH_STATE_PROBING,
				     "no probe was answered yet", now_us);
	path->probe_wait_us = BRAID_PROBE_FIRST_US;
	path->probe_due_us = now_us;
	braid_tick_arm(path->peer, now_us);
}

void braid_path_alive(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	path->unanswered = 0;
	if (path->state == BRAID_PATH_STATE_UP)
		return;
	if (path->state != BRAID_PATH_STATE_SUSPECT)
		braid_rate_start(&path->rate, &path->rtt, now_us);
	path->probe_due_us = now_us + BRAID_PROBE_IDLE_US;
	path->last_rx_us = now_us;
	braid_path_state_set(path, BRAID_PATH_STATE_UP,
			     "delivers: proven by a probe or a report", now_us);
}

static struct braid_path *braid_path_by_tuple(struct braid_peer *peer,
					      const union braid_addr *from,
					      __be16 port)
{
	struct braid_path *path;
	int i;

	braid_for_each_slot(peer, path, i)
		if (path->probe_due_us != BRAID_NEVER &&
		    braid_path_matches(path, from, port))
			return path;
	return NULL;
}

void braid_probe_receive(struct braid_session *s, const struct braid_tlv *tlv,
			 const union braid_addr *from, __be16 port, u64 now_us)
{
	struct braid_peer *peer = s->peer;
	struct braid_path *path;
	struct braid_probe p;

	if (braid_probe_read(&p, tlv->value, tlv->len)) {
		braid_count(peer->braid, BRAID_CNT_RX_TLV_INVALID);
		return;
	}
	p.peer_us = now_us;
	spin_lock_bh(&peer->lock);
	path = braid_path_by_tuple(peer, from, port);
	if (path) {
		braid_probe_queue(path, &p, true);
		/* It reaches us: perhaps we reach it, which wants a probe. */
		if (path->state == BRAID_PATH_STATE_PROBING ||
		    path->state == BRAID_PATH_STATE_DOWN)
			path->probe_due_us = min(path->probe_due_us, now_us);
		braid_tick_arm(peer, now_us);
	} else {
		braid_count(peer->braid, BRAID_CNT_RX_PROBE_STRAY);
	}
	spin_unlock_bh(&peer->lock);
}

static void braid_probe_take(struct braid_peer *peer,
			     const struct braid_probe *p, u64 now_us)
{
	struct braid_path *path;
	int i;

	braid_for_each_slot(peer, path, i) {
		if (path->id != p->path || path->probe_id != p->id)
			continue;
		path->probe_id = 0;
		path->probes_answered++;
		if (now_us > p->time_us && now_us - p->time_us < U32_MAX) {
			braid_rtt_sample(&path->rtt, now_us - p->time_us,
					 now_us);
			braid_owd_sample(&path->owd, p->peer_us - p->time_us,
					 now_us);
		}
		braid_path_alive(path, now_us);
		braid_path_view_update(path);
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

/*
 * Reports travel on the two quickest paths, so the time in which a packet must
 * be reported is what the round-trip samples of its path already measure.
 */
static u64 braid_patience(const struct braid_path *path)
{
	return path->rtt.srtt_us + max_t(u64, 4 * path->rtt.var_us, BRAID_MS) +
	       path->peer->report_wait_us + 2 * BRAID_TICK_US;
}

/*
 * Data is out, nothing of it was reported in the time in which it must have
 * been, and other paths' reports keep coming: this path is suspect. Silence
 * on all paths accuses the peer, or the uplink here, and prefers none.
 */
static bool braid_overdue(const struct braid_path *path, u64 now_us)
{
	const struct braid_loss *l = &path->loss;
	u64 since;

	if (l->oldest_us == BRAID_NEVER || !l->flying_packets)
		return false;
	since = max(l->oldest_us, l->last_report_us);
	return now_us - since > braid_patience(path) &&
	       path->peer->report_us > since;
}

static void braid_suspect(struct braid_path *path, u64 now_us)
{
	if (path->state != BRAID_PATH_STATE_UP || !braid_overdue(path, now_us))
		return;
	path->unanswered = 0;
	braid_path_state_set(path, BRAID_PATH_STATE_SUSPECT,
			     "reports are overdue while other paths' come",
			     now_us);
	path->probe_due_us = now_us;
}

/* Three probes without an answer: down, or for an idle path suspect first. */
static void braid_give_up(struct braid_path *path, u64 now_us)
{
	if (path->unanswered < BRAID_PROBE_TRIES)
		return;
	if (path->state != BRAID_PATH_STATE_SUSPECT)
		return;
	braid_loss_all(&path->loss, &braid_no_ops, NULL);
	braid_path_state_set(path, BRAID_PATH_STATE_DOWN,
			     "probes stay unanswered", now_us);
}

/* An idle path whose rare probe stays unanswered is probed quickly. */
static void braid_doubt(struct braid_path *path, u64 now_us)
{
	u64 patience = braid_patience(path) + 100 * BRAID_MS;

	if (path->state == BRAID_PATH_STATE_UP && path->probe_id &&
	    now_us - path->probe_us > patience) {
		path->unanswered = 1;
		braid_path_state_set(path, BRAID_PATH_STATE_SUSPECT,
				     "a probe stays unanswered", now_us);
		path->probe_due_us = now_us;
	}
}

static void braid_expire(struct braid_path *path, u64 now_us)
{
	struct braid_ack ack;

	if (now_us < braid_loss_deadline(&path->loss, &path->rtt))
		return;
	memset(&ack, 0, sizeof(ack));
	braid_loss_expire(&path->loss, &path->rtt, now_us, &braid_no_ops, NULL,
			  &ack);
	if (ack.lost_packets)
		braid_path_learn(path, &ack, now_us);
}

static void braid_path_tick(struct braid_path *path, u64 now_us)
{
	bool busy = path->last_rx_us &&
		    now_us - path->last_rx_us < BRAID_PROBE_IDLE_US / 2;

	if (path->probe_due_us == BRAID_NEVER)
		return;
	braid_expire(path, now_us);
	braid_suspect(path, now_us);
	braid_doubt(path, now_us);
	braid_rate_tick(&path->rate, now_us);
	if (now_us < path->probe_due_us)
		return;
	braid_give_up(path, now_us);
	if (path->state == BRAID_PATH_STATE_UP && busy) {
		/* Its reports measure it. */
		path->probe_due_us = path->last_rx_us + BRAID_PROBE_IDLE_US;
		return;
	}
	braid_probe_send(path, now_us);
}

static void braid_rate_in_use(struct braid_peer *peer, u64 now_us)
{
	u64 age = now_us - peer->rate_mark_us;

	if (age < BRAID_USEC_PER_SEC)
		return;
	peer->rate_in_use = div64_u64((peer->sent_bytes - peer->rate_mark) *
				      BRAID_USEC_PER_SEC, age);
	peer->rate_mark = peer->sent_bytes;
	peer->rate_mark_us = now_us;
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
		next = min(next, path->probe_due_us);
		if (path->loss.flying_packets ||
		    (path->probe_id && path->state == BRAID_PATH_STATE_UP))
			next = min(next, now_us + BRAID_TICK_US);
	}
	if (peer->busy_us && now_us - peer->busy_us < BRAID_BUSY_US)
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

void braid_tick(struct timer_list *timer)
{
	struct braid_peer *peer = from_timer(peer, timer, tick);
	u64 now_us = braid_now_us();
	struct braid_path *path;
	int i;

	rcu_read_lock_bh();
	spin_lock(&peer->lock);
	braid_for_each_slot(peer, path, i)
		braid_path_tick(path, now_us);
	braid_schedule_tick(peer, now_us);
	braid_rate_in_use(peer, now_us);
	braid_report_pace(peer);
	braid_tick_arm(peer, now_us);
	spin_unlock(&peer->lock);
	braid_pump(peer);
	rcu_read_unlock_bh();
}
