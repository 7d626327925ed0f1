// SPDX-License-Identifier: GPL-2.0
#include "quota.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ipv6.h>

#include "device.h"
#include "peer.h"
#include "probe.h"
#include "repair.h"
#include "reverse.h"
#include "schedule.h"
#include "transmit.h"
#include "watch.h"

/* The peer that goes on sending is told again, no more often than this. */
#define BRAID_QUOTA_AGAIN_US	(20 * BRAID_USEC_PER_MSEC)

bool braid_quota_out(const struct braid_path *path)
{
	u64 limit = READ_ONCE(path->quota.limit);

	return limit && (u64)atomic64_read(&path->quota.used) >= limit;
}

const char *braid_quota_why(const struct braid_path *path)
{
	return braid_quota_out(path) ?
	       "its byte budget is used up" :
	       "the peer's byte budget for it is used up";
}

/* --- counting --- */

/* True: this packet has used up the budget. */
static bool braid_quota_add(struct braid_path *path, u32 size)
{
	u64 limit = READ_ONCE(path->quota.limit), used;

	if (!limit)
		return false;
	used = atomic64_add_return(size, &path->quota.used);
	return used >= limit && used - size < limit;
}

void braid_quota_sent(struct braid_path *path, u32 size)
{
	lockdep_assert_held(&path->peer->lock);
	/* The round that looks at it is the next. */
	if (braid_quota_add(path, size))
		path->peer->pump_again = true;
}

/* All but the first fragment repeat the IP header; IPv6 adds one to each. */
void braid_quota_pieces(struct braid_path *path, u32 size, u32 carries)
{
	bool v6 = path->remote.sa.sa_family == AF_INET6;
	u32 ip = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	u32 head = v6 ? ip + sizeof(struct frag_hdr) : ip;
	u32 room = (carries - head) & ~7U;

	braid_quota_sent(path, DIV_ROUND_UP(size - ip, room) * head - ip);
}

/* The metered path of a packet to @sock from @remote, or the other way. RCU. */
static struct braid_path *braid_quota_find(struct braid_device *braid,
					   const struct braid_socket *sock,
					   const union braid_addr *remote)
{
	struct braid_path *path;

	list_for_each_entry_rcu(path, &braid->metered, quota.node)
		if (braid_hop_owns(path, sock, remote))
			return path;
	return NULL;
}

void braid_quota_handshake(struct braid_device *braid,
			   const struct braid_socket *sock,
			   const union braid_addr *remote, u32 size)
{
	struct braid_path *path = braid_quota_find(braid, sock, remote);

	if (path)
		braid_quota_add(path, braid_path_outer(path, size) -
				      BRAID_OVERHEAD);
}

void braid_quota_received(struct braid_device *braid,
			  const struct braid_origin *from)
{
	struct braid_path *path = braid_quota_find(braid, from->sock,
						   &from->from);

	if (path && braid_quota_add(path, from->size))
		braid_pump(path->peer);
}

/* --- spent, and free again --- */

static void braid_quota_tell(struct braid_path *path, u64 now_us)
{
	if (braid_standby_state(path, BRAID_STATUS_SPENT))
		path->quota.told_us = now_us;
}

void braid_quota_remind(struct braid_device *braid,
			const struct braid_origin *from, u64 now_us)
{
	struct braid_path *path = braid_quota_find(braid, from->sock,
						   &from->from);
	bool told = false;

	if (!path || !braid_quota_out(path))
		return;
	spin_lock(&path->peer->lock);
	if (path->state == BRAID_PATH_STATE_SPENT && braid_quota_out(path) &&
	    now_us - path->quota.told_us >= BRAID_QUOTA_AGAIN_US) {
		braid_quota_tell(path, now_us);
		told = true;
	}
	spin_unlock(&path->peer->lock);
	if (told)
		braid_pump(path->peer);
}

/*
 * What is under way goes again over the others: the peer, which is silent on this
 * path from now on, may be so on all and report nothing.
 */
