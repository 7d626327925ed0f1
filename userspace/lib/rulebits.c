// SPDX-License-Identifier: GPL-2.0
#include "rulebits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A prefix of some value that a rule takes. */
struct item {
	struct braid_rule_key key;
	__u32 rule;
};

/**
 * struct items - the prefixes of all rules
 * @n: number of them
 * @room: how many there is memory for
 * @item: they
 * @key: set and what they are by, of the next one
 * @rule: whose the next one is
 */
struct items {
	size_t n;
	size_t room;
	struct item *item;
	struct braid_rule_key key;
	__u32 rule;
};

static int item_add(struct items *to, const void *data, size_t len,
		    unsigned int bits)
{
	struct item *new;

	if (to->n == to->room) {
		to->room = to->room ? 2 * to->room : 1024;
		new = reallocarray(to->item, to->room, sizeof(*new));
		if (!new)
			return -ENOMEM;
		to->item = new;
	}
	new = &to->item[to->n++];
	new->key = to->key;
	new->key.prefixlen = BRAID_RULE_KEY_BITS + bits;
	memcpy(new->key.data, data, len);
	new->rule = to->rule;
	return 0;
}

/* What every value has in common: nothing. */
static int any_add(struct items *to)
{
	return item_add(to, "", 0, 0);
}

/*
 * A range as few aligned blocks, each of which is a prefix of @bits bits at
 * most; at most 2 x @bits - 2 of them.
 */
static int range_add(struct items *to, __u32 first, __u32 last,
		     unsigned int bits)
{
	unsigned int free;
	__u32 size;
	__u8 data[2];
	int ret;

	while (first <= last) {
		for (free = 0; free < bits; free++) {
			size = 2U << free;
			if (first & (size - 1) || last - first < size - 1)
				break;
		}
		data[0] = bits == 16 ? first >> 8 : first;
		data[1] = first;
		ret = item_add(to, data, bits / 8, bits - free);
		if (ret)
			return ret;
		first += 1U << free;
	}
	return 0;
}

static int address_add(struct items *to, const __u8 *addr, unsigned int len,
		       unsigned int family)
{
	to->key.family = family;
	return item_add(to, addr, family == 6 ? 16 : 4, len);
}

/* A rule without an address takes both families, with one only its own. */
static int any_address_add(struct items *to, unsigned int family)
{
	static const __u8 none[16];
	int ret = 0;

	if (family != 6)
		ret = address_add(to, none, 0, 4);
	if (!ret && family != 4)
		ret = address_add(to, none, 0, 6);
	return ret;
}

static int asked_add(struct items *to, const struct braid_rule_match *m,
		     enum braid_rule_by by)
{
	__u32 mark = htonl(m->mark);

	switch (by) {
	case BRAID_BY_SOURCE:
		return address_add(to, m->source, m->source_len, m->family);
	case BRAID_BY_DEST:
		return address_add(to, m->dest, m->dest_len, m->family);
	case BRAID_BY_SPORT:
		return range_add(to, m->sport[0], m->sport[1], 16);
	case BRAID_BY_DPORT:
		return range_add(to, m->dport[0], m->dport[1], 16);
	case BRAID_BY_PROTO:
		return item_add(to, &m->proto, 1, 8);
	case BRAID_BY_DSCP:
		return item_add(to, &m->dscp, 1, 8);
	case BRAID_BY_MARK:
		return item_add(to, &mark, 4, 32);
	default:
		return range_add(to, m->size[0], m->size[1], 8);
	}
}

static int rule_add(struct items *to, const struct braid_rule_match *m)
{
	unsigned int by;
	int ret = 0;

	for (by = 0; !ret && by < BRAID_BY_MAX; by++) {
		to->key.by = by;
		to->key.family = 0;
		if (m->by >> by & 1)
			ret = asked_add(to, m, by);
		else if (by == BRAID_BY_SOURCE || by == BRAID_BY_DEST)
			ret = any_address_add(to, m->family);
		else
			ret = any_add(to);
	}
	return ret;
}

/* A prefix stands in front of all that it covers. */
static int item_order(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int ret;

	if (x->key.by != y->key.by)
		return x->key.by - y->key.by;
	if (x->key.family != y->key.family)
		return x->key.family - y->key.family;
	ret = memcmp(x->key.data, y->key.data, sizeof(x->key.data));
	if (ret)
		return ret;
	return (int)x->key.prefixlen - (int)y->key.prefixlen;
}

static int covers(const struct braid_rule_key *net,
		  const struct braid_rule_key *key)
{
	unsigned int bits = net->prefixlen - BRAID_RULE_KEY_BITS;
	unsigned int bytes = bits / 8, rest = bits % 8;

	return net->by == key->by && net->family == key->family &&
	       net->prefixlen <= key->prefixlen &&
	       !memcmp(net->data, key->data, bytes) &&
	       (!rest || !((net->data[bytes] ^ key->data[bytes]) >>
			   (8 - rest)));
}

static void bit_set(struct braid_rule_bits *bits, __u32 rule)
{
	bits->word[rule / 64] |= 1ULL << rule % 64;
	bits->some |= 1ULL << rule / 64;
}

/*
 * Entries out of sorted items: those that are equal become one, and each has
 * the bits of the longest prefix that covers it, since the longest is all that
 * a look-up finds. @above: the entries that cover the last one, longest last.
 */
static int entries_make(const struct items *items, struct br_rulebits *to)
{
	size_t above[128 + 1], depth = 0, i;
	const struct item *item;
	struct br_rulebit *e;

	for (i = 0; i < items->n; i++) {
		item = &items->item[i];
		if (i && !item_order(item, item - 1)) {
			bit_set(&to->entry[to->n - 1].bits, item->rule);
			continue;
		}
		if (to->n == BR_RULEBITS_MAX)
			return -E2BIG;
		while (depth && !covers(&to->entry[above[depth - 1]].key,
					&item->key))
			depth--;
		e = &to->entry[to->n];
		e->key = item->key;
		if (depth)
			e->bits = to->entry[above[depth - 1]].bits;
		bit_set(&e->bits, item->rule);
		above[depth++] = to->n++;
	}
	return 0;
}

int br_rulebits_make(const struct braid_rule_value *rules, size_t n,
		     __u32 set, struct br_rulebits *to)
{
	struct items items = { .key.set = set };
	size_t room;
	int ret = 0;

	*to = (struct br_rulebits){ 0 };
	for (; !ret && items.rule < n; items.rule++)
		ret = rule_add(&items, &rules[items.rule].match);
	if (!ret && items.n) {
		qsort(items.item, items.n, sizeof(*items.item), item_order);
		room = items.n < BR_RULEBITS_MAX ? items.n : BR_RULEBITS_MAX;
		to->entry = calloc(room, sizeof(*to->entry));
		ret = to->entry ? entries_make(&items, to) : -ENOMEM;
	}
	free(items.item);
	return ret;
}

void br_rulebits_free(struct br_rulebits *bits)
{
	free(bits->entry);
	*bits = (struct br_rulebits){ 0 };
}
