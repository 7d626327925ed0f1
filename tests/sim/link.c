// SPDX-License-Identifier: GPL-2.0
#include "link.h"

#define SLOT_MIN_US	1000
#define SLOT_MAX_US	20000

static void arrive(void *arg)
{
	struct link *l = arg;
	struct packet *p = l->head;

	l->head = p->next;
	if (!l->head)
		l->tail = NULL;
	else
		event_at(l->clock, &l->ev, l->head->at_ns);
	l->n--;
	p->next = NULL;
	l->deliver(l->to, p);
}

void link_init(struct link *l, struct clock *c, const struct link_config *cfg)
{
	memset(l, 0, sizeof(*l));
	l->cfg = *cfg;
	l->clock = c;
	event_init(&l->ev, arrive, l);
}

void link_fini(struct link *l)
{
	struct packet *p;

	event_stop(l->clock, &l->ev);
	while ((p = l->head)) {
		l->head = p->next;
		l->drop(p);
	}
}

/* Gilbert-Elliott: the bad state loses all, the good one nothing. */
static bool lose(struct link *l)
{
	u32 leave, enter;

	if (l->cfg.burst <= 1)
		return rnd_ppm(l->clock, l->cfg.loss_ppm);
	leave = 1000000 / l->cfg.burst;
	enter = (u64)leave * l->cfg.loss_ppm / (1000000 - l->cfg.loss_ppm);
	l->bad = l->bad ? !rnd_ppm(l->clock, leave) :
			  rnd_ppm(l->clock, enter);
	return l->bad;
}

static u64 jitter(struct link *l, u64 at_ns)
{
	u64 width = 2 * l->cfg.jitter_us * NSEC_PER_USEC;

	switch (l->cfg.jitter) {
	case LINK_REORDER:
		return at_ns + rnd_below(l->clock, width) - width / 2;
	case LINK_SLOT:
		while (l->slot_ns < at_ns)
			l->slot_ns += (SLOT_MIN_US +
				       rnd_below(l->clock, SLOT_MAX_US -
						 SLOT_MIN_US)) * NSEC_PER_USEC;
		return l->slot_ns;
	default:
		return at_ns;
	}
}

static void insert(struct link *l, struct packet *p)
{
	struct packet **at = &l->head;

	l->n++;
	if (l->tail && l->tail->at_ns <= p->at_ns) {
		l->tail->next = p;
		l->tail = p;
		return;
	}
	while (*at && (*at)->at_ns <= p->at_ns)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
	if (!p->next)
		l->tail = p;
	event_at(l->clock, &l->ev, l->head->at_ns);
}

void link_send(struct link *l, struct packet *p)
{
	u64 now_ns = l->clock->now_ns;
	u64 wait_ns = l->free_ns > now_ns ? l->free_ns - now_ns : 0;
	u64 at_ns;

	if (l->cfg.dead || lose(l)) {
		l->lost++;
		l->drop(p);
		return;
	}
	if (l->n >= l->cfg.limit) {
		l->overflow++;
		l->drop(p);
		return;
	}
	l->wait[min(wait_ns / NSEC_PER_MSEC, LINK_BUCKETS - 1ULL)]++;
	l->bytes += p->size;
	l->free_ns = now_ns + wait_ns +
		     (p->size + LINK_HEADER) * NSEC_PER_SEC / l->cfg.rate;
	at_ns = l->free_ns + l->cfg.delay_us * NSEC_PER_USEC;
	if (l->cfg.jitter == LINK_STEADY && l->tail)
		at_ns = max(at_ns, l->tail->at_ns);
	p->at_ns = jitter(l, at_ns);
	p->next = NULL;
	insert(l, p);
}

u32 link_wait_ms(const struct link *l, u32 permille)
{
	u64 all = 0, sum = 0;
	u32 i;

	for (i = 0; i < LINK_BUCKETS; i++)
		all += l->wait[i];
	for (i = 0; i < LINK_BUCKETS - 1; i++) {
		sum += l->wait[i];
		if (sum * 1000 >= all * permille)
			break;
	}
	return i;
}