static void braid_quota_enter(struct braid_path *path, u64 now_us)
{
	braid_repair_flight(path);
	braid_schedule_idle(path);
	braid_path_state_set(path, BRAID_PATH_STATE_SPENT,
			     braid_quota_why(path), now_us);
	braid_probe_look(path, now_us);
	if (path->reverse && path->quota.foreign) {
		path->probe_due_us = now_us + BRAID_QUOTA_FORGET_US;
		braid_tick_arm(path->peer, now_us);
	}
}

/* One that is not validated is told nothing yet, and carries no data anyway. */
static bool braid_quota_may_enter(const struct braid_path *path)
{
	return path->probe_due_us != BRAID_NEVER &&
	       path->state != BRAID_PATH_STATE_SPENT &&
	       path->state != BRAID_PATH_STATE_UNVALIDATED;
}

static void braid_quota_leave(struct braid_path *path, u64 now_us)
{
	if (path->state != BRAID_PATH_STATE_SPENT)
		return;
	if (braid_quota_out(path) || path->quota.foreign) {
		path->reason = braid_quota_why(path);
		return;
	}
	if (path->cold) {
		braid_path_state_set(path, BRAID_PATH_STATE_COLD,
				     "cold: probed before its first use",
				     now_us);
		return;
	}
	braid_path_state_set(path, BRAID_PATH_STATE_PROBING,
			     path->unreachable ?: "no probe was answered yet",
			     now_us);
	braid_probe_now(path, now_us);
}

void braid_quota_look(struct braid_peer *peer, u64 now_us)
{
	struct braid_path *path;
	int i;

	lockdep_assert_held(&peer->lock);
	if (likely(list_empty(&peer->braid->metered)))
		return;
	braid_for_each_slot(peer, path, i) {
		if (!braid_quota_out(path) || !braid_quota_may_enter(path))
			continue;
		braid_quota_enter(path, now_us);
		braid_quota_tell(path, now_us);
	}
}

void braid_quota_start(struct braid_path *path)
{
	lockdep_assert_held(&path->peer->lock);
	path->quota.foreign = false;
	path->quota.told_us = 0;
	if (!braid_quota_out(path) || path->reverse)
		return;
	path->state = BRAID_PATH_STATE_SPENT;
	path->reason = braid_quota_why(path);
}

void braid_quota_told(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	path->quota.foreign = path->state != BRAID_PATH_STATE_UNVALIDATED;
	if (braid_quota_may_enter(path))
		braid_quota_enter(path, now_us);
}

void braid_quota_probed(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	if (!path->quota.foreign)
		return;
	path->quota.foreign = false;
	braid_quota_leave(path, now_us);
}

void braid_quota_tick(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	if (now_us < path->probe_due_us)
		return;
	path->probe_due_us = BRAID_NEVER - 1;
	braid_reverse_clear(path->peer->braid);
}

/* --- from outside --- */

void braid_quota_init(struct braid_path *path)
{
	INIT_LIST_HEAD(&path->quota.node);
}

void braid_quota_set(struct braid_path *path,
		     const struct braid_quota_config *cfg, u64 now_us)
{
	struct braid_quota *q = &path->quota;
	struct braid_peer *peer = path->peer;

	lockdep_assert_held(&peer->braid->lock);
	spin_lock_bh(&peer->lock);
	if (cfg->limit && !q->limit)
		atomic64_set(&q->used, 0);
	if (cfg->limit)
		WRITE_ONCE(q->limit, *cfg->limit);
	if (cfg->used)
		atomic64_set(&q->used, *cfg->used);
	if (cfg->reset_ns)
		q->reset_ns = *cfg->reset_ns;
	/* One that had a budget stays in the list: it may still be walked. */
	if (q->limit && list_empty(&q->node))
		list_add_tail_rcu(&q->node, &peer->braid->metered);
	braid_quota_look(peer, now_us);
	braid_quota_leave(path, now_us);
	spin_unlock_bh(&peer->lock);
}

void braid_quota_forget(struct braid_path *path)
{
	lockdep_assert_held(&path->peer->braid->lock);
	if (!list_empty(&path->quota.node))
		list_del_rcu(&path->quota.node);
}
