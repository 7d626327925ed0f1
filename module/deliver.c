// SPDX-License-Identifier: GPL-2.0
#include "deliver.h"

#include "device.h"
#include "flow.h"

/* A packet on its way up, in skb->cb until GRO takes that. */
struct braid_deliver_cb {
	u32 peer;
};

static struct braid_deliver_cb *braid_deliver_cb(struct sk_buff *skb)
{
	return (struct braid_deliver_cb *)skb->cb;
}

/*
 * Tells the policy. The peer may be gone by now, so the context has its number
 * and no paths.
 */
static void braid_deliver_tell(struct sk_buff *skb)
{
	struct braid_device *braid = netdev_priv(skb->dev);
	struct braid_steer_ctx ctx;

	if (!braid_steer_wants_received(&braid->steer))
		return;
	braid_flow_dissect(&ctx, skb, BRAID_IN);
	ctx.peer.netns_cookie = dev_net(skb->dev)->net_cookie;
	ctx.peer.ifindex = skb->dev->ifindex;
	ctx.peer.id = braid_deliver_cb(skb)->peer;
	ctx.peer.paths = NULL;
	braid_steer_received(&braid->steer, &ctx);
}

static int braid_deliver_poll(struct napi_struct *napi, int budget)
{
	struct braid_deliver_queue *q =
		container_of(napi, struct braid_deliver_queue, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget) {
		skb = skb_dequeue(&q->queue);
		if (!skb)
			break;
		dev_sw_netstats_rx_add(skb->dev, skb->len);
		braid_deliver_tell(skb);
		napi_gro_receive(napi, skb);
		done++;
	}
	if (done < budget && napi_complete_done(napi, done) &&
	    !skb_queue_empty_lockless(&q->queue))
		napi_schedule(napi);
	return done;
}

/* In hard interrupt context, on the queue's CPU. */
static void braid_deliver_kicked(void *arg)
{
	struct braid_deliver_queue *q = arg;

	napi_schedule(&q->napi);
	clear_bit_unlock(0, &q->kicked);
	/* Before the poll looks: pairs with the test of the bit. */
	smp_mb__after_atomic();
}

/*
 * Has @q emptied on the CPU where it is emptied anyway. BH disabled.
 *
 * A poll that is under way looks at the queue once more after it is complete,
 * and a kick that is under way has its poll still before it.
 */
static void braid_deliver_wake(struct braid_deliver_queue *q, unsigned int cpu)
{
	if (cpu == smp_processor_id()) {
		napi_schedule(&q->napi);
		return;
	}
	/* What was queued must be seen by whoever is seen to be at work. */
	smp_mb();
	if (test_bit(NAPI_STATE_SCHED, &q->napi.state) ||
	    test_and_set_bit(0, &q->kicked))
		return;
	/* The CPU may have gone: packets matter more than their order. */
	if (smp_call_function_single_async(cpu, &q->kick)) {
		clear_bit(0, &q->kicked);
		napi_schedule(&q->napi);
	}
}

int braid_deliver_init(struct braid_device *braid)
{
	struct braid_deliver *d = &braid->deliver;
	unsigned int i;

	d->n = min(num_possible_cpus(), 8U);
	d->queue = kcalloc(d->n, sizeof(*d->queue), GFP_KERNEL);
	if (!d->queue)
		return -ENOMEM;
	for (i = 0; i < d->n; i++) {
		skb_queue_head_init(&d->queue[i].queue);
		INIT_CSD(&d->queue[i].kick, braid_deliver_kicked,
			 &d->queue[i]);
		netif_napi_add(braid->dev, &d->queue[i].napi,
			       braid_deliver_poll);
	}
	return 0;
}

void braid_deliver_fini(struct braid_device *braid)
{
	struct braid_deliver *d = &braid->deliver;
	unsigned int i;

	if (!d->queue)
		return;
	for (i = 0; i < d->n; i++) {
		netif_napi_del(&d->queue[i].napi);
		skb_queue_purge(&d->queue[i].queue);
	}
	kfree(d->queue);
	d->queue = NULL;
}

void braid_deliver_open(struct braid_device *braid)
{
	struct braid_deliver *d = &braid->deliver;
	unsigned int i;

	for (i = 0; i < d->n; i++)
		napi_enable(&d->queue[i].napi);
	WRITE_ONCE(d->open, true);
}

void braid_deliver_stop(struct braid_device *braid)
{
	struct braid_deliver *d = &braid->deliver;
	unsigned int i;

	WRITE_ONCE(d->open, false);
	/* Whoever saw it open has queued its packets after this. */
	synchronize_net();
	for (i = 0; i < d->n; i++) {
		/* An interrupt that was sent: a matter of microseconds. */
		while (test_bit_acquire(0, &d->queue[i].kicked))
			cpu_relax();
		napi_disable(&d->queue[i].napi);
		skb_queue_purge(&d->queue[i].queue);
	}
}

static void braid_deliver_refuse(struct braid_device *braid,
				 struct sk_buff_head *list,
				 enum braid_counter why)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(list)))
		braid_drop(braid, skb, why);
}

void braid_deliver(struct braid_device *braid, u32 peer,
		   struct sk_buff_head *list)
{
	struct braid_deliver *d = &braid->deliver;
	struct braid_deliver_queue *q = &d->queue[peer % d->n];
	struct sk_buff *skb;
	unsigned int cpu;

	skb_queue_walk(list, skb)
		braid_deliver_cb(skb)->peer = peer;
	rcu_read_lock();
	if (!READ_ONCE(d->open)) {
		braid_deliver_refuse(braid, list, BRAID_CNT_DROP_RX_DOWN);
		goto out;
	}
	if (skb_queue_len_lockless(&q->queue) > BRAID_DELIVER_MAX) {
		braid_deliver_refuse(braid, list, BRAID_CNT_DROP_RX_QUEUE);
		goto out;
	}
	spin_lock(&q->queue.lock);
	if (time_after(jiffies, q->used + BRAID_DELIVER_REST))
		q->cpu = smp_processor_id();
	q->used = jiffies;
	cpu = q->cpu;
	skb_queue_splice_tail_init(list, &q->queue);
	spin_unlock(&q->queue.lock);
	braid_deliver_wake(q, cpu);
out:
	rcu_read_unlock();
}
