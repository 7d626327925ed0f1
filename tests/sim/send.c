// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "end.h"

#define TICK_NS		(5 * NSEC_PER_MSEC)
#define IDLE_US		(50 * BRAID_USEC_PER_MSEC)
/* Repairs are at most a quarter of what is sent, and this much at a time. */
#define REPAIR_CREDIT	(512 << 10)
#define PROBE_US	(100 * BRAID_USEC_PER_MSEC)

static __thread struct stamped *spare_stamped;
static __thread struct packet *spare_packets;

static struct stamped *stamped_new(void)
{
	struct stamped *s = spare_stamped;

	if (s)
		spare_stamped = s->next;
	else
		s = malloc(sizeof(*s));
	if (!s)
		abort();
	memset(s, 0, sizeof(*s));
	return s;
}

static void stamped_put(struct stamped *s)
{
	inner_put(s->inner);
	s->next = spare_stamped;
	spare_stamped = s;
}

static void put_cookie(void *cookie)
{
	stamped_put(cookie);
}

struct packet *packet_new(void)
{
	struct packet *p = spare_packets;

	if (p)
		spare_packets = p->next;
	else
		p = malloc(sizeof(*p));
	if (!p)
		abort();
	memset(p, 0, sizeof(*p));
	return p;
}

void packet_put(struct packet *p)
{
	if (p->inner)
		inner_put(p->inner);
	free(p->ctl);
	p->next = spare_packets;
	spare_packets = p;
}

static void push(struct stamped_list *l, struct stamped *s)
{
	s->next = NULL;
	if (l->tail)
		l->tail->next = s;
	else
		l->head = s;
	l->tail = s;
}

static struct stamped *pop(struct stamped_list *l)
{
	struct stamped *s = l->head;

	if (!s)
		return NULL;
	l->head = s->next;
	if (!l->head)
		l->tail = NULL;
	return s;
}

/* A packet leaves on a path: numbered, recorded, sent. */
static struct packet *leave(struct path *p, u32 size, bool limited)
{
	struct packet *pk = packet_new();
	struct braid_sent *rec;
	void *dropped;

	rec = braid_loss_sent(&p->loss, size, end_us(p->end), limited,
			      &dropped);
	if (dropped)
		put_cookie(dropped);
	rec->cookie = NULL;
	pk->path = p->id;
	pk->pn = p->loss.next_pn - 1;
	pk->size = size;
	return pk;
}

/*
 * Control is neither paced nor recorded here: the module numbers it too, but
 * what asks for no report does not enter the rate.
 */
void send_control(struct path *p, const u8 *tlvs, u32 len)
{
	struct packet *pk = packet_new();

	pk->ctl = malloc(len);
	if (!pk->ctl)
		abort();
	memcpy(pk->ctl, tlvs, len);
	pk->len = len;
	pk->path = p->id;
	pk->size = SIM_OVERHEAD - BRAID_DATA_LEN + len;
	p->end->control_bytes += pk->size;
	link_send(p->out, pk);
}

/*
 * A queue seen at the last report has drained meanwhile, as far as the time
 * goes: without this, a path that looked long once is never looked at again.
 */
static s64 fresh_owd(const struct path *p)
{
	s64 queue_us = p->owd.smooth_us - p->owd.base_us;
	s64 age_us = end_us(p->end) - p->loss.last_report_us;

	return p->owd.base_us + max(queue_us - age_us, 0LL);
}

u32 send_ways(struct end *e, struct braid_way *way)
{
	u32 i, set = 0;

	for (i = 0; i < e->n_paths; i++) {
		struct path *p = &e->path[i];

		way[i].rate = p->rate.pacing;
		way[i].owd_us = p->owd.valid ? fresh_owd(p) :
					       p->rtt.srtt_us / 2;
		way[i].backlog = p->backlog;
		way[i].free_ns = p->free_ns;
		if (p->state == PATH_UP)
			set |= 1U << i;
	}
	return set;
}

/*
 * The same for what goes ahead: the FIFO's backlog, as long as the skew, does
 * not count for it. With it, all paths would look alike.
 */
u32 send_ways_ahead(struct end *e, struct braid_way *way)
{
	u32 i, set = send_ways(e, way);

	for (i = 0; i < e->n_paths; i++)
		way[i].backlog = e->path[i].ahead;
	return set;
}

