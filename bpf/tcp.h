/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a gateway sees of a TCP connection in passing (RFC 9293): the round trips of
 * its handshake, to either side; what is sent again; what is acknowledged. For
 * policies and for userspace, whose unit tests run it.
 *
 * Nothing here is exact to the byte, and need not be: a segment that is partly new
 * counts as new, and one that was overtaken on its way here as sent again.
 */
#ifndef BRAID_TCP_H
#define BRAID_TCP_H

#include <linux/braid_steer.h>

#include "braid_maps.h"

#define BRAID_TCP_FLAG_SYN	0x02
#define BRAID_TCP_FLAG_RST	0x04
#define BRAID_TCP_FLAG_ACK	0x10

/* @a is behind @b, as sequence numbers are */
static inline int braid_tcp_behind(__u32 a, __u32 b)
{
	return (__s32)(a - b) > 0;
}

/* The handshake's message that this one answers has come back. */
static inline void braid_tcp_round(struct braid_flow_tcp *t, int in, __u64 now_ns)
{
	__u32 us = (now_ns - t->waits_ns) / 1000;

	if (!t->waits_ns)
		return;
	if (in)
		t->far_rtt_us = us;
	else
		t->near_rtt_us = us;
}

/*
 * One that is sent again makes its round trip unknown, as its answer may be to
 * either (Karn and Partridge, SIGCOMM 1987).
 */
static inline void braid_tcp_syn(struct braid_flow_tcp *t, __u32 next, int in,
				 __u64 now_ns)
{
	__u32 opener = in ? BRAID_TCP_SYN_IN : BRAID_TCP_SYN_OUT;
	__u32 had = in ? t->in_next : t->out_next;

	if (t->seen & opener && had == next) {
		t->waits_ns = 0;
		return;
	}
	/* also the next connection between the same ports */
	t->seen = opener | (in ? BRAID_TCP_IN : BRAID_TCP_OUT);
	t->near_rtt_us = 0;
	t->far_rtt_us = 0;
	t->futile = 0;
	t->waits_ns = now_ns;
}

static inline void braid_tcp_syn_ack(struct braid_flow_tcp *t, int in,
				     __u64 now_ns)
{
	if (!(t->seen & (in ? BRAID_TCP_SYN_OUT : BRAID_TCP_SYN_IN)))
		return;
	if (t->seen & BRAID_TCP_SYN_ACK) {
		t->waits_ns = 0;
		return;
	}
	braid_tcp_round(t, in, now_ns);
	t->seen |= BRAID_TCP_SYN_ACK | (in ? BRAID_TCP_IN : BRAID_TCP_OUT);
	t->waits_ns = now_ns;
}

static inline void braid_tcp_open(struct braid_flow_tcp *t,
				  const struct braid_steer_ctx *pkt, int in,
				  __u64 now_ns)
{
	__u32 next = pkt->tcp_seq + 1 + pkt->tcp_payload;

	if (pkt->tcp_flags & BRAID_TCP_FLAG_ACK)
		braid_tcp_syn_ack(t, in, now_ns);
	else
		braid_tcp_syn(t, next, in, now_ns);
	if (in)
		t->in_next = next;
	else
		t->out_next = next;
}

/* Data that our side sends. */
static inline void braid_tcp_out(struct braid_flow_tcp *t,
				 const struct braid_steer_ctx *pkt)
{
	__u32 end = pkt->tcp_seq + pkt->tcp_payload;

	if (!(t->seen & BRAID_TCP_OUT) || braid_tcp_behind(end, t->out_next)) {
		t->out_next = end;
		t->seen |= BRAID_TCP_OUT;
		return;
	}
	__sync_fetch_and_add(&t->out_again, pkt->segs);
	t->futile += pkt->segs;
}

static inline void braid_tcp_in(struct braid_flow_tcp *t,
				const struct braid_steer_ctx *pkt)
{
	__u32 end = pkt->tcp_seq + pkt->tcp_payload;

	if (!(t->seen & BRAID_TCP_IN) || braid_tcp_behind(end, t->in_next)) {
		t->in_next = end;
		t->seen |= BRAID_TCP_IN;
		return;
	}
	__sync_fetch_and_add(&t->in_again, pkt->segs);
}

/* What the far side says to have of ours. */
static inline void braid_tcp_ack(struct braid_flow_tcp *t, __u32 ack,
				 __u64 now_ns)
{
	int first = !(t->seen & BRAID_TCP_ACKED);

	if (!first && !braid_tcp_behind(ack, t->out_acked))
		return;
	if (!first)
		__sync_fetch_and_add(&t->acked, ack - t->out_acked);
	t->seen |= BRAID_TCP_ACKED;
	t->out_acked = ack;
	t->acked_ns = now_ns;
	t->futile = 0;
}

/*
 * A packet of the connection passes. Each direction is on one CPU as a rule; what is
 * lost when both write @seen at once is learned again with the next packet.
 */
static inline void braid_tcp_see(struct braid_flow_tcp *t,
				 const struct braid_steer_ctx *pkt, __u64 now_ns)
{
	int in = pkt->direction == BRAID_IN;
	__u8 flags = pkt->tcp_flags;

	if (!flags || flags & BRAID_TCP_FLAG_RST)
		return;
	if (flags & BRAID_TCP_FLAG_SYN) {
		braid_tcp_open(t, pkt, in, now_ns);
		return;
	}
	if (t->seen & BRAID_TCP_SYN_ACK &&
	    t->seen & (in ? BRAID_TCP_SYN_IN : BRAID_TCP_SYN_OUT)) {
		braid_tcp_round(t, in, now_ns);
		t->seen &= ~BRAID_TCP_SYN_ACK;
		t->waits_ns = 0;
	}
	if (pkt->tcp_payload && in)
		braid_tcp_in(t, pkt);
	else if (pkt->tcp_payload)
		braid_tcp_out(t, pkt);
	if (in && flags & BRAID_TCP_FLAG_ACK)
		braid_tcp_ack(t, pkt->tcp_ack, now_ns);
}

#endif
