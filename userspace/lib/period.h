/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Periods that follow each other without a gap, as those that providers bill by:
 * when the one that holds a moment began, and when the next begins. All in UTC,
 * in seconds since 1970; without a clock.
 */
#ifndef BR_PERIOD_H
#define BR_PERIOD_H

#include <stdint.h>

enum br_period_kind {
	BR_PERIOD_NONE,		/* for ever */
	BR_PERIOD_DAY,
	BR_PERIOD_WEEK,
	BR_PERIOD_MONTH,
	BR_PERIOD_SPAN,		/* so many seconds, counted from 1970 */
};

/* Bounds of a span, in seconds: a second and a year */
#define BR_SPAN_MIN	1
#define BR_SPAN_MAX	(366 * 86400)

/**
 * struct br_period - how long a period is and when it begins
 * @kind: what is counted
 * @span: of BR_PERIOD_SPAN, seconds
 * @day: of a month, from 1; one that a month lacks is its last. Of a week,
 *	from 0 for Monday
 * @second: of that day
 */
struct br_period {
	enum br_period_kind kind;
	uint32_t span;
	uint32_t day;
	uint32_t second;
};

/* "month", "week", "day", or a time with its unit (s, min, h, d). */
int br_period_parse(const char *text, struct br_period *period);
/*
 * When it begins: "15", "15 06:30" for a month, "mon", "mon 06:30" for a week,
 * "06:30" for a day. @period gets the kind that this is for.
 */
int br_period_reset_parse(const char *text, struct br_period *period);

/* When the period that holds @now began, and when the next one begins. */
int64_t br_period_begin(const struct br_period *period, int64_t now);
int64_t br_period_end(const struct br_period *period, int64_t now);

#endif
