// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>

#include "tcp.h"

#define WINDOW		4300	/* segments: 6 MB of receive buffer */
#define ACK_SIZE	52
/* What comes within this time is merged, and acknowledged once. */
#define GRO_NS		(20 * NSEC_PER_USEC)
#define RTO_MIN_NS	(200 * NSEC_PER_MSEC)
#define CUBIC_C		0.4
#define CUBIC_BETA	0.7

static struct segment *seg_of(struct flow *f, u64 n)
{
	return &f->seg[n % TCP_RING];
}

static void send_segment(struct flow *f, u64 n, bool again)
{
	struct segment *s = seg_of(f, n);
	struct inner *in = inner_new();
	u64 now_ns = f->clock->now_ns;

	if (!f->pipe)
		f->delivered_ns = now_ns;
	if (again) {
		f->retransmits++;
		f->lost_out--;
	} else {
		memset(s, 0, sizeof(*s));
	}
	s->again = again;
	s->lost = false;
	s->sent_ns = now_ns;
	s->delivered = f->delivered;
	s->delivered_ns = f->delivered_ns;
	f->pipe++;
	in->flow = f->id;
	in->size = TCP_MSS + 52;
	in->seq = n;
	in->ts_ns = now_ns;
	f->prr_out++;
	f->xmit(f->to, f, in);
}

static bool next_lost(struct flow *f, u64 *n)
{
	u64 i;

	if (!f->lost_out)
		return false;
	for (i = f->una; i < f->next; i++) {
		if (seg_of(f, i)->lost) {
			*n = i;
			return true;
		}
	}
	return false;
}

static double bbr_gain(const struct flow *f)
{
	static const double cycle[] = { 1.25, 0.75, 1, 1, 1, 1, 1, 1 };

	if (f->phase == 0)
		return 2.77;
	if (f->phase == 1)
		return 0.36;
	return cycle[f->phase % 8];
}

static bool may_send(struct flow *f)
{
	if (f->next - f->una >= WINDOW && !f->lost_out)
		return false;
	if (f->cfg.kind == FLOW_BBR && f->pace_ns > f->clock->now_ns) {
		event_at(f->clock, &f->pacer, f->pace_ns);
		return false;
	}
	return f->pipe < f->cwnd;
}

/* Proportional rate reduction: how much more may leave in recovery. */
static double prr_room(struct flow *f, double acked)
{
	double room;

	if (f->pipe > f->ssthresh)
		room = ceil(f->prr_delivered * f->ssthresh / f->prr_flight) -
		       f->prr_out;
	else
		room = fmin(f->ssthresh - f->pipe,
			    fmax(f->prr_delivered - f->prr_out, acked) + 1);
	return fmax(room, 0);
}

static void arm_rto(struct flow *f)
{
	double rto = f->srtt_ns ? f->srtt_ns + fmax(4 * f->var_ns, RTO_MIN_NS) :
				  1e9;

	if (f->pipe || f->lost_out)
		event_at(f->clock, &f->timer, f->clock->now_ns + (u64)rto);
	else
		event_stop(f->clock, &f->timer);
}

static void pump(struct flow *f)
{
	u64 n;

	while (may_send(f)) {
		if (next_lost(f, &n)) {
			send_segment(f, n, true);
		} else if (f->next - f->una < WINDOW) {
			if (f->cfg.stop_us && f->clock->now_ns >=
			    f->cfg.stop_us * NSEC_PER_USEC)
				break;
			send_segment(f, f->next++, false);
		} else {
			break;
		}
		if (f->cfg.kind == FLOW_BBR)
			f->pace_ns = fmax(f->pace_ns, f->clock->now_ns) +
				     1e9 / fmax(f->bw * bbr_gain(f), 20);
	}
}

static void cubic_loss(struct flow *f)
{
	f->w_max = f->cwnd < f->w_max ? f->cwnd * (1 + CUBIC_BETA) / 2 :
					f->cwnd;
	f->ssthresh = fmax(f->cwnd * CUBIC_BETA, 2);
	f->lost_once = true;
	f->epoch_ns = 0;
}

