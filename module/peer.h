/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRAID_PEER_H
#define BRAID_PEER_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/spinlock.h>

#include "core/hist.h"
#include "core/meter.h"
#include "core/sched.h"
#include "path.h"
#include "queue.h"
#include "session.h"
#include "steer.h"

struct braid_acks;
struct braid_copies;
struct braid_device;

#define BRAID_PEER_ADDRESSES	16

/**
 * struct braid_address - one tunnel address of a peer
 * @node: in the device's table; device's lock and RCU
 * @rcu: frees it
 * @peer: whose it is
 * @list: in the peer's list; device's lock
 * @addr: the address, as IPv6; IPv4 is mapped
 */
struct braid_address {
	struct hlist_node node;
	struct rcu_head rcu;
	struct braid_peer *peer;
	struct list_head list;
	struct in6_addr addr;
};

/**
 * struct braid_peer - the other gateway
 * @node: in the device's list; device's lock, RCU for readers
 * @braid: its device; outlives it
 * @name: unique in the device; never changes
 * @owner: opaque cookie; never changes
 * @id: number in BPF maps; never changes
 * @addresses: tunnel addresses; device's lock
 * @source_any: inner sources are not checked; device's lock, read anywhere
 * @multicast: gets multicast; likewise
 * @reorder_cap_us: longest hold for order; device's lock
 * @session: keys and receiving; device's lock and RCU
 * @paths: its paths; device's lock
 * @n_paths: number of them; device's lock
 * @n_reverse: reverse paths made so far, for their names; device's lock
 * @views: what policies see of the paths
 * @detached: in a list of peers to be freed; whoever deletes
 * @detached_session: the session to be freed with it; whoever deletes
 *
 * @lock: sending; BH. Taken outside the fair queue's lock, never inside a
 *	session's. All below is under it.
 * @dead: no timer may be armed again
 * @slot: paths by slot, NULL where none is
 * @usable: slots that carry data now; read anywhere
 * @standby: slots of standby paths that are up; read anywhere
 * @carries: largest inner packet that every usable path carries in one piece;
 *	read anywhere
 * @lost_us: when the last usable path went; read anywhere
 * @counted: the device counts this peer as one with a usable path
 * @gseq: number of the next data packet
 * @lane_last: gseq plus one of each lane's last packet; made on first need
 * @copies: what is known of copies under way; made on first need
 * @next_path_id: id for the next path
 * @readmit: stamped packets of dead paths, to be sent elsewhere first
 * @tins: where packets wait before admission, one a path set in use; see
 *	queue.h
 * @next_tin: round robin
 * @next_slot: round robin, for sending
 * @pumping: somebody sends; who comes meanwhile leaves @pump_again
 * @pump_again: look once more
 * @acks: acknowledgments that wait to be replaced; made on first need
 * @ack_gap_us: least time between two of a connection that are not, 0 for
 *	none waits; read anywhere
 * @wake_ns: when a path that admitted nothing will, BRAID_NEVER for none
 * @timer: when pacing lets the next packet go
 * @tick: probes, deadlines, suspicion
 * @schedule_seq: number of the last schedule
 * @schedule_us: when it was sent
 * @schedule_due: something in it changed
 * @report_wait_us: between two reports that we send; read anywhere
 * @report_us: when the newest report came on any path
 * @peer_us: when the newest report left, by the peer's clock
 * @retained: bytes of packets kept for repair
 * @repair_credit: bytes that may still be repaired
 * @repair_free: the bound on repairs does not hold now
 * @flight_us: time that it takes to repair all that a path had under way
 * @flight_until_us: until then that has to be reckoned with
 * @busy_us: when the last data packet was admitted
 * @woken_us: when the first one after a silence was, 0 for not yet
 * @wakeups: how often the timer fired
 * @failover: how old the oldest packet without a report was when its path failed
 *	and all of them went again over others
 * @sent: outer bytes of data sent, all paths
 */
struct braid_peer {
	struct list_head node;
	struct braid_device *braid;
	char name[BRAID_NAME_MAX + 1];
	char owner[BRAID_NAME_MAX + 1];
	u32 id;
	struct list_head addresses;
	bool source_any;
	bool multicast;
	u32 reorder_cap_us;
	struct braid_session __rcu *session;
	struct list_head paths;
	u32 n_paths;
	u32 n_reverse;
	struct braid_steer_paths views;
	struct list_head detached;
	struct braid_session *detached_session;

