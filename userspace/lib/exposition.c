// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* fwrite_unlocked */
#include "exposition.h"

#include <string.h>

const char *br_metric_suffix(const struct br_metric *m)
{
	static const char *const suffixes[] = {
		[BR_GAUGE] = "", [BR_COUNTER] = "_total", [BR_INFO] = "_info",
	};

	return suffixes[m->type];
}

const char *br_metric_type(const struct br_metric *m)
{
	static const char *const types[] = {
		[BR_GAUGE] = "gauge", [BR_COUNTER] = "counter",
		[BR_INFO] = "info",
	};

	return types[m->type];
}

/* The older format knows no infos, and its heads have the samples' names. */
static void head_put(struct br_exposition *x, const struct br_metric *m)
{
	const char *suffix = x->open_metrics ? "" : br_metric_suffix(m);
	const char *type = br_metric_type(m);

	if (!x->open_metrics && m->type == BR_INFO)
		type = "gauge";
	fprintf(x->file, "# HELP %s%s %s.\n", m->name, suffix, m->help);
	fprintf(x->file, "# TYPE %s%s %s\n", m->name, suffix, type);
	if (x->open_metrics && m->unit)
		fprintf(x->file, "# UNIT %s %s\n", m->name, m->unit);
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

static void put(struct br_exposition *x, const char *text, size_t len)
{
	/* whoever owns the page owns the file: no lock for each piece of it */
	fwrite_unlocked(text, 1, len, x->file);
}

static void family_begin(struct br_exposition *x, const struct br_metric *m)
{
	x->family = m;
	head_put(x, m);
	x->suffix = br_metric_suffix(m);
	x->name_len = strlen(m->name);
	x->suffix_len = strlen(x->suffix);
}

void br_exposition_put(struct br_exposition *x, const struct br_metric *m,
		       const char *labels, uint64_t n, unsigned int decimals)
{
	char buf[48], *end = buf + sizeof(buf), *at;

	if (x->family != m)
		family_begin(x, m);
	put(x, m->name, x->name_len);
	put(x, x->suffix, x->suffix_len);
	if (labels && *labels) {
		put(x, "{", 1);
		put(x, labels, strlen(labels));
		put(x, "}", 1);
	}
	*--end = '\n';
	at = value_text(end, n, decimals);
	*--at = ' ';
	put(x, at, buf + sizeof(buf) - at);
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

void br_exposition_end(struct br_exposition *x)
{
	if (x->open_metrics)
		fputs("# EOF\n", x->file);
}