static bool waits(const struct path *p)
{
	return p->front.head || p->fifo.head || p->end->fq.n;
}

static void transmit(struct path *p, struct stamped *s)
{
	struct end *e = p->end;
	struct packet *pk;

	p->backlog -= s->size;
	pk = leave(p, s->size, !waits(p));
	pk->inner = s->inner;
	inner_get(s->inner);
	pk->gseq = s->gseq;
	pk->lane = s->lane;
	pk->back = s->back;
	p->free_ns = braid_pace_next(p->free_ns, end_ns(e), s->size,
				     p->rate.pacing);
	p->sent_bytes += s->size;
	if (!s->repairs)
		e->repair_credit = min_t(u64, e->repair_credit + s->size / 4,
					 REPAIR_CREDIT);
	e->data_packets++;
	p->loss.rec[pk->pn & p->loss.mask].gseq = s->gseq;
	p->loss.rec[pk->pn & p->loss.mask].data = true;
	p->loss.rec[pk->pn & p->loss.mask].cookie = s;
	link_send(p->out, pk);
}

static bool send_path(struct path *p)
{
	struct stamped *s;
	bool any = false;

	braid_rate_tick(&p->rate, end_us(p->end));
	while ((p->front.head || p->fifo.head) &&
	       braid_pace_ready(p->free_ns, end_ns(p->end),
				p->end->knobs.slack_ns)) {
		s = pop(&p->front);
		if (s)
			p->ahead -= s->size;
		else
			s = pop(&p->fifo);
		transmit(p, s);
		any = true;
	}
	return any;
}

/*
 * Delay of what is under way: as last seen, or as long as it takes the link to
 * deliver what is out, which is known sooner when a link becomes slow.
 */
static s64 coming_owd(const struct path *p)
{
	u64 out_us = mul_u64_u64_div_u64(p->loss.flying, BRAID_USEC_PER_SEC,
					 p->rate.rate);

	if (out_us <= p->rtt.min_us)
		return p->owd.smooth_us;
	return max(p->owd.smooth_us,
		   p->owd.base_us + (s64)(out_us - p->rtt.min_us));
}

/*
 * Time within which a lost packet would come again, counted from when it
 * should have come: report, way back, thresholds, way there; by the second
 * quickest path, since the quickest may be the one that lost it.
 */
static u32 repair_us(const struct end *e)
{
	u32 least = U32_MAX, second = U32_MAX, i, rtt;

	for (i = 0; i < e->n_paths; i++) {
		if (e->path[i].state != PATH_UP)
			continue;
		rtt = e->path[i].rtt.srtt_us;
		if (rtt < least) {
			second = least;
			least = rtt;
		} else if (rtt < second) {
			second = rtt;
		}
	}
	if (second != U32_MAX)
		least = second;
	if (!e->knobs.repair || least == U32_MAX)
		return 0;
	least = least / 4 * e->knobs.repair_quarters + e->knobs.repair_extra_us;
	if (end_us(e) < e->flight_until_us)
		least += e->flight_us;
	return least;
}

/* How long the other paths will be busy with what is under way on @p. */
static void announce_flight(struct path *p)
{
	struct end *e = p->end;
	u64 rate = 0, us;
	u32 i;

	for (i = 0; i < e->n_paths; i++)
		if (&e->path[i] != p && e->path[i].state == PATH_UP)
			rate += e->path[i].rate.rate;
	if (!rate)
		return;
	us = p->loss.flying * BRAID_USEC_PER_SEC / rate;
	e->flight_us = min_t(u64, us, e->knobs.cap_us);
	e->flight_until_us = 0;
	e->flight_until_us = end_us(e) + e->flight_us + repair_us(e);
}

static void write_schedule(struct end *e)
{
	struct braid_schedule s = { .seq = ++e->schedule_seq };
	s64 least = S64_MAX;
	u8 buf[512];
	int len;
	u32 i;

	for (i = 0; i < e->n_paths; i++)
		if (e->path[i].state == PATH_UP && e->path[i].owd.valid)
			least = min(least, e->path[i].owd.smooth_us);
	s.repair_us = repair_us(e);
	for (i = 0; i < e->n_paths; i++) {
		struct path *p = &e->path[i];
		struct braid_sched_path *sp = &s.path[s.n++];

		sp->path = p->id;
		sp->active = p->active;
		sp->gseq = p->since;
		sp->owd_us = p->owd.valid && coming_owd(p) > least ?
			     coming_owd(p) - least : 0;
		sp->jitter_us = p->owd.jitter_us;
	}
	e->schedule_due = false;
	e->schedule_us = end_us(e);
	len = braid_schedule_write(buf, sizeof(buf), &s);
	for (i = 0; len > 0 && i < e->n_paths; i++)
		if (e->path[i].state == PATH_UP)
			send_control(&e->path[i], buf, len);
}