static void cubic_grow(struct flow *f, double acked)
{
	u64 now_ns = f->clock->now_ns;
	double t, target;

	if (f->cwnd < f->ssthresh) {
		f->cwnd += acked;
		return;
	}
	if (!f->epoch_ns) {
		f->epoch_ns = now_ns;
		if (f->w_max <= f->cwnd)
			f->w_max = f->cwnd;
		f->k = cbrt((f->w_max - f->cwnd) / CUBIC_C);
		f->w_est = f->cwnd;
	}
	t = (now_ns - f->epoch_ns + f->min_rtt_ns) / 1e9;
	target = f->w_max + CUBIC_C * pow(t - f->k, 3);
	f->w_est += 0.53 * acked / f->cwnd;
	target = fmax(fmin(target, 1.5 * f->cwnd), f->w_est);
	if (!f->lost_once)	/* as Linux: 5 % a round trip at least */
		target = fmax(target, 1.05 * f->cwnd);
	if (target > f->cwnd)
		f->cwnd += acked * (target - f->cwnd) / f->cwnd;
	else
		f->cwnd += acked * 0.01 / f->cwnd;
}

/*
 * Leaves slow start when the round trip grows, or when a round's train of
 * acknowledgments lasts half of it; as Linux does.
 */
static void hystart(struct flow *f, u64 rtt_ns)
{
	u64 eta, now_ns = f->clock->now_ns;

	if (f->cwnd >= f->ssthresh || f->cwnd < 16)
		return;
	if (f->una >= f->round_end) {
		f->last_round_rtt_ns = f->round_rtt_ns;
		f->round_rtt_ns = 0;
		f->round_n = 0;
		f->round_end = f->next;
		f->train_ns = now_ns;
		f->train_last_ns = now_ns;
	}
	if (now_ns - f->train_last_ns <= 2 * NSEC_PER_MSEC) {
		f->train_last_ns = now_ns;
		if (now_ns - f->train_ns > f->min_rtt_ns / 2)
			f->ssthresh = f->cwnd;
	}
	if (!f->round_rtt_ns || rtt_ns < f->round_rtt_ns)
		f->round_rtt_ns = rtt_ns;
	if (++f->round_n < 8)
		return;
	eta = clamp_t(u64, f->min_rtt_ns / 8, 4 * NSEC_PER_MSEC,
		      16 * NSEC_PER_MSEC);
	if (f->round_rtt_ns >= f->min_rtt_ns + eta)
		f->ssthresh = f->cwnd;
}

static void bbr_update(struct flow *f, double sample)
{
	u64 now_ns = f->clock->now_ns;
	u32 i;

	if (f->una >= f->round_end) {
		f->round_end = f->next;
		f->round++;
		f->bw_round[f->round % 10] = 0;
		if (f->phase == 0 && f->bw < f->full_bw * 1.25)
			f->full_n++;
		else if (f->phase == 0)
			f->full_n = 0, f->full_bw = f->bw;
	}
	f->bw_round[f->round % 10] = fmax(f->bw_round[f->round % 10], sample);
	for (f->bw = 0, i = 0; i < 10; i++)
		f->bw = fmax(f->bw, f->bw_round[i]);
	if (f->phase == 0 && f->full_n >= 3)
		f->phase = 1;
	if (f->phase == 1 && f->pipe <= f->bw * f->min_rtt_ns / 1e9)
		f->phase = 16, f->phase_ns = now_ns;
	if (f->phase >= 16 && now_ns > f->phase_ns + f->min_rtt_ns)
		f->phase++, f->phase_ns = now_ns;
	f->cwnd = fmax(2 * f->bw * f->min_rtt_ns / 1e9, 16);
	if (f->phase == 0)
		f->cwnd *= 1.4;
}

static void rtt_sample(struct flow *f, double rtt)
{
	if (!f->srtt_ns) {
		f->srtt_ns = rtt;
		f->var_ns = rtt / 2;
	}
	f->var_ns += (fabs(rtt - f->srtt_ns) - f->var_ns) / 4;
	f->srtt_ns += (rtt - f->srtt_ns) / 8;
	if (!f->min_rtt_ns || rtt < f->min_rtt_ns)
		f->min_rtt_ns = rtt;
}

/* A segment is known to have arrived; returns its delivery-rate sample. */
static double seg_arrived(struct flow *f, u64 n)
{
	struct segment *s = seg_of(f, n);
	double span = f->clock->now_ns - s->delivered_ns;

	if (s->lost) {
		f->lost_out--;
		s->lost = false;
	} else {
		f->pipe--;
	}
	if (!s->again && n < f->high_sack && !f->reordered)
		f->reordered = true;
	f->delivered++;
	if (s->sent_ns >= f->rack_ns) {
		f->rack_ns = s->sent_ns;
		f->rack_rtt_ns = f->clock->now_ns - s->sent_ns;
	}
	return span > 0 ? (f->delivered - s->delivered) * 1e9 / span : 0;
}

