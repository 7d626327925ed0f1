// SPDX-License-Identifier: GPL-2.0
#include "delivery.h"

/* A slot with less in it says more about packets than about the path. */
#define SLOT_MIN_BYTES	5600

void braid_delivery_forget(struct braid_delivery *d)
{
	memset(d, 0, sizeof(*d));
	d->slot[0].queue_us = U32_MAX;
}

static void measure_add(struct braid_measure *m,
			const struct braid_delivery_slot *s)
{
	if (!m->slots++)
		m->last_us = s->queue_us;
	m->bytes += s->bytes;
	m->us += s->us;
	m->queue_us = min(m->queue_us, s->queue_us);
	m->first_us = s->queue_us;
	m->limited |= s->limited;
}

static void measure_begin(struct braid_measure *m)
{
	memset(m, 0, sizeof(*m));
	m->queue_us = U32_MAX;
}

static void measure_end(struct braid_measure *m)
{
	if (m->us)
		m->rate = mul_u64_u64_div_u64(m->bytes, BRAID_USEC_PER_SEC,
					      m->us);
}

/* The @i-th newest of those that are complete, from 1. */
static const struct braid_delivery_slot *
newest(const struct braid_delivery *d, u32 i)
{
	return &d->slot[(d->at - i) % BRAID_DELIVERY_SLOTS];
}

void braid_delivery_gather(const struct braid_delivery *d, u32 us,
			   struct braid_measure *m)
{
	u32 i;

	measure_begin(m);
	for (i = 1; i <= d->slots &&
	     (m->us < us || i <= BRAID_DELIVERY_FEW); i++)
		measure_add(m, newest(d, i));
	measure_end(m);
}

void braid_delivery_busy(const struct braid_delivery *d, u32 us, u32 queue_us,
			 struct braid_measure *m)
{
	u32 i;

	measure_begin(m);
	for (i = 1; i <= d->slots && m->us < us &&
	     newest(d, i)->queue_us > queue_us; i++)
		measure_add(m, newest(d, i));
	measure_end(m);
}

int braid_measure_trend(const struct braid_measure *m, u32 jitter_us)
{
	s64 change = (s64)m->last_us - m->first_us;
	s64 least = m->us / 64 + jitter_us;

	if (change > least)
		return 1;
	return change < -least ? -1 : 0;
}

static void slot_open(struct braid_delivery *d, u64 at_us)
{
	d->slot[d->at] = (struct braid_delivery_slot){ .queue_us = U32_MAX };
	d->begin_us = at_us;
}

/*
 * A slot that took much longer than it would at our own pace has a gap in it.
 * At a low pace it takes long without one: were that a gap, too, a path whose
 * estimate once fell low could never show that it carries more.
 */
static bool slot_has_gap(const struct braid_delivery_slot *s, u32 length_us,
			 u64 pacing)
{
	u64 due_us = div64_u64(s->bytes * BRAID_USEC_PER_SEC, pacing);

	return s->us > 8 * length_us && s->us > 2 * due_us;
}

/*
 * The report left the receiver, by its clock, at now - rtt + owd: sending time
 * of the highest packet plus its delay plus the time it was held. Jitter on the
 * report's way cancels out.
 */
bool braid_delivery_add(struct braid_delivery *d, const struct braid_ack *ack,
			const struct braid_owd *owd, u32 length_us, u64 pacing,
			u64 now_us)
{
	u64 at_us = now_us - ack->rtt_us + ack->owd_us;
	struct braid_delivery_slot *s = &d->slot[d->at];

	if (!d->begin_us) {
		slot_open(d, at_us);
		return false;
	}
	s->bytes += ack->acked_bytes;
	if (ack->acked_packets && ack->limited)
		s->limited = true;
	if (!ack->rtt_us)
		return false;
	s->queue_us = min(s->queue_us, owd->queue_us);
	if ((s64)(at_us - d->begin_us) < (s64)length_us ||
	    s->bytes < SLOT_MIN_BYTES)
		return false;
	s->us = min_t(u64, at_us - d->begin_us, U32_MAX);
	s->limited |= slot_has_gap(s, length_us, pacing);
	d->at = (d->at + 1) % BRAID_DELIVERY_SLOTS;
	d->slots = min_t(u32, d->slots + 1, BRAID_DELIVERY_SLOTS - 1);
	slot_open(d, at_us);
	return true;
}
