// SPDX-License-Identifier: GPL-2.0
#include "report.h"

#include "admit.h"
#include "device.h"
#include "flow.h"
#include "peer.h"
#include "probe.h"
#include "repair.h"
#include "transmit.h"

/* How far below the highest number a report looks. */
#define BRAID_REPORT_DEPTH	2048
/* Bytes of reports in one packet, so that it fits the smallest path. */
#define BRAID_REPORT_ROOM	1100
/* Never more often than this, whatever the round trip. */
#define BRAID_REPORT_MIN_US	1000
/* Bytes of a packet that is large for the sake of delay. */
#define BRAID_LARGE		1000
/* Delay beyond the known that makes a path another one. */
#define BRAID_LATE_US		20000

void braid_report_due(struct braid_session *s, struct braid_rx_path *p,
		      u64 now_us, bool gap)
{
	u64 wait = gap ? BRAID_REPORT_MIN_US :
		   READ_ONCE(s->peer->report_wait_us);
	u64 at = max(now_us, s->reported_us + wait);

	lockdep_assert_held(&s->lock);
	p->due = 2;
	s->report_us = min(s->report_us, at);
	braid_session_arm(s);
}

/* Writes the report of one path; returns its size, 0 when it does not fit. */
static int braid_report_fill(struct braid_rx_path *p, u8 *buf, size_t room,
			     u64 now_us)
{
	struct braid_report r;
	int len;

	r.path = p->id;
	r.arrival_us = p->arrival_us;
	r.held_us = min_t(u64, now_us - p->arrival_us, U32_MAX);
	r.bytes = p->bytes;
	r.ce = p->ce;
	r.n = braid_replay_ranges(&p->replay, r.range, BRAID_MAX_RANGES,
				  BRAID_REPORT_DEPTH);
	len = braid_report_write(buf, room, &r);
	return max(len, 0);
}

/* One packet with the reports of all paths that have news, or NULL. */
static struct sk_buff *braid_report_build(struct braid_session *s, u64 now_us)
{
	struct sk_buff *skb = braid_control_alloc(BRAID_REPORT_ROOM);
	struct braid_rx_path *p;
	bool left = false;
	int i, len;

	lockdep_assert_held(&s->lock);
	s->report_us = BRAID_NEVER;
	if (!skb)
		return NULL;
	for (i = 0; i < BRAID_RX_PATHS; i++) {
		p = rcu_dereference_protected(s->rx[i],
					      lockdep_is_held(&s->lock));
		if (!p || !p->due)
			continue;
		len = braid_report_fill(p, skb_tail_pointer(skb),
					BRAID_REPORT_ROOM - skb->len, now_us);
		skb_put(skb, len);
		if (len)
			p->due--;
		else
			left = true;
	}
	if (left)
		s->report_us = now_us + BRAID_REPORT_MIN_US;
	if (!skb->len) {
		kfree_skb(skb);
		return NULL;
	}
	s->reported_us = now_us;
	return skb;
}

static void braid_report_queue(struct braid_peer *peer, struct sk_buff *skb)
{
	u32 set = peer->usable;
	struct braid_path *first = braid_peer_quickest(peer, &set);
	struct braid_path *second = braid_peer_quickest(peer, &set);
	struct sk_buff *copy;

	if (!first) {
		kfree_skb(skb);
		return;
	}
	copy = second ? skb_copy(skb, GFP_ATOMIC) : NULL;
	if (copy)
		braid_control_queue(second, copy, BRAID_CONTROL_PLAIN);
	braid_control_queue(first, skb, BRAID_CONTROL_PLAIN);
}

void braid_report_send(struct braid_session *s)
{
	struct braid_peer *peer = s->peer;
	struct sk_buff *skb;

	spin_lock(&s->lock);
	skb = braid_report_build(s, braid_now_us());
	spin_unlock(&s->lock);
	if (!skb)
		return;
	spin_lock(&peer->lock);
	braid_report_queue(peer, skb);
	spin_unlock(&peer->lock);
	braid_pump(peer);
}

static struct braid_path *braid_path_by_id(struct braid_peer *peer, u16 id)
{
	struct braid_path *path;
	int i;

