// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "core/health.h"
#include "unit.h"

#define SEC		BRAID_USEC_PER_SEC
#define MS		BRAID_USEC_PER_MSEC
#define HOUR_US		(3600 * SEC)
#define STATES		BRAID_HEALTH_STATES
#define NEW		BRAID_HEALTH_LIFE_NEW
#define UP		BRAID_HEALTH_LIFE_UP
#define COLD		BRAID_HEALTH_LIFE_COLD
#define SUSPECT		BRAID_HEALTH_LIFE_SUSPECT
#define DOWN		BRAID_HEALTH_LIFE_DOWN

/* What is seen of a path in each state. */
static const struct braid_health_seen seen_in[STATES] = {
	[BRAID_HEALTH_PROBING] = { .life = NEW },
	[BRAID_HEALTH_BUSY] = { .life = UP, .data = true, .wanted = true },
	[BRAID_HEALTH_ACTIVE] = { .life = UP, .wanted = true },
	[BRAID_HEALTH_IDLE] = { .life = UP },
	[BRAID_HEALTH_DORMANT] = { .life = COLD },
	[BRAID_HEALTH_SUSPECT] = { .life = SUSPECT },
	[BRAID_HEALTH_DOWN] = { .life = DOWN },
};

static struct braid_health begin(u32 keepalive_us)
{
	struct braid_health h = { .keepalive_us = keepalive_us };

	braid_health_start(&h, 0);
	return h;
}

/* Moves to @state; what is left of a train is sent there. */
static void move(struct braid_health *h, enum braid_health_state state)
{
	u64 delay_us;

	braid_health_update(h, &seen_in[state], 1, &delay_us);
	ck_assert_int_eq(h->state, state);
	h->train = 0;
}

/*
 * Until the first probe after each transition, in ms: from a row's state to a
 * column's. -1: never; the diagonal is no transition.
 */
static const int first_ms[STATES][STATES] = {
	/* from      probing  busy active  idle dormant suspect  down */
	/* probing */ {    0,   40,    40,   40,     -1,      0,  500 },
	/* busy */    {    0,    0,  1000, 1000,     -1,      0,  500 },
	/* active */  {    0, 1000,     0, 1000,     -1,      0,  500 },
	/* idle */    {    0, 1000,     0,    0,     -1,      0,  500 },
	/* dormant */ {    0, 1000,  1000, 1000,      0,      0,  500 },
	/* suspect */ {    0,   40,    40,   40,     -1,      0,  500 },
	/* down */    {    0,   40,    40,   40,     -1,      0,    0 },
};

START_TEST(every_transition)
{
	struct braid_health h = begin(BRAID_HEALTH_KEEPALIVE_US);
	int from = _i / STATES, to = _i % STATES;
	u64 delay_us = 12345;
	bool changed;

	move(&h, from);
	changed = braid_health_update(&h, &seen_in[to], 7 * SEC, &delay_us);
	ck_assert_int_eq(h.state, to);
	ck_assert_int_eq(changed, from != to);
	if (from == to) {
		ck_assert_uint_eq(delay_us, 12345);
		return;
	}
	ck_assert_uint_eq(h.since_us, 7 * SEC);
	ck_assert_uint_eq(delay_us, first_ms[from][to] < 0 ?
			  BRAID_HEALTH_NONE : first_ms[from][to] * MS);
	ck_assert_uint_eq(h.train, first_ms[from][to] == 40 ?
			  BRAID_HEALTH_TRAIN : 0);
}
END_TEST

START_TEST(what_is_seen_decides)
{
	struct braid_health h = begin(BRAID_HEALTH_KEEPALIVE_US);
	struct braid_health_seen seen = seen_in[BRAID_HEALTH_BUSY];
	u64 delay_us;

	/* data of which nobody tells measures nothing: probed at once */
	move(&h, BRAID_HEALTH_BUSY);
	seen.silent = true;
	ck_assert(braid_health_update(&h, &seen, 5, &delay_us));
	ck_assert_int_eq(h.state, BRAID_HEALTH_ACTIVE);
	ck_assert_uint_eq(delay_us, 0);
	/* what is not up is not busy, whatever it sends */
	seen.life = SUSPECT;
	ck_assert(braid_health_update(&h, &seen, 6, &delay_us));
	ck_assert_int_eq(h.state, BRAID_HEALTH_SUSPECT);
	seen.life = COLD;
	ck_assert(braid_health_update(&h, &seen, 7, &delay_us));
	ck_assert_int_eq(h.state, BRAID_HEALTH_DORMANT);
}
END_TEST

