// SPDX-License-Identifier: GPL-2.0
/*
 * Places for peers that are away: who gets one, for how long, and what it is good
 * for, by a simulated clock.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "pool.h"
#include "text.h"

#define S	1000ULL
#define MIN	(60 * S)
#define HOUR	(60 * MIN)
#define DAY	(24 * HOUR)
#define PEERS	500

static struct bd_timers timers;
static struct bd_host host;
static struct bd_pool pool;
static struct bd_place place[PEERS];
static char name[PEERS][BR_NAME];
static uint64_t now, seed, asked, last_ask, gone_for_good;

static void host_random(void *data, void *to, size_t len)
{
	uint64_t r = unit_random(&seed);

	(void)data;
	ck_assert_uint_eq(len, sizeof(r));
	memcpy(to, &r, len);
}

static void host_probe(void *data, const char *peer)
{
	(void)data;
	(void)peer;
	asked++;
	last_ask = now;
}

static void let_go(struct bd_place *p, uint64_t at)
{
	ck_assert_int_eq(p->state, BD_PLACE_LET_GO);
	ck_assert_ptr_nonnull(p->why);
	ck_assert_uint_eq(at, now);
	gone_for_good++;
}

static void setup(void)
{
	unsigned int i;

	now = 1000000;
	seed = 1;
	asked = last_ask = gone_for_good = 0;
	timers = (struct bd_timers){ 0 };
	host = (struct bd_host){ .random = host_random, .probe = host_probe };
	bd_pool_init(&pool, &timers, &host);
	for (i = 0; i < PEERS; i++) {
		snprintf(name[i], sizeof(name[i]), "peer%u", i);
		bd_place_init(&place[i], &pool, name[i], let_go, now);
	}
}

static void teardown(void)
{
	unsigned int i;

	for (i = 0; i < PEERS; i++)
		bd_place_fini(&place[i]);
	ck_assert_uint_eq(pool.n, 0);
	ck_assert(TAILQ_EMPTY(&pool.held));
	ck_assert_uint_eq(bd_timers_next(&timers), BD_NEVER);
}

static void run_to(uint64_t end)
{
	uint64_t at;

	while ((at = bd_timers_next(&timers)) <= end) {
		now = at > now ? at : now;
		bd_timers_run(&timers, now);
	}
	now = end;
}

static void gone(unsigned int i)
{
	bd_place_gone(&place[i], 7, now);
}

static void back_from(unsigned int i, uint32_t session, const char *from)
{
	struct br_addr addr = { .family = AF_UNSPEC };
	const char *why;

	if (from)
		ck_assert(!br_addr_parse(from, &addr, &why));
	bd_place_back(&place[i], session, &addr, now);
}

static void back(unsigned int i)
{
	back_from(i, place[i].state == BD_PLACE_LET_GO ? 8 : 7, NULL);
}

static void go_round(unsigned int i, uint64_t here, uint64_t away)
{
	run_to(now + here);
	gone(i);
	run_to(now + away);
	back(i);
}

/* The first minute is watched, for an hour it is held. */
START_TEST(new_one)
{
	run_to(now + 5 * S);
	gone(0);
	ck_assert_int_eq(place[0].state, BD_PLACE_HELD);
	ck_assert(bd_place_watched(&place[0], now));
	run_to(now + 2 * MIN);
	ck_assert_uint_eq(asked, MIN / BD_WATCH_MS);
	ck_assert(!bd_place_watched(&place[0], now));
	run_to(now + 57 * MIN);
	back(0);
	ck_assert_uint_eq(place[0].counts.hits, 1);
	ck_assert_uint_eq(place[0].counts.watched_ms, MIN);
	ck_assert_uint_eq(place[0].counts.held_ms, 59 * MIN);
	gone(0);
	run_to(now + 61 * MIN);
	ck_assert_int_eq(place[0].state, BD_PLACE_LET_GO);
	ck_assert_uint_eq(gone_for_good, 1);
	back(0);
	ck_assert_uint_eq(place[0].counts.misses, 1);
	ck_assert_uint_eq(place[0].counts.expired, 1);
}
END_TEST

