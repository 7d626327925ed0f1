/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user's rules: which class a packet's flow is of and which paths that
 * leaves it, found once a flow and kept in its entry. For policies and for
 * userspace, whose unit tests bring the four look-ups and a bpf_braid_path() of
 * their own.
 *
 * How a packet is classified: bit vectors (Lakshman and Stiliadis, SIGCOMM
 * 1998) with a summary word each (Baboescu and Varghese, SIGCOMM 2001).
 */
#ifndef BRAID_RULES_H
#define BRAID_RULES_H

#include "limits.h"
#include "meter.h"
#include "rule_maps.h"

/* What a class leaves of the paths is worked out anew after this long. */
#define BRAID_RULE_STALE_NS	(10 * BRAID_NSEC_PER_MSEC)

/* Parts of a path's price: the lower, the sooner it is used. */
#define BRAID_PRICE_STANDBY	32
#define BRAID_PRICE_LIMITS	33
#define BRAID_PRICE_OUTSIDE	34

#ifdef __bpf__
#define braid_for_each_word(word)	bpf_for(word, 0, BRAID_RULE_WORDS)

static __always_inline __u64 braid_rule_generation(void)
{
	__u64 *gen;
	__u32 at = 0;

	gen = bpf_map_lookup_elem(&braid_rulegen, &at);
	return gen ? *gen : 0;
}

static __always_inline const struct braid_ruleset_value *
braid_rule_set(const struct braid_ruleset_key *key)
{
	return bpf_map_lookup_elem(&braid_rulesets, key);
}

static __always_inline const struct braid_rule_bits *
braid_rule_bits(const struct braid_rule_key *key)
{
	return bpf_map_lookup_elem(&braid_ruletrie, key);
}

static __always_inline struct braid_rule_value *
braid_rule_at(const struct braid_rule_id *id)
{
	return bpf_map_lookup_elem(&braid_rules, id);
}

static __always_inline const struct braid_class_value *
braid_class_at(const struct braid_rule_id *id)
{
	return bpf_map_lookup_elem(&braid_classes, id);
}

/* The entry of a path under a class, made if need be; NULL without memory. */
static __always_inline struct braid_limit_value *
braid_limit_at(const struct braid_limit_key *key)
{
	struct braid_limit_value *v = bpf_map_lookup_elem(&braid_limits, key);
	const struct braid_limit_value none = { 0 };

	if (v)
		return v;
	bpf_map_update_elem(&braid_limits, key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&braid_limits, key);
}
#else
#define braid_for_each_word(word) \
	for ((word) = 0; (word) < BRAID_RULE_WORDS; (word)++)

__u64 braid_rule_generation(void);
const struct braid_ruleset_value *
braid_rule_set(const struct braid_ruleset_key *key);
const struct braid_rule_bits *braid_rule_bits(const struct braid_rule_key *key);
struct braid_rule_value *braid_rule_at(const struct braid_rule_id *id);
const struct braid_class_value *braid_class_at(const struct braid_rule_id *id);
struct braid_limit_value *braid_limit_at(const struct braid_limit_key *key);
#endif

struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx, __u32 slot);

/*
 * The place of the lowest bit; @word is not 0. As the count of the ones below
 * it: BPF has no instruction for it, clang 14 no expansion of its builtin. The
 * multiplier's top byte comes to the sum of all bytes.
 */
