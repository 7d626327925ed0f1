// SPDX-License-Identifier: GPL-2.0
#include "admit.h"

#include <linux/slab.h>
#include <net/gso.h>

#include "copies.h"
#include "device.h"
#include "flow.h"
#include "peer.h"
#include "pmtu.h"
#include "probe.h"
#include "repair.h"
#include "schedule.h"

/* Segments admitted in one go before the paths get a chance to send. */
#define BRAID_ADMIT_BATCH	64
/* A path gets a copy unless 1/20 of a second goes ahead of it. */
#define BRAID_COPY_BEHIND	20
/* Most that a path may be longer: the longest hold less the repair time. */
#define BRAID_NEAR_US		150000

u32 braid_auto_set(const struct braid_peer *peer)
{
	return peer->usable & ~peer->standby ?: peer->usable;
}

u32 braid_near_set(struct braid_peer *peer, u32 set)
{
	struct braid_way way[BRAID_MAX_SLOTS];

	braid_peer_ways(peer, set, way);
	return braid_sched_near(way, set, BRAID_NEAR_US);
}

/* Slots that @set means now; a set of which nothing is left means AUTO. */
static u32 braid_live_set(const struct braid_peer *peer, u32 set)
{
	return (set & peer->usable) ?: braid_auto_set(peer);
}

static u64 *braid_lane_last(struct braid_peer *peer, u16 lane)
{
	if (!peer->lane_last)
		peer->lane_last = kcalloc(BRAID_LANES,
					  sizeof(*peer->lane_last),
					  GFP_ATOMIC);
	return peer->lane_last ? &peer->lane_last[lane] : NULL;
}

/* Numbers a packet and links it to its predecessor in the lane. */
static void braid_stamp(struct braid_peer *peer, struct braid_tx_cb *cb,
			u64 now_us)
{
	u64 *last;

	cb->gseq = peer->gseq++;
	cb->back = BRAID_BACK_FAR;
	cb->stamped = true;
	cb->repairs = 0;
	cb->stamped_us = now_us;
	if (cb->lane == BRAID_LANE_NONE)
		return;
	last = braid_lane_last(peer, cb->lane);
	if (!last) {
		/* Without memory for lanes there is no order to promise. */
		cb->lane = BRAID_LANE_NONE;
		return;
	}
	if (*last && cb->gseq - *last < BRAID_BACK_FAR)
		cb->back = cb->gseq - *last;
	*last = cb->gseq;
}

static void braid_path_put_front(struct braid_path *path, struct sk_buff *skb)
{
	u32 size = braid_path_outer(path, skb->len);

	path->backlog += size;
	path->ahead += size;
	__skb_queue_tail(&path->front, skb);
}

/*
 * A packet of @tin that has its number waits on @path from now on: ahead, if it
 * has no order to keep with the rest or may not go where the rest goes.
 */
static void braid_path_put(struct braid_path *path, struct braid_tin *tin,
			   struct sk_buff *skb, u64 now_us)
{
	struct braid_tx_cb *cb = braid_tx_cb(skb);
	u32 size = braid_path_outer(path, skb->len);

	cb->tin = tin;
	tin->queued[path->slot] += size;
	if (cb->lane != BRAID_LANE_NONE) {
		path->lane_us = now_us;
		path->lane_gseq = max(path->lane_gseq, cb->gseq);
		if (!tin->set) {
			path->backlog += size;
			__skb_queue_tail(&path->fifo, skb);
			return;
		}
	}
	braid_path_put_front(path, skb);
}

struct sk_buff *braid_path_take(struct braid_path *path,
				struct sk_buff_head *queue)
{
	struct sk_buff *skb = __skb_dequeue(queue);
	u32 size;

	lockdep_assert_held(&path->peer->lock);
	if (!skb)
		return NULL;
	size = braid_path_outer(path, skb->len);
	path->backlog -= size;
	if (queue == &path->front)
		path->ahead -= size;
	if (braid_tx_cb(skb)->tin)
		braid_tx_cb(skb)->tin->queued[path->slot] -= size;
	braid_tx_cb(skb)->tin = NULL;
	return skb;
}

/*
 * Where a packet of @len may go now, or -EAGAIN. AUTO has all that waits on a
 * path in front of it. A tin that may not use all paths goes ahead of that: only
 * what it has put there itself counts, else one with a longer path in its
 * set, which may wait longer for the shorter one, would keep it out for ever.
 * What goes to all of the set waits for one of them only.
 */