/* All are away at once: what is asked for in a minute is bounded. */
START_TEST(all_gone)
{
	unsigned int i;

	for (i = 0; i < PEERS; i++)
		gone(i);
	run_to(now + MIN);
	ck_assert_uint_ge(asked, MIN / BD_ASK_MS);
	ck_assert_uint_le(asked, MIN / BD_ASK_MS + PEERS);
}
END_TEST

/* A daemon begins while a peer is late already: it is held for the least time. */
START_TEST(late)
{
	unsigned int i;

	for (i = 0; i < 6; i++)
		go_round(0, MIN, 10 * S);
	run_to(now + MIN);
	bd_pattern_gone(&place[0].pattern, now);
	run_to(now + HOUR);
	gone(0);
	ck_assert_int_eq(place[0].state, BD_PLACE_HELD);
	ck_assert_uint_eq(place[0].until, now + BD_HOLD_MIN_MS);
	run_to(now + BD_HOLD_MIN_MS);
	ck_assert_int_eq(place[0].state, BD_PLACE_LET_GO);
}
END_TEST

/* Its keys waited, and it comes with new ones: it has lost its own. */
START_TEST(other_session)
{
	gone(0);
	run_to(now + 5 * S);
	back_from(0, 9, NULL);
	ck_assert_uint_eq(place[0].counts.hits, 0);
	ck_assert_uint_eq(place[0].counts.misses, 1);
	/* and without a session there is nothing to wait for */
	bd_place_gone(&place[0], 0, now);
	ck_assert_int_eq(place[0].state, BD_PLACE_LET_GO);
	ck_assert_uint_eq(gone_for_good, 0);
	back_from(0, 10, NULL);
	ck_assert_uint_eq(place[0].counts.misses, 1);
}
END_TEST

START_TEST(off)
{
	bd_pool_set(&pool, 0, HOUR, now);
	gone(0);
	ck_assert_int_eq(place[0].state, BD_PLACE_LET_GO);
	ck_assert_str_eq(place[0].why, "the pool is off");
	ck_assert_uint_eq(gone_for_good, 1);
	ck_assert_uint_eq(place[0].counts.refused, 1);
}
END_TEST

/* Three peers for two places: who is expected last has none. */
START_TEST(exhausted)
{
	unsigned int i, j;

	bd_pool_set(&pool, 2, HOUR, now);
	for (j = 0; j < 4; j++)
		for (i = 0; i < 3; i++)
			go_round(i, MIN, (i + 1) * 100 * S);
	gone(2);
	gone(0);
	gone(1);
	ck_assert_int_eq(place[0].state, BD_PLACE_HELD);
	ck_assert_int_eq(place[1].state, BD_PLACE_HELD);
	ck_assert_int_eq(place[2].state, BD_PLACE_LET_GO);
	ck_assert_str_eq(place[2].why,
			 "the pool was full, and it was expected last");
	ck_assert_uint_eq(place[2].counts.evicted, 1);
	back(2);
	gone(2);
	ck_assert_str_eq(place[2].why,
			 "the pool is full, and all others are expected sooner");
	ck_assert_uint_eq(place[2].counts.refused, 1);
	ck_assert_uint_eq(pool.n, 2);
	bd_pool_set(&pool, 1, HOUR, now);
	ck_assert_uint_eq(pool.n, 1);
	ck_assert_int_eq(place[0].state, BD_PLACE_HELD);
	ck_assert_str_eq(place[1].why, "the pool is smaller now");
}
END_TEST

/* A shorter time counts for those that are held already. */
START_TEST(shorter)
{
	gone(0);
	run_to(now + 10 * MIN);
	bd_pool_set(&pool, 10, 20 * MIN, now);
	run_to(now + 9 * MIN);
	ck_assert_int_eq(place[0].state, BD_PLACE_HELD);
	run_to(now + 2 * MIN);
	ck_assert_int_eq(place[0].state, BD_PLACE_LET_GO);
	gone(1);
	run_to(now + 10 * MIN);
	bd_pool_set(&pool, 10, 5 * MIN, now);
	run_to(now + 1);
	ck_assert_int_eq(place[1].state, BD_PLACE_LET_GO);
}
END_TEST

