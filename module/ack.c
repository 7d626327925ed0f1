// SPDX-License-Identifier: GPL-2.0
#include "ack.h"

#include <linux/slab.h>
#include <net/tcp.h>

#include "device.h"
#include "flow.h"
#include "peer.h"

/* Options of a segment that has a timestamp and nothing else. */
#define BRAID_ACK_STAMPED						\
	((TCPOPT_NOP << 24) | (TCPOPT_NOP << 16) |			\
	 (TCPOPT_TIMESTAMP << 8) | TCPOLEN_TIMESTAMP)

/**
 * struct braid_ack_seen - what a segment acknowledges
 * @ack: sequence number
 * @plain: no options but a timestamp
 */
struct braid_ack_seen {
	u32 ack;
	bool plain;
};

/* Is it a segment with ACK alone, and no payload? */
static bool braid_ack_read(const struct sk_buff *skb,
			   const struct braid_steer_ctx *ctx,
			   struct braid_ack_seen *seen)
{
	unsigned int at = braid_flow_tcp_offset(skb, ctx), len;
	struct {
		struct tcphdr th;
		__be32 option;
	} buf, *h;

	if (!at || ctx->tcp_flags != TCPHDR_ACK || skb_is_gso(skb))
		return false;
	len = min_t(unsigned int, skb->len - at, sizeof(buf));
	if (skb->len <= at || len < sizeof(struct tcphdr))
		return false;
	memset(&buf, 0, sizeof(buf));
	h = skb_header_pointer(skb, at, len, &buf);
	if (!h || at + h->th.doff * 4 != skb->len)
		return false;
	seen->ack = ntohl(h->th.ack_seq);
	seen->plain = h->th.doff == 5 ||
		      (h->th.doff == 8 &&
		       h->option == htonl(BRAID_ACK_STAMPED));
	return true;
}

/* The entry of a flow; one that is in use stays with its own. */
static struct braid_ack_flow *braid_ack_find(struct braid_acks *acks,
					     const struct braid_steer_ctx *ctx,
					     u64 now_us)
{
	struct braid_ack_flow *f = &acks->flow[ctx->hash % BRAID_ACK_FLOWS];

	if (!memcmp(&f->flow, &ctx->flow,
		    offsetofend(struct braid_flow, proto)))
		return f;
	if (f->held || now_us < f->thin.seen_us + BRAID_THIN_QUIET_US)
		return NULL;
	memset(f, 0, sizeof(*f));
	f->flow = ctx->flow;
	f->hash = ctx->hash;
	return f;
}

static struct braid_acks *braid_ack_all(struct braid_peer *peer)
{
	if (!peer->acks) {
		peer->acks = kzalloc(sizeof(*peer->acks), GFP_ATOMIC);
		if (peer->acks)
			peer->acks->due_us = BRAID_NEVER;
	}
	return peer->acks;
}

/* A later one has come; an earlier one that came late says nothing new. */
static void braid_ack_replace(struct braid_peer *peer, struct braid_ack_flow *f,
			      u32 ack)
{
	if (!f->held || !braid_thin_covers(ack, f->ack))
		return;
	consume_skb(f->held);
	f->held = NULL;
	braid_count(peer->braid, BRAID_CNT_TX_ACK_THINNED);
}

static bool braid_ack_take(struct braid_peer *peer, struct sk_buff *skb,
			   const struct braid_steer_ctx *ctx, u32 set,
			   const struct braid_ack_seen *seen)
{
	struct braid_acks *acks = braid_ack_all(peer);
	u64 now_us = braid_now_us(), until_us;
	struct braid_ack_flow *f;

	f = acks ? braid_ack_find(acks, ctx, now_us) : NULL;
	if (!f)
		return false;
	until_us = braid_thin_ack(&f->thin, seen->ack, seen->plain,
				  peer->ack_gap_us, now_us);
	braid_ack_replace(peer, f, seen->ack);
	if (!until_us || f->held || peer->dead)
		return false;
	f->held = skb;
	f->ack = seen->ack;
	f->set = set;
	f->due_us = until_us;
	acks->due_us = min(acks->due_us, until_us);
	return true;
}

bool braid_ack_hold(struct braid_peer *peer, struct sk_buff *skb,
		    const struct braid_steer_ctx *ctx, u32 set)
{
	struct braid_ack_seen seen;
	bool held;

	if (!READ_ONCE(peer->ack_gap_us) || !braid_ack_read(skb, ctx, &seen))
		return false;
	spin_lock(&peer->lock);
	held = braid_ack_take(peer, skb, ctx, set, &seen);
	spin_unlock(&peer->lock);
	return held;
}

void braid_ack_flush(struct braid_peer *peer, u64 now_us)
{
	struct braid_acks *acks = peer->acks;
	struct braid_ack_flow *f;

	lockdep_assert_held(&peer->lock);
	if (!acks || now_us < acks->due_us)
		return;
	acks->due_us = BRAID_NEVER;
	for (f = acks->flow; f < acks->flow + BRAID_ACK_FLOWS; f++) {
		if (!f->held)
			continue;
		if (now_us < f->due_us) {
			acks->due_us = min(acks->due_us, f->due_us);
			continue;
		}
		f->thin.passed_us = now_us;
		braid_queue_add(peer, f->held, f->set, f->hash);
		f->held = NULL;
	}
}

u64 braid_ack_due_ns(const struct braid_peer *peer)
{
	lockdep_assert_held(&peer->lock);
	if (!peer->acks || peer->acks->due_us == BRAID_NEVER)
		return BRAID_NEVER;
	return peer->acks->due_us * NSEC_PER_USEC;
}

void braid_ack_tune(struct braid_peer *peer)
{
	u32 shortest = U32_MAX, longest = 0, rtt;
	struct braid_path *path;
	int i;

	lockdep_assert_held(&peer->lock);
	braid_for_each_slot(peer, path, i) {
		rtt = path->rtt.min_us;
		if (!braid_path_up(path) || braid_is_standby(path) || !rtt)
			continue;
		shortest = min(shortest, rtt);
		longest = max(longest, rtt);
	}
	WRITE_ONCE(peer->ack_gap_us,
		   longest ? braid_thin_gap(shortest, longest) : 0);
}

void braid_ack_drop(struct braid_peer *peer, enum braid_counter why)
{
	struct braid_acks *acks = peer->acks;
	struct braid_ack_flow *f;

	if (!acks)
		return;
	for (f = acks->flow; f < acks->flow + BRAID_ACK_FLOWS; f++) {
		if (f->held)
			braid_drop(peer->braid, f->held, why);
		f->held = NULL;
	}
	acks->due_us = BRAID_NEVER;
}

void braid_ack_purge(struct braid_peer *peer)
{
	braid_ack_drop(peer, BRAID_CNT_DROP_TX_GONE);
	kfree(peer->acks);
	peer->acks = NULL;
}
