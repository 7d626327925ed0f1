/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Peers that come and go: what kinds of them there are, and what a braidd tells of
 * each and of its place in the pool.
 */
#ifndef BR_PLACE_H
#define BR_PLACE_H

#include "model.h"

/**
 * enum br_habit - kinds of peers
 * @BR_HABIT_AUTO: it is to be learned, or not known yet
 * @BR_HABIT_STEADY: stays for ten minutes and more
 * @BR_HABIT_FLAPPING: stays and is away for minutes at most, at any time
 * @BR_HABIT_PERIODIC: comes back at intervals that hardly differ
 * @BR_HABIT_MOBILE: comes back from elsewhere
 * @BR_HABIT_RARE: is away for ten minutes and more, and longer than it stays
 */
enum br_habit {
	BR_HABIT_AUTO,
	BR_HABIT_STEADY,
	BR_HABIT_FLAPPING,
	BR_HABIT_PERIODIC,
	BR_HABIT_MOBILE,
	BR_HABIT_RARE,
	BR_HABITS,
};

/* Their names as in Pattern=, then NULL */
extern const char *const br_habit_names[];

/* PoolSize: unless told otherwise, and at most */
#define BR_POOL_SIZE		1024
#define BR_POOL_SIZE_MAX	65536
/* HoldTime, in microseconds, likewise */
#define BR_HOLD_US		3600000000ULL
#define BR_HOLD_MIN_US		1000000ULL
#define BR_HOLD_MAX_US		604800000000ULL

/**
 * struct br_place - a peer and its place in the pool
 * @ifindex: the device
 * @peer: name of the peer
 * @pattern: how it comes and goes: "new" or one of br_habit_names
 * @told: the pattern stands in the configuration
 * @rounds: how often it went and came back, of those that are remembered
 * @state: "here", "held" or "let-go"
 * @since: it is so since then
 * @left: of one that is held: until it is let go
 * @from: until it is expected back, 0 when it may be back at any time
 * @to: until it is late
 * @watched: its paths are probed often now
 * @hits: returns of peers whose keys were still there
 * @misses: returns with new keys
 * @expired: let go since it did not come back in time
 * @evicted: let go for another one
 * @refused: not held at all
 * @asks: times that its paths were probed since it was expected
 * @why: why it is held, or let go
 */
struct br_place {
	uint64_t has;
	uint32_t ifindex;
	char peer[BR_NAME];
	char pattern[BR_NAME];
	uint8_t told;
	uint32_t rounds;
	char state[BR_NAME];
	uint64_t since;
	uint64_t left;
	uint64_t from;
	uint64_t to;
	uint8_t watched;
	uint64_t hits;
	uint64_t misses;
	uint64_t expired;
	uint64_t evicted;
	uint64_t refused;
	uint64_t asks;
	char why[BR_REASON];
};

extern const struct br_type br_place_type;

#endif
