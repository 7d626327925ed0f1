// SPDX-License-Identifier: GPL-2.0
/*
 * The rate estimate on a link of fluid: what is sent at the pacing rate goes
 * through a queue, and is reported 2 ms at a time.
 */
#include "unit.h"

#include "core/rate.h"

#define MBIT		125000ULL
#define STEP_US		2000
#define STEPS		512	/* longest way there and back, and queue */
#define OFFSET_US	77777777	/* of the receiver's clock */

/* What was sent in one step. */
struct drop {
	u64 sent_us;
	u64 arrived_us;
	u32 bytes;
	u32 lost;
	bool limited;
};

struct pipe {
	struct braid_rate r;
	struct braid_rtt rtt;
	struct braid_owd owd;
	u64 now_us;
	u64 seed;
	struct drop drop[STEPS];
	u32 head;
	u32 tail;
	u64 flying;
	/* the link */
	u64 rate;
	u64 owd_us;
	u64 back_us;
	u64 free_us;
	u32 loss_permille;
	u64 limit_us;	/* length of its queue */
	u64 demand;	/* bytes per second, 0 for all that goes */
	/* score */
	u64 most_queue_us;
	u64 delivered;
};

static void pipe_init(struct pipe *p, u64 rate, u64 owd_us, u64 back_us)
{
	memset(p, 0, sizeof(*p));
	p->rate = rate;
	p->owd_us = owd_us;
	p->back_us = back_us;
	p->limit_us = 1000000;
	p->now_us = 1000000;
	p->seed = 1;
	braid_rtt_init(&p->rtt);
	braid_owd_init(&p->owd);
	braid_rtt_sample(&p->rtt, owd_us + back_us, p->now_us);
	braid_owd_sample(&p->owd, owd_us + OFFSET_US, p->now_us);
	braid_rate_init(&p->r, 0);
	braid_rate_start(&p->r, &p->rtt, p->now_us);
}

static void pipe_send(struct pipe *p)
{
	struct drop *d = &p->drop[p->head++ % STEPS];
	u64 bytes = p->r.pacing * STEP_US / 1000000;
	u64 queue_us;

	memset(d, 0, sizeof(*d));
	if (p->demand && bytes > p->demand * STEP_US / 1000000) {
		bytes = p->demand * STEP_US / 1000000;
		d->limited = true;
	}
	d->sent_us = p->now_us;
	d->bytes = bytes;
	if (unit_below(&p->seed, 1000) < p->loss_permille * 4)
		d->lost = bytes / 4;
	if (p->free_us < p->now_us)
		p->free_us = p->now_us;
	queue_us = p->free_us - p->now_us;
	if (queue_us > p->limit_us) {
		d->lost = (queue_us - p->limit_us) * p->rate / 1000000;
		d->lost = min_t(u64, d->lost, bytes);
	}
	p->free_us += (bytes - d->lost) * 1000000 / p->rate;
	d->arrived_us = p->free_us + p->owd_us;
	p->flying += bytes;
	p->most_queue_us = max(p->most_queue_us, queue_us);
}

static void pipe_report(struct pipe *p)
{
	struct braid_ack ack = { 0 };
	struct drop *d = NULL;

	while (p->tail != p->head &&
	       p->drop[p->tail % STEPS].arrived_us + p->back_us <= p->now_us) {
		d = &p->drop[p->tail++ % STEPS];
		ack.acked_bytes += d->bytes - d->lost;
		ack.acked_packets += (d->bytes - d->lost) / 1500 + 1;
		ack.lost_bytes += d->lost;
		ack.lost_packets += (d->lost + 1499) / 1500;
		ack.limited |= d->limited;
		p->flying -= d->bytes;
	}
	if (!d)
		return;
	ack.rtt_us = d->arrived_us + p->back_us - d->sent_us;
	ack.owd_us = d->arrived_us - d->sent_us + OFFSET_US;
	ack.round = true;
	p->delivered += ack.acked_bytes;
	braid_rtt_sample(&p->rtt, ack.rtt_us, p->now_us);
	braid_owd_sample(&p->owd, ack.owd_us, p->now_us);
	braid_rate_ack(&p->r, &ack, &p->rtt, &p->owd, p->now_us, !p->demand,
		       p->flying);
}

static void pipe_run(struct pipe *p, u64 ms)
{
	u64 end_us = p->now_us + ms * 1000;

	p->most_queue_us = 0;
	p->delivered = 0;
	while (p->now_us < end_us) {
		braid_rate_tick(&p->r, p->now_us);
		pipe_send(p);
		pipe_report(p);
		ck_assert_uint_gt(p->r.pacing, 0);
		p->now_us += STEP_US;
	}
}

/* Is the estimate within @percent of @rate? */
static bool near(const struct pipe *p, u64 rate, u32 percent)
{
	u64 off = p->r.rate > rate ? p->r.rate - rate : rate - p->r.rate;

	return off * 100 <= rate * percent;
}

