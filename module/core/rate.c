// SPDX-License-Identifier: GPL-2.0
#include "rate.h"

#define START_PACKETS	16
#define START_SIZE	1400
#define START_RTT_US	100000
#define START_MAX	2500000ULL	/* bytes per second: 20 Mbit/s */
#define MIN_PACING	8000ULL		/* bytes per second: 64 kbit/s */
#define MEMORY_US	(30 * BRAID_USEC_PER_SEC)

#define SLOT_MIN_US	8000
#define SLOT_MAX_US	64000
#define ROUND_MIN_US	40000
#define TARGET_MIN_US	1500
#define TARGET_MAX_US	4000
/* Shorter spikes of delay come from busy machines, not from the link. */
#define PERSIST_US	24000
#define EXCESS_MIN_US	5000
#define PAUSE_MAX_US	(50 * BRAID_USEC_PER_MSEC)
#define REFRESH_US	(5 * BRAID_USEC_PER_SEC)
#define REFRESH_IDLE_US	2000

/* With more jitter than this the queue seldom tells what it does. */
#define JITTER_US	1000

#define STEP_FIRST	(BRAID_RATE_ONE / 32)
#define STEP_LAST	(BRAID_RATE_ONE / 2)
#define STEP_ALIEN	(BRAID_RATE_ONE / 16)
/* Probes in a row that told nothing. */
#define IDLE_PROBES	8
#define WAIT_FIRST_US	(200 * BRAID_USEC_PER_MSEC)
#define WAIT_LAST_US	(3 * BRAID_USEC_PER_SEC)

#define LOSS_HIGH	(BRAID_RATE_ONE / 32)
#define LOSS_HEAVY	(BRAID_RATE_ONE / 10)
#define LOSS_STARTUP	16	/* one of so many */
#define LOSS_PACKETS	512
#define LOSS_WAIT_US	(10 * BRAID_USEC_PER_SEC)
#define LOSS_WAIT_MAX_US	(60 * BRAID_USEC_PER_SEC)

static u64 scale(u64 v, u32 gain)
{
	return v * gain / BRAID_RATE_ONE;
}

static void pace(struct braid_rate *r, u32 gain)
{
	u64 p = max_t(u64, scale(r->rate, gain), MIN_PACING);

	if (r->cap)
		p = min(p, max_t(u64, r->cap, MIN_PACING));
	r->pacing = p;
}

static void enter(struct braid_rate *r, enum braid_rate_phase phase,
		  u64 now_us)
{
	r->phase = phase;
	r->phase_us = now_us;
	r->until_us = BRAID_NEVER;
	r->emptying = false;
}

void braid_rate_init(struct braid_rate *r, u64 cap)
{
	memset(r, 0, sizeof(*r));
	r->cap = cap;
	r->rate = START_PACKETS * START_SIZE * 10;
	braid_delivery_forget(&r->delivery);
	enter(r, BRAID_RATE_STARTUP, 0);
	pace(r, BRAID_RATE_ONE);
}

void braid_rate_set_cap(struct braid_rate *r, u64 cap)
{
	r->cap = cap;
	pace(r, BRAID_RATE_ONE);
}

void braid_rate_start(struct braid_rate *r, const struct braid_rtt *rtt,
		      u64 now_us)
{
	u32 min_rtt = rtt->min_us ? rtt->min_us : START_RTT_US;
	u64 first = div_u64(START_PACKETS * START_SIZE * BRAID_USEC_PER_SEC,
			    min_rtt);
	u64 old = 0;

	if (r->confirmed_us && now_us < r->confirmed_us + MEMORY_US)
		old = r->rate / 2;
	braid_rate_init(r, r->cap);
	r->rate = max(min(first, START_MAX), old);
	r->min_rtt_us = min_rtt;
	r->step = STEP_FIRST;
	r->wait_us = WAIT_FIRST_US;
	r->loss_wait_us = LOSS_WAIT_US;
	r->refresh_us = now_us + REFRESH_US;
	enter(r, BRAID_RATE_STARTUP, now_us);
	pace(r, 2 * BRAID_RATE_ONE);
}

