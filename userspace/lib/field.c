// SPDX-License-Identifier: GPL-2.0
#include "field.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "match.h"
#include "text.h"

/* What a value must be, for the sentence "'x' is not ...". */
static const char *const wanted[] = {
	[BR_STRING] =
		"a name of at most 31 letters, digits or signs (no space, '/', ',')",
	[BR_BOOL] = "yes or no",
	[BR_U8] = "a number up to 255",
	[BR_U32] = "a number",
	[BR_U64] = "a number",
	[BR_MARK] = "a mark (a number, decimal or 0x...)",
	[BR_LINK] = "an interface of this namespace",
	[BR_USEC] = "a time with its unit (us, ms, s)",
	[BR_PPM] = "a share in per cent (2.5%)",
	[BR_RATE] = "a rate with its unit (kbit, mbit, gbit)",
	[BR_VOLUME] = "a number of bytes, such as 500M, 20G or 4GiB",
};

static int enum_parse(const struct br_field *f, const char *text, uint32_t *to)
{
	uint32_t i;

	for (i = 0; f->names[i]; i++) {
		if (strcmp(f->names[i], text))
			continue;
		*to = i;
		return 0;
	}
	return -EINVAL;
}

static int bool_parse(const char *text, uint8_t *to)
{
	if (!strcmp(text, "yes") || !strcmp(text, "on") || !strcmp(text, "1"))
		*to = 1;
	else if (!strcmp(text, "no") || !strcmp(text, "off") ||
		 !strcmp(text, "0"))
		*to = 0;
	else
		return -EINVAL;
	return 0;
}

/* A string is empty only where that means something: no policy. */
static int string_parse(const struct br_field *f, const char *text, char *to)
{
	if (br_name_check(text) || strlen(text) >= f->size)
		return -EINVAL;
	br_copy(to, f->size, text);
	return 0;
}

static int link_parse(const char *text, uint32_t *to)
{
	*to = if_nametoindex(text);
	return *to ? 0 : -EINVAL;
}

static int number_parse(const struct br_field *f, const char *text, void *to)
{
	uint64_t value;
	int ret;

	if (f->kind == BR_RATE)
		ret = br_rate_parse(text, &value);
	else if (f->kind == BR_USEC)
		ret = br_time_parse(text, &value);
	else if (f->kind == BR_PPM)
		ret = br_share_parse(text, &value);
	else if (f->kind == BR_VOLUME)
		ret = br_volume_parse(text, &value);
	else
		ret = br_number_parse(text, UINT64_MAX, &value);
	if (ret || (f->size < 8 && value >> (8 * f->size)))
		return -EINVAL;
	if (f->size == 1)
		*(uint8_t *)to = value;
	else if (f->size == 4)
		*(uint32_t *)to = value;
	else
		*(uint64_t *)to = value;
	return 0;
}

/* a,b,c */
static int addrs_parse(const char *text, struct br_addrs *to, const char **why)
{
	char buf[BR_ADDRESS_TEXT];
	size_t len;

	to->n = 0;
	do {
		len = strcspn(text, ",");
		*why = "has an address that is too long";
		if (len >= sizeof(buf))
			return -EINVAL;
		*why = "has too many addresses";
		if (to->n == BR_ADDRS_MAX)
			return -EINVAL;
		memcpy(buf, text, len);
		buf[len] = 0;
		*why = "is not a list of addresses (with commas, no spaces)";
		if (br_addr_parse(buf, &to->a[to->n++], why))
			return -EINVAL;
		text += len;
	} while (*text++ == ',');
	return 0;
}