static u32 take_sacks(struct flow *f, const struct inner *in, double *sample)
{
	u32 i, fresh = 0;
	u64 n;

	for (i = 0; i < in->sacks; i++) {
		for (n = max(in->sack[i][0], f->una); n <= in->sack[i][1] &&
		     n < f->next; n++) {
			if (seg_of(f, n)->sacked)
				continue;
			*sample = fmax(*sample, seg_arrived(f, n));
			seg_of(f, n)->sacked = true;
			f->sacked++;
			fresh++;
		}
		if (f->high_sack <= in->sack[i][1])
			f->high_sack = in->sack[i][1] + 1;
	}
	return fresh;
}

static bool detect_loss(struct flow *f)
{
	u64 reo_ns = f->reordered ? f->min_rtt_ns / 4 : 0;
	bool any = false;
	struct segment *s;
	u64 n;

	if (!f->sacked || (!f->reordered && f->sacked < 3 && !f->recovery))
		return false;
	for (n = f->una; n < f->high_sack && n < f->next; n++) {
		s = seg_of(f, n);
		if (s->sacked || s->lost || s->sent_ns + reo_ns >= f->rack_ns)
			continue;
		s->lost = true;
		f->lost_out++;
		f->pipe--;
		any = true;
	}
	return any;
}

static void enter_recovery(struct flow *f)
{
	f->recovery = true;
	f->recovery_end = f->next;
	f->prr_delivered = 0;
	f->prr_out = 0;
	f->prr_flight = f->pipe + f->lost_out;
	if (f->cfg.kind == FLOW_CUBIC)
		cubic_loss(f);
}

static u32 take_cum(struct flow *f, u64 cum, double *sample)
{
	u32 fresh = 0;

	for (; f->una < cum && f->una < f->next; f->una++) {
		struct segment *s = seg_of(f, f->una);

		if (s->sacked) {
			f->sacked--;
		} else {
			*sample = fmax(*sample, seg_arrived(f, f->una));
			fresh++;
		}
		s->sacked = false;
	}
	return fresh;
}

static void control(struct flow *f, double acked, double sample)
{
	if (f->cfg.kind == FLOW_BBR) {
		bbr_update(f, sample);
	} else if (f->recovery) {
		f->prr_delivered += acked;
		f->cwnd = f->pipe + prr_room(f, acked);
	} else {
		cubic_grow(f, acked);
	}
}

void flow_ack(struct flow *f, struct inner *in)
{
	double sample = 0, acked;

	rtt_sample(f, f->clock->now_ns - in->ts_ns);
	acked = take_cum(f, in->cum, &sample);
	acked += take_sacks(f, in, &sample);
	f->delivered_ns = f->clock->now_ns;
	if (f->recovery && f->una >= f->recovery_end) {
		f->recovery = false;
		if (f->cfg.kind == FLOW_CUBIC)
			f->cwnd = f->ssthresh;
	}
	if (detect_loss(f) && !f->recovery)
		enter_recovery(f);
	hystart(f, f->clock->now_ns - in->ts_ns);
	if (acked)
		control(f, acked, sample);
	inner_put(in);
	pump(f);
	arm_rto(f);
}

static void rto(struct flow *f)
{
	u64 n;

	f->timeouts++;
	for (n = f->una; n < f->next; n++) {
		struct segment *s = seg_of(f, n);

		if (s->sacked || s->lost)
			continue;
		s->lost = true;
		f->lost_out++;
		f->pipe--;
	}
	cubic_loss(f);
	f->recovery = false;
	f->cwnd = 1;
	f->var_ns *= 2;
	pump(f);
	arm_rto(f);
}

static void emit(struct flow *f)
{
	struct inner *in;

	if (f->cfg.stop_us &&
	    f->clock->now_ns >= f->cfg.stop_us * NSEC_PER_USEC)
		return;
	in = inner_new();
	in->flow = f->id;
	in->ahead = f->cfg.ahead;
	in->size = f->cfg.size;
	in->seq = f->next++;
	in->ts_ns = f->clock->now_ns;
	event_at(f->clock, &f->timer, f->clock->now_ns +
		 f->cfg.size * NSEC_PER_SEC / f->cfg.rate);
	f->xmit(f->to, f, in);
}

static void on_timer(void *arg)
{
	struct flow *f = arg;

	if (f->cfg.kind == FLOW_CONSTANT)
		emit(f);
	else if (f->next)
		rto(f);
	else
		pump(f), arm_rto(f);
}

