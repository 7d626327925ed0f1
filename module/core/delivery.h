/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a path delivered of late: bytes over time on the receiver's clock, in
 * slots of a fraction of a round trip, and the queue that stood meanwhile.
 * Samples as in draft-cheng-iccrg-delivery-rate-estimation, but timed by
 * arrivals, so that the way back does not blur them.
 */
#ifndef BRAID_CORE_DELIVERY_H
#define BRAID_CORE_DELIVERY_H

#include "loss.h"

#define BRAID_DELIVERY_SLOTS	16
/* Fewer slots say little. */
#define BRAID_DELIVERY_FEW	3

/**
 * struct braid_delivery_slot - deliveries in a fraction of a round trip
 * @bytes: bytes reported
 * @us: length, on the receiver's clock
 * @queue_us: least queueing delay seen in it, U32_MAX for none seen
 * @limited: a sample in it was only a lower bound
 */
struct braid_delivery_slot {
	u32 bytes;
	u32 us;
	u32 queue_us;
	bool limited;
};

/**
 * struct braid_delivery - the newest slots of a path
 * @slot: a ring; the one at @at is being filled
 * @at: see @slot
 * @slots: slots before @at that are valid
 * @begin_us: when the running slot began, the receiver's clock; 0 for none
 */
struct braid_delivery {
	struct braid_delivery_slot slot[BRAID_DELIVERY_SLOTS];
	u32 at;
	u32 slots;
	u64 begin_us;
};

/**
 * struct braid_measure - what several slots say together
 * @bytes: in all
 * @us: time in all
 * @rate: bytes per second, 0 for no slot
 * @queue_us: least queue of all, U32_MAX for none seen
 * @first_us: queue in the oldest slot
 * @last_us: queue in the newest slot
 * @slots: how many
 * @limited: one of them was only a lower bound
 */
struct braid_measure {
	u64 bytes;
	u64 us;
	u64 rate;
	u32 queue_us;
	u32 first_us;
	u32 last_us;
	u32 slots;
	bool limited;
};

/* Deliveries up to here say nothing about the link that comes. */
void braid_delivery_forget(struct braid_delivery *d);

/**
 * braid_delivery_add - a report was taken in
 * @d: the path's deliveries
 * @ack: what braid_loss_report() made of it
 * @owd: the path's one-way delay, with this report's sample
 * @length_us: how long a slot should be
 * @pacing: what the path is paced at, bytes per second, not 0
 * @now_us: our clock
 *
 * Return: true when that completed a slot.
 */
bool braid_delivery_add(struct braid_delivery *d, const struct braid_ack *ack,
			const struct braid_owd *owd, u32 length_us, u64 pacing,
			u64 now_us);

/*
 * The newest complete slots, at least @us long and BRAID_DELIVERY_FEW, if there
 * are as many.
 */
void braid_delivery_gather(const struct braid_delivery *d, u32 us,
			   struct braid_measure *m);

/*
 * The newest slots in each of which a queue of more than @queue_us stood: the
 * link's own rate.
 */
void braid_delivery_busy(const struct braid_delivery *d, u32 us, u32 queue_us,
			 struct braid_measure *m);

/*
 * Does the queue grow by more than @jitter_us explains (1: more was offered than
 * delivered), fall (-1), or neither? In the first two cases what was delivered is
 * what the link can.
 */
int braid_measure_trend(const struct braid_measure *m, u32 jitter_us);

#endif