static int value_parse(const struct br_field *f, void *to, const char *text,
		       const char **why)
{
	switch (f->kind) {
	case BR_STRING:
		return string_parse(f, text, to);
	case BR_BOOL:
		return bool_parse(text, to);
	case BR_ENUM:
		return enum_parse(f, text, to);
	case BR_LINK:
		return link_parse(text, to);
	case BR_ENDPOINT:
		return br_endpoint_parse(text, to, why);
	case BR_ADDRS:
		return addrs_parse(text, to, why);
	case BR_PREFIX:
	case BR_PORTS:
	case BR_COSTS:
	case BR_SIZES:
	case BR_PROTO:
	case BR_DSCP:
	case BR_NAMES:
		return br_match_parse(f->kind, to, text, why);
	default:
		return number_parse(f, text, to);
	}
}

static uint64_t number(const struct br_field *f, const void *at)
{
	if (f->size == 1)
		return *(const uint8_t *)at;
	return f->size == 4 ? *(const uint32_t *)at : *(const uint64_t *)at;
}

/* A newer kernel may know values that this program does not. */
static const char *enum_text(const struct br_field *f, uint32_t value,
			     char *buf)
{
	uint32_t i;

	for (i = 0; f->names[i]; i++)
		if (i == value)
			return f->names[i];
	snprintf(buf, BR_FIELD_TEXT, "%u", value);
	return buf;
}

/* A link of another namespace has no name here. */
static const char *link_text(uint32_t ifindex, char *buf)
{
	if (!ifindex)
		return "-";
	if (!if_indextoname(ifindex, buf))
		snprintf(buf, BR_FIELD_TEXT, "if%u", ifindex);
	return buf;
}