static void activate(struct path *p, u64 gseq)
{
	p->active = true;
	p->since = gseq;
	write_schedule(p->end);
}

static void admit(struct path *p, struct stamped *s, bool ahead)
{
	push(ahead ? &p->front : &p->fifo, s);
	p->backlog += s->size;
	if (ahead)
		p->ahead += s->size;
	else
		p->lane_us = end_us(p->end);
}

static void stamp(struct end *e, struct path *p, struct inner *in)
{
	struct stamped *s = stamped_new();
	u64 back;

	s->inner = in;
	s->size = in->size + SIM_OVERHEAD;
	s->stamped_ns = e->clock->now_ns;
	s->gseq = e->gseq++;
	if (in->ahead) {
		s->lane = BRAID_LANE_NONE;
		s->back = BRAID_BACK_FAR;
		admit(p, s, true);
		return;
	}
	if (!p->active)
		activate(p, s->gseq);
	s->lane = in->flow + in->ack * SIM_FLOWS;
	back = s->gseq + 1 - e->lane_last[s->lane];
	s->back = e->lane_last[s->lane] && back < BRAID_BACK_FAR ?
		  back : BRAID_BACK_FAR;
	e->lane_last[s->lane] = s->gseq + 1;
	admit(p, s, false);
}

/* What was stamped before goes first, on the earliest path, full or not. */
static void readmit(struct end *e)
{
	struct braid_way way[SIM_PATHS];
	struct stamped *s;
	u32 set;
	int i;

	while (e->readmit.head) {
		set = send_ways_ahead(e, way);
		i = braid_sched_quickest(way, set, end_ns(e));
		if (i < 0)
			return;
		s = pop(&e->readmit);
		e->path[i].repaired++;
		e->repairs++;
		admit(&e->path[i], s, true);
	}
}

/* Returns when to come again for want of room, or BRAID_NEVER. */
static u64 admit_all(struct end *e)
{
	struct braid_way way[SIM_PATHS];
	u64 wake_ns = BRAID_NEVER;
	struct inner *in;
	u32 set;
	int i;

	while (e->fq.n) {
		set = send_ways(e, way);
		set = braid_sched_near(way, set, e->knobs.skew_us);
		i = braid_sched_pick(way, set, 1500, end_ns(e), &wake_ns);
		if (i < 0)
			return i == -EAGAIN ? wake_ns : BRAID_NEVER;
		in = fairq_next(&e->fq, e->clock->now_ns);
		if (in)
			stamp(e, &e->path[i], in);
	}
	return BRAID_NEVER;
}

static void arm(struct end *e, u64 wake_ns)
{
	u32 i;

	for (i = 0; i < e->n_paths; i++) {
		struct path *p = &e->path[i];

		if (p->front.head || p->fifo.head)
			wake_ns = min(wake_ns, p->free_ns);
	}
	if (wake_ns == BRAID_NEVER) {
		event_stop(e->clock, &e->timer);
		return;
	}
	wake_ns -= e->offset_us * NSEC_PER_USEC;
	wake_ns = max(wake_ns, e->clock->now_ns + 1000);
	event_at(e->clock, &e->timer, wake_ns +
		 rnd_below(e->clock, e->knobs.late_ns));
}

/*
 * Where packets are lost, what came behind them waits for the repair: the
 * inner flow's round trip is longer by that.
 */
static u32 wait_for_repairs(const struct end *e)
{
	u32 i, least = U32_MAX;
	bool lossy = false;

	for (i = 0; i < e->n_paths; i++) {
		const struct path *p = &e->path[i];

		if (p->state != PATH_UP)
			continue;
		least = min(least, p->rtt.srtt_us);
		lossy |= p->win_lost * 500 > p->win_sent;
	}
	return lossy ? least / 4 * 5 : 0;
}