/* What the configuration says goes over what was learned. */
START_TEST(told)
{
	unsigned int i;

	for (i = 0; i < 6; i++)
		go_round(0, MIN, 10 * S);
	ck_assert_int_eq(bd_place_habit(&place[0], now), BR_HABIT_PERIODIC);
	place[0].habit = BR_HABIT_MOBILE;
	ck_assert_int_eq(bd_place_habit(&place[0], now), BR_HABIT_MOBILE);
	asked = 0;
	gone(0);
	run_to(now + MIN);
	ck_assert_uint_eq(asked, 0);
}
END_TEST

/* From an address that it had lately is no move, nor is the first one. */
START_TEST(moves)
{
	static const char *const from[] = {
		"192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2", NULL,
		"2001:db8::1",
	};
	static const bool moved[] = { false, true, false, false, false, true };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(from); i++) {
		run_to(now + MIN);
		gone(0);
		run_to(now + MIN);
		back_from(0, 7, from[i]);
		ck_assert_int_eq(bd_pattern_round(&place[0].pattern,
						  place[0].pattern.n - 1)->moved,
				 moved[i]);
	}
}
END_TEST

/* Never sooner than a quarter of the bound, never later; it grows to it. */
START_TEST(pace)
{
	uint64_t bound, wait, least, most;
	unsigned int i, n;

	gone(0);
	run_to(now + 2 * MIN);
	for (n = 0; n < 40; n++) {
		bound = n < 5 ? BD_RETRY_MS << n : BD_RETRY_MAX_MS;
		least = BD_NEVER;
		most = 0;
		for (i = 0; i < 1000; i++) {
			wait = bd_place_pace(&place[0], n, now);
			least = wait < least ? wait : least;
			most = wait > most ? wait : most;
		}
		ck_assert_uint_ge(least, bound / 4);
		ck_assert_uint_le(least, bound * 3 / 10);
		ck_assert_uint_le(most, bound);
		ck_assert_uint_ge(most, bound * 9 / 10);
	}
	gone(1);
	ck_assert_uint_le(bd_place_pace(&place[1], 30, now), BD_RETRY_WATCH_MS);
}
END_TEST

/* Nothing is left of ten thousand comings and goings. */
START_TEST(many_rounds)
{
	unsigned int i;

	bd_pool_set(&pool, 16, 5 * MIN, now);
	for (i = 0; i < 10000; i++) {
		run_to(now + unit_below(&seed, 20 * S));
		if (place[i % 40].state == BD_PLACE_HERE)
			gone(i % 40);
		else
			back(i % 40);
		ck_assert_uint_le(pool.n, 16);
	}
}
END_TEST

/*
 * 500 peers that come and go at random, and 64 places: each connects again within
 * three times its fair share of the handshakes that are begun.
 */
START_TEST(fair)
{
	uint64_t wants[PEERS], share = PEERS * BD_SLOT_MS, at, worst = 0;
	unsigned int i, n;

	bd_pool_set(&pool, 64, HOUR, now);
	for (i = 0; i < PEERS; i++)
		wants[i] = now + unit_below(&seed, MIN);
	for (n = 0; n < 100000; n++) {
		for (i = 0, at = BD_NEVER; i < PEERS; i++)
			at = wants[i] < at ? wants[i] : at;
		for (i = 0; wants[i] != at; i++)
			;
		run_to(at > now ? at : now);
		wants[i] = now + 2 * S + unit_below(&seed, 58 * S);
		if (place[i].state == BD_PLACE_HERE) {
			gone(i);
			continue;
		}
		if (place[i].state == BD_PLACE_LET_GO) {
			at = bd_pool_slot(&pool, now);
			worst = at - now > worst ? at - now : worst;
			wants[i] += at - now;
		}
		back(i);
		ck_assert_uint_le(pool.n, 64);
	}
	printf("500 peers, 64 places: longest wait for a turn %llu ms, fair share %llu ms\n",
	       (unsigned long long)worst, (unsigned long long)share);
	ck_assert_uint_le(worst, 3 * share);
}
END_TEST

