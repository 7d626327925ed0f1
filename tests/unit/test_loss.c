// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/loss.h"

#define RING	1024

static struct braid_sent ring[RING];
static struct braid_loss l;
static struct braid_rtt rtt;
static struct braid_ack ack;
static int acked, lost;

static void count_acked(void *ctx, struct braid_sent *rec)
{
	(void)ctx;
	(void)rec;
	acked++;
}

static void count_lost(void *ctx, struct braid_sent *rec)
{
	(void)ctx;
	ck_assert_int_eq(rec->state, BRAID_SENT_LOST);
	lost++;
}

static const struct braid_loss_ops count_ops = {
	.acked = count_acked, .lost = count_lost,
};

/* An RTT of 40 ms: the time threshold is 45 ms. */
static void setup(void)
{
	braid_loss_init(&l, ring, RING);
	braid_rtt_init(&rtt);
	braid_rtt_sample(&rtt, 40000, 0);
	acked = lost = 0;
}

static void send_some(u64 n, u64 now)
{
	void *dropped;

	while (n--) {
		braid_loss_sent(&l, 1000, now, false, &dropped);
		ck_assert_ptr_null(dropped);
	}
}

/* Ranges as pairs, highest first. */
static int report(u64 now, u64 arrival, u32 held, int n, const u64 *pair)
{
	struct braid_report r = { .n = n, .arrival_us = arrival, .held_us = held };
	int i;

	for (i = 0; i < n; i++) {
		r.range[i].first = pair[2 * i];
		r.range[i].last = pair[2 * i + 1];
	}
	return braid_loss_report(&l, &r, &rtt, now, &count_ops, NULL, &ack);
}

#define REPORT(now, arrival, ...)					\
	report(now, arrival, 0,						\
	       sizeof((const u64 []){ __VA_ARGS__ }) / 2 / sizeof(u64),	\
	       (const u64 []){ __VA_ARGS__ })

START_TEST(plain)
{
	send_some(10, 1000);
	ck_assert_uint_eq(l.flying, 10000);
	ck_assert_uint_eq(l.oldest_us, 1000);
	ck_assert_int_eq(report(41500, 99000, 500, 1, (u64 []){ 0, 9 }), 0);
	ck_assert_int_eq(acked, 10);
	ck_assert_uint_eq(ack.acked_packets, 10);
	ck_assert_uint_eq(ack.acked_bytes, 10000);
	ck_assert_uint_eq(ack.rtt_us, 40000);
	ck_assert_int_eq(ack.owd_us, 98000);
	ck_assert(ack.round);
	ck_assert_uint_eq(l.flying, 0);
	ck_assert_uint_eq(l.flying_packets, 0);
	ck_assert_uint_eq(l.delivered, 10000);
	ck_assert_uint_eq(l.last_report_us, 41500);
	ck_assert_uint_eq(l.oldest_us, BRAID_NEVER);
	ck_assert_uint_eq(braid_loss_deadline(&l, &rtt), BRAID_NEVER);
	/* the same report again tells nothing */
	ck_assert_int_eq(report(42000, 99000, 900, 1, (u64 []){ 0, 9 }), 0);
	ck_assert_uint_eq(ack.acked_packets, 0);
	ck_assert_uint_eq(ack.rtt_us, 0);
	ck_assert(!ack.round);
	ck_assert_uint_eq(l.last_report_us, 41500);
}
END_TEST

START_TEST(never_sent)
{
	struct braid_loss before;

	ck_assert_int_eq(REPORT(1, 1, 0, 0), -EPROTO);
	send_some(10, 1000);
	before = l;
	ck_assert_int_eq(REPORT(2000, 1, 0, 10), -EPROTO);
	ck_assert_int_eq(REPORT(2000, 1, U64_MAX, U64_MAX), -EPROTO);
	ck_assert_mem_eq(&l, &before, sizeof(l));
	ck_assert_int_eq(acked, 0);
	ck_assert_int_eq(REPORT(2000, 1, 9, 9), 0);
}
END_TEST

START_TEST(packet_threshold)
{
	send_some(10, 1000);
	REPORT(2000, 1, 1, 2);
	ck_assert_int_eq(lost, 0);
	REPORT(2001, 2, 1, 3);
	ck_assert_int_eq(lost, 1);
	ck_assert_uint_eq(ack.lost_packets, 1);
	ck_assert_uint_eq(ack.lost_bytes, 1000);
	ck_assert_uint_eq(l.lost, 1000);
	ck_assert_uint_eq(l.flying, 6000);
	ck_assert_uint_eq(l.flying_packets, 6);
}
END_TEST

