// SPDX-License-Identifier: GPL-2.0
/*
 * Rules: kept, made into bit vectors and looked up as policies do, in tables of
 * our own in the place of BPF maps. What is found must be what going through the
 * rules one by one finds.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/braid_steer.h>

#include "field.h"
#include "match.h"
#include "rulebits.h"
#include "ruleset.h"
#include "text.h"

/* What the policy has from the verifier's world. */
#define braid_for_each_slot(slot) \
	for ((slot) = 0; (slot) < BRAID_MAX_SLOTS; (slot)++)

#include "../../bpf/rules.h"

#define SET	77

static struct br_ruleset set;
static struct br_error err;
static struct br_rulebits bits;
static struct braid_ruleset_value found;
static struct braid_rule_value *rules;
static struct braid_class_value classes[BRAID_CLASS_MAX];
static uint64_t generation;
static unsigned int looked;
static struct braid_path_view views[BRAID_MAX_SLOTS];
static struct braid_steer_ctx pkt;
static struct braid_flow_rule flow;
static uint64_t now;

__u64 braid_rule_generation(void)
{
	return generation;
}

const struct braid_ruleset_value *
braid_rule_set(const struct braid_ruleset_key *key)
{
	looked++;
	return key->ifindex == 5 ? &found : NULL;
}

