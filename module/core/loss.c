// SPDX-License-Identifier: GPL-2.0
/*
 * Packets in flight on one path.
 *
 * Reports repeat what earlier ones told, so their cost must not follow the
 * size of the window: a record that is done points to the next number that
 * may still be open, and every walk over it shortens that pointer. All below
 * tail_pn is known not to fly, and both thresholds are monotonous in the
 * packet number, so looking for losses stops at the first that is none.
 */
#include "loss.h"

/* RFC 9002 section 6.1: least thresholds, granularity, RTT before a sample. */
#define PACKET_THRESH	3
#define TIME_NUM	9
#define TIME_DEN	8
#define GRAIN_US	BRAID_USEC_PER_MSEC
#define INITIAL_RTT_US	(333 * BRAID_USEC_PER_MSEC)

/* Twice the RTT: beyond it, waiting costs more than a needless repair. */
#define TIME_NUM_MAX	16
/*
 * Beyond this much reordering the time threshold alone decides, as it does in
 * RFC 8985 once reordering was seen.
 */
#define PACKET_THRESH_MAX	1024
/* Round trips after which thresholds follow reordering that became less. */
#define CALM_ROUNDS	16

/* Intervals of a rate sample past this are a broken clock or a long pause. */
#define RATE_SANE_US	(60 * BRAID_USEC_PER_SEC)

static struct braid_sent *loss_rec(const struct braid_loss *l, u64 pn)
{
	return &l->rec[pn & l->mask];
}

void braid_loss_init(struct braid_loss *l, struct braid_sent *rec, u32 n)
{
	memset(l, 0, sizeof(*l));
	l->rec = rec;
	l->mask = n - 1;
	l->packet_thresh = PACKET_THRESH;
	l->time_num = TIME_NUM;
	l->oldest_us = BRAID_NEVER;
}

struct braid_sent *braid_loss_grow(struct braid_loss *l, struct braid_sent *rec,
				   u32 n)
{
	struct braid_sent *old = l->rec;
	u64 pn;

	for (pn = l->base_pn; pn < l->next_pn; pn++)
		rec[pn & (n - 1)] = *loss_rec(l, pn);
	l->rec = rec;
	l->mask = n - 1;
	return old;
}

/* The lowest number from @pn on whose record is not done; next_pn for none. */
static u64 loss_open(struct braid_loss *l, u64 pn)
{
	u64 start = pn, skip;

	while (pn < l->next_pn && loss_rec(l, pn)->state == BRAID_SENT_DONE)
		pn = loss_rec(l, pn)->skip;
	/* once more over the same steps, so that the next walk is short */
	while (start < pn) {
		skip = loss_rec(l, start)->skip;
		loss_rec(l, start)->skip = pn;
		start = skip;
	}
	return pn;
}

/* Moves tail_pn and oldest_us to the oldest packet that flies. */
static void loss_scan(struct braid_loss *l)
{
	u64 pn = max(l->tail_pn, l->base_pn);

	for (pn = loss_open(l, pn); pn < l->next_pn; pn = loss_open(l, pn + 1))
		if (loss_rec(l, pn)->state == BRAID_SENT_FLYING)
			break;
	l->tail_pn = pn;
	l->oldest_us = pn < l->next_pn ? loss_rec(l, pn)->sent_us : BRAID_NEVER;
}

static void loss_land(struct braid_loss *l, const struct braid_sent *rec)
{
	l->flying -= rec->size;
	l->flying_packets--;
}

bool braid_loss_full(const struct braid_loss *l)
{
	return l->next_pn - l->base_pn > l->mask &&
	       loss_rec(l, l->base_pn)->state == BRAID_SENT_FLYING;
}

/* Makes room for one record; returns the cookie of the one given up. */
static void *loss_give_up_oldest(struct braid_loss *l)
{
	struct braid_sent *rec = loss_rec(l, l->base_pn);
	void *cookie = rec->cookie;

	l->base_pn++;
	if (rec->state == BRAID_SENT_FLYING) {
		loss_land(l, rec);
		loss_scan(l);
	}
	rec->state = BRAID_SENT_FREE;
	rec->cookie = NULL;
	return cookie;
}

struct braid_sent *braid_loss_sent(struct braid_loss *l, u32 size, u64 now_us,
				   bool limited, void **dropped)
{
	struct braid_sent *rec;

	*dropped = NULL;
	if (l->next_pn - l->base_pn > l->mask)
		*dropped = loss_give_up_oldest(l);
	if (!l->flying_packets) {
		/* a new flight: what it takes is measured from its start */
		l->first_sent_us = now_us;
		l->delivered_at_us = 0;
		l->anchor_at_us = 0;
		l->oldest_us = now_us;
		l->tail_pn = l->next_pn;
	}
	rec = loss_rec(l, l->next_pn++);
	memset(rec, 0, sizeof(*rec));
	rec->sent_us = now_us;
	rec->delivered = l->delivered_then;
	rec->delivered_at_us = l->delivered_at_us;
	rec->first_sent_us = l->first_sent_us;
	rec->size = size;
	rec->state = BRAID_SENT_FLYING;
	rec->limited = limited;
	l->flying += size;
	l->flying_packets++;
	return rec;
}