static const char *time_text(uint64_t ns, char *buf)
{
	time_t s = ns / 1000000000;
	char day[64] = "";
	struct tm tm;

	if (localtime_r(&s, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(buf, BR_FIELD_TEXT, "%s.%03u", day,
		 (unsigned int)(ns / 1000000 % 1000));
	return buf;
}

static const char *scaled_text(const struct br_field *f, uint64_t value,
			       char *buf)
{
	switch (f->kind) {
	case BR_MARK:
		snprintf(buf, BR_FIELD_TEXT, "0x%" PRIx64, value);
		return buf;
	case BR_RTT:
		return value ? br_usec_text(value, buf) : "-";
	case BR_USEC:
		return br_usec_text(value, buf);
	case BR_AGE:
		return br_age_text(value, buf);
	case BR_PPM:
		snprintf(buf, BR_FIELD_TEXT, "%.2f %%", value / 1e4);
		return buf;
	case BR_RATE:
		return br_rate_text(value, buf);
	case BR_BYTES:
	case BR_BYTES32:
		return br_bytes_text(value, buf);
	case BR_VOLUME:
		return br_volume_text(value, buf);
	default:
		snprintf(buf, BR_FIELD_TEXT, "%" PRIu64, value);
		return buf;
	}
}

static int enum_refuse(const struct br_field *f, const char *text,
		       struct br_error *err)
{
	char list[BR_FIELD_TEXT] = "";
	size_t len;
	int i;

	for (i = 0; f->names[i]; i++) {
		len = strlen(list);
		snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
			 f->names[i]);
	}
	return br_fail(err, BR_USAGE, EINVAL, "'%s' is not one of %s", text,
		       list);
}

static int range_check(const struct br_field *f, const void *at,
		       const char *text, struct br_error *err)
{
	char min[BR_FIELD_TEXT], max[BR_FIELD_TEXT];
	uint64_t value;

	if (!f->max)
		return 0;
	value = number(f, at);
	if (value >= f->min && value <= f->max)
		return 0;
	return br_fail(err, BR_USAGE, ERANGE, "'%s' is not between %s and %s",
		       text, scaled_text(f, f->min, min),
		       scaled_text(f, f->max, max));
}

int br_field_value(const struct br_type *type, const char *name, void *obj,
		   const char *text, struct br_error *err)
{
	const struct br_field *f = br_field_find(type, name);
	const char *why = NULL;
	int ret;

	if (!f)
		return br_fail(err, BR_USAGE, EINVAL, "no such keyword");
	if (!value_parse(f, br_field_at(f, obj), text, &why)) {
		ret = range_check(f, br_field_at(f, obj), text, err);
		if (!ret)
			br_set_has(type, obj, name);
		return ret;
	}
	if (f->kind == BR_ENUM)
		return enum_refuse(f, text, err);
	if (why)
		return br_fail(err, BR_USAGE, EINVAL, "'%s' %s", text, why);
	return br_fail(err, BR_USAGE, EINVAL, "'%s' is not %s", text,
		       wanted[f->kind]);
}

int br_field_parse(const struct br_type *type, const char *name, void *obj,
		   const char *text, struct br_error *err)
{
	int ret = br_field_value(type, name, obj, text, err);

	return ret ? br_where(err, "%s", name) : 0;
}

static const char *value_text(const struct br_field *f, const void *at,
			      char *buf)
{
	switch (f->kind) {
	case BR_STRING:
	case BR_WORDS:
		return *(const char *)at ? at : "-";
	case BR_BOOL:
		return *(const uint8_t *)at ? "yes" : "no";
	case BR_ENUM:
		return enum_text(f, *(const uint32_t *)at, buf);
	case BR_LINK:
		return link_text(*(const uint32_t *)at, buf);
	case BR_TIME:
		return time_text(*(const uint64_t *)at, buf);
	case BR_ENDPOINT:
		return br_endpoint_text(at, buf);
	case BR_SECRET:
		return "(hidden)";
	case BR_PREFIX:
	case BR_PORTS:
	case BR_COSTS:
	case BR_SIZES:
	case BR_PROTO:
	case BR_DSCP:
		return br_match_text(f->kind, at, buf);
	default:
		return scaled_text(f, number(f, at), buf);
	}
}

static bool present(const struct br_type *type, const struct br_field *f,
		    const void *obj)
{
	return *(const uint64_t *)obj >> (f - type->fields) & 1;
}

static char *addrs_text(const struct br_addrs *addrs)
{
	char *text = malloc(addrs->n * (BR_ADDRESS_TEXT + 1) + 2);
	char buf[BR_ADDRESS_TEXT];
	unsigned int i;
	char *end = text;

	if (!text)
		return NULL;
	text[0] = '-';
	text[1] = 0;
	for (i = 0; i < addrs->n; i++)
		end += sprintf(end, "%s%s", i ? "," : "",
			       br_addr_text(&addrs->a[i], buf));
	return text;
}

char *br_field_text(const struct br_type *type, const struct br_field *f,
		    const void *obj)
{
	char buf[BR_FIELD_TEXT];

	if (!present(type, f, obj))
		return strdup("-");
	if (f->kind == BR_ADDRS)
		return addrs_text(br_field_at(f, obj));
	if (f->kind == BR_COUNTERS || f->kind == BR_DURATIONS)
		return strdup("...");
	if (f->kind == BR_NAMES)
		return br_names_text(br_field_at(f, obj));
	return strdup(value_text(f, br_field_at(f, obj), buf));
}

static json_t *addrs_json(const struct br_addrs *addrs)
{
	json_t *array = json_array();
	char buf[BR_ADDRESS_TEXT];
	unsigned int i;

	for (i = 0; i < addrs->n; i++)
		json_array_append_new(array,
			json_string(br_addr_text(&addrs->a[i], buf)));
	return array;
}

static json_t *names_json(const struct br_names *names)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < names->n; i++)
		json_array_append_new(array, json_string(names->name[i]));
	return array;
}

static json_t *counters_json(const struct br_counters *counters)
{
	json_t *object = json_object();
	unsigned int i;

	for (i = 0; i < counters->n; i++)
		json_object_set_new(object, counters->c[i].name,
				    json_integer(counters->c[i].value));
	return object;
}

