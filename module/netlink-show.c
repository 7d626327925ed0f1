// SPDX-License-Identifier: GPL-2.0
#include "admit.h"
#include "controller.h"
#include "device.h"
#include "event.h"
#include "netlink-gen.h"
#include "netlink-show.h"
#include "netlink.h"
#include "peer.h"
#include "probe.h"
#include "use.h"
#include "watch.h"

static int put_u64(struct sk_buff *msg, int attr, u64 value)
{
	return nla_put(msg, attr, sizeof(value), &value);
}

static int put_owner(struct sk_buff *msg, int attr, const char *owner)
{
	return *owner ? nla_put_string(msg, attr, owner) : 0;
}

int braid_nl_put_addr(struct sk_buff *msg, int attr4, int attr6, int attr_port,
		      const union braid_addr *addr)
{
	if (addr->sa.sa_family == AF_INET)
		return nla_put_in_addr(msg, attr4,
				       addr->in4.sin_addr.s_addr) ?:
		       nla_put_be16(msg, attr_port, addr->in4.sin_port);
	return nla_put_in6_addr(msg, attr6, &addr->in6.sin6_addr) ?:
	       nla_put_be16(msg, attr_port, addr->in6.sin6_port);
}

static int put_counter(struct sk_buff *msg, int attr, const char *name,
		       u64 value)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	if (!nest || nla_put_string(msg, BRAID_A_COUNTER_NAME, name) ||
	    put_u64(msg, BRAID_A_COUNTER_VALUE, value))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_hist(struct sk_buff *msg, int attr, const struct braid_hist *h)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	if (!nest || put_u64(msg, BRAID_A_HISTOGRAM_SUM, h->sum_us) ||
	    nla_put(msg, BRAID_A_HISTOGRAM_COUNTS, sizeof(h->count), h->count))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* --- devices --- */

int braid_fill_device(struct sk_buff *msg, struct braid_device *braid)
{
	char policy[BRAID_POLICY_NAME], active[BRAID_POLICY_NAME];
	u32 controller = braid_controller_port(braid);
	struct net_device *dev = braid->dev;
	int i;

	braid_steer_name(&braid->steer, policy);
	braid_steer_active(&braid->steer, active);
	if (nla_put_u32(msg, BRAID_A_DEVICE_IFINDEX, dev->ifindex) ||
	    nla_put_string(msg, BRAID_A_DEVICE_IFNAME, dev->name) ||
	    nla_put_string(msg, BRAID_A_DEVICE_POLICY, policy) ||
	    nla_put_string(msg, BRAID_A_DEVICE_POLICY_ACTIVE, active) ||
	    nla_put_u32(msg, BRAID_A_DEVICE_MTU, READ_ONCE(dev->mtu)) ||
	    nla_put_u8(msg, BRAID_A_DEVICE_MTU_AUTO,
		       !READ_ONCE(braid->mtu.fixed)) ||
	    nla_put_u32(msg, BRAID_A_DEVICE_EVENT_SEQ,
			braid_event_seq(dev_net(dev))) ||
	    nla_put_u32(msg, BRAID_A_DEVICE_PEERS, braid->n_peers) ||
	    put_u64(msg, BRAID_A_DEVICE_NETNS_COOKIE,
		    dev_net(dev)->net_cookie) ||
	    (controller && nla_put_u32(msg, BRAID_A_DEVICE_CONTROLLER,
				       controller)))
		return -EMSGSIZE;
	for (i = 0; i < BRAID_CNT_MAX; i++)
		if (put_counter(msg, BRAID_A_DEVICE_COUNTER,
				braid_counter_names[i],
				braid_counter_read(braid, i)))
			return -EMSGSIZE;
	return 0;
}

/* --- sockets --- */