static void tune_codel(struct end *e)
{
	u32 target_us, interval_us, rtt_us = 0, i;
	u64 rate = 0;

	for (i = 0; i < e->n_paths; i++) {
		if (e->path[i].state != PATH_UP)
			continue;
		rtt_us = max(rtt_us, e->path[i].rtt.min_us);
		rate += e->path[i].rate.rate;
	}
	rtt_us += wait_for_repairs(e);
	braid_sched_codel(&e->pipe, rate, rtt_us, end_us(e), &target_us,
			  &interval_us);
	if (e->knobs.codel_target_us)
		target_us = e->knobs.codel_target_us;
	e->fq.target_ns = target_us * NSEC_PER_USEC;
	e->fq.interval_ns = interval_us * NSEC_PER_USEC;
}

void send_pump(struct end *e)
{
	u64 wake_ns;
	bool any;
	u32 i;

	if (e->stalled)
		return;
	if (e->pumping) {
		e->again = true;
		return;
	}
	e->pumping = true;
	do {
		e->again = false;
		any = false;
		readmit(e);
		wake_ns = admit_all(e);
		for (i = 0; i < e->n_paths; i++)
			any |= send_path(&e->path[i]);
	} while (any || e->again);
	arm(e, wake_ns);
	e->pumping = false;
}

static void on_timer(void *arg)
{
	send_pump(arg);
}

/* Without a lane there is no skew to wait for: the quickest, at once. */
static bool xmit_ahead(struct end *e, struct inner *in)
{
	struct braid_way way[SIM_PATHS];
	u32 set = send_ways_ahead(e, way);
	int i = braid_sched_quickest(way, set, end_ns(e));

	if (i < 0)
		return false;
	stamp(e, &e->path[i], in);
	send_pump(e);
	return true;
}

static void on_ack_due(void *arg)
{
	struct sim_acks *a = arg;

	a->thin.passed_us = end_us(a->end);
	fairq_add(&a->end->fq, a->held, a->end->clock->now_ns);
	a->held = NULL;
	send_pump(a->end);
}

static u32 ack_gap_us(const struct end *e)
{
	u32 shortest = U32_MAX, longest = 0, i;

	for (i = 0; i < e->n_paths; i++) {
		if (e->path[i].state != PATH_UP || !e->path[i].rtt.min_us)
			continue;
		shortest = min(shortest, e->path[i].rtt.min_us);
		longest = max(longest, e->path[i].rtt.min_us);
	}
	return longest ? braid_thin_gap(shortest, longest) : 0;
}

/* Does it wait for a later one? */
static bool hold_ack(struct end *e, struct inner *in)
{
	struct sim_acks *a = &e->acks[in->flow];
	u32 ack = in->cum * TCP_MSS;
	u64 until_us;

	until_us = braid_thin_ack(&a->thin, ack, !in->sacks, ack_gap_us(e),
				  end_us(e));
	if (a->held) {
		inner_put(a->held);
		a->held = NULL;
		event_stop(e->clock, &a->due);
		e->thinned++;
	}
	if (!until_us)
		return false;
	a->held = in;
	event_at(e->clock, &a->due, (until_us - e->offset_us) * NSEC_PER_USEC +
		 rnd_below(e->clock, e->knobs.late_ns));
	return true;
}

void end_xmit(struct end *e, struct inner *in)
{
	if (in->ack && e->knobs.thin && hold_ack(e, in))
		return;
	if (in->ahead && xmit_ahead(e, in))
		return;
	fairq_add(&e->fq, in, e->clock->now_ns);
	send_pump(e);
}

static void on_acked(void *ctx, struct braid_sent *rec)
{
	(void)ctx;
	if (rec->cookie)
		stamped_put(rec->cookie);
	rec->cookie = NULL;
}

/* Worth repairing: striped, not yet repaired too often, still in time. */
static void on_lost(void *ctx, struct braid_sent *rec)
{
	struct path *p = ctx;
	struct stamped *s = rec->cookie;
	struct end *e = p->end;
	u64 age_us;

	if (!s)
		return;
	rec->cookie = NULL;
	age_us = (e->clock->now_ns - s->stamped_ns) / NSEC_PER_USEC;
	if (s->repairs++ >= e->knobs.repair || e->repair_credit < s->size ||
	    age_us > 2 * e->knobs.cap_us) {
		stamped_put(s);
		return;
	}
	if (p->state == PATH_UP)
		e->repair_credit -= s->size;
	push(&e->readmit, s);
}

