/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The resequencer of one peer: gives every lane its order back, without one
 * lane ever waiting for another.
 *
 * Three orders hold at the sender and everything here rests on them: gseq
 * rises within a lane in flow order; gseq of packets with a lane rises within
 * each path in sending order; packet numbers rise within each path. A repair
 * (a lower gseq after a higher one on a path) proves nothing, nor does what went
 * ahead of packets that waited on its path and says so.
 *
 * A hole before a held packet is released, in this order of preference,
 *  (a) because its packets came,
 *  (b) by proof: every path that may have carried them has delivered later
 *      ones since, with slack for reordering inside the path; where the sender
 *      repairs, the hole is then held for one repair time more,
 *  (c) by the backstop: the time in which they would have come is over.
 * The rule of proof is that of RFC 9897's family, made sound by the sender's
 * schedule: a path of unknown state blocks the proof, it never fakes it.
 *
 * Nothing here is locked: the owner serialises all calls for one peer.
 */
#ifndef BRAID_CORE_RESEQ_H
#define BRAID_CORE_RESEQ_H

#include "hist.h"
#include "wire.h"

#define BRAID_SEEN_BITS		32768
#define BRAID_SEEN_WORDS	(BRAID_SEEN_BITS / 64)
#define BRAID_RX_PATHS		64	/* paths a receiver keeps state for */
#define BRAID_SLACK		3	/* later packets on a path that make a proof */

/**
 * struct braid_item - an inner packet on its way through the resequencer
 * @node: in a lane's list of held packets, or in the list of released ones
 * @gseq: its number in the session, all 64 bits
 * @arrived_us: when it came
 * @size: bytes that count against the bounds
 * @lane: ordering domain, perhaps with BRAID_LANE_AHEAD; or BRAID_LANE_NONE
 * @back: distance to its predecessor in the lane, or BRAID_BACK_FAR
 * @path: index of the path that brought it, below BRAID_RX_PATHS
 *
 * It lives in the owner's packet (48 bytes of it); this code never frees one.
 */
struct braid_item {
	struct list_head node;
	u64 gseq;
	u64 arrived_us;
	u32 size;
	u16 lane;
	u16 back;
	u16 path;
};

/**
 * struct braid_lane - one ordering domain
 * @held: packets that wait, lowest gseq first
 * @node: in the resequencer's list of lanes that hold packets
 * @hint: the packet put last between others, where the search for the next
 *	one's place may begin, or NULL
 * @last: highest gseq delivered or given up, plus one; 0 before the first
 * @proven_us: when the hole at the head was proven lost, or 0
 * @since_us: arrival of the packet from which the hold of the hole counts
 * @since_owd_us: delay of the path that brought it
 */
struct braid_lane {
	struct list_head held;
	struct list_head node;
	struct braid_item *hint;
	u64 last;
	u64 proven_us;
	u64 since_us;
	u32 since_owd_us;
};

/**
 * struct braid_rx_sched - what is known of one path of the sender
 * @top: [0] is the highest gseq (with a lane) that it delivered, plus one; the
 *	last entry is what [0] was before the last @slack or more packets moved
 *	it, so the path proves what is below that
 * @from: see @active
 * @idle_from: for an active path, where its idle time before @from began:
 *	nothing in [@idle_from, @from) travelled on it; U64_MAX for unknown
 * @settle_us: for an idle path, when it is settled
 * @owd_us: from the schedule
 * @jitter_us: from the schedule
 * @calm: packets that moved @top since one was found to be reordered
 * @slack: later packets wanted for a proof, BRAID_SLACK up
 * @step: packets that moved @top since its entries were shifted
 * @id: the sender's id for it
 * @used: the slot is taken
 * @present: packets may come from it; without it, only schedules spoke of it
 * @known: a schedule spoke of it
 * @active: it may carry packets with a lane and a gseq >= @from; without it
 *	none with a gseq >= @from
 * @settled: an idle path whose last packets have had the time to come: it
 *	blocks nothing
 */
struct braid_rx_sched {
	u64 top[BRAID_SLACK + 1];
	u64 from;
	u64 idle_from;
	u64 settle_us;
	u32 owd_us;
	u32 jitter_us;
	u32 calm;
	u16 slack;
	u16 step;
	u16 id;
	bool used;
	bool present;
	bool known;
	bool active;
	bool settled;
};

/**
 * struct braid_reseq_stats - what happened, counted since the beginning
 * @in_order: delivered at once, in order
 * @unordered: delivered at once, no lane
 * @held: had to wait
 * @late: came after their place was given up, and were delivered
 * @duplicate: seen before
 * @proof: holes released by proof (and the repair time after it)
 * @timer: holes released by the backstop
 * @overflow: holes released because the bounds were reached
 * @old: below the window of known numbers, treated as duplicates
 * @max_bytes: most bytes held at a time
 * @hold: how long those that had to wait did
 */