START_TEST(busy_and_dormant_are_not_probed)
{
	struct braid_health h = begin(BRAID_HEALTH_KEEPALIVE_US);
	int i;

	for (i = 0; i < STATES; i++) {
		move(&h, i);
		ck_assert_int_eq(braid_health_probes(&h),
				 i != BRAID_HEALTH_BUSY &&
				 i != BRAID_HEALTH_DORMANT);
	}
	move(&h, BRAID_HEALTH_DORMANT);
	ck_assert_uint_eq(braid_health_next(&h, true, 1, 1), BRAID_HEALTH_NONE);
	/* unless somebody asks, once */
	move(&h, BRAID_HEALTH_BUSY);
	braid_health_ask(&h);
	ck_assert(braid_health_probes(&h));
	ck_assert_uint_eq(braid_health_next(&h, true, 1, 1), SEC);
	ck_assert(!braid_health_probes(&h));
}
END_TEST

START_TEST(a_path_that_came_up_is_measured)
{
	struct braid_health h = begin(BRAID_HEALTH_KEEPALIVE_US);
	u64 delay_us;
	int i;

	ck_assert(braid_health_update(&h, &seen_in[BRAID_HEALTH_IDLE], 1,
				      &delay_us));
	for (i = 0; i < BRAID_HEALTH_TRAIN - 1; i++)
		ck_assert_uint_eq(braid_health_next(&h, false, 1, ~0u),
				  BRAID_HEALTH_QUICK_US);
	ck_assert_uint_eq(braid_health_next(&h, false, 1, ~0u), SEC);
	ck_assert_uint_gt(braid_health_next(&h, false, 1, 0), SEC);
}
END_TEST

START_TEST(a_suspect_is_probed_quickly)
{
	struct braid_health h = begin(BRAID_HEALTH_KEEPALIVE_US);

	move(&h, BRAID_HEALTH_SUSPECT);
	ck_assert_uint_eq(braid_health_next(&h, true, 100000, ~0u), 100000);
	ck_assert_uint_eq(braid_health_next(&h, true, 1000, ~0u), 40 * MS);
	ck_assert_uint_eq(braid_health_next(&h, true, 3000000, ~0u), 500 * MS);
}
END_TEST

START_TEST(what_is_down_is_missed_more_while_there_is_data)
{
	struct braid_health h = begin(BRAID_HEALTH_KEEPALIVE_US);
	u64 wait_us = 0;
	int i;

	move(&h, BRAID_HEALTH_DOWN);
	for (i = 0; i < 40; i++)
		ck_assert_uint_eq(braid_health_next(&h, true, 1, 0), 500 * MS);
	for (i = 0; i < 40; i++)
		wait_us = braid_health_next(&h, false, 1, 0);
	ck_assert_uint_eq(wait_us, BRAID_HEALTH_KEEPALIVE_US);
	ck_assert_uint_eq(braid_health_next(&h, true, 1, 0), 500 * MS);
	/* a link that is back: as at the beginning */
	braid_health_ask(&h);
	ck_assert_uint_eq(braid_health_next(&h, false, 1, 0), 100 * MS);
}
END_TEST

/* Successive intervals, whatever is drawn, in the states where they grow. */
START_TEST(intervals_grow_slowly)
{
	static const enum braid_health_state grows[] = {
		BRAID_HEALTH_PROBING, BRAID_HEALTH_IDLE, BRAID_HEALTH_DOWN,
	};
	static const u64 most[] = { 10 * SEC, 29 * SEC, 29 * SEC };
	struct braid_health h = begin(BRAID_HEALTH_KEEPALIVE_US);
	u64 seed = 1, last, next;
	int i;

	braid_health_start(&h, 0);
	if (grows[_i] != BRAID_HEALTH_PROBING)
		move(&h, grows[_i]);
	last = h.wait_us;
	for (i = 0; i < 10000; i++) {
		next = braid_health_next(&h, false, 1, unit_random(&seed));
		ck_assert_uint_le(2 * next, 3 * last);
		ck_assert_uint_le(next, most[_i]);
		ck_assert(i < 30 || 64 * next >= 63 * most[_i] - 64);
		last = next;
	}
}
END_TEST