int braid_fill_socket(struct sk_buff *msg, struct braid_socket *sock)
{
	if (nla_put_u32(msg, BRAID_A_SOCKET_IFINDEX,
			sock->braid->dev->ifindex) ||
	    nla_put_string(msg, BRAID_A_SOCKET_NAME, sock->name) ||
	    braid_nl_put_addr(msg, BRAID_A_SOCKET_LOCAL_IPV4,
			      BRAID_A_SOCKET_LOCAL_IPV6,
			      BRAID_A_SOCKET_LOCAL_PORT, &sock->local) ||
	    nla_put_u32(msg, BRAID_A_SOCKET_LINK, sock->link) ||
	    nla_put_u32(msg, BRAID_A_SOCKET_FWMARK, sock->fwmark) ||
	    nla_put_u8(msg, BRAID_A_SOCKET_LISTEN, sock->listen) ||
	    nla_put_u32(msg, BRAID_A_SOCKET_USERS, sock->users) ||
	    put_owner(msg, BRAID_A_SOCKET_OWNER, sock->owner))
		return -EMSGSIZE;
	return 0;
}

/* --- peers --- */

static int fill_addresses(struct sk_buff *msg, struct braid_peer *peer)
{
	struct braid_address *a;
	int err;

	list_for_each_entry(a, &peer->addresses, list) {
		if (ipv6_addr_v4mapped(&a->addr))
			err = nla_put_in_addr(msg, BRAID_A_PEER_ADDRESS4,
					      a->addr.s6_addr32[3]);
		else
			err = nla_put_in6_addr(msg, BRAID_A_PEER_ADDRESS6,
					       &a->addr);
		if (err)
			return err;
	}
	return 0;
}

static int fill_reseq(struct sk_buff *msg, struct braid_session *s)
{
	struct braid_reseq_stats st;
	u32 held, bytes;
	u64 failures, rate;

	spin_lock_bh(&s->lock);
	rate = braid_meter_read(&s->received, braid_now_us());
	st = s->reseq.stats;
	held = s->reseq.held;
	bytes = s->reseq.held_bytes;
	failures = atomic64_read(&s->failures);
	spin_unlock_bh(&s->lock);
	if (nla_put_u32(msg, BRAID_A_PEER_SESSION_LOCAL, s->local) ||
	    nla_put_u32(msg, BRAID_A_PEER_SESSION_REMOTE, s->remote) ||
	    put_u64(msg, BRAID_A_PEER_RATE_RECEIVED, rate) ||
	    nla_put_u32(msg, BRAID_A_PEER_HELD_PACKETS, held) ||
	    nla_put_u32(msg, BRAID_A_PEER_HELD_BYTES, bytes) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "rx-in-order",
			st.in_order) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "rx-unordered",
			st.unordered) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "rx-held", st.held) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "rx-late", st.late) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "rx-duplicate",
			st.duplicate) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "rx-too-old", st.old) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "holes-proven", st.proof) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "holes-timed-out",
			st.timer) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "holes-overflow",
			st.overflow) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "held-bytes-max",
			st.max_bytes) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "auth-failures", failures) ||
	    put_hist(msg, BRAID_A_PEER_HOLD_HISTOGRAM, &st.hold))
		return -EMSGSIZE;
	return 0;
}

static int fill_sending(struct sk_buff *msg, struct braid_peer *peer)
{
	u64 available = 0, in_use, sent, wakeups;
	struct braid_hist failover;
	struct braid_path *path;
	u32 usable;
	int i;

	spin_lock_bh(&peer->lock);
	usable = peer->usable;
	sent = peer->gseq ? peer->gseq - 1 : 0;
	wakeups = peer->wakeups;
	failover = peer->failover;
	in_use = braid_meter_read(&peer->sent, braid_now_us());
	braid_for_each_slot(peer, path, i)
		if (usable & BIT(i))
			available += path->rate.rate;
	spin_unlock_bh(&peer->lock);
	if (nla_put_u32(msg, BRAID_A_PEER_PATHS_USABLE, hweight32(usable)) ||
	    put_u64(msg, BRAID_A_PEER_RATE_AVAILABLE, available) ||
	    put_u64(msg, BRAID_A_PEER_RATE_IN_USE, in_use) ||
	    put_u64(msg, BRAID_A_PEER_WAKEUPS, wakeups) ||
	    put_counter(msg, BRAID_A_PEER_COUNTER, "tx-numbered", sent) ||
	    nla_put_u32(msg, BRAID_A_PEER_QUEUE_PACKETS,
			braid_queue_packets(peer)) ||
	    put_hist(msg, BRAID_A_PEER_FAILOVER_HISTOGRAM, &failover))
		return -EMSGSIZE;
	return 0;
}

