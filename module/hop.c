// SPDX-License-Identifier: GPL-2.0
#include "hop.h"

#include <linux/random.h>

#include "device.h"
#include "event.h"
#include "peer.h"
#include "probe.h"
#include "reverse.h"
#include "transmit.h"
#include "watch.h"

/* Probes of what is tried: quick at first, then every two seconds. */
#define BRAID_HOP_FIRST_US	100000ULL
#define BRAID_HOP_MAX_US	2000000ULL

void braid_hop_init(struct braid_path *path)
{
	path->hop.home = braid_addr_port(&path->remote);
	path->hop.due_us = BRAID_NEVER;
}

/* Another four-tuple, or a new session: replies to old probes mean nothing. */
static void braid_hop_anew(struct braid_path *path, u64 now_us)
{
	struct braid_hop *h = &path->hop;

	memset(h->id, 0, sizeof(h->id));
	h->wait_us = BRAID_HOP_FIRST_US;
	h->due_us = h->next || h->port || h->previous ? now_us : BRAID_NEVER;
}

void braid_hop_reset(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	path->hop.port = 0;
	path->hop.seen = 0;
	braid_hop_anew(path, now_us);
}

/* --- whose packet is it --- */

static bool braid_hop_has(const struct braid_path *path,
			  const struct braid_socket *sock)
{
	return sock == READ_ONCE(path->sock) ||
	       (sock && (sock == READ_ONCE(path->hop.next) ||
			 sock == READ_ONCE(path->hop.previous)));
}

bool braid_hop_owns(const struct braid_path *path,
		    const struct braid_socket *sock,
		    const union braid_addr *from)
{
	__be16 port = braid_addr_port(from);

	return braid_hop_has(path, sock) &&
	       braid_addr_same_host(&path->remote, from) &&
	       (port == braid_addr_port(&path->remote) ||
		port == READ_ONCE(path->hop.port));
}

/*
 * Several paths may lead to the same address. So it is the socket that tells
 * them apart, or for a socket that serves many, the address that was sent to.
 */
static bool braid_hop_near(const struct braid_path *path,
			   const struct braid_origin *o)
{
	if (braid_hop_has(path, o->sock))
		return true;
	return READ_ONCE(o->sock->link) == READ_ONCE(path->sock->link) &&
	       braid_addr_set(&path->local) &&
	       braid_addr_same_host(&path->local, &o->to);
}

/*
 * Which of the peer's paths it is, its earlier packets tell. When there are none,
 * since one end has begun anew, a path that does not work may be the one; but
 * one that was made for a probe is made again.
 */
static bool braid_hop_fits(const struct braid_path *path,
			   const struct braid_origin *o)
{
	union braid_addr at = o->known.sa.sa_family ? o->known : o->from;
	__be16 port = braid_addr_port(&at);

	if (path->probe_due_us == BRAID_NEVER ||
	    !braid_addr_same_host(&path->remote, &o->from) ||
	    !braid_addr_same_host(&path->remote, &at) ||
	    !braid_hop_near(path, o))
		return false;
	if (port == braid_addr_port(&path->remote) || port == path->hop.port)
		return true;
	return !o->known.sa.sa_family && !path->reverse &&
	       (path->state == BRAID_PATH_STATE_PROBING ||
		path->state == BRAID_PATH_STATE_DOWN);
}

struct braid_path *braid_hop_by_origin(struct braid_peer *peer,
				       const struct braid_origin *o)
{
	struct braid_path *path, *other = NULL;
	int i;

	lockdep_assert_held(&peer->lock);
	braid_for_each_slot(peer, path, i) {
		if (!braid_hop_fits(path, o))
			continue;
		if (braid_hop_has(path, o->sock))
			return path;
		other = path;
	}
	return other;
}