/* More queue than we want, and than jitter explains. */
static u32 excess_us(const struct braid_rate *r)
{
	return r->target_us + r->alien_us + r->jitter_us +
	       max_t(u32, r->min_rtt_us / 10, EXCESS_MIN_US);
}

/* While the rate doubles, what is seen a quarter round later is seen late. */
static u32 slot_length(const struct braid_rate *r)
{
	if (r->phase == BRAID_RATE_STARTUP)
		return SLOT_MIN_US;
	return clamp_t(u32, r->min_rtt_us / 4, SLOT_MIN_US, SLOT_MAX_US);
}

/* From one report to the next, as in RFC 3550: a queue that grows is none. */
static void learn_jitter(struct braid_rate *r, u32 queue_us)
{
	u32 off = queue_us > r->queue_us ? queue_us - r->queue_us :
					   r->queue_us - queue_us;

	r->queue_us = queue_us;
	r->jitter_us = (31ULL * r->jitter_us + off) / 32;
}

static void learn(struct braid_rate *r, const struct braid_rtt *rtt,
		  const struct braid_owd *owd)
{
	u64 packet_us;

	r->min_rtt_us = max_t(u32, rtt->min_us, 100);
	learn_jitter(r, owd->queue_us);
	r->round_us = max_t(u32, max_t(u32, r->min_rtt_us, ROUND_MIN_US),
			    16 * r->jitter_us);
	packet_us = div64_u64(2 * START_SIZE * BRAID_USEC_PER_SEC,
			      max(r->rate, MIN_PACING));
	r->target_us = clamp_t(u32, r->min_rtt_us / 16, TARGET_MIN_US,
			       TARGET_MAX_US) + packet_us;
	r->peak_us -= r->peak_us / 256;
	r->peak_us = max(r->peak_us, owd->queue_us);
}

/*
 * A path that delivers in bursts shows the least delay of each: what its
 * other packets waited for is the pause before.
 */
static void learn_pause(struct braid_rate *r, u64 at_us)
{
	u64 pause = at_us - r->heard_us;

	if (r->heard_us && (s64)pause > r->peak_us)
		r->peak_us = min_t(u64, pause, PAUSE_MAX_US);
	r->heard_us = at_us;
}

/* Bytes that fill the path and the queue that we want, and no more. */
static u64 full_pipe(const struct braid_rate *r)
{
	return mul_u64_u64_div_u64(r->rate, r->min_rtt_us + r->target_us +
				   r->alien_us, BRAID_USEC_PER_SEC);
}

static void confirm(struct braid_rate *r, u64 rate, u64 now_us)
{
	r->rate = max(rate, MIN_PACING);
	r->confirmed_us = now_us;
}

static void restrain(struct braid_rate *r, u64 now_us)
{
	r->low_until_us = now_us + r->min_rtt_us + r->round_us;
}

/* After a fall of more than a quarter what is under way is far too much. */
static enum braid_rate_phase slower(const struct braid_rate *r)
{
	return r->rate < scale(r->before, BRAID_RATE_ONE * 3 / 4) ?
	       BRAID_RATE_HOLD : BRAID_RATE_DRAIN;
}

static u32 drain_gain(const struct braid_rate *r)
{
	return r->phase == BRAID_RATE_HOLD ? BRAID_RATE_ONE / 8 :
					     BRAID_RATE_ONE / 2;
}

static void drain(struct braid_rate *r, enum braid_rate_phase how, u64 now_us)
{
	enter(r, how, now_us);
	r->until_us = now_us + 6 * r->min_rtt_us + 200 * BRAID_USEC_PER_MSEC;
	restrain(r, now_us);
	pace(r, drain_gain(r));
}

static bool drains(const struct braid_rate *r)
{
	return r->phase == BRAID_RATE_DRAIN || r->phase == BRAID_RATE_HOLD;
}

static void cruise(struct braid_rate *r, u64 now_us)
{
	enter(r, BRAID_RATE_CRUISE, now_us);
	r->empty_us = 0;
	pace(r, BRAID_RATE_ONE);
}

/* A round of more, then seven as they come. */
static void compete(struct braid_rate *r, u64 now_us)
{
	enter(r, BRAID_RATE_CRUISE, now_us);
	r->until_us = now_us + 8 * r->round_us;
	pace(r, BRAID_RATE_ONE);
}

