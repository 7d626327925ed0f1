/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a policy sees of braid, and what it answers. The same file in three
 * worlds: policies (clang -target bpf), the module, and userspace (tests).
 * A policy reads the structs through CO-RE, so that it keeps working when a
 * later module has more in them.
 *
 * Documentation/writing-a-policy.md leads through it.
 */
#ifndef _UAPI_LINUX_BRAID_STEER_H
#define _UAPI_LINUX_BRAID_STEER_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* Length of a policy's name, final NUL included. */
#define BRAID_POLICY_NAME	32

/* Most paths of one peer; a slot is a position in this range. */
#ifndef BRAID_MAX_SLOTS
#define BRAID_MAX_SLOTS 32
#endif

/*
 * A verdict: what may be done with a packet.
 *   63..56  kind
 *   55..48  flags
 *   47..32  0; the module's own
 *   31..0   set of path slots
 */
#define BRAID_KIND_AUTO		0	/* earliest arrival over all usable paths */
#define BRAID_KIND_PIN		1	/* one path, the lowest slot of the set */
#define BRAID_KIND_STRIPE	2	/* earliest arrival over the set */
#define BRAID_KIND_COPY		3	/* every path of the set gets it */
#define BRAID_KIND_DROP		4	/* nobody gets it */

#define BRAID_UNORDERED		1	/* goes ahead, waits for nothing */
#define BRAID_NOREPAIR		2	/* not sent again when lost */
#define BRAID_WITHIN		4	/* sent again only within the set, too */

#define BRAID_VERDICT(kind, flags, set)			\
	((__u64)(kind) << 56 | (__u64)(flags) << 48 | (__u32)(set))
#define BRAID_VERDICT_KIND(v)	((__u32)((__u64)(v) >> 56))
#define BRAID_VERDICT_FLAGS(v)	((__u32)((__u64)(v) >> 48) & 0xff)
#define BRAID_VERDICT_SET(v)	((__u32)(v))

#define BRAID_AUTO		BRAID_VERDICT(BRAID_KIND_AUTO, 0, 0)
#define BRAID_PIN(slot)		BRAID_VERDICT(BRAID_KIND_PIN, 0, 1U << (slot))
#define BRAID_STRIPE(set)	BRAID_VERDICT(BRAID_KIND_STRIPE, 0, set)
#define BRAID_COPY(set)		BRAID_VERDICT(BRAID_KIND_COPY, 0, set)
#define BRAID_DROP		BRAID_VERDICT(BRAID_KIND_DROP, 0, 0)

/* braid_path_view.state and braid_event_ctx.state */
#define BRAID_STATE_COLD	0	/* not probed, not used */
#define BRAID_STATE_PROBING	1	/* no probe was answered yet */
#define BRAID_STATE_UP		2	/* proven to deliver */
#define BRAID_STATE_SUSPECT	3	/* reports are overdue */
#define BRAID_STATE_DOWN	4	/* probes stay unanswered */
#define BRAID_STATE_UNVALIDATED	5	/* made for a probe from a new address */
#define BRAID_STATE_DRAINING	6	/* sends nothing new */
#define BRAID_STATE_SPENT	7	/* its byte budget is used up */
#define BRAID_STATE_GONE	255	/* not there: just made, or deleted */

/* braid_steer_ctx.direction */
#define BRAID_OUT		0	/* into the tunnel */
#define BRAID_IN		1	/* out of the tunnel */

/* braid_steer_ctx.flags */
#define BRAID_FRAGMENT		1	/* not the first one: no ports in it */

/* Most paths that one braid_sent_ctx tells of. */
#define BRAID_SENT_PARTS	8

/*
 * A name as one number, for programs that cannot compare strings: FNV-1a, 64
 * bits. Names are the administrator's own, so that nobody makes two collide.
 */
static inline __u64 braid_name_hash(const char *name)
{
	__u64 hash = 0xcbf29ce484222325ULL;

	for (; *name; name++)
		hash = (hash ^ (__u8)*name) * 0x100000001b3ULL;
	return hash;
}

#ifdef __bpf__
#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)
#endif

struct braid_steer_paths;

/**
 * struct braid_path_view - a path as policies see it
 * @state: BRAID_STATE_*
 * @usable: 1 when it may carry data now
 * @standby: 1 when it may serve only while no other path is usable
 * @slot: its position in verdicts
 * @id: id of the path in packets
 * @cost: preference given by the user, lower is cheaper
 * @srtt_us: smoothed round-trip time, 0 before the first sample
 * @min_rtt_us: smallest recent round-trip time
 * @owd_us: one-way delay over that of the peer's quickest path
 * @jitter_us: deviation of the one-way delay
 * @queue_us: delay beyond the smallest recent one, at the link
 * @loss_ppm: lost packets per million
 * @queue_bytes: outer bytes that a packet for this path alone would wait for;
 *	what may use all paths waits behind it and does not count
 * @mtu: largest inner packet that it carries in one piece, 0 while unknown
 * @rate: estimated delivery rate, bytes per second, 0 before the first sample
 * @tx_packets: packets sent
 * @tx_bytes: bytes sent, outer IP header included
 * @name_hash: braid_name_hash() of its name
 * @delivered_packets: packets of data and probes that the peer reported
 * @lost_packets: packets of them declared lost and not reported since
 *
 * Every member is written on its own; members read together need not stem
 * from the same moment.
 */
