/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The maps that all policies share: their layout, for policies and for
 * userspace, and for policies their definitions. Whoever loads a policy pins
 * them under BRAID_MAPS_DIR by name and gives the pinned ones to the next
 * policy, so that figures survive a change of policy.
 *
 * Documentation/design/steering.md says why they are as they are.
 */
#ifndef BRAID_MAPS_H
#define BRAID_MAPS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define BRAID_MAPS_DIR		"/sys/fs/bpf/braid/maps"
#define BRAID_MAP_FLOWS		"braid_flows"
#define BRAID_MAP_FLOWRING	"braid_flowring"
#define BRAID_MAP_FLOWSTAT	"braid_flowstat"
#define BRAID_MAP_PATHS		"braid_paths"
#define BRAID_MAP_SUM_DEV	"braid_sum_dev"
#define BRAID_MAP_SUM_PEER	"braid_sum_peer"
#define BRAID_MAP_SUM_CLASS	"braid_sum_class"
#define BRAID_MAP_SUM_POL	"braid_sum_pol"

/* Most flows, and most paths, of all devices and namespaces together. */
#define BRAID_FLOW_LIMIT	65536
#define BRAID_PATH_LIMIT	16384
/* Most devices, peers, classes and policies that are summed up, likewise. */
#define BRAID_SUM_DEV_LIMIT	1024
#define BRAID_SUM_LIMIT		16384
/* As long as the names of policies and classes. */
#define BRAID_SUM_NAME		32

/* Slots whose bytes a flow tells apart; the rest is in other_bytes. */
#define BRAID_FLOW_SLOTS	8

/* braid_flow_value.class */
#define BRAID_CLASS_NONE	0	/* not yet known, or of no concern */
#define BRAID_CLASS_SMALL	1	/* has sent little so far */
#define BRAID_CLASS_INTERACTIVE	2	/* somebody waits for every packet */
#define BRAID_CLASS_BULK	3	/* throughput counts */

/* braid_flow_value.slot while no path is chosen */
#define BRAID_NO_SLOT		0xffffffff

/* braid_flow_value.why: the newest change of @slot */
#define BRAID_MOVED_NEVER	0
#define BRAID_MOVED_GONE	1	/* the old path is not usable, or not allowed */
#define BRAID_MOVED_BETTER	2	/* the new one is quicker, or is its share */
#define BRAID_MOVED_AGAIN	3	/* too much of it had to be sent again */
#define BRAID_MOVED_STUCK	4	/* nothing of it was acknowledged any more */
#define BRAID_MOVED_SLOW	5	/* far less of it was acknowledged than before */

/* braid_flow_tcp.seen */
#define BRAID_TCP_OUT		1	/* @out_next is known */
#define BRAID_TCP_IN		2	/* @in_next is known */
#define BRAID_TCP_ACKED		4	/* @out_acked is known */
#define BRAID_TCP_SYN_OUT	8	/* our side has opened it */
#define BRAID_TCP_SYN_IN	16	/* the far side has */
#define BRAID_TCP_SYN_ACK	32	/* and the answer waits for its own */

/* braid_flow_rule.rule while no rule takes the flow */
#define BRAID_NO_RULE		0xffffffff
#define BRAID_FLOW_RULE_NEW	{ .rule = BRAID_NO_RULE }

/**
 * struct braid_flow_key - a flow, the same for both of its directions
 * @netns: cookie of the device's namespace
 * @ifindex: the braid device
 * @peer: number of the peer
 * @near: address on our side of the tunnel, IPv4 in the first four bytes
 * @far: address behind the peer
 * @near_port: port on our side, host order; 0 where the protocol has none
 * @far_port: port behind the peer
 * @family: 4 or 6
 * @proto: IP protocol
 * @zero: 0
 */
struct braid_flow_key {
	__u64 netns;
	__u32 ifindex;
	__u32 peer;
	__u8 near[16];
	__u8 far[16];
	__u16 near_port;
	__u16 far_port;
	__u8 family;
	__u8 proto;
	__u16 zero;
};

/**
 * struct braid_flow_rule - what the user's rules say of a flow; see rule_maps.h
 * @gen: generation of the rules it was looked up in, 0 for never
 * @looked_ns: when @set was worked out
 * @mark: firewall mark that it was looked up with
 * @rule: the rule's number in its set, BRAID_NO_RULE for none
 * @class: number of its class there
 * @ruleset: the set
 * @usable: the peer's usable slots when @set was worked out
 * @set: slots that the flow may use of them
 * @dscp: DSCP that it was looked up with
 * @size: the flow's size class then
 * @kind: BRAID_KIND_* that the class asks for; AUTO leaves it to the policy
 * @strict: without a path of its class the flow is dropped
 * @outside: @set holds other paths than the class's, since none of those is
 *	usable
 */
struct braid_flow_rule {
	__u64 gen;
	__u64 looked_ns;
	__u32 mark;
	__u32 rule;
	__u32 class;
	__u32 ruleset;
	__u32 usable;
	__u32 set;
	__u8 dscp;
	__u8 size;
	__u8 kind;
	__u8 strict;
	__u32 outside;
};

