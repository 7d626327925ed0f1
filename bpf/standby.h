/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the policy standby chooses, for the policy and for its unit tests: they
 * bring a bpf_braid_path() and a braid_for_each_slot().
 */
#ifndef BRAID_STANDBY_H
#define BRAID_STANDBY_H

#include "meter.h"

struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx, __u32 slot);

/*
 * The path that carries everything: the cheapest of those that are usable, the
 * first made of those that cost the same; one marked as standby only when
 * there is no other. Nothing that is measured decides, so that the choice
 * changes only when a path comes or goes. BRAID_NO_SLOT for none.
 */
static inline __u32 braid_standby_choose(struct braid_steer_ctx *pkt)
{
	__u32 set = braid_all_slots(pkt), least = ~0U, best = BRAID_NO_SLOT;
	struct braid_path_view *path;
	int slot;

	braid_for_each_slot(slot) {
		if (!(set >> slot & 1))
			continue;
		path = bpf_braid_path(&pkt->peer, slot);
		if (!path || (best != BRAID_NO_SLOT && path->cost >= least))
			continue;
		least = path->cost;
		best = slot;
	}
	return best;
}

static inline __u64 braid_standby_verdict(struct braid_steer_ctx *pkt)
{
	__u32 slot = braid_standby_choose(pkt);

	if (slot >= BRAID_MAX_SLOTS)
		return BRAID_AUTO;
	return BRAID_VERDICT(BRAID_KIND_PIN, BRAID_WITHIN, 1U << slot);
}

#endif