static void on_pacer(void *arg)
{
	pump(arg);
	arm_rto(arg);
}

/* The runs beyond @next, the one with @newest first. */
static void fill_sacks(struct flow *f, struct inner *in, u64 newest)
{
	struct tcp_sink *s = &f->sink;
	u64 first = newest, last = newest, n;

	if (newest < s->next)
		newest = first = last = s->top - 1;
	while (first > s->next && s->got[(first - 1) % TCP_RING])
		first--;
	while (last + 1 < s->top && s->got[(last + 1) % TCP_RING])
		last++;
	in->sack[in->sacks][0] = first;
	in->sack[in->sacks++][1] = last;
	for (n = first; n > s->next && in->sacks < 3; n--) {
		if (!s->got[(n - 1) % TCP_RING])
			continue;
		last = n - 1;
		while (n - 1 > s->next && s->got[(n - 2) % TCP_RING])
			n--;
		in->sack[in->sacks][0] = n - 1;
		in->sack[in->sacks++][1] = last;
	}
}

static void send_ack(struct flow *f, u64 newest)
{
	struct tcp_sink *s = &f->sink;
	struct inner *in = inner_new();

	in->flow = f->id;
	in->ack = true;
	in->cum = s->next;
	in->ts_ns = s->echo_ns;
	if (s->top > s->next)
		fill_sacks(f, in, newest);
	in->size = ACK_SIZE + (in->sacks ? 4 + 8 * in->sacks : 0);
	s->unacked = 0;
	event_stop(f->clock, &s->delayed);
	f->xmit(f->to, f, in);
}

static void on_delayed(void *arg)
{
	struct flow *f = arg;

	send_ack(f, f->sink.newest);
}

static void count(struct flow *f, u64 bytes)
{
	u64 bin = f->clock->now_ns / (10 * NSEC_PER_MSEC);

	f->sink.bytes += bytes;
	f->sink.last_ns = f->clock->now_ns;
	if (bin < TCP_BINS)
		f->sink.bin[bin] += bytes;
}

static void take_datagram(struct flow *f, struct inner *in)
{
	u64 ms = (f->clock->now_ns - in->ts_ns) / NSEC_PER_MSEC;
	struct tcp_sink *s = &f->sink;

	if (in->seq < s->next)
		s->out_of_order++;
	else
		s->next = in->seq + 1;
	s->received++;
	s->delay_ms[min(ms, 2047ULL)]++;
	count(f, in->size);
	inner_put(in);
}

void flow_data(struct flow *f, struct inner *in)
{
	struct tcp_sink *s = &f->sink;
	u64 seq = in->seq, before = s->next;
	bool now;

	if (f->cfg.kind == FLOW_CONSTANT) {
		take_datagram(f, in);
		return;
	}
	if (seq < s->next || seq >= s->next + TCP_RING ||
	    s->got[seq % TCP_RING]) {
		s->duplicates++;
		inner_put(in);
		send_ack(f, seq);
		return;
	}
	if (seq <= s->next || !s->unacked)
		s->echo_ns = in->ts_ns;
	s->got[seq % TCP_RING] = true;
	now = seq != s->next || s->top > s->next + 1;
	if (seq >= s->top)
		s->top = seq + 1;
	while (s->got[s->next % TCP_RING])
		s->got[s->next++ % TCP_RING] = false;
	if (s->top < s->next)
		s->top = s->next;
	if (s->next > before)
		count(f, (s->next - before) * TCP_MSS);
	inner_put(in);
	s->newest = seq;
	if (now || ++s->unacked >= 2)
		event_at(f->clock, &s->delayed, f->clock->now_ns + GRO_NS);
	else
		event_at(f->clock, &s->delayed,
			 f->clock->now_ns + 40 * NSEC_PER_MSEC);
}

void flow_init(struct flow *f, struct clock *c, u16 id,
	       const struct flow_config *cfg)
{
	memset(f, 0, sizeof(*f));
	f->cfg = *cfg;
	f->clock = c;
	f->id = id;
	f->cwnd = 10;
	f->ssthresh = 1e9;
	f->bw = 1000;
	event_init(&f->timer, on_timer, f);
	event_init(&f->pacer, on_pacer, f);
	event_init(&f->sink.delayed, on_delayed, f);
	event_at(c, &f->timer, cfg->start_us * NSEC_PER_USEC);
}

void flow_fini(struct flow *f)
{
	event_stop(f->clock, &f->timer);
	event_stop(f->clock, &f->pacer);
	event_stop(f->clock, &f->sink.delayed);
}