START_TEST(time_threshold)
{
	send_some(1, 1000);
	send_some(1, 5000);
	send_some(1, 9000);
	ck_assert_uint_eq(braid_loss_deadline(&l, &rtt), BRAID_NEVER);
	REPORT(41000, 1, 1, 1);
	ck_assert_int_eq(lost, 0);
	ck_assert_uint_eq(braid_loss_deadline(&l, &rtt), 46000);
	braid_loss_expire(&l, &rtt, 45999, &count_ops, NULL, &ack);
	ck_assert_int_eq(lost, 0);
	braid_loss_expire(&l, &rtt, 46000, &count_ops, NULL, &ack);
	ck_assert_int_eq(lost, 1);
	ck_assert_uint_eq(ack.lost_packets, 1);
	ck_assert_uint_eq(braid_loss_deadline(&l, &rtt), BRAID_NEVER);
	ck_assert_uint_eq(l.oldest_us, 9000);
	/* a tail that nothing overtook is not lost by time: probes see to it */
	braid_loss_expire(&l, &rtt, 9000000, &count_ops, NULL, &ack);
	ck_assert_int_eq(lost, 1);
}
END_TEST

START_TEST(late)
{
	send_some(20, 1000);
	REPORT(2000, 1, 8, 9);
	ck_assert_int_eq(lost, 7);
	REPORT(2500, 2, 8, 9, 0, 5);
	ck_assert_uint_eq(ack.late_packets, 6);
	ck_assert_uint_eq(ack.acked_packets, 6);
	ck_assert_uint_eq(ack.rtt_us, 0);
	ck_assert_uint_eq(l.late_packets, 6);
	ck_assert_uint_eq(l.lost_packets, 7);
	ck_assert_uint_eq(l.lost, 1000);
	ck_assert_uint_eq(l.delivered, 8000);
	ck_assert_uint_eq(l.flying, 11000);
	/* so much reordering is borne from now on */
	ck_assert_uint_eq(l.packet_thresh, 10);
	REPORT(3000, 3, 8, 16);
	ck_assert_int_eq(lost, 7);
	REPORT(3001, 3, 8, 17);
	ck_assert_int_eq(lost, 8);
}
END_TEST

START_TEST(late_by_time)
{
	send_some(2, 1000);
	REPORT(41000, 1, 1, 1);
	braid_loss_expire(&l, &rtt, 46000, &count_ops, NULL, &ack);
	ck_assert_int_eq(lost, 1);
	REPORT(61000, 2, 0, 1);
	ck_assert_uint_eq(l.late_packets, 1);
	ck_assert_uint_eq(l.time_num, 13);
	/* never past twice the RTT */
	send_some(2, 100000);
	REPORT(141000, 3, 3, 3, 0, 1);
	braid_loss_expire(&l, &rtt, 300000, &count_ops, NULL, &ack);
	REPORT(900000, 4, 0, 3);
	ck_assert_uint_eq(l.time_num, 16);
}
END_TEST

/* Thresholds come down again once the path keeps its order. */
START_TEST(relaxes)
{
	u64 top;
	int i;

	send_some(200, 1000);
	REPORT(2000, 1, 150, 150);
	REPORT(2001, 1, 0, 150);
	ck_assert_uint_eq(l.packet_thresh, 151);
	for (i = 0; i < 16 * 20; i++) {
		send_some(1, 3000 + i);
		top = l.next_pn - 1;
		REPORT(3000 + i, 2, top, top, 0, top - 1);
	}
	ck_assert_uint_eq(l.packet_thresh, 3);
	ck_assert_uint_eq(l.time_num, 9);
}
END_TEST

START_TEST(round_trips)
{
	send_some(10, 1000);
	REPORT(2000, 1, 0, 0);
	ck_assert(ack.round);
	send_some(5, 2500);
	REPORT(3000, 2, 0, 9);
	ck_assert(!ack.round);
	REPORT(3500, 3, 0, 10);
	ck_assert(ack.round);
	ck_assert_uint_eq(l.round_pn, 15);
}
END_TEST