static uint64_t between(uint64_t a, uint64_t b)
{
	return a + unit_below(&seed, b - a + 1);
}

/* How long a peer of a kind stays and is away in round @n. */
struct kind {
	const char *name;
	enum br_habit habit;
	bool moves;
	uint64_t here[2];
	uint64_t away[2];
	int drift;	/* in percent a round, of both, up to a half or twice */
};

static const struct kind kinds[] = {
	{ "steady", BR_HABIT_STEADY, false, { 2 * HOUR, 20 * HOUR }, { 5 * S, 90 * S }, 0 },
	{ "flapping", BR_HABIT_FLAPPING, false, { 5 * S, 120 * S }, { 2 * S, 60 * S }, 0 },
	{ "periodic", BR_HABIT_PERIODIC, false, { 235 * S, 245 * S }, { 650 * S, 670 * S }, 0 },
	{ "mobile", BR_HABIT_MOBILE, true, { 2 * MIN, 40 * MIN }, { 20 * S, 5 * MIN }, 0 },
	{ "rare", BR_HABIT_RARE, false, { MIN, 15 * MIN }, { 38 * MIN, 50 * MIN }, 0 },
	{ "slower", BR_HABIT_PERIODIC, false, { 235 * S, 245 * S }, { 650 * S, 670 * S }, 1 },
	{ "quicker", BR_HABIT_FLAPPING, false, { 60 * S, 300 * S }, { 30 * S, 120 * S }, -2 },
};

#define KINDS	ARRAY_SIZE(kinds)
#define FIXED	12

struct tally {
	unsigned int returns;
	unsigned int hits;
	uint64_t spare_ms;
};

static uint64_t drifted(uint64_t ms, const struct kind *k, unsigned int n)
{
	int percent = 100 + k->drift * (int)n;

	percent = percent < 50 ? 50 : percent > 200 ? 200 : percent;
	return ms * percent / 100;
}

/* A fixed pool watches each peer for the same time after it went. */
static void fixed_return(struct tally *t, uint64_t away, uint64_t fixed)
{
	t->returns++;
	t->hits += away <= fixed;
	t->spare_ms += away < fixed ? away : fixed;
}

/*
 * A hit is a return that needs one round trip and is seen at once: its keys are
 * there, and it comes from elsewhere by itself, or it is looked for.
 */
static void learned_return(struct tally *t, const struct kind *k)
{
	t->returns++;
	t->hits += place[0].state == BD_PLACE_HELD &&
		   (k->moves || bd_place_watched(&place[0], now));
}

static void simulate(const struct kind *k, struct tally *learned,
		     struct tally *fixed, const uint64_t *times,
		     unsigned int *known)
{
	uint64_t end = now + 7 * DAY, away;
	unsigned int n, i;
	char from[32];

	*known = 0;
	for (n = 0; now < end; n++) {
		run_to(now + drifted(between(k->here[0], k->here[1]), k, n));
		gone(0);
		away = drifted(between(k->away[0], k->away[1]), k, n);
		run_to(now + away);
		for (i = 0; i < FIXED; i++)
			fixed_return(&fixed[i], away, times[i]);
		learned_return(learned, k);
		snprintf(from, sizeof(from), "10.0.%u.%u", n / 200 % 200, n % 200);
		back_from(0, place[0].state == BD_PLACE_LET_GO ? 8 : 7,
			  k->moves ? from : NULL);
		if (!*known && bd_place_habit(&place[0], now) == k->habit)
			*known = 2 * (n + 1);
	}
	learned->spare_ms += place[0].counts.watched_ms;
}

/* Of the fixed ones the one with most hits, of those the cheapest */
static unsigned int best(const struct tally *fixed)
{
	unsigned int i, b = 0;

	for (i = 1; i < FIXED; i++)
		if (fixed[i].hits > fixed[b].hits ||
		    (fixed[i].hits == fixed[b].hits &&
		     fixed[i].spare_ms < fixed[b].spare_ms))
			b = i;
	return b;
}