void *braid_loss_skip(struct braid_loss *l)
{
	struct braid_sent *rec;
	void *dropped = NULL;

	if (l->next_pn - l->base_pn > l->mask)
		dropped = loss_give_up_oldest(l);
	rec = loss_rec(l, l->next_pn++);
	memset(rec, 0, sizeof(*rec));
	rec->state = BRAID_SENT_DONE;
	rec->skip = l->next_pn;
	if (!l->flying_packets)
		l->tail_pn = l->next_pn;
	return dropped;
}

static u64 loss_rtt(const struct braid_rtt *rtt)
{
	if (!rtt->srtt_us)
		return INITIAL_RTT_US;
	return max(rtt->srtt_us, rtt->latest_us);
}

/* How long after its sending a packet that others overtook is lost. */
static u64 loss_delay(const struct braid_loss *l, const struct braid_rtt *rtt)
{
	return max_t(u64, loss_rtt(rtt) * l->time_num / TIME_DEN, GRAIN_US);
}

/*
 * A packet was reported although packets after it had been reported before:
 * the path reorders, by at least @over packets and @age_us.
 */
static void loss_reordered(struct braid_loss *l, u64 over, u64 age_us,
			   const struct braid_rtt *rtt)
{
	u64 extent = min_t(u64, over, PACKET_THRESH_MAX);
	u64 num = div64_u64(min_t(u64, age_us, U32_MAX) * TIME_DEN,
			    loss_rtt(rtt)) + 1;

	num = min_t(u64, num, TIME_NUM_MAX);
	l->seen_extent = max_t(u32, l->seen_extent, extent);
	l->seen_num = max_t(u32, l->seen_num, num);
	l->packet_thresh = max_t(u32, l->packet_thresh, extent);
	l->time_num = max_t(u32, l->time_num, num);
}

/*
 * A round ended. After enough of them the thresholds follow the reordering
 * seen meanwhile; down by a quarter at most, for the worst case is rare.
 */
static void loss_round(struct braid_loss *l)
{
	u32 thresh = l->packet_thresh - l->packet_thresh / 4;
	u32 num = l->time_num - (l->time_num > TIME_NUM);

	l->round_pn = l->next_pn;
	if (++l->calm_rounds < CALM_ROUNDS)
		return;
	l->packet_thresh = max_t(u32, max(thresh, l->seen_extent),
				 PACKET_THRESH);
	l->time_num = max(num, l->seen_num);
	l->seen_extent = 0;
	l->seen_num = 0;
	l->calm_rounds = 0;
}

/* One call's surroundings, so that its helpers take few arguments. */
struct loss_call {
	struct braid_loss *l;
	const struct braid_rtt *rtt;
	u64 now_us;
	const struct braid_loss_ops *ops;
	void *ctx;
	struct braid_ack *ack;
	u64 old_top;
};

static void loss_acked(const struct loss_call *c, u64 pn)
{
	struct braid_loss *l = c->l;
	struct braid_sent *rec = loss_rec(l, pn);

	if (rec->state == BRAID_SENT_LOST) {
		c->ack->late_packets++;
		l->late_packets++;
		l->lost -= rec->size;
		l->calm_rounds = 0;
	} else {
		loss_land(l, rec);
	}
	if (pn < c->old_top && c->now_us >= rec->sent_us)
		loss_reordered(l, c->old_top - pn, c->now_us - rec->sent_us,
			       c->rtt);
	l->delivered += rec->size;
	l->delivered_packets++;
	c->ack->acked_packets++;
	c->ack->acked_bytes += rec->size;
	if (c->ops->acked)
		c->ops->acked(c->ctx, rec);
	rec->state = BRAID_SENT_DONE;
	rec->skip = pn + 1;
}

static void loss_declare(const struct loss_call *c, struct braid_sent *rec)
{
	struct braid_loss *l = c->l;

	loss_land(l, rec);
	rec->state = BRAID_SENT_LOST;
	l->lost += rec->size;
	l->lost_packets++;
	c->ack->lost_packets++;
	c->ack->lost_bytes += rec->size;
	if (c->ops->lost)
		c->ops->lost(c->ctx, rec);
}

/* Declares lost what the thresholds say, oldest first. */
static void loss_detect(const struct loss_call *c)
{
	struct braid_loss *l = c->l;
	u64 delay = loss_delay(l, c->rtt);
	struct braid_sent *rec;

	for (loss_scan(l); l->tail_pn < l->top_pn; loss_scan(l)) {
		rec = loss_rec(l, l->tail_pn);
		if (l->top_pn - l->tail_pn <= l->packet_thresh &&
		    c->now_us < rec->sent_us + delay)
			break;
		loss_declare(c, rec);
	}
}

