// SPDX-License-Identifier: GPL-2.0
/*
 * The resequencer. Cost: a packet in order touches its lane and its path;
 * a packet that must wait is searched a place from the nearest of three known
 * ones; lanes are walked only when a hole can move on.
 */
#include "replay.h"
#include "reseq.h"

/* Part of every hold, for timers and for what the deviation does not tell. */
#define HOLD_EXTRA_US	(2 * BRAID_USEC_PER_MSEC)
#define HOLD_MIN_US	BRAID_USEC_PER_MSEC
/* Deviations of delay that a hold covers, as many as RFC 6298's timer does. */
#define HOLD_DEVIATIONS	4
/* A walk that moved nothing is not repeated sooner. */
#define SWEEP_MIN_US	BRAID_USEC_PER_MSEC

/* Slack that follows reordering: how far up, and when it comes down again. */
#define SLACK_MAX	256
#define SLACK_CALM	16384

void braid_reseq_init(struct braid_reseq *rs, struct braid_lane *lane,
		      u32 n_lanes, u64 *seen, u32 cap_us, u32 limit_bytes)
{
	memset(rs, 0, sizeof(*rs));
	INIT_LIST_HEAD(&rs->busy);
	if (lane)
		braid_reseq_lanes(rs, lane, n_lanes, seen);
	rs->cap_us = cap_us;
	rs->limit_bytes = limit_bytes;
	rs->min_hole = BRAID_NEVER;
	rs->due_us = BRAID_NEVER;
	rs->settle_us = BRAID_NEVER;
}

void braid_reseq_lanes(struct braid_reseq *rs, struct braid_lane *lane,
		       u32 n_lanes, u64 *seen)
{
	u32 i;

	memset(lane, 0, n_lanes * sizeof(*lane));
	memset(seen, 0, BRAID_SEEN_WORDS * sizeof(*seen));
	for (i = 0; i < n_lanes; i++) {
		INIT_LIST_HEAD(&lane[i].held);
		INIT_LIST_HEAD(&lane[i].node);
	}
	rs->lane = lane;
	rs->n_lanes = n_lanes;
	rs->seen = seen;
}

/* -- what the paths prove ------------------------------------------------ */

static struct braid_rx_sched *reseq_path(struct braid_reseq *rs, u32 path)
{
	if (path >= BRAID_RX_PATHS || !rs->slot[path])
		return NULL;
	return &rs->path[rs->slot[path] - 1];
}

/*
 * May a packet with a gseq in [@lo, @hi] still be on its way on this path? Of
 * the hole only @hi, the predecessor of the packet behind it, is known to be a
 * number of the lane, but any of the range may be one.
 */
static bool path_blocks(const struct braid_rx_sched *s, u64 lo, u64 hi)
{
	if (s->top[BRAID_SLACK] > hi)
		return false;
	if (!s->known)
		return true;
	if (!s->active)
		return !s->settled && lo < s->from && s->top[0] < s->from;
	if (hi >= s->from)
		return true;
	return lo < s->idle_from && s->top[0] < s->idle_from;
}

static bool reseq_proven(const struct braid_reseq *rs, u64 lo, u64 hi)
{
	u32 i;

	if (!rs->sched_known || rs->blind)
		return false;
	for (i = 0; i < rs->n_path; i++)
		if (rs->path[i].used && path_blocks(&rs->path[i], lo, hi))
			return false;
	return rs->n_path > 0;
}

/*
 * A packet that this path's mark had passed came on it after all. While the
 * sender repairs, it may be a repair and tells nothing, and the repair time
 * covers the reordering.
 */
static void path_reordered(struct braid_rx_sched *s)
{
	s->slack = min_t(u32, 2 * s->slack, SLACK_MAX);
	s->calm = 0;
}

static void path_calm(struct braid_rx_sched *s)
{
	if (s->slack == BRAID_SLACK || ++s->calm < SLACK_CALM)
		return;
	s->slack = max_t(u32, s->slack - s->slack / 4, BRAID_SLACK);
	s->calm = 0;
}

/*
 * Entries of top are shifted once in so many packets that the last one lies
 * at least slack packets behind the first.
 */
static u32 path_stride(const struct braid_rx_sched *s)
{
	return (s->slack - 1 + BRAID_SLACK - 2) / (BRAID_SLACK - 1);
}

