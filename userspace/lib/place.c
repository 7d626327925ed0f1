// SPDX-License-Identifier: GPL-2.0
#include "place.h"

#include <stddef.h>

#include "text.h"

const char *const br_habit_names[] = {
	[BR_HABIT_AUTO] = "auto",
	[BR_HABIT_STEADY] = "steady",
	[BR_HABIT_FLAPPING] = "flapping",
	[BR_HABIT_PERIODIC] = "periodic",
	[BR_HABIT_MOBILE] = "mobile",
	[BR_HABIT_RARE] = "rare",
	[BR_HABITS] = NULL,
};

static const struct br_field place_fields[] = {
#define F(...) BR_FIELD(br_place, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(peer, "peer", "PEER", BR_STRING),
	F(pattern, "pattern", "PATTERN", BR_STRING),
	F(told, "pattern-told", "TOLD", BR_BOOL),
	F(rounds, "rounds", "ROUNDS", BR_U32),
	F(state, "place", "STATE", BR_STRING),
	F(since, "place-age", "SINCE", BR_AGE),
	F(left, "hold-left", "HELD FOR", BR_AGE),
	F(from, "expected-from", "BACK FROM", BR_AGE),
	F(to, "expected-to", "BACK TO", BR_AGE),
	F(watched, "watched", "WATCHED", BR_BOOL),
	F(hits, "hits", "HITS", BR_U64),
	F(misses, "misses", "MISSES", BR_U64),
	F(expired, "expired", "EXPIRED", BR_U64),
	F(evicted, "evicted", "EVICTED", BR_U64),
	F(refused, "refused", "REFUSED", BR_U64),
	F(asks, "asks", "ASKS", BR_U64),
	F(why, "place-why", "WHY", BR_WORDS),
#undef F
};

const struct br_type br_place_type = {
	.name = "place", .size = sizeof(struct br_place),
	.fields = place_fields, .n = ARRAY_SIZE(place_fields),
};
