// SPDX-License-Identifier: GPL-2.0
#include "queue.h"

#include <linux/slab.h>
#include <linux/string.h>
#include <net/codel_impl.h>
/* Functions in headers, of which we need not all. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <net/fq_impl.h>
#pragma GCC diagnostic pop

#include "device.h"
#include "peer.h"

/* Target and interval for a set whose round-trip time is not known yet. */
#define BRAID_CODEL_RTT_US	100000
/* CoDel counts time in units of 2^CODEL_SHIFT nanoseconds. */
#define BRAID_CODEL_TIME(us)	((codel_time_t)((us) * 1000ULL >> CODEL_SHIFT))

static struct braid_tin *braid_tin_of(struct fq_tin *fq)
{
	return container_of(fq, struct braid_tin, fq);
}

static void braid_queue_free_skb(struct fq *fq, struct fq_tin *fq_tin,
				 struct fq_flow *flow, struct sk_buff *skb)
{
	struct braid_tin *tin = braid_tin_of(fq_tin);

	braid_drop(tin->braid, skb, BRAID_CNT_DROP_TX_QUEUE);
}

static void braid_queue_free_gone(struct fq *fq, struct fq_tin *fq_tin,
				  struct fq_flow *flow, struct sk_buff *skb)
{
	struct braid_tin *tin = braid_tin_of(fq_tin);

	braid_drop(tin->braid, skb, BRAID_CNT_DROP_TX_GONE);
}

static void braid_queue_free_lost(struct fq *fq, struct fq_tin *fq_tin,
				  struct fq_flow *flow, struct sk_buff *skb)
{
	struct braid_tin *tin = braid_tin_of(fq_tin);

	braid_drop(tin->braid, skb, BRAID_CNT_DROP_TX_NO_PATH);
}

int braid_queue_init(struct braid_device *braid)
{
	struct braid_queue *q = &braid->queue;
	int i, err;

	err = fq_init(&q->fq, BRAID_QUEUE_FLOWS);
	if (err)
		return err;
	q->codel = kvcalloc(q->fq.flows_cnt, sizeof(*q->codel), GFP_KERNEL);
	if (!q->codel) {
		spin_lock_bh(&q->fq.lock);
		fq_reset(&q->fq, braid_queue_free_skb);
		spin_unlock_bh(&q->fq.lock);
		return -ENOMEM;
	}
	for (i = 0; i < q->fq.flows_cnt; i++)
		codel_vars_init(&q->codel[i]);
	return 0;
}

void braid_queue_fini(struct braid_device *braid)
{
	struct braid_queue *q = &braid->queue;

	if (!q->codel)
		return;
	/* Every peer has purged its tins: only empty flows are left. */
	spin_lock_bh(&q->fq.lock);
	fq_reset(&q->fq, braid_queue_free_skb);
	spin_unlock_bh(&q->fq.lock);
	kvfree(q->codel);
	q->codel = NULL;
}

void braid_queue_tune(struct braid_tin *tin, u64 rate, u32 rtt_us, u64 now_us)
{
	u32 target_us, interval_us;

	braid_sched_codel(&tin->pipe, rate, rtt_us ?: BRAID_CODEL_RTT_US,
			  now_us, &target_us, &interval_us);
	/* Read under another lock: each is one word, any pair will do. */
	WRITE_ONCE(tin->params.target, BRAID_CODEL_TIME(target_us));
	WRITE_ONCE(tin->params.interval, BRAID_CODEL_TIME(interval_us));
}

static struct braid_tin *braid_tin_new(struct braid_peer *peer, u32 set,
				       bool copy)
{
	struct braid_tin *tin = kzalloc(sizeof(*tin), GFP_ATOMIC);

	if (!tin)
		return NULL;
	fq_tin_init(&tin->fq);
	codel_vars_init(&tin->codel_default);
	codel_params_init(&tin->params);
	codel_stats_init(&tin->stats);
	tin->params.ecn = true;
	tin->params.mtu = READ_ONCE(peer->braid->dev->mtu);
	braid_queue_tune(tin, 0, 0, 0);
	__skb_queue_head_init(&tin->segments);
	tin->peer = peer;
	tin->braid = peer->braid;
	tin->set = set;
	tin->copy = copy;
	return tin;
}

/*
 * The tin for @set: its own, a new one, one that is empty, or, when all are
 * in use, the first (AUTO): then the verdict is bent, not the packet lost.
 */