static const struct {
	u64 rate;
	u64 owd_us;
	u64 back_us;
} links[] = {
	{ 20 * MBIT, 10000, 10000 },
	{ 50 * MBIT, 50000, 10000 },
	{ 2 * MBIT, 30000, 30000 },
	{ 1000 * MBIT, 1000, 1000 },
	{ 300 * MBIT, 100000, 100000 },
};

START_TEST(rate_finds_link)
{
	struct pipe p;

	pipe_init(&p, links[_i].rate, links[_i].owd_us, links[_i].back_us);
	pipe_run(&p, 4000);
	ck_assert(near(&p, p.rate, 5));
	pipe_run(&p, 20000);
	ck_assert_msg(near(&p, p.rate, 5), "%llu of %llu",
		      (unsigned long long)p.r.rate, (unsigned long long)p.rate);
	ck_assert_uint_le(p.most_queue_us, 30000);
	ck_assert_uint_ge(p.delivered * 100, 20 * p.rate * 97);
	ck_assert_uint_ge(p.r.confirmed_us + 2000000, p.now_us);
}
END_TEST

START_TEST(rate_follows_down)
{
	struct pipe p;

	pipe_init(&p, 50 * MBIT, 50000, 10000);
	pipe_run(&p, 8000);
	p.rate = 15 * MBIT;
	pipe_run(&p, 1000);
	ck_assert(near(&p, p.rate, 5));
	pipe_run(&p, 3000);
	ck_assert(near(&p, p.rate, 3));
	ck_assert_uint_le(p.most_queue_us, 60000);
	ck_assert_uint_ge(p.delivered * 100, 3 * p.rate * 95);
}
END_TEST

START_TEST(rate_follows_up)
{
	struct pipe p;

	pipe_init(&p, 15 * MBIT, 50000, 10000);
	pipe_run(&p, 8000);
	p.rate = 50 * MBIT;
	pipe_run(&p, 3000);
	ck_assert(near(&p, p.rate, 10));
	ck_assert_uint_le(p.most_queue_us, 80000);
}
END_TEST

/* What a flow did not send was not refused by the link. */
START_TEST(rate_idle_keeps_estimate)
{
	struct pipe p;
	u64 before;

	pipe_init(&p, 50 * MBIT, 25000, 25000);
	pipe_run(&p, 4000);
	before = p.r.rate;
	p.demand = 2 * MBIT;
	pipe_run(&p, 10000);
	ck_assert_uint_ge(p.r.rate * 100, before * 97);
	ck_assert_uint_le(p.most_queue_us, 10000);
	/* nor does it go looking when nothing waits */
	ck_assert_uint_le(p.r.rate * 100, before * 105);
}
END_TEST

/* Nor when packets of such a flow are lost before anything was measured. */
START_TEST(rate_little_and_lossy)
{
	struct pipe p;
	u64 before;

	pipe_init(&p, 20 * MBIT, 15000, 15000);
	before = p.r.rate;
	p.loss_permille = 150;
	p.demand = MBIT / 10;
	pipe_run(&p, 10000);
	ck_assert_uint_ge(p.r.rate, before / 2);
}
END_TEST

/* However low an estimate fell, for whatever reason, it finds the link again. */
START_TEST(rate_leaves_the_floor)
{
	struct pipe p;
	u64 rate = links[_i].rate;

	pipe_init(&p, rate, links[_i].owd_us, links[_i].back_us);
	pipe_run(&p, 4000);
	/* what is still under way would tell */
	p.demand = 1000;
	pipe_run(&p, 10000);
	p.demand = 0;
	p.r.rate = 8000;
	p.r.pacing = 8000;
	p.r.delivery.slots = 0;
	pipe_run(&p, 15000);
	ck_assert_msg(near(&p, rate, 10), "%llu of %llu",
		      (unsigned long long)p.r.rate, (unsigned long long)rate);
}
END_TEST

/* Loss that does not come from us does not slow us down. */
START_TEST(rate_random_loss)
{
	struct pipe p;

	pipe_init(&p, 50 * MBIT, 25000, 25000);
	pipe_run(&p, 4000);
	p.loss_permille = 50;
	pipe_run(&p, 20000);
	ck_assert_uint_ge(p.r.rate * 100, p.rate * 90);
	ck_assert_uint_ge(p.delivered * 100, 20 * p.rate * 88);
}
END_TEST

/* A link without a queue to see fills by loss alone. */
START_TEST(rate_shallow)
{
	struct pipe p;

	pipe_init(&p, 50 * MBIT, 25000, 25000);
	p.limit_us = 500;
	pipe_run(&p, 10000);
	pipe_run(&p, 10000);
	ck_assert_msg(near(&p, p.rate, 10), "%llu",
		      (unsigned long long)p.r.rate);
	ck_assert_uint_ge(p.delivered * 100, 10 * p.rate * 90);
}
END_TEST

/* A path that gets longer is not slower. */
START_TEST(rate_longer_path)
{
	struct pipe p;

	pipe_init(&p, 50 * MBIT, 50000, 10000);
	pipe_run(&p, 8000);
	p.owd_us += 20000;
	pipe_run(&p, 2000);
	pipe_run(&p, 10000);
	ck_assert_uint_ge(p.delivered * 100, 10 * p.rate * 90);
	pipe_run(&p, 5000);
	ck_assert(near(&p, p.rate, 5));
	ck_assert_uint_eq(p.r.alien_us, 0);
}
END_TEST