/* The queue is too long: reads the rate off it, and empties it. */
static void overrun(struct braid_rate *r, u64 now_us)
{
	struct braid_measure m;

	braid_delivery_busy(&r->delivery, r->round_us,
			    r->target_us + r->jitter_us, &m);
	if (m.us < r->round_us || m.slots < BRAID_DELIVERY_FEW)
		braid_delivery_gather(&r->delivery, 3 * r->round_us, &m);
	if (r->phase != BRAID_RATE_PROBE) {
		r->wait_us = WAIT_FIRST_US;
		r->probe_us = now_us;
	}
	r->step = STEP_FIRST;
	r->before = r->rate;
	if (m.us)
		confirm(r, m.rate, now_us);
	drain(r, slower(r), now_us);
}

/*
 * We had sent no more than fills the path, and what left since then still
 * finds a queue which does not grow: it is not ours.
 */
static bool foreign(const struct braid_rate *r, const struct braid_measure *now,
		    u64 now_us)
{
	return r->drained_us && braid_measure_trend(now, r->jitter_us) <= 0 &&
	       now_us < r->drained_us + 3 * r->min_rtt_us + 4 * r->round_us;
}

static void too_long(struct braid_rate *r, const struct braid_measure *now,
		     u64 now_us)
{
	/* what left before the end of the last drain tells nothing new */
	if (now_us < r->drained_us + r->min_rtt_us + now->queue_us + now->us)
		return;
	if (!foreign(r, now, now_us)) {
		overrun(r, now_us);
		return;
	}
	r->alien_us = now->queue_us;
	r->rate = max(r->rate, r->before);
	r->drained_us = 0;
	compete(r, now_us);
}

/* Many packets are lost: enough, whatever the reason. */
static bool startup_lossy(struct braid_rate *r, u64 now_us)
{
	if (r->loss_packets < LOSS_PACKETS / 8)
		return false;
	if (r->loss_lost * LOSS_STARTUP > r->loss_packets)
		return true;
	r->loss_packets = 0;
	r->loss_lost = 0;
	r->loss_at_us = now_us;
	return false;
}

static void startup(struct braid_rate *r, u64 now_us, bool backlogged)
{
	struct braid_measure m;

	braid_delivery_gather(&r->delivery, r->min_rtt_us / 2, &m);
	if (m.rate > r->rate)
		confirm(r, m.rate, now_us);
	braid_delivery_gather(&r->delivery, max_t(u32, r->min_rtt_us / 2,
			      PERSIST_US), &m);
	if (m.slots >= BRAID_DELIVERY_FEW && m.queue_us != U32_MAX &&
	    m.queue_us > excess_us(r)) {
		overrun(r, now_us);
		return;
	}
	if (startup_lossy(r, now_us)) {
		/* but of next to nothing it says little */
		r->rate = max(m.rate, m.limited ? r->rate / 2 : 0);
		cruise(r, now_us);
		return;
	}
	if (!backlogged || m.limited ||
	    r->rate >= scale(r->full_rate, BRAID_RATE_ONE * 5 / 4)) {
		r->full_rate = r->rate;
		r->full_us = now_us;
	}
	if (now_us > r->full_us + 3 * r->min_rtt_us + 2 * r->round_us) {
		cruise(r, now_us);
		return;
	}
	pace(r, 2 * BRAID_RATE_ONE);
}

static void draining(struct braid_rate *r, const struct braid_measure *now,
		     u64 now_us)
{
	struct braid_measure busy;

	braid_delivery_busy(&r->delivery, now_us - r->phase_us,
			    r->target_us + r->jitter_us, &busy);
	if (busy.us >= r->round_us / 2 && busy.slots >= BRAID_DELIVERY_FEW &&
	    braid_measure_trend(&busy, r->jitter_us)) {
		confirm(r, busy.rate, now_us);
		if (!r->emptying)
			r->phase = slower(r);
		pace(r, drain_gain(r));
	}
	if (now_us >= r->until_us ||
	    (!r->emptying && now->last_us <= r->target_us))
		cruise(r, now_us);
}