/* A packet with a lane came on @s; true when that moved its mark. */
static bool path_advance(const struct braid_reseq *rs, struct braid_rx_sched *s,
			 u64 gseq, bool fresh)
{
	u32 i;

	if (gseq < s->top[0]) {
		if (fresh && !rs->repair_us && gseq < s->top[BRAID_SLACK])
			path_reordered(s);
		return false;
	}
	if (s->known && !s->active && gseq >= s->from)
		s->known = false; /* the schedule that woke it up got lost */
	if (!s->step)
		for (i = BRAID_SLACK; i; i--)
			s->top[i] = s->top[i - 1];
	s->step = s->step + 1U < path_stride(s) ? s->step + 1 : 0;
	s->top[0] = gseq + 1;
	path_calm(s);
	return true;
}

/* -- how long a hole is held --------------------------------------------- */

/* The time in which what left before a packet on a path of @owd_us comes. */
static u64 reseq_spread(const struct braid_reseq *rs, u32 owd_us)
{
	u64 us = (u64)HOLD_DEVIATIONS * rs->max_jitter_us + HOLD_EXTRA_US;

	if (rs->max_owd_us > owd_us)
		us += rs->max_owd_us - owd_us;
	return us;
}

static u64 reseq_hold(const struct braid_reseq *rs, u32 owd_us)
{
	u64 us = reseq_spread(rs, owd_us) + rs->repair_us;

	if (!rs->sched_known)
		return rs->cap_us;
	return min_t(u64, max_t(u64, us, HOLD_MIN_US), rs->cap_us);
}

/* When the hole at the head of @lane is given up. */
static u64 lane_due(const struct braid_reseq *rs, const struct braid_lane *lane)
{
	u64 due = lane->since_us + reseq_hold(rs, lane->since_owd_us);

	if (lane->proven_us)
		due = min(due, lane->proven_us + rs->repair_us);
	return due;
}

/* Delays of the paths that may have data on the way. */
static void reseq_refresh(struct braid_reseq *rs)
{
	const struct braid_rx_sched *s;

	rs->max_owd_us = 0;
	rs->max_jitter_us = 0;
	for (s = rs->path; s < rs->path + rs->n_path; s++) {
		if (!s->used || !s->known || (!s->active && s->settled))
			continue;
		rs->max_owd_us = max(rs->max_owd_us, s->owd_us);
		rs->max_jitter_us = max(rs->max_jitter_us, s->jitter_us);
	}
}

/* -- one lane ------------------------------------------------------------ */

static struct braid_item *lane_head(const struct braid_lane *lane)
{
	return list_first_entry(&lane->held, struct braid_item, node);
}

static struct braid_lane *reseq_lane(const struct braid_reseq *rs, u16 lane)
{
	return &rs->lane[lane & (rs->n_lanes - 1)];
}

/*
 * What a lane's @last must have reached for this packet to follow: its
 * predecessor's gseq plus one, or 0 when that is unknown or cannot be.
 */
static u64 item_need(const struct braid_item *item)
{
	if (item->back == BRAID_BACK_FAR || !item->back ||
	    item->back > item->gseq)
		return 0;
	return item->gseq - item->back + 1;
}

/* The head of @lane becomes the packet from which its hole's hold counts. */
static void lane_restart(struct braid_reseq *rs, struct braid_lane *lane,
			 const struct braid_item *item)
{
	const struct braid_rx_sched *s = reseq_path(rs, item->path);

	lane->proven_us = 0;
	lane->since_us = item->arrived_us;
	lane->since_owd_us = s ? s->owd_us : 0;
}

/*
 * A packet came that is the new head of a lane that holds already. The missing
 * one left before both, so the earlier of the two bounds holds.
 */
static void lane_tighten(struct braid_reseq *rs, struct braid_lane *lane,
			 const struct braid_item *item)
{
	const struct braid_rx_sched *s = reseq_path(rs, item->path);
	u32 owd_us = s ? s->owd_us : 0;

	if (item->arrived_us + lane->since_owd_us < lane->since_us + owd_us) {
		lane->since_us = item->arrived_us;
		lane->since_owd_us = owd_us;
	}
}

/* Releases what is in order at the head of @lane. */
static void lane_run(struct braid_reseq *rs, struct braid_lane *lane,
		     u64 now_us, struct list_head *out)
{
	struct braid_item *item;
	bool moved = false;

	while (!list_empty(&lane->held)) {
		item = lane_head(lane);
		if (item_need(item) > lane->last)
			break;
		list_del(&item->node);
		list_add_tail(&item->node, out);
		if (lane->hint == item)
			lane->hint = NULL;
		lane->last = max(lane->last, item->gseq + 1);
		rs->held--;
		rs->held_bytes -= item->size;
		/* whoever came first may have looked at the clock last */
		braid_hist_add(&rs->stats.hold,
			       now_us > item->arrived_us ?
			       now_us - item->arrived_us : 0);
		moved = true;
	}
	if (moved && !list_empty(&lane->held))
		lane_restart(rs, lane, lane_head(lane));
}