/**
 * struct braid_flow_tcp - what was seen of a TCP connection; see tcp.h
 * @waits_ns: when the handshake's last message passed, 0 when no round trip is
 *	to be had from its answer
 * @acked_ns: when something new of ours was last acknowledged
 * @acked: bytes of ours that were acknowledged
 * @out_again: segments with data that went out and had nothing new in them
 * @in_again: the same of those that came
 * @out_next: behind the last byte sent, a sequence number
 * @in_next: behind the last byte that came
 * @out_acked: up to where ours were acknowledged
 * @futile: segments sent again since anything new was acknowledged
 * @near_rtt_us: from here to the host on our side and back, in the handshake
 * @far_rtt_us: from here to the host behind the peer and back; 0: not measured
 * @seen: BRAID_TCP_*
 * @zero: 0
 */
struct braid_flow_tcp {
	__u64 waits_ns;
	__u64 acked_ns;
	__u64 acked;
	__u64 out_again;
	__u64 in_again;
	__u32 out_next;
	__u32 in_next;
	__u32 out_acked;
	__u32 futile;
	__u32 near_rtt_us;
	__u32 far_rtt_us;
	__u32 seen;
	__u32 zero;
};

/**
 * struct braid_flow_trouble - how a flow fares on its one path; see trouble.h
 * @looked_ns: when it was last looked at
 * @until_ns: when the paths in @left may be used again, or what was given up as
 *	no path's fault is judged again
 * @hold_ns: how long that is the next time
 * @segments: sent until @looked_ns
 * @again: sent again until then
 * @acked: bytes acknowledged until then
 * @best: most bytes per second acknowledged between two looks; fades
 * @left: slots that it has left
 * @why: BRAID_MOVED_* of the newest
 * @bad: looks in a row with too much sent again
 * @slow: looks in a row with far too little acknowledged
 * @lossy: and in how many of these something was sent again
 * @zero: 0
 */
struct braid_flow_trouble {
	__u64 looked_ns;
	__u64 until_ns;
	__u64 hold_ns;
	__u64 segments;
	__u64 again;
	__u64 acked;
	__u64 best;
	__u32 left;
	__u32 why;
	__u32 bad;
	__u32 slow;
	__u32 lossy;
	__u32 zero;
};

/**
 * struct braid_flow_value - what is known of a flow
 * @first_ns: first packet, CLOCK_MONOTONIC
 * @last_ns: newest packet
 * @out_packets: packets into the tunnel; a GSO packet counts as one
 * @out_segments: packets that they became on the wire
 * @out_bytes: bytes of the segments, IP headers included
 * @in_packets: packets out of the tunnel
 * @in_segments: as they were on the wire
 * @in_bytes: bytes of them
 * @out_rate: smoothed bytes per second, as of @last_ns
 * @in_rate: smoothed bytes per second, as of @last_ns
 * @out_peak: highest rate that was measured over one window, bytes per second
 * @in_peak: likewise
 * @verdict: the newest one the policy gave
 * @slot_bytes: bytes sent over each of the first slots
 * @other_bytes: bytes sent over the other slots
 * @repaired: segments sent again
 * @late: segments lost and too late to be sent again
 * @class: BRAID_CLASS_*
 * @slot: path chosen for a pinned flow, BRAID_NO_SLOT for none
 * @moves: how often @slot changed
 * @turns: how often @class changed
 * @moved_ns: when @slot last changed, 0 for never
 * @why: BRAID_MOVED_* of that
 * @zero: 0
 * @window_ns: when the rates' measuring window began
 * @window_out: @out_bytes then
 * @window_in: @in_bytes then
 * @chosen_ns: when @slot was last looked at
 * @calm_ns: since when a bulk flow has been slow, 0 when it is not
 * @burst: @out_bytes when the flow last began as a small one
 * @tcp: what was seen of it, if it is TCP
 * @trouble: how it fares
 * @rule: what the user's rules say of it
 *
 * Totals are added to atomically; the rest is written by whichever CPU comes
 * by, and a flow is on one CPU as a rule.
 */
struct braid_flow_value {
	__u64 first_ns;
	__u64 last_ns;
	__u64 out_packets;
	__u64 out_segments;
	__u64 out_bytes;
	__u64 in_packets;
	__u64 in_segments;
	__u64 in_bytes;
	__u64 out_rate;
	__u64 in_rate;
	__u64 out_peak;
	__u64 in_peak;
	__u64 verdict;
	__u64 slot_bytes[BRAID_FLOW_SLOTS];
	__u64 other_bytes;
	__u64 repaired;
	__u64 late;
	__u32 class;
	__u32 slot;
	__u32 moves;
	__u32 turns;
	__u64 moved_ns;
	__u32 why;
	__u32 zero;
	__u64 window_ns;
	__u64 window_out;
	__u64 window_in;
	__u64 chosen_ns;
	__u64 calm_ns;
	__u64 burst;
	struct braid_flow_tcp tcp;
	struct braid_flow_trouble trouble;
	struct braid_flow_rule rule;
};

