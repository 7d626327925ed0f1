// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>

#include "fairq.h"

static __thread struct inner *spare;

struct inner *inner_new(void)
{
	struct inner *in = spare;

	if (in)
		spare = in->next;
	else
		in = malloc(sizeof(*in));
	if (!in)
		abort();
	memset(in, 0, sizeof(*in));
	in->refs = 1;
	return in;
}

void inner_put(struct inner *in)
{
	if (--in->refs)
		return;
	in->next = spare;
	spare = in;
}

void fairq_init(struct fairq *q)
{
	memset(q, 0, sizeof(*q));
	q->target_ns = 5 * NSEC_PER_MSEC;
	q->interval_ns = 100 * NSEC_PER_MSEC;
}

static struct inner *take(struct fairq *q, struct fairq_flow *f)
{
	struct inner *in = f->head;

	if (!in)
		return NULL;
	f->head = in->next;
	if (!f->head)
		f->tail = NULL;
	q->n--;
	in->next = NULL;
	return in;
}

void fairq_fini(struct fairq *q)
{
	struct inner *in;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(q->flow); i++)
		while ((in = take(q, &q->flow[i])))
			inner_put(in);
}

static void list_push(struct fairq_list *l, struct fairq_flow *f)
{
	f->next = NULL;
	if (l->tail)
		l->tail->next = f;
	else
		l->head = f;
	l->tail = f;
}

static void list_pop(struct fairq_list *l)
{
	l->head = l->head->next;
	if (!l->head)
		l->tail = NULL;
}

void fairq_add(struct fairq *q, struct inner *in, u64 now_ns)
{
	struct fairq_flow *f = &q->flow[in->flow + in->ack * SIM_FLOWS];

	if (q->n >= FAIRQ_LIMIT) {
		q->tail_drops++;
		inner_put(in);
		return;
	}
	in->next = NULL;
	in->queued_ns = now_ns;
	if (f->tail)
		f->tail->next = in;
	else
		f->head = in;
	f->tail = in;
	q->n++;
	if (!f->listed) {
		f->listed = true;
		f->deficit = FAIRQ_QUANTUM;
		list_push(&q->fresh, f);
	}
}

/* Has the sojourn time been above the target for an interval? */
static bool too_long(struct fairq *q, struct fairq_flow *f, struct inner *in,
		     u64 now_ns)
{
	if (!in || now_ns - in->queued_ns < q->target_ns || !f->head) {
		f->above_ns = 0;
		return false;
	}
	if (!f->above_ns) {
		f->above_ns = now_ns + q->interval_ns;
		return false;
	}
	return now_ns >= f->above_ns;
}

static u64 control_law(const struct fairq *q, u64 t, u32 count)
{
	return t + (u64)(q->interval_ns / sqrt(count));
}

static struct inner *drop(struct fairq *q, struct fairq_flow *f,
			  struct inner *in)
{
	q->codel_drops++;
	inner_put(in);
	return take(q, f);
}

static struct inner *codel(struct fairq *q, struct fairq_flow *f, u64 now_ns)
{
	struct inner *in = take(q, f);
	bool bad = too_long(q, f, in, now_ns);

	if (f->dropping) {
		if (!bad)
			f->dropping = false;
		while (f->dropping && now_ns >= f->drop_ns) {
			f->count++;
			in = drop(q, f, in);
			if (!too_long(q, f, in, now_ns))
				f->dropping = false;
			else
				f->drop_ns = control_law(q, f->drop_ns,
							 f->count);
		}
	} else if (bad) {
		u32 delta = f->count - f->last_count;

		in = drop(q, f, in);
		too_long(q, f, in, now_ns);
		f->dropping = true;
		f->count = 1;
		if (delta > 1 && now_ns - f->drop_ns < 16 * q->interval_ns)
			f->count = delta;
		f->last_count = f->count;
		f->drop_ns = control_law(q, now_ns, f->count);
	}
	return in;
}

struct inner *fairq_next(struct fairq *q, u64 now_ns)
{
	struct fairq_list *l;
	struct fairq_flow *f;
	struct inner *in;

	for (;;) {
		l = q->fresh.head ? &q->fresh : &q->old;
		f = l->head;
		if (!f)
			return NULL;
		if (f->deficit <= 0) {
			f->deficit += FAIRQ_QUANTUM;
			list_pop(l);
			list_push(&q->old, f);
			continue;
		}
		in = codel(q, f, now_ns);
		if (in) {
			f->deficit -= in->size;
			return in;
		}
		list_pop(l);
		if (l == &q->fresh && q->old.head)
			list_push(&q->old, f);
		else
			f->listed = false;
	}
}
