/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRAID_SESSION_H
#define BRAID_SESSION_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "core/meter.h"
#include "core/replay.h"
#include "core/reseq.h"
#include "epoch.h"
#include "order.h"
#include "socket.h"

struct braid_device;
struct braid_peer;

/* Lanes of a session: a flow shares one with 1/256 of the others. */
#define BRAID_LANES		256
/* Longest hold for order unless the peer is told otherwise. */
#define BRAID_REORDER_CAP_US	250000
/* Most bytes held for order per peer. */
#define BRAID_HOLD_BYTES	(16U << 20)

/**
 * struct braid_rx_path - what we know of one path of the peer's
 * @rcu: frees it
 * @id: the peer's id for it; never changes
 * @index: its index in the session; never changes
 * @key: opens its packets, one for each slot of an epoch; written under the
 *	session's lock before @ready tells of it, read under RCU
 * @ready: BIT(slot) of each key that is there; session's lock, release and
 *	acquire
 * @replay: numbers that arrived; session's lock
 * @packets: authenticated packets; session's lock
 * @bytes: their bytes, outer IP header included; session's lock
 * @ce: of them, marked Congestion Experienced on the way; session's lock
 * @arrival_us: when the highest number arrived; session's lock
 * @heard_us: when the newest packet came; session's lock, read anywhere
 * @due: reports that shall still tell of it: what is new goes into two, since
 *	one may be lost and the peer takes a report for news of all paths;
 *	session's lock
 * @from: where its newest packet came from, of those that do not only try
 *	another port; session's lock
 * @sock: the socket it came to, for comparison only; session's lock, read
 *	anywhere
 * @data_us: when the newest data packet came; session's lock
 * @proven_us: when the controller is next told that @from is proven; session's
 *	lock
 */
struct braid_rx_path {
	struct rcu_head rcu;
	u16 id;
	u16 index;
	struct braid_key key[BRAID_EPOCHS];
	u8 ready;
	struct braid_replay replay;
	u64 packets;
	u64 bytes;
	u32 ce;
	u64 arrival_us;
	u64 heard_us;
	u8 due;
	union braid_addr from;
	const struct braid_socket *sock;
	u64 data_us;
	u64 proven_us;
};

/* Why packets that waited for an earlier one went up. */
enum braid_hole_end {
	BRAID_HOLE_FILLED,	/* it came */
	BRAID_HOLE_PROVEN,	/* every path has delivered later ones */
	BRAID_HOLE_TIMER,	/* the time was over */
	BRAID_HOLE_OVERFLOW,	/* too much waited */
	BRAID_HOLE_ENDS,
};

/**
 * struct braid_session - the keys and numbers shared with a peer
 * @node: in the device's table by @local
 * @peer: whose it is; outlives it
 * @local: id in packets to us; never changes
 * @remote: id in packets from us; never changes
 * @epoch: its keys; device's lock and RCU. What is in a slot opens packets.
 * @generation: of the next epoch; device's lock
 * @sending: the epoch that seals; peer's lock, read anywhere under RCU. Goes
 *	from an older to a newer one, never back; is always one of @epoch.
 * @opening: packets that came and wait for AES-256-GCM, or for those before
 *	them: they are accepted in the order in which they came, else one that
 *	came later would prove that an earlier one is lost
 * @lock: receiving; BH; never taken inside the peer's lock, nor around it
 * @dead: no timer may be armed again; @lock
 * @rx: the peer's paths, by id modulo BRAID_RX_PATHS; changed under @lock
 * @reseq: gives the lanes their order; @lock
 * @lanes: memory for @reseq, made with the first data packet; @lock
 * @seen: memory for @reseq, likewise
 * @timer: expiry of holds, and reports
 * @report_us: when the next report is due, or BRAID_NEVER; @lock
 * @reported_us: when the last one was sent; @lock
 * @holes_traced: holes that ended, when a trace last looked; @lock
 * @holes_stale: nobody has looked since; @lock
 * @received: outer bytes of all authentic packets; @lock
 * @failures: packets that did not authenticate; not on the way of good ones
 */
struct braid_session {
	struct hlist_node node;
	struct braid_peer *peer;
	u32 local;
	u32 remote;
	struct braid_epoch __rcu *epoch[BRAID_EPOCHS];
	u32 generation;
	struct braid_epoch *sending;
	struct braid_order opening;
	spinlock_t lock;
	bool dead;
	struct braid_rx_path __rcu *rx[BRAID_RX_PATHS];
	struct braid_reseq reseq;
	struct braid_lane *lanes;
	u64 *seen;
	struct hrtimer timer;
	u64 report_us;
	u64 reported_us;
	u64 holes_traced[BRAID_HOLE_ENDS];
	bool holes_stale;
	struct braid_meter received;
	atomic64_t failures;
};

