// SPDX-License-Identifier: GPL-2.0
#include "ruleset.h"

#include <errno.h>
#include <linux/braid_steer.h>
#include <string.h>

#include "match.h"
#include "text.h"

static const char *const verdicts[] = {
	[BRAID_KIND_AUTO] = "auto", [BRAID_KIND_PIN] = "pin",
	[BRAID_KIND_STRIPE] = "stripe", [BRAID_KIND_COPY] = "copy",
	[BRAID_KIND_DROP] = "drop", NULL
};

static const char *const fallbacks[] = { "any", "drop", NULL };

static const struct br_field class_fields[] = {
#define F(...) BR_FIELD(br_steer_class, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(name, "class", "CLASS", BR_STRING),
	F(paths, "paths", "PATHS", BR_NAMES),
	F(cost, "cost", "COST", BR_COSTS),
	F(verdict, "verdict", "VERDICT", BR_ENUM, .names = verdicts),
	F(fallback, "fallback", "FALLBACK", BR_ENUM, .names = fallbacks),
	F(max_rtt, "max-rtt", "MAX RTT", BR_USEC),
	F(max_jitter, "max-jitter", "MAX JITTER", BR_USEC),
	F(max_loss, "max-loss", "MAX LOSS", BR_PPM,
	  .max = 1000000),
	F(min_rate, "min-rate", "MIN RATE", BR_RATE),
	F(rules, "rules", "RULES", BR_U32),
	F(left, "left", "LEFT", BR_WORDS),
#undef F
};

const struct br_type br_steer_class_type = {
	.name = "class", .size = sizeof(struct br_steer_class),
	.fields = class_fields, .n = ARRAY_SIZE(class_fields),
};

static const struct br_field rule_fields[] = {
#define F(...) BR_FIELD(br_steer_rule, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(pref, "pref", "PREF", BR_U32),
	F(from, "from", "FROM", BR_PREFIX),
	F(to, "to", "TO", BR_PREFIX),
	F(proto, "proto", "PROTO", BR_PROTO),
	F(sport, "sport", "SPORT", BR_PORTS),
	F(dport, "dport", "DPORT", BR_PORTS),
	F(dscp, "dscp", "DSCP", BR_DSCP),
	F(mark, "mark", "MARK", BR_MARK),
	F(size, "size", "SIZE", BR_SIZES),
	F(class, "class", "CLASS", BR_STRING),
	F(hits, "hits", "HITS", BR_U64),
#undef F
};

const struct br_type br_steer_rule_type = {
	.name = "rule", .size = sizeof(struct br_steer_rule),
	.fields = rule_fields, .n = ARRAY_SIZE(rule_fields),
};

/* Fields by what they are looked up by. */
static const char *const names[] = {
	[BRAID_BY_SOURCE] = "from", [BRAID_BY_DEST] = "to",
	[BRAID_BY_SPORT] = "sport", [BRAID_BY_DPORT] = "dport",
	[BRAID_BY_PROTO] = "proto", [BRAID_BY_DSCP] = "dscp",
	[BRAID_BY_MARK] = "mark", [BRAID_BY_SIZE] = "size",
};

static bool has(const struct br_steer_rule *rule, const char *name)
{
	return br_has(&br_steer_rule_type, rule, name);
}

static void set_has(struct br_steer_rule *rule, const char *name)
{
	br_set_has(&br_steer_rule_type, rule, name);
}

void br_ruleset_init(struct br_ruleset *set)
{
	*set = (struct br_ruleset){
		.rules.type = &br_steer_rule_type,
		.classes.type = &br_steer_class_type,
	};
}

void br_ruleset_free(struct br_ruleset *set)
{
	br_list_free(&set->rules);
	br_list_free(&set->classes);
}

static struct br_steer_rule *rule_at(const struct br_ruleset *set,
				     unsigned int i)
{
	return br_list_at(&set->rules, i);
}

static struct br_steer_class *class_at(const struct br_ruleset *set,
				       unsigned int i)
{
	return br_list_at(&set->classes, i);
}

