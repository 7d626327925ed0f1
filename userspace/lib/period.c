// SPDX-License-Identifier: GPL-2.0
#include "period.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "field.h"
#include "text.h"

#define DAY_S		86400
#define WEEK_S		(7 * DAY_S)
/* 1970 began on a Thursday */
#define FIRST_MONDAY	(4 * DAY_S)

static const char *const weekdays[] = {
	"mon", "tue", "wed", "thu", "fri", "sat", "sun",
};

int br_period_parse(const char *text, struct br_period *period)
{
	uint64_t span;

	*period = (struct br_period){ .kind = BR_PERIOD_SPAN };
	if (!strcmp(text, "day"))
		period->kind = BR_PERIOD_DAY;
	else if (!strcmp(text, "week"))
		period->kind = BR_PERIOD_WEEK;
	else if (!strcmp(text, "month"))
		period->kind = BR_PERIOD_MONTH;
	if (period->kind == BR_PERIOD_MONTH)
		period->day = 1;
	if (period->kind != BR_PERIOD_SPAN)
		return 0;
	if (br_span_parse(text, &span) || span < BR_SPAN_MIN ||
	    span > BR_SPAN_MAX)
		return -EINVAL;
	period->span = span;
	return 0;
}

/* HH:MM, up to 23:59 */
static int time_parse(const char *text, uint32_t *second)
{
	unsigned int hour, minute;
	char more;

	if (strspn(text, "0123456789:") != strlen(text) ||
	    sscanf(text, "%2u:%2u%c", &hour, &minute, &more) != 2 ||
	    hour > 23 || minute > 59)
		return -EINVAL;
	*second = hour * 3600 + minute * 60;
	return 0;
}

/* A weekday or a day of a month */
static int day_parse(const char *text, struct br_period *period)
{
	uint64_t day;

	for (period->day = 0; period->day < ARRAY_SIZE(weekdays);
	     period->day++)
		if (!strcasecmp(text, weekdays[period->day])) {
			period->kind = BR_PERIOD_WEEK;
			return 0;
		}
	if (br_number_parse(text, 31, &day) || !day)
		return -EINVAL;
	period->kind = BR_PERIOD_MONTH;
	period->day = day;
	return 0;
}

int br_period_reset_parse(const char *text, struct br_period *period)
{
	size_t len = strcspn(text, " \t");
	const char *rest = text + len + strspn(text + len, " \t");
	char first[16];

	*period = (struct br_period){ .kind = BR_PERIOD_DAY };
	if (len >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, len);
	first[len] = 0;
	if (!*rest && !time_parse(first, &period->second))
		return 0;
	if (day_parse(first, period))
		return -EINVAL;
	return *rest ? time_parse(rest, &period->second) : 0;
}

static bool leap(int year)
{
	return !(year % 4) && (year % 100 || !(year % 400));
}

static int days_of(int year, int month)
{
	static const uint8_t days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};

	return days[month] + (month == 1 && leap(year));
}

/* The reset in the month of @now, or so many months later. */
static int64_t month_reset(const struct br_period *period, int64_t now,
			   int later)
{
	time_t t = now;
	struct tm tm;
	int days;

	gmtime_r(&t, &tm);
	later += tm.tm_mon;
	tm.tm_mon = (later + 12) % 12;
	tm.tm_year += (later + 12) / 12 - 1;
	days = days_of(tm.tm_year + 1900, tm.tm_mon);
	tm.tm_mday = period->day < (uint32_t)days ? (int)period->day : days;
	tm.tm_hour = 0;
	tm.tm_min = 0;
	tm.tm_sec = 0;
	return timegm(&tm) + period->second;
}

/* Length of a period, 0 for one whose length differs; and where one began. */
static int64_t length_of(const struct br_period *period, int64_t *from)
{
	*from = period->second;
	switch (period->kind) {
	case BR_PERIOD_DAY:
		return DAY_S;
	case BR_PERIOD_WEEK:
		*from += FIRST_MONDAY + period->day * DAY_S;
		return WEEK_S;
	case BR_PERIOD_SPAN:
		*from = 0;
		return period->span;
	default:
		return 0;
	}
}

int64_t br_period_begin(const struct br_period *period, int64_t now)
{
	int64_t from, length = length_of(period, &from), past;

	if (period->kind == BR_PERIOD_NONE)
		return INT64_MIN;
	if (length) {
		past = (now - from) % length;
		return now - (past < 0 ? past + length : past);
	}
	from = month_reset(period, now, 0);
	return from <= now ? from : month_reset(period, now, -1);
}

int64_t br_period_end(const struct br_period *period, int64_t now)
{
	int64_t from, length = length_of(period, &from);

	if (period->kind == BR_PERIOD_NONE)
		return INT64_MAX;
	if (length)
		return br_period_begin(period, now) + length;
	from = month_reset(period, now, 0);
	return from > now ? from : month_reset(period, now, 1);
}
