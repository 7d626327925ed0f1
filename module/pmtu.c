// SPDX-License-Identifier: GPL-2.0
#include "pmtu.h"

#include "device.h"
#include "mtu.h"
#include "peer.h"
#include "probe.h"
#include "transmit.h"
#include "watch.h"

/* Beyond the path's own time for an answer. */
#define BRAID_PMTU_WAIT_US	50000

void braid_pmtu_reset(struct braid_path *path)
{
	braid_pmtu_init(&path->pmtu, path->remote.sa.sa_family == AF_INET6);
	path->pmtu_id = 0;
	path->pmtu_small_id = 0;
}

u32 braid_pmtu_inner(const struct braid_path *path)
{
	u32 size = braid_pmtu_now(&path->pmtu);

	return size - min(size, braid_path_outer(path, 0));
}

u32 braid_pmtu_carriers(const struct braid_peer *peer, u32 set, u32 len)
{
	unsigned long bits = set;
	u32 found = 0;
	int i;

	for_each_set_bit(i, &bits, BRAID_MAX_SLOTS)
		if (braid_pmtu_inner(peer->slot[i]) >= len)
			found |= BIT(i);
	return found;
}

u32 braid_pmtu_repairers(const struct braid_peer *peer, u32 set, u32 len)
{
	unsigned long bits = set;
	u32 found = 0;
	int i;

	for_each_set_bit(i, &bits, BRAID_MAX_SLOTS) {
		const struct braid_path *path = peer->slot[i];

		if (braid_pmtu_sure(&path->pmtu) >= braid_path_outer(path, len))
			found |= BIT(i);
	}
	return found ?: set;
}

void braid_pmtu_peer_update(struct braid_peer *peer)
{
	struct braid_path *path;
	u32 least = U32_MAX;
	int i;

	lockdep_assert_held(&peer->lock);
	braid_for_each_slot(peer, path, i)
		if (peer->usable & BIT(i))
			least = min(least, braid_pmtu_inner(path));
	WRITE_ONCE(peer->carries, least);
	braid_mtu_update(peer->braid);
}

static void braid_pmtu_changed(struct braid_path *path)
{
	braid_path_view_update(path);
	braid_pmtu_peer_update(path->peer);
}

/* What others are told of: the size, and whether it is worth telling. */
static u32 braid_pmtu_state(const struct braid_path *path)
{
	return braid_pmtu_now(&path->pmtu) << 1 |
	       braid_pmtu_open(&path->pmtu);
}

static void braid_pmtu_ask(struct braid_path *path, u32 size, u64 now_us)
{
	/* One id for all tries of a size: any answer will do. */
	u64 id = path->pmtu_asked == size ? path->pmtu_id : 0;

	path->pmtu_id = braid_probe_padded(path, size, id, now_us);
	path->pmtu_probes += !!path->pmtu_id;
	path->pmtu_asked = size;
	if (braid_pmtu_last(&path->pmtu))
		path->pmtu_small_id = braid_probe_padded(path, 0, 0, now_us);
}

void braid_pmtu_tick(struct braid_path *path, bool busy, u64 now_us)
{
	u32 wait = braid_rtt_pto(&path->rtt) + BRAID_PMTU_WAIT_US;
	u32 was = braid_pmtu_state(path);
	u32 size;

	lockdep_assert_held(&path->peer->lock);
	if (path->state != BRAID_PATH_STATE_UP)
		return;
	braid_pmtu_link(&path->pmtu, READ_ONCE(path->link_mtu), now_us);
	size = braid_pmtu_poll(&path->pmtu, busy, wait, now_us);
	if (size)
		braid_pmtu_ask(path, size, now_us);
	if (was != braid_pmtu_state(path))
		braid_pmtu_changed(path);
}

u64 braid_pmtu_due(const struct braid_path *path, bool busy)
{
	if (path->state != BRAID_PATH_STATE_UP ||
	    (path->pmtu.phase == BRAID_PMTU_FOUND && !busy))
		return BRAID_NEVER;
	return path->pmtu.due_us;
}

void braid_pmtu_up(struct braid_path *path, bool cleared, u64 now_us)
{
	braid_pmtu_link(&path->pmtu, READ_ONCE(path->link_mtu), now_us);
	if (cleared)
		braid_pmtu_cleared(&path->pmtu, now_us);
	else
		braid_pmtu_start(&path->pmtu, now_us);
	braid_pmtu_changed(path);
	braid_tick_arm(path->peer, now_us);
}

void braid_pmtu_resized(struct braid_path *path, u32 link, u64 now_us)
{
	u32 was = braid_pmtu_state(path);

	lockdep_assert_held(&path->peer->lock);
	WRITE_ONCE(path->link_mtu, link);
	if (path->state != BRAID_PATH_STATE_UP)
		return;
	braid_pmtu_link(&path->pmtu, link, now_us);
	if (was != braid_pmtu_state(path))
		braid_pmtu_changed(path);
	braid_tick_arm(path->peer, now_us);
}

bool braid_pmtu_replied(struct braid_path *path, u64 id, u64 now_us)
{
	if (!id)
		return false;
	if (id == path->pmtu_small_id) {
		path->pmtu_small_id = 0;
		braid_pmtu_small(&path->pmtu);
		return true;
	}
	if (id != path->pmtu_id)
		return false;
	path->pmtu_id = 0;
	path->last_rx_us = now_us;
	braid_pmtu_answered(&path->pmtu, path->pmtu_asked, now_us);
	path->pmtu_asked = 0;
	braid_pmtu_changed(path);
	braid_tick_arm(path->peer, now_us);
	return true;
}

void braid_pmtu_fate(struct braid_path *path, u32 size, bool lost)
{
	if (!lost)
		braid_pmtu_delivered(&path->pmtu, size);
	else if (path->peer->repair_free)
		braid_pmtu_flushed(&path->pmtu, size);
	else
		braid_pmtu_lost(&path->pmtu, size, braid_now_us());
}

void braid_pmtu_claimed(struct braid_path *path, u32 size, u64 now_us)
{
	if (path->state == BRAID_PATH_STATE_UP &&
	    braid_pmtu_hint(&path->pmtu, size, now_us))
		braid_tick_arm(path->peer, now_us);
}

void braid_pmtu_again(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	if (path->state == BRAID_PATH_STATE_UP)
		braid_pmtu_raise(&path->pmtu, now_us);
}
