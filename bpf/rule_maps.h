/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user's rules as policies read them and userspace writes them. A set of
 * rules belongs to a device. It is never changed: a change writes another set
 * under a new number, then turns the device to it, then bumps the generation,
 * by which flows notice, and when no program can be reading the old one any
 * more removes that.
 *
 * Documentation/design/steering.md says why they are as they are.
 */
#ifndef BRAID_RULE_MAPS_H
#define BRAID_RULE_MAPS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define BRAID_MAP_RULESETS	"braid_rulesets"
#define BRAID_MAP_RULES		"braid_rules"
#define BRAID_MAP_RULETRIE	"braid_ruletrie"
#define BRAID_MAP_RULEGEN	"braid_rulegen"
#define BRAID_MAP_CLASSES	"braid_classes"
#define BRAID_MAP_LIMITS	"braid_limits"

/* Rules of one device: as many as have a bit in struct braid_rule_bits. */
#define BRAID_RULE_WORDS	64
#define BRAID_RULE_MAX		(64 * BRAID_RULE_WORDS)
/* Classes of one device, and paths that one class can name. */
#define BRAID_CLASS_MAX		64
#define BRAID_CLASS_PATHS	8
/* The same as BRAID_POLICY_NAME: what names are long at most. */
#define BRAID_CLASS_NAME	32

/* Room for all devices and namespaces together, twice while one is changed. */
#define BRAID_RULESET_LIMIT	1024
#define BRAID_RULE_LIMIT	65536
#define BRAID_CLASS_LIMIT	16384
#define BRAID_RULETRIE_LIMIT	131072
/* Paths looked at for a class with limits; the least used ones go for others. */
#define BRAID_LIMITS_LIMIT	16384

/* What a rule may ask for; each is looked up by itself. */
enum braid_rule_by {
	BRAID_BY_SOURCE,	/* address, 4 or 16 bytes */
	BRAID_BY_DEST,
	BRAID_BY_SPORT,		/* 2 bytes; none in fragments after the first */
	BRAID_BY_DPORT,
	BRAID_BY_PROTO,		/* 1 byte */
	BRAID_BY_DSCP,		/* 1 byte */
	BRAID_BY_MARK,		/* 4 bytes */
	BRAID_BY_SIZE,		/* 1 byte: braid_size_class() */
	BRAID_BY_MAX,
};

/* Bits of braid_rule_key in front of its data. */
#define BRAID_RULE_KEY_BITS	64

/**
 * struct braid_rule_key - a value of a packet, or the begin of one
 * @prefixlen: bits that count, of what follows
 * @set: the set of rules
 * @by: enum braid_rule_by
 * @family: 4 or 6 for addresses, else 0
 * @zero: 0
 * @data: the value, network order, then zeros
 */
struct braid_rule_key {
	__u32 prefixlen;
	__u32 set;
	__u8 by;
	__u8 family;
	__u16 zero;
	__u8 data[16];
};

/**
 * struct braid_rule_bits - rules that take a value
 * @some: bit n is set when word n is not 0
 * @word: bit n of word m stands for rule 64 m + n, in the order they count
 */
struct braid_rule_bits {
	__u64 some;
	__u64 word[BRAID_RULE_WORDS];
};

/**
 * struct braid_ruleset_key - whose rules
 * @netns: cookie of the device's namespace
 * @ifindex: the braid device
 * @zero: 0
 */
struct braid_ruleset_key {
	__u64 netns;
	__u32 ifindex;
	__u32 zero;
};

/**
 * struct braid_ruleset_value - a device's rules
 * @set: their number
 * @rules: how many rules there are
 * @classes: how many classes
 * @entries: how many entries in the trie
 */
struct braid_ruleset_value {
	__u32 set;
	__u32 rules;
	__u32 classes;
	__u32 entries;
};

/**
 * struct braid_rule_id - a rule, or a class
 * @set: the set it is in
 * @index: its place there, from 0
 */
struct braid_rule_id {
	__u32 set;
	__u32 index;
};

/**
 * struct braid_rule_match - what packets a rule takes
 * @by: bit n is set when it asks for enum braid_rule_by n
 * @source: network, IPv4 in the first four bytes
 * @dest: likewise
 * @mark: firewall mark
 * @sport: first and last source port, host order
 * @dport: first and last destination port
 * @size: first and last size class
 * @family: of the addresses
 * @source_len: bits of @source
 * @dest_len: bits of @dest
 * @proto: IP protocol
 * @dscp: DSCP
 * @zero: 0
 */
struct braid_rule_match {
	__u32 by;
	__u8 source[16];
	__u8 dest[16];
	__u32 mark;
	__u16 sport[2];
	__u16 dport[2];
	__u8 size[2];
	__u8 family;
	__u8 source_len;
	__u8 dest_len;
	__u8 proto;
	__u8 dscp;
	__u8 zero;
};

