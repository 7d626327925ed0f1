// SPDX-License-Identifier: GPL-2.0
#include "flow.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/braid_steer.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../bpf/braid_maps.h"
#include "../../bpf/rule_maps.h"
#include "bpfid.h"
#include "mapnames.h"
#include "text.h"

/* A rate is as of the newest packet; after this long it is none. */
#define IDLE_NS		2000000000ULL

#define F(...) BR_FIELD(br_flow, __VA_ARGS__)

static const struct br_field fields[] = {
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(peer, "peer", "PEER", BR_STRING),
	F(proto, "proto", "PROTO", BR_STRING),
	F(near, "near", "NEAR", BR_ENDPOINT),
	F(far, "far", "FAR", BR_ENDPOINT),
	F(class, "class", "CLASS", BR_STRING),
	F(rule, "rule", "RULE", BR_U32),
	F(verdict, "verdict", "VERDICT", BR_WORDS),
	F(out_rate, "out-rate", "OUT", BR_RATE),
	F(in_rate, "in-rate", "IN", BR_RATE),
	F(out_peak, "out-peak", "OUT PEAK", BR_RATE),
	F(in_peak, "in-peak", "IN PEAK", BR_RATE),
	F(out_bytes, "out-bytes", "SENT", BR_BYTES),
	F(in_bytes, "in-bytes", "RECEIVED", BR_BYTES),
	F(out_packets, "out-packets", "OUT PACKETS", BR_U64),
	F(in_packets, "in-packets", "IN PACKETS", BR_U64),
	F(idle, "idle", "IDLE", BR_AGE),
	F(age, "age", "AGE", BR_AGE),
	F(repaired, "repaired", "REPAIRED", BR_U64),
	F(late, "late", "LATE", BR_U64),
	F(out_again, "out-again", "SENT AGAIN", BR_U64),
	F(in_again, "in-again", "CAME AGAIN", BR_U64),
	F(near_rtt, "near-rtt", "NEAR RTT", BR_USEC),
	F(far_rtt, "far-rtt", "FAR RTT", BR_USEC),
	F(moves, "moves", "MOVES", BR_U32),
	F(moved, "moved", "MOVED", BR_AGE),
	F(why, "why", "WHY", BR_WORDS),
	F(share, "share", "PATHS", BR_WORDS),
	F(slots, "path-bytes", "PATH BYTES", BR_COUNTERS),
};

const struct br_type br_flow_type = {
	.name = "flow", .size = sizeof(struct br_flow), .fields = fields,
	.n = ARRAY_SIZE(fields),
};

/**
 * struct known - what flows are told by
 * @names: what numbers in the map are called
 * @now: CLOCK_MONOTONIC, nanoseconds
 * @rules: map of the user's rules, negative for none
 * @classes: map of their classes, likewise
 */
struct known {
	struct br_mapnames names;
	uint64_t now;
	int rules;
	int classes;
};

static void append(char *buf, size_t size, const char *format,
		   const char *text, unsigned int number)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, format, text, number);
}

void br_verdict_text(uint64_t verdict, const char *const *names, char *buf,
		     size_t size)
{
	static const char *const kinds[] = {
		[BRAID_KIND_AUTO] = "auto", [BRAID_KIND_PIN] = "pin",
		[BRAID_KIND_STRIPE] = "stripe", [BRAID_KIND_COPY] = "copy",
		[BRAID_KIND_DROP] = "drop",
	};
	uint32_t kind = BRAID_VERDICT_KIND(verdict);
	uint32_t set = BRAID_VERDICT_SET(verdict), i;
	const char *sign = " ";

	if (kind >= ARRAY_SIZE(kinds)) {
		snprintf(buf, size, "kind %u", kind);
		return;
	}
	snprintf(buf, size, "%s", kinds[kind]);
	for (i = 0; i < BRAID_MAX_SLOTS; i++) {
		if (!(set >> i & 1))
			continue;
		append(buf, size, "%s", sign, 0);
		if (names[i])
			append(buf, size, "%s", names[i], 0);
		else
			append(buf, size, "%s%u", "#", i);
		sign = ",";
	}
}

static void endpoint_set(struct br_endpoint *end, uint8_t family,
			 const uint8_t *addr, uint16_t port)
{
	end->addr.family = family == 6 ? AF_INET6 : AF_INET;
	memcpy(&end->addr.v6, addr, br_addr_len(&end->addr));
	end->port = port;
}

static void proto_name(uint8_t proto, char *name)
{
	static const struct {
		uint8_t number;
		const char *name;
	} known[] = {
		{ IPPROTO_TCP, "tcp" }, { IPPROTO_UDP, "udp" },
		{ IPPROTO_ICMP, "icmp" }, { IPPROTO_ICMPV6, "icmpv6" },
		{ IPPROTO_SCTP, "sctp" }, { IPPROTO_ESP, "esp" },
		{ IPPROTO_GRE, "gre" },
	};
	size_t i;

	snprintf(name, BR_NAME, "%u", proto);
	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].number == proto)
			br_copy(name, BR_NAME, known[i].name);
}