static int braid_pick(struct braid_peer *peer, struct braid_tin *tin, u32 set,
		      u32 len, u64 now_ns)
{
	struct braid_way way[BRAID_MAX_SLOTS];
	unsigned long bits = tin->set ? set : 0;
	u64 wake_ns;
	int slot;

	if (!set)
		return -ENETUNREACH;
	braid_peer_ways(peer, set, way);
	for_each_set_bit(slot, &bits, BRAID_MAX_SLOTS)
		way[slot].backlog = tin->queued[slot];
	/* What is much longer would make all others wait for it. */
	set = braid_sched_near(way, set, BRAID_NEAR_US);
	len = braid_path_outer(peer->slot[__ffs(set)], len);
	slot = READ_ONCE(tin->copy) ?
	       braid_sched_any(way, set, len, now_ns, &wake_ns) :
	       braid_sched_pick(way, set, len, now_ns, &wake_ns);
	if (slot == -EAGAIN)
		peer->wake_ns = min(peer->wake_ns, wake_ns);
	return slot;
}

void braid_path_readmit(struct braid_path *path)
{
	struct braid_peer *peer = path->peer;
	struct sk_buff *skb;

	lockdep_assert_held(&peer->lock);
	while ((skb = braid_path_take(path, &path->front)) ||
	       (skb = braid_path_take(path, &path->fifo))) {
		if (braid_tx_cb(skb)->copied &&
		    !braid_copies_lost(peer, braid_tx_cb(skb)->gseq)) {
			braid_drop(peer->braid, skb,
				   BRAID_CNT_TX_COPY_COVERED);
			continue;
		}
		__skb_queue_tail(&peer->readmit, skb);
		braid_count(peer->braid, BRAID_CNT_TX_READMIT);
	}
	path->lead = 0;
}

/*
 * Slots for what goes again. A loss is made good soonest by whichever path is
 * quickest, so all may serve, unless the verdict wants it otherwise.
 */
static u32 braid_again_set(const struct braid_peer *peer,
			   const struct braid_tx_cb *cb)
{
	return braid_live_set(peer, cb->flags & BRAID_WITHIN ? cb->set : 0);
}

/*
 * What has a number goes ahead of everything that has none, to the path on
 * which it arrives first, full or not: somebody waits for it.
 */
static bool braid_admit_again(struct braid_peer *peer, u64 now_ns)
{
	struct braid_way way[BRAID_MAX_SLOTS];
	struct sk_buff *skb;
	u32 fit;
	int slot;

	if (!peer->usable || skb_queue_empty(&peer->readmit))
		return false;
	while ((skb = __skb_dequeue(&peer->readmit))) {
		if (!braid_repair_worth(peer, skb)) {
			braid_drop(peer->braid, skb, BRAID_CNT_REPAIR_LATE);
			continue;
		}
		fit = braid_again_set(peer, braid_tx_cb(skb));
		fit = braid_pmtu_repairers(peer, fit, skb->len);
		braid_peer_ways_ahead(peer, fit, way);
		slot = braid_sched_quickest(way, fit, now_ns);
		peer->slot[slot]->repaired++;
		braid_path_put_front(peer->slot[slot], skb);
	}
	return true;
}

static void braid_sent_flush(struct braid_peer *peer, struct braid_tin *tin)
{
	if (tin->sent.n_parts)
		braid_steer_sent(&peer->braid->steer, &tin->sent);
	tin->sent.n_parts = 0;
	memset(tin->sent.part, 0, sizeof(tin->sent.part));
}

/* Starts the account of a packet for the policy's sent(). */
static void braid_sent_begin(struct braid_peer *peer, struct braid_tin *tin,
			     struct sk_buff *skb)
{
	struct braid_tx_cb *cb = braid_tx_cb(skb);
	struct braid_steer_ctx ctx;

	tin->tell = braid_steer_wants_sent(&peer->braid->steer);
	if (!tin->tell)
		return;
	braid_flow_dissect(&ctx, skb, BRAID_OUT);
	memset(&tin->sent, 0, sizeof(tin->sent));
	braid_flow_peer(&tin->sent.peer, peer);
	tin->sent.flow = ctx.flow;
	tin->sent.verdict = BRAID_VERDICT(cb->kind, cb->flags, tin->set);
}