bool braid_hop_followed(const struct braid_path *path)
{
	struct braid_session *s = rcu_dereference_raw(path->peer->session);
	const struct braid_rx_path *p;
	int i;

	for (i = 0; s && i < BRAID_RX_PATHS; i++) {
		p = rcu_dereference_raw(s->rx[i]);
		if (p && braid_path_matches(path, READ_ONCE(p->sock), &p->from,
					    NULL))
			return true;
	}
	return false;
}

/* --- trying --- */

/* A probe on the four-tuple that is tried. */
static void braid_hop_try(struct braid_path *path, u64 now_us)
{
	struct braid_hop *h = &path->hop;
	struct braid_control_way way = {
		.sock = h->next ?: path->sock,
		.port = h->port ?: braid_addr_port(&path->remote),
	};
	u64 id = get_random_u64();

	h->id[h->n++ % BRAID_HOP_IDS] = id;
	braid_probe_extra(path, id, &way, now_us);
}

static void braid_hop_follow(struct braid_path *path, __be16 port, u64 now_us)
{
	struct braid_hop *h = &path->hop;

	if (port == h->port || port == braid_addr_port(&path->remote))
		return;
	h->port = port;
	h->searches = false;
	braid_hop_anew(path, now_us);
	braid_tick_arm(path->peer, now_us);
}

/* On a path in doubt the other port may be the better one. */
static bool braid_hop_doubtful(const struct braid_path *path)
{
	return path->state == BRAID_PATH_STATE_PROBING ||
	       path->state == BRAID_PATH_STATE_SUSPECT ||
	       path->state == BRAID_PATH_STATE_DOWN;
}

/* Where a path that does not work may be found again. */
static void braid_hop_search(struct braid_path *path, u64 now_us)
{
	struct braid_hop *h = &path->hop;

	if (!braid_hop_doubtful(path)) {
		if (h->port && h->searches) {
			h->port = 0;
			braid_hop_anew(path, now_us);
		}
		return;
	}
	if (h->port)
		return;
	if (h->seen)
		braid_hop_follow(path, h->seen, now_us);
	else if (path->state != BRAID_PATH_STATE_SUSPECT)
		braid_hop_follow(path, h->home, now_us);
	h->searches = h->port;
}

void braid_hop_seen(struct braid_path *path, const struct braid_origin *o,
		    u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	path->hop.seen = braid_addr_port(&o->from);
	braid_hop_search(path, now_us);
}

void braid_hop_heard(struct braid_path *path, const struct braid_origin *o,
		     u64 now_us)
{
	struct braid_hop *h = &path->hop;
	__be16 port = braid_addr_port(&o->from);

	lockdep_assert_held(&path->peer->lock);
	if (port != braid_addr_port(&path->remote)) {
		braid_hop_follow(path, port, now_us);
	} else if (h->port) {
		/* It is back where it was. */
		h->port = 0;
		braid_hop_anew(path, now_us);
	}
}

/* The path is on what was tried, and says so. */
static void braid_hop_move(struct braid_path *path, u64 now_us)
{
	const char *why = "its peer sends from another port";
	struct braid_hop *h = &path->hop;

	if (h->port)
		braid_addr_port_set(&path->remote, h->port);
	if (h->next) {
		why = "it sends from another port";
		h->previous = path->sock;
		WRITE_ONCE(path->sock, h->next);
		h->next = NULL;
		braid_addr_port_set(&path->local,
				    braid_addr_port(&path->sock->local));
	}
	h->port = 0;
	h->seen = 0;
	h->moves++;
	h->moved_us = now_us;
	braid_hop_anew(path, now_us);
	/* Rules and hashes may look at ports. */
	dst_cache_reset(&path->dst);
	braid_event_moved(path, why);
}

bool braid_hop_replied(struct braid_path *path, u64 id, u64 now_us)
{
	struct braid_hop *h = &path->hop;
	int i;

	lockdep_assert_held(&path->peer->lock);
	for (i = 0; i < BRAID_HOP_IDS; i++)
		if (id && h->id[i] == id)
			break;
	if (i == BRAID_HOP_IDS)
		return false;
	braid_hop_move(path, now_us);
	/* Also an idle path is told to the peer. */
	braid_probe_stating(path, now_us);
	braid_tick_arm(path->peer, now_us);
	return true;
}

