// SPDX-License-Identifier: GPL-2.0
/* What kind of peer it is, and when it is expected, from how it came and went. */
#include "unit.h"

#include <string.h>

#include "pattern.h"
#include "text.h"
#include "timer.h"

#define S	1000ULL
#define MIN	(60 * S)
#define HOUR	(60 * MIN)

static struct bd_pattern p;
static uint64_t now, seed;

static void setup(void)
{
	now = 1000000;
	seed = 1;
	bd_pattern_init(&p, true, now);
}

/* One round: here for so long, then away for so long. */
static void go_round(uint64_t here, uint64_t away, bool moved)
{
	now += here;
	bd_pattern_gone(&p, now);
	now += away;
	bd_pattern_back(&p, moved, now);
}

/* About @ms, a @part-th of it more or less. */
static uint64_t about(uint64_t ms, uint64_t part)
{
	uint64_t room = ms / part;

	return ms - room + unit_below(&seed, 2 * room + 1);
}

static uint64_t between(uint64_t a, uint64_t b)
{
	return a + unit_below(&seed, b - a + 1);
}

static void expect(enum br_habit habit)
{
	ck_assert_str_eq(br_habit_names[bd_pattern_habit(&p, now)],
			 br_habit_names[habit]);
}

START_TEST(new_one)
{
	expect(BR_HABIT_AUTO);
	go_round(30 * S, 10 * S, false);
	go_round(30 * S, 10 * S, false);
	expect(BR_HABIT_AUTO);
	ck_assert_uint_eq(bd_pattern_expected(&p).to, BD_NEVER);
	/* who stays needs no rounds to be known */
	now += BD_STEADY_MS;
	expect(BR_HABIT_STEADY);
}
END_TEST

static void steady(void)
{
	go_round(between(2 * HOUR, 20 * HOUR), between(5 * S, 90 * S), false);
}

static void flapping(void)
{
	go_round(between(5 * S, 120 * S), between(2 * S, 60 * S), false);
}

static void periodic(void)
{
	go_round(about(4 * MIN, 40), about(11 * MIN, 40), false);
}

static void mobile(void)
{
	go_round(between(2 * MIN, 40 * MIN), between(20 * S, 5 * MIN), true);
}

static void rare(void)
{
	go_round(between(MIN, 15 * MIN), between(35 * MIN, 90 * MIN), false);
}

static const struct {
	enum br_habit habit;
	void (*round)(void);
} kinds[] = {
	{ BR_HABIT_STEADY, steady },
	{ BR_HABIT_FLAPPING, flapping },
	{ BR_HABIT_PERIODIC, periodic },
	{ BR_HABIT_MOBILE, mobile },
	{ BR_HABIT_RARE, rare },
};

#define KINDS	ARRAY_SIZE(kinds)

/* Eight events, four rounds, are enough; and it stays so. */
START_TEST(known_soon)
{
	unsigned int i, wrong = 0;

	for (seed = 1; seed < 200; seed++) {
		bd_pattern_init(&p, true, now);
		for (i = 0; i < 20; i++) {
			kinds[_i].round();
			wrong += i >= 3 &&
				 bd_pattern_habit(&p, now) != kinds[_i].habit;
		}
	}
	/* a flapping peer may look regular for a while, by chance */
	ck_assert_uint_le(wrong, 199 * 17 / 50);
}
END_TEST

/* From every kind to every other one: eight events, and nothing is left of it. */
START_TEST(changes)
{
	unsigned int from = _i / KINDS, to = _i % KINDS, i;

	for (i = 0; i < 20; i++)
		kinds[from].round();
	for (i = 0; i < BD_ROUNDS; i++)
		kinds[to].round();
	expect(kinds[to].habit);
}
END_TEST

/* Once a quarter of an hour: known to a minute, however long it stays. */
START_TEST(expected_by_the_clock)
{
	struct bd_expected e;
	unsigned int i;

	for (i = 0; i < 6; i++) {
		uint64_t here = between(MIN, 10 * MIN);

		go_round(here, 15 * MIN - here, false);
	}
	expect(BR_HABIT_PERIODIC);
	now += 3 * MIN;
	bd_pattern_gone(&p, now);
	e = bd_pattern_expected(&p);
	ck_assert_uint_ge(e.from, now + 11 * MIN);
	ck_assert_uint_le(e.from, now + 12 * MIN);
	ck_assert_uint_ge(e.to, now + 12 * MIN);
	ck_assert_uint_le(e.to, now + 13 * MIN);
}
END_TEST

/* A reboot takes as long each time, whenever it happens. */
START_TEST(expected_by_the_outage)
{
	struct bd_expected e;
	unsigned int i;

	for (i = 0; i < 6; i++)
		go_round(between(HOUR, 9 * HOUR), about(80 * S, 20), false);
	now += HOUR;
	bd_pattern_gone(&p, now);
	e = bd_pattern_expected(&p);
	ck_assert_uint_ge(e.from, now + 60 * S);
	ck_assert_uint_le(e.from, now + 76 * S);
	ck_assert_uint_ge(e.to, now + 84 * S);
	ck_assert_uint_le(e.to, now + 100 * S);
}
END_TEST

/* What is said twice counts once; what never was here has made no round. */
START_TEST(said_twice)
{
	go_round(MIN, MIN, false);
	bd_pattern_back(&p, true, now + S);
	ck_assert_uint_eq(p.n, 1);
	bd_pattern_gone(&p, now + MIN);
	bd_pattern_gone(&p, now + 2 * MIN);
	bd_pattern_back(&p, false, now + 3 * MIN);
	ck_assert_uint_eq(p.n, 2);
	ck_assert_uint_eq(bd_pattern_round(&p, 1)->here, MIN);
	ck_assert_uint_eq(bd_pattern_round(&p, 1)->away, 2 * MIN);
	ck_assert(!bd_pattern_round(&p, 1)->moved);
	bd_pattern_init(&p, false, now);
	bd_pattern_back(&p, false, now + MIN);
	ck_assert_uint_eq(p.n, 0);
}
END_TEST

START_TEST(oldest_first)
{
	unsigned int i;

	for (i = 1; i <= BD_ROUNDS + 2; i++)
		go_round(i * S, 1, false);
	go_round(BD_STAY_MS - 1, 1, false);
	ck_assert_uint_eq(p.n, BD_ROUNDS);
	for (i = 0; i < BD_ROUNDS; i++)
		ck_assert_uint_eq(bd_pattern_round(&p, i)->here, (i + 3) * S);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pattern");
	TCase *tc = tcase_create("pattern");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, new_one);
	tcase_add_loop_test(tc, known_soon, 0, KINDS);
	tcase_add_loop_test(tc, changes, 0, KINDS * KINDS);
	tcase_add_test(tc, expected_by_the_clock);
	tcase_add_test(tc, expected_by_the_outage);
	tcase_add_test(tc, said_twice);
	tcase_add_test(tc, oldest_first);
	return unit_run(suite);
}