static struct braid_tin *braid_tin_get(struct braid_peer *peer, u32 set,
				       bool copy)
{
	struct braid_tin *spare = NULL;
	int i;

	for (i = 0; i < BRAID_MAX_TINS; i++) {
		struct braid_tin *tin = peer->tins[i];

		if (!tin) {
			tin = braid_tin_new(peer, i ? set : 0, i && copy);
			if (!tin)
				return NULL;
			/* Pairs with the pump, which walks without our lock. */
			smp_store_release(&peer->tins[i], tin);
		}
		if (tin->set == set && tin->copy == copy)
			return tin;
		if (i && !spare && !READ_ONCE(tin->busy) &&
		    !READ_ONCE(tin->taken))
			spare = tin;
	}
	if (!spare)
		return peer->tins[0];
	spare->set = set;
	spare->copy = copy;
	return spare;
}

/* Does what waits in @flow belong before a packet of @hash for @tin? */
static bool braid_flow_precedes(const struct fq_flow *flow,
				struct braid_tin *tin, u32 hash)
{
	struct sk_buff *last = skb_peek_tail(&flow->queue);

	return last && flow->tin != &tin->fq &&
	       braid_tin_of(flow->tin)->peer == tin->peer &&
	       braid_tx_cb(last)->hash == hash;
}

/*
 * The verdict on a flow has changed while packets wait under the old one: they
 * come along, else later ones would overtake them. From here on they have the
 * order that @cb has. What a tin has already split goes before this tin's
 * next, see braid_tin_waits(); of two such tins only the later one is known.
 */
static void braid_flow_move(struct fq *fq, struct braid_tin *tin, u32 idx,
			    const struct braid_tx_cb *cb)
{
	struct fq_flow *flow = &fq->flows[idx];
	struct braid_tin *old = braid_tin_of(flow->tin);
	struct sk_buff_head moved;
	struct sk_buff *skb;

	__skb_queue_head_init(&moved);
	while ((skb = fq_flow_dequeue(fq, flow)))
		__skb_queue_tail(&moved, skb);
	list_del_init(&flow->flowchain);
	flow->tin = NULL;
	if (!old->fq.backlog_packets)
		WRITE_ONCE(old->busy, false);
	if (READ_ONCE(old->taken))
		WRITE_ONCE(tin->after, old);
	while ((skb = __skb_dequeue(&moved))) {
		braid_tx_cb(skb)->lane = cb->lane;
		braid_tx_cb(skb)->kind = cb->kind;
		braid_tx_cb(skb)->flags = cb->flags;
		braid_tx_cb(skb)->set = cb->set;
		fq_tin_enqueue(fq, &tin->fq, idx, skb, braid_queue_free_skb);
	}
}

bool braid_tin_waits(struct braid_tin *tin)
{
	struct braid_tin *old = READ_ONCE(tin->after);

	lockdep_assert_held(&tin->peer->lock);
	if (!old)
		return false;
	if (!skb_queue_empty(&old->segments))
		return true;
	/* Unless another flow has come meanwhile, from another tin. */
	cmpxchg(&tin->after, old, NULL);
	return false;
}

bool braid_queue_add(struct braid_peer *peer, struct sk_buff *skb, u32 set,
		     u32 hash)
{
	struct fq *fq = &peer->braid->queue.fq;
	u32 idx = reciprocal_scale(hash, fq->flows_cnt);
	struct braid_tx_cb *cb = braid_tx_cb(skb);
	struct braid_tin *tin;

	cb->codel_us = codel_get_time();
	cb->hash = hash;
	spin_lock(&fq->lock);
	tin = braid_tin_get(peer, set, cb->kind == BRAID_KIND_COPY);
	if (tin) {
		WRITE_ONCE(tin->busy, true);
		if (cb->lane != BRAID_LANE_NONE &&
		    braid_flow_precedes(&fq->flows[idx], tin, hash))
			braid_flow_move(fq, tin, idx, cb);
		fq_tin_enqueue(fq, &tin->fq, idx, skb, braid_queue_free_skb);
	}
	spin_unlock(&fq->lock);
	if (!tin)
		braid_drop(peer->braid, skb, BRAID_CNT_DROP_TX_MEMORY);
	return tin;
}

/* What CoDel's callbacks need to find their way. */
struct braid_codel_ctx {
	struct fq *fq;
	struct braid_tin *tin;
	struct fq_flow *flow;
};

