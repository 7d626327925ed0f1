/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRAID_SESSION_H
#define BRAID_SESSION_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "core/replay.h"
#include "core/reseq.h"
#include "crypto.h"
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
 * @key: opens its packets; never changes
 * @replay: numbers that arrived; session's lock
 * @packets: authenticated packets; session's lock
 * @bytes: their bytes, outer IP header included; session's lock
 * @ce: of them, marked Congestion Experienced; session's lock
 * @arrival_us: when the highest number arrived; session's lock
 * @heard_us: when the newest packet came; session's lock, read anywhere
 * @due: reports that shall still tell of it: what is new goes into two, since
 *	one may be lost and the peer takes a report for news of all paths;
 *	session's lock
 * @from: where its newest packet came from; session's lock
 * @sock: the socket it came to, for comparison only; session's lock
 * @data_us: when the newest data packet came; session's lock
 */
struct braid_rx_path {
	struct rcu_head rcu;
	u16 id;
	u16 index;
	struct braid_key key;
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
};

/**
 * struct braid_session - one set of keys and numbers shared with a peer
 * @node: in the device's table by @local
 * @peer: whose it is; outlives it
 * @local: id in packets to us; never changes
 * @remote: id in packets from us; never changes
 * @epoch: of the keys; never changes
 * @tx_key: key of the epoch for sending; never changes
 * @rx_key: key of the epoch for receiving; never changes
 * @lock: receiving; BH; never taken inside the peer's lock, nor around it
 * @dead: no timer may be armed again; @lock
 * @rx: the peer's paths, by id modulo BRAID_RX_PATHS; changed under @lock
 * @reseq: gives the lanes their order; @lock
 * @lanes: memory for @reseq, made with the first data packet; @lock
 * @seen: memory for @reseq, likewise
 * @timer: expiry of holds, and reports
 * @report_us: when the next report is due, or BRAID_NEVER; @lock
 * @reported_us: when the last one was sent; @lock
 * @failures: packets that did not authenticate; not on the way of good ones
 */
struct braid_session {
	struct hlist_node node;
	struct braid_peer *peer;
	u32 local;
	u32 remote;
	u8 epoch;
	u8 tx_key[BRAID_KEY_LEN];
	u8 rx_key[BRAID_KEY_LEN];
	spinlock_t lock;
	bool dead;
	struct braid_rx_path __rcu *rx[BRAID_RX_PATHS];
	struct braid_reseq reseq;
	struct braid_lane *lanes;
	u64 *seen;
	struct hrtimer timer;
	u64 report_us;
	u64 reported_us;
	atomic64_t failures;
};

/* What a new session is made of. */
struct braid_session_config {
	u32 local;
	u32 remote;
	u8 epoch;
	const u8 *tx_key;
	const u8 *rx_key;
};

/*
 * Makes a session and gives it to @peer, which must have none. The device's
 * lock is held. -EEXIST: it has one, or the local id is taken.
 */
int braid_session_new(struct braid_peer *peer,
		      const struct braid_session_config *cfg,
		      struct netlink_ext_ack *extack);
/*
 * Takes the session from its peer, waits until nobody uses it, frees it. The
 * device's lock is held; sleeps.
 */
void braid_session_del(struct braid_peer *peer);
/* The two halves of that, for whoever deletes many and waits once. */
struct braid_session *braid_session_detach(struct braid_peer *peer);
void braid_session_free(struct braid_session *s);

/* By the id in a packet to us; under RCU. */
struct braid_session *braid_session_find(struct braid_device *braid, u32 id);

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
struct braid_rx_path *braid_rx_path_new(struct braid_session *s, u16 id,
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