START_TEST(rate_cap)
{
	struct pipe p;

	pipe_init(&p, 50 * MBIT, 25000, 25000);
	braid_rate_set_cap(&p.r, 10 * MBIT);
	ck_assert_uint_le(p.r.pacing, 10 * MBIT);
	pipe_run(&p, 5000);
	ck_assert_uint_le(p.r.pacing, 10 * MBIT);
	ck_assert_uint_le(p.delivered, 5 * 10 * MBIT);
	ck_assert_uint_ge(p.delivered * 100, 5 * 10 * MBIT * 90);
	braid_rate_set_cap(&p.r, 0);
	pipe_run(&p, 5000);
	ck_assert(near(&p, p.rate, 5));
}
END_TEST

START_TEST(rate_restart)
{
	struct pipe p;
	u64 first, before;

	pipe_init(&p, 50 * MBIT, 25000, 25000);
	first = p.r.rate;
	ck_assert_uint_eq(first, 16 * 1400 * 20);
	pipe_run(&p, 4000);
	before = p.r.rate;
	/* away for a moment: half of what it was */
	braid_rate_start(&p.r, &p.rtt, p.now_us + 2000000);
	ck_assert_uint_eq(p.r.rate, before / 2);
	ck_assert_int_eq(p.r.phase, BRAID_RATE_STARTUP);
	/* away for long: as if new */
	p.r.confirmed_us = p.now_us;
	braid_rate_start(&p.r, &p.rtt, p.now_us + 60000000);
	ck_assert_uint_eq(p.r.rate, first);
	/* no round trip known: 100 ms */
	braid_rtt_init(&p.rtt);
	braid_rate_init(&p.r, 0);
	braid_rate_start(&p.r, &p.rtt, p.now_us);
	ck_assert_uint_eq(p.r.rate, 16 * 1400 * 10);
}
END_TEST

/* Rubbish in, but always some pacing out, and nothing that a cap forbids. */
START_TEST(rate_rubbish)
{
	u64 seed = _i, now_us = 1, i;
	struct braid_rtt rtt;
	struct braid_owd owd;
	struct braid_rate r;
	struct braid_ack a;

	braid_rtt_init(&rtt);
	braid_owd_init(&owd);
	braid_rate_init(&r, _i & 1 ? 1000000 : 0);
	braid_rate_start(&r, &rtt, now_us);
	for (i = 0; i < 20000; i++) {
		memset(&a, 0, sizeof(a));
		now_us += unit_below(&seed, 1 + (1U << unit_below(&seed, 24)));
		a.acked_packets = unit_below(&seed, 100);
		a.acked_bytes = a.acked_packets * unit_below(&seed, 1500);
		a.lost_packets = unit_below(&seed, 3) * unit_below(&seed, 90);
		a.late_packets = unit_below(&seed, 9);
		a.limited = unit_below(&seed, 2);
		a.round = unit_below(&seed, 2);
		if (unit_below(&seed, 4)) {
			a.rtt_us = 1 + unit_random(&seed) %
				   (1ULL << unit_below(&seed, 32));
			a.owd_us = (s64)unit_random(&seed) >>
				   (10 + unit_below(&seed, 50));
			braid_rtt_sample(&rtt, a.rtt_us, now_us);
			braid_owd_sample(&owd, a.owd_us, now_us);
		}
		braid_rate_ack(&r, &a, &rtt, &owd, now_us,
			       unit_below(&seed, 2),
			       unit_below(&seed, 10000000));
		braid_rate_tick(&r, now_us);
		ck_assert_uint_gt(r.pacing, 0);
		ck_assert_uint_gt(r.rate, 0);
		if (r.cap)
			ck_assert_uint_le(r.pacing, r.cap);
	}
}
END_TEST

START_TEST(rate_names)
{
	ck_assert_str_eq(braid_rate_phase_name(BRAID_RATE_STARTUP), "startup");
	ck_assert_str_eq(braid_rate_phase_name(BRAID_RATE_HOLD), "hold");
	ck_assert_str_eq(braid_rate_phase_name(99), "unknown");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rate");
	TCase *tc = tcase_create("rate");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, rate_finds_link, 0, ARRAY_SIZE(links));
	tcase_add_test(tc, rate_follows_down);
	tcase_add_test(tc, rate_follows_up);
	tcase_add_test(tc, rate_idle_keeps_estimate);
	tcase_add_test(tc, rate_little_and_lossy);
	tcase_add_loop_test(tc, rate_leaves_the_floor, 0, 3);
	tcase_add_test(tc, rate_random_loss);
	tcase_add_test(tc, rate_shallow);
	tcase_add_test(tc, rate_longer_path);
	tcase_add_test(tc, rate_cap);
	tcase_add_test(tc, rate_restart);
	tcase_add_loop_test(tc, rate_rubbish, 0, 8);
	tcase_add_test(tc, rate_names);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
