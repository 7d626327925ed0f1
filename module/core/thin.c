// SPDX-License-Identifier: GPL-2.0
#include "thin.h"

/* What Linux' HyStart tolerates: an eighth of the round trip, 4 to 16 ms. */
#define TOLERATED_PART		8
#define TOLERATED_MIN_US	(4 * BRAID_USEC_PER_MSEC)
#define TOLERATED_MAX_US	(16 * BRAID_USEC_PER_MSEC)
/* Its eight samples a round, less those at the round's edges. */
#define ACKS_A_ROUND		7
/* Gaps that a loss takes to be mended, at least: a round trip. */
#define GAPS_OF_A_LOSS		7
/* No sender waits longer for nothing. */
#define GAP_MAX_US		(50 * BRAID_USEC_PER_MSEC)

u32 braid_thin_gap(u32 shortest_us, u32 longest_us)
{
	u32 tolerated = clamp_t(u32, shortest_us / TOLERATED_PART,
				TOLERATED_MIN_US, TOLERATED_MAX_US);

	if (longest_us <= shortest_us + tolerated)
		return 0;
	return min_t(u32, longest_us / ACKS_A_ROUND, GAP_MAX_US);
}

static void thin_begin(struct braid_thin *t, u32 ack)
{
	memset(t, 0, sizeof(*t));
	t->first = ack;
	t->ack = ack;
}

u64 braid_thin_ack(struct braid_thin *t, u32 ack, bool plain, u32 gap_us,
		   u64 now_us)
{
	bool more, young;

	if (!t->seen_us || now_us > t->seen_us + BRAID_THIN_QUIET_US)
		thin_begin(t, ack);
	t->seen_us = now_us;
	more = (s32)(ack - t->ack) > 0;
	if (more)
		t->ack = ack;
	if (plain)
		t->loss_us = 0;
	else if (!t->loss_us)
		t->loss_us = now_us;
	else if (now_us >= t->loss_us + (u64)GAPS_OF_A_LOSS * gap_us)
		t->over = true;
	young = ack - t->first >= BRAID_THIN_FROM &&
		ack - t->first < BRAID_THIN_TO;
	if (more && plain && young && !t->over && now_us < t->passed_us + gap_us)
		return t->passed_us + gap_us;
	t->passed_us = now_us;
	return 0;
}
