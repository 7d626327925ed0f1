// SPDX-License-Identifier: GPL-2.0
#include "standby.h"

#include "device.h"
#include "peer.h"
#include "probe.h"
#include "reverse.h"
#include "transmit.h"

/* How often it is said that a path is cold: nothing may answer that. */
#define BRAID_FAREWELLS	3

bool braid_is_standby(const struct braid_path *path)
{
	return READ_ONCE(path->standby.wanted) ||
	       (path->reverse && READ_ONCE(path->standby.told));
}

enum braid_status braid_standby_status(const struct braid_path *path)
{
	if (path->state == BRAID_PATH_STATE_COLD)
		return BRAID_STATUS_RETIRED;
	return path->standby.wanted ? BRAID_STATUS_STANDBY :
				      BRAID_STATUS_AVAILABLE;
}

static void braid_standby_changed(struct braid_standby *s)
{
	s->seq++;
	s->unsaid = true;
	s->id = 0;
}

void braid_standby_set(struct braid_path *path, bool wanted, u64 now_us)
{
	struct braid_standby *s = &path->standby;

	lockdep_assert_held(&path->peer->lock);
	if (s->wanted == wanted)
		return;
	WRITE_ONCE(s->wanted, wanted);
	braid_standby_changed(s);
	/* One that is not up has its next probe before it carries anything. */
	if (path->state == BRAID_PATH_STATE_UP)
		braid_probe_stating(path, now_us);
}

bool braid_standby_state(struct braid_path *path, enum braid_status status)
{
	const u32 room = BRAID_TLV_LEN + BRAID_STATUS_LEN;
	struct braid_path_status statement = {
		.path = path->id,
		.seq = path->standby.seq,
		.status = status,
	};
	struct sk_buff *skb = braid_control_alloc(room);

	if (!skb)
		return false;
	braid_status_write(skb_put(skb, room), room, &statement);
	braid_control_queue(path, skb, BRAID_CONTROL_PLAIN);
	return true;
}

/* With no probe, which would make the peer's path anew that this takes away. */
static void braid_standby_farewell(struct braid_path *path, u64 now_us)
{
	path->standby.farewells--;
	path->standby.said_us = now_us;
	braid_standby_state(path, BRAID_STATUS_RETIRED);
}

void braid_standby_cold(struct braid_path *path, bool cold, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	braid_standby_changed(&path->standby);
	path->standby.farewells = cold ? BRAID_FAREWELLS : 0;
	if (cold)
		braid_standby_farewell(path, now_us);
}

void braid_standby_reset(struct braid_path *path)
{
	struct braid_standby *s = &path->standby;

	lockdep_assert_held(&path->peer->lock);
	WRITE_ONCE(s->told, false);
	s->retired = false;
	s->told_seq = 0;
	s->unsaid = false;
	s->id = 0;
	s->farewells = 0;
}

bool braid_standby_states(struct braid_path *path, u64 id, u64 now_us)
{
	struct braid_standby *s = &path->standby;

	lockdep_assert_held(&path->peer->lock);
	if (!s->wanted && !s->unsaid)
		return false;
	s->id = id;
	s->said_us = now_us;
	return true;
}

void braid_standby_said(struct braid_path *path, u64 id)
{
	struct braid_standby *s = &path->standby;

	lockdep_assert_held(&path->peer->lock);
	if (!s->id || s->id != id)
		return;
	s->id = 0;
	s->unsaid = false;
}

u64 braid_standby_due(const struct braid_path *path)
{
	const struct braid_standby *s = &path->standby;

	lockdep_assert_held(&path->peer->lock);
	if (path->state == BRAID_PATH_STATE_COLD ? !s->farewells :
	    path->state != BRAID_PATH_STATE_UP || !s->unsaid)
		return BRAID_NEVER;
	return s->said_us + 2 * braid_rtt_pto(&path->rtt);
}

void braid_standby_tick(struct braid_path *path, u64 now_us)
{
	lockdep_assert_held(&path->peer->lock);
	if (now_us < braid_standby_due(path))
		return;
	if (path->state == BRAID_PATH_STATE_COLD)
		braid_standby_farewell(path, now_us);
	else
		braid_probe_stating(path, now_us);
}

void braid_standby_told(struct braid_path *path,
			const struct braid_path_status *status)
{
	bool told = status->status == BRAID_STATUS_STANDBY;
	struct braid_standby *s = &path->standby;

	lockdep_assert_held(&path->peer->lock);
	/* One that was overtaken says what was. */
	if ((s32)(status->seq - s->told_seq) < 0)
		return;
	s->told_seq = status->seq;
	s->retired = status->status == BRAID_STATUS_RETIRED;
	if (s->retired && path->reverse)
		braid_reverse_clear(path->peer->braid);
	if (s->retired || s->told == told)
		return;
	WRITE_ONCE(s->told, told);
	braid_peer_usable_update(path->peer);
	braid_path_view_update(path);
}