START_TEST(given_up)
{
	send_some(10, 1000);
	REPORT(2000, 1, 5, 6);
	ck_assert_int_eq(lost, 4);
	braid_loss_all(&l, &count_ops, NULL);
	ck_assert_int_eq(lost, 8);
	ck_assert_uint_eq(l.flying, 0);
	ck_assert_uint_eq(l.oldest_us, BRAID_NEVER);
	braid_loss_all(&l, &count_ops, NULL);
	ck_assert_int_eq(lost, 8);
	send_some(3, 5000);
	ck_assert_uint_eq(l.oldest_us, 5000);
	REPORT(6000, 2, 0, 12);
	ck_assert_uint_eq(l.lost, 0);
	ck_assert_uint_eq(l.delivered, 13000);
	ck_assert_uint_eq(l.flying, 0);
}
END_TEST

START_TEST(no_ops)
{
	static const struct braid_loss_ops none;
	struct braid_report r = { .n = 1, .range = { { 5, 5 } } };

	send_some(10, 1000);
	ck_assert_int_eq(braid_loss_report(&l, &r, &rtt, 2000, &none, NULL, &ack), 0);
	ck_assert_uint_eq(ack.acked_packets, 1);
	ck_assert_uint_eq(ack.lost_packets, 3);
	braid_loss_all(&l, &none, NULL);
	ck_assert_uint_eq(l.flying_packets, 0);
}
END_TEST

/* Clocks that go wrong yield no samples. */
START_TEST(rubbish_times)
{
	send_some(10, 50000);
	report(40000, 1, 0, 1, (u64 []){ 0, 0 }); /* now is before sending */
	ck_assert_uint_eq(ack.rtt_us, 0);
	report(60000, 1, 10001, 1, (u64 []){ 0, 1 }); /* held for longer */
	ck_assert_uint_eq(ack.rtt_us, 0);
	ck_assert_uint_eq(ack.rate_bytes, 0); /* arrival did not move */
	report(60000, U64_MAX, 0, 1, (u64 []){ 0, 2 });
	ck_assert_uint_eq(ack.rate_bytes, 0); /* it moved a few ages */
	report(60000, 0, 0, 1, (u64 []){ 0, 3 });
	ck_assert_uint_eq(ack.rate_bytes, 0);
}
END_TEST

/* -- the ring -------------------------------------------------------------- */

START_TEST(full_ring)
{
	struct braid_sent small[4];
	void *dropped;
	int i;

	braid_loss_init(&l, small, 4);
	for (i = 0; i < 4; i++) {
		ck_assert(!braid_loss_full(&l));
		braid_loss_sent(&l, 1000, i, false, &dropped)->cookie = &small[i];
	}
	ck_assert(braid_loss_full(&l));
	braid_loss_sent(&l, 1000, 4, false, &dropped);
	ck_assert_ptr_eq(dropped, &small[0]);
	ck_assert_uint_eq(l.flying_packets, 4);
	ck_assert_uint_eq(l.flying, 4000);
	ck_assert_uint_eq(l.oldest_us, 1);
	ck_assert_uint_eq(l.lost_packets, 0);
	REPORT(10, 1, 0, 1);
	ck_assert_uint_eq(ack.acked_packets, 1);
	/* the oldest is done, yet its cookie was left in it */
	ck_assert(!braid_loss_full(&l));
	braid_loss_sent(&l, 1000, 5, false, &dropped);
	ck_assert_ptr_eq(dropped, &small[1]);
	ck_assert_uint_eq(l.flying_packets, 4);
	/* one record only */
	braid_loss_init(&l, small, 1);
	for (i = 0; i < 5; i++)
		braid_loss_sent(&l, 1000, i, false, &dropped);
	ck_assert_uint_eq(l.flying_packets, 1);
	ck_assert_uint_eq(l.oldest_us, 4);
}
END_TEST