static const struct braid_loss_ops ops = {
	.acked = on_acked,
	.lost = on_lost,
};

/* Loss over about the last 1000 packets. */
static void count_loss(struct path *p, const struct braid_ack *ack)
{
	p->win_sent += ack->acked_packets + ack->lost_packets;
	p->win_lost += ack->lost_packets;
	p->win_lost -= min(p->win_lost, ack->late_packets);
	if (p->win_sent > 2000) {
		p->win_sent /= 2;
		p->win_lost /= 2;
	}
}

void send_report_taken(struct end *e, const struct braid_report *r)
{
	struct path *p = &e->path[r->path];
	struct braid_ack ack;

	if (r->path >= e->n_paths)
		return;
	if (braid_loss_report(&p->loss, r, &p->rtt, end_us(e), &ops, p, &ack))
		return;
	e->peer_us = max(e->peer_us, r->arrival_us + r->held_us);
	if (ack.acked_packets && p->state == PATH_SUSPECT &&
	    (!ack.rtt_us || ack.owd_us > p->owd.base_us + p->rate.peak_us +
				2 * e->knobs.margin_us))
		return;		/* alive, but another path: probes decide */
	count_loss(p, &ack);
	if (ack.rtt_us) {
		braid_rtt_sample(&p->rtt, ack.rtt_us, end_us(e));
		braid_owd_sample(&p->owd, ack.owd_us, end_us(e));
	}
	if (ack.acked_packets && p->state == PATH_SUSPECT)
		p->state = PATH_UP;	/* a false alarm */
	if (p->state == PATH_UP)
		braid_rate_ack(&p->rate, &ack, &p->rtt, &p->owd, end_us(e),
			       waits(p), p->loss.flying);
}

static void send_probe(struct path *p)
{
	struct braid_probe probe = {
		.id = 1, .path = p->id, .time_us = end_us(p->end),
	};
	u8 buf[64];
	int len = braid_probe_write(buf, sizeof(buf), &probe, false);

	send_control(p, buf, len);
}

void send_probe_reply(struct path *p, const struct braid_probe *probe)
{
	struct end *e = p->end;
	u64 now_us = end_us(e);

	if (p->state != PATH_UP) {
		braid_rtt_init(&p->rtt);
		braid_owd_init(&p->owd);
	}
	braid_rtt_sample(&p->rtt, max_t(u64, now_us - probe->time_us, 1),
			 now_us);
	braid_owd_sample(&p->owd, (s64)(probe->peer_us - probe->time_us),
			 now_us);
	if (p->state == PATH_UP)
		return;
	p->state = PATH_UP;
	p->up_us = now_us;
	p->probe_us = BRAID_NEVER;
	p->free_ns = end_ns(e);
	braid_rate_start(&p->rate, &p->rtt, now_us);
	e->schedule_due = true;
	send_pump(e);
}

/* What is out and unreported goes elsewhere; probes decide. */
static void suspect(struct path *p)
{
	struct end *e = p->end;
	struct stamped *s;

	p->state = PATH_SUSPECT;
	p->suspected++;
	announce_flight(p);
	braid_loss_all(&p->loss, &ops, p);
	while ((s = pop(&p->front)))
		push(&e->readmit, s);
	while ((s = pop(&p->fifo)))
		push(&e->readmit, s);
	p->backlog = 0;
	p->ahead = 0;
	p->active = false;
	p->since = e->gseq;
	p->probe_us = end_us(e);
	write_schedule(e);
}

/*
 * A report tells the state of all paths at the moment when it left the peer.
 * So data of this path that, by the peer's clock, must have arrived before
 * the newest report of any path left, and is not in it, is lost or the path
 * is dead; when nothing later came on the path either, it is suspect. The way
 * back does not matter, and silence on all paths accuses none.
 */
static bool overdue(const struct path *p)
{
	const struct braid_loss *l = &p->loss;
	u64 margin_us = p->end->knobs.margin_us + p->rate.peak_us;

	if (!p->owd.valid)
		return false;
	return p->end->peer_us > l->oldest_us + p->owd.base_us + margin_us &&
	       p->end->peer_us > l->delivered_at_us + margin_us;
}

/*
 * When nothing else is out, no report comes at all. But if the peer is heard
 * on another path, its report would have been, too.
 */