static void lane_empty(struct braid_reseq *rs, struct braid_lane *lane)
{
	list_del_init(&lane->node);
	if (!list_empty(&rs->busy))
		return;
	rs->min_hole = BRAID_NEVER;
	rs->due_us = BRAID_NEVER;
}

/* Releases all of @lane that may go now, and notes what the rest waits for. */
static void lane_settle(struct braid_reseq *rs, struct braid_lane *lane,
			u64 now_us, struct list_head *out)
{
	u64 hole, due;

	for (;;) {
		lane_run(rs, lane, now_us, out);
		if (list_empty(&lane->held)) {
			lane_empty(rs, lane);
			return;
		}
		hole = item_need(lane_head(lane)) - 1;
		if (!lane->proven_us && reseq_proven(rs, lane->last, hole))
			lane->proven_us = max_t(u64, now_us, 1);
		due = lane_due(rs, lane);
		if (due > now_us)
			break;
		if (lane->proven_us &&
		    lane->proven_us + rs->repair_us <= now_us)
			rs->stats.proof++;
		else
			rs->stats.timer++;
		lane->last = lane_head(lane)->gseq;
	}
	rs->due_us = min(rs->due_us, due);
	if (!lane->proven_us)
		rs->min_hole = min(rs->min_hole, hole);
}

/* After which node of a lane that holds packets on both sides @gseq belongs. */
static struct list_head *lane_search(struct braid_lane *lane, u64 gseq)
{
	struct braid_item *at, *head = lane_head(lane), *hint = lane->hint;
	u64 far;

	at = list_last_entry(&lane->held, struct braid_item, node);
	if (at->gseq < gseq)
		return &at->node;
	far = at->gseq - gseq;
	if (hint && max(hint->gseq, gseq) - min(hint->gseq, gseq) < far) {
		at = hint;
		far = max(hint->gseq, gseq) - min(hint->gseq, gseq);
	}
	if (gseq - head->gseq < far)
		at = head;
	while (at->gseq > gseq)
		at = list_entry(at->node.prev, struct braid_item, node);
	for (;;) {
		hint = list_entry(at->node.next, struct braid_item, node);
		if (hint->gseq > gseq)
			return &at->node;
		at = hint;
	}
}

static void lane_hold(struct braid_reseq *rs, struct braid_lane *lane,
		      struct braid_item *item, u64 now_us,
		      struct list_head *out)
{
	struct list_head *at = &lane->held;
	bool first = list_empty(&lane->held);

	rs->stats.held++;
	rs->held++;
	rs->held_bytes += item->size;
	if (!first && lane_head(lane)->gseq < item->gseq) {
		at = lane_search(lane, item->gseq);
		if (at->next != &lane->held)
			lane->hint = item;
		list_add(&item->node, at);
		return;
	}
	list_add(&item->node, at);
	if (first) {
		list_add_tail(&lane->node, &rs->busy);
		lane_restart(rs, lane, item);
	} else {
		lane_tighten(rs, lane, item);
	}
	lane_settle(rs, lane, now_us, out);
}

static void lane_insert(struct braid_reseq *rs, struct braid_lane *lane,
			struct braid_item *item, u64 now_us,
			struct list_head *out)
{
	bool busy = !list_empty(&lane->held);
	u64 need = item_need(item);

	if (item->gseq < lane->last) {
		rs->stats.late++;
		list_add_tail(&item->node, out);
	} else if (need > lane->last ||
		   (!need && busy && lane_head(lane)->gseq < item->gseq)) {
		lane_hold(rs, lane, item, now_us, out);
	} else {
		rs->stats.in_order++;
		list_add_tail(&item->node, out);
		lane->last = item->gseq + 1;
		if (busy)
			lane_settle(rs, lane, now_us, out);
	}
}

/* -- all lanes ----------------------------------------------------------- */

/* Idle paths whose last packets must have come by now block no longer. */
static void reseq_settle_paths(struct braid_reseq *rs, u64 now_us)
{
	struct braid_rx_sched *s;

	if (now_us < rs->settle_us)
		return;
	rs->settle_us = BRAID_NEVER;
	for (s = rs->path; s < rs->path + rs->n_path; s++) {
		if (!s->used || !s->known || s->active || s->settled)
			continue;
		if (s->settle_us <= now_us)
			s->settled = true;
		else
			rs->settle_us = min(rs->settle_us, s->settle_us);
	}
	reseq_refresh(rs);
}

