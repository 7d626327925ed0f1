/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a peer comes and goes, learned from when it did: what kind of peer it is, and
 * when one that is away is expected back. Only durations of the last few rounds are
 * kept, so old habits are forgotten. Times are milliseconds of a clock that nobody
 * sets.
 */
#ifndef BD_PATTERN_H
#define BD_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "place.h"

/* Rounds that are remembered: here, away, and back again */
#define BD_ROUNDS	6
/* Fewer rounds than this tell nothing but that the peer stays, or does not */
#define BD_ROUNDS_MIN	3

/* Whoever comes for less than this has not been here */
#define BD_STAY_MS	1000ULL
/* Stays for longer than the first: steady. Away for longer than the second: rare */
#define BD_STEADY_MS	(10 * 60 * 1000ULL)
#define BD_RARE_MS	(10 * 60 * 1000ULL)
/* Rounds that differ from the middle one by no more than 1/16 are periodic */
#define BD_PERIODIC	16

/**
 * struct bd_round - one round of a peer
 * @here: how long it stayed, in ms
 * @away: how long it was away after that
 * @moved: it came back from another address
 */
struct bd_round {
	uint64_t here;
	uint64_t away;
	bool moved;
};

/**
 * struct bd_pattern - what is known of a peer's comings and goings
 * @rounds: the last ones, in a ring
 * @n: how many are known
 * @at: where the next one goes
 * @here: it is here
 * @since: it is so since then
 * @stayed: while it is away: how long it had stayed
 */
struct bd_pattern {
	struct bd_round rounds[BD_ROUNDS];
	unsigned int n;
	unsigned int at;
	bool here;
	uint64_t since;
	uint64_t stayed;
};

/**
 * struct bd_expected - when a peer that is away may be back
 * @from: not before
 * @to: hardly later; BD_NEVER when nobody knows
 */
struct bd_expected {
	uint64_t from;
	uint64_t to;
};

/* Nothing is known; the peer is here, or not, since @now. */
void bd_pattern_init(struct bd_pattern *p, bool here, uint64_t now);
/* It goes; a second time in a row is nothing. */
void bd_pattern_gone(struct bd_pattern *p, uint64_t now);
/* It is back, @moved: from another address. */
void bd_pattern_back(struct bd_pattern *p, bool moved, uint64_t now);
/* A round that was known before, the oldest first. */
void bd_pattern_add(struct bd_pattern *p, const struct bd_round *round);
/* The @i-th oldest round of @p->n. */
const struct bd_round *bd_pattern_round(const struct bd_pattern *p,
					unsigned int i);

/* What kind of peer it is by now; BR_HABIT_AUTO while that is not known. */
enum br_habit bd_pattern_habit(const struct bd_pattern *p, uint64_t now);

/*
 * When one that is away may be back, as its last rounds were: by how long it was
 * away, or from one return to the next, whichever differed less. Some room is added
 * on both sides, for habits that change.
 */
struct bd_expected bd_pattern_expected(const struct bd_pattern *p);

#endif
