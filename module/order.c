// SPDX-License-Identifier: GPL-2.0
#include "order.h"

#include <linux/sched.h>

void braid_order_init(struct braid_order *o,
		      void (*serve)(struct braid_turn *turn))
{
	spin_lock_init(&o->lock);
	INIT_LIST_HEAD(&o->waiting);
	o->serve = serve;
}

void braid_order_add(struct braid_order *o, struct braid_turn *turn)
{
	turn->done = false;
	spin_lock(&o->lock);
	list_add_tail(&turn->node, &o->waiting);
	WRITE_ONCE(o->added, o->added + 1);
	WRITE_ONCE(o->used, true);
	spin_unlock(&o->lock);
}

/* The first turn if it may have its turn, taken off; @lock. */
static struct braid_turn *braid_order_next(struct braid_order *o)
{
	struct braid_turn *turn;

	turn = list_first_entry_or_null(&o->waiting, struct braid_turn, node);
	if (!turn || !turn->done)
		return NULL;
	list_del(&turn->node);
	return turn;
}

void braid_order_done(struct braid_order *o, struct braid_turn *turn)
{
	spin_lock(&o->lock);
	turn->done = true;
	if (o->serving) {
		/* Whoever serves sees it before it leaves. */
		spin_unlock(&o->lock);
		return;
	}
	o->serving = true;
	while ((turn = braid_order_next(o))) {
		spin_unlock(&o->lock);
		o->serve(turn);
		spin_lock(&o->lock);
		/* Pairs with braid_order_length(). */
		smp_store_release(&o->served, o->served + 1);
	}
	o->serving = false;
	spin_unlock(&o->lock);
}

bool braid_order_settle(struct braid_order *o)
{
	u32 all = READ_ONCE(o->added);

	/*
	 * A cipher is done within microseconds, and only who deletes waits: not
	 * worth a wake-up on the way of every packet.
	 */
	while ((s32)(all - smp_load_acquire(&o->served)) > 0)
		schedule_timeout_uninterruptible(1);
	return READ_ONCE(o->used);
}