struct braid_reseq_stats {
	u64 in_order;
	u64 unordered;
	u64 held;
	u64 late;
	u64 duplicate;
	u64 proof;
	u64 timer;
	u64 overflow;
	u64 old;
	u32 max_bytes;
	struct braid_hist hold;
};

/**
 * struct braid_reseq - the resequencer of one peer
 * @lane: lanes, a power of two; memory is the owner's
 * @n_lanes: number of lanes, no fewer than the sender uses; a lane number is
 *	taken modulo it
 * @seen: BRAID_SEEN_WORDS words, the owner's: which gseqs came
 * @next: highest gseq seen plus one
 * @busy: lanes that hold packets
 * @min_hole: lowest gseq that must be proven lost for some lane to move on;
 *	BRAID_NEVER when nothing is held (kept so that an arrival costs no walk
 *	over the lanes; may be too low, never too high)
 * @due_us: when some lane moves on by time; may be too early, never too late
 * @settle_us: when the next idle path settles
 * @sweep_us: not before that is a walk over the lanes tried in vain again
 * @slot: for each path index of the owner, its entry in @path plus one, or 0
 * @path: the sender's paths, those of the schedule that sent nothing included
 * @n_path: entries of @path that may be in use
 * @blind: a schedule spoke of more paths than there is room for: no proofs
 * @sched_seq: number of the newest schedule
 * @sched_known: there was one
 * @repair_us: from the schedule
 * @max_owd_us: largest delay of the paths that may carry data
 * @max_jitter_us: largest deviation of their delays
 * @cap_us: longest hold
 * @limit_bytes: most bytes held
 * @held_bytes: bytes held
 * @held: packets held
 * @stats: counters
 */
struct braid_reseq {
	struct braid_lane *lane;
	u32 n_lanes;
	u64 *seen;
	u64 next;
	struct list_head busy;
	u64 min_hole;
	u64 due_us;
	u64 settle_us;
	u64 sweep_us;
	u8 slot[BRAID_RX_PATHS];
	struct braid_rx_sched path[BRAID_RX_PATHS];
	u32 n_path;
	bool blind;
	u32 sched_seq;
	bool sched_known;
	u32 repair_us;
	u32 max_owd_us;
	u32 max_jitter_us;
	u32 cap_us;
	u32 limit_bytes;
	u32 held_bytes;
	u32 held;
	struct braid_reseq_stats stats;
};

enum braid_verdict_in {
	BRAID_IN_DELIVERED,	/* on @out, perhaps with others */
	BRAID_IN_HELD,		/* waits; the resequencer has it */
	BRAID_IN_DUPLICATE,	/* the caller drops it */
};

void braid_reseq_init(struct braid_reseq *rs, struct braid_lane *lane,
		      u32 n_lanes, u64 *seen, u32 cap_us, u32 limit_bytes);
/*
 * Memory for lanes and the window, when braid_reseq_init() got none (NULL, 0):
 * an idle peer needs neither. No packet may be inserted before.
 */
void braid_reseq_lanes(struct braid_reseq *rs, struct braid_lane *lane,
		       u32 n_lanes, u64 *seen);
/*
 * A path of the sender appears at index @path. Returns 0, -EEXIST when index or
 * id is taken, -EINVAL for an index that cannot be, -ENOSPC.
 */
int braid_reseq_path_add(struct braid_reseq *rs, u32 path, u16 id);
/* It is gone: it blocks no proof any more. Holes it blocked go to @out. */
void braid_reseq_path_del(struct braid_reseq *rs, u32 path, u64 now_us,
			  struct list_head *out);
/**
 * braid_reseq_insert - a data packet came
 * @rs: the resequencer
 * @item: gseq, lane, back, path and size are set
 * @now_us: our clock
 * @out: released packets are added at its end, in order
 *
 * Return: what became of @item.
 */
enum braid_verdict_in braid_reseq_insert(struct braid_reseq *rs,
					 struct braid_item *item, u64 now_us,
					 struct list_head *out);
/* The sender's schedule came; an older one than the newest is ignored. */
void braid_reseq_schedule(struct braid_reseq *rs,
			  const struct braid_schedule *s, u64 now_us,
			  struct list_head *out);
/*
 * When braid_reseq_expire() may have something to do next, or BRAID_NEVER. The
 * hold of a hole is counted from the arrival of the packet behind it:
 *   (largest owd of the paths that may carry data, minus that of the path
 *    that brought the packet) + 4 * largest jitter + repair time + 2 ms,
 * at least 1 ms, at most cap_us; cap_us while no schedule is known.
 */
u64 braid_reseq_deadline(const struct braid_reseq *rs);
void braid_reseq_expire(struct braid_reseq *rs, u64 now_us,
			struct list_head *out);
/* Gives up every order and releases all, lane by lane (teardown). */
void braid_reseq_flush(struct braid_reseq *rs, u64 now_us,
		       struct list_head *out);

#endif