/* Control packets take numbers; they are neither waited for nor lost. */
START_TEST(control_packets)
{
	void *dropped;
	int i;

	for (i = 0; i < 3 * RING; i++)
		ck_assert_ptr_null(braid_loss_skip(&l));
	ck_assert_uint_eq(l.next_pn - l.tail_pn, 0);
	braid_loss_sent(&l, 1000, 1, false, &dropped);
	for (i = 0; i < 10; i++)
		braid_loss_skip(&l);
	braid_loss_sent(&l, 1000, 2, false, &dropped);
	ck_assert_uint_eq(l.next_pn - l.tail_pn, 12);
	REPORT(41000, 1, 3 * RING + 3, 3 * RING + 9);
	ck_assert_uint_eq(ack.acked_packets, 0);
	ck_assert_uint_eq(ack.rtt_us, 0);
	ck_assert_int_eq(lost, 1); /* what they overtook is lost */
	REPORT(41500, 1, 3 * RING, 3 * RING + 11);
	ck_assert_uint_eq(ack.acked_packets, 2);
	ck_assert_uint_eq(l.next_pn - l.tail_pn, 0);
}
END_TEST

START_TEST(grows)
{
	static struct braid_sent small[8], large[64];
	struct braid_sent *rec;
	void *dropped;
	u64 pn;

	braid_loss_init(&l, small, 8);
	for (pn = 0; pn < 13; pn++)
		braid_loss_sent(&l, 1000, pn, false, &dropped);
	REPORT(20, 1, 12, 12, 8, 9);
	ck_assert_ptr_eq(braid_loss_grow(&l, large, 64), small);
	memset(small, 0xff, sizeof(small));
	ck_assert(!braid_loss_full(&l));
	for (; pn < 60; pn++) {
		rec = braid_loss_sent(&l, 1000, pn, false, &dropped);
		ck_assert_ptr_eq(rec, &large[pn]);
	}
	REPORT(30, 2, 0, 59);
	ck_assert_uint_eq(l.delivered_packets, 13 - 5 + 47);
	ck_assert_uint_eq(l.flying, 0);
}
END_TEST

/* -- everything at random, against a plain list --------------------------- */

#define MODEL	20000

static struct {
	u32 size;
	u8 state;		/* 1 flies, 2 lost, 3 reported, 4 given up, 5 control */
	u8 cookie;		/* 1 with the path, 2 taken */
} model[MODEL];
static u64 model_seed;
static u32 model_given_up;

static void take_cookie(struct braid_sent *rec)
{
	u64 pn = (uintptr_t)rec->cookie - 1;

	if (!rec->cookie)
		return;
	ck_assert_uint_lt(pn, MODEL);
	ck_assert_int_eq(model[pn].cookie, 1);
	ck_assert_uint_eq(rec->gseq, 7 * pn);
	model[pn].cookie = 2;
	rec->cookie = NULL;
}

static void model_acked(void *ctx, struct braid_sent *rec)
{
	ck_assert_ptr_eq(ctx, &l);
	if (unit_below(&model_seed, 10))
		take_cookie(rec);
	acked++;
}

static void model_lost(void *ctx, struct braid_sent *rec)
{
	u64 pn = rec->gseq / 7;

	ck_assert_ptr_eq(ctx, &l);
	ck_assert_int_eq(model[pn].state, 1);
	model[pn].state = 2;
	if (unit_below(&model_seed, 2))
		take_cookie(rec);
	lost++;
}

static const struct braid_loss_ops model_ops = {
	.acked = model_acked, .lost = model_lost,
};

static void put_cookie(void *cookie)
{
	u64 pn = (uintptr_t)cookie - 1;

	if (!cookie)
		return;
	ck_assert_int_eq(model[pn].cookie, 1);
	model[pn].cookie = 2;
}

static void model_send(u64 now)
{
	struct braid_sent *rec;
	u64 pn = l.next_pn, gone;
	void *dropped;

	gone = pn > l.mask ? pn - l.mask - 1 : MODEL;
	if (braid_loss_full(&l)) {
		ck_assert_int_eq(model[gone].state, 1);
		model[gone].state = 4;
		model_given_up++;
	} else if (gone < MODEL && gone >= l.base_pn) {
		ck_assert_int_ne(model[gone].state, 1);
	}
	if (!unit_below(&model_seed, 8)) {
		model[pn].state = 5;
		put_cookie(braid_loss_skip(&l));
		return;
	}
	model[pn].size = 40 + unit_below(&model_seed, 1460);
	model[pn].state = 1;
	rec = braid_loss_sent(&l, model[pn].size, now, false, &dropped);
	ck_assert_ptr_null(rec->cookie);
	ck_assert(!rec->data);
	rec->data = true;
	rec->gseq = 7 * pn;
	if (unit_below(&model_seed, 4)) {
		rec->cookie = (void *)(uintptr_t)(pn + 1);
		model[pn].cookie = 1;
	}
	put_cookie(dropped);
}

