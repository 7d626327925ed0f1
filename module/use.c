// SPDX-License-Identifier: GPL-2.0
#include "use.h"

#include "admit.h"
#include "device.h"
#include "peer.h"

/* What was sent within this time counts as being sent. */
#define BRAID_USE_US	(2 * BRAID_USEC_PER_SEC)

static bool braid_lately(u64 then_us, u64 now_us)
{
	return then_us && now_us - then_us < BRAID_USE_US;
}

/* Of a path that could be used and is not: whose choice is that? */
static const char *braid_use_choice(const struct braid_peer *peer)
{
	if (rcu_access_pointer(peer->braid->steer.policy))
		return "usable, but no verdict of the policy chose it lately";
	return "usable, but what is sent arrives earlier by others";
}

const char *braid_use_why(struct braid_path *path, u64 now_us)
{
	struct braid_peer *peer = path->peer;
	u32 bit = BIT(path->slot);

	lockdep_assert_held(&peer->lock);
	if (!braid_path_up(path))
		return path->reason;
	if (braid_lately(path->sent_us, now_us))
		return "in use";
	if (!(braid_auto_set(peer) & bit))
		return path->standby.wanted ?
		       "standby: used when no other path is usable" :
		       "standby: the peer uses it when no other path is usable";
	if (!(braid_near_set(peer, braid_auto_set(peer)) & bit))
		return "its delay is too long: all others would wait for it";
	if (!braid_lately(peer->busy_us, now_us))
		return "usable; there is nothing to send";
	return braid_use_choice(peer);
}
