// SPDX-License-Identifier: GPL-2.0
#include "exposition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Enough for most pages */
#define PAGE_BYTES	65536

const char *br_metric_suffix(const struct br_metric *m)
{
	static const char *const suffixes[] = {
		[BR_GAUGE] = "", [BR_COUNTER] = "_total", [BR_INFO] = "_info",
		[BR_HISTOGRAM] = "",
	};

	return suffixes[m->type];
}

const char *br_metric_type(const struct br_metric *m)
{
	static const char *const types[] = {
		[BR_GAUGE] = "gauge", [BR_COUNTER] = "counter",
		[BR_INFO] = "info", [BR_HISTOGRAM] = "histogram",
	};

	return types[m->type];
}

/* Room for @len bytes and a 0; false without memory. */
static bool grow(struct br_exposition *x, size_t len)
{
	size_t room = x->room ? 2 * x->room : PAGE_BYTES;
	char *text;

	while (room - x->len <= len)
		room *= 2;
	text = realloc(x->text, room);
	if (!text) {
		x->failed = true;
		return false;
	}
	x->text = text;
	x->room = room;
	return true;
}

static void put(struct br_exposition *x, const char *text, size_t len)
{
	if (x->room - x->len <= len && !grow(x, len))
		return;
	memcpy(x->text + x->len, text, len);
	x->len += len;
	x->text[x->len] = 0;
}

static void string_put(struct br_exposition *x, const char *text)
{
	put(x, text, strlen(text));
}

static void head_line(struct br_exposition *x, const char *what,
		      const char *name, const char *suffix, const char *text,
		      const char *end)
{
	string_put(x, what);
	string_put(x, name);
	string_put(x, suffix);
	string_put(x, " ");
	string_put(x, text);
	string_put(x, end);
}

/* The older format knows no infos, and its heads have the samples' names. */
static void head_put(struct br_exposition *x, const struct br_metric *m)
{
	const char *suffix = x->open_metrics ? "" : br_metric_suffix(m);
	const char *type = br_metric_type(m);

	if (!x->open_metrics && m->type == BR_INFO)
		type = "gauge";
	head_line(x, "# HELP ", m->name, suffix, m->help, ".\n");
	head_line(x, "# TYPE ", m->name, suffix, type, "\n");
	if (x->open_metrics && m->unit)
		head_line(x, "# UNIT ", m->name, "", m->unit, "\n");
}

/* Exact: what is a decimal fraction goes through no binary one. */
static char *value_text(char *end, uint64_t n, unsigned int decimals)
{
	unsigned int i;

	for (; decimals && n % 10 == 0; decimals--)
		n /= 10;
	for (i = 0; n || i <= decimals; i++, n /= 10) {
		if (i && i == decimals)
			*--end = '.';
		*--end = '0' + n % 10;
	}
	return end;
}

static void family_begin(struct br_exposition *x, const struct br_metric *m)
{
	x->family = m;
	head_put(x, m);
	x->suffix = br_metric_suffix(m);
	x->name_len = strlen(m->name);
	x->suffix_len = strlen(x->suffix);
}

static void value_put(struct br_exposition *x, uint64_t n, unsigned int decimals)
{
	char buf[48], *end = buf + sizeof(buf), *at;

	*--end = '\n';
	at = value_text(end, n, decimals);
	*--at = ' ';
	put(x, at, buf + sizeof(buf) - at);
}

static void sample_put(struct br_exposition *x, const char *suffix, size_t len,
		       const char *labels)
{
	put(x, x->family->name, x->name_len);
	put(x, suffix, len);
	if (labels && *labels) {
		put(x, "{", 1);
		put(x, labels, strlen(labels));
		put(x, "}", 1);
	}
}

void br_exposition_put(struct br_exposition *x, const struct br_metric *m,
		       const char *labels, uint64_t n, unsigned int decimals)
{
	if (x->family != m)
		family_begin(x, m);
	sample_put(x, x->suffix, x->suffix_len, labels);
	value_put(x, n, decimals);
}

/* The limit of a bucket as a last label, in seconds */
static void limit_put(struct br_exposition *x, bool comma, uint64_t limit)
{
	char buf[32], *end = buf + sizeof(buf), *at;

	at = limit ? value_text(end, limit, 6) : memcpy(end - 4, "+Inf", 4);
	if (comma)
		put(x, ",", 1);
	put(x, "le=\"", 4);
	put(x, at, end - at);
	put(x, "\"}", 2);
}

/* Each bucket has what those before it have, too. */
static uint64_t buckets_put(struct br_exposition *x, const char *labels,
			    const struct br_durations *d)
{
	size_t len = strlen(labels);
	uint64_t count = 0;
	unsigned int i;

	for (i = 0; i < d->n; i++) {
		count += d->count[i];
		put(x, x->family->name, x->name_len);
		put(x, "_bucket{", 8);
		put(x, labels, len);
		limit_put(x, len, i + 1 < d->n ? br_bucket_limit(i) : 0);
		value_put(x, count, 0);
	}
	return count;
}

void br_exposition_durations(struct br_exposition *x, const struct br_metric *m,
			     const char *labels, const struct br_durations *d)
{
	uint64_t count;

	if (x->family != m)
		family_begin(x, m);
	count = buckets_put(x, labels ? labels : "", d);
	sample_put(x, "_sum", 4, labels);
	value_put(x, d->sum, 6);
	sample_put(x, "_count", 6, labels);
	value_put(x, count, 0);
}

static bool continues(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/*
 * Bytes of the character at @s as RFC 3629 has it: no overlong forms, no
 * surrogates, nothing above U+10FFFF. 0 when there is none.
 */
static unsigned int utf8_len(const char *s)
{
	const unsigned char *c = (const unsigned char *)s;

	if (c[0] < 0x80)
		return 1;
	if (c[0] < 0xc2 || !continues(c[1]))
		return 0;
	if (c[0] < 0xe0)
		return 2;
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
	    !continues(c[2]))
		return 0;
	if (c[0] < 0xf0)
		return 3;
	if (c[0] > 0xf4 || (c[0] == 0xf0 && c[1] < 0x90) ||
	    (c[0] == 0xf4 && c[1] > 0x8f) || !continues(c[3]))
		return 0;
	return 4;
}

void br_label_put(FILE *file, bool comma, const char *name, const char *value)
{
	unsigned int len;

	fprintf(file, "%s%s=\"", comma ? "," : "", name);
	for (; *value; value += len ? len : 1) {
		len = utf8_len(value);
		if (!len)
			fprintf(file, "\\\\x%02x", (unsigned char)*value);
		else if (*value == '\n')
			fputs("\\n", file);
		else if (*value == '"' || *value == '\\')
			fprintf(file, "\\%c", *value);
		else
			fwrite(value, 1, len, file);
	}
	fputc('"', file);
}

int br_exposition_end(struct br_exposition *x)
{
	if (x->open_metrics)
		string_put(x, "# EOF\n");
	return x->failed ? -ENOMEM : 0;
}
