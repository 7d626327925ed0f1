// SPDX-License-Identifier: GPL-2.0
#include "match.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../bpf/rule_maps.h"
#include "field.h"
#include "text.h"

static_assert(BR_NAMES_MAX == BRAID_CLASS_PATHS, "paths of a class");
static_assert(BR_NAME == BRAID_CLASS_NAME, "names of classes");

/* Largest size class: of what has no upper end. */
#define SIZE_OPEN	64

struct named {
	const char *name;
	uint8_t value;
};

static const struct named protos[] = {
	{ "icmp", IPPROTO_ICMP }, { "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP }, { "dccp", IPPROTO_DCCP },
	{ "gre", IPPROTO_GRE }, { "esp", IPPROTO_ESP },
	{ "icmpv6", IPPROTO_ICMPV6 }, { "sctp", IPPROTO_SCTP },
};

/* Besides these there are csN and afXY: RFC 2474, 2597, 3246, 5865, 8622. */
static const struct named dscps[] = {
	{ "be", 0 }, { "le", 1 }, { "va", 44 }, { "ef", 46 },
};

static bool named_find(const struct named *list, size_t n, const char *text,
		       uint8_t *value)
{
	for (; n; n--, list++) {
		if (strcasecmp(list->name, text))
			continue;
		*value = list->value;
		return true;
	}
	return false;
}

static const char *named_text(const struct named *list, size_t n,
			      uint8_t value, char *buf)
{
	for (; n; n--, list++)
		if (list->value == value)
			return br_copy(buf, BR_FIELD_TEXT, list->name);
	snprintf(buf, BR_FIELD_TEXT, "%u", value);
	return buf;
}

bool br_proto_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_DCCP || proto == IPPROTO_SCTP;
}

static int proto_parse(const char *text, uint8_t *to, const char **why)
{
	uint64_t value;

	*why = "is not a protocol (tcp, udp, icmp, icmpv6, sctp, dccp, gre, esp or a number up to 255)";
	if (named_find(protos, ARRAY_SIZE(protos), text, to))
		return 0;
	if (br_number_parse(text, 255, &value))
		return -EINVAL;
	*to = value;
	return 0;
}

static bool digit(char c, char least, char most)
{
	return c >= least && c <= most;
}

static int dscp_parse(const char *text, uint8_t *to, const char **why)
{
	uint64_t value;

	*why = "is not a DSCP (a number up to 63, ef, va, le, be, cs0 to cs7, af11 to af43)";
	if (named_find(dscps, ARRAY_SIZE(dscps), text, to))
		return 0;
	if (!strncasecmp(text, "cs", 2) && digit(text[2], '0', '7') && !text[3]) {
		*to = 8 * (text[2] - '0');
		return 0;
	}
	if (!strncasecmp(text, "af", 2) && digit(text[2], '1', '4') &&
	    digit(text[3], '1', '3') && !text[4]) {
		*to = 8 * (text[2] - '0') + 2 * (text[3] - '0');
		return 0;
	}
	if (br_number_parse(text, 63, &value))
		return -EINVAL;
	*to = value;
	return 0;
}

static const char *dscp_text(uint8_t dscp, char *buf)
{
	if (dscp && !(dscp & 7))
		snprintf(buf, BR_FIELD_TEXT, "cs%u", dscp / 8);
	else if (dscp / 8 >= 1 && dscp / 8 <= 4 && !(dscp & 1))
		snprintf(buf, BR_FIELD_TEXT, "af%u%u", dscp / 8, dscp % 8 / 2);
	else
		return named_text(dscps, ARRAY_SIZE(dscps), dscp, buf);
	return buf;
}

/* N or N-M, from @least to @most. */
static int range_parse(const char *text, uint64_t least, uint64_t most,
		       uint64_t to[2])
{
	size_t len = strcspn(text, "-");
	char first[24];

	if (len >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, len);
	first[len] = 0;
	if (br_number_parse(first, most, &to[0]))
		return -EINVAL;
	to[1] = to[0];
	if (text[len] && br_number_parse(text + len + 1, most, &to[1]))
		return -EINVAL;
	return to[0] < least || to[1] < to[0] ? -EINVAL : 0;
}

static int ports_parse(const char *text, uint16_t *to, const char **why)
{
	uint64_t range[2];

	*why = "is not a port or a range of ports, such as 5060 or 10000-20000";
	if (range_parse(text, 1, 65535, range))
		return -EINVAL;
	to[0] = range[0];
	to[1] = range[1];
	return 0;
}

static int costs_parse(const char *text, uint32_t *to, const char **why)
{
	uint64_t range[2];

	*why = "is not a cost or a range of costs, such as 0 or 0-10";
	if (range_parse(text, 0, UINT32_MAX, range))
		return -EINVAL;
	to[0] = range[0];
	to[1] = range[1];
	return 0;
}