int braid_fill_peer(struct sk_buff *msg, struct braid_peer *peer)
{
	struct braid_device *braid = peer->braid;
	struct braid_session *s;

	s = rcu_dereference_protected(peer->session,
				      lockdep_is_held(&braid->lock));
	if (nla_put_u32(msg, BRAID_A_PEER_IFINDEX, braid->dev->ifindex) ||
	    nla_put_string(msg, BRAID_A_PEER_NAME, peer->name) ||
	    fill_addresses(msg, peer) ||
	    nla_put_u32(msg, BRAID_A_PEER_SOURCE_CHECK,
			peer->source_any ? BRAID_SOURCE_CHECK_ANY :
					   BRAID_SOURCE_CHECK_STRICT) ||
	    nla_put_u8(msg, BRAID_A_PEER_MULTICAST, peer->multicast) ||
	    nla_put_u32(msg, BRAID_A_PEER_REORDER_CAP, peer->reorder_cap_us) ||
	    nla_put_u32(msg, BRAID_A_PEER_ID, peer->id) ||
	    nla_put_u32(msg, BRAID_A_PEER_PATHS, peer->n_paths) ||
	    put_owner(msg, BRAID_A_PEER_OWNER, peer->owner) ||
	    fill_sending(msg, peer) || (s && fill_reseq(msg, s)))
		return -EMSGSIZE;
	return 0;
}

/* --- paths --- */

/* What its packets carry; until that is known, what it was told. */
static void path_local(union braid_addr *local, const struct braid_path *path,
		       const struct braid_socket *sock)
{
	*local = path->source.sa.sa_family ? path->source : path->local;
	braid_addr_port_set(local, braid_addr_port(&sock->local));
}

static int fill_path_setup(struct sk_buff *msg, struct braid_path *path)
{
	const struct braid_socket *sock = READ_ONCE(path->sock);
	struct braid_peer *peer = path->peer;
	union braid_addr local;

	path_local(&local, path, sock);
	if (nla_put_u32(msg, BRAID_A_PATH_IFINDEX,
			peer->braid->dev->ifindex) ||
	    nla_put_string(msg, BRAID_A_PATH_PEER, peer->name) ||
	    nla_put_string(msg, BRAID_A_PATH_NAME, path->name) ||
	    nla_put_string(msg, BRAID_A_PATH_SOCKET, sock->name) ||
	    braid_nl_put_addr(msg, BRAID_A_PATH_REMOTE_IPV4,
			      BRAID_A_PATH_REMOTE_IPV6,
			      BRAID_A_PATH_REMOTE_PORT, &path->remote) ||
	    braid_nl_put_addr(msg, BRAID_A_PATH_LOCAL_IPV4,
			      BRAID_A_PATH_LOCAL_IPV6,
			      BRAID_A_PATH_LOCAL_PORT, &local) ||
	    nla_put_u32(msg, BRAID_A_PATH_LINK, sock->link) ||
	    nla_put_u32(msg, BRAID_A_PATH_COST, path->cost) ||
	    nla_put_u8(msg, BRAID_A_PATH_STANDBY,
		       READ_ONCE(path->standby.wanted)) ||
	    nla_put_u8(msg, BRAID_A_PATH_PEER_STANDBY,
		       READ_ONCE(path->standby.told)) ||
	    nla_put_u8(msg, BRAID_A_PATH_COLD, path->cold) ||
	    nla_put_u32(msg, BRAID_A_PATH_SLOT, path->slot) ||
	    put_owner(msg, BRAID_A_PATH_OWNER, path->owner))
		return -EMSGSIZE;
	return 0;
}