/* Looks at every lane that holds packets. */
static void reseq_sweep(struct braid_reseq *rs, u64 now_us,
			struct list_head *out)
{
	struct braid_lane *lane, *tmp;

	reseq_settle_paths(rs, now_us);
	rs->min_hole = BRAID_NEVER;
	rs->due_us = BRAID_NEVER;
	list_for_each_entry_safe(lane, tmp, &rs->busy, node)
		lane_settle(rs, lane, now_us, out);
	if (!list_empty(&rs->busy))
		rs->due_us = min(rs->due_us, rs->settle_us);
}

/* A path's mark moved: does that prove a hole lost? */
static void reseq_prove(struct braid_reseq *rs, const struct braid_rx_sched *s,
			u64 now_us, struct list_head *out)
{
	u64 hole = rs->min_hole;

	if (hole == BRAID_NEVER)
		return;
	if (path_blocks(s, hole, hole))
		return;
	if (now_us < rs->sweep_us && !reseq_proven(rs, hole, hole))
		return;
	reseq_sweep(rs, now_us, out);
	if (rs->min_hole == hole)
		rs->sweep_us = now_us + SWEEP_MIN_US;
}

/* Over the bound: the lane whose head waits longest goes on without a hole. */
static void reseq_relieve(struct braid_reseq *rs, u64 now_us,
			  struct list_head *out)
{
	struct braid_lane *lane, *oldest;

	while (rs->held_bytes > rs->limit_bytes) {
		oldest = list_first_entry(&rs->busy, struct braid_lane, node);
		list_for_each_entry(lane, &rs->busy, node)
			if (lane_head(lane)->arrived_us <
			    lane_head(oldest)->arrived_us)
				oldest = lane;
		rs->stats.overflow++;
		oldest->last = lane_head(oldest)->gseq;
		lane_settle(rs, oldest, now_us, out);
	}
	rs->stats.max_bytes = max(rs->stats.max_bytes, rs->held_bytes);
}

enum braid_verdict_in braid_reseq_insert(struct braid_reseq *rs,
					 struct braid_item *item, u64 now_us,
					 struct list_head *out)
{
	struct braid_lane *lane = reseq_lane(rs, item->lane);
	struct braid_rx_sched *s = reseq_path(rs, item->path);
	bool ordered = item->lane != BRAID_LANE_NONE;
	bool moved = false;
	int err;

	reseq_settle_paths(rs, now_us);
	item->arrived_us = now_us;
	err = braid_ring_commit(rs->seen, BRAID_SEEN_WORDS, &rs->next,
				item->gseq);
	if (ordered && s && !(item->lane & BRAID_LANE_AHEAD))
		moved = path_advance(rs, s, item->gseq, !err);
	if (err == -EEXIST) {
		rs->stats.duplicate++;
	} else if (err) {
		rs->stats.old++;
	} else if (!ordered) {
		rs->stats.unordered++;
		list_add_tail(&item->node, out);
	} else {
		lane_insert(rs, lane, item, now_us, out);
	}
	if (moved)
		reseq_prove(rs, s, now_us, out);
	reseq_relieve(rs, now_us, out);
	if (err)
		return BRAID_IN_DUPLICATE;
	return ordered && item->gseq >= lane->last ? BRAID_IN_HELD :
						     BRAID_IN_DELIVERED;
}

/* -- paths and schedules ------------------------------------------------- */

static struct braid_rx_sched *reseq_find(struct braid_reseq *rs, u16 id)
{
	struct braid_rx_sched *s;

	for (s = rs->path; s < rs->path + rs->n_path; s++)
		if (s->used && s->id == id)
			return s;
	return NULL;
}

/* Takes a free slot for path @id, NULL for none. */
static struct braid_rx_sched *reseq_take(struct braid_reseq *rs, u16 id)
{
	struct braid_rx_sched *s = rs->path;

	while (s->used)
		if (++s == rs->path + BRAID_RX_PATHS)
			return NULL;
	rs->n_path = max_t(u32, rs->n_path, s - rs->path + 1);
	memset(s, 0, sizeof(*s));
	s->used = true;
	s->id = id;
	s->slack = BRAID_SLACK;
	return s;
}

static void reseq_drop(struct braid_reseq *rs, struct braid_rx_sched *s)
{
	s->used = false;
	while (rs->n_path && !rs->path[rs->n_path - 1].used)
		rs->n_path--;
}

