// SPDX-License-Identifier: GPL-2.0
#include "copies.h"

#include <linux/slab.h>

#include "peer.h"

bool braid_copies_ready(struct braid_peer *peer)
{
	lockdep_assert_held(&peer->lock);
	if (!peer->copies)
		peer->copies = kzalloc(sizeof(*peer->copies),
				       GFP_ATOMIC | __GFP_NOWARN);
	return peer->copies;
}

/* Where it is remembered, NULL when a later number has its place. */
static u8 *braid_copies_of(struct braid_peer *peer, u64 gseq)
{
	lockdep_assert_held(&peer->lock);
	if (!peer->copies || peer->gseq - gseq > BRAID_COPIES_KEPT)
		return NULL;
	return &peer->copies->left[gseq % BRAID_COPIES_KEPT];
}

void braid_copies_sent(struct braid_peer *peer, u64 gseq, u32 n)
{
	u8 *left = braid_copies_of(peer, gseq);

	if (left)
		*left = n;
}

void braid_copies_arrived(struct braid_peer *peer, u64 gseq)
{
	u8 *left = braid_copies_of(peer, gseq);

	if (left)
		*left = 0;
}

bool braid_copies_lost(struct braid_peer *peer, u64 gseq)
{
	u8 *left = braid_copies_of(peer, gseq);

	if (!left)
		return true;
	if (*left > 1) {
		(*left)--;
		return false;
	}
	return *left;
}
