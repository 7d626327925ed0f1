// SPDX-License-Identifier: GPL-2.0
#include "train.h"

void braid_train_answered(struct braid_train *t, u64 peer_us)
{
	if (!t->came || peer_us < t->first_us)
		t->first_us = peer_us;
	if (!t->came || peer_us > t->last_us)
		t->last_us = peer_us;
	t->came++;
}

u64 braid_train_rate(const struct braid_train *t)
{
	u64 took_us = t->last_us - t->first_us;

	/* The first packet's own time is not seen. What was lost took its time. */
	if (t->came < BRAID_TRAIN_MIN || t->came * 2 < t->sent || !took_us)
		return 0;
	return mul_u64_u64_div_u64((u64)(t->came - 1) * t->size,
				   BRAID_USEC_PER_SEC, took_us);
}