/*
 * A queue that grows or falls shows the link at work. One that does neither
 * tells nothing: we may have offered less than the link can, and the queue may
 * not be ours; but what was delivered is always a lower bound. With jitter the
 * queue's way is seldom certain, so the estimate follows slowly, too.
 */
static void adopt(struct braid_rate *r, const struct braid_measure *m,
		  u64 now_us)
{
	bool busy = m->queue_us > r->target_us / 3 + r->jitter_us / 2;
	bool free = now_us >= r->low_until_us && !m->limited;
	s64 more = (s64)(m->rate - r->rate);

	if (busy && !m->limited && braid_measure_trend(m, r->jitter_us))
		confirm(r, r->rate + more / 4, now_us);
	else if (r->jitter_us > JITTER_US && (more > 0 || (busy && free)))
		confirm(r, r->rate + more / 16, now_us);
	else if (more > 0 && m->queue_us <= r->target_us)
		confirm(r, r->rate + more / 4, now_us);
	else if (more > -(s64)(r->rate / 32))
		r->confirmed_us = now_us;
}

static u32 cruise_gain(const struct braid_rate *r,
		       const struct braid_measure *m, u64 now_us)
{
	s64 want = (s64)r->target_us - m->queue_us;
	s64 horizon = 4 * (s64)max(r->min_rtt_us, r->round_us / 2);
	s64 gain = BRAID_RATE_ONE;

	if (want < 0)
		gain -= (s64)div_u64(-want * BRAID_RATE_ONE, horizon);
	else if (now_us >= r->shallow_us)
		gain += (s64)div_u64(want * BRAID_RATE_ONE, horizon);
	return clamp_t(s64, gain, BRAID_RATE_ONE * 3 / 4,
		       BRAID_RATE_ONE * 49 / 48);
}

static void refresh(struct braid_rate *r, const struct braid_measure *m,
		    u64 now_us)
{
	r->refresh_us = now_us + REFRESH_US;
	enter(r, BRAID_RATE_DRAIN, now_us);
	r->emptying = true;
	r->until_us = now_us + 2 * (min(m->queue_us, r->min_rtt_us) +
				    REFRESH_IDLE_US);
	restrain(r, now_us);
	pace(r, BRAID_RATE_ONE / 2);
}

static void probe(struct braid_rate *r, u64 now_us)
{
	enter(r, BRAID_RATE_PROBE, now_us);
	r->until_us = now_us + r->min_rtt_us + r->round_us;
	r->loss_packets = 0;
	r->loss_lost = 0;
	r->loss_at_us = now_us + r->min_rtt_us;
	pace(r, BRAID_RATE_ONE + r->step);
}

/* -- loss: does it depend on what we offer? ------------------------------ */

static void loss_count(struct braid_rate *r, const struct braid_ack *ack,
		       u64 now_us)
{
	if (now_us < r->loss_at_us)
		return;
	r->loss_packets += ack->acked_packets + ack->lost_packets;
	r->loss_lost += ack->lost_packets;
	r->loss_lost -= min(r->loss_lost, ack->late_packets);
}

/* Counts anew, without what left before now. */
static void loss_recount(struct braid_rate *r, u64 now_us)
{
	r->loss_packets = 0;
	r->loss_lost = 0;
	r->loss_at_us = now_us + r->min_rtt_us + r->round_us;
}

/*
 * Two counts in a row were high (bursts make one high now and then): offers
 * less for a while, to see whether less is lost.
 */
static void loss_test(struct braid_rate *r, u32 ratio, u64 now_us)
{
	if (!r->loss_high) {
		r->loss_high = true;
		return;
	}
	r->loss_high = false;
	r->loss_ratio = ratio;
	loss_recount(r, now_us);
}

/*
 * We offered a share t of the rate before. Were the link the reason, what was
 * delivered then would be delivered now: a loss of 1 - (1 - ratio) / t is
 * left. The finding is which of that and @ratio the loss is nearer to.
 */
