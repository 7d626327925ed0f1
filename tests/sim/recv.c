// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "end.h"

/*
 * Every packet that the resequencer releases passes these checks: none twice,
 * and in order within its lane unless it came after its place was given up.
 */
static void check(struct end *e, const struct packet *p)
{
	u64 *word = &e->delivered[p->gseq / 64 % DELIVERED_WORDS];
	u64 *last = &e->lane_next[p->lane % SIM_LANES];
	u64 bit = 1ULL << (p->gseq % 64);

	/* half of the ring ahead is forgotten, word by word */
	e->delivered[(p->gseq / 64 + DELIVERED_WORDS / 2) % DELIVERED_WORDS] = 0;
	if (*word & bit)
		e->twice++;
	*word |= bit;
	if (p->lane == BRAID_LANE_NONE)
		return;
	if (p->gseq < *last)
		e->late++;
	else
		*last = p->gseq + 1;
}

static void release(struct end *e, struct list_head *out)
{
	struct braid_item *item, *next;
	struct packet *p;
	struct inner *in;

	list_for_each_entry_safe(item, next, out, node) {
		p = container_of(item, struct packet, item);
		check(e, p);
		in = p->inner;
		p->inner = NULL;
		packet_put(p);
		e->deliver(e->to, in);
	}
}

static void arm_reseq(struct end *e)
{
	u64 at_us = braid_reseq_deadline(&e->reseq);

	if (at_us == BRAID_NEVER)
		event_stop(e->clock, &e->reseq_timer);
	else
		event_at(e->clock, &e->reseq_timer,
			 (at_us - e->offset_us) * NSEC_PER_USEC);
}

/* A timer of a machine that does nothing fires when it does again. */
static bool later(struct end *e, struct event *ev)
{
	if (e->stalled)
		event_at(e->clock, ev, e->stall.at_ns + 1000);
	return e->stalled;
}

static void on_reseq(void *arg)
{
	struct end *e = arg;
	struct list_head out;

	if (later(e, &e->reseq_timer))
		return;
	INIT_LIST_HEAD(&out);
	braid_reseq_expire(&e->reseq, end_us(e), &out);
	release(e, &out);
	arm_reseq(e);
}

static int fill_report(struct path *p, u8 *buf, u32 room)
{
	struct braid_report r = {
		.path = p->id,
		.arrival_us = p->arrival_us,
		.held_us = end_us(p->end) - p->arrival_us,
		.bytes = p->bytes,
	};

	r.n = braid_replay_ranges(&p->seen, r.range, BRAID_MAX_RANGES, 8128);
	return braid_report_write(buf, room, &r);
}

/* An eighth of the shortest round trip, within bounds. */
static u64 interval_us(const struct end *e)
{
	const struct knobs *k = &e->knobs;
	u32 rtt_us = U32_MAX, i;

	for (i = 0; i < e->n_paths; i++)
		if (e->path[i].state == PATH_UP)
			rtt_us = min(rtt_us, e->path[i].rtt.srtt_us);
	if (rtt_us == U32_MAX || !k->report_div)
		return k->report_us;
	return clamp_t(u32, rtt_us / k->report_div, k->report_us,
		       k->report_max_us);
}

/* On the two quickest paths, so that no path's death silences all. */
static void send_reports(struct end *e, const u8 *buf, u32 len)
{
	struct braid_way way[SIM_PATHS];
	u32 set = send_ways_ahead(e, way), i;
	int best;

	for (i = 0; i < 2 && set; i++) {
		best = braid_sched_quickest(way, set, end_ns(e));
		send_control(&e->path[best], buf, len);
		set &= ~(1U << best);
	}
	e->reports++;
}

static void report(struct end *e)
{
	u64 now_us = end_us(e);
	u32 i, len = 0;
	u8 buf[1400];
	int n;

	for (i = 0; i < e->n_paths; i++) {
		struct path *p = &e->path[i];

		if (!p->dirty)
			continue;
		n = fill_report(p, buf + len, sizeof(buf) - len);
		if (n < 0)
			break;
		len += n;
		p->dirty = false;
	}
	e->reported_us = now_us;
	if (len)
		send_reports(e, buf, len);
}

/* A gap is reported soon, all else in its time. */
static void report_due(struct end *e, bool gap)
{
	u64 wait_us = gap ? e->knobs.report_us : interval_us(e);
	u64 at_us = max(end_us(e), e->reported_us + wait_us);
	u64 at_ns = (at_us - e->offset_us) * NSEC_PER_USEC;

	if (at_us <= end_us(e)) {
		event_stop(e->clock, &e->report_timer);
		report(e);
		return;
	}
	at_ns += rnd_below(e->clock, e->knobs.late_ns);
	if (!event_waits(&e->report_timer) || at_ns < e->report_timer.at_ns)
		event_at(e->clock, &e->report_timer, at_ns);
}

static void on_report(void *arg)
{
	struct end *e = arg;

	if (!later(e, &e->report_timer))
		report(e);
}

