// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "event.h"

void clock_init(struct clock *c, u64 seed)
{
	memset(c, 0, sizeof(*c));
	c->seed = seed * 0x9e3779b97f4a7c15ULL + 1;
	c->room = 64;
	c->heap = calloc(c->room, sizeof(*c->heap));
	if (!c->heap)
		abort();
}

void clock_fini(struct clock *c)
{
	free(c->heap);
}

void event_init(struct event *e, void (*fn)(void *arg), void *arg)
{
	memset(e, 0, sizeof(*e));
	e->fn = fn;
	e->arg = arg;
}

static void put(struct clock *c, u32 i, struct event *e)
{
	c->heap[i] = e;
	e->pos = i + 1;
}

static void up(struct clock *c, u32 i, struct event *e)
{
	while (i) {
		u32 parent = (i - 1) / 2;

		if (c->heap[parent]->at_ns <= e->at_ns)
			break;
		put(c, i, c->heap[parent]);
		i = parent;
	}
	put(c, i, e);
}

static void down(struct clock *c, u32 i, struct event *e)
{
	for (;;) {
		u32 child = 2 * i + 1;

		if (child >= c->n)
			break;
		if (child + 1 < c->n &&
		    c->heap[child + 1]->at_ns < c->heap[child]->at_ns)
			child++;
		if (e->at_ns <= c->heap[child]->at_ns)
			break;
		put(c, i, c->heap[child]);
		i = child;
	}
	put(c, i, e);
}

static void grow(struct clock *c)
{
	if (c->n < c->room)
		return;
	c->room *= 2;
	c->heap = realloc(c->heap, c->room * sizeof(*c->heap));
	if (!c->heap)
		abort();
}

void event_at(struct clock *c, struct event *e, u64 at_ns)
{
	u64 before = e->at_ns;

	if (at_ns < c->now_ns)
		at_ns = c->now_ns;
	e->at_ns = at_ns;
	if (!e->pos) {
		grow(c);
		c->n++;
		up(c, c->n - 1, e);
	} else if (at_ns < before) {
		up(c, e->pos - 1, e);
	} else if (at_ns > before) {
		down(c, e->pos - 1, e);
	}
}

void event_stop(struct clock *c, struct event *e)
{
	struct event *last;
	u32 i;

	if (!e->pos)
		return;
	i = e->pos - 1;
	e->pos = 0;
	last = c->heap[--c->n];
	if (last == e)
		return;
	if (last->at_ns < e->at_ns)
		up(c, i, last);
	else
		down(c, i, last);
}

void clock_run(struct clock *c, u64 until_ns)
{
	while (c->n && c->heap[0]->at_ns <= until_ns) {
		struct event *e = c->heap[0];

		event_stop(c, e);
		c->now_ns = e->at_ns;
		e->fn(e->arg);
	}
	c->now_ns = until_ns;
}

/* splitmix64 (Steele, Lea, Flood). */
u64 rnd(struct clock *c)
{
	u64 z = c->seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

u64 rnd_below(struct clock *c, u64 n)
{
	return n ? rnd(c) % n : 0;
}

bool rnd_ppm(struct clock *c, u32 ppm)
{
	return ppm && rnd_below(c, 1000000) < ppm;
}
