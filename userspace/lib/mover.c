// SPDX-License-Identifier: GPL-2.0
#include "mover.h"

#include <stddef.h>

#include "text.h"

static const struct br_field mover_fields[] = {
#define F(...) BR_FIELD(br_mover, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(peer, "peer", "PEER", BR_STRING),
	F(path, "path", "PATH", BR_STRING),
	F(max_rtt, "max-rtt", "MAX RTT", BR_USEC),
	F(max_loss, "max-loss", "MAX LOSS", BR_PPM),
	F(state, "mover", "STATE", BR_STRING),
	F(since, "mover-age", "SINCE", BR_AGE),
	F(to, "to", "TO", BR_STRING),
	F(moves, "moves", "MOVES", BR_U64),
	F(failed, "moves-failed", "FAILED", BR_U64),
	F(why, "mover-why", "WHY", BR_WORDS),
#undef F
};

const struct br_type br_mover_type = {
	.name = "mover", .size = sizeof(struct br_mover),
	.fields = mover_fields, .n = ARRAY_SIZE(mover_fields),
};
