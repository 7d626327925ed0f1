// SPDX-License-Identifier: GPL-2.0
#include "schedule.h"

#include "device.h"
#include "peer.h"
#include "repair.h"
#include "transmit.h"

/* A path that got nothing with a lane for this long is said to be idle. */
#define BRAID_IDLE_US		50000
/* While data flows the delays in it are refreshed this often. */
#define BRAID_REFRESH_US	50000
#define BRAID_SCHEDULE_ROOM	(BRAID_TLV_LEN + 10 + BRAID_MAX_PATHS * 20)

void braid_schedule_use(struct braid_path *path, u64 gseq)
{
	lockdep_assert_held(&path->peer->lock);
	if (likely(path->active))
		return;
	path->active = true;
	path->since_gseq = gseq;
	path->peer->schedule_due = true;
}

void braid_schedule_idle(struct braid_path *path)
{
	lockdep_assert_held(&path->peer->lock);
	if (!path->active)
		return;
	path->active = false;
	path->since_gseq = path->lane_gseq + 1;
	path->peer->schedule_due = true;
}

void braid_schedule_tick(struct braid_peer *peer, u64 now_us)
{
	struct braid_path *path;
	int i;

	braid_for_each_slot(peer, path, i)
		if (path->active && !path->backlog &&
		    !path->loss.flying_packets &&
		    (!braid_path_up(path) ||
		     now_us - path->lane_us > BRAID_IDLE_US))
			braid_schedule_idle(path);
	if (now_us - peer->schedule_us > BRAID_REFRESH_US)
		peer->schedule_due = true;
}

/*
 * The delay of what is under way: a link that gets slow is known by what is
 * out before its packets come.
 */
static s64 braid_coming_delay(const struct braid_path *path)
{
	u64 out_us = mul_u64_u64_div_u64(path->loss.flying, BRAID_USEC_PER_SEC,
					 max_t(u64, path->rate.rate, 1));

	if (out_us <= path->rtt.min_us)
		return path->owd.smooth_us;
	return max_t(s64, path->owd.smooth_us,
		     path->owd.base_us + (s64)(out_us - path->rtt.min_us));
}

static void braid_schedule_fill(struct braid_peer *peer,
				struct braid_schedule *s)
{
	s64 quickest = S64_MAX;
	struct braid_path *path;
	int i;

	braid_for_each_slot(peer, path, i)
		if (path->owd.valid && braid_path_up(path))
			quickest = min(quickest, path->owd.smooth_us);
	s->seq = ++peer->schedule_seq;
	s->repair_us = braid_repair_time(peer);
	s->n = 0;
	braid_for_each_slot(peer, path, i) {
		struct braid_sched_path *p = &s->path[s->n++];

		p->path = path->id;
		p->active = path->active;
		p->gseq = path->since_gseq;
		p->owd_us = path->owd.valid && quickest != S64_MAX ?
			    max(braid_coming_delay(path) - quickest, 0LL) : 0;
		p->jitter_us = path->owd.jitter_us;
	}
}

static void braid_schedule_send(struct braid_path *path,
				const struct braid_schedule *s)
{
	struct sk_buff *skb = braid_control_alloc(BRAID_SCHEDULE_ROOM);
	int len;

	if (!skb)
		return;
	len = braid_schedule_write(skb_tail_pointer(skb), BRAID_SCHEDULE_ROOM,
				   s);
	if (WARN_ON_ONCE(len < 0)) {
		kfree_skb(skb);
		return;
	}
	skb_put(skb, len);
	braid_control_queue(path, skb, BRAID_CONTROL_PLAIN);
}

void braid_schedule_flush(struct braid_peer *peer, u64 now_us)
{
	struct braid_schedule s;
	struct braid_path *path;
	int i;

	lockdep_assert_held(&peer->lock);
	if (!peer->schedule_due || !peer->busy_us ||
	    now_us - peer->busy_us > BRAID_USEC_PER_SEC)
		return;
	peer->schedule_due = false;
	peer->schedule_us = now_us;
	braid_schedule_fill(peer, &s);
	braid_for_each_slot(peer, path, i)
		if (peer->usable & BIT(i))
			braid_schedule_send(path, &s);
}

void braid_schedule_receive(struct braid_session *s, const u8 *value,
			    size_t len, u64 now_us)
{
	struct braid_schedule sched;
	LIST_HEAD(released);

	if (braid_schedule_read(&sched, value, len)) {
		braid_count(s->peer->braid, BRAID_CNT_RX_TLV_INVALID);
		return;
	}
	spin_lock_bh(&s->lock);
	braid_reseq_schedule(&s->reseq, &sched, now_us, &released);
	braid_session_release(s, &released);
	braid_session_arm(s);
	spin_unlock_bh(&s->lock);
}
