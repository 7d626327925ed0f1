/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue of what somebody else finishes in any order, and of which each comes
 * to its turn in the order in which it was added: packets that a cipher of the
 * crypto API has, since that may complete them later and in any context.
 */
#ifndef BRAID_ORDER_H
#define BRAID_ORDER_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/**
 * struct braid_turn - a place in an order; part of whatever waits there
 * @node: in the order; its lock
 * @done: it may have its turn; the order's lock
 */
struct braid_turn {
	struct list_head node;
	bool done;
};

/**
 * struct braid_order - the order
 * @lock: BH; innermost, held for a few instructions
 * @waiting: turns, oldest first; @lock
 * @serve: called for each in its turn, one at a time, without @lock, with BH
 *	off and under RCU; owns the turn from then on. Never changes
 * @serving: somebody calls @serve; @lock
 * @added: turns so far; @lock, read anywhere
 * @served: of them, how many are over; @lock, read anywhere
 * @used: there was one; @lock, read anywhere
 */
struct braid_order {
	spinlock_t lock;
	struct list_head waiting;
	void (*serve)(struct braid_turn *turn);
	bool serving;
	u32 added;
	u32 served;
	bool used;
};

void braid_order_init(struct braid_order *o,
		      void (*serve)(struct braid_turn *turn));
/* The next turn. Whoever adds for one path does so one at a time. BH off. */
void braid_order_add(struct braid_order *o, struct braid_turn *turn);
/*
 * @turn may have its turn; it and all behind it that may are served, by this
 * caller or by one that is at it. @turn may be gone on return. BH off, RCU.
 */
void braid_order_done(struct braid_order *o, struct braid_turn *turn);
/*
 * Waits until all turns that were added so far are over. Sleeps.
 * Return: true when there ever was one: who served it may still be on the last
 * instructions, so that a grace period must pass before code or memory goes.
 */
bool braid_order_settle(struct braid_order *o);

/* Turns that are not over. Advice, unless only the caller adds. */
static inline u32 braid_order_length(const struct braid_order *o)
{
	/* What was served has left: pairs with braid_order_done(). */
	u32 served = smp_load_acquire(&o->served);

	return READ_ONCE(o->added) - served;
}

#endif