static int slot_add(struct br_flow *flow, const char *name, uint64_t bytes,
		    uint64_t sum)
{
	struct br_counter *new = reallocarray(flow->slots.c, flow->slots.n + 1,
					      sizeof(*new));

	if (!new)
		return -ENOMEM;
	flow->slots.c = new;
	new += flow->slots.n++;
	snprintf(new->name, sizeof(new->name), "%s", name);
	new->value = bytes;
	if (flow->share[0])
		append(flow->share, sizeof(flow->share), "%s", " ", 0);
	append(flow->share, sizeof(flow->share), "%s %u%%", name,
	       (unsigned int)(100 * bytes / sum));
	return 0;
}

static int slots_set(struct br_flow *flow, const struct braid_flow_value *v,
		     const char *const *names)
{
	uint64_t sum = v->other_bytes;
	char number[BR_NAME];
	unsigned int i;
	int ret = 0;

	for (i = 0; i < BRAID_FLOW_SLOTS; i++)
		sum += v->slot_bytes[i];
	for (i = 0; !ret && i < BRAID_FLOW_SLOTS; i++) {
		if (!v->slot_bytes[i])
			continue;
		snprintf(number, sizeof(number), "#%u", i);
		ret = slot_add(flow, names[i] ? names[i] : number,
			       v->slot_bytes[i], sum);
	}
	if (!ret && v->other_bytes)
		ret = slot_add(flow, "others", v->other_bytes, sum);
	return ret;
}

/* The rule that put the flow into its class; it may have gone meanwhile. */
static void rule_set(struct br_flow *flow, const struct known *n,
		     const struct braid_flow_rule *r)
{
	struct braid_rule_id id = { .set = r->ruleset, .index = r->rule };
	struct braid_class_value class;
	struct braid_rule_value rule;

	if (!r->gen || r->rule == BRAID_NO_RULE || n->rules < 0 ||
	    n->classes < 0 || bpf_map_lookup_elem(n->rules, &id, &rule))
		return;
	id.index = rule.class;
	if (bpf_map_lookup_elem(n->classes, &id, &class))
		return;
	flow->rule = rule.pref;
	br_fill(flow->class, class.name);
}

static void absent(struct br_flow *flow, const char *name)
{
	flow->has &= ~(1ULL << (br_field_find(&br_flow_type, name) - fields));
}

static uint64_t since(const struct known *n, uint64_t ns)
{
	return n->now > ns ? (n->now - ns) / 1000 : 0;
}

static void tcp_set(struct br_flow *flow, const struct braid_flow_tcp *t)
{
	flow->out_again = t->out_again;
	flow->in_again = t->in_again;
	flow->near_rtt = t->near_rtt_us;
	flow->far_rtt = t->far_rtt_us;
	if (!t->seen) {
		absent(flow, "out-again");
		absent(flow, "in-again");
	}
	if (!t->near_rtt_us)
		absent(flow, "near-rtt");
	if (!t->far_rtt_us)
		absent(flow, "far-rtt");
}

static void moves_set(struct br_flow *flow, const struct known *n,
		      const struct braid_flow_value *v)
{
	static const char *const reasons[] = {
		[BRAID_MOVED_NEVER] = "",
		[BRAID_MOVED_GONE] = "its path was not usable, or not allowed",
		[BRAID_MOVED_BETTER] = "another path was better",
		[BRAID_MOVED_AGAIN] = "too much of it had to be sent again",
		[BRAID_MOVED_STUCK] = "nothing of it was acknowledged",
		[BRAID_MOVED_SLOW] = "far less of it was acknowledged than before",
	};

	flow->moves = v->moves;
	if (!v->moves) {
		absent(flow, "moved");
		absent(flow, "why");
		return;
	}
	flow->moved = since(n, v->moved_ns);
	br_fill(flow->why, v->why < ARRAY_SIZE(reasons) ? reasons[v->why] : "?");
}