/* What a new session, or a new epoch of it, is made of. */
struct braid_session_config {
	u32 local;
	u32 remote;
	struct braid_epoch_config key;
};

/*
 * Gives @peer a key. The first one makes a session and sends at once; one of
 * the same session but of another epoch is the next: it opens packets from
 * now on and seals them from braid_session_swap() on. The device's lock is
 * held. -EEXIST: another session, or that epoch, is there; -EBUSY: two epochs
 * are.
 */
int braid_session_key_new(struct braid_peer *peer,
			  const struct braid_session_config *cfg,
			  struct netlink_ext_ack *extack);
/*
 * Lets epoch @number send. Nothing is left to do when it does already. The
 * device's lock is held.
 */
int braid_session_key_swap(struct braid_peer *peer, u8 number,
			   struct netlink_ext_ack *extack);
/*
 * Forgets epoch @number, which must not be the one that sends. The device's
 * lock is held; sleeps.
 */
int braid_session_key_del(struct braid_peer *peer, u8 number,
			  struct netlink_ext_ack *extack);
/* The session of a peer or NULL. Device's lock. */
struct braid_session *braid_session_of(struct braid_peer *peer);
/* The epoch of that number, the one that sends when negative. Device's lock. */
struct braid_epoch *braid_session_named(struct braid_peer *peer, int number,
					struct netlink_ext_ack *extack);
/* The epoch in a slot or NULL. Device's lock. */
struct braid_epoch *braid_session_epoch(struct braid_session *s, int slot);
/*
 * A packet under @e is authentic: if it is newer than the one that sends, the
 * peer has it, and it sends from now on. Neither the session's nor the peer's
 * lock; RCU.
 */
void braid_session_heard(struct braid_session *s, struct braid_epoch *e);

/*
 * Takes the session from its peer, waits until nobody uses it, frees it. The
 * device's lock is held; sleeps.
 */
void braid_session_del(struct braid_peer *peer);
/*
 * The parts of that, for whoever deletes many and waits once: see
 * braid_path_detach(). NULL settles at once.
 */
struct braid_session *braid_session_detach(struct braid_peer *peer);
bool braid_session_settle(struct braid_session *s);
void braid_session_free(struct braid_session *s);

/* By the id in a packet to us; under RCU. */
struct braid_session *braid_session_find(struct braid_device *braid, u32 id);

/* The epoch that a packet says it is sealed under, or NULL; under RCU. */
static inline struct braid_epoch *braid_epoch_find(struct braid_session *s,
						   u8 number)
{
	struct braid_epoch *e;
	int i;

	for (i = 0; i < BRAID_EPOCHS; i++) {
		e = rcu_dereference(s->epoch[i]);
		if (e && e->number == number)
			return e;
	}
	return NULL;
}

/* The peer's path of that id, or NULL; under RCU. */
static inline struct braid_rx_path *
braid_rx_path_find(struct braid_session *s, u16 id)
{
	struct braid_rx_path *p = rcu_dereference(s->rx[id % BRAID_RX_PATHS]);

	return p && p->id == id ? p : NULL;
}

/*
 * Makes state for a path id under which a packet has just authenticated. NULL:
 * no memory, or the id is older than the one that holds its place (retired ids
 * stay refused, since ids only ascend). Session's lock.
 */
struct braid_rx_path *braid_rx_path_new(struct braid_session *s, u16 id);
/* Its key of an epoch, or NULL before there is one; under RCU. */
static inline const struct braid_key *
braid_rx_path_key(const struct braid_rx_path *p, const struct braid_epoch *e)
{
	/* Pairs with braid_rx_path_key_set(). */
	return smp_load_acquire(&p->ready) & BIT(e->slot) ? &p->key[e->slot] :
							    NULL;
}

/* Keeps a key under which a packet has just authenticated. Session's lock. */
void braid_rx_path_key_set(struct braid_session *s, struct braid_rx_path *p,
			   const struct braid_epoch *e,
			   const struct braid_key *key);
/* Makes lanes and the window of seen numbers. Session's lock. */
bool braid_session_ready(struct braid_session *s);
/*
 * Hands released packets to the stack. Under the lock, so that two CPUs that
 * release one after the other also deliver in that order. Session's lock.
 */
void braid_session_release(struct braid_session *s,
			   struct list_head *released);
/* Arms the timer for whatever is due next. Session's lock. */
void braid_session_arm(struct braid_session *s);

/* Microseconds of the monotonic clock, the unit of module/core. */
static inline u64 braid_now_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

#endif
