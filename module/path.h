/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRAID_PATH_H
#define BRAID_PATH_H

#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include <net/dst_cache.h>

#include "core/health.h"
#include "core/hist.h"
#include "core/loss.h"
#include "core/pmtu.h"
#include "core/rate.h"
#include "core/rtt.h"
#include "core/sched.h"
#include "core/train.h"
#include "crypto.h"
#include "hop.h"
#include "order.h"
#include "quota.h"
#include "socket.h"
#include "standby.h"
#include "steer.h"

struct braid_epoch;
struct braid_origin;
struct braid_peer;
struct braid_session;

/* Most records of packets in flight. */
#define BRAID_LOSS_MAX	16384
/* Probes that may be on their way at a time. */
#define BRAID_PROBE_IDS	16

/**
 * struct braid_path - one way to a peer
 * @node: in the peer's list; the device's lock
 * @peer: whose it is; outlives it
 * @sock: the socket it sends from; outlives it. Changed under the peer's lock
 *	when the path moves, and then the old one is held for a time; read anywhere
 * @name: unique in the peer; never changes
 * @owner: opaque cookie; never changes
 * @slot: its position in verdicts; never changes
 * @local: address it sends from; unless it is set, routing chooses. That of
 *	the socket, or the one that was probed; but for the port, which is
 *	changed and read under the peer's lock, it never changes
 * @remote: where it sends to; but for the port, which is changed under the
 *	peer's lock and read anywhere, it never changes
 * @dst: cached route, per CPU, BH
 * @cost: for policies; device's lock, read anywhere
 * @standby: whether it serves only when no other is usable
 * @cold: not probed while unused; device's lock, read anywhere
 * @reverse: made by the module for a probe; never changes
 * @hop: where it may move
 * @quota: its byte budget
 * @view: what policies see; written under the peer's lock, read under RCU
 *	without it: members may be from different moments
 * @grow: enlarges the ring of @loss
 * @key: seals its packets, one for each slot of an epoch; written under the
 *	peer's lock while no epoch is in the slot, read by the pump under RCU
 * @sealing: packets that have their number and wait for AES-256-GCM, or for
 *	those before them: they leave in the order of their numbers
 * @source: address that its packets carry, as last looked up; device's lock
 * @link_mtu: largest packet that the link takes, noted when a packet is sent and
 *	when links change; read anywhere
 *
 * All below is under the peer's lock.
 *
 * @unreachable: why nothing can leave on it, or NULL; see reach.h. Written
 *	under the device's lock as well
 * @id: its id in the session; ascends, never reused
 * @state: what we believe of it
 * @reason: why it is or is not used, one sentence, static storage
 * @state_us: when @state changed
 * @loss: packets in flight
 * @rtt: round-trip time
 * @rtt_hist: its samples since the path was made
 * @owd: one-way delay
 * @rate: rate estimate
 * @pmtu: the packet size it carries
 * @pmtu_asked: size of the newest probe for that, 0 when answered
 * @pmtu_id: its id, likewise
 * @pmtu_small_id: id of the small probe that went after it, likewise
 * @pmtu_probes: such probes sent
 * @train: the last train of probes
 * @free_ns: when the link is free again, by pacing
 * @throttled: as many as may are in @sealing; when they have left, whoever saw
 *	to that calls the pump. Read anywhere
 * @control: sealed next, not paced: control packets, unstamped
 * @front: what goes ahead, stamped: packets without a lane, repairs, and flows
 *	that may not use all paths, these in order of gseq
 * @fifo: packets with a lane, stamped, in order of gseq
 * @backlog: outer bytes in @front and @fifo
 * @ahead: outer bytes in @front
 * @lead: outer bytes by which @front was served more than @fifo, which waited
 * @large_us: when the last large packet gave a delay sample
 * @active: schedule says it carries packets with a lane
 * @since_gseq: see struct braid_sched_path
 * @lane_us: when the last packet with a lane was admitted
 * @lane_gseq: its gseq
 * @probe_id: ids of the newest probes, 0 where answered
 * @probe_us: when the first of the unanswered probes was sent
 * @probed_us: when the peer last probed here
 * @sent_us: when the newest data packet was sent
 * @asked_us: when the first one was sent that no report has followed
 * @proof_us: when the newest answered probe was sent
 * @tail_us: when a probe was last sent for what nothing followed
 * @probe_due_us: when the next one is due, or BRAID_NEVER
 * @health: how closely it is watched
 * @unanswered: probes in a row without a reply
 * @last_rx_us: when the newest proof of life came (report, reply)
 * @win_lost: lost packets, decayed over about 1000
 * @win_sent: the same of all packets with a verdict
 * @credit: bytes that may still be sent while unvalidated
 * @tx_packets: sent
 * @tx_bytes: sent, outer IP header included
 * @repaired: readmitted or repaired here
 * @probes_sent: probes sent
 * @probes_answered: replies to them
 * @probes_replied: replies sent to the peer's
 * @probe_bytes: bytes of probes and replies sent, outer IP header included
 */