static bool key_covers(const struct braid_rule_key *net,
		       const struct braid_rule_key *key)
{
	unsigned int n = net->prefixlen - BRAID_RULE_KEY_BITS, i;

	if (net->set != key->set || net->by != key->by ||
	    net->family != key->family || net->prefixlen > key->prefixlen)
		return false;
	for (i = 0; i < n; i++)
		if ((net->data[i / 8] ^ key->data[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

/* The longest prefix, as in the kernel's tries. */
const struct braid_rule_bits *braid_rule_bits(const struct braid_rule_key *key)
{
	const struct br_rulebit *best = NULL;
	size_t i;

	for (i = 0; i < bits.n; i++)
		if (key_covers(&bits.entry[i].key, key) &&
		    (!best || bits.entry[i].key.prefixlen > best->key.prefixlen))
			best = &bits.entry[i];
	return best ? &best->bits : NULL;
}

struct braid_rule_value *braid_rule_at(const struct braid_rule_id *id)
{
	return id->set == SET && id->index < found.rules ? &rules[id->index] :
							   NULL;
}

const struct braid_class_value *braid_class_at(const struct braid_rule_id *id)
{
	return id->set == SET && id->index < found.classes ?
	       &classes[id->index] : NULL;
}

static struct braid_limit_value limits[BRAID_MAX_SLOTS];
static uint64_t limits_class;

struct braid_limit_value *braid_limit_at(const struct braid_limit_key *key)
{
	ck_assert_uint_eq(key->ifindex, 5);
	limits_class = key->class;
	return key->slot < BRAID_MAX_SLOTS ? &limits[key->slot] : NULL;
}

struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx, __u32 slot)
{
	return slot < BRAID_MAX_SLOTS && ctx->usable >> slot & 1 ? &views[slot] :
								   NULL;
}

static const struct braid_flow_rule fresh = BRAID_FLOW_RULE_NEW;

/* Paths a, b and c of cost 0, 5 and 9; a packet of TCP. */
static void begin(void)
{
	static const char *const names[] = { "a", "b", "c" };
	static const uint32_t cost[] = { 0, 5, 9 };
	int i;

	br_ruleset_init(&set);
	rules = calloc(BRAID_RULE_MAX, sizeof(*rules));
	bits = (struct br_rulebits){ 0 };
	memset(&found, 0, sizeof(found));
	memset(views, 0, sizeof(views));
	for (i = 0; i < 3; i++) {
		views[i].name_hash = braid_name_hash(names[i]);
		views[i].cost = cost[i];
	}
	memset(&pkt, 0, sizeof(pkt));
	pkt.peer.ifindex = 5;
	pkt.peer.usable = 7;
	pkt.flow.family = 4;
	pkt.flow.proto = BRAID_PROTO_TCP;
	pkt.flow.saddr[0] = inet_addr("10.1.2.3");
	pkt.flow.daddr[0] = inet_addr("10.2.0.2");
	pkt.flow.sport = htons(40000);
	pkt.flow.dport = htons(443);
	flow = fresh;
	generation = 0;
	looked = 0;
	now = BRAID_NSEC_PER_SEC;
}

static void end(void)
{
	br_rulebits_free(&bits);
	br_ruleset_free(&set);
	free(rules);
}

/* Makes it so, as libbraid does with maps. */
static void turn(void)
{
	unsigned int i;

	br_rulebits_free(&bits);
	for (i = 0; i < set.rules.n; i++)
		br_ruleset_rule_pack(&set, br_list_at(&set.rules, i), &rules[i]);
	for (i = 0; i < set.classes.n; i++)
		br_ruleset_class_pack(br_list_at(&set.classes, i), &classes[i]);
	ck_assert_int_eq(br_rulebits_make(rules, set.rules.n, SET, &bits), 0);
	found.set = SET;
	found.rules = set.rules.n;
	found.classes = set.classes.n;
	generation++;
}

/* Keywords with values, as they are typed. */
static void words(const struct br_type *type, void *obj, const char *text)
{
	char *copy = strdup(text), *save, *name, *value;

	name = strtok_r(copy, " ", &save);
	while (name) {
		value = strtok_r(NULL, " ", &save);
		ck_assert_msg(!br_field_parse(type, name, obj, value, &err),
			      "%s", err.text);
		name = strtok_r(NULL, " ", &save);
	}
	free(copy);
}

static int class_set(const char *text)
{
	struct br_steer_class class = { 0 };

	words(&br_steer_class_type, &class, text);
	return br_ruleset_class_set(&set, &class, &err);
}

static int rule_add(const char *text)
{
	struct br_steer_rule rule = { 0 };

	words(&br_steer_rule_type, &rule, text);
	return br_ruleset_add(&set, &rule, &err);
}

static void add(const char *text)
{
	ck_assert_msg(!rule_add(text), "%s: %s", text, err.text);
}

static uint32_t apply(uint64_t bytes, int tiers)
{
	return braid_rules_apply(&pkt, &flow, bytes, tiers, now);
}

static uint32_t pref_of(void)
{
	return flow.rule == BRAID_NO_RULE ? 0 : rules[flow.rule].pref;
}

START_TEST(none)
{
	begin();
	ck_assert_uint_eq(apply(1000, 0), BRAID_KIND_AUTO);
	ck_assert_uint_eq(flow.set, 7);
	pkt.peer.standby = 4;
	apply(1000, 0);
	ck_assert_uint_eq(flow.set, 3);
	pkt.peer.standby = 7;
	apply(1000, 0);
	ck_assert_uint_eq(flow.set, 7);
	end();
}
END_TEST

START_TEST(first_that_takes_it)
{
	begin();
	ck_assert_int_eq(class_set("class c"), 0);
	add("pref 30 class c");
	add("pref 10 to 10.2.0.0/16 proto tcp dport 80 class c");
	add("pref 20 to 10.2.0.0/24 proto tcp dport 400-500 class c");
	turn();
	apply(1000, 0);
	ck_assert_uint_eq(pref_of(), 20);
	pkt.flow.dport = htons(80);
	flow = fresh;
	apply(1000, 0);
	ck_assert_uint_eq(pref_of(), 10);
	/* fragments have no ports, and what has a port is not for them */
	pkt.flags = BRAID_FRAGMENT;
	flow = fresh;
	apply(1000, 0);
	ck_assert_uint_eq(pref_of(), 30);
	ck_assert_uint_eq(rules[0].hits, 1);
	end();
}
END_TEST

START_TEST(kept_until_it_changes)
{
	begin();
	ck_assert_int_eq(class_set("class c"), 0);
	add("dscp ef class c");
	add("mark 7 class c");
	add("size 64k- class c");
	turn();
	apply(1000, 0);
	apply(1023, 0);
	ck_assert_uint_eq(looked, 1);
	ck_assert_uint_eq(pref_of(), 0);
	pkt.dscp = 46;
	apply(1023, 0);
	ck_assert_uint_eq(pref_of(), 10);
	pkt.dscp = 0;
	pkt.mark = 7;
	apply(1023, 0);
	ck_assert_uint_eq(pref_of(), 20);
	pkt.mark = 0;
	apply(65535, 0);
	ck_assert_uint_eq(pref_of(), 0);
	apply(65536, 0);
	ck_assert_uint_eq(pref_of(), 30);
	looked = 0;
	turn();
	apply(65536, 0);
	ck_assert_uint_eq(looked, 1);
	end();
}
END_TEST

START_TEST(what_a_class_leaves)
{
	begin();
	ck_assert_int_eq(class_set("class c paths b,nowhere verdict stripe"), 0);
	add("class c");
	turn();
	ck_assert_uint_eq(apply(1, 0), BRAID_KIND_STRIPE);
	ck_assert_uint_eq(flow.set, 2);
	/* another path, at once */
	pkt.peer.usable = 5;
	ck_assert_uint_eq(apply(1, 0), BRAID_KIND_STRIPE);
	ck_assert_uint_eq(flow.set, 5);
	ck_assert_uint_eq(flow.outside, 1);
	ck_assert_int_eq(class_set("class c fallback drop"), 0);
	turn();
	ck_assert_uint_eq(apply(1, 0), BRAID_KIND_DROP);
	/* a standby path that is asked for is given, and that is a PIN */
	pkt.peer.usable = 7;
	pkt.peer.standby = 2;
	views[1].standby = 1;
	ck_assert_uint_eq(apply(1, 0), BRAID_KIND_PIN);
	ck_assert_uint_eq(flow.set, 2);
	/* of a class with others it is the last one */
	ck_assert_int_eq(class_set("class c paths a,b"), 0);
	turn();
	ck_assert_uint_eq(apply(1, 0), BRAID_KIND_STRIPE);
	ck_assert_uint_eq(flow.set, 1);
	ck_assert_int_eq(class_set("class c verdict drop"), 0);
	turn();
	ck_assert_uint_eq(apply(1, 0), BRAID_KIND_DROP);
	end();
}
END_TEST

START_TEST(by_cost)
{
	begin();
	ck_assert_uint_eq(apply(1, 1), BRAID_KIND_AUTO);
	ck_assert_uint_eq(flow.set, 1);
	/* the tier goes, and comes back */
	pkt.peer.usable = 6;
	apply(1, 1);
	ck_assert_uint_eq(flow.set, 2);
	pkt.peer.usable = 7;
	apply(1, 1);
	ck_assert_uint_eq(flow.set, 1);
	/* a cost that changes is seen a little later */
	views[2].cost = 0;
	apply(1, 1);
	ck_assert_uint_eq(flow.set, 1);
	now += BRAID_RULE_STALE_NS;
	apply(1, 1);
	ck_assert_uint_eq(flow.set, 5);
	/* a class of the dearer ones has its own cheapest */
	ck_assert_int_eq(class_set("class c cost 1-9"), 0);
	add("class c");
	turn();
	apply(1, 0);
	ck_assert_uint_eq(flow.set, 2);
	views[2].cost = 9;
	turn();
	apply(1, 0);
	ck_assert_uint_eq(flow.set, 6);
	apply(1, 1);
	now += BRAID_RULE_STALE_NS;
	apply(1, 1);
	ck_assert_uint_eq(flow.set, 2);
	end();
}
END_TEST

/* A path beyond the limits is left while there is another one of the class. */
START_TEST(limits_of_a_class)
{
	begin();
	memset(limits, 0, sizeof(limits));
	ck_assert_int_eq(class_set("class c paths a,b max-rtt 50ms max-loss 2% min-rate 1mbit"), 0);
	add("class c");
	turn();
	apply(1, 0);
	ck_assert_uint_eq(flow.set, 3);
	ck_assert_uint_eq(limits_class, braid_name_hash("c"));
	limits[0].out = 1;
	now += BRAID_RULE_STALE_NS;
	apply(1, 0);
	ck_assert_uint_eq(flow.set, 2);
	ck_assert(!flow.outside);
	/* nobody keeps to them: better than a path of another class */
	limits[1].out = 1;
	now += BRAID_RULE_STALE_NS;
	apply(1, 0);
	ck_assert_uint_eq(flow.set, 3);
	ck_assert(!flow.outside);
	/* a standby path that keeps to them is better, too */
	limits[1].out = 0;
	views[1].standby = 1;
	pkt.peer.standby = 2;
	now += BRAID_RULE_STALE_NS;
	ck_assert_uint_eq(apply(1, 0), BRAID_KIND_PIN);
	ck_assert_uint_eq(flow.set, 2);
	/* without limits nobody looks */
	ck_assert_int_eq(class_set("class c max-rtt 0 max-loss 0 min-rate 0"), 0);
	turn();
	apply(1, 0);
	ck_assert_uint_eq(flow.set, 1);
	end();
}
END_TEST

static bool in_net(const uint8_t *net, unsigned int len, const __be32 *addr)
{
	const uint8_t *bytes = (const uint8_t *)addr;
	unsigned int i;

	for (i = 0; i < len; i++)
		if ((net[i / 8] ^ bytes[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

static bool in_ports(const uint16_t range[2], __be16 port)
{
	return ntohs(port) >= range[0] && ntohs(port) <= range[1];
}

/* Read from the description, not from the code. */
static bool takes(const struct braid_rule_match *m, uint64_t bytes)
{
	bool ports = br_proto_has_ports(pkt.flow.proto) &&
		     !(pkt.flags & BRAID_FRAGMENT);
	uint8_t size = 0;

	while (size < 64 && bytes >> size)
		size++;
	if (m->family && m->family != pkt.flow.family)
		return false;
	return (!(m->by >> BRAID_BY_SOURCE & 1) ||
		in_net(m->source, m->source_len, pkt.flow.saddr)) &&
	       (!(m->by >> BRAID_BY_DEST & 1) ||
		in_net(m->dest, m->dest_len, pkt.flow.daddr)) &&
	       (!(m->by >> BRAID_BY_SPORT & 1) ||
		(ports && in_ports(m->sport, pkt.flow.sport))) &&
	       (!(m->by >> BRAID_BY_DPORT & 1) ||
		(ports && in_ports(m->dport, pkt.flow.dport))) &&
	       (!(m->by >> BRAID_BY_PROTO & 1) || m->proto == pkt.flow.proto) &&
	       (!(m->by >> BRAID_BY_DSCP & 1) || m->dscp == pkt.dscp) &&
	       (!(m->by >> BRAID_BY_MARK & 1) || m->mark == pkt.mark) &&
	       (!(m->by >> BRAID_BY_SIZE & 1) ||
		(size >= m->size[0] && size <= m->size[1]));
}

static uint32_t one_by_one(uint64_t bytes)
{
	unsigned int i;

	for (i = 0; i < found.rules; i++)
		if (takes(&rules[i].match, bytes))
			return i;
	return BRAID_NO_RULE;
}

static unsigned int dice(unsigned int n)
{
	return random() % n;
}

/* Few values, so that rules and packets meet. */
static void port_dice(char *to, const char *name)
{
	unsigned int first = 1 + dice(40), last = first + dice(30);

	if (!dice(3))
		sprintf(to + strlen(to), "%s %u-%u ", name, first, last);
}

static void rule_dice(void)
{
	static const unsigned int lens6[] = { 0, 33, 64, 127, 128 };
	char text[256] = "";
	bool six = dice(2);

	if (!dice(3) && six)
		sprintf(text + strlen(text), "from fd00::%x/%u ", dice(4),
			lens6[dice(5)]);
	else if (!dice(3))
		sprintf(text + strlen(text), "from 10.0.%u.%u/%u ", dice(3),
			dice(4), dice(33));
	if (!dice(3) && six == !!strstr(text, "fd00") && six)
		sprintf(text + strlen(text), "to fd00::%x/%u ", dice(4),
			lens6[dice(5)]);
	else if (!dice(3) && !strstr(text, "fd00"))
		sprintf(text + strlen(text), "to 10.0.%u.%u/%u ", dice(3),
			dice(4), dice(33));
	port_dice(text, "sport");
	port_dice(text, "dport");
	if (!strstr(text, "port") && !dice(4))
		strcat(text, "proto icmp ");
	else if (!dice(3))
		strcat(text, dice(2) ? "proto tcp " : "proto udp ");
	if (!dice(4))
		sprintf(text + strlen(text), "dscp %u ", dice(3));
	if (!dice(4))
		sprintf(text + strlen(text), "mark %u ", dice(3));
	if (!dice(4))
		strcat(text, dice(2) ? "size 0-1k " : "size 1k-1m ");
	strcat(text, "class c");
	add(text);
}

static uint64_t packet_dice(void)
{
	static const uint8_t protos[] = { 1, 6, 17, 132, 47 };
	uint8_t *saddr = (uint8_t *)pkt.flow.saddr;
	uint8_t *daddr = (uint8_t *)pkt.flow.daddr;
	bool six = dice(2);

	memset(saddr, 0, 16);
	memset(daddr, 0, 16);
	pkt.flow.family = six ? 6 : 4;
	saddr[0] = six ? 0xfd : 10;
	daddr[0] = saddr[0];
	saddr[six ? 14 : 2] = six ? 0 : dice(3);
	daddr[six ? 14 : 2] = six ? 0 : dice(3);
	saddr[six ? 15 : 3] = dice(5);
	daddr[six ? 15 : 3] = dice(5);
	pkt.flow.proto = protos[dice(5)];
	pkt.flow.sport = htons(dice(80));
	pkt.flow.dport = htons(dice(80));
	pkt.flags = dice(10) ? 0 : BRAID_FRAGMENT;
	pkt.dscp = dice(4);
	pkt.mark = dice(4);
	return 1ULL << dice(24);
}

START_TEST(like_one_by_one)
{
	unsigned int i, hit = 0;
	uint64_t bytes;

	begin();
	srandom(_i + 1);
	ck_assert_int_eq(class_set("class c"), 0);
	for (i = 0; i < 40u << _i; i++)
		rule_dice();
	turn();
	for (i = 0; i < 500; i++) {
		bytes = packet_dice();
		flow = fresh;
		apply(bytes, 0);
		ck_assert_uint_eq(flow.rule, one_by_one(bytes));
		hit += flow.rule != BRAID_NO_RULE;
	}
	ck_assert_uint_gt(hit, 50);
	end();
}
END_TEST

/* Every port of every kind of range. */
START_TEST(ranges)
{
	static const char *const range[] = {
		"1-65535", "1-1", "65535-65535", "2-3", "7-4096", "1000-1999",
	};
	unsigned int port;
	char text[64];

	begin();
	ck_assert_int_eq(class_set("class c"), 0);
	snprintf(text, sizeof(text), "dport %s class c", range[_i]);
	add(text);
	turn();
	for (port = 0; port < 65536; port += 1 + (port > 5000 && port < 65000)) {
		pkt.flow.dport = htons(port);
		flow = fresh;
		apply(1, 0);
		ck_assert_uint_eq(flow.rule, one_by_one(1));
	}
	end();
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "class d",
		  "there is no class d (braidctl class set makes one)" },
		{ "pref 10 class c", "there is a rule with pref 10" },
		{ "from 10.0.0.0/8 to fd00::/8 class c",
		  "from and to are of two families" },
		{ "proto icmp sport 5 class c",
		  "only tcp, udp, sctp and dccp have ports" },
	};
	unsigned int i;

	begin();
	ck_assert_int_eq(class_set("class c"), 0);
	add("class c");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_lt(rule_add(bad[i].text), 0);
		ck_assert_str_eq(err.text, bad[i].why);
		ck_assert_uint_eq(set.rules.n, 1);
	}
	ck_assert_int_eq(br_ruleset_del(&set, 11, &err), -ENOENT);
	ck_assert_int_eq(br_ruleset_class_del(&set, "c", &err), -EBUSY);
	ck_assert_str_eq(err.text, "1 rule is of class c");
	ck_assert_int_eq(br_ruleset_class_del(&set, "d", &err), -ENOENT);
	ck_assert_int_eq(br_ruleset_del(&set, 10, &err), 0);
	add("pref 4294967290 class c");
	ck_assert_int_lt(rule_add("class c"), 0);
	ck_assert_str_eq(err.text, "there is no pref behind 4294967290");
	ck_assert_int_eq(br_ruleset_del(&set, 4294967290, &err), 0);
	ck_assert_int_eq(br_ruleset_class_del(&set, "c", &err), 0);
	end();
}
END_TEST

START_TEST(bounds)
{
	unsigned int i;
	char text[32];

	begin();
	ck_assert_int_eq(class_set("class c"), 0);
	for (i = 0; i < BRAID_RULE_MAX; i++)
		add("proto udp dport 1-3 class c");
	ck_assert_int_lt(rule_add("class c"), 0);
	ck_assert_str_eq(err.text, "a device has at most 4096 rules");
	turn();
	/* all are the same: 1, 2-3 and what all others have in common */
	ck_assert_uint_lt(bits.n, 12);
	/* the last of them alone is taken */
	br_ruleset_del(&set, 40960, &err);
	add("pref 40960 proto tcp class c");
	turn();
	apply(1, 0);
	ck_assert_uint_eq(pref_of(), 40960);
	for (i = 1; i < BRAID_CLASS_MAX; i++) {
		snprintf(text, sizeof(text), "class c%u", i);
		ck_assert_int_eq(class_set(text), 0);
	}
	ck_assert_int_lt(class_set("class more"), 0);
	ck_assert_str_eq(err.text, "a device has at most 64 classes");
	end();
}
END_TEST

/* What is read back from maps is what was put there. */
START_TEST(there_and_back)
{
	struct br_ruleset back;
	unsigned int i;

	begin();
	ck_assert_int_eq(class_set("class c paths a,b cost 3-5 verdict pin fallback drop max-rtt 1s max-jitter 5ms max-loss 0.5% min-rate 8mbit"), 0);
	ck_assert_int_eq(class_set("class d"), 0);
	add("from 10.1.2.3/8 to 10.0.0.1/32 proto udp sport 5 dport 6-7 dscp af11 mark 0x9 size 1k-1m class d");
	add("to fd00::/8 class c");
	turn();
	br_ruleset_init(&back);
	for (i = 0; i < set.classes.n; i++)
		ck_assert_int_eq(br_ruleset_class_unpack(&back, &classes[i], &err), 0);
	for (i = 0; i < set.rules.n; i++)
		ck_assert_int_eq(br_ruleset_rule_unpack(&back, &rules[i], &err), 0);
	ck_assert(br_ruleset_same(&set, &back));
	br_ruleset_del(&back, 10, &err);
	ck_assert(!br_ruleset_same(&set, &back));
	br_ruleset_free(&back);
	end();
}
END_TEST

static void same_text(const struct br_type *type, const char *name,
		      const char *text)
{
	char obj[1024] = { 0 };
	char *back;

	ck_assert_msg(!br_field_parse(type, name, obj, text, &err), "%s",
		      err.text);
	back = br_field_text(type, br_field_find(type, name), obj);
	ck_assert_str_eq(back, text);
	free(back);
}

START_TEST(as_text)
{
	const struct br_type *rule = &br_steer_rule_type;

	same_text(rule, "from", "10.0.0.0/8");
	same_text(rule, "dport", "5060");
	same_text(rule, "dport", "5060-5070");
	same_text(rule, "proto", "udp");
	same_text(rule, "proto", "99");
	same_text(rule, "dscp", "ef");
	same_text(rule, "dscp", "cs6");
	same_text(rule, "dscp", "af43");
	same_text(rule, "dscp", "63");
	same_text(rule, "size", "0-64k");
	same_text(rule, "size", "1m-1g");
	same_text(rule, "size", "1-2");
	same_text(rule, "size", "32k-");
	same_text(&br_steer_class_type, "paths", "a,b,c");
	same_text(&br_steer_class_type, "cost", "0-4294967295");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rules");
	TCase *tc = tcase_create("looked up");

	tcase_add_test(tc, none);
	tcase_add_test(tc, first_that_takes_it);
	tcase_add_test(tc, kept_until_it_changes);
	tcase_add_test(tc, what_a_class_leaves);
	tcase_add_test(tc, by_cost);
	tcase_add_test(tc, limits_of_a_class);
	tcase_add_loop_test(tc, like_one_by_one, 0, 6);
	tcase_add_loop_test(tc, ranges, 0, 6);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	tc = tcase_create("kept");
	tcase_add_test(tc, refused);
	tcase_add_test(tc, bounds);
	tcase_add_test(tc, there_and_back);
	tcase_add_test(tc, as_text);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
