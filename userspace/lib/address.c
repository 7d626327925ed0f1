// SPDX-License-Identifier: GPL-2.0
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

size_t br_addr_len(const struct br_addr *addr)
{
	if (addr->family == AF_INET)
		return sizeof(addr->v4);
	return addr->family == AF_INET6 ? sizeof(addr->v6) : 0;
}

bool br_addr_equal(const struct br_addr *a, const struct br_addr *b)
{
	return a->family == b->family &&
	       !memcmp(&a->v6, &b->v6, br_addr_len(a));
}

bool br_addr_any(const struct br_addr *addr)
{
	static const struct in6_addr zero;

	return !memcmp(&addr->v6, &zero, br_addr_len(addr));
}

bool br_prefix_covers(const struct br_prefix *net, const struct br_addr *addr)
{
	const uint8_t *a = (const uint8_t *)&net->addr.v6;
	const uint8_t *b = (const uint8_t *)&addr->v6;
	unsigned int whole = net->len / 8, rest = net->len % 8;

	if (net->addr.family != addr->family || memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

int br_addr_parse(const char *text, struct br_addr *addr, const char **why)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, &addr->v4) == 1)
		addr->family = AF_INET;
	else if (inet_pton(AF_INET6, text, &addr->v6) == 1)
		addr->family = AF_INET6;
	else
		goto err_text;
	return 0;

err_text:
	*why = "is not an IP address";
	return -EINVAL;
}

/* A decimal number without sign, space or rubbish behind it. */
static int decimal(const char *text, unsigned long max, unsigned long *value)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoul(text, &end, 10);
	return errno || *end || *value > max ? -EINVAL : 0;
}

int br_prefix_parse(const char *text, struct br_prefix *net, const char **why)
{
	char buf[BR_ADDRESS_TEXT];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long bits;

	*why = "is not an IP address or network";
	if (len >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, text, len);
	buf[len] = 0;
	if (br_addr_parse(buf, &net->addr, why))
		return -EINVAL;
	bits = 8 * br_addr_len(&net->addr);
	if (slash && decimal(slash + 1, bits, &bits)) {
		*why = "has a prefix length out of range";
		return -EINVAL;
	}
	net->len = bits;
	return 0;
}

static int port_parse(const char *text, uint16_t *port, const char **why)
{
	unsigned long value;

	if (decimal(text, UINT16_MAX, &value)) {
		*why = "has a port that is not a number up to 65535";
		return -EINVAL;
	}
	*port = value;
	return 0;
}

int br_prefix_next(const char **list, struct br_prefix *net, const char **why)
{
	size_t len = strcspn(*list, ",");
	char buf[BR_ADDRESS_TEXT];

	*why = "is not an address";
	if (len >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, *list, len);
	buf[len] = 0;
	if (br_prefix_parse(buf, net, why))
		return -EINVAL;
	*list = (*list)[len] ? *list + len + 1 : NULL;
	return 0;
}

/* [v6] or [v6]:port */
static int bracketed_parse(const char *text, struct br_endpoint *end,
			   const char **why)
{
	char buf[INET6_ADDRSTRLEN];
	const char *close = strchr(text, ']');
	size_t len = close ? (size_t)(close - text - 1) : sizeof(buf);

	*why = "is not an IPv6 address in brackets";
	if (len >= sizeof(buf) || (close[1] && close[1] != ':'))
		return -EINVAL;
	memcpy(buf, text + 1, len);
	buf[len] = 0;
	if (inet_pton(AF_INET6, buf, &end->addr.v6) != 1)
		return -EINVAL;
	end->addr.family = AF_INET6;
	return close[1] ? port_parse(close + 2, &end->port, why) : 0;
}

int br_endpoint_parse(const char *text, struct br_endpoint *end,
		      const char **why)
{
	const char *colon = strchr(text, ':');
	char buf[INET_ADDRSTRLEN];
	size_t len;

	memset(end, 0, sizeof(*end));
	if (text[0] == '[')
		return bracketed_parse(text, end, why);
	/* two colons without brackets: an IPv6 address and no port */
	if (colon && strchr(colon + 1, ':'))
		return br_addr_parse(text, &end->addr, why);
	len = colon ? (size_t)(colon - text) : strlen(text);
	*why = "is not an address, with :PORT or without";
	if (len >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, text, len);
	buf[len] = 0;
	if (strcmp(buf, "auto") && br_addr_parse(buf, &end->addr, why))
		return -EINVAL;
	return colon ? port_parse(colon + 1, &end->port, why) : 0;
}

const char *br_addr_text(const struct br_addr *addr, char *buf)
{
	if (addr->family == AF_UNSPEC)
		return br_copy(buf, BR_ADDRESS_TEXT, "auto");
	return inet_ntop(addr->family, &addr->v6, buf, BR_ADDRESS_TEXT);
}

const char *br_prefix_text(const struct br_prefix *net, char *buf)
{
	size_t len;

	br_addr_text(&net->addr, buf);
	len = strlen(buf);
	snprintf(buf + len, BR_ADDRESS_TEXT - len, "/%u", net->len);
	return buf;
}

const char *br_endpoint_text(const struct br_endpoint *end, char *buf)
{
	char addr[BR_ADDRESS_TEXT];

	br_addr_text(&end->addr, addr);
	if (!end->port)
		return br_copy(buf, BR_ADDRESS_TEXT, addr);
	snprintf(buf, BR_ADDRESS_TEXT,
		 end->addr.family == AF_INET6 ? "[%.45s]:%u" : "%.45s:%u",
		 addr, end->port);
	return buf;
}