static const char *range_text(uint64_t first, uint64_t last, char *buf)
{
	int len = snprintf(buf, BR_FIELD_TEXT, "%" PRIu64, first);

	if (last != first)
		snprintf(buf + len, BR_FIELD_TEXT - len, "-%" PRIu64, last);
	return buf;
}

/* Bytes, 0 or a power of two; *@text goes behind it. */
static int size_read(const char **text, uint64_t *bytes)
{
	static const char units[] = "kmgt";
	const char *unit;
	char *end;

	if (!digit(**text, '0', '9'))
		return -EINVAL;
	errno = 0;
	*bytes = strtoull(*text, &end, 10);
	if (errno || *bytes > 1ULL << 20)
		return -EINVAL;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		*bytes <<= 10 * (unit - units + 1);
		end++;
	}
	*text = end;
	return *bytes & (*bytes - 1) ? -EINVAL : 0;
}

/* FROM-[TO]: from FROM on, less than TO. */
static int sizes_parse(const char *text, uint8_t *to, const char **why)
{
	uint64_t first, end;

	*why = "is not a range of sizes, such as 0-64k or 1m- (0, or a power of two with k, m, g)";
	if (size_read(&text, &first) || *text++ != '-')
		return -EINVAL;
	to[0] = braid_size_class(first);
	to[1] = SIZE_OPEN;
	if (!*text)
		return 0;
	if (size_read(&text, &end) || *text || end <= first)
		return -EINVAL;
	to[1] = braid_size_class(end) - 1;
	return 0;
}

static int size_put(char *buf, size_t size, uint64_t bytes)
{
	static const char units[] = " kmgt";
	int unit = 0;

	while (bytes && !(bytes & 1023) && unit < 4) {
		bytes >>= 10;
		unit++;
	}
	return snprintf(buf, size, unit ? "%" PRIu64 "%c" : "%" PRIu64, bytes,
			units[unit]);
}

static const char *sizes_text(const uint8_t *at, char *buf)
{
	int len;

	len = size_put(buf, BR_FIELD_TEXT - 1, at[0] ? 1ULL << (at[0] - 1) : 0);
	buf[len++] = '-';
	buf[len] = 0;
	if (at[1] < SIZE_OPEN)
		size_put(buf + len, BR_FIELD_TEXT - len, 1ULL << at[1]);
	return buf;
}

static int names_parse(const char *text, struct br_names *to, const char **why)
{
	size_t len;

	to->n = 0;
	do {
		text += strspn(text, " \t");
		len = strcspn(text, ", \t");
		*why = "has more than 8 names";
		if (to->n == BR_NAMES_MAX)
			return -EINVAL;
		*why = "is not a list of names (with commas)";
		if (len >= BR_NAME)
			return -EINVAL;
		snprintf(to->name[to->n], BR_NAME, "%.*s", (int)len, text);
		if (br_name_check(to->name[to->n++]))
			return -EINVAL;
		text += len;
		text += strspn(text, " \t");
	} while (*text++ == ',');
	return text[-1] ? -EINVAL : 0;
}

char *br_names_text(const struct br_names *names)
{
	size_t room = names->n * BR_NAME + 2;
	char *text = malloc(room);
	unsigned int i;
	size_t len = 0;

	if (!text)
		return NULL;
	br_copy(text, room, "-");
	for (i = 0; i < names->n; i++)
		len += snprintf(text + len, room - len, "%s%s", i ? "," : "",
				names->name[i]);
	return text;
}

int br_match_parse(enum br_kind kind, void *to, const char *text,
		   const char **why)
{
	switch (kind) {
	case BR_PREFIX:
		return br_prefix_parse(text, to, why);
	case BR_PORTS:
		return ports_parse(text, to, why);
	case BR_COSTS:
		return costs_parse(text, to, why);
	case BR_SIZES:
		return sizes_parse(text, to, why);
	case BR_PROTO:
		return proto_parse(text, to, why);
	case BR_DSCP:
		return dscp_parse(text, to, why);
	default:
		return names_parse(text, to, why);
	}
}

const char *br_match_text(enum br_kind kind, const void *at, char *buf)
{
	const uint16_t *ports = at;
	const uint32_t *costs = at;

	switch (kind) {
	case BR_PREFIX:
		return br_prefix_text(at, buf);
	case BR_PORTS:
		return range_text(ports[0], ports[1], buf);
	case BR_COSTS:
		return range_text(costs[0], costs[1], buf);
	case BR_SIZES:
		return sizes_text(at, buf);
	case BR_PROTO:
		return named_text(protos, ARRAY_SIZE(protos),
				  *(const uint8_t *)at, buf);
	default:
		return dscp_text(*(const uint8_t *)at, buf);
	}
}