static void braid_sent_note(struct braid_peer *peer, struct braid_tin *tin,
			    u32 slot, u32 len)
{
	if (!tin->tell || braid_sent_add(&tin->sent, slot, 1, len))
		return;
	braid_sent_flush(peer, tin);
	braid_sent_add(&tin->sent, slot, 1, len);
}

/* All paths of a segment are noted; tells the policy after the last one. */
static void braid_sent_end(struct braid_peer *peer, struct braid_tin *tin)
{
	if (tin->tell && skb_queue_empty(&tin->segments))
		braid_sent_flush(peer, tin);
}

/*
 * Splits a GSO packet into @tin's segments, checksums completed: from here on
 * nothing changes a packet. Takes it.
 */
static bool braid_split(struct braid_tin *tin, struct sk_buff *skb)
{
	struct braid_tx_cb cb = *braid_tx_cb(skb);
	struct sk_buff *segs, *next;

	if (!skb_is_gso(skb)) {
		if (skb->ip_summed == CHECKSUM_PARTIAL &&
		    skb_checksum_help(skb)) {
			braid_drop(tin->braid, skb, BRAID_CNT_DROP_TX_MEMORY);
			return false;
		}
		__skb_queue_tail(&tin->segments, skb);
		return true;
	}
	segs = skb_gso_segment(skb, NETIF_F_SG);
	if (IS_ERR_OR_NULL(segs)) {
		braid_drop(tin->braid, skb, BRAID_CNT_DROP_TX_GSO);
		return false;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, segs, next) {
		skb_mark_not_on_list(segs);
		*braid_tx_cb(segs) = cb;
		__skb_queue_tail(&tin->segments, segs);
	}
	return true;
}

static void braid_tin_tune(struct braid_peer *peer, struct braid_tin *tin,
			   u32 set, u64 now_us)
{
	unsigned long bits = set;
	u64 rate = 0, one;
	u32 rtt = 0;
	int i;

	for_each_set_bit(i, &bits, BRAID_MAX_SLOTS) {
		rtt = max(rtt, peer->slot[i]->rtt.min_us);
		one = peer->slot[i]->rate.rate;
		rate = tin->copy ? max(rate, one) : rate + one;
	}
	braid_queue_tune(tin, rate, rtt + braid_repair_wait(peer, set),
			 now_us);
}

/* Makes sure that @tin has a segment at hand; false when it is empty. */
static bool braid_tin_fill(struct braid_peer *peer, struct braid_tin *tin,
			   u32 set, u64 now_us)
{
	struct sk_buff *skb;

	if (!skb_queue_empty(&tin->segments))
		return true;
	if (braid_tin_waits(tin))
		return false;
	braid_tin_tune(peer, tin, set, now_us);
	do {
		skb = braid_queue_next(tin);
		if (!skb) {
			WRITE_ONCE(tin->taken, false);
			return false;
		}
		braid_sent_begin(peer, tin, skb);
	} while (!braid_split(tin, skb));
	return true;
}

/* Puts another copy of @skb on @path; false when there is no memory. */
static bool braid_admit_copy(struct braid_path *path, struct braid_tin *tin,
			     struct sk_buff *skb, u64 now_us)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);
	struct braid_tx_cb *cb;

	if (!copy)
		return false;
	cb = braid_tx_cb(copy);
	cb->extra = true;
	if (cb->lane != BRAID_LANE_NONE)
		braid_schedule_use(path, cb->gseq);
	braid_path_put(path, tin, copy, now_us);
	braid_sent_note(path->peer, tin, path->slot, skb->len);
	return true;
}

/*
 * The other paths of a COPY get the packet under the same number; the receiver
 * knows copies by it. A path that is far behind is left out: its copy would
 * only come late; and so is one that would carry it in pieces. What has an
 * order to keep stays off paths so long that the others would wait for them.
 */