static void loss_found(struct braid_rate *r, u32 ratio, u64 now_us)
{
	u32 before = r->loss_ratio, left, through;

	through = (BRAID_RATE_ONE - before) * 4 / 3;
	left = through < BRAID_RATE_ONE ? BRAID_RATE_ONE - through : 0;
	r->loss_ratio = 0;
	r->loss_random = ratio;
	r->loss_next_us = now_us + r->loss_wait_us;
	if (ratio > (before + left) / 2) {
		r->loss_wait_us = min_t(u64, 2 * r->loss_wait_us,
					LOSS_WAIT_MAX_US);
		return;
	}
	r->loss_wait_us = LOSS_WAIT_US;
	if (before > LOSS_HEAVY)
		r->shallow_us = now_us + LOSS_WAIT_US;
	confirm(r, scale(r->rate, BRAID_RATE_ONE - before), now_us);
}

/* Judges a count that is complete. */
static void loss_judge(struct braid_rate *r, u64 now_us)
{
	u32 ratio, known = r->loss_random + r->loss_random / 2;

	if (r->loss_packets >= LOSS_PACKETS && now_us >= r->loss_at_us +
	    2 * r->round_us) {
		ratio = div_u64((u64)r->loss_lost * BRAID_RATE_ONE,
				r->loss_packets);
		loss_recount(r, now_us - r->min_rtt_us - r->round_us);
		if (r->loss_ratio)
			loss_found(r, ratio, now_us);
		else if (ratio > LOSS_HIGH && (ratio > known + LOSS_HIGH ||
					       now_us >= r->loss_next_us))
			loss_test(r, ratio, now_us);
		else
			r->loss_high = false;
	}
}

/* Is it time to look for more? */
static bool hungry(struct braid_rate *r, const struct braid_measure *m,
		   u64 now_us, bool backlogged)
{
	if (!backlogged || m->limited || now_us < r->low_until_us ||
	    r->loss_ratio || m->queue_us > r->target_us / 3 + r->jitter_us) {
		r->empty_us = 0;
		return false;
	}
	if (!r->empty_us)
		r->empty_us = now_us;
	return now_us >= r->empty_us + r->round_us && now_us >= r->probe_us;
}

static void cruising(struct braid_rate *r, const struct braid_measure *m,
		     u64 now_us, bool backlogged)
{
	u32 gain;

	adopt(r, m, now_us);
	if (hungry(r, m, now_us, backlogged)) {
		probe(r, now_us);
		return;
	}
	if (now_us >= r->refresh_us && backlogged) {
		refresh(r, m, now_us);
		return;
	}
	loss_judge(r, now_us);
	gain = cruise_gain(r, m, now_us);
	if (r->loss_ratio)
		gain = min_t(u32, gain, BRAID_RATE_ONE * 3 / 4);
	if (gain < BRAID_RATE_ONE * 31 / 32)
		restrain(r, now_us);
	pace(r, gain);
}

/*
 * Beside somebody else's queue (or on a path that became longer, until that
 * is known) ours cannot be seen. As BBR does, then: now and then a round of
 * more, and the best of the last rounds is the estimate. BBR's quarter more would
 * take a CUBIC flow beside us its share.
 */
static void competing(struct braid_rate *r, const struct braid_measure *m,
		      u64 now_us, bool backlogged)
{
	if (m->rate > r->rate)
		confirm(r, m->rate, now_us);
	else if (!m->limited && now_us >= r->decay_us) {
		r->decay_us = now_us + r->round_us;
		confirm(r, r->rate - (r->rate - m->rate) / 8, now_us);
	}
	if (m->queue_us <= r->target_us + r->jitter_us) {
		r->alien_us = 0;
		cruise(r, now_us);
		return;
	}
	r->alien_us = max(r->alien_us, m->queue_us);
	if (now_us >= r->refresh_us && backlogged)
		refresh(r, m, now_us);
	else if (now_us >= r->until_us)
		compete(r, now_us);
	else
		pace(r, now_us < r->phase_us + r->round_us && backlogged ?
			BRAID_RATE_ONE + STEP_ALIEN : BRAID_RATE_ONE);
}