static u32 braid_codel_len(const struct sk_buff *skb)
{
	return skb->len;
}

static codel_time_t braid_codel_time(const struct sk_buff *skb)
{
	return ((const struct braid_tx_cb *)skb->cb)->codel_us;
}

static void braid_codel_drop(struct sk_buff *skb, void *ctx)
{
	struct braid_codel_ctx *c = ctx;

	braid_drop(c->tin->braid, skb, BRAID_CNT_DROP_TX_CODEL);
}

static struct sk_buff *braid_codel_take(struct codel_vars *vars, void *ctx)
{
	struct braid_codel_ctx *c = ctx;

	return fq_flow_dequeue(c->fq, c->flow);
}

static struct sk_buff *braid_queue_take(struct fq *fq, struct fq_tin *fq_tin,
					struct fq_flow *flow)
{
	struct braid_tin *tin = braid_tin_of(fq_tin);
	struct braid_queue *q = container_of(fq, struct braid_queue, fq);
	struct braid_codel_ctx ctx = { .fq = fq, .tin = tin, .flow = flow };
	struct codel_vars *vars = &tin->codel_default;

	if (flow != &fq_tin->default_flow)
		vars = &q->codel[flow - fq->flows];
	return codel_dequeue(&ctx, &flow->backlog, &tin->params, vars,
			     &tin->stats, braid_codel_len, braid_codel_time,
			     braid_codel_drop, braid_codel_take);
}

struct sk_buff *braid_queue_next(struct braid_tin *tin)
{
	struct fq *fq = &tin->braid->queue.fq;
	struct sk_buff *skb;

	if (!READ_ONCE(tin->busy))
		return NULL;
	spin_lock(&fq->lock);
	skb = fq_tin_dequeue(fq, &tin->fq, braid_queue_take);
	if (skb)
		WRITE_ONCE(tin->taken, true);
	if (!tin->fq.backlog_packets)
		WRITE_ONCE(tin->busy, false);
	spin_unlock(&fq->lock);
	return skb;
}

void braid_queue_lose(struct braid_peer *peer)
{
	struct fq *fq = &peer->braid->queue.fq;
	int i;

	lockdep_assert_held(&peer->lock);
	for (i = 0; i < BRAID_MAX_TINS; i++) {
		/* Pairs with braid_tin_get(). */
		struct braid_tin *tin = smp_load_acquire(&peer->tins[i]);

		if (!tin)
			continue;
		spin_lock(&fq->lock);
		fq_tin_reset(fq, &tin->fq, braid_queue_free_lost);
		WRITE_ONCE(tin->busy, false);
		spin_unlock(&fq->lock);
		braid_drop_all(tin->braid, &tin->segments,
			       BRAID_CNT_DROP_TX_NO_PATH);
		/* Last: from here on it may be given to another set. */
		WRITE_ONCE(tin->taken, false);
	}
}

void braid_queue_purge(struct braid_peer *peer)
{
	struct fq *fq = &peer->braid->queue.fq;
	int i;

	for (i = 0; i < BRAID_MAX_TINS; i++) {
		struct braid_tin *tin = peer->tins[i];

		if (!tin)
			continue;
		spin_lock_bh(&fq->lock);
		fq_tin_reset(fq, &tin->fq, braid_queue_free_gone);
		spin_unlock_bh(&fq->lock);
		braid_drop_all(tin->braid, &tin->segments,
			       BRAID_CNT_DROP_TX_GONE);
		kfree(tin);
		peer->tins[i] = NULL;
	}
}

u32 braid_queue_bytes(struct braid_peer *peer, u32 set)
{
	u32 n = 0;
	int i;

	for (i = 0; i < BRAID_MAX_TINS; i++) {
		/* Pairs with braid_tin_get(). */
		struct braid_tin *tin = smp_load_acquire(&peer->tins[i]);

		if (tin && READ_ONCE(tin->set) == set)
			n += READ_ONCE(tin->fq.backlog_bytes);
	}
	return n;
}

u32 braid_queue_packets(struct braid_peer *peer)
{
	u32 n = 0;
	int i;

	for (i = 0; i < BRAID_MAX_TINS; i++) {
		/* Pairs with braid_tin_get(). */
		struct braid_tin *tin = smp_load_acquire(&peer->tins[i]);

		if (tin)
			n += READ_ONCE(tin->fq.backlog_packets);
	}
	return n;
}