/**
 * struct braid_rule_value - a rule
 * @pref: the rule with the lowest counts
 * @class: place of its class
 * @hits: how often a flow was looked up and this was the answer
 * @match: what it takes
 */
struct braid_rule_value {
	__u32 pref;
	__u32 class;
	__u64 hits;
	struct braid_rule_match match;
};

/**
 * struct braid_limits - what a path must keep to; 0 asks for nothing
 * @rtt_us: longest smoothed round trip
 * @jitter_us: largest deviation of the one-way delay
 * @loss_ppm: most losses, per million packets
 * @zero: 0
 * @rate: least estimated rate, bytes per second
 */
struct braid_limits {
	__u32 rtt_us;
	__u32 jitter_us;
	__u32 loss_ppm;
	__u32 zero;
	__u64 rate;
};

/**
 * struct braid_limit_key - a path, as one class has it
 * @netns: cookie of the device's namespace
 * @class: braid_name_hash() of the class's name: it stays while rules change
 * @ifindex: the braid device
 * @peer: number of the peer
 * @slot: position of the path in verdicts
 * @zero: 0
 */
struct braid_limit_key {
	__u64 netns;
	__u64 class;
	__u32 ifindex;
	__u32 peer;
	__u32 slot;
	__u32 zero;
};

/**
 * struct braid_limit_value - how a path kept to a class's limits; see limits.h
 * @looked_ns: when it was last looked at, CLOCK_MONOTONIC
 * @turned_ns: since when @out is what it is
 * @tried_ns: when it was last left, or would have been tried again
 * @try_ns: how long it is left when little is heard of it
 * @delivered: packets it had delivered then
 * @lost: packets lost then
 * @more: loss beyond the limit, a sum
 * @less: loss within it, a sum
 * @path_id: which path it is
 * @out: 1 while it is left
 * @why: BRAID_LIMIT_* that it was beyond
 * @row: looks in a row that say it should turn
 * @turns: how often it was left or taken back
 * @heard: packets that something became known of since @tried_ns
 *
 * Written by whichever CPU's turn a look is.
 */
struct braid_limit_value {
	__u64 looked_ns;
	__u64 turned_ns;
	__u64 tried_ns;
	__u64 try_ns;
	__u64 delivered;
	__u64 lost;
	__s64 more;
	__s64 less;
	__u32 path_id;
	__u32 out;
	__u32 why;
	__u32 row;
	__u32 turns;
	__u32 heard;
};

/**
 * struct braid_class_value - a class: what is done with its flows
 * @name: what the user calls it
 * @kind: BRAID_KIND_*; AUTO leaves it to the policy
 * @strict: 1 drops what finds none of its paths usable, 0 lets it use others
 * @cost_min: least cost of its paths
 * @cost_max: highest
 * @n_paths: names in @path; with none all paths of the right cost are its
 * @limited: 1 when @limits asks for something
 * @name_hash: braid_name_hash() of @name
 * @limits: a path beyond them is left
 * @path_hash: their hashes, unused ones 0
 * @path: the names
 */
struct braid_class_value {
	char name[BRAID_CLASS_NAME];
	__u32 kind;
	__u32 strict;
	__u32 cost_min;
	__u32 cost_max;
	__u32 n_paths;
	__u32 limited;
	__u64 name_hash;
	struct braid_limits limits;
	__u64 path_hash[BRAID_CLASS_PATHS];
	char path[BRAID_CLASS_PATHS][BRAID_CLASS_NAME];
};

/* Bytes a flow has sent, as a power of two: n for 2^(n-1) to 2^n - 1. */
static inline __u8 braid_size_class(__u64 bytes)
{
	__u8 class = 0, bits;

	for (bits = 32; bits; bits /= 2)
		if (bytes >> bits) {
			bytes >>= bits;
			class += bits;
		}
	return class + (bytes != 0);
}

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BRAID_RULESET_LIMIT);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct braid_ruleset_key);
	__type(value, struct braid_ruleset_value);
} braid_rulesets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BRAID_RULE_LIMIT);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct braid_rule_id);
	__type(value, struct braid_rule_value);
} braid_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BRAID_CLASS_LIMIT);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct braid_rule_id);
	__type(value, struct braid_class_value);
} braid_classes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, BRAID_RULETRIE_LIMIT);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct braid_rule_key);
	__type(value, struct braid_rule_bits);
} braid_ruletrie SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, BRAID_LIMITS_LIMIT);
	__type(key, struct braid_limit_key);
	__type(value, struct braid_limit_value);
} braid_limits SEC(".maps");

/* Bumped after every change; 0 while there never was a rule. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} braid_rulegen SEC(".maps");
#endif

#endif