/* A report of random ranges; what it tells anew counts once. */
static void model_report(u64 now, u64 *arrival)
{
	struct braid_report r = { .arrival_us = *arrival += 10 };
	u64 at = l.next_pn - 1 - unit_below(&model_seed, min_t(u64, l.next_pn, 9));
	u64 pn, len;
	u32 fresh = 0;

	while (r.n < BRAID_MAX_RANGES) {
		len = min_t(u64, unit_below(&model_seed, 40), at);
		r.range[r.n].last = at;
		r.range[r.n++].first = at - len;
		for (pn = at - len; pn <= at; pn++) {
			if (pn < l.base_pn || model[pn].state == 3 ||
			    model[pn].state == 5)
				continue;
			ck_assert_int_ne(model[pn].state, 4);
			model[pn].state = 3;
			fresh++;
		}
		if (at - len < 42)
			break;
		at -= len + 2 + unit_below(&model_seed, 3);
	}
	/* model_lost() sees what is lost by this report: reset by state 3 */
	ck_assert_int_eq(braid_loss_report(&l, &r, &rtt, now, &model_ops, &l,
					   &ack), 0);
	ck_assert_uint_eq(ack.acked_packets, fresh);
}

static void model_compare(void)
{
	u64 pn, bytes[6] = { 0 };
	u32 count[6] = { 0 };
	bool below = false;

	for (pn = 0; pn < l.next_pn; pn++) {
		bytes[model[pn].state] += model[pn].size;
		count[model[pn].state]++;
	}
	ck_assert_uint_eq(l.flying, bytes[1]);
	ck_assert_uint_eq(l.flying_packets, count[1]);
	ck_assert_uint_eq(l.lost, bytes[2]);
	ck_assert_uint_eq(l.lost_packets - l.late_packets, count[2]);
	ck_assert_uint_eq(l.delivered, bytes[3]);
	ck_assert_uint_eq(l.delivered_packets, count[3]);
	ck_assert_uint_eq(model_given_up, count[4]);
	ck_assert_int_eq(acked, count[3]);
	ck_assert_uint_eq(lost, l.lost_packets);
	ck_assert((l.oldest_us == BRAID_NEVER) == !l.flying_packets);
	for (pn = 0; pn < l.tail_pn; pn++)
		below |= model[pn].state == 1;
	ck_assert(!below);
	if (l.flying_packets)
		ck_assert_int_eq(model[l.tail_pn].state, 1);
}

START_TEST(random_against_model)
{
	struct braid_sent *rec = calloc(64, sizeof(*rec)), *old;
	u64 now = 1000, arrival = 500, next, due;
	u32 n = 64;

	memset(model, 0, sizeof(model));
	model_seed = _i;
	model_given_up = 0;
	braid_loss_init(&l, rec, n);
	while (l.next_pn < MODEL - 100) {
		for (next = unit_below(&model_seed, 30); next; next--)
			model_send(now++);
		if (l.next_pn && unit_below(&model_seed, 8))
			model_report(now, &arrival);
		now += unit_below(&model_seed, 3000);
		due = braid_loss_deadline(&l, &rtt);
		if (due <= now) {
			braid_loss_expire(&l, &rtt, now, &model_ops, &l, &ack);
			ck_assert_uint_gt(braid_loss_deadline(&l, &rtt), now);
		}
		if (!unit_below(&model_seed, 300))
			braid_loss_all(&l, &model_ops, &l);
		if (n < 4096 && !unit_below(&model_seed, 100)) {
			n *= 2;
			rec = calloc(n, sizeof(*rec));
			old = braid_loss_grow(&l, rec, n);
			free(old);
		}
		if (!unit_below(&model_seed, 50))
			model_compare();
	}
	model_compare();
	braid_loss_drain(&l, put_cookie);
	braid_loss_drain(&l, put_cookie);
	for (next = 0; next < l.next_pn; next++)
		ck_assert_int_ne(model[next].cookie, 1);
	free(rec);
}
END_TEST

/* -- a link ------------------------------------------------------------------ */

/*
 * A link of constant rate and delay, and a receiver that reports each
 * millisecond. The sender keeps @window packets in flight.
 */
#define LINK_PACKETS	200000