void braid_hop_tick(struct braid_path *path, u64 now_us)
{
	struct braid_hop *h = &path->hop;

	lockdep_assert_held(&path->peer->lock);
	braid_hop_search(path, now_us);
	if (now_us < h->due_us)
		return;
	h->due_us = now_us + h->wait_us;
	h->wait_us = min(h->wait_us * 3 / 2, BRAID_HOP_MAX_US);
	if (h->next || h->port)
		braid_hop_try(path, now_us);
	else if (h->previous && !braid_hop_followed(path))
		braid_probe_stating(path, now_us);
	else
		h->due_us = BRAID_NEVER;
}

u64 braid_hop_due(const struct braid_path *path)
{
	/* No session, or cold. */
	return path->probe_due_us >= BRAID_NEVER - 1 ? BRAID_NEVER :
						      path->hop.due_us;
}

/* --- from outside --- */

static int braid_hop_check(const struct braid_path *path,
			   const struct braid_socket *sock,
			   struct netlink_ext_ack *extack)
{
	const struct braid_socket *now = path->sock;
	const struct braid_path *other;

	if (!braid_addr_same_host(&now->local, &sock->local) ||
	    now->link != sock->link || now->fwmark != sock->fwmark) {
		NL_SET_ERR_MSG(extack, "a path moves only to a socket that differs in its port alone");
		return -EINVAL;
	}
	if (path->hop.previous) {
		NL_SET_ERR_MSG(extack, "the path still holds the socket that it has left");
		return -EBUSY;
	}
	if (path->cold) {
		NL_SET_ERR_MSG(extack, "a cold path is not probed, so it cannot move");
		return -EBUSY;
	}
	if (READ_ONCE(path->state) == BRAID_PATH_STATE_SPENT) {
		NL_SET_ERR_MSG(extack, "a path whose byte budget is used up is not probed, so it cannot move");
		return -EBUSY;
	}
	list_for_each_entry(other, &path->peer->paths, node)
		if (other != path &&
		    braid_path_matches(other, sock, &path->remote, NULL)) {
			NL_SET_ERR_MSG(extack, "a path with that socket and remote exists");
			return -EEXIST;
		}
	return 0;
}

void braid_hop_put(struct braid_path *path)
{
	struct braid_hop *h = &path->hop;

	lockdep_assert_held(&path->peer->braid->lock);
	spin_lock_bh(&path->peer->lock);
	if (h->next)
		h->next->users--;
	if (h->previous)
		h->previous->users--;
	h->next = NULL;
	h->previous = NULL;
	braid_hop_anew(path, braid_now_us());
	spin_unlock_bh(&path->peer->lock);
}

int braid_hop_start(struct braid_path *path, struct braid_socket *sock,
		    struct netlink_ext_ack *extack)
{
	struct braid_peer *peer = path->peer;
	u64 now_us = braid_now_us();
	bool idle;
	int err;

	lockdep_assert_held(&peer->braid->lock);
	if (sock == path->sock) {
		braid_hop_put(path);
		return 0;
	}
	if (sock == path->hop.next)
		return 0;
	err = braid_hop_check(path, sock, extack);
	if (err)
		return err;
	braid_hop_put(path);
	sock->users++;
	spin_lock_bh(&peer->lock);
	path->hop.next = sock;
	braid_hop_anew(path, now_us);
	/* Without a session nobody can be asked, and nothing gets lost. */
	idle = path->probe_due_us == BRAID_NEVER;
	if (idle)
		braid_hop_move(path, now_us);
	else
		braid_tick_arm(peer, now_us);
	spin_unlock_bh(&peer->lock);
	if (idle)
		braid_hop_put(path);
	return 0;
}
