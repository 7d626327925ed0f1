// SPDX-License-Identifier: GPL-2.0
#include "watch.h"

#include "ack.h"
#include "device.h"
#include "peer.h"
#include "pmtu.h"
#include "probe.h"
#include "repair.h"
#include "reverse.h"
#include "schedule.h"
#include "transmit.h"

#define BRAID_MS		1000ULL

/* Probes of a suspect without an answer until it is down. */
#define BRAID_PROBE_TRIES	3
/* The tick while there is something to watch. */
#define BRAID_TICK_US		(10 * BRAID_MS)
/* Two ticks are at least this far apart. */
#define BRAID_TICK_LEAST_US	(4 * BRAID_MS)
/* It may be so late, for what else is due then: nothing counts that closely. */
#define BRAID_TICK_SLACK_NS	(4 * NSEC_PER_MSEC)
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
	braid_repair_failover(path, now_us);
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
	braid_repair_failover(path, now_us);
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
		braid_repair_failover(path, now_us);
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
	braid_standby_tick(path, now_us);
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
		next = min3(next, braid_hop_due(path), braid_standby_due(path));
		if (path->loss.flying_packets)
			next = min(next, now_us + BRAID_TICK_US);
		if (path->unanswered && path->state == BRAID_PATH_STATE_UP)
			next = min(next, braid_doubt_us(path) + 1);
	}
	if (braid_peer_busy(peer, now_us))
		next = min(next, now_us + BRAID_TICK_US);
	return min(next, braid_peer_lose_us(peer));
}

/*
 * Not by the timer wheel: of half a minute it makes up to two seconds more, so a
 * NAT of 30 s would have forgotten, and the end that is to probe next would not.
 */
void braid_tick_arm(struct braid_peer *peer, u64 now_us)
{
	u64 next = braid_tick_next(peer, now_us);
	ktime_t at;

	lockdep_assert_held(&peer->lock);
	if (peer->dead || next >= BRAID_NEVER - 1)
		return;
	next = max(next, now_us + BRAID_TICK_LEAST_US);
	at = ns_to_ktime(next * NSEC_PER_USEC);
	if (!hrtimer_is_queued(&peer->tick) ||
	    ktime_before(at, hrtimer_get_softexpires(&peer->tick)))
		hrtimer_start_range_ns(&peer->tick, at, BRAID_TICK_SLACK_NS,
				       HRTIMER_MODE_ABS_SOFT);
}

void braid_tick_wake(struct braid_peer *peer)
{
	u64 now_us = braid_now_us();

	lockdep_assert_held(&peer->lock);
	if (!hrtimer_is_queued(&peer->tick) ||
	    ktime_to_us(hrtimer_get_softexpires(&peer->tick)) >
	    now_us + 2 * BRAID_TICK_US)
		braid_tick_arm(peer, now_us);
}

enum hrtimer_restart braid_tick(struct hrtimer *timer)
{
	struct braid_peer *peer = container_of(timer, struct braid_peer, tick);
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
	if (braid_peer_lost(peer))
		braid_peer_lose(peer);
	braid_tick_arm(peer, now_us);
	spin_unlock(&peer->lock);
	braid_pump(peer);
	rcu_read_unlock_bh();
	return HRTIMER_NORESTART;
}
