/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timers without a clock: whoever has one asks when the next is due, and runs
 * them then. A pairing heap, so that thousands cost little.
 */
#ifndef BD_TIMER_H
#define BD_TIMER_H

#include <stdint.h>

#define BD_NEVER	UINT64_MAX

/**
 * struct bd_timer - something to do at a time
 * @at: when, in milliseconds; BD_NEVER while it is not set
 * @fn: what; it may set the timer again or free it
 * @child: first of those that come later
 * @next: its next sibling
 * @prev: its previous sibling, or its parent for the first child
 *
 * All zero but @fn and @at to begin with: bd_timer_init().
 */
struct bd_timer {
	uint64_t at;
	void (*fn)(struct bd_timer *timer, uint64_t now);
	struct bd_timer *child;
	struct bd_timer *next;
	struct bd_timer *prev;
};

struct bd_timers {
	struct bd_timer *first;
};

void bd_timer_init(struct bd_timer *timer,
		   void (*fn)(struct bd_timer *timer, uint64_t now));
void bd_timer_set(struct bd_timers *timers, struct bd_timer *timer,
		  uint64_t at);
void bd_timer_stop(struct bd_timers *timers, struct bd_timer *timer);

/* When bd_timers_run() has something to do; BD_NEVER for never. */
uint64_t bd_timers_next(const struct bd_timers *timers);
/* Runs all that are due. */
void bd_timers_run(struct bd_timers *timers, uint64_t now);

#endif
