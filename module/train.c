// SPDX-License-Identifier: GPL-2.0
#include "train.h"

#include "peer.h"
#include "pmtu.h"
#include "probe.h"

int braid_train_send(struct braid_path *path, u32 count, u64 now_us)
{
	struct braid_train *t = &path->train;

	lockdep_assert_held(&path->peer->lock);
	if (path->state != BRAID_PATH_STATE_UP)
		return -ENOTCONN;
	memset(t, 0, sizeof(*t));
	t->size = braid_pmtu_now(&path->pmtu);
	while (t->sent < count) {
		/* One id for all: what tells them apart is when they came. */
		t->id = braid_probe_padded(path, t->size, t->id, now_us);
		if (!t->id)
			return -ENOMEM;
		t->sent++;
	}
	return 0;
}

bool braid_train_replied(struct braid_path *path, u64 id, u64 peer_us)
{
	struct braid_train *t = &path->train;

	lockdep_assert_held(&path->peer->lock);
	if (!t->id || id != t->id)
		return false;
	if (t->came < t->sent)
		braid_train_answered(t, peer_us);
	return true;
}
