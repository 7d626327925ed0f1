// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "world.h"

static void from_ahead(void *to, struct packet *p)
{
	struct world *w = to;
	struct inner *in = p->inner;

	if (!p->alien) {
		end_receive(&w->b, p);
		return;
	}
	p->inner = NULL;
	packet_put(p);
	flow_data(&w->flow[in->flow], in);
}

static void from_back(void *to, struct packet *p)
{
	struct world *w = to;
	struct inner *in = p->inner;

	if (!p->alien) {
		end_receive(&w->a, p);
		return;
	}
	p->inner = NULL;
	packet_put(p);
	flow_ack(&w->flow[in->flow], in);
}

static void out_of_a(void *to, struct inner *in)
{
	struct world *w = to;

	flow_ack(&w->flow[in->flow], in);
}

static void out_of_b(void *to, struct inner *in)
{
	struct world *w = to;

	flow_data(&w->flow[in->flow], in);
}

static void flow_xmit(void *to, struct flow *f, struct inner *in)
{
	struct world *w = to;
	struct packet *p;
	u32 l;

	if (!f->cfg.outside) {
		end_xmit(in->ack ? &w->b : &w->a, in);
		return;
	}
	l = f->cfg.outside - 1;
	p = packet_new();
	p->alien = 1;
	p->inner = in;
	p->size = in->size;
	link_send(in->ack ? &w->back[l] : &w->ahead[l], p);
}

static void set_link(struct link *l, const struct change *c)
{
	if (c->rate_kbit)
		l->cfg.rate = c->rate_kbit * 125ULL;
	if (c->delay_us)
		l->cfg.delay_us = c->delay_us;
	if (c->loss_ppm)
		l->cfg.loss_ppm = c->loss_ppm == U32_MAX ? 0 : c->loss_ppm;
	if (c->kill)
		l->cfg.dead = true;
	if (c->revive)
		l->cfg.dead = false;
}

static void on_change(void *arg)
{
	struct world *w = arg;
	const struct change *c = &w->sc->change[w->changes++];

	if (c->dirs & 1)
		set_link(&w->ahead[c->link], c);
	if (c->dirs & 2)
		set_link(&w->back[c->link], c);
	if (w->changes < WORLD_CHANGES && w->sc->change[w->changes].at_ms)
		event_at(&w->clock, &w->next_change,
			 w->sc->change[w->changes].at_ms * NSEC_PER_MSEC);
}

static void add_link(struct world *w, u32 i)
{
	struct link_config cfg = w->sc->link[i];
	struct link *l;

	if (!cfg.limit)
		cfg.limit = cfg.rate * 2 * cfg.delay_us / 1000000 / 1500 + 60;
	link_init(&w->ahead[i], &w->clock, &cfg);
	if (w->sc->back_kbit[i])
		cfg.rate = w->sc->back_kbit[i] * 125ULL;
	link_init(&w->back[i], &w->clock, &cfg);
	l = &w->ahead[i];
	l->deliver = from_ahead;
	l->to = w;
	l->drop = packet_put;
	l = &w->back[i];
	l->deliver = from_back;
	l->to = w;
	l->drop = packet_put;
	end_add_path(&w->a, &w->ahead[i]);
	end_add_path(&w->b, &w->back[i]);
}

struct world *world_new(const struct scenario *sc, u64 seed)
{
	struct world *w = calloc(1, sizeof(*w));
	u32 i;

	if (!w)
		abort();
	w->sc = sc;
	clock_init(&w->clock, seed);
	w->clock.now_ns = NSEC_PER_MSEC;
	end_init(&w->a, &w->clock, &sc->knobs, "a",
		 1000000 + rnd_below(&w->clock, 1000000000));
	end_init(&w->b, &w->clock, &sc->knobs, "b",
		 1000000 + rnd_below(&w->clock, 1000000000));
	w->a.deliver = out_of_a;
	w->a.to = w;
	w->b.deliver = out_of_b;
	w->b.to = w;
	for (i = 0; i < sc->n_links; i++)
		add_link(w, i);
	for (i = 0; i < WORLD_FLOWS && sc->flow[i].kind; i++) {
		flow_init(&w->flow[i], &w->clock, i, &sc->flow[i]);
		w->flow[i].xmit = flow_xmit;
		w->flow[i].to = w;
		w->n_flows++;
	}
	event_init(&w->next_change, on_change, w);
	if (sc->change[0].at_ms)
		event_at(&w->clock, &w->next_change,
			 sc->change[0].at_ms * NSEC_PER_MSEC);
	end_start(&w->a);
	end_start(&w->b);
	return w;
}

void world_run(struct world *w)
{
	clock_run(&w->clock, w->sc->seconds * NSEC_PER_SEC);
}

void world_free(struct world *w)
{
	u32 i;

	for (i = 0; i < w->n_flows; i++)
		flow_fini(&w->flow[i]);
	for (i = 0; i < w->sc->n_links; i++) {
		link_fini(&w->ahead[i]);
		link_fini(&w->back[i]);
	}
	end_fini(&w->a);
	end_fini(&w->b);
	clock_fini(&w->clock);
	free(w);
}