static double rate(const struct tally *t)
{
	return 100.0 * t->hits / t->returns;
}

static void add(struct tally *to, const struct tally *t)
{
	to->returns += t->returns;
	to->hits += t->hits;
	to->spare_ms += t->spare_ms;
}

/* A week of each: as many hits as the best fixed pool has, for half of what it costs. */
START_TEST(against_fixed)
{
	static const uint64_t times[FIXED] = {
		10 * S, 30 * S, MIN, 2 * MIN, 5 * MIN, 10 * MIN, 15 * MIN,
		20 * MIN, 30 * MIN, 45 * MIN, HOUR, 2 * HOUR,
	};
	struct tally all = { 0 }, all_fixed[FIXED] = { 0 };
	unsigned int i, j, known, b;

	printf("%-10s %8s %6s %9s %7s\n", "a week of", "returns", "hits",
	       "watched", "known");
	for (i = 0; i < KINDS; i++) {
		struct tally learned = { 0 }, fixed[FIXED] = { 0 };

		bd_place_fini(&place[0]);
		bd_place_init(&place[0], &pool, name[0], let_go, now);
		simulate(&kinds[i], &learned, fixed, times, &known);
		printf("%-10s %8u %5.1f%% %7.0f s %7u\n", kinds[i].name,
		       learned.returns, rate(&learned),
		       learned.spare_ms / 1000.0, known);
		add(&all, &learned);
		for (j = 0; j < FIXED; j++)
			add(&all_fixed[j], &fixed[j]);
		ck_assert_uint_ge(known, 1);
		ck_assert_uint_le(known, 8);
	}
	for (j = 0; j < FIXED; j++)
		printf("fixed %5.0f s: %5.1f%% hits, %8.0f s\n",
		       times[j] / 1000.0, rate(&all_fixed[j]),
		       all_fixed[j].spare_ms / 1000.0);
	b = best(all_fixed);
	printf("learned:       %5.1f%% hits, %8.0f s\n", rate(&all),
	       all.spare_ms / 1000.0);
	ck_assert_double_ge(rate(&all), rate(&all_fixed[b]) - 2);
	ck_assert_uint_le(all.spare_ms, all_fixed[b].spare_ms / 2);
}
END_TEST

START_TEST(rows)
{
	struct br_place row = { 0 };

	run_to(now + 5 * S);
	gone(0);
	run_to(now + 10 * S);
	bd_place_row(&place[0], now, &row);
	ck_assert_str_eq(row.peer, "peer0");
	ck_assert_str_eq(row.pattern, "new");
	ck_assert_str_eq(row.state, "held");
	ck_assert_uint_eq(row.since, 10000000);
	ck_assert_uint_eq(row.left, 3590000000);
	ck_assert(row.watched);
	ck_assert(!br_has(&br_place_type, &row, "expected-to"));
	ck_assert_str_eq(row.why, "it may be back at any time");
	back(0);
	row = (struct br_place){ 0 };
	bd_place_row(&place[0], now, &row);
	ck_assert_str_eq(row.state, "here");
	ck_assert(!br_has(&br_place_type, &row, "hold-left"));
	ck_assert_uint_eq(row.hits, 1);
	ck_assert_uint_eq(row.asks, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tc = tcase_create("pool");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, new_one);
	tcase_add_test(tc, all_gone);
	tcase_add_test(tc, late);
	tcase_add_test(tc, other_session);
	tcase_add_test(tc, off);
	tcase_add_test(tc, exhausted);
	tcase_add_test(tc, shorter);
	tcase_add_test(tc, told);
	tcase_add_test(tc, moves);
	tcase_add_test(tc, pace);
	tcase_add_test(tc, many_rounds);
	tcase_add_test(tc, fair);
	tcase_add_test(tc, against_fixed);
	tcase_add_test(tc, rows);
	return unit_run(suite);
}
