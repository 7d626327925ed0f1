// SPDX-License-Identifier: GPL-2.0
/* Periods: where they begin and end, over months, leap years and before 1970. */
#define _GNU_SOURCE	/* strptime */
#include "unit.h"

#include <string.h>
#include <time.h>

#include "period.h"
#include "text.h"

/* "2024-02-29 12:30:00" */
static int64_t at(const char *text)
{
	struct tm tm = { 0 };

	ck_assert_ptr_nonnull(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return timegm(&tm);
}

struct period_case {
	const char *period;
	const char *reset;
	const char *now;
	const char *begin;
	const char *end;
};

#define T	" 00:00:00"

static const struct period_case cases[] = {
	{ "day", NULL, "2024-05-10 12:00:00", "2024-05-10" T, "2024-05-11" T },
	{ "day", NULL, "2024-05-10" T, "2024-05-10" T, "2024-05-11" T },
	{ "day", "06:30", "2024-05-10 06:29:59", "2024-05-09 06:30:00",
	  "2024-05-10 06:30:00" },
	{ "day", "06:30", "2024-05-10 06:30:00", "2024-05-10 06:30:00",
	  "2024-05-11 06:30:00" },
	/* a Sunday, a Monday; weeks over the end of a year */
	{ "week", NULL, "2024-05-12 23:59:59", "2024-05-06" T,
	  "2024-05-13" T },
	{ "week", NULL, "2024-05-13" T, "2024-05-13" T, "2024-05-20" T },
	{ "week", "sun 12:00", "2025-01-01" T, "2024-12-29 12:00:00",
	  "2025-01-05 12:00:00" },
	{ "month", NULL, "2024-12-31 23:59:59", "2024-12-01" T,
	  "2025-01-01" T },
	{ "month", NULL, "2025-01-01" T, "2025-01-01" T, "2025-02-01" T },
	{ "month", "15 06:00", "2024-01-15 05:59:59", "2023-12-15 06:00:00",
	  "2024-01-15 06:00:00" },
	{ "month", "15 06:00", "2024-12-15 06:00:00", "2024-12-15 06:00:00",
	  "2025-01-15 06:00:00" },
	/* a day that the month lacks is its last */
	{ "month", "31", "2023-02-27 12:00:00", "2023-01-31" T,
	  "2023-02-28" T },
	{ "month", "31", "2023-02-28" T, "2023-02-28" T, "2023-03-31" T },
	{ "month", "31", "2024-02-29" T, "2024-02-29" T, "2024-03-31" T },
	{ "month", "30", "2024-03-01" T, "2024-02-29" T, "2024-03-30" T },
	{ "month", "29", "2100-02-28 01:00:00", "2100-02-28" T,
	  "2100-03-29" T },
	{ "month", "29", "2000-02-28 01:00:00", "2000-01-29" T,
	  "2000-02-29" T },
	{ "month", "31 23:59", "2024-04-30 23:58:59", "2024-03-31 23:59:00",
	  "2024-04-30 23:59:00" },
	{ "12h", NULL, "2024-05-10 13:00:00", "2024-05-10 12:00:00",
	  "2024-05-11" T },
	{ "90s", NULL, "1970-01-01 00:03:10", "1970-01-01 00:03:00",
	  "1970-01-01 00:04:30" },
	/* a clock that nobody has set */
	{ "day", NULL, "1969-12-31 12:00:00", "1969-12-31" T, "1970-01-01" T },
	{ "week", NULL, "1970-01-01" T, "1969-12-29" T, "1970-01-05" T },
	{ "month", NULL, "1969-12-31 12:00:00", "1969-12-01" T,
	  "1970-01-01" T },
};

static void make(const struct period_case *c, struct br_period *p)
{
	struct br_period reset;

	ck_assert_int_eq(br_period_parse(c->period, p), 0);
	if (!c->reset)
		return;
	ck_assert_int_eq(br_period_reset_parse(c->reset, &reset), 0);
	ck_assert_int_eq(reset.kind, p->kind);
	*p = reset;
}

START_TEST(begin_and_end)
{
	const struct period_case *c = &cases[_i];
	struct br_period p;

	make(c, &p);
	ck_assert_int_eq(br_period_begin(&p, at(c->now)), at(c->begin));
	ck_assert_int_eq(br_period_end(&p, at(c->now)), at(c->end));
}
END_TEST

/* Every moment is in one period, and its end is the next one's begin. */
START_TEST(without_a_gap)
{
	int64_t now = at("2023-12-20 01:02:03"), last = at("2029-01-10" T);
	int64_t begin, end, before = INT64_MIN;
	struct br_period p;

	make(&cases[_i], &p);
	for (; now < last; now += 7919 * 19) {
		begin = br_period_begin(&p, now);
		end = br_period_end(&p, now);
		ck_assert_int_le(begin, now);
		ck_assert_int_gt(end, now);
		ck_assert_int_eq(br_period_begin(&p, end), end);
		ck_assert_int_eq(br_period_begin(&p, end - 1), begin);
		ck_assert_int_eq(br_period_end(&p, begin), end);
		ck_assert_int_ge(begin, before);
		before = begin;
	}
}
END_TEST

START_TEST(for_ever)
{
	struct br_period p = { .kind = BR_PERIOD_NONE };

	ck_assert_int_eq(br_period_begin(&p, 0), INT64_MIN);
	ck_assert_int_eq(br_period_end(&p, INT64_MAX - 1), INT64_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("period");
	TCase *tc = tcase_create("period");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, begin_and_end, 0, ARRAY_SIZE(cases));
	tcase_add_loop_test(tc, without_a_gap, 0, ARRAY_SIZE(cases));
	tcase_add_test(tc, for_ever);
	return unit_run(suite);
}