/* Delay over the quickest path's. Peer's lock. */
static u32 path_owd(struct braid_path *path)
{
	return READ_ONCE(path->view.owd_us);
}

/* How old an estimate is; one that there never was has no age. */
static int put_age(struct sk_buff *msg, int attr, u64 then_us, u64 now_us)
{
	return then_us ? put_u64(msg, attr, now_us - then_us) : 0;
}

static int fill_path_delays(struct sk_buff *msg, struct braid_path *path,
			    u64 now_us)
{
	if (put_age(msg, BRAID_A_PATH_RTT_AGE, path->rtt.sampled_us, now_us) ||
	    put_age(msg, BRAID_A_PATH_LOSS_AGE, path->loss.last_report_us,
		    now_us) ||
	    nla_put_u32(msg, BRAID_A_PATH_SRTT, path->rtt.srtt_us) ||
	    nla_put_u32(msg, BRAID_A_PATH_MIN_RTT, path->rtt.min_us) ||
	    nla_put_u32(msg, BRAID_A_PATH_RTT_VAR, path->rtt.var_us) ||
	    nla_put_u32(msg, BRAID_A_PATH_OWD, path_owd(path)) ||
	    nla_put_u32(msg, BRAID_A_PATH_JITTER, path->owd.jitter_us) ||
	    nla_put_u32(msg, BRAID_A_PATH_QUEUE_DELAY, path->owd.queue_us) ||
	    nla_put_u32(msg, BRAID_A_PATH_LOSS_PPM, path->view.loss_ppm) ||
	    put_hist(msg, BRAID_A_PATH_RTT_HISTOGRAM, &path->rtt_hist))
		return -EMSGSIZE;
	return 0;
}

static int put_capacity(struct sk_buff *msg, const struct braid_train *train)
{
	u64 rate = braid_train_rate(train);

	return rate ? put_u64(msg, BRAID_A_PATH_CAPACITY, rate) : 0;
}

static int fill_path_rate(struct sk_buff *msg, struct braid_path *path,
			  u64 now_us)
{
	const struct braid_rate *r = &path->rate;

	if (put_u64(msg, BRAID_A_PATH_CAP, r->cap) ||
	    put_u64(msg, BRAID_A_PATH_RATE, r->rate) ||
	    put_age(msg, BRAID_A_PATH_RATE_AGE, r->confirmed_us, now_us) ||
	    nla_put_string(msg, BRAID_A_PATH_RATE_PHASE,
			   braid_rate_phase_name(r->phase)) ||
	    nla_put_u32(msg, BRAID_A_PATH_PMTU,
			braid_pmtu_now(&path->pmtu)) ||
	    nla_put_string(msg, BRAID_A_PATH_PMTU_PHASE,
			   braid_pmtu_phase_name(&path->pmtu)) ||
	    put_u64(msg, BRAID_A_PATH_PMTU_PROBES, path->pmtu_probes) ||
	    put_capacity(msg, &path->train) ||
	    nla_put_u32(msg, BRAID_A_PATH_QUEUE_BYTES, path->backlog) ||
	    nla_put_u32(msg, BRAID_A_PATH_INFLIGHT_BYTES, path->loss.flying))
		return -EMSGSIZE;
	return 0;
}

/* Where it moves to, what it has left, and whether its peer has seen that. */
static int fill_path_hop(struct sk_buff *msg, struct braid_path *path,
			 u64 now_us)
{
	const struct braid_hop *h = &path->hop;

	if ((h->next && nla_put_string(msg, BRAID_A_PATH_SOCKET_NEXT,
				       h->next->name)) ||
	    (h->previous && nla_put_string(msg, BRAID_A_PATH_SOCKET_PREVIOUS,
					   h->previous->name)) ||
	    nla_put_u8(msg, BRAID_A_PATH_PEER_FOLLOWED,
		       braid_hop_followed(path)) ||
	    nla_put_u32(msg, BRAID_A_PATH_MOVES, h->moves) ||
	    put_age(msg, BRAID_A_PATH_MOVE_AGE, h->moved_us, now_us))
		return -EMSGSIZE;
	return 0;
}