struct braid_path_view {
	__u8 state;
	__u8 usable;
	__u8 standby;
	__u8 slot;
	__u32 id;
	__u32 cost;
	__u32 srtt_us;
	__u32 min_rtt_us;
	__u32 owd_us;
	__u32 jitter_us;
	__u32 queue_us;
	__u32 loss_ppm;
	__u32 queue_bytes;
	__u32 mtu;
	__u64 rate;
	__u64 tx_packets;
	__u64 tx_bytes;
	__u64 name_hash;
	__u64 delivered_packets;
	__u64 lost_packets;
};

/**
 * struct braid_peer_ctx - the peer that a call is about
 * @netns_cookie: cookie of the device's namespace
 * @ifindex: the braid device
 * @id: number of the peer, unique in the device's lifetime
 * @usable: slots of the paths that may carry data now, standby ones included
 * @standby: slots of the standby paths
 * @paths: for bpf_braid_path()
 *
 * First member of every context but braid_dev_ctx, so that bpf_braid_path()
 * takes any of them.
 */
struct braid_peer_ctx {
	__u64 netns_cookie;
	__u32 ifindex;
	__u32 id;
	__u32 usable;
	__u32 standby;
	struct braid_steer_paths *paths;
};

/**
 * struct braid_flow - inner addresses, protocol and ports
 * @saddr: source, network order; IPv4 in the first word, the others 0
 * @daddr: destination, likewise
 * @sport: source port, network order; 0 where the protocol has none
 * @dport: destination port, likewise
 * @family: 4 or 6
 * @proto: IP protocol after extension headers
 */
struct braid_flow {
	__be32 saddr[4];
	__be32 daddr[4];
	__be16 sport;
	__be16 dport;
	__u8 family;
	__u8 proto;
};

/**
 * struct braid_steer_ctx - a packet, before it has a path
 * @peer: where it goes, or comes from
 * @flow: its flow
 * @hash: of the flow, the same for all of its packets
 * @len: bytes, IP header included; a GSO packet counts as one
 * @wire_len: bytes of its segments, each with headers of its own
 * @segs: packets that it becomes on the wire; 1 without GSO
 * @mark: firewall mark
 * @dscp: DSCP, 0 to 63
 * @direction: BRAID_OUT or BRAID_IN
 * @tcp_flags: byte 13 of the TCP header, 0 for other protocols
 * @flags: BRAID_FRAGMENT
 * @tcp_seq: sequence number of the TCP header, host order; of a GSO packet, of its
 *	first segment; 0 for other protocols and fragments, as what follows
 * @tcp_ack: its acknowledgment number
 * @tcp_payload: bytes behind the TCP header, of all segments
 */
struct braid_steer_ctx {
	struct braid_peer_ctx peer;
	struct braid_flow flow;
	__u32 hash;
	__u32 len;
	__u32 wire_len;
	__u32 segs;
	__u32 mark;
	__u8 dscp;
	__u8 direction;
	__u8 tcp_flags;
	__u8 flags;
	__u32 tcp_seq;
	__u32 tcp_ack;
	__u32 tcp_payload;
};

/**
 * struct braid_sent_part - what one path got of a packet
 * @slot: the path
 * @segs: segments
 * @bytes: bytes of them, IP headers included, without what braid adds
 */
struct braid_sent_part {
	__u32 slot;
	__u32 segs;
	__u32 bytes;
};

/**
 * struct braid_sent_ctx - a packet, after its paths are known
 * @peer: where it went
 * @flow: its flow
 * @verdict: the verdict it was sent under
 * @repaired: segments that were sent again after a loss
 * @late: segments that were lost and too late to be sent again
 * @n_parts: entries of @part in use, the others are 0
 * @part: what each path got
 */
struct braid_sent_ctx {
	struct braid_peer_ctx peer;
	struct braid_flow flow;
	__u64 verdict;
	__u32 repaired;
	__u32 late;
	__u32 n_parts;
	struct braid_sent_part part[BRAID_SENT_PARTS];
};

/**
 * struct braid_event_ctx - a path changed, or was measured
 * @peer: whose path
 * @slot: which
 * @path_id: its id in packets
 * @old_state: before; BRAID_STATE_GONE for a new path
 * @state: now; BRAID_STATE_GONE for a deleted path
 */
struct braid_event_ctx {
	struct braid_peer_ctx peer;
	__u32 slot;
	__u32 path_id;
	__u32 old_state;
	__u32 state;
};

/**
 * struct braid_dev_ctx - a device that takes or leaves a policy
 * @netns_cookie: cookie of its namespace
 * @ifindex: its number
 */
struct braid_dev_ctx {
	__u64 netns_cookie;
	__u32 ifindex;
};

#ifdef __bpf__
#pragma clang attribute pop
#endif

/**
 * struct braid_policy - a policy: the struct_ops type
 * @steer: answers with a verdict, once per GSO packet
 * @init: a device takes the policy; anything but 0 refuses it
 * @exit: the device has left it, no other call is under way
 * @sent: the packet's paths are known
 * @received: a packet came out of the tunnel, in order
 * @path_event: a path changed its state, came or went
 * @report: a path has new measurements
 * @name: what users call it: letters, digits, "-", "_" and "."
 *
 * Only @steer and @name are required. Programs run in softirq and cannot
 * sleep. A device calls no program while it has no usable path.
 */
struct braid_policy {
	__u64 (*steer)(struct braid_steer_ctx *ctx);
	__s32 (*init)(struct braid_dev_ctx *ctx);
	void (*exit)(struct braid_dev_ctx *ctx);
	void (*sent)(struct braid_sent_ctx *ctx);
	void (*received)(struct braid_steer_ctx *ctx);
	void (*path_event)(struct braid_event_ctx *ctx);
	void (*report)(struct braid_event_ctx *ctx);
	char name[BRAID_POLICY_NAME];
};

#endif