/* RTT and one-way delay from the highest number of a report, if it was new. */
static void loss_delays(const struct loss_call *c, const struct braid_sent *rec,
			const struct braid_report *r)
{
	u64 rtt = c->now_us - rec->sent_us;

	if (c->now_us < rec->sent_us || rtt < r->held_us)
		return;
	rtt -= r->held_us;
	c->ack->rtt_us = clamp_t(u64, rtt, 1, U32_MAX);
	c->ack->owd_us = (s64)(r->arrival_us - rec->sent_us);
	c->ack->owd_size = rec->size;
}

/*
 * The delivery-rate sample: what was delivered since the newest packet of the
 * report left, over the longer of the time in which that arrived and the time
 * in which it was sent. In a flight that began with nothing reported yet, the
 * first report of the flight is the start; by itself it yields no sample.
 */
static void loss_rate(struct braid_loss *l, const struct braid_sent *rec,
		      u64 arrival_us, struct braid_ack *ack)
{
	u64 base = rec->delivered;
	u64 from = rec->delivered_at_us;
	u64 sent_from = rec->first_sent_us;
	u64 interval;

	if (!from) {
		base = l->anchor_delivered;
		from = l->anchor_at_us;
		sent_from = l->anchor_sent_us;
	}
	if (!from || arrival_us <= from || rec->sent_us < sent_from)
		return;
	interval = max(arrival_us - from, rec->sent_us - sent_from);
	if (interval > RATE_SANE_US || l->delivered <= base)
		return;
	ack->rate_bytes = l->delivered - base;
	ack->rate_us = interval;
	ack->limited = rec->limited;
}

/* What the report's highest number tells, when it is reported first now. */
static void loss_newest(const struct loss_call *c, u64 pn,
			const struct braid_report *r)
{
	struct braid_loss *l = c->l;
	struct braid_sent *rec = loss_rec(l, pn);

	loss_delays(c, rec, r);
	loss_rate(l, rec, r->arrival_us, c->ack);
	if (pn + 1 < l->top_pn)
		return;
	l->delivered_at_us = r->arrival_us;
	l->delivered_then = l->delivered;
	l->first_sent_us = rec->sent_us;
	if (!l->anchor_at_us) {
		l->anchor_at_us = r->arrival_us;
		l->anchor_sent_us = rec->sent_us;
		l->anchor_delivered = l->delivered;
	}
}

static void loss_range(const struct loss_call *c, u64 first, u64 last)
{
	u64 pn;

	first = max(first, c->l->base_pn);
	for (pn = loss_open(c->l, first); pn <= last;
	     pn = loss_open(c->l, pn + 1))
		loss_acked(c, pn);
}

int braid_loss_report(struct braid_loss *l, const struct braid_report *r,
		      const struct braid_rtt *rtt, u64 now_us,
		      const struct braid_loss_ops *ops, void *ctx,
		      struct braid_ack *ack)
{
	const struct loss_call c = { l, rtt, now_us, ops, ctx, ack, l->top_pn };
	u64 top = r->range[0].last;
	unsigned int i;
	bool newest;

	memset(ack, 0, sizeof(*ack));
	if (top >= l->next_pn)
		return -EPROTO;
	newest = top >= l->base_pn &&
		 loss_rec(l, top)->state != BRAID_SENT_DONE;
	l->top_pn = max(l->top_pn, top + 1);
	for (i = r->n; i--;)
		loss_range(&c, r->range[i].first, min(r->range[i].last, top));
	if (ack->acked_packets)
		l->last_report_us = now_us;
	if (newest)
		loss_newest(&c, top, r);
	if (l->top_pn > l->round_pn) {
		ack->round = true;
		loss_round(l);
	}
	loss_detect(&c);
	return 0;
}

u64 braid_loss_deadline(const struct braid_loss *l, const struct braid_rtt *rtt)
{
	if (l->tail_pn >= l->top_pn || l->oldest_us == BRAID_NEVER)
		return BRAID_NEVER;
	return l->oldest_us + loss_delay(l, rtt);
}

void braid_loss_expire(struct braid_loss *l, const struct braid_rtt *rtt,
		       u64 now_us, const struct braid_loss_ops *ops, void *ctx,
		       struct braid_ack *ack)
{
	const struct loss_call c = { l, rtt, now_us, ops, ctx, ack, l->top_pn };

	memset(ack, 0, sizeof(*ack));
	loss_detect(&c);
}

void braid_loss_all(struct braid_loss *l, const struct braid_loss_ops *ops,
		    void *ctx)
{
	struct braid_ack ack = { 0 };
	const struct loss_call c = { l, NULL, 0, ops, ctx, &ack, l->top_pn };

	for (loss_scan(l); l->tail_pn < l->next_pn; loss_scan(l))
		loss_declare(&c, loss_rec(l, l->tail_pn));
}

void braid_loss_drain(struct braid_loss *l, void (*put)(void *cookie))
{
	struct braid_sent *rec;
	u64 pn;

	for (pn = l->base_pn; pn < l->next_pn; pn++) {
		rec = loss_rec(l, pn);
		if (rec->cookie)
			put(rec->cookie);
		rec->cookie = NULL;
	}
}
