/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fair queue of a device: where packets wait before they are admitted to
 * a path. Flows share fairly (DRR++ of the kernel's fq_impl.h), CoDel judges
 * the standing queue. One tin per peer and path set in use, so that a flow
 * which waits for a full path holds up no other.
 */
#ifndef BRAID_QUEUE_H
#define BRAID_QUEUE_H

#include <linux/skbuff.h>
#include <net/codel.h>
#include <net/fq.h>

#include "core/sched.h"
#include "steer.h"

struct braid_device;
struct braid_peer;

#define BRAID_MAX_TINS		16
#define BRAID_QUEUE_FLOWS	1024

/**
 * struct braid_tx_cb - a packet on its way out, in skb->cb
 * @gseq: its number, once stamped
 * @codel_us: when it was queued, in CoDel's units
 * @hash: of its flow
 * @lane: ordering domain or BRAID_LANE_NONE
 * @back: distance to the lane's previous packet, once stamped
 * @flags: flags of the verdict
 * @kind: kind of the verdict
 * @stamped: @gseq and @back are set; it may only be sent under them
 * @repairs: how often it was sent again
 * @copied: it goes on several paths, of which braid_copies knows
 * @extra: not the first of them: the packet counts as sent without it
 * @ahead: it left before packets with lower numbers that wait on its path
 * @stamped_us: when it got its number
 * @set: slots that the verdict allowed, 0 for AUTO
 * @tin: whose room it takes while it waits on a path, or NULL
 */
struct braid_tx_cb {
	u64 gseq;
	u64 stamped_us;
	struct braid_tin *tin;
	codel_time_t codel_us;
	u32 hash;
	u32 set;
	u16 lane;
	u16 back;
	u8 flags;
	u8 kind;
	bool stamped;
	bool copied;
	bool extra;
	bool ahead;
	u8 repairs;
};

static inline struct braid_tx_cb *braid_tx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct braid_tx_cb) > sizeof(skb->cb));
	return (struct braid_tx_cb *)skb->cb;
}

/**
 * struct braid_tin - packets of one peer for one set of paths
 * @fq: flows; fair queue's lock
 * @codel_default: CoDel state of the flow that collisions share; likewise
 * @pipe: what CoDel's target remembers; peer's lock
 * @params: CoDel's target and interval; fair queue's lock
 * @stats: CoDel's counters; likewise
 * @peer: whose it is; never changes
 * @braid: its device; never changes
 * @after: a tin from which a flow came here, whose @segments go first; set
 *	under the fair queue's lock, read and cleared under the peer's
 * @set: paths that the verdict allowed, 0 for AUTO; changes only while the
 *	tin is empty, under the fair queue's lock
 * @copy: all of them get each packet; changes with @set
 * @busy: has packets in @fq; fair queue's lock, read anywhere
 * @taken: has packets in @segments, or is about to; set under the fair queue's
 *	lock, cleared under the peer's. A tin that is neither busy nor taken may
 *	be given to another set.
 * @segments: what was taken off @fq and split, waits for admission; peer's
 *	lock
 * @queued: outer bytes of it that wait on the path of each slot; peer's lock
 * @sent: what becomes of the packet in @segments, told to the policy at its
 *	end; peer's lock
 * @tell: @sent is being kept
 */
struct braid_tin {
	struct fq_tin fq;
	struct codel_vars codel_default;
	struct braid_pipe pipe;
	struct codel_params params;
	struct codel_stats stats;
	struct braid_peer *peer;
	struct braid_device *braid;
	struct braid_tin *after;
	u32 set;
	bool copy;
	bool busy;
	bool taken;
	struct sk_buff_head segments;
	u32 queued[BRAID_MAX_SLOTS];
	struct braid_sent_ctx sent;
	bool tell;
};

/**
 * struct braid_queue - the fair queue of a device
 * @fq: flows, with the lock
 * @codel: CoDel state of each flow; under @fq's lock
 */
struct braid_queue {
	struct fq fq;
	struct codel_vars *codel;
};

int braid_queue_init(struct braid_device *braid);
void braid_queue_fini(struct braid_device *braid);
/*
 * Queues @skb for @peer over @set (0: AUTO), one of it or all by the kind of
 * its verdict. @hash: of its flow. Takes the
 * packet in any case; false when it was dropped for lack of memory. BH off.
 */
bool braid_queue_add(struct braid_peer *peer, struct sk_buff *skb, u32 set,
		     u32 hash);
/*
 * Must @tin wait for what an earlier tin has at hand of the same flow? Peer's
 * lock.
 */
bool braid_tin_waits(struct braid_tin *tin);
/* The next packet of @tin that CoDel lets pass, or NULL. Peer's lock. */
struct sk_buff *braid_queue_next(struct braid_tin *tin);
/* Sets CoDel's target and interval, see braid_sched_codel(). Peer's lock. */
void braid_queue_tune(struct braid_tin *tin, u64 rate, u32 rtt_us, u64 now_us);
/* Drops all that waits for a path, since none is usable. Peer's lock. */
void braid_queue_lose(struct braid_peer *peer);
/* Drops all of a peer's packets and its tins; nobody else uses it any more. */
void braid_queue_purge(struct braid_peer *peer);
/* Bytes that wait for the paths of @set and no others. */
u32 braid_queue_bytes(struct braid_peer *peer, u32 set);
/* Packets that wait in all tins of a peer, for display. */
u32 braid_queue_packets(struct braid_peer *peer);

#endif
