/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The arithmetic of flow entries: keys and rates. For policies and for
 * userspace, whose unit tests run it.
 */
#ifndef BRAID_METER_H
#define BRAID_METER_H

#include <linux/braid_steer.h>

#include "braid_maps.h"
#include "tcp.h"

#define BRAID_PROTO_ICMP	1
#define BRAID_PROTO_TCP		6
#define BRAID_PROTO_UDP		17
#define BRAID_PROTO_DCCP	33
#define BRAID_PROTO_ICMPV6	58
#define BRAID_PROTO_SCTP	132

#define BRAID_NSEC_PER_USEC	1000ULL
#define BRAID_NSEC_PER_MSEC	1000000ULL
#define BRAID_NSEC_PER_SEC	1000000000ULL

/* Rates are measured over windows of at least this length, and smoothed. */
#define BRAID_RATE_WINDOW_NS	(100 * BRAID_NSEC_PER_MSEC)
#define BRAID_RATE_SMOOTH_US	300000ULL

static inline __u16 braid_port(__be16 port)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap16(port);
#else
	return port;
#endif
}

/* Slots that serve where nothing else is asked for, as the module's AUTO has them. */
static inline __u32 braid_all_slots(const struct braid_steer_ctx *pkt)
{
	__u32 set = pkt->peer.usable & ~pkt->peer.standby;

	return set ? set : pkt->peer.usable;
}

/* The entry of a packet: seen from our side, whichever way the packet goes. */
static inline void braid_flow_key(struct braid_flow_key *key,
				  const struct braid_peer_ctx *peer,
				  const struct braid_flow *flow, int direction)
{
	int in = direction == BRAID_IN;
	__be32 word;
	int i;

	__builtin_memset(key, 0, sizeof(*key));
	key->netns = peer->netns_cookie;
	key->ifindex = peer->ifindex;
	key->peer = peer->id;
#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		word = in ? flow->daddr[i] : flow->saddr[i];
		__builtin_memcpy(key->near + 4 * i, &word, sizeof(word));
		word = in ? flow->saddr[i] : flow->daddr[i];
		__builtin_memcpy(key->far + 4 * i, &word, sizeof(word));
	}
	key->near_port = braid_port(in ? flow->dport : flow->sport);
	key->far_port = braid_port(in ? flow->sport : flow->dport);
	key->family = flow->family;
	key->proto = flow->proto;
}

/* Adds @bytes in @us to a smoothed rate; a long silence wipes out the past. */
static inline __u64 braid_rate_smooth(__u64 rate, __u64 bytes, __u64 us)
{
	if (us >= 4 * BRAID_RATE_SMOOTH_US)
		return bytes * 1000000 / us;
	return (rate * BRAID_RATE_SMOOTH_US + bytes * 1000000) /
	       (BRAID_RATE_SMOOTH_US + us);
}

static inline __u64 braid_rate_peak(__u64 peak, __u64 bytes, __u64 us)
{
	__u64 rate = bytes * 1000000 / us;

	return rate > peak ? rate : peak;
}

/*
 * Closes the measuring window when it is over. One CPU gets to close it.
 * Return: when the closed window had begun, 0 if it goes on.
 */
static inline __u64 braid_flow_rates(struct braid_flow_value *v, __u64 now_ns)
{
	__u64 start = v->window_ns, out = v->out_bytes, in = v->in_bytes, us;

	if ((__s64)(now_ns - start) < (__s64)BRAID_RATE_WINDOW_NS)
		return 0;
	if (__sync_val_compare_and_swap(&v->window_ns, start, now_ns) != start)
		return 0;
	us = (now_ns - start) / BRAID_NSEC_PER_USEC;
	v->out_rate = braid_rate_smooth(v->out_rate, out - v->window_out, us);
	v->in_rate = braid_rate_smooth(v->in_rate, in - v->window_in, us);
	v->out_peak = braid_rate_peak(v->out_peak, out - v->window_out, us);
	v->in_peak = braid_rate_peak(v->in_peak, in - v->window_in, us);
	v->window_out = out;
	v->window_in = in;
	return start;
}

/* Least rate at which the flow sends just now: a fresh burst counts at once. */
static inline __u64 braid_flow_out_rate(const struct braid_flow_value *v)
{
	__u64 burst = (v->out_bytes - v->window_out) *
		      (BRAID_NSEC_PER_SEC / BRAID_RATE_WINDOW_NS);

	return burst > v->out_rate ? burst : v->out_rate;
}

static inline void braid_flow_count(struct braid_flow_value *v,
				    const struct braid_steer_ctx *pkt,
				    __u64 now_ns)
{
	if (pkt->direction == BRAID_IN) {
		__sync_fetch_and_add(&v->in_packets, 1);
		__sync_fetch_and_add(&v->in_segments, pkt->segs);
		__sync_fetch_and_add(&v->in_bytes, pkt->wire_len);
	} else {
		__sync_fetch_and_add(&v->out_packets, 1);
		__sync_fetch_and_add(&v->out_segments, pkt->segs);
		__sync_fetch_and_add(&v->out_bytes, pkt->wire_len);
	}
	v->last_ns = now_ns;
	braid_tcp_see(&v->tcp, pkt, now_ns);
}

#endif