struct link {
	u64 rate;		/* bytes per second */
	u64 delay_us;		/* one way */
	u64 offset_us;		/* the receiver's clock minus ours */
	u64 jitter_us;		/* reorders */
	u32 loss;		/* of 1,000 */
	u32 control;		/* the same: followed by a control packet */
	u32 window;
	/* state */
	u64 seed;
	u64 now;
	u64 free_us;
	u64 arrive_us[LINK_PACKETS];	/* BRAID_NEVER: lost */
	u64 samples;
	u64 rate_min;
	u64 rate_max;
	u64 really_lost;
};

static void link_send(struct link *k, u64 now)
{
	u64 pn = l.next_pn;
	void *dropped;

	braid_loss_sent(&l, 1250, now, false, &dropped);
	ck_assert_uint_lt(pn + 1, LINK_PACKETS);
	k->free_us = max(k->free_us, now) + 1250 * 1000000ULL / k->rate;
	k->arrive_us[pn] = k->free_us + k->delay_us;
	if (k->jitter_us)
		k->arrive_us[pn] += unit_below(&k->seed, k->jitter_us);
	if (unit_below(&k->seed, 1000) < k->loss) {
		k->arrive_us[pn] = BRAID_NEVER;
		k->really_lost++;
	}
	if (unit_below(&k->seed, 1000) < k->control) {
		braid_loss_skip(&l);
		k->arrive_us[pn + 1] = k->free_us + k->delay_us;
	}
}

/* The report as of @at, as a receiver makes it that looks far enough back. */
static int link_report(const struct link *k, struct braid_report *r, u64 at)
{
	u64 pn = l.next_pn, floor = pn > 1200 ? pn - 1200 : 0;
	bool in = false;

	memset(r, 0, sizeof(*r));
	while (pn-- > floor) {
		if (k->arrive_us[pn] > at) {
			in = false;
			continue;
		}
		if (!r->n && !in) {
			r->arrival_us = k->arrive_us[pn] + k->offset_us;
			r->held_us = at - k->arrive_us[pn];
		}
		if (!in && r->n == BRAID_MAX_RANGES)
			break;
		if (!in)
			r->range[r->n++].last = pn;
		r->range[r->n - 1].first = pn;
		in = true;
	}
	return r->n;
}

static void link_sample(struct link *k)
{
	u64 rate;

	if (!ack.rate_bytes)
		return;
	rate = ack.rate_bytes * 1000000 / ack.rate_us;
	k->samples++;
	k->rate_min = k->samples == 1 ? rate : min(k->rate_min, rate);
	k->rate_max = max(k->rate_max, rate);
}

static void link_run(struct link *k, u64 us)
{
	static struct braid_report r;
	u64 now = k->now, due;

	k->samples = k->rate_max = 0;
	for (k->now += us; now < k->now; now += 1000) {
		if (l.next_pn &&
		    link_report(k, &r, now - k->delay_us)) {
			ck_assert_int_eq(braid_loss_report(&l, &r, &rtt, now, &count_ops,
							   NULL, &ack), 0);
			link_sample(k);
			if (ack.rtt_us)
				braid_rtt_sample(&rtt, ack.rtt_us, now);
		}
		due = braid_loss_deadline(&l, &rtt);
		if (due <= now)
			braid_loss_expire(&l, &rtt, now, &count_ops, NULL, &ack);
		while (l.flying_packets < k->window)
			link_send(k, now);
	}
}

static struct link *link_new(void)
{
	static struct link k;
	static struct braid_sent rec[8192];

	memset(&k, 0, sizeof(k));
	k.now = 1000000;
	k.delay_us = 20000;
	k.rate = 5000000;
	k.window = 400;
	braid_loss_init(&l, rec, ARRAY_SIZE(rec));
	braid_rtt_init(&rtt);
	return &k;
}

/* Whatever the clocks' offset, the samples are the link's rate. */
START_TEST(rate_is_exact)
{
	static const u64 offset[] = { 0, 1ULL << 40, -500000ULL };
	struct link *k = link_new();

	k->offset_us = offset[_i];
	link_run(k, 500000); /* the first burst takes a while to be sent */
	link_run(k, 2000000);
	ck_assert_uint_gt(k->samples, 500);
	ck_assert_uint_ge(k->rate_min, 4995000);
	ck_assert_uint_le(k->rate_max, 5005000);
	ck_assert_int_eq(lost, 0);
}
END_TEST