static inline __u32 braid_lowest_bit(__u64 word)
{
	__u64 below = (word & -word) - 1;

	/* so that clang does not make its builtin of it */
	asm volatile("" : "+r"(below));
	below -= below >> 1 & 0x5555555555555555ULL;
	below = (below & 0x3333333333333333ULL) +
		(below >> 2 & 0x3333333333333333ULL);
	below = (below + (below >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return below * 0x0101010101010101ULL >> 56;
}

static inline void braid_rule_key(struct braid_rule_key *key,
				  enum braid_rule_by by, __u32 bits)
{
	key->prefixlen = BRAID_RULE_KEY_BITS + bits;
	key->by = by;
	key->family = 0;
	__builtin_memset(key->data, 0, sizeof(key->data));
}

static inline const struct braid_rule_bits *
braid_rule_by_byte(struct braid_rule_key *key, enum braid_rule_by by,
		   __u8 value)
{
	braid_rule_key(key, by, 8);
	key->data[0] = value;
	return braid_rule_bits(key);
}

static inline const struct braid_rule_bits *
braid_rule_by_port(struct braid_rule_key *key, enum braid_rule_by by,
		   __be16 port, int has)
{
	braid_rule_key(key, by, has ? 16 : 0);
	__builtin_memcpy(key->data, &port, sizeof(port));
	return braid_rule_bits(key);
}

static inline const struct braid_rule_bits *
braid_rule_by_mark(struct braid_rule_key *key, __u32 mark)
{
	braid_rule_key(key, BRAID_BY_MARK, 32);
	key->data[0] = mark >> 24;
	key->data[1] = mark >> 16;
	key->data[2] = mark >> 8;
	key->data[3] = mark;
	return braid_rule_bits(key);
}

static inline const struct braid_rule_bits *
braid_rule_by_address(struct braid_rule_key *key, enum braid_rule_by by,
		      const __be32 *addr, __u8 family)
{
	__be32 word;
	int i;

	braid_rule_key(key, by, family == 6 ? 128 : 32);
	key->family = family;
#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		word = addr[i];
		__builtin_memcpy(key->data + 4 * i, &word, sizeof(word));
	}
	return braid_rule_bits(key);
}

/* Whether ports stand where this protocol has them. */
static inline int braid_rule_has_ports(const struct braid_steer_ctx *pkt)
{
	if (pkt->flags & BRAID_FRAGMENT)
		return 0;
	switch (pkt->flow.proto) {
	case BRAID_PROTO_TCP:
	case BRAID_PROTO_UDP:
	case BRAID_PROTO_DCCP:
	case BRAID_PROTO_SCTP:
		return 1;
	}
	return 0;
}

/*
 * The first rule of the set that takes the packet: eight look-ups, each with
 * the rules that take one value, and what all have in common. BRAID_NO_RULE if
 * there is none. @size: what the flow has sent, as a class.
 */
static inline __u32 braid_rule_match(const struct braid_steer_ctx *pkt,
				     __u32 set, __u8 size)
{
	const struct braid_rule_bits *a, *b, *c, *d, *e, *f, *g, *h;
	struct braid_rule_key key = { .set = set };
	int ports = braid_rule_has_ports(pkt), i;
	__u64 some, hit;
	__u32 at;

	a = braid_rule_by_address(&key, BRAID_BY_SOURCE, pkt->flow.saddr,
				  pkt->flow.family);
	if (!a)
		return BRAID_NO_RULE;
	b = braid_rule_by_address(&key, BRAID_BY_DEST, pkt->flow.daddr,
				  pkt->flow.family);
	if (!b)
		return BRAID_NO_RULE;
	c = braid_rule_by_port(&key, BRAID_BY_SPORT, pkt->flow.sport, ports);
	if (!c)
		return BRAID_NO_RULE;
	d = braid_rule_by_port(&key, BRAID_BY_DPORT, pkt->flow.dport, ports);
	if (!d)
		return BRAID_NO_RULE;
	e = braid_rule_by_byte(&key, BRAID_BY_PROTO, pkt->flow.proto);
	if (!e)
		return BRAID_NO_RULE;
	f = braid_rule_by_byte(&key, BRAID_BY_DSCP, pkt->dscp);
	if (!f)
		return BRAID_NO_RULE;
	g = braid_rule_by_mark(&key, pkt->mark);
	if (!g)
		return BRAID_NO_RULE;
	h = braid_rule_by_byte(&key, BRAID_BY_SIZE, size);
	if (!h)
		return BRAID_NO_RULE;
	some = a->some & b->some & c->some & d->some & e->some & f->some &
	       g->some & h->some;
	braid_for_each_word(i) {
		if (!some)
			break;
		at = braid_lowest_bit(some) & (BRAID_RULE_WORDS - 1);
		some &= some - 1;
		hit = a->word[at] & b->word[at] & c->word[at] & d->word[at] &
		      e->word[at] & f->word[at] & g->word[at] & h->word[at];
		if (hit)
			return 64 * at + braid_lowest_bit(hit);
	}
	return BRAID_NO_RULE;
}

/* Looks the packet's flow up among the rules of its device. */
static inline void braid_rule_look(const struct braid_steer_ctx *pkt,
				   struct braid_flow_rule *r)
{
	struct braid_ruleset_key whose = {
		.netns = pkt->peer.netns_cookie,
		.ifindex = pkt->peer.ifindex,
	};
	const struct braid_ruleset_value *set = braid_rule_set(&whose);
	const struct braid_class_value *class;
	struct braid_rule_value *rule;
	struct braid_rule_id id;

	r->rule = BRAID_NO_RULE;
	r->kind = BRAID_KIND_AUTO;
	r->strict = 0;
	if (!set || !set->rules)
		return;
	id.set = set->set;
	id.index = braid_rule_match(pkt, id.set, r->size);
	if (id.index == BRAID_NO_RULE)
		return;
	rule = braid_rule_at(&id);
	if (!rule)
		return;
	__sync_fetch_and_add(&rule->hits, 1);
	r->rule = id.index;
	r->ruleset = id.set;
	id.index = rule->class;
	class = braid_class_at(&id);
	if (!class) {
		r->rule = BRAID_NO_RULE;
		return;
	}
	r->class = id.index;
	r->kind = class->kind;
	r->strict = class->strict;
}

/*
 * What a path costs a flow of a class, NULL for none: first of all those of
 * the class, then (braid_rule_limit()) those within its limits, then those that
 * are not standby, then, with @tiers, the cheapest.
 * Without branches where it can be: the verifier walks all of them.
 */
static inline __u64 braid_rule_price(const struct braid_class_value *class,
				     const struct braid_path_view *path,
				     int tiers)
{
	__u64 price = (__u64)path->standby << BRAID_PRICE_STANDBY, differs;
	__u64 hash = path->name_hash, named;
	__u32 cost = path->cost;
	int i;

	if (tiers)
		price |= cost;
	if (!class)
		return price;
	named = !class->n_paths;
#pragma GCC unroll 8
	for (i = 0; i < BRAID_CLASS_PATHS; i++) {
		differs = hash ^ class->path_hash[i];
		named |= ~(differs | -differs) >> 63;
	}
	if (!named || cost < class->cost_min || cost > class->cost_max)
		price |= 1ULL << BRAID_PRICE_OUTSIDE;
	return price;
}

/*
 * Whether a path is left by its class. A function of its own to the verifier too,
 * which else would walk it anew for each slot.
 */
__attribute__((noinline)) int
braid_limit_left(const struct braid_limit_key *key,
		 const struct braid_limit_seen *seen, __u64 now_ns)
{
	struct braid_limit_value *v;
	__u64 looked_ns;

	if (!key || !seen)
		return 0;
	v = braid_limit_at(key);
	if (!v)
		return 0;
	looked_ns = v->looked_ns;
	/* one of those who come at the same time looks */
	if (now_ns - looked_ns >= BRAID_LIMIT_LOOK_NS &&
	    __sync_val_compare_and_swap(&v->looked_ns, looked_ns, now_ns) ==
	    looked_ns)
		braid_limit_step(v, seen, now_ns);
	return v->out;
}

/*
 * What a class asks of paths, and whose: copied out of it once, since a pointer
 * that may be NULL goes ill with a loop. Return: 0 when it asks for nothing
 */
static inline int braid_rule_limits(const struct braid_steer_ctx *pkt,
				    const struct braid_class_value *class,
				    struct braid_limit_key *key,
				    struct braid_limit_seen *seen)
{
	__builtin_memset(key, 0, sizeof(*key));
	__builtin_memset(seen, 0, sizeof(*seen));
	if (!class || !class->limited)
		return 0;
	key->netns = pkt->peer.netns_cookie;
	key->class = class->name_hash;
	key->ifindex = pkt->peer.ifindex;
	key->peer = pkt->peer.id;
	seen->max = class->limits;
	return 1;
}

static inline int braid_rule_limit(struct braid_limit_key *key,
				   struct braid_limit_seen *seen,
				   const struct braid_path_view *path,
				   __u32 slot, __u64 now_ns)
{
	key->slot = slot;
	seen->path_id = path->id;
	seen->srtt_us = path->srtt_us;
	seen->jitter_us = path->jitter_us;
	seen->rate = path->rate;
	seen->delivered = path->delivered_packets;
	seen->lost = path->lost_packets;
	return braid_limit_left(key, seen, now_ns);
}

/* The usable paths that the flow's class leaves it, all of the same price. */
static inline void braid_rule_paths(struct braid_steer_ctx *pkt,
				    struct braid_flow_rule *r, int tiers,
				    __u64 now_ns)
{
	const struct braid_class_value *class = 0;
	struct braid_rule_id id = { r->ruleset, r->class };
	__u32 usable = pkt->peer.usable, set = 0;
	__u64 least = ~0ULL, price;
	struct braid_path_view *path;
	struct braid_limit_seen seen;
	struct braid_limit_key key;
	int slot, limits;

	if (r->rule != BRAID_NO_RULE)
		class = braid_class_at(&id);
	limits = braid_rule_limits(pkt, class, &key, &seen);
	braid_for_each_slot(slot) {
		if (!(usable >> slot & 1))
			continue;
		path = bpf_braid_path(&pkt->peer, slot);
		if (!path)
			continue;
		price = braid_rule_price(class, path, tiers);
		if (limits && braid_rule_limit(&key, &seen, path, slot, now_ns))
			price |= 1ULL << BRAID_PRICE_LIMITS;
		if (price > least)
			continue;
		if (price < least)
			set = 0;
		least = price;
		set |= 1U << slot;
	}
	r->set = set;
	r->outside = least >> BRAID_PRICE_OUTSIDE & 1;
}

/*
 * Brings @r, the flow's, up to date: its class and the paths that leaves it.
 * @bytes: what the flow has sent, this packet included.
 * @tiers: whether only the cheapest of them count.
 *
 * Return: BRAID_KIND_* that must be, AUTO where the policy chooses. In r->set
 * are usable slots, at least one unless it says DROP. @r begins as
 * BRAID_FLOW_RULE_NEW.
 */
static inline __u32 braid_rules_apply(struct braid_steer_ctx *pkt,
				struct braid_flow_rule *r, __u64 bytes,
				int tiers, __u64 now_ns)
{
	__u64 gen = braid_rule_generation();
	__u32 usable = pkt->peer.usable, all = braid_all_slots(pkt);
	__u8 size = braid_size_class(bytes);
	int fresh = 0;

	if (r->gen != gen || r->mark != pkt->mark || r->dscp != pkt->dscp ||
	    r->size != size) {
		r->mark = pkt->mark;
		r->dscp = pkt->dscp;
		r->size = size;
		braid_rule_look(pkt, r);
		r->gen = gen;
		fresh = 1;
	}
	if (r->rule == BRAID_NO_RULE && !tiers) {
		r->set = all;
		return BRAID_KIND_AUTO;
	}
	if (fresh || r->usable != usable ||
	    now_ns - r->looked_ns >= BRAID_RULE_STALE_NS) {
		braid_rule_paths(pkt, r, tiers, now_ns);
		r->usable = usable;
		r->looked_ns = now_ns;
	}
	if (r->kind == BRAID_KIND_DROP || (r->outside && r->strict))
		return BRAID_KIND_DROP;
	/* paths that went while we looked */
	if (!r->set)
		r->set = usable;
	/* the module takes standby paths out of sets, not from under a PIN */
	if (r->set & pkt->peer.standby && !(all & pkt->peer.standby))
		return BRAID_KIND_PIN;
	return r->kind;
}

#endif