/* Place of a class, the number of classes when it is not there. */
static unsigned int class_find(const struct br_ruleset *set, const char *name)
{
	unsigned int i;

	for (i = 0; i < set->classes.n; i++)
		if (!strcmp(class_at(set, i)->name, name))
			break;
	return i;
}

/* Host bits say nothing. */
static void prefix_cut(struct br_prefix *net)
{
	unsigned int bits = 8 * br_addr_len(&net->addr), i;
	uint8_t *bytes = (uint8_t *)&net->addr.v6;

	for (i = net->len; i < bits; i++)
		bytes[i / 8] &= ~(0x80 >> i % 8);
}

static int rule_check(const struct br_ruleset *set,
		      const struct br_steer_rule *rule, struct br_error *err)
{
	if (class_find(set, rule->class) == set->classes.n)
		return br_fail(err, BR_USAGE, ENOENT,
			       "there is no class %s (braidctl class set makes one)",
			       rule->class);
	if (set->rules.n == BRAID_RULE_MAX)
		return br_fail(err, BR_USAGE, ENOSPC,
			       "a device has at most %u rules", BRAID_RULE_MAX);
	if (has(rule, "from") && has(rule, "to") &&
	    rule->from.addr.family != rule->to.addr.family)
		return br_fail(err, BR_USAGE, EINVAL,
			       "from and to are of two families");
	if ((has(rule, "sport") || has(rule, "dport")) &&
	    has(rule, "proto") && !br_proto_has_ports(rule->proto))
		return br_fail(err, BR_USAGE, EINVAL,
			       "only tcp, udp, sctp and dccp have ports");
	return 0;
}

/* Where a rule of this pref belongs. Return: -EEXIST when there is one */
static int rule_place(const struct br_ruleset *set, uint32_t pref)
{
	unsigned int i;

	for (i = set->rules.n; i; i--)
		if (rule_at(set, i - 1)->pref <= pref)
			break;
	return i && rule_at(set, i - 1)->pref == pref ? -EEXIST : (int)i;
}

int br_ruleset_add(struct br_ruleset *set, const struct br_steer_rule *rule,
		   struct br_error *err)
{
	uint32_t last = set->rules.n ? rule_at(set, set->rules.n - 1)->pref : 0;
	struct br_steer_rule new = *rule, *at;
	int place, ret;

	ret = rule_check(set, rule, err);
	if (ret)
		return ret;
	if (!has(rule, "pref")) {
		if (last > UINT32_MAX - BR_PREF_STEP)
			return br_fail(err, BR_USAGE, ERANGE,
				       "there is no pref behind %u", last);
		new.pref = last + BR_PREF_STEP;
		set_has(&new, "pref");
	}
	place = rule_place(set, new.pref);
	if (place < 0)
		return br_fail(err, BR_USAGE, EEXIST,
			       "there is a rule with pref %u", new.pref);
	set_has(&new, "hits");
	prefix_cut(&new.from);
	prefix_cut(&new.to);
	if (!br_list_add(&set->rules))
		return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	at = rule_at(set, place);
	memmove(at + 1, at, (set->rules.n - 1 - place) * sizeof(*at));
	*at = new;
	return 0;
}

int br_ruleset_del(struct br_ruleset *set, uint32_t pref, struct br_error *err)
{
	struct br_steer_rule *at;
	unsigned int i;

	for (i = 0; i < set->rules.n; i++)
		if (rule_at(set, i)->pref == pref)
			break;
	if (i == set->rules.n)
		return br_fail(err, BR_USAGE, ENOENT,
			       "there is no rule with pref %u", pref);
	at = rule_at(set, i);
	set->rules.n--;
	memmove(at, at + 1, (set->rules.n - i) * sizeof(*at));
	return 0;
}

static struct br_steer_class *class_new(struct br_ruleset *set,
					const char *name, struct br_error *err)
{
	struct br_steer_class *class = NULL;

	if (set->classes.n == BRAID_CLASS_MAX) {
		br_fail(err, BR_USAGE, ENOSPC, "a device has at most %u classes",
			BRAID_CLASS_MAX);
		return NULL;
	}
	class = br_list_add(&set->classes);
	if (!class) {
		br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
		return NULL;
	}
	br_fill(class->name, name);
	class->cost[1] = UINT32_MAX;
	class->has = (1ULL << br_steer_class_type.n) - 1;
	return class;
}

