/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How fast a path is: an estimate discovered from deliveries, and the rate to
 * pace at. The inner flows have congestion controls of their own; this is not
 * a second one around them, it finds the bottleneck's rate and keeps its queue
 * short.
 *
 * The model is BBR's (draft-ietf-ccwg-bbr): bottleneck rate and empty-path
 * delay. What differs is where the certainty comes from. The receiver stamps
 * arrivals, so while a little queue stands at the bottleneck, bytes over
 * arrival time are its rate exactly. So braid keeps such a queue, a few
 * milliseconds, by pacing in proportion to what is missing from it (as Vegas
 * and Copa do by window), reads the rate from the arrivals, and goes looking
 * for more, with a step that doubles while it succeeds, only when the queue
 * stays empty although data waits.
 */
#ifndef BRAID_CORE_RATE_H
#define BRAID_CORE_RATE_H

#include "delivery.h"
#include "loss.h"

/* Gains are in 1/1024. */
#define BRAID_RATE_ONE		1024

enum braid_rate_phase {
	BRAID_RATE_STARTUP,	/* doubles each round until something gives */
	BRAID_RATE_DRAIN,	/* empties the queue that startup or a probe left */
	BRAID_RATE_CRUISE,	/* paces at the estimate */
	BRAID_RATE_PROBE,	/* paces above it, for a round */
	BRAID_RATE_HOLD,	/* the link got slower: waits for fresh samples */
};

/**
 * struct braid_rate - estimate and pacing of one path
 * @phase: what it is doing
 * @rate: estimate of the bottleneck's rate, bytes per second
 * @pacing: rate to pace at now, bytes per second, never 0
 * @cap: the user's bound, 0 for none
 * @confirmed_us: when a sample last confirmed the estimate
 * @delivery: what was delivered of late
 * @min_rtt_us: least round trip, as of the last report
 * @round_us: time a measurement should cover
 * @queue_us: queueing delay at the last report
 * @jitter_us: mean change of it from report to report
 * @peak_us: largest delay over the base, or pause between two reports, of
 *	late; falls by 1/256 a report
 * @heard_us: when the last report left, the receiver's clock
 * @target_us: queue to keep at the bottleneck
 * @alien_us: largest queue that did not yield when we sent less: somebody
 *	else's, or a longer path whose base delay is not known yet; 0 for none
 * @before: estimate before the last drain
 * @drained_us: when a drain ended with no more under way than fills the
 *	path; 0 once the queue was seen to be gone
 * @decay_us: beside somebody else: when the estimate next falls
 * @low_until_us: until then deliveries may show our own restraint
 * @phase_us: when @phase began
 * @until_us: when @phase is to be judged or left
 * @emptying: draining goes below the full pipe, to see the empty path's delay
 * @refresh_us: when the path is next emptied for its base delay
 * @full_rate: startup: the rate that has to be exceeded by a quarter
 * @full_us: startup: when it last was, or nothing waited
 * @step: next probe's step, in 1/1024
 * @idle_probes: probes in a row that neither gained nor were refused
 * @wait_us: how long to wait after a probe that failed
 * @probe_us: no probe before this moment
 * @empty_us: since when the queue is empty although data waits, 0 for not
 * @loss_packets: packets reported or lost in the running loss count
 * @loss_lost: of them, lost
 * @loss_at_us: when the loss count begins
 * @loss_ratio: ratio that made us offer less, in 1/1024, 0 for no test
 * @loss_random: ratio that was found not to depend on what we offer
 * @loss_wait_us: how long a finding holds
 * @loss_next_us: no test before this moment
 * @loss_high: the last count was high
 * @shallow_us: until then the bottleneck is taken to have no queue to keep
 */
struct braid_rate {
	enum braid_rate_phase phase;
	u64 rate;
	u64 pacing;
	u64 cap;
	u64 confirmed_us;

	struct braid_delivery delivery;

	u32 min_rtt_us;
	u32 round_us;
	u32 queue_us;
	u32 jitter_us;
	u32 peak_us;
	u64 heard_us;
	u32 target_us;
	u32 alien_us;
	u64 before;
	u64 drained_us;
	u64 decay_us;
	u64 low_until_us;

	u64 phase_us;
	u64 until_us;
	u64 refresh_us;
	bool emptying;

	u64 full_rate;
	u64 full_us;

	u32 step;
	u32 idle_probes;
	u64 wait_us;
	u64 probe_us;
	u64 empty_us;

	u32 loss_packets;
	u32 loss_lost;
	u64 loss_at_us;
	u32 loss_ratio;
	u32 loss_random;
	u64 loss_wait_us;
	u64 loss_next_us;
	bool loss_high;
	u64 shallow_us;
};

/**
 * braid_rate_init - a path that was never used
 * @r: its estimate
 * @cap: never pace faster, bytes per second; 0 for no bound
 */
void braid_rate_init(struct braid_rate *r, u64 cap);

/**
 * braid_rate_start - the path came up, or came back
 * @r: its estimate
 * @rtt: its round trip; without a sample 100 ms are assumed
 * @now_us: our clock
 *
 * Begins with 16 packets a round trip; a path that came back within 30 s of
 * its last confirmed estimate begins with half of that, if it is more.
 */
void braid_rate_start(struct braid_rate *r, const struct braid_rtt *rtt,
		      u64 now_us);

/**
 * braid_rate_ack - a report was taken in
 * @r: the path's estimate
 * @ack: what braid_loss_report() made of it
 * @rtt: its round trip, with this report's sample
 * @owd: its one-way delay, with this report's sample
 * @now_us: our clock
 * @backlogged: data waits that this path could carry
 * @inflight: bytes sent, neither reported nor lost
 *
 * To be called for braid_loss_expire() as well.
 */
void braid_rate_ack(struct braid_rate *r, const struct braid_ack *ack,
		    const struct braid_rtt *rtt, const struct braid_owd *owd,
		    u64 now_us, bool backlogged, u64 inflight);

/**
 * braid_rate_tick - transitions that time alone brings
 * @r: the path's estimate
 * @now_us: our clock
 *
 * Cheap; to be called from any timer that runs while the path carries data,
 * at best before each batch that is sent.
 */
void braid_rate_tick(struct braid_rate *r, u64 now_us);

/* Sets the user's bound, 0 for none. */
void braid_rate_set_cap(struct braid_rate *r, u64 cap);

/* Name of a phase, for people. */
const char *braid_rate_phase_name(enum braid_rate_phase phase);

#endif
