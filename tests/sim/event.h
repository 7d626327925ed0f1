/* SPDX-License-Identifier: GPL-2.0 */
/* Virtual time: a heap of events, and random numbers that a seed decides. */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include "core/types.h"

#define NSEC_PER_USEC	1000ULL
#define NSEC_PER_MSEC	1000000ULL
#define NSEC_PER_SEC	1000000000ULL

/**
 * struct event - something that will happen
 * @at_ns: when
 * @pos: where it is in the heap, plus one; 0 while it is not
 * @fn: called with @arg
 * @arg: see @fn
 */
struct event {
	u64 at_ns;
	u32 pos;
	void (*fn)(void *arg);
	void *arg;
};

/**
 * struct clock - a simulation's time and chance
 * @now_ns: virtual time
 * @heap: events, earliest first
 * @n: number of them
 * @room: size of @heap
 * @seed: state of the random numbers
 */
struct clock {
	u64 now_ns;
	struct event **heap;
	u32 n;
	u32 room;
	u64 seed;
};

void clock_init(struct clock *c, u64 seed);
void clock_fini(struct clock *c);
void event_init(struct event *e, void (*fn)(void *arg), void *arg);
/* Moves the event to @at_ns, whether it was waiting or not. */
void event_at(struct clock *c, struct event *e, u64 at_ns);
void event_stop(struct clock *c, struct event *e);
static inline bool event_waits(const struct event *e)
{
	return e->pos;
}

/* Runs until @until_ns. */
void clock_run(struct clock *c, u64 until_ns);

u64 rnd(struct clock *c);
/* Uniform below @n; 0 for 0. */
u64 rnd_below(struct clock *c, u64 n);
/* True once in a million over @ppm. */
bool rnd_ppm(struct clock *c, u32 ppm);

#endif
