// SPDX-License-Identifier: GPL-2.0
#include "timer.h"

#include <stddef.h>

/* Two heaps become one: the later one is the other's first child. */
static struct bd_timer *meld(struct bd_timer *a, struct bd_timer *b)
{
	struct bd_timer *swap;

	if (!a || !b)
		return a ? a : b;
	if (b->at < a->at) {
		swap = a;
		a = b;
		b = swap;
	}
	b->next = a->child;
	if (b->next)
		b->next->prev = b;
	b->prev = a;
	a->child = b;
	return a;
}

/* Siblings become one heap: in pairs from the left, then all from the right. */
static struct bd_timer *meld_all(struct bd_timer *first)
{
	struct bd_timer *pairs = NULL, *all = NULL, *a, *b;

	while (first) {
		a = first;
		b = a->next;
		first = b ? b->next : NULL;
		a->next = NULL;
		a->prev = NULL;
		if (b) {
			b->next = NULL;
			b->prev = NULL;
		}
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		a = pairs;
		pairs = a->next;
		a->next = NULL;
		all = meld(all, a);
	}
	return all;
}

void bd_timer_init(struct bd_timer *timer,
		   void (*fn)(struct bd_timer *timer, uint64_t now))
{
	*timer = (struct bd_timer){ .at = BD_NEVER, .fn = fn };
}

void bd_timer_stop(struct bd_timers *timers, struct bd_timer *timer)
{
	if (timer->at == BD_NEVER)
		return;
	if (timer == timers->first) {
		timers->first = meld_all(timer->child);
	} else {
		if (timer->prev->child == timer)
			timer->prev->child = timer->next;
		else
			timer->prev->next = timer->next;
		if (timer->next)
			timer->next->prev = timer->prev;
		timers->first = meld(timers->first, meld_all(timer->child));
	}
	bd_timer_init(timer, timer->fn);
}

void bd_timer_set(struct bd_timers *timers, struct bd_timer *timer, uint64_t at)
{
	bd_timer_stop(timers, timer);
	/* this far away is never, which would not be in the heap */
	timer->at = at < BD_NEVER ? at : BD_NEVER - 1;
	timers->first = meld(timers->first, timer);
}

uint64_t bd_timers_next(const struct bd_timers *timers)
{
	return timers->first ? timers->first->at : BD_NEVER;
}

void bd_timers_run(struct bd_timers *timers, uint64_t now)
{
	struct bd_timer *timer;

	while ((timer = timers->first) && timer->at <= now) {
		bd_timer_stop(timers, timer);
		timer->fn(timer, now);
	}
}