/* The link said no: its queue grew, or it lost more than it does anyway. */
static bool refused(const struct braid_rate *r, const struct braid_measure *m)
{
	u32 known = r->loss_packets / 32 +
		    (u64)r->loss_packets * r->loss_random / BRAID_RATE_ONE;

	return m->last_us > r->target_us / 2 + r->jitter_us ||
	       r->loss_lost > known + 2;
}

static void probe_failed(struct braid_rate *r, u64 now_us)
{
	r->step = STEP_FIRST;
	r->idle_probes = 0;
	r->probe_us = now_us + r->wait_us;
	r->wait_us = min_t(u64, 2 * r->wait_us, WAIT_LAST_US);
	loss_recount(r, now_us);
	cruise(r, now_us);
}

/*
 * A step of which half was delivered has succeeded. When it was not and the
 * queue stayed empty all the same, the sender did not come to it (late
 * timers, a busy machine): a larger step tells more.
 */
static void probing(struct braid_rate *r, u64 now_us)
{
	struct braid_measure m;
	bool more;

	if (now_us < r->until_us)
		return;
	braid_delivery_gather(&r->delivery, r->round_us, &m);
	more = m.rate >= scale(r->rate, BRAID_RATE_ONE + r->step / 2);
	if (m.rate > r->rate)
		confirm(r, m.rate, now_us);
	r->idle_probes = more ? 0 : r->idle_probes + 1;
	if ((!more && refused(r, &m)) || r->idle_probes > IDLE_PROBES) {
		probe_failed(r, now_us);
		return;
	}
	if (more)
		r->wait_us = WAIT_FIRST_US;
	r->step = min_t(u32, 2 * r->step, STEP_LAST);
	if (m.limited) {
		loss_recount(r, now_us);
		cruise(r, now_us);
		return;
	}
	probe(r, now_us);
}

static void step(struct braid_rate *r, u64 now_us, bool backlogged,
		 u64 inflight)
{
	struct braid_measure m, now;

	braid_delivery_gather(&r->delivery, r->round_us, &m);
	braid_delivery_gather(&r->delivery, max_t(u32, r->min_rtt_us / 4,
			      PERSIST_US), &now);
	if (r->phase == BRAID_RATE_STARTUP) {
		startup(r, now_us, backlogged);
		return;
	}
	if (drains(r)) {
		draining(r, &now, now_us);
		return;
	}
	if (now.queue_us <= r->target_us + r->jitter_us)
		r->drained_us = 0;	/* it was ours, and went */
	if (now.queue_us != U32_MAX && now.queue_us > excess_us(r) &&
	    (inflight > full_pipe(r) || m.queue_us > excess_us(r)))
		too_long(r, &now, now_us);
	else if (r->alien_us)
		competing(r, &m, now_us, backlogged);
	else if (r->phase == BRAID_RATE_PROBE)
		probing(r, now_us);
	else
		cruising(r, &m, now_us, backlogged);
}

void braid_rate_ack(struct braid_rate *r, const struct braid_ack *ack,
		    const struct braid_rtt *rtt, const struct braid_owd *owd,
		    u64 now_us, bool backlogged, u64 inflight)
{
	if (ack->rtt_us) {
		learn(r, rtt, owd);
		learn_pause(r, now_us - ack->rtt_us + ack->owd_us);
	}
	loss_count(r, ack, now_us);
	if (braid_delivery_add(&r->delivery, ack, owd, slot_length(r),
			       r->pacing, now_us))
		step(r, now_us, backlogged, inflight);
	if (drains(r) && !r->emptying && inflight <= full_pipe(r)) {
		r->drained_us = now_us;
		cruise(r, now_us);
	}
}

void braid_rate_tick(struct braid_rate *r, u64 now_us)
{
	if (drains(r) && now_us >= r->until_us)
		cruise(r, now_us);
}

const char *braid_rate_phase_name(enum braid_rate_phase phase)
{
	static const char * const name[] = {
		[BRAID_RATE_STARTUP] = "startup",
		[BRAID_RATE_DRAIN] = "drain",
		[BRAID_RATE_CRUISE] = "cruise",
		[BRAID_RATE_PROBE] = "probe",
		[BRAID_RATE_HOLD] = "hold",
	};

	if ((u32)phase >= ARRAY_SIZE(name))
		return "unknown";
	return name[phase];
}
