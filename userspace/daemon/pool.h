/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pool: places for peers that are away. Whose place it is finds its keys where
 * they were when it comes back, and needs one round trip where a new session needs
 * three; and around the time it is expected its paths are probed often, so that it
 * is found at once. How long it is held and when it is watched follows from how it
 * comes and goes. The places are bounded: who is expected back last has to go.
 */
#ifndef BD_POOL_H
#define BD_POOL_H

#include <sys/queue.h>

#include "host.h"
#include "pattern.h"
#include "place.h"
#include "timer.h"

/* Probes of a peer that is expected are asked for so often */
#define BD_WATCH_MS	4000
/* All of them together, seldomer where they are many */
#define BD_ASK_MS	10
/* A peer of which little is known is expected for so long after it went */
#define BD_WATCH_NEW_MS		(60 * 1000ULL)
/* No peer is watched longer than this at one time */
#define BD_WATCH_MAX_MS		(10 * 60 * 1000ULL)
/* Keys are held so long at least, if at all */
#define BD_HOLD_MIN_MS		(5 * 60 * 1000ULL)
/* Attempts at handshakes with peers that are away, of all of them together */
#define BD_SLOT_MS	10
/* Waits between such attempts: up to twice the last, up to this; by chance */
#define BD_RETRY_MS	1000ULL
#define BD_RETRY_MAX_MS	30000ULL
/* and up to this when it is expected */
#define BD_RETRY_WATCH_MS	5000ULL

/* Addresses that a peer came from lately */
#define BD_PLACES_SEEN	4

struct bd_pool;

/**
 * enum bd_place_state - whether keys wait for a peer
 * @BD_PLACE_HERE: it is not away
 * @BD_PLACE_HELD: they do
 * @BD_PLACE_LET_GO: they do not
 */
enum bd_place_state {
	BD_PLACE_HERE,
	BD_PLACE_HELD,
	BD_PLACE_LET_GO,
};

/**
 * struct bd_place_counts - what became of it
 * @hits: returns of peers whose keys were still there
 * @misses: returns with new keys
 * @expired: let go since it did not come back in time
 * @evicted: let go for another one
 * @refused: not held at all
 * @asks: probes asked for while it was expected
 * @held_ms: time that it was held
 * @watched_ms: time that it was watched
 */
struct bd_place_counts {
	uint64_t hits;
	uint64_t misses;
	uint64_t expired;
	uint64_t evicted;
	uint64_t refused;
	uint64_t asks;
	uint64_t held_ms;
	uint64_t watched_ms;
};

/**
 * struct bd_place - a peer's place
 * @node: in the pool's list while it is held
 * @pool: whose
 * @peer: name of the peer
 * @habit: BR_HABIT_AUTO, or what the configuration says it is
 * @pattern: what was learned
 * @state: see there
 * @session: id of the session that was held
 * @until: when it is let go
 * @watch: when it is watched
 * @expected: when it may be back
 * @seen: addresses that it came from, the newest first
 * @why: of @state, one sentence
 * @counts: see there
 * @timer: next ask, or its end
 * @let_go: its keys are to be forgotten
 */
struct bd_place {
	TAILQ_ENTRY(bd_place) node;
	struct bd_pool *pool;
	const char *peer;
	enum br_habit habit;
	struct bd_pattern pattern;
	enum bd_place_state state;
	uint32_t session;
	uint64_t until;
	struct bd_expected watch;
	struct bd_expected expected;
	struct br_addr seen[BD_PLACES_SEEN];
	const char *why;
	struct bd_place_counts counts;
	struct bd_timer timer;
	void (*let_go)(struct bd_place *place, uint64_t now);
};

/**
 * struct bd_pool - all places of a device
 * @held: those of peers that are held
 * @n: number of them
 * @size: at most
 * @hold: longest time that keys are held, in ms
 * @slot: when the next handshake with a peer that is away may begin
 * @expired: peers let go since they did not come back in time
 * @evicted: let go for another one
 * @refused: not held at all
 * @timers: of the daemon
 * @host: the world
 */
struct bd_pool {
	TAILQ_HEAD(, bd_place) held;
	unsigned int n;
	unsigned int size;
	uint64_t hold;
	uint64_t slot;
	uint64_t expired;
	uint64_t evicted;
	uint64_t refused;
	struct bd_timers *timers;
	const struct bd_host *host;
};

void bd_pool_init(struct bd_pool *pool, struct bd_timers *timers,
		  const struct bd_host *host);
/* Other bounds; who no longer fits in is let go. @hold: in ms */
void bd_pool_set(struct bd_pool *pool, unsigned int size, uint64_t hold,
		 uint64_t now);

/* A peer that is here. @let_go: see struct bd_place */
void bd_place_init(struct bd_place *place, struct bd_pool *pool,
		   const char *peer,
		   void (*let_go)(struct bd_place *place, uint64_t now),
		   uint64_t now);
/* It is of no interest any more. */
void bd_place_fini(struct bd_place *place);

/*
 * The peer has gone. @session: id of its session, 0 when it has none: then there is
 * nothing to be held
 */
void bd_place_gone(struct bd_place *place, uint32_t session, uint64_t now);
/* It is back. @from: where from; AF_UNSPEC when that is not known */
void bd_place_back(struct bd_place *place, uint32_t session,
		   const struct br_addr *from, uint64_t now);

/* What kind of peer it is: told or learned. */
enum br_habit bd_place_habit(const struct bd_place *place, uint64_t now);
/* Its paths are probed often now. */
bool bd_place_watched(const struct bd_place *place, uint64_t now);

/* Until the next handshake with it after so many failures in a row, in ms */
uint64_t bd_place_pace(const struct bd_place *place, unsigned int failures,
		       uint64_t now);
/*
 * When a handshake with a peer that is away may begin, @now at the soonest. All of
 * them get a turn, in the order in which they ask.
 */
uint64_t bd_pool_slot(struct bd_pool *pool, uint64_t now);

/* What is known of it, as a row of br_place_type. */
void bd_place_row(const struct bd_place *place, uint64_t now,
		  struct br_place *row);

#endif