/* Buckets by their limits in microseconds; what is above all of them is "more". */
static json_t *durations_json(const struct br_durations *d)
{
	json_t *counts = json_object();
	char limit[24];
	unsigned int i;

	for (i = 0; i < d->n; i++) {
		snprintf(limit, sizeof(limit), "%" PRIu64, br_bucket_limit(i));
		json_object_set_new(counts, i + 1 < d->n ? limit : "more",
				    json_integer(d->count[i]));
	}
	return json_pack("{s:I, s:o}", "sum_us", (json_int_t)d->sum,
			 "counts", counts);
}

/*
 * Numbers stay numbers, in the kernel's units; the kernel's strings may hold
 * anything, JSON's must be UTF-8.
 */
json_t *br_field_json(const struct br_type *type, const struct br_field *f,
		      const void *obj)
{
	const void *at = br_field_at(f, obj);
	char buf[BR_FIELD_TEXT];
	json_t *string;

	if (!present(type, f, obj))
		return NULL;
	switch (f->kind) {
	case BR_SECRET:
		return NULL;
	case BR_BOOL:
		return json_boolean(*(const uint8_t *)at);
	case BR_ADDRS:
		return addrs_json(at);
	case BR_COUNTERS:
		return counters_json(at);
	case BR_DURATIONS:
		return durations_json(at);
	case BR_NAMES:
		return names_json(at);
	case BR_STRING:
	case BR_WORDS:
		string = json_string(at);
		return string ? string : json_string("?");
	case BR_ENUM:
	case BR_ENDPOINT:
	case BR_PREFIX:
	case BR_PORTS:
	case BR_COSTS:
	case BR_SIZES:
	case BR_PROTO:
	case BR_DSCP:
		return json_string(value_text(f, at, buf));
	case BR_LINK:
		return *(const uint32_t *)at ?
		       json_string(link_text(*(const uint32_t *)at, buf)) :
		       json_null();
	default:
		return json_integer(number(f, at));
	}
}

const char *br_field_key(const struct br_field *f, char *buf)
{
	const char *unit = "";
	char *c;

	if (f->kind == BR_USEC || f->kind == BR_RTT || f->kind == BR_AGE)
		unit = "_us";
	else if (f->kind == BR_TIME)
		unit = "_ns";
	snprintf(buf, BR_NAME, "%s%s", f->name, unit);
	for (c = buf; *c; c++)
		if (*c == '-')
			*c = '_';
	return buf;
}

int br_field_number(const struct br_type *type, const struct br_field *f,
		    const void *obj, uint64_t *n)
{
	if (!present(type, f, obj))
		return -1;
	switch (f->kind) {
	case BR_BOOL:
	case BR_U8:
	case BR_U32:
	case BR_U64:
	case BR_RATE:
	case BR_BYTES:
	case BR_BYTES32:
	case BR_VOLUME:
		*n = number(f, br_field_at(f, obj));
		return 0;
	case BR_TIME:
		*n = number(f, br_field_at(f, obj));
		return 9;
	case BR_RTT:
	case BR_USEC:
	case BR_AGE:
	case BR_PPM:
		*n = number(f, br_field_at(f, obj));
		return f->kind == BR_RTT && !*n ? -1 : 6;
	default:
		return -1;
	}
}

const char *br_field_unit(const struct br_field *f)
{
	switch (f->kind) {
	case BR_RTT:
	case BR_USEC:
	case BR_AGE:
	case BR_TIME:
		return "seconds";
	case BR_PPM:
		return "ratio";
	case BR_RATE:
		return "bytes_per_second";
	case BR_BYTES:
	case BR_BYTES32:
	case BR_VOLUME:
		return "bytes";
	default:
		return NULL;
	}
}

json_t *br_object_json(const struct br_type *type, const void *obj)
{
	json_t *object = json_object(), *value;
	char key[BR_NAME];
	unsigned int i;

	for (i = 0; i < type->n; i++) {
		value = br_field_json(type, &type->fields[i], obj);
		if (value)
			json_object_set_new(object,
				br_field_key(&type->fields[i], key), value);
	}
	return object;
}
