// SPDX-License-Identifier: GPL-2.0
/* Numbers with units, as people write and read them. */
#include "field.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	double factor;
};

/* Rates are typed in bits per second, as with tc, and kept in bytes. */
static const struct unit rate_units[] = {
	{ "bit", 1.0 / 8 }, { "kbit", 1e3 / 8 }, { "mbit", 1e6 / 8 },
	{ "gbit", 1e9 / 8 }, { "tbit", 1e12 / 8 }, { NULL, 0 }
};

static const struct unit time_units[] = {
	{ "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { NULL, 0 }
};

static const struct unit share_units[] = {
	{ "%", 1e4 }, { NULL, 0 }
};

static const struct unit span_units[] = {
	{ "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 }, { NULL, 0 }
};

static const struct unit volume_units[] = {
	{ "", 1 }, { "B", 1 }, { "k", 1e3 }, { "kB", 1e3 }, { "M", 1e6 },
	{ "MB", 1e6 }, { "G", 1e9 }, { "GB", 1e9 }, { "T", 1e12 },
	{ "TB", 1e12 }, { "Ki", 0x1p10 }, { "KiB", 0x1p10 },
	{ "Mi", 0x1p20 }, { "MiB", 0x1p20 }, { "Gi", 0x1p30 },
	{ "GiB", 0x1p30 }, { "Ti", 0x1p40 }, { "TiB", 0x1p40 }, { NULL, 0 }
};

static const struct unit size_units[] = {
	{ "k", 1024.0 }, { "m", 1048576.0 }, { "g", 1073741824.0 },
	{ "t", 1099511627776.0 }, { NULL, 0 }
};

/*
 * A number with a unit behind it, "0" alone needs none. Digits and a dot only:
 * what strtod() takes besides (nan, inf, hexadecimal) nobody types as a rate.
 */
static int unit_parse(const char *text, const struct unit *units,
		      uint64_t *value)
{
	size_t digits = strspn(text, "0123456789.");
	double number;
	char *end;

	if (!digits || !isdigit((unsigned char)text[0]))
		return -EINVAL;
	if (!strcmp(text, "0")) {
		*value = 0;
		return 0;
	}
	number = strtod(text, &end);
	if (end != text + digits)
		return -EINVAL;
	for (; units->name; units++) {
		if (strcasecmp(end, units->name))
			continue;
		number *= units->factor;
		if (!(number < 9e18))
			return -EINVAL;
		*value = (uint64_t)(number + 0.5);
		return 0;
	}
	return -EINVAL;
}

int br_rate_parse(const char *text, uint64_t *bytes_per_second)
{
	size_t len = strlen(text);
	char buf[32];

	if (len > 2 && !strcmp(text + len - 2, "/s"))
		len -= 2;
	if (len >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, text, len);
	buf[len] = 0;
	return unit_parse(buf, rate_units, bytes_per_second);
}

int br_time_parse(const char *text, uint64_t *microseconds)
{
	return unit_parse(text, time_units, microseconds);
}

int br_share_parse(const char *text, uint64_t *ppm)
{
	return unit_parse(text, share_units, ppm);
}

int br_span_parse(const char *text, uint64_t *seconds)
{
	return unit_parse(text, span_units, seconds);
}

int br_volume_parse(const char *text, uint64_t *bytes)
{
	return unit_parse(text, volume_units, bytes);
}

int br_size_parse(const char *text, uint64_t *bytes)
{
	return unit_parse(text, size_units, bytes);
}

int br_number_parse(const char *text, uint64_t max, uint64_t *value)
{
	int base = text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10;
	char *end;

	/* strtoull() would take a sign and leading space */
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, base);
	return errno || *end || *value > max ? -EINVAL : 0;
}

int br_name_check(const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if (!isgraph((unsigned char)text[i]) || strchr("/,", text[i]))
			return -EINVAL;
	return i && i < BR_NAME ? 0 : -EINVAL;
}

const char *br_rate_text(uint64_t bytes_per_second, char *buf)
{
	static const char *const units[] = { "", "k", "M", "G", "T" };
	double bits = bytes_per_second * 8.0;
	unsigned int u = 0;

	while (bits >= 999.5 && u < 4) {
		bits /= 1000;
		u++;
	}
	snprintf(buf, BR_FIELD_TEXT, "%.*f %sbit/s",
		 u && bits < 99.95 ? 1 : 0, bits, units[u]);
	return buf;
}

const char *br_usec_text(uint64_t us, char *buf)
{
	if (us < 1000)
		snprintf(buf, BR_FIELD_TEXT, "%" PRIu64 " us", us);
	else if (us < 1000000)
		snprintf(buf, BR_FIELD_TEXT, "%.1f ms", us / 1e3);
	else
		snprintf(buf, BR_FIELD_TEXT, "%.2f s", us / 1e6);
	return buf;
}

const char *br_age_text(uint64_t us, char *buf)
{
	uint64_t s = us / 1000000;

	if (s < 60)
		snprintf(buf, BR_FIELD_TEXT, "%.1f s", us / 1e6);
	else if (s < 3600)
		snprintf(buf, BR_FIELD_TEXT, "%" PRIu64 "m%02us", s / 60,
			 (unsigned int)(s % 60));
	else if (s < 86400)
		snprintf(buf, BR_FIELD_TEXT, "%" PRIu64 "h%02um", s / 3600,
			 (unsigned int)(s / 60 % 60));
	else
		snprintf(buf, BR_FIELD_TEXT, "%" PRIu64 "d%02uh", s / 86400,
			 (unsigned int)(s / 3600 % 24));
	return buf;
}

/* @units: five, each @step times the one before */
static const char *units_text(double value, double step,
			       const char *const *units, char *buf)
{
	unsigned int u = 0;

	while (value >= step - 0.5 && u < 4) {
		value /= step;
		u++;
	}
	snprintf(buf, BR_FIELD_TEXT, "%.*f %s", u && value < 99.95 ? 1 : 0,
		 value, units[u]);
	return buf;
}

const char *br_bytes_text(uint64_t bytes, char *buf)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };

	return units_text(bytes, 1024, units, buf);
}

const char *br_volume_text(uint64_t bytes, char *buf)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };

	return units_text(bytes, 1000, units, buf);
}