	spinlock_t lock;
	bool dead;
	struct braid_path *slot[BRAID_MAX_SLOTS];
	u32 usable;
	u32 standby;
	u32 carries;
	u64 lost_us;
	bool counted;
	u64 gseq;
	u64 *lane_last;
	struct braid_copies *copies;
	u16 next_path_id;
	struct sk_buff_head readmit;
	struct braid_tin *tins[BRAID_MAX_TINS];
	u32 next_tin;
	u32 next_slot;
	bool pumping;
	bool pump_again;
	struct braid_acks *acks;
	u32 ack_gap_us;
	u64 wake_ns;
	struct hrtimer timer;
	struct hrtimer tick;
	u32 schedule_seq;
	u64 schedule_us;
	bool schedule_due;
	u32 report_wait_us;
	u64 report_us;
	u64 peer_us;
	u32 retained;
	u32 repair_credit;
	bool repair_free;
	u32 flight_us;
	u64 flight_until_us;
	u64 busy_us;
	u64 woken_us;
	u64 wakeups;
	struct braid_hist failover;
	struct braid_meter sent;
};

/* What a peer shall be; NULL or negative members stay as they are. */
struct braid_peer_config {
	const char *name;
	const char *owner;
	const struct in6_addr *addr;
	int n_addr;
	int source_any;
	int multicast;
	u32 reorder_cap_us;
};

/* Device's lock; may sleep. -EEXIST: the name or an address is taken. */
int braid_peer_new(struct braid_device *braid,
		   const struct braid_peer_config *cfg,
		   struct netlink_ext_ack *extack);
int braid_peer_set(struct braid_peer *peer, const struct braid_peer_config *cfg,
		   struct netlink_ext_ack *extack);
/* NULL when there is none of that name. Device's lock. */
struct braid_peer *braid_peer_find(struct braid_device *braid,
				   const char *name);
/* Deletes with paths and keys. Device's lock; sleeps. */
void braid_peer_del(struct braid_peer *peer);
/* All of a device, waiting once. Device's lock; sleeps. */
void braid_peer_del_all(struct braid_device *braid);

/* Deletes all paths of all peers, waiting once. Device's lock; sleeps. */
void braid_peer_paths_del_all(struct braid_device *braid);

/* The peer of an address, or NULL; under RCU. */
struct braid_peer *braid_peer_by_address(struct braid_device *braid,
					 const struct in6_addr *addr);

/*
 * No path has been usable for a while: who sends is told, rather than served
 * with stale packets later. From anywhere.
 */
bool braid_peer_lost(const struct braid_peer *peer);
/* When that will drop what waits, or BRAID_NEVER. Peer's lock. */
u64 braid_peer_lose_us(struct braid_peer *peer);
/*
 * Drops what waits for a path of a lost peer. It holds the sockets that it came
 * from, and these their namespace. Peer's lock.
 */
void braid_peer_lose(struct braid_peer *peer);

/* Called by session.c: keys are there, or go. Device's lock. */
void braid_peer_session_start(struct braid_peer *peer,
			      struct braid_session *s);
void braid_peer_session_stop(struct braid_peer *peer);

/* Recomputes @usable after a path's state changed. Peer's lock. */
void braid_peer_usable_update(struct braid_peer *peer);
/* Fills the scheduler's view of all slots in @set. Peer's lock. */
void braid_peer_ways(struct braid_peer *peer, u32 set, struct braid_way *way);
/* The same for what goes ahead: it does not wait behind packets with a lane. */
void braid_peer_ways_ahead(struct braid_peer *peer, u32 set,
			   struct braid_way *way);

/*
 * Where control goes: the path of earliest arrival, taken out of *@set; NULL
 * when that is empty. Peer's lock.
 */
struct braid_path *braid_peer_quickest(struct braid_peer *peer, u32 *set);

/* The first path in slot *@i or above, with *@i its slot. Peer's lock. */
static inline struct braid_path *braid_slot_from(struct braid_peer *peer,
						 int *i)
{
	while (*i < BRAID_MAX_SLOTS && !peer->slot[*i])
		(*i)++;
	return *i < BRAID_MAX_SLOTS ? peer->slot[*i] : NULL;
}

/* Walks all paths by slot. Peer's lock. */
#define braid_for_each_slot(peer, path, i)				\
	for ((i) = 0; ((path) = braid_slot_from((peer), &(i))); (i)++)

#endif
