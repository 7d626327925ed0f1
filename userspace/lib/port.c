// SPDX-License-Identifier: GPL-2.0
#include "port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESERVED	"/proc/sys/net/ipv4/ip_local_reserved_ports"

void br_ports_set(struct br_ports *p, uint16_t from, uint16_t to, bool in)
{
	uint32_t port;

	for (port = from; port <= to; port++) {
		if (in)
			p->bits[port / 64] |= 1ULL << port % 64;
		else
			p->bits[port / 64] &= ~(1ULL << port % 64);
	}
}

unsigned int br_ports_count(const struct br_ports *p)
{
	unsigned int i, n = 0;

	for (i = 0; i < 65536 / 64; i++)
		n += __builtin_popcountll(p->bits[i]);
	return n;
}

/* A number from 1 to 65535; *@text goes behind it. 0: there is none */
static uint16_t number(const char **text)
{
	unsigned long n = 0;
	const char *at = *text;

	for (; *at >= '0' && *at <= '9' && n <= 65535; at++)
		n = 10 * n + *at - '0';
	if (n > 65535)
		return 0;
	*text = at;
	return n;
}

/* One port or range; *@text goes behind it. */
static int item(const char **text, struct br_ports *p, bool in)
{
	uint16_t from = number(text), to = from;

	if (from && **text == '-') {
		(*text)++;
		to = number(text);
	}
	if (!from || to < from)
		return -EINVAL;
	br_ports_set(p, from, to, in);
	return 0;
}

int br_ports_parse(const char *text, struct br_ports *p, const char **why)
{
	bool in;

	memset(p, 0, sizeof(*p));
	*why = "is not a list of ports and ranges from 1 to 65535";
	do {
		text += strspn(text, " \t");
		in = *text != '!';
		text += !in;
		if (item(&text, p, in))
			return -EINVAL;
		text += strspn(text, " \t");
	} while (*text++ == ',');
	if (text[-1])
		return -EINVAL;
	*why = "leaves no port";
	return br_ports_count(p) ? 0 : -EINVAL;
}

static void range_print(FILE *file, uint32_t from, uint32_t to, bool first)
{
	fprintf(file, to > from ? "%s%u-%u" : "%s%u", first ? "" : ",", from,
		to);
}

char *br_ports_text(const struct br_ports *p)
{
	uint32_t port, from = 0;
	bool first = true;
	char *text = NULL;
	size_t size;
	FILE *file;

	file = open_memstream(&text, &size);
	if (!file)
		return NULL;
	/* 0 is never in it, and stands for no range that is open */
	for (port = 1; port <= 65536; port++) {
		if (port < 65536 && br_ports_has(p, port)) {
			from = from ? from : port;
		} else if (from) {
			range_print(file, from, port - 1, first);
			first = false;
			from = 0;
		}
	}
	if (!fclose(file))
		return text;
	free(text);
	return NULL;
}

int br_ports_unreserve(struct br_ports *p, struct br_error *err)
{
	FILE *file = fopen(RESERVED, "re");
	const char *text;
	char *line = NULL;
	size_t room = 0;
	int ret = 0;

	if (!file)
		return br_fail(err, BR_KERNEL, errno, "%s: %s", RESERVED,
			       strerror(errno));
	if (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		text = line;
		while (!ret && *text) {
			ret = item(&text, p, false);
			text += *text == ',';
		}
	}
	free(line);
	fclose(file);
	return ret ? br_fail(err, BR_KERNEL, EINVAL, "%s is not understood",
			     RESERVED) : 0;
}

/* The n-th port of a set. */
static uint16_t nth(const struct br_ports *p, unsigned int n)
{
	unsigned int i, here;
	uint64_t bits;

	for (i = 0;; i++) {
		here = __builtin_popcountll(p->bits[i]);
		if (n < here)
			break;
		n -= here;
	}
	for (bits = p->bits[i]; n; n--)
		bits &= bits - 1;
	return 64 * i + __builtin_ctzll(bits);
}

/* Uniform: what does not divide evenly is drawn again. */
static unsigned int below(const struct br_port_draw *draw, unsigned int n)
{
	uint32_t limit = UINT32_MAX - UINT32_MAX % n, r;

	do {
		draw->random(draw->data, &r, sizeof(r));
	} while (r >= limit);
	return r % n;
}

/* The ports that were taken lately, as far as they are allowed. */
static void recent(const struct br_port_draw *draw, struct br_ports *p)
{
	unsigned int i, n = draw->n < BR_PORT_RECENT ? draw->n : BR_PORT_RECENT;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < n; i++)
		if (br_ports_has(draw->allowed, draw->recent[i]))
			br_ports_set(p, draw->recent[i], draw->recent[i], true);
}

/*
 * Draws out of @left until one is free or *@tries are over; what was drawn is
 * taken out. Return: 0 when nothing is left
 */
static int draw_from(struct br_port_draw *draw, struct br_ports *left,
		     unsigned int *tries, struct br_error *err)
{
	unsigned int n = br_ports_count(left);
	uint16_t port;
	int ret;

	for (; n && *tries < BR_PORT_TRIES; n--) {
		port = nth(left, below(draw, n));
		++*tries;
		ret = draw->take(draw->data, port, err);
		if (!ret) {
			draw->recent[draw->n++ % BR_PORT_RECENT] = port;
			return port;
		}
		if (ret != -EADDRINUSE)
			return ret;
		draw->tally.in_use++;
		br_ports_set(left, port, port, false);
	}
	return 0;
}

int br_port_take(struct br_port_draw *draw, struct br_error *err)
{
	struct br_ports left, late;
	unsigned int i, tries = 0;
	int ret;

	recent(draw, &late);
	draw->tally = (struct br_port_tally){
		.recent = br_ports_count(&late),
	};
	for (i = 0; i < 65536 / 64; i++)
		left.bits[i] = draw->allowed->bits[i] & ~late.bits[i];
	ret = draw_from(draw, &left, &tries, err);
	if (!ret)
		ret = draw_from(draw, &late, &tries, err);
	if (ret)
		return ret;
	return br_fail(err, BR_KERNEL, EADDRINUSE,
		       "no free port among %u after %u tries",
		       br_ports_count(draw->allowed), tries);
}