static void class_show(struct br_steer_class *class, const char *name, bool is)
{
	uint64_t bit = 1ULL << (br_field_find(&br_steer_class_type, name) -
				class_fields);

	class->has = is ? class->has | bit : class->has & ~bit;
}

/* A limit of 0 is none, and is not shown. */
static void class_limits_show(struct br_steer_class *class)
{
	class_show(class, "max-rtt", class->max_rtt);
	class_show(class, "max-jitter", class->max_jitter);
	class_show(class, "max-loss", class->max_loss);
	class_show(class, "min-rate", class->min_rate);
}

int br_ruleset_class_set(struct br_ruleset *set,
			 const struct br_steer_class *class,
			 struct br_error *err)
{
	unsigned int place = class_find(set, class->name), i;
	struct br_steer_class *to;
	const struct br_field *f;

	to = place < set->classes.n ? class_at(set, place) :
				      class_new(set, class->name, err);
	if (!to)
		return -err->code;
	for (i = 0; i < br_steer_class_type.n; i++) {
		f = &class_fields[i];
		if (class->has >> i & 1)
			memcpy(br_field_at(f, to), br_field_at(f, class),
			       f->size);
	}
	class_limits_show(to);
	return 0;
}

static unsigned int class_users(const struct br_ruleset *set, const char *name)
{
	unsigned int i, n = 0;

	for (i = 0; i < set->rules.n; i++)
		n += !strcmp(rule_at(set, i)->class, name);
	return n;
}

int br_ruleset_class_del(struct br_ruleset *set, const char *name,
			 struct br_error *err)
{
	unsigned int place = class_find(set, name);
	unsigned int users = class_users(set, name);
	struct br_steer_class *at;

	if (place == set->classes.n)
		return br_fail(err, BR_USAGE, ENOENT, "there is no class %s",
			       name);
	if (users)
		return br_fail(err, BR_USAGE, EBUSY, "%u %s of class %s", users,
			       users == 1 ? "rule is" : "rules are", name);
	at = class_at(set, place);
	set->classes.n--;
	memmove(at, at + 1, (set->classes.n - place) * sizeof(*at));
	return 0;
}

void br_ruleset_class_pack(const struct br_steer_class *class,
			   struct braid_class_value *to)
{
	unsigned int i;

	memset(to, 0, sizeof(*to));
	br_fill(to->name, class->name);
	to->kind = class->verdict;
	to->strict = class->fallback;
	to->cost_min = class->cost[0];
	to->cost_max = class->cost[1];
	to->name_hash = braid_name_hash(to->name);
	to->limits.rtt_us = class->max_rtt;
	to->limits.jitter_us = class->max_jitter;
	to->limits.loss_ppm = class->max_loss;
	to->limits.rate = class->min_rate;
	to->limited = class->max_rtt || class->max_jitter || class->max_loss ||
		      class->min_rate;
	to->n_paths = class->paths.n;
	for (i = 0; i < class->paths.n; i++) {
		br_fill(to->path[i], class->paths.name[i]);
		to->path_hash[i] = braid_name_hash(to->path[i]);
	}
}

static void prefix_pack(const struct br_prefix *net, uint8_t *addr,
			uint8_t *len, uint8_t *family)
{
	memcpy(addr, &net->addr.v6, br_addr_len(&net->addr));
	*len = net->len;
	*family = net->addr.family == AF_INET6 ? 6 : 4;
}

void br_ruleset_rule_pack(const struct br_ruleset *set,
			  const struct br_steer_rule *rule,
			  struct braid_rule_value *to)
{
	struct braid_rule_match *m = &to->match;
	unsigned int i;