struct braid_path {
	struct list_head node;
	struct braid_peer *peer;
	struct braid_socket *sock;
	char name[BRAID_NAME_MAX + 1];
	char owner[BRAID_NAME_MAX + 1];
	u32 slot;
	union braid_addr local;
	union braid_addr remote;
	struct dst_cache dst;
	u32 cost;
	struct braid_standby standby;
	bool cold;
	bool reverse;
	struct braid_hop hop;
	struct braid_quota quota;
	struct braid_path_view view;
	struct work_struct grow;
	struct braid_key key[BRAID_EPOCHS];
	struct braid_order sealing;
	union braid_addr source;
	u32 link_mtu;

	const char *unreachable;
	u16 id;
	enum braid_path_state state;
	const char *reason;
	u64 state_us;
	struct braid_loss loss;
	struct braid_rtt rtt;
	struct braid_hist rtt_hist;
	struct braid_owd owd;
	struct braid_rate rate;
	struct braid_pmtu pmtu;
	u32 pmtu_asked;
	u64 pmtu_id;
	u64 pmtu_small_id;
	u64 pmtu_probes;
	struct braid_train train;
	u64 free_ns;
	bool throttled;
	struct sk_buff_head control;
	struct sk_buff_head front;
	struct sk_buff_head fifo;
	u32 backlog;
	u32 ahead;
	u32 lead;
	u64 large_us;
	bool active;
	u64 since_gseq;
	u64 lane_us;
	u64 lane_gseq;
	u64 probe_id[BRAID_PROBE_IDS];
	u64 probe_us;
	u64 probe_due_us;
	struct braid_health health;
	u32 unanswered;
	u64 probed_us;
	u64 sent_us;
	u64 asked_us;
	u64 proof_us;
	u64 tail_us;
	u64 last_rx_us;
	u32 win_lost;
	u32 win_sent;
	u32 credit;
	u64 tx_packets;
	u64 tx_bytes;
	u64 repaired;
	u64 probes_sent;
	u64 probes_answered;
	u64 probes_replied;
	u64 probe_bytes;
};

/* What a new path shall be; see struct braid_path. */
struct braid_path_config {
	const char *name;
	const char *owner;
	struct braid_socket *sock;
	union braid_addr local;
	union braid_addr remote;
	u32 cost;
	bool standby;
	bool cold;
	bool reverse;
	u32 credit;
	u64 cap;
	u32 keepalive_us;
};

/*
 * Adds a path to a peer. Device's lock; may sleep. -EEXIST (name, or the same
 * four-tuple), -ENOSPC (no slot is free), -EAFNOSUPPORT, -ENOMEM.
 */
int braid_path_new(struct braid_peer *peer, const struct braid_path_config *cfg,
		   struct netlink_ext_ack *extack);
/* NULL when there is none of that name. Device's lock. */
struct braid_path *braid_path_find(struct braid_peer *peer, const char *name);
/* Deletes; what waited goes over other paths. Device's lock; sleeps. */
void braid_path_del(struct braid_path *path);
/*
 * The halves of that, for whoever deletes many and waits once: the second takes
 * a list of what was detached. Device's lock; the second sleeps.
 */
void braid_path_detach(struct braid_path *path);
void braid_paths_free(struct list_head *dead);
/* Nothing can use it any more, nor is any packet of it with a cipher. */
void braid_path_free(struct braid_path *path);

/*
 * Is a packet that came to @sock from @from on this path's four-tuple? @to is
 * the address it was sent to; NULL or unset, it does not matter.
 */
bool braid_path_matches(const struct braid_path *path,
			const struct braid_socket *sock,
			const union braid_addr *from,
			const union braid_addr *to);
/* The path it is on, among those that a session has begun. Peer's lock. */
struct braid_path *braid_path_by_origin(struct braid_peer *peer,
					const struct braid_origin *o);

/*
 * The path's delay now, us. A queue seen at the last report has drained
 * meanwhile as far as the time goes; else a path that once looked long would get
 * no packet, hence no new sample, and look long for ever. Peer's lock.
 */
s64 braid_path_delay(const struct braid_path *path, u64 now_us);
/* Forgets all it learned and starts under a new session. Peer's lock. */
void braid_path_start(struct braid_path *path, struct braid_session *s);
/* Derives its key of an epoch that nobody can find yet. Peer's lock. */
void braid_path_key(struct braid_path *path, const struct braid_epoch *e);
/* The session is gone: nothing may be sent. Peer's lock. */
void braid_path_stop(struct braid_path *path);
/* Moves to @state and tells listeners, the policy and the peer. Peer's lock. */
void braid_path_state_set(struct braid_path *path, enum braid_path_state state,
			  const char *reason, u64 now_us);
/* Carries data when others do too. Peer's lock. */
static inline bool braid_path_up(const struct braid_path *path)
{
	return path->state == BRAID_PATH_STATE_UP;
}

/* Makes a path cold (no probes, no data) or warm. Peer's lock. */
void braid_path_cold_set(struct braid_path *path, bool cold, u64 now_us);
/* Takes what a report told into the estimates. Peer's lock. */
void braid_path_learn(struct braid_path *path, const struct braid_ack *ack,
		      u64 now_us);
/* A sample of the round trip. Peer's lock. */
void braid_path_rtt(struct braid_path *path, u32 rtt_us, u64 now_us);
/* Refreshes what policies see. Peer's lock. */
void braid_path_view_update(struct braid_path *path);
/* Bytes of the outer IP packet around @inner bytes of data. */
u32 braid_path_outer(const struct braid_path *path, u32 inner);

#endif