static void take_data(struct end *e, struct path *p, struct packet *pk)
{
	struct list_head out;
	bool gap = pk->pn > p->seen.next, top = pk->pn >= p->seen.next;

	if (!braid_replay_commit(&p->seen, pk->pn)) {
		e->replayed++;
		packet_put(pk);
		return;
	}
	p->bytes += pk->size;
	if (top)
		p->arrival_us = end_us(e);
	p->dirty = true;
	pk->item.gseq = pk->gseq;
	pk->item.lane = pk->lane;
	pk->item.back = pk->back;
	pk->item.path = p->id;
	pk->item.size = pk->size;
	pk->item.arrived_us = end_us(e);
	INIT_LIST_HEAD(&out);
	if (braid_reseq_insert(&e->reseq, &pk->item, end_us(e), &out) ==
	    BRAID_IN_DUPLICATE)
		packet_put(pk);
	release(e, &out);
	arm_reseq(e);
	report_due(e, gap);
}

static void take_probe(struct path *p, const struct braid_tlv *tlv)
{
	struct braid_probe probe;
	u8 buf[64];
	int len;

	if (braid_probe_read(&probe, tlv->value, tlv->len))
		return;
	if (tlv->type == BRAID_TLV_PROBE_REPLY) {
		send_probe_reply(p, &probe);
		return;
	}
	probe.peer_us = end_us(p->end);
	len = braid_probe_write(buf, sizeof(buf), &probe, true);
	send_control(p, buf, len);
}

static void take_schedule(struct end *e, const struct braid_tlv *tlv)
{
	struct braid_schedule s;
	struct list_head out;

	if (braid_schedule_read(&s, tlv->value, tlv->len))
		return;
	INIT_LIST_HEAD(&out);
	braid_reseq_schedule(&e->reseq, &s, end_us(e), &out);
	release(e, &out);
	arm_reseq(e);
}

static void take_control(struct end *e, struct path *p, struct packet *pk)
{
	const u8 *at = pk->ctl;
	size_t left = pk->len;
	struct braid_report r;
	struct braid_tlv tlv;
	bool news = false;

	while (braid_tlv_next(&tlv, &at, &left) == 1) {
		switch (tlv.type) {
		case BRAID_TLV_REPORT:
			if (!braid_report_read(&r, tlv.value, tlv.len))
				send_report_taken(e, &r);
			news = true;
			break;
		case BRAID_TLV_SCHEDULE:
			take_schedule(e, &tlv);
			break;
		case BRAID_TLV_PROBE:
		case BRAID_TLV_PROBE_REPLY:
			take_probe(p, &tlv);
			break;
		}
	}
	packet_put(pk);
	if (news)
		send_pump(e);
}

static void receive(struct end *e, struct packet *pk)
{
	struct path *p = &e->path[pk->path];

	p->heard_us = end_us(e);
	if (pk->ctl)
		take_control(e, p, pk);
	else
		take_data(e, p, pk);
}

void end_receive(struct end *e, struct packet *pk)
{
	if (!e->stalled) {
		receive(e, pk);
		return;
	}
	pk->next = NULL;
	if (e->held_tail)
		e->held_tail->next = pk;
	else
		e->held = pk;
	e->held_tail = pk;
}

/* The machine stops, or goes on and takes in what came meanwhile. */
static void on_stall(void *arg)
{
	struct end *e = arg;
	u64 least_us = 100000, more_us = 400000;
	struct packet *pk;

	e->stalled = !e->stalled;
	if (e->stalled) {
		least_us = 2000;
		more_us = e->knobs.stall_us - least_us;
	}
	event_at(e->clock, &e->stall, e->clock->now_ns +
		 (least_us + rnd_below(e->clock, more_us)) * NSEC_PER_USEC);
	while (!e->stalled && (pk = e->held)) {
		e->held = pk->next;
		receive(e, pk);
	}
	if (e->stalled)
		return;
	e->held_tail = NULL;
	send_pump(e);
}

void recv_init(struct end *e)
{
	u32 i;

	event_init(&e->report_timer, on_report, e);
	event_init(&e->reseq_timer, on_reseq, e);
	event_init(&e->stall, on_stall, e);
	if (e->knobs.stall_us)
		event_at(e->clock, &e->stall, 50 * NSEC_PER_MSEC);
	braid_reseq_init(&e->reseq, e->lane, SIM_LANES, e->seen,
			 e->knobs.cap_us, e->knobs.limit_bytes);
	for (i = 0; i < SIM_PATHS; i++)
		braid_reseq_path_add(&e->reseq, i, i);
}

void recv_fini(struct end *e)
{
	struct braid_item *item, *next;
	struct list_head out;
	struct packet *pk;

	while ((pk = e->held)) {
		e->held = pk->next;
		packet_put(pk);
	}
	INIT_LIST_HEAD(&out);
	braid_reseq_flush(&e->reseq, end_us(e), &out);
	list_for_each_entry_safe(item, next, &out, node)
		packet_put(container_of(item, struct packet, item));
}