static int flow_set(struct br_flow *flow, const struct known *n,
		    const struct braid_flow_key *key,
		    const struct braid_flow_value *v)
{
	static const char *const classes[] = {
		[BRAID_CLASS_NONE] = "-", [BRAID_CLASS_SMALL] = "small",
		[BRAID_CLASS_INTERACTIVE] = "interactive",
		[BRAID_CLASS_BULK] = "bulk",
	};
	const char *slots[BRAID_MAX_SLOTS];
	bool live = n->now < v->last_ns + IDLE_NS;

	flow->ifindex = key->ifindex;
	br_mapnames_peer(&n->names, key->ifindex, key->peer, flow->peer);
	proto_name(key->proto, flow->proto);
	endpoint_set(&flow->near, key->family, key->near, key->near_port);
	endpoint_set(&flow->far, key->family, key->far, key->far_port);
	br_fill(flow->class, v->class <= BRAID_CLASS_BULK ? classes[v->class] :
		"?");
	rule_set(flow, n, &v->rule);
	br_mapnames_slots(&n->names, key->ifindex, flow->peer, slots);
	br_verdict_text(v->verdict, slots, flow->verdict,
			sizeof(flow->verdict));
	flow->out_rate = live ? v->out_rate : 0;
	flow->in_rate = live ? v->in_rate : 0;
	flow->out_peak = v->out_peak;
	flow->in_peak = v->in_peak;
	flow->out_bytes = v->out_bytes;
	flow->in_bytes = v->in_bytes;
	flow->out_packets = v->out_packets;
	flow->in_packets = v->in_packets;
	flow->idle = since(n, v->last_ns);
	flow->age = since(n, v->first_ns);
	flow->repaired = v->repaired;
	flow->late = v->late;
	flow->has = (1ULL << br_flow_type.n) - 1;
	tcp_set(flow, &v->tcp);
	moves_set(flow, n, v);
	return slots_set(flow, v, slots);
}

/* A flow that is evicted meanwhile sends the walk back to its beginning. */
static int map_walk(int map, const struct known *n, uint32_t ifindex,
		    struct br_list *list)
{
	struct braid_flow_key key, *last = NULL;
	struct braid_flow_value value;
	unsigned int steps;
	struct br_flow *flow;
	int ret = 0;

	for (steps = 0; !ret && steps < 2 * BRAID_FLOW_LIMIT; steps++) {
		if (bpf_map_get_next_key(map, last, &key))
			break;
		last = &key;
		if (!br_mapnames_ours(&n->names, key.netns, key.ifindex,
				      ifindex) ||
		    bpf_map_lookup_elem(map, &key, &value))
			continue;
		flow = br_list_add(list);
		ret = flow ? flow_set(flow, n, &key, &value) : -ENOMEM;
	}
	return ret;
}

int br_flow_list(struct br_nl *nl, uint32_t ifindex, struct br_list *list,
		 struct br_error *err)
{
	struct known n = { .now = 0, .rules = -1, .classes = -1 };
	struct timespec now;
	struct br_error none;
	int map, ret;

	*list = (struct br_list){ .type = &br_flow_type };
	map = br_bpf_map_find(BRAID_MAP_FLOWS, sizeof(struct braid_flow_key),
			      sizeof(struct braid_flow_value), err);
	if (map < 0)
		return map;
	n.rules = br_bpf_map_find(BRAID_MAP_RULES,
				  sizeof(struct braid_rule_id),
				  sizeof(struct braid_rule_value), &none);
	n.classes = br_bpf_map_find(BRAID_MAP_CLASSES,
				    sizeof(struct braid_rule_id),
				    sizeof(struct braid_class_value), &none);
	clock_gettime(CLOCK_MONOTONIC, &now);
	n.now = now.tv_sec * 1000000000ULL + now.tv_nsec;
	ret = br_mapnames_read(nl, ifindex, &n.names, err);
	if (!ret) {
		ret = map_walk(map, &n, ifindex, list);
		if (ret)
			br_fail(err, BR_KERNEL, -ret, "out of memory");
	}
	br_mapnames_free(&n.names);
	if (n.rules >= 0)
		close(n.rules);
	if (n.classes >= 0)
		close(n.classes);
	close(map);
	return ret;
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int by_bytes(const void *a, const void *b)
{
	const struct br_flow *x = a, *y = b;

	return compare(x->out_bytes + x->in_bytes, y->out_bytes + y->in_bytes);
}

/* Those at rest by what they have done so far */
static int by_rate(const void *a, const void *b)
{
	const struct br_flow *x = a, *y = b;
	int ret = compare(x->out_rate + x->in_rate, y->out_rate + y->in_rate);

	return ret ? ret : by_bytes(a, b);
}

static int by_age(const void *a, const void *b)
{
	const struct br_flow *x = a, *y = b;

	return compare(y->age, x->age);
}

const char *const br_flow_order_names[BR_FLOW_ORDERS] = {
	[BR_FLOW_BY_RATE] = "rate",
	[BR_FLOW_BY_BYTES] = "bytes",
	[BR_FLOW_BY_AGE] = "age",
};

void br_flow_sort(struct br_list *list, enum br_flow_order order)
{
	static int (*const by[BR_FLOW_ORDERS])(const void *a, const void *b) = {
		[BR_FLOW_BY_RATE] = by_rate,
		[BR_FLOW_BY_BYTES] = by_bytes,
		[BR_FLOW_BY_AGE] = by_age,
	};

	if (list->n)
		qsort(list->items, list->n, list->type->size, by[order]);
}
