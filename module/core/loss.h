/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets in flight on one path: what was sent, what was reported, what is
 * lost (RFC 9002, section 6.1, with thresholds that adapt to the reordering
 * seen), and the delivery-rate sample that each report yields (the sampling
 * of draft-cheng-iccrg-delivery-rate-estimation, on the receiver's clock).
 */
#ifndef BRAID_CORE_LOSS_H
#define BRAID_CORE_LOSS_H

#include "rtt.h"
#include "wire.h"

enum braid_sent_state {
	BRAID_SENT_FREE = 0,
	BRAID_SENT_FLYING,
	BRAID_SENT_LOST,	/* kept for a while: a late report proves it wrong */
	BRAID_SENT_DONE,
};

/**
 * struct braid_sent - one packet sent on a path
 * @sent_us: when, by our clock
 * @gseq: its number in the session, when @data; the owner's until DONE
 * @skip: once DONE: the next number that may not be (not for the owner)
 * @delivered: bytes reported delivered as of @delivered_at_us
 * @delivered_at_us: arrival time (the peer's clock) of the newest packet
 *	reported when it was sent, 0 while none of its flight was
 * @first_sent_us: sending time of that packet, or of the flight's first
 * @size: bytes, outer IP header included
 * @state: enum braid_sent_state
 * @data: carries an inner packet
 * @limited: sent while nothing waited: its rate sample is a lower bound
 * @copied: other paths got the same; the owner's
 * @cookie: the owner's; a retained inner packet for repair
 */
struct braid_sent {
	u64 sent_us;
	union {
		u64 gseq;
		u64 skip;
	};
	u64 delivered;
	u64 delivered_at_us;
	u64 first_sent_us;
	u32 size;
	u8 state;
	bool data;
	bool limited;
	bool copied;
	void *cookie;
};

/**
 * struct braid_loss - packets of one path
 * @rec: ring of records, indexed by pn & @mask; memory is the owner's
 * @mask: records minus one, a power of two minus one
 * @next_pn: number of the next packet
 * @base_pn: lowest number that has a record
 * @tail_pn: nothing below it flies; when @next_pn - @tail_pn comes near the
 *	ring's size, it is time for a larger one
 * @top_pn: highest reported number plus one
 * @delivered: bytes reported delivered
 * @lost: bytes declared lost (and not proven late since)
 * @flying: bytes sent, neither reported nor lost
 * @flying_packets: the same in packets
 * @delivered_packets: packets reported
 * @lost_packets: packets declared lost (never decreases)
 * @late_packets: declared lost and reported later (never decreases)
 * @packet_thresh: packets of reordering tolerated, from 3 up
 * @time_num: reordering time is RTT * @time_num / 8, from 9 up to 16
 * @first_sent_us: sending time of the newest reported packet, or of the first
 *	of a flight that began when nothing flew
 * @delivered_at_us: the newest one's arrival time, the peer's clock; 0 while
 *	none of the flight was reported
 * @delivered_then: @delivered as of @delivered_at_us: a report whose highest
 *	number is a control packet's tells no time for what it adds
 * @anchor_at_us: @delivered_at_us as of the flight's first report, or 0
 * @anchor_sent_us: @first_sent_us as of then
 * @anchor_delivered: @delivered as of then
 * @last_report_us: when the newest report with something new came
 * @oldest_us: sending time of the oldest packet that still flies, or
 *	BRAID_NEVER
 * @seen_extent: largest reordering seen since the thresholds were reviewed,
 *	in packets
 * @seen_num: the same in time, as @time_num
 * @calm_rounds: round trips without a late packet since then
 * @round_pn: end of the running round trip
 */
struct braid_loss {
	struct braid_sent *rec;
	u32 mask;
	u64 next_pn;
	u64 base_pn;
	u64 tail_pn;
	u64 top_pn;
	u64 delivered;
	u64 lost;
	u32 flying;
	u32 flying_packets;
	u64 delivered_packets;
	u64 lost_packets;
	u64 late_packets;
	u32 packet_thresh;
	u32 time_num;
	u64 first_sent_us;
	u64 delivered_at_us;
	u64 delivered_then;
	u64 anchor_at_us;
	u64 anchor_sent_us;
	u64 anchor_delivered;
	u64 last_report_us;
	u64 oldest_us;
	u32 seen_extent;
	u32 seen_num;
	u32 calm_rounds;
	u64 round_pn;
};

/**
 * struct braid_ack - what one report told
 * @acked_packets: packets newly reported
 * @acked_bytes: their bytes
 * @late_packets: of them, packets that had been declared lost
 * @lost_packets: packets newly declared lost
 * @lost_bytes: their bytes
 * @rtt_us: round-trip sample, 0 for none (the highest was not new)
 * @owd_us: relative one-way delay sample, valid when @rtt_us is not 0
 * @owd_size: bytes of the packet that gave it
 * @rate_bytes: bytes of the delivery-rate sample, 0 for none
 * @rate_us: its interval, the longer of sending and arrival
 * @limited: the sample is only a lower bound
 * @round: a round trip ended with this report
 */
struct braid_ack {
	u32 acked_packets;
	u32 acked_bytes;
	u32 late_packets;
	u32 lost_packets;
	u32 lost_bytes;
	u32 rtt_us;
	s64 owd_us;
	u32 owd_size;
	u64 rate_bytes;
	u64 rate_us;
	bool limited;
	bool round;
};

/**
 * struct braid_loss_ops - what the owner does with a record's cookie
 * @acked: the packet was reported for the first time; @ctx is the caller's
 * @lost: the packet is declared lost now; it may still be reported later
 *
 * Both are called with the record still in place; they may take the cookie
 * and set it to NULL. One that stays comes back through the other, through
 * braid_loss_sent() when its record is used anew, or through
 * braid_loss_drain(). Either may be NULL. They must not call into this path.
 */
struct braid_loss_ops {
	void (*acked)(void *ctx, struct braid_sent *rec);
	void (*lost)(void *ctx, struct braid_sent *rec);
};

/* @n: number of records, a power of two. */
void braid_loss_init(struct braid_loss *l, struct braid_sent *rec, u32 n);
/*
 * Moves the records to a larger ring of @n; returns the old ring, to be freed
 * by the owner.
 */
struct braid_sent *braid_loss_grow(struct braid_loss *l, struct braid_sent *rec,
				   u32 n);
/* True when the next packet would overwrite one that still flies. */
bool braid_loss_full(const struct braid_loss *l);
/**
 * braid_loss_sent - a packet leaves
 * @l: the path
 * @size: bytes, outer IP header included
 * @now_us: our clock
 * @limited: nothing waited behind it
 * @dropped: gets the cookie of a record that is given up, or NULL
 *
 * When the ring is full its oldest packet is given up: it counts neither as
 * lost nor as delivered.
 *
 * Return: its record (state FLYING, number l->next_pn - 1), in which the
 * caller sets gseq, data and cookie.
 */
struct braid_sent *braid_loss_sent(struct braid_loss *l, u32 size, u64 now_us,
				   bool limited, void **dropped);
/*
 * A packet leaves that elicits no report (a control packet): it takes a number
 * and is never waited for. Returns the cookie given up when the ring is full.
 */
void *braid_loss_skip(struct braid_loss *l);
/**
 * braid_loss_report - the peer's report on this path
 * @l: the path
 * @r: the report; numbers never sent make it invalid
 * @rtt: for the time threshold; not changed
 * @now_us: our clock
 * @ops: see there
 * @ctx: for @ops
 * @ack: what it told
 *
 * Return: 0, or -EPROTO when it reports what was never sent (nothing changed).
 */
int braid_loss_report(struct braid_loss *l, const struct braid_report *r,
		      const struct braid_rtt *rtt, u64 now_us,
		      const struct braid_loss_ops *ops, void *ctx,
		      struct braid_ack *ack);
/* When the time threshold may declare a packet lost next, or BRAID_NEVER. */
u64 braid_loss_deadline(const struct braid_loss *l, const struct braid_rtt *rtt);
/* Declares lost what the time threshold says is lost by now. */
void braid_loss_expire(struct braid_loss *l, const struct braid_rtt *rtt,
		       u64 now_us, const struct braid_loss_ops *ops, void *ctx,
		       struct braid_ack *ack);
/*
 * Declares everything in flight lost (the path is given up) and calls
 * ops->lost for each, oldest first.
 */
void braid_loss_all(struct braid_loss *l, const struct braid_loss_ops *ops,
		    void *ctx);
/* Calls @put for every cookie that is left, and clears it. */
void braid_loss_drain(struct braid_loss *l, void (*put)(void *cookie));

#endif