/**
 * struct braid_flowstat - what the flow map says of itself
 * @entries: flows in it
 * @limit: most flows it holds
 * @refused: packets whose flow could not be entered
 * @evicted: idle flows that gave way to new ones
 * @hand: next place of the ring to look at, modulo @limit
 * @unsummed: packets that a map of sums had no room for
 */
struct braid_flowstat {
	__u64 entries;
	__u64 limit;
	__u64 refused;
	__u64 evicted;
	__u64 hand;
	__u64 unsummed;
};

/**
 * struct braid_path_key - a path
 * @netns: cookie of the device's namespace
 * @ifindex: the braid device
 * @peer: number of the peer
 * @slot: position of the path in verdicts
 * @zero: 0
 */
struct braid_path_key {
	__u64 netns;
	__u32 ifindex;
	__u32 peer;
	__u32 slot;
	__u32 zero;
};

/**
 * struct braid_path_value - what policies saw of a path
 * @packets: packets, or parts of GSO packets, that flows sent over it
 * @segments: segments of them
 * @bytes: bytes of the segments, inner IP headers included
 * @changes: changes of state
 * @changed_ns: the newest of them, CLOCK_MONOTONIC
 * @report_ns: when what follows was taken
 * @rate: delivery rate, bytes per second
 * @id: id of the path in packets
 * @state: enum braid_path_state
 * @srtt_us: smoothed round-trip time
 * @min_rtt_us: smallest recent round-trip time
 * @owd_us: one-way delay over that of the quickest path
 * @jitter_us: deviation of the one-way delay
 * @queue_us: delay beyond the smallest recent one
 * @loss_ppm: lost packets per million
 */
struct braid_path_value {
	__u64 packets;
	__u64 segments;
	__u64 bytes;
	__u64 changes;
	__u64 changed_ns;
	__u64 report_ns;
	__u64 rate;
	__u32 id;
	__u32 state;
	__u32 srtt_us;
	__u32 min_rtt_us;
	__u32 owd_us;
	__u32 jitter_us;
	__u32 queue_us;
	__u32 loss_ppm;
};

/**
 * struct braid_sum_key - what is summed up, in braid_sum_dev and braid_sum_peer
 * @netns: cookie of the device's namespace
 * @ifindex: the braid device
 * @peer: number of the peer, 0 for all of the device
 */
struct braid_sum_key {
	__u64 netns;
	__u32 ifindex;
	__u32 peer;
};

/**
 * struct braid_name_key - the same in braid_sum_class and braid_sum_pol
 * @netns: cookie of the device's namespace
 * @ifindex: the braid device
 * @zero: 0
 * @name: of the user's class, or "small", "interactive", "bulk" and "other" for
 *	what no rule takes; of the policy
 */
struct braid_name_key {
	__u64 netns;
	__u32 ifindex;
	__u32 zero;
	char name[BRAID_SUM_NAME];
};

/**
 * struct braid_sum - totals, exact on any number of CPUs
 * @out_packets: packets into the tunnel; a GSO packet counts as one
 * @out_segments: packets that they became on the wire
 * @out_bytes: bytes of the segments, IP headers included
 * @in_packets: packets out of the tunnel
 * @in_segments: as they were on the wire
 * @in_bytes: bytes of them
 */
struct braid_sum {
	__u64 out_packets;
	__u64 out_segments;
	__u64 out_bytes;
	__u64 in_packets;
	__u64 in_segments;
	__u64 in_bytes;
};

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BRAID_FLOW_LIMIT);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct braid_flow_key);
	__type(value, struct braid_flow_value);
} braid_flows SEC(".maps");

/* One place for every flow that may be: the hand evicts along it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BRAID_FLOW_LIMIT);
	__type(key, __u32);
	__type(value, struct braid_flow_key);
} braid_flowring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct braid_flowstat);
} braid_flowstat SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BRAID_PATH_LIMIT);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct braid_path_key);
	__type(value, struct braid_path_value);
} braid_paths SEC(".maps");

#define BRAID_SUM_MAP(map, limit, key_type)			\
	struct {						\
		__uint(type, BPF_MAP_TYPE_HASH);		\
		__uint(max_entries, limit);			\
		__uint(map_flags, BPF_F_NO_PREALLOC);		\
		__type(key, key_type);				\
		__type(value, struct braid_sum);		\
	} map SEC(".maps")

BRAID_SUM_MAP(braid_sum_dev, BRAID_SUM_DEV_LIMIT, struct braid_sum_key);
BRAID_SUM_MAP(braid_sum_peer, BRAID_SUM_LIMIT, struct braid_sum_key);
BRAID_SUM_MAP(braid_sum_class, BRAID_SUM_LIMIT, struct braid_name_key);
BRAID_SUM_MAP(braid_sum_pol, BRAID_SUM_LIMIT, struct braid_name_key);
#endif

#endif