static int fill_path_counters(struct sk_buff *msg, struct braid_path *path)
{
	if (put_u64(msg, BRAID_A_PATH_TX_PACKETS, path->tx_packets) ||
	    put_u64(msg, BRAID_A_PATH_TX_BYTES, path->tx_bytes) ||
	    put_u64(msg, BRAID_A_PATH_LOST_PACKETS, path->loss.lost_packets) ||
	    put_u64(msg, BRAID_A_PATH_REPAIRED_PACKETS, path->repaired) ||
	    put_u64(msg, BRAID_A_PATH_PROBES_SENT, path->probes_sent) ||
	    put_u64(msg, BRAID_A_PATH_PROBES_ANSWERED, path->probes_answered) ||
	    put_u64(msg, BRAID_A_PATH_PROBES_REPLIED, path->probes_replied) ||
	    put_u64(msg, BRAID_A_PATH_PROBE_BYTES, path->probe_bytes))
		return -EMSGSIZE;
	return 0;
}

static int fill_path_quota(struct sk_buff *msg, const struct braid_path *path)
{
	const struct braid_quota *q = &path->quota;

	if (!q->limit)
		return 0;
	if (put_u64(msg, BRAID_A_PATH_QUOTA, q->limit) ||
	    put_u64(msg, BRAID_A_PATH_QUOTA_USED, atomic64_read(&q->used)) ||
	    (q->reset_ns &&
	     put_u64(msg, BRAID_A_PATH_QUOTA_RESET, q->reset_ns)))
		return -EMSGSIZE;
	return 0;
}

/* The interval of its probes, and when the next one is due. */
static int fill_path_probe(struct sk_buff *msg, const struct braid_path *path,
			   u64 now_us)
{
	u64 due_us = path->probe_due_us;

	if (due_us >= BRAID_NEVER - 1 || !braid_health_probes(&path->health))
		return 0;
	if (nla_put_u32(msg, BRAID_A_PATH_PROBE_INTERVAL,
			path->health.train ? BRAID_HEALTH_QUICK_US :
					     path->health.wait_us) ||
	    put_u64(msg, BRAID_A_PATH_PROBE_NEXT,
		    due_us > now_us ? due_us - now_us : 0))
		return -EMSGSIZE;
	return 0;
}

static const char *health_why(const struct braid_path *path, bool keyed)
{
	if (path->state == BRAID_PATH_STATE_SPENT)
		return "spent: not probed";
	return keyed ? braid_health_why(&path->health) :
		       "the peer has no key: not probed";
}

static int fill_path_health(struct sk_buff *msg, struct braid_path *path)
{
	bool keyed = path->probe_due_us != BRAID_NEVER;
	u64 now_us = braid_now_us();

	BUILD_BUG_ON((int)BRAID_HEALTH_PROBING !=
		     (int)BRAID_PATH_HEALTH_PROBING);
	BUILD_BUG_ON((int)BRAID_HEALTH_BUSY != (int)BRAID_PATH_HEALTH_BUSY);
	BUILD_BUG_ON((int)BRAID_HEALTH_DOWN != (int)BRAID_PATH_HEALTH_DOWN);
	braid_probe_look(path, now_us);
	braid_tick_arm(path->peer, now_us);
	if (nla_put_u32(msg, BRAID_A_PATH_KEEPALIVE,
			path->health.keepalive_us) ||
	    nla_put_u32(msg, BRAID_A_PATH_HEALTH,
			keyed ? path->health.state :
				BRAID_HEALTH_PROBING) ||
	    put_u64(msg, BRAID_A_PATH_HEALTH_AGE,
		    now_us - (keyed ? path->health.since_us :
				      path->state_us)) ||
	    nla_put_string(msg, BRAID_A_PATH_HEALTH_REASON,
			   health_why(path, keyed)))
		return -EMSGSIZE;
	return fill_path_probe(msg, path, now_us);
}