	memset(to, 0, sizeof(*to));
	to->pref = rule->pref;
	to->class = class_find(set, rule->class);
	to->hits = rule->hits;
	for (i = 0; i < BRAID_BY_MAX; i++)
		m->by |= (uint32_t)has(rule, names[i]) << i;
	if (m->by & 1 << BRAID_BY_SOURCE)
		prefix_pack(&rule->from, m->source, &m->source_len, &m->family);
	if (m->by & 1 << BRAID_BY_DEST)
		prefix_pack(&rule->to, m->dest, &m->dest_len, &m->family);
	memcpy(m->sport, rule->sport, sizeof(m->sport));
	memcpy(m->dport, rule->dport, sizeof(m->dport));
	memcpy(m->size, rule->size, sizeof(m->size));
	m->proto = rule->proto;
	m->dscp = rule->dscp;
	m->mark = rule->mark;
}

int br_ruleset_class_unpack(struct br_ruleset *set,
			    const struct braid_class_value *from,
			    struct br_error *err)
{
	struct br_steer_class *to = class_new(set, from->name, err);
	unsigned int i;

	if (!to)
		return -err->code;
	to->verdict = from->kind;
	to->fallback = from->strict;
	to->cost[0] = from->cost_min;
	to->cost[1] = from->cost_max;
	to->max_rtt = from->limits.rtt_us;
	to->max_jitter = from->limits.jitter_us;
	to->max_loss = from->limits.loss_ppm;
	to->min_rate = from->limits.rate;
	class_limits_show(to);
	to->paths.n = from->n_paths < BR_NAMES_MAX ? from->n_paths :
						     BR_NAMES_MAX;
	for (i = 0; i < to->paths.n; i++)
		br_fill(to->paths.name[i], from->path[i]);
	return 0;
}

static void prefix_unpack(struct br_prefix *net, const uint8_t *addr,
			  uint8_t len, uint8_t family)
{
	net->addr.family = family == 6 ? AF_INET6 : AF_INET;
	memcpy(&net->addr.v6, addr, br_addr_len(&net->addr));
	net->len = len;
}

/* They come in order. */
int br_ruleset_rule_unpack(struct br_ruleset *set,
			   const struct braid_rule_value *from,
			   struct br_error *err)
{
	const struct braid_rule_match *m = &from->match;
	struct br_steer_rule rule = { .pref = from->pref, .hits = from->hits };
	unsigned int i;

	if (from->class >= set->classes.n)
		return br_fail(err, BR_KERNEL, EINVAL,
			       "rule %u has a class that is not there",
			       from->pref);
	br_fill(rule.class, class_at(set, from->class)->name);
	set_has(&rule, "pref");
	set_has(&rule, "class");
	set_has(&rule, "dev");
	for (i = 0; i < BRAID_BY_MAX; i++)
		if (m->by >> i & 1)
			set_has(&rule, names[i]);
	if (m->by & 1 << BRAID_BY_SOURCE)
		prefix_unpack(&rule.from, m->source, m->source_len, m->family);
	if (m->by & 1 << BRAID_BY_DEST)
		prefix_unpack(&rule.to, m->dest, m->dest_len, m->family);
	memcpy(rule.sport, m->sport, sizeof(m->sport));
	memcpy(rule.dport, m->dport, sizeof(m->dport));
	memcpy(rule.size, m->size, sizeof(m->size));
	rule.proto = m->proto;
	rule.dscp = m->dscp;
	rule.mark = m->mark;
	return br_ruleset_add(set, &rule, err);
}

static bool classes_same(const struct br_ruleset *a, const struct br_ruleset *b)
{
	struct braid_class_value x, y;
	unsigned int i;

	for (i = 0; i < a->classes.n; i++) {
		br_ruleset_class_pack(class_at(a, i), &x);
		br_ruleset_class_pack(class_at(b, i), &y);
		if (memcmp(&x, &y, sizeof(x)))
			return false;
	}
	return true;
}

bool br_ruleset_same(const struct br_ruleset *a, const struct br_ruleset *b)
{
	struct braid_rule_value x, y;
	unsigned int i;

	if (a->rules.n != b->rules.n || a->classes.n != b->classes.n ||
	    !classes_same(a, b))
		return false;
	for (i = 0; i < a->rules.n; i++) {
		br_ruleset_rule_pack(a, rule_at(a, i), &x);
		br_ruleset_rule_pack(b, rule_at(b, i), &y);
		x.hits = y.hits;
		if (memcmp(&x, &y, sizeof(x)))
			return false;
	}
	return true;
}