/* Reports that end at a control packet give no samples, and spoil none. */
START_TEST(rate_with_control)
{
	struct link *k = link_new();

	k->control = 500;
	link_run(k, 500000);
	link_run(k, 2000000);
	ck_assert_uint_gt(k->samples, 300);
	ck_assert_uint_ge(k->rate_min, 4995000);
	ck_assert_uint_le(k->rate_max, 5005000);
	ck_assert_int_eq(lost, 0);
}
END_TEST

/* A sender slower than the link sees its own rate, never more than that. */
START_TEST(rate_of_a_slow_sender)
{
	struct link *k = link_new();

	k->window = 40; /* in 42 ms or so */
	link_run(k, 2000000);
	ck_assert_uint_gt(k->samples, 100);
	ck_assert_uint_le(k->rate_max, 5005000);
}
END_TEST

START_TEST(rate_with_loss)
{
	struct link *k = link_new();

	k->loss = 20;
	link_run(k, 500000);
	link_run(k, 2000000);
	ck_assert_uint_le(k->rate_max, 5005000);
	ck_assert_uint_ge(k->rate_min, 4300000);
	ck_assert_uint_eq(l.late_packets, 0);
	/* all that was lost is known, but for what flies */
	ck_assert_uint_le(l.lost_packets, k->really_lost);
	ck_assert_uint_ge(l.lost_packets + 40, k->really_lost);
}
END_TEST

/* What was sent while nothing waited is marked. */
START_TEST(limited_samples)
{
	void *dropped;

	braid_loss_sent(&l, 1000, 1000, false, &dropped);
	braid_loss_sent(&l, 1000, 2000, true, &dropped);
	REPORT(41000, 21000, 0, 0);
	ck_assert_uint_eq(ack.rate_bytes, 0); /* by itself it is no interval */
	REPORT(42000, 22000, 0, 1);
	ck_assert_uint_eq(ack.rate_bytes, 1000);
	ck_assert_uint_eq(ack.rate_us, 1000);
	ck_assert(ack.limited);
}
END_TEST

/* The pause between two flights is in no sample. */
START_TEST(pause_between_flights)
{
	send_some(4, 1000);
	REPORT(41000, 21000, 0, 3);
	send_some(1, 9000000);
	send_some(1, 9001000);
	REPORT(9040000, 9020000, 4, 4, 0, 3);
	ck_assert_uint_eq(ack.rate_bytes, 0);
	REPORT(9041000, 9021000, 0, 5);
	ck_assert_uint_eq(ack.rate_bytes, 1000);
	ck_assert_uint_eq(ack.rate_us, 1000);
}
END_TEST

/* netem's delay with +-10 ms: few packets are thought lost in vain. */
START_TEST(reordering_link)
{
	struct link *k = link_new();
	u64 before;

	k->jitter_us = 20000;
	k->rate = 3750000;
	k->loss = _i ? 10 : 0;
	link_run(k, 2000000);
	before = l.late_packets;
	ck_assert_uint_lt(before, 200);
	link_run(k, 10000000);
	/* of 30,000 packets */
	ck_assert_msg(l.late_packets - before < 30, "%llu late",
		      (unsigned long long)(l.late_packets - before));
	ck_assert_uint_le(l.packet_thresh, 1024);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loss");
	TCase *tc = tcase_create("loss");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, plain);
	tcase_add_test(tc, never_sent);
	tcase_add_test(tc, packet_threshold);
	tcase_add_test(tc, time_threshold);
	tcase_add_test(tc, late);
	tcase_add_test(tc, late_by_time);
	tcase_add_test(tc, relaxes);
	tcase_add_test(tc, round_trips);
	tcase_add_test(tc, given_up);
	tcase_add_test(tc, no_ops);
	tcase_add_test(tc, rubbish_times);
	tcase_add_test(tc, full_ring);
	tcase_add_test(tc, control_packets);
	tcase_add_test(tc, grows);
	tcase_add_loop_test(tc, random_against_model, 0, 10);
	tcase_add_loop_test(tc, rate_is_exact, 0, 3);
	tcase_add_test(tc, rate_with_control);
	tcase_add_test(tc, rate_of_a_slow_sender);
	tcase_add_test(tc, rate_with_loss);
	tcase_add_test(tc, limited_samples);
	tcase_add_test(tc, pause_between_flights);
	tcase_add_loop_test(tc, reordering_link, 0, 2);
	return unit_run(suite);
}