START_TEST(the_keepalive_bounds_an_interval_at_once)
{
	struct braid_health h = begin(3600 * SEC);
	int i;

	move(&h, BRAID_HEALTH_IDLE);
	for (i = 0; i < 40; i++)
		braid_health_next(&h, false, 1, 0);
	ck_assert_uint_eq(h.wait_us, 3600 * SEC);
	braid_health_keepalive(&h, 10 * SEC);
	ck_assert_uint_eq(h.wait_us, 10 * SEC);
	ck_assert_uint_eq(braid_health_next(&h, false, 1, 0), 10 * SEC);
	/* and a longer one is reached step by step */
	braid_health_keepalive(&h, 60 * SEC);
	ck_assert_uint_eq(braid_health_next(&h, false, 1, 0), 14500 * MS);
	/* in other states it waits for its turn */
	move(&h, BRAID_HEALTH_SUSPECT);
	braid_health_keepalive(&h, SEC);
	ck_assert_uint_eq(h.wait_us, 40 * MS);
	move(&h, BRAID_HEALTH_IDLE);
	ck_assert_uint_eq(braid_health_next(&h, false, 1, 0), SEC);
}
END_TEST

START_TEST(the_others_probe_serves_for_a_while)
{
	struct braid_health h = begin(10 * SEC);
	u64 seed = 1, delay_us = 0;
	int i;

	for (i = 0; i < STATES; i++) {
		move(&h, i);
		ck_assert_int_eq(braid_health_answered(&h, 100 * SEC, 101 * SEC,
						       1, &delay_us),
				 i == BRAID_HEALTH_IDLE);
	}
	move(&h, BRAID_HEALTH_IDLE);
	/* but our own way is to be proven now and then */
	ck_assert(braid_health_answered(&h, 100 * SEC, 130 * SEC - 1, 1,
					&delay_us));
	ck_assert(!braid_health_answered(&h, 100 * SEC, 130 * SEC, 1,
					 &delay_us));
	braid_health_ask(&h);
	ck_assert(!braid_health_answered(&h, 100 * SEC, 101 * SEC, 1,
					 &delay_us));
	/* who answered probes before who asked does again */
	move(&h, BRAID_HEALTH_DORMANT);
	move(&h, BRAID_HEALTH_IDLE);
	for (i = 0; i < 1000; i++) {
		braid_health_answered(&h, 0, 1, unit_random(&seed), &delay_us);
		ck_assert_uint_le(delay_us,
				  braid_health_next(&h, false, 1,
						    unit_random(&seed)));
	}
}
END_TEST

/**
 * struct end - one of two ends of an idle path
 * @h: its watch
 * @due_us: its next probe
 * @proven_us: its newest answer
 * @sent: packets: probes and replies
 * @fires: times it had to do something
 */
struct end {
	struct braid_health h;
	u64 due_us;
	u64 proven_us;
	unsigned int sent;
	unsigned int fires;
};

static void end_begin(struct end *e, u32 keepalive_us, u64 now_us)
{
	u64 delay_us;

	memset(e, 0, sizeof(*e));
	e->h.keepalive_us = keepalive_us;
	braid_health_start(&e->h, 0);
	braid_health_update(&e->h, &seen_in[BRAID_HEALTH_IDLE], now_us,
			    &delay_us);
	e->due_us = now_us + delay_us;
	e->proven_us = now_us;
}

static void end_next(struct end *e, u64 now_us, u64 *seed)
{
	e->due_us = now_us + braid_health_next(&e->h, false, 60 * MS,
					       unit_random(seed));
}

/* @e probes at @now_us, @other answers; both within a round trip of 50 ms. */
static void exchange(struct end *e, struct end *other, u64 now_us, u64 *seed)
{
	u64 delay_us;

	e->fires++;
	e->sent++;
	other->sent++;
	end_next(e, now_us, seed);
	e->proven_us = now_us + 50 * MS;
	now_us += 25 * MS;
	if (braid_health_answered(&other->h, other->proven_us, now_us,
				  unit_random(seed), &delay_us))
		other->due_us = now_us + delay_us;
}

/**
 * hour - of an idle path, from the moment when both ends have it up
 * @keepalive_us: longest silence
 * @gap: where the times between exchanges go, in ms
 * @longest_us: the longest of them
 * @fires: times that the end with more probes had to do something
 *
 * Return: packets of the end that sends more.
 */