/* What arrived on the path's four-tuple, from the receiving side. */
static int fill_path_received(struct sk_buff *msg, struct braid_path *path)
{
	struct braid_session *s;
	u64 packets = 0, bytes = 0;
	int i;

	s = rcu_dereference_protected(path->peer->session,
				      lockdep_is_held(&path->peer->braid->lock));
	for (i = 0; s && i < BRAID_RX_PATHS; i++) {
		struct braid_rx_path *p;

		spin_lock_bh(&s->lock);
		p = rcu_dereference_protected(s->rx[i],
					      lockdep_is_held(&s->lock));
		if (p && braid_hop_owns(path, p->sock, &p->from)) {
			packets += p->packets;
			bytes += p->bytes;
		}
		spin_unlock_bh(&s->lock);
	}
	return put_u64(msg, BRAID_A_PATH_RX_PACKETS, packets) ?:
	       put_u64(msg, BRAID_A_PATH_RX_BYTES, bytes);
}

int braid_fill_path(struct sk_buff *msg, struct braid_path *path)
{
	struct braid_peer *peer = path->peer;
	u64 now_us = braid_now_us();
	int err;

	err = fill_path_setup(msg, path) ?: fill_path_received(msg, path);
	if (err)
		return err;
	spin_lock_bh(&peer->lock);
	if (nla_put_u32(msg, BRAID_A_PATH_ID, path->id) ||
	    nla_put_u32(msg, BRAID_A_PATH_STATE, path->state) ||
	    nla_put_string(msg, BRAID_A_PATH_REASON,
			   braid_use_why(path, now_us)) ||
	    put_u64(msg, BRAID_A_PATH_STATE_AGE, now_us - path->state_us) ||
	    fill_path_delays(msg, path, now_us) || fill_path_rate(msg, path, now_us) ||
	    fill_path_counters(msg, path) || fill_path_health(msg, path) ||
	    fill_path_hop(msg, path, now_us) || fill_path_quota(msg, path))
		err = -EMSGSIZE;
	spin_unlock_bh(&peer->lock);
	return err;
}

/* --- keys --- */

int braid_fill_key(struct sk_buff *msg, struct braid_peer *peer,
		   struct braid_session *s, struct braid_epoch *e)
{
	u64 packets;
	bool sending;

	spin_lock_bh(&peer->lock);
	packets = e->packets;
	sending = e == s->sending;
	spin_unlock_bh(&peer->lock);
	if (nla_put_u32(msg, BRAID_A_KEY_IFINDEX, peer->braid->dev->ifindex) ||
	    nla_put_string(msg, BRAID_A_KEY_PEER, peer->name) ||
	    nla_put_u32(msg, BRAID_A_KEY_CIPHER, e->cipher) ||
	    nla_put_u8(msg, BRAID_A_KEY_EPOCH, e->number) ||
	    nla_put_u8(msg, BRAID_A_KEY_SENDING, sending) ||
	    nla_put_u32(msg, BRAID_A_KEY_SESSION_LOCAL, s->local) ||
	    nla_put_u32(msg, BRAID_A_KEY_SESSION_REMOTE, s->remote) ||
	    put_u64(msg, BRAID_A_KEY_PACKETS, packets) ||
	    put_u64(msg, BRAID_A_KEY_FAILURES, atomic64_read(&e->failures)) ||
	    put_u64(msg, BRAID_A_KEY_LIMIT_PACKETS, e->limit_packets) ||
	    put_u64(msg, BRAID_A_KEY_LIMIT_FAILURES, e->limit_failures))
		return -EMSGSIZE;
	return 0;
}

/* --- policies --- */

int braid_fill_policy(struct sk_buff *msg, const struct braid_policy_info *i)
{
	if (nla_put_string(msg, BRAID_A_POLICY_NAME, i->name) ||
	    nla_put_u32(msg, BRAID_A_POLICY_DEVICES, i->devices) ||
	    put_u64(msg, BRAID_A_POLICY_CALLS, i->calls) ||
	    put_u64(msg, BRAID_A_POLICY_INVALID, i->invalid))
		return -EMSGSIZE;
	return 0;
}