static bool unheard(const struct path *p, u64 now_us)
{
	const struct end *e = p->end;
	u64 due_us;
	u32 i;

	due_us = max(p->loss.oldest_us, p->loss.last_report_us) +
		 p->rtt.srtt_us + 4 * p->rtt.var_us +
		 e->knobs.report_max_us + e->knobs.margin_us;
	if (now_us <= due_us)
		return false;
	for (i = 0; i < e->n_paths; i++)
		if (i != p->id && e->path[i].heard_us > due_us)
			return true;
	return false;
}

static bool suspicious(const struct path *p, u64 now_us)
{
	if (p->loss.oldest_us == BRAID_NEVER || !p->loss.flying_packets)
		return false;
	return overdue(p) || unheard(p, now_us);
}

static void tick_path(struct path *p, u64 now_us)
{
	struct end *e = p->end;
	struct braid_ack ack;

	if (p->state != PATH_UP && now_us >= p->probe_us) {
		send_probe(p);
		p->probe_us = now_us + PROBE_US;
	}
	if (p->state != PATH_UP)
		return;
	if (now_us >= braid_loss_deadline(&p->loss, &p->rtt)) {
		braid_loss_expire(&p->loss, &p->rtt, now_us, &ops, p, &ack);
		braid_rate_ack(&p->rate, &ack, &p->rtt, &p->owd, now_us,
			       waits(p), p->loss.flying);
	}
	if (suspicious(p, now_us))
		suspect(p);
	if (p->active && now_us > p->lane_us + IDLE_US &&
	    !p->loss.flying_packets) {
		p->active = false;
		p->since = e->gseq;
		e->schedule_due = true;
	}
}

static void on_tick(void *arg)
{
	struct end *e = arg;
	u64 now_us = end_us(e);
	u32 i, bin = e->clock->now_ns / (100 * NSEC_PER_MSEC);

	event_at(e->clock, &e->tick, e->clock->now_ns + TICK_NS);
	if (e->stalled)
		return;
	for (i = 0; i < e->n_paths; i++) {
		tick_path(&e->path[i], now_us);
		if (bin < END_BINS)
			e->path[i].rate_log[bin] = e->path[i].rate.rate / 125;
	}
	if (e->schedule_due || now_us > e->schedule_us + e->knobs.schedule_us)
		write_schedule(e);
	tune_codel(e);
	send_pump(e);
}

void end_init(struct end *e, struct clock *c, const struct knobs *k,
	      const char *name, u64 offset_us)
{
	u32 i;

	memset(e, 0, sizeof(*e));
	e->clock = c;
	e->knobs = *k;
	e->name = name;
	e->offset_us = offset_us;
	fairq_init(&e->fq);
	event_init(&e->timer, on_timer, e);
	event_init(&e->tick, on_tick, e);
	for (i = 0; i < SIM_FLOWS; i++) {
		e->acks[i].end = e;
		event_init(&e->acks[i].due, on_ack_due, &e->acks[i]);
	}
	recv_init(e);
}

void end_add_path(struct end *e, struct link *out)
{
	struct path *p = &e->path[e->n_paths];
	struct braid_sent *rec = calloc(e->knobs.records, sizeof(*rec));

	if (!rec)
		abort();
	p->end = e;
	p->id = e->n_paths++;
	p->out = out;
	braid_loss_init(&p->loss, rec, e->knobs.records);
	braid_rtt_init(&p->rtt);
	braid_owd_init(&p->owd);
	braid_rate_init(&p->rate, 0);
	braid_replay_init(&p->seen);
}

void end_start(struct end *e)
{
	event_at(e->clock, &e->tick, e->clock->now_ns +
		 rnd_below(e->clock, TICK_NS));
}

void end_fini(struct end *e)
{
	struct stamped *s;
	u32 i;

	for (i = 0; i < e->n_paths; i++) {
		struct path *p = &e->path[i];

		while ((s = pop(&p->front)))
			stamped_put(s);
		while ((s = pop(&p->fifo)))
			stamped_put(s);
		braid_loss_drain(&p->loss, put_cookie);
		free(p->loss.rec);
	}
	while ((s = pop(&e->readmit)))
		stamped_put(s);
	for (i = 0; i < SIM_FLOWS; i++)
		if (e->acks[i].held)
			inner_put(e->acks[i].held);
	fairq_fini(&e->fq);
	recv_fini(e);
}