static unsigned int hour(u32 keepalive_us, u64 seed, FILE *gap,
			 u64 *longest_us, unsigned int *fires)
{
	struct end end[2];
	u64 now_us, last_us = 0;
	int i;

	end_begin(&end[0], keepalive_us, 0);
	end_begin(&end[1], keepalive_us, 30 * MS);
	*longest_us = 0;
	for (;;) {
		i = end[1].due_us < end[0].due_us;
		now_us = end[i].due_us;
		if (now_us >= HOUR_US)
			break;
		exchange(&end[i], &end[!i], now_us, &seed);
		*longest_us = max(*longest_us, now_us - last_us);
		if (gap)
			fprintf(gap, " %.2f", (now_us - last_us) / 1e6);
		last_us = now_us;
	}
	ck_assert_uint_le(HOUR_US - last_us, keepalive_us);
	*fires = max(end[0].fires, end[1].fires);
	return max(end[0].sent, end[1].sent);
}

/*
 * A packet in 25 s is 144 in an hour, in 20 s 180; a probe a second from each
 * end and its answer are 7,200 packets an end.
 */
START_TEST(an_hour_of_an_idle_path)
{
	static const struct {
		const char *what;
		u32 keepalive_s;
		unsigned int most;
	} row[] = {
		{ "default, holds a NAT of 30 s", 29, 144 },
		{ "a NAT of 40 s", 39, 144 },
		{ "a NAT of 2 min (RFC 4787)", 119, 60 },
		{ "a NAT of 5 min", 299, 35 },
	};
	const unsigned int fixed = 2 * 3600;
	unsigned int worst = 0, sent, fires;
	u64 seed, longest_us;
	size_t i;

	printf("idle path, seconds between exchanges:");
	hour(BRAID_HEALTH_KEEPALIVE_US, 1, stdout, &longest_us, &fires);
	printf("\n%-30s %9s %12s %8s\n", "", "keepalive", "packets/hour",
	       "seldomer");
	printf("%-30s %8us %12u %7.0fx\n", "fixed, each second", 1, fixed, 1.);
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		worst = 0;
		for (seed = 1; seed <= 200; seed++) {
			sent = hour(row[i].keepalive_s * SEC, seed, NULL,
				    &longest_us, &fires);
			worst = max(worst, sent);
			ck_assert_uint_le(longest_us,
					  row[i].keepalive_s * SEC);
			ck_assert_uint_le(fires, sent);
		}
		printf("%-30s %8us %12u %7.0fx\n", row[i].what,
		       row[i].keepalive_s, worst, 1. * fixed / worst);
		ck_assert_uint_le(worst, row[i].most);
		ck_assert_uint_ge(fixed, 20 * worst);
	}
	printf("%-30s %9s %12u\n", "cold", "-", 0);
}
END_TEST

/* Two ends that start at the same moment do not stay in step. */
START_TEST(ends_do_not_fall_into_step)
{
	unsigned int same = 0, i, j;
	u64 seed = 5, at[50] = { 0 };
	struct braid_health h;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		h = begin(BRAID_HEALTH_KEEPALIVE_US);
		move(&h, BRAID_HEALTH_IDLE);
		for (j = 0; j < 30; j++)
			at[i] += braid_health_next(&h, false, 1,
						   unit_random(&seed));
	}
	for (i = 0; i < ARRAY_SIZE(at); i++)
		for (j = 0; j < i; j++)
			same += at[i] / (10 * MS) == at[j] / (10 * MS);
	ck_assert_uint_le(same, 25);
}
END_TEST

START_TEST(each_state_says_why)
{
	struct braid_health h = begin(BRAID_HEALTH_KEEPALIVE_US);
	int i;

	for (i = 0; i < STATES; i++) {
		move(&h, i);
		ck_assert_uint_gt(strlen(braid_health_why(&h)), 10);
		/* the struct that shows it takes so many */
		ck_assert_uint_lt(strlen(braid_health_why(&h)), 80);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("health");
	TCase *tc = tcase_create("health");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, every_transition, 0, STATES * STATES);
	tcase_add_test(tc, what_is_seen_decides);
	tcase_add_test(tc, busy_and_dormant_are_not_probed);
	tcase_add_test(tc, a_path_that_came_up_is_measured);
	tcase_add_test(tc, a_suspect_is_probed_quickly);
	tcase_add_test(tc, what_is_down_is_missed_more_while_there_is_data);
	tcase_add_loop_test(tc, intervals_grow_slowly, 0, 3);
	tcase_add_test(tc, the_keepalive_bounds_an_interval_at_once);
	tcase_add_test(tc, the_others_probe_serves_for_a_while);
	tcase_add_test(tc, an_hour_of_an_idle_path);
	tcase_add_test(tc, ends_do_not_fall_into_step);
	tcase_add_test(tc, each_state_says_why);
	return unit_run(suite);
}