int braid_reseq_path_add(struct braid_reseq *rs, u32 path, u16 id)
{
	struct braid_rx_sched *s = reseq_find(rs, id);

	if (path >= BRAID_RX_PATHS)
		return -EINVAL;
	if (rs->slot[path] || (s && s->present))
		return -EEXIST;
	if (!s)
		s = reseq_take(rs, id);
	if (!s)
		return -ENOSPC;
	s->present = true;
	rs->slot[path] = s - rs->path + 1;
	return 0;
}

void braid_reseq_path_del(struct braid_reseq *rs, u32 path, u64 now_us,
			  struct list_head *out)
{
	struct braid_rx_sched *s = reseq_path(rs, path);

	if (!s)
		return;
	rs->slot[path] = 0;
	reseq_drop(rs, s);
	reseq_refresh(rs);
	reseq_sweep(rs, now_us, out);
}

/*
 * Where the idle time before an activation began. It is known when no schedule
 * is missing in between: then the path was idle since the one before, or was
 * not there at all.
 */
static u64 path_idle_from(const struct braid_rx_sched *s, bool next)
{
	if (!next || s->active)
		return U64_MAX;
	if (!s->known)
		return s->top[0] ? U64_MAX : 0;
	return s->settled ? 0 : s->from;
}

/* @next: this schedule follows directly on the one before it. */
static void path_schedule(struct braid_rx_sched *s,
			  const struct braid_sched_path *p, bool next)
{
	bool same = s->known && s->active == p->active && s->from == p->gseq;

	s->owd_us = p->owd_us;
	s->jitter_us = p->jitter_us;
	if (same)
		return;
	if (p->active)
		s->idle_from = path_idle_from(s, next);
	s->known = true;
	s->active = p->active;
	s->from = p->gseq;
	s->settled = false;
	s->settle_us = 0;
}

/* Applies the entries; returns a bitmap of the slots they were about. */
static u64 reseq_apply(struct braid_reseq *rs, const struct braid_schedule *s,
		       bool next)
{
	struct braid_rx_sched *path;
	u64 named = 0;
	u32 i;

	for (i = 0; i < s->n; i++) {
		path = reseq_find(rs, s->path[i].path);
		if (!path)
			path = reseq_take(rs, s->path[i].path);
		if (!path) {
			rs->blind = true;
			continue;
		}
		path_schedule(path, &s->path[i], next);
		named |= BIT_ULL(path - rs->path);
	}
	return named;
}

void braid_reseq_schedule(struct braid_reseq *rs,
			  const struct braid_schedule *s, u64 now_us,
			  struct list_head *out)
{
	bool next = rs->sched_known && s->seq == rs->sched_seq + 1;
	struct braid_rx_sched *path;
	u64 named, spread;
	u32 i;

	if (rs->sched_known && (s32)(s->seq - rs->sched_seq) <= 0)
		return;
	reseq_settle_paths(rs, now_us);
	rs->sched_known = true;
	rs->sched_seq = s->seq;
	rs->repair_us = s->repair_us;
	rs->blind = false;
	named = reseq_apply(rs, s, next);
	for (i = rs->n_path; i--;) {
		path = &rs->path[i];
		if (path->used && !path->present && !(named & BIT_ULL(i)))
			reseq_drop(rs, path);
	}
	reseq_refresh(rs);
	/* nothing is waited for longer than the longest hold */
	spread = min_t(u64, reseq_spread(rs, 0), rs->cap_us);
	for (path = rs->path; path < rs->path + rs->n_path; path++)
		if (path->used && !path->active && !path->settle_us)
			path->settle_us = now_us + spread;
	rs->settle_us = 0; /* looked for anew */
	reseq_sweep(rs, now_us, out);
}

/* -- time ---------------------------------------------------------------- */

u64 braid_reseq_deadline(const struct braid_reseq *rs)
{
	return rs->due_us;
}

void braid_reseq_expire(struct braid_reseq *rs, u64 now_us,
			struct list_head *out)
{
	if (now_us >= rs->due_us)
		reseq_sweep(rs, now_us, out);
}

void braid_reseq_flush(struct braid_reseq *rs, u64 now_us,
		       struct list_head *out)
{
	struct braid_lane *lane, *tmp;

	list_for_each_entry_safe(lane, tmp, &rs->busy, node) {
		while (!list_empty(&lane->held)) {
			lane->last = lane_head(lane)->gseq;
			lane_run(rs, lane, now_us, out);
		}
		lane_empty(rs, lane);
	}
}
