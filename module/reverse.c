// SPDX-License-Identifier: GPL-2.0
#include "reverse.h"

#include <linux/slab.h>

#include "device.h"
#include "peer.h"
#include "probe.h"

/* An unvalidated one goes after this, a validated one when down for long. */
#define BRAID_REVERSE_YOUNG_US	(10 * BRAID_USEC_PER_SEC)
#define BRAID_REVERSE_DOWN_US	(60 * BRAID_USEC_PER_SEC)

/*
 * A request outlives its packet, so it holds names and numbers, no pointers:
 * whatever they mean may be gone when it is served.
 */
struct braid_reverse_request {
	struct list_head node;
	u32 peer;
	char sock[BRAID_NAME_MAX + 1];
	union braid_addr from;
	union braid_addr to;
	u32 credit;
};

bool braid_reverse_expired(const struct braid_path *path, u64 now_us)
{
	/* As long as the peer probes here it may yet be validated. */
	u64 age = now_us - max(path->state_us, path->probed_us);

	if (!path->reverse)
		return false;
	if (path->standby.retired)
		return true;
	if (path->state == BRAID_PATH_STATE_UNVALIDATED)
		return age > BRAID_REVERSE_YOUNG_US;
	/* One that the peer has spent is made again when it probes again. */
	if (path->state == BRAID_PATH_STATE_SPENT)
		return path->quota.foreign &&
		       now_us - path->state_us >= BRAID_QUOTA_FORGET_US;
	return path->state == BRAID_PATH_STATE_DOWN &&
	       age > BRAID_REVERSE_DOWN_US;
}

static struct braid_peer *braid_peer_by_number(struct braid_device *braid,
					       u32 id)
{
	struct braid_peer *peer;

	lockdep_assert_held(&braid->lock);
	list_for_each_entry(peer, &braid->peers, node)
		if (peer->id == id)
			return peer;
	return NULL;
}

static u32 braid_reverse_count(struct braid_peer *peer)
{
	struct braid_path *path;
	u32 n = 0;

	list_for_each_entry(path, &peer->paths, node)
		n += path->reverse;
	return n;
}

static void braid_reverse_make(struct braid_device *braid,
			       const struct braid_reverse_request *r)
{
	struct braid_peer *peer = braid_peer_by_number(braid, r->peer);
	char name[BRAID_NAME_MAX + 1];
	struct braid_path_config cfg = {
		.name = name,
		.local = r->to,
		.remote = r->from,
		.reverse = true,
		.credit = r->credit,
	};

	cfg.sock = braid_socket_find(braid, r->sock);
	if (!peer || !cfg.sock || !rcu_access_pointer(peer->session) ||
	    braid_reverse_count(peer) >= BRAID_REVERSE_MAX)
		return;
	snprintf(name, sizeof(name), "auto-%u", ++peer->n_reverse);
	/* The same request twice is refused there, which is right. */
	braid_path_new(peer, &cfg, NULL);
}

static void braid_reverse_clear_peer(struct braid_peer *peer,
				     struct list_head *dead)
{
	struct braid_path *path, *next;
	u64 now_us = braid_now_us();

	list_for_each_entry_safe(path, next, &peer->paths, node) {
		bool expired;

		spin_lock_bh(&peer->lock);
		expired = braid_reverse_expired(path, now_us);
		spin_unlock_bh(&peer->lock);
		if (!expired)
			continue;
		braid_path_detach(path);
		list_add_tail(&path->node, dead);
	}
}

static void braid_reverse_clear_all(struct braid_device *braid)
{
	struct braid_peer *peer;
	LIST_HEAD(dead);

	list_for_each_entry(peer, &braid->peers, node)
		braid_reverse_clear_peer(peer, &dead);
	braid_paths_free(&dead);
}

static void braid_reverse_work(struct work_struct *work)
{
	struct braid_reverse *rev = container_of(work, struct braid_reverse,
						 work);
	struct braid_device *braid = container_of(rev, struct braid_device,
						  reverse);
	struct braid_reverse_request *r, *next;
	LIST_HEAD(pending);

	spin_lock_bh(&rev->lock);
	list_splice_init(&rev->pending, &pending);
	rev->n = 0;
	spin_unlock_bh(&rev->lock);
	mutex_lock(&braid->lock);
	if (!braid->dying && braid->net) {
		braid_reverse_clear_all(braid);
		list_for_each_entry(r, &pending, node)
			braid_reverse_make(braid, r);
	}
	mutex_unlock(&braid->lock);
	list_for_each_entry_safe(r, next, &pending, node)
		kfree(r);
}

void braid_reverse_init(struct braid_device *braid)
{
	struct braid_reverse *rev = &braid->reverse;

	INIT_WORK(&rev->work, braid_reverse_work);
	spin_lock_init(&rev->lock);
	INIT_LIST_HEAD(&rev->pending);
}

void braid_reverse_fini(struct braid_device *braid)
{
	struct braid_reverse_request *r, *next;

	cancel_work_sync(&braid->reverse.work);
	list_for_each_entry_safe(r, next, &braid->reverse.pending, node)
		kfree(r);
	INIT_LIST_HEAD(&braid->reverse.pending);
}

bool braid_reverse_request(struct braid_peer *peer,
			   const struct braid_origin *o)
{
	struct braid_reverse *rev = &peer->braid->reverse;
	struct braid_reverse_request *r;

	if (READ_ONCE(rev->n) >= BRAID_REVERSE_PENDING)
		return false;
	r = kzalloc(sizeof(*r), GFP_ATOMIC);
	if (!r)
		return false;
	r->peer = peer->id;
	strscpy(r->sock, o->sock->name);
	r->from = o->from;
	r->to = o->to;
	r->credit = 3 * o->size;
	spin_lock_bh(&rev->lock);
	list_add_tail(&r->node, &rev->pending);
	rev->n++;
	spin_unlock_bh(&rev->lock);
	schedule_work(&rev->work);
	return true;
}

void braid_reverse_clear(struct braid_device *braid)
{
	schedule_work(&braid->reverse.work);
}