	braid_for_each_slot(peer, path, i)
		if (path->id == id)
			return path;
	return NULL;
}

/* Loss over about the last 1000 packets, for policies and people. */
static void braid_report_window(struct braid_path *path,
				const struct braid_ack *ack)
{
	path->win_sent += ack->acked_packets + ack->lost_packets;
	path->win_lost += ack->lost_packets;
	path->win_lost -= min(path->win_lost, ack->late_packets);
	while (path->win_sent > 2000) {
		path->win_sent /= 2;
		path->win_lost /= 2;
	}
}

/*
 * A large packet takes longer to put on a slow link than a small one, which
 * must not look like a queue. So where large packets flow, only they count, and
 * the first one after a while begins the empty path's delay anew.
 */
static void braid_path_delay_sample(struct braid_path *path,
				    const struct braid_ack *ack, u64 now_us)
{
	bool fresh = path->large_us &&
		     now_us - path->large_us < BRAID_MIN_WINDOW_US;

	if (ack->owd_size < BRAID_LARGE) {
		if (!fresh)
			braid_owd_sample(&path->owd, ack->owd_us, now_us);
		return;
	}
	if (!fresh)
		braid_owd_init(&path->owd);
	path->large_us = now_us;
	braid_owd_sample(&path->owd, ack->owd_us, now_us);
}

/* What a report or an expired deadline has told, taken into the estimates. */
void braid_path_learn(struct braid_path *path, const struct braid_ack *ack,
		      u64 now_us)
{
	struct braid_peer *peer = path->peer;

	lockdep_assert_held(&peer->lock);
	if (ack->rtt_us) {
		braid_path_rtt(path, ack->rtt_us, now_us);
		braid_path_delay_sample(path, ack, now_us);
	}
	braid_report_window(path, ack);
	braid_rate_ack(&path->rate, ack, &path->rtt, &path->owd, now_us,
		       path->backlog || braid_admit_pending(peer),
		       path->loss.flying);
	braid_path_view_update(path);
}

void braid_report_tell(struct braid_path *path)
{
	struct braid_event_ctx ctx = {
		.slot = path->slot, .path_id = path->id,
		.old_state = path->state, .state = path->state,
	};

	if (!braid_steer_wants(&path->peer->braid->steer, BRAID_HAS_REPORT))
		return;
	braid_flow_peer(&ctx.peer, path->peer);
	braid_steer_report(&path->peer->braid->steer, &ctx);
}

/*
 * News of a suspect path clears it, unless they are so late that the path is
 * alive but another one: its delay has jumped. Then probes measure it anew.
 */
static bool braid_report_clears(const struct braid_path *path,
				const struct braid_ack *ack)
{
	if (path->state != BRAID_PATH_STATE_SUSPECT || !path->owd.valid)
		return true;
	return ack->rtt_us && ack->owd_us <= path->owd.base_us +
	       path->rate.peak_us + BRAID_LATE_US;
}

static void braid_report_take(struct braid_peer *peer,
			      const struct braid_report *r, u64 now_us)
{
	struct braid_path *path = braid_path_by_id(peer, r->path);
	struct braid_ack ack;

	if (!path || path->probe_due_us == BRAID_NEVER)
		return;
	if (braid_loss_report(&path->loss, r, &path->rtt, now_us,
			      &braid_repair_ops, path, &ack)) {
		braid_count(peer->braid, BRAID_CNT_RX_TLV_INVALID);
		return;
	}
	peer->report_us = now_us;
	peer->peer_us = max(peer->peer_us, r->arrival_us + r->held_us);
	if (ack.acked_packets && braid_report_clears(path, &ack)) {
		path->last_rx_us = now_us;
		braid_path_alive(path, now_us);
	}
	braid_path_learn(path, &ack, now_us);
	braid_report_tell(path);
}

void braid_report_receive(struct braid_peer *peer, const u8 *value, size_t len,
			  u64 now_us)
{
	struct braid_report r;

	if (braid_report_read(&r, value, len)) {
		braid_count(peer->braid, BRAID_CNT_RX_TLV_INVALID);
		return;
	}
	spin_lock_bh(&peer->lock);
	braid_report_take(peer, &r, now_us);
	spin_unlock_bh(&peer->lock);
}