static void braid_admit_copies(struct braid_peer *peer, struct braid_tin *tin,
			       struct sk_buff *skb, u32 set, int first,
			       u64 now_us)
{
	u32 near = braid_tx_cb(skb)->lane == BRAID_LANE_NONE ? set :
		   braid_near_set(peer, set);
	unsigned long bits = set & ~BIT(first);
	int i, n = 1;

	if (!bits || !braid_copies_ready(peer))
		return;
	braid_tx_cb(skb)->copied = true;
	for_each_set_bit(i, &bits, BRAID_MAX_SLOTS) {
		struct braid_path *path = peer->slot[i];

		if (near & BIT(i) && skb->len <= braid_pmtu_inner(path) &&
		    path->ahead <= div_u64(path->rate.pacing,
					   BRAID_COPY_BEHIND) &&
		    braid_admit_copy(path, tin, skb, now_us))
			n++;
	}
	braid_copies_sent(peer, braid_tx_cb(skb)->gseq, n);
	braid_count_many(peer->braid, BRAID_CNT_TX_COPY, n - 1);
	braid_count_many(peer->braid, BRAID_CNT_TX_COPY_SKIPPED,
			 hweight32(set) - n);
}

/*
 * A path that carries the next segment of @tin in one piece, @slot if possible;
 * or any path of @set when none does, and then in fragments. -EAGAIN: those
 * that do are full.
 */
static int braid_fit(struct braid_peer *peer, struct braid_tin *tin, u32 set,
		     int slot, u64 now_ns)
{
	u32 len = skb_peek(&tin->segments)->len;
	u32 fit;

	if (!(set & BIT(slot)))
		slot = __ffs(set);
	if (likely(len <= braid_pmtu_inner(peer->slot[slot])))
		return slot;
	fit = braid_pmtu_carriers(peer, set, len);
	return fit ? braid_pick(peer, tin, fit, len, now_ns) : slot;
}

/*
 * One segment of @tin. Whether a path takes it is asked before it is taken off
 * the fair queue, so that all waiting but the paths' own skew happens there,
 * where CoDel sees it.
 */
static bool braid_admit_one(struct braid_peer *peer, struct braid_tin *tin,
			    u64 now_ns)
{
	u64 now_us = div_u64(now_ns, NSEC_PER_USEC);
	u32 set = braid_live_set(peer, tin->set);
	struct sk_buff *skb;
	int slot;

	if (!READ_ONCE(tin->busy) && !READ_ONCE(tin->taken))
		return false;
	slot = braid_pick(peer, tin, set, READ_ONCE(peer->braid->dev->mtu),
			  now_ns);
	if (slot < 0 || !braid_tin_fill(peer, tin, set, now_us))
		return false;
	/* The tin may have been given to another set before it was taken. */
	set = braid_live_set(peer, READ_ONCE(tin->set));
	slot = braid_fit(peer, tin, set, slot, now_ns);
	if (slot < 0)
		return false;
	skb = __skb_dequeue(&tin->segments);
	if (skb_queue_empty(&tin->segments))
		WRITE_ONCE(tin->taken, false);
	braid_stamp(peer, braid_tx_cb(skb), now_us);
	if (braid_tx_cb(skb)->lane != BRAID_LANE_NONE)
		braid_schedule_use(peer->slot[slot], braid_tx_cb(skb)->gseq);
	if (tin->copy)
		braid_admit_copies(peer, tin, skb, set, slot, now_us);
	braid_path_put(peer->slot[slot], tin, skb, now_us);
	braid_sent_note(peer, tin, slot, skb->len);
	braid_sent_end(peer, tin);
	if (unlikely(now_us - peer->busy_us >= BRAID_BUSY_US))
		braid_probe_wake(peer, now_us);
	peer->busy_us = now_us;
	return true;
}

bool braid_admit(struct braid_peer *peer, u64 now_ns)
{
	int batch = BRAID_ADMIT_BATCH;
	u32 idle = 0;
	bool any;

	lockdep_assert_held(&peer->lock);
	any = braid_admit_again(peer, now_ns);
	while (idle < BRAID_MAX_TINS && batch > 0) {
		u32 i = peer->next_tin++ % BRAID_MAX_TINS;
		/* Pairs with braid_tin_get(). */
		struct braid_tin *tin = smp_load_acquire(&peer->tins[i]);

		if (tin && braid_admit_one(peer, tin, now_ns)) {
			any = true;
			idle = 0;
			batch--;
		} else {
			idle++;
		}
	}
	return any;
}

bool braid_admit_pending(struct braid_peer *peer)
{
	int i;

	if (!skb_queue_empty(&peer->readmit))
		return true;
	for (i = 0; i < BRAID_MAX_TINS; i++) {
		/* Pairs with braid_tin_get(). */
		struct braid_tin *tin = smp_load_acquire(&peer->tins[i]);

		if (tin && (READ_ONCE(tin->busy) || READ_ONCE(tin->taken)))
			return true;
	}
	return false;
}
