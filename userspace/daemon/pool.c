// SPDX-License-Identifier: GPL-2.0
#include "pool.h"

#include <string.h>

#include "text.h"

/* Waits double up to here; more makes no difference */
#define FAILURES_MAX	16

void bd_pool_init(struct bd_pool *pool, struct bd_timers *timers,
		  const struct bd_host *host)
{
	*pool = (struct bd_pool){
		.size = BR_POOL_SIZE, .hold = BR_HOLD_US / 1000,
		.timers = timers, .host = host,
	};
	TAILQ_INIT(&pool->held);
}

enum br_habit bd_place_habit(const struct bd_place *place, uint64_t now)
{
	return place->habit != BR_HABIT_AUTO ?
	       place->habit : bd_pattern_habit(&place->pattern, now);
}

bool bd_place_watched(const struct bd_place *place, uint64_t now)
{
	return place->state == BD_PLACE_HELD && now >= place->watch.from &&
	       now < place->watch.to;
}

/* What two times have in common. */
static uint64_t overlap(const struct bd_expected *a, uint64_t from, uint64_t to)
{
	uint64_t begin = a->from > from ? a->from : from;
	uint64_t end = a->to < to ? a->to : to;

	return end > begin ? end - begin : 0;
}

/* Somebody else may have the place. */
void bd_place_fini(struct bd_place *place)
{
	struct bd_pool *pool = place->pool;

	if (place->state != BD_PLACE_HELD)
		return;
	TAILQ_REMOVE(&pool->held, place, node);
	pool->n--;
	bd_timer_stop(pool->timers, &place->timer);
}

/* It is held no longer. */
static void leave(struct bd_place *place, enum bd_place_state state,
		  const char *why, uint64_t now)
{
	uint64_t since = place->pattern.since;

	if (place->state == BD_PLACE_HELD) {
		bd_place_fini(place);
		place->counts.held_ms += now - since;
		place->counts.watched_ms += overlap(&place->watch, since, now);
	}
	place->state = state;
	place->why = why;
}

static void let_go(struct bd_place *place, const char *why, uint64_t now)
{
	leave(place, BD_PLACE_LET_GO, why, now);
	place->let_go(place, now);
}

static void evict(struct bd_place *place, const char *why, uint64_t now)
{
	place->counts.evicted++;
	place->pool->evicted++;
	let_go(place, why, now);
}

static void set_timer(struct bd_place *place, uint64_t at)
{
	bd_timer_set(place->pool->timers, &place->timer,
		     at < place->until ? at : place->until);
}

/* When a link of ours is cut, all peers are away at once. */
static uint64_t watch_ms(const struct bd_pool *pool)
{
	uint64_t all = (uint64_t)pool->n * BD_ASK_MS;

	return all > BD_WATCH_MS ? all : BD_WATCH_MS;
}

static void timer_over(struct bd_timer *timer, uint64_t now)
{
	struct bd_place *place = container_of(timer, struct bd_place, timer);
	const struct bd_host *host = place->pool->host;

	if (now >= place->until) {
		place->counts.expired++;
		place->pool->expired++;
		let_go(place, "it did not come back in time", now);
	} else if (now < place->watch.from) {
		set_timer(place, place->watch.from);
	} else if (now < place->watch.to) {
		place->counts.asks++;
		host->probe(host->data, place->peer);
		set_timer(place, now + watch_ms(place->pool));
	} else {
		set_timer(place, place->until);
	}
}

/*
 * When it is worth to look for it. A mobile peer comes from elsewhere, so its old
 * address tells nothing. One that is away for long is looked for when that is less
 * than half of the time: else it is not known well enough when it comes.
 */
static struct bd_expected watch_of(const struct bd_place *place, uint64_t now)
{
	struct bd_expected watch = { now, now + BD_WATCH_NEW_MS };
	const struct bd_expected *e = &place->expected;

	switch (bd_place_habit(place, now)) {
	case BR_HABIT_MOBILE:
		watch.to = now;
		break;
	case BR_HABIT_RARE:
	case BR_HABIT_PERIODIC:
		if (e->to == BD_NEVER || e->to <= now)
			break;
		watch = *e;
		if (watch.to - watch.from > (watch.to - now) / 2)
			watch.to = watch.from;
		return watch;
	default:
		if (e->to != BD_NEVER && e->to > watch.to)
			watch.to = e->to;
		break;
	}
	if (watch.to - watch.from > BD_WATCH_MAX_MS)
		watch.to = watch.from + BD_WATCH_MAX_MS;
	return watch;
}

/* Until when it is held: @now for not at all. */
static uint64_t hold_of(const struct bd_place *place, uint64_t now)
{
	const struct bd_expected *e = &place->expected;
	uint64_t limit = place->pool->hold, hold;

	if (e->to == BD_NEVER)
		return now + limit;
	if (e->from > now + limit)
		return now;
	hold = e->to > now ? 2 * (e->to - now) : 0;
	if (hold < BD_HOLD_MIN_MS)
		hold = BD_HOLD_MIN_MS;
	return now + (hold < limit ? hold : limit);
}

/*
 * Who has to go first: who is expected back last. Who is late already is expected
 * as much later as he is late.
 */
static uint64_t rank(const struct bd_place *place, uint64_t now)
{
	uint64_t to = place->expected.to;

	if (to == BD_NEVER)
		to = place->pattern.since + BD_WATCH_NEW_MS;
	return to > now ? to - now : now - to;
}

static struct bd_place *last(const struct bd_pool *pool, uint64_t now)
{
	struct bd_place *worst = NULL, *place;

	TAILQ_FOREACH(place, &pool->held, node)
		if (!worst || rank(place, now) > rank(worst, now))
			worst = place;
	return worst;
}

/* Return: NULL when there is a place for it, else why there is none */
static const char *make_room(struct bd_place *place, uint64_t now)
{
	struct bd_pool *pool = place->pool;
	struct bd_place *worst;

	if (!pool->size)
		return "the pool is off";
	if (pool->n < pool->size)
		return NULL;
	worst = last(pool, now);
	if (rank(worst, now) <= rank(place, now))
		return "the pool is full, and all others are expected sooner";
	evict(worst, "the pool was full, and it was expected last", now);
	return NULL;
}

static void hold(struct bd_place *place, uint64_t now)
{
	TAILQ_INSERT_TAIL(&place->pool->held, place, node);
	place->pool->n++;
	place->state = BD_PLACE_HELD;
	place->why = place->expected.to == BD_NEVER ?
		     "it may be back at any time" :
		     "it is expected as it came back before";
	place->watch = watch_of(place, now);
	set_timer(place, place->watch.from);
}

void bd_place_gone(struct bd_place *place, uint32_t session, uint64_t now)
{
	const char *why = NULL;

	if (place->state != BD_PLACE_HERE)
		return;
	bd_pattern_gone(&place->pattern, now);
	place->session = session;
	if (!session) {
		leave(place, BD_PLACE_LET_GO, "it has no session", now);
		return;
	}
	place->expected = bd_pattern_expected(&place->pattern);
	place->until = hold_of(place, now);
	if (place->until == now)
		why = "it is not expected back in time";
	if (!why)
		why = make_room(place, now);
	if (!why) {
		hold(place, now);
		return;
	}
	place->counts.refused++;
	place->pool->refused++;
	let_go(place, why, now);
}

/* Return: it did not come from there lately */
static bool moved(struct bd_place *place, const struct br_addr *from)
{
	unsigned int i, n;

	if (from->family == AF_UNSPEC)
		return false;
	for (i = 0; i < BD_PLACES_SEEN; i++)
		if (br_addr_equal(&place->seen[i], from))
			return false;
	for (n = BD_PLACES_SEEN - 1; n; n--)
		place->seen[n] = place->seen[n - 1];
	place->seen[0] = *from;
	/* the very first is no move */
	return place->seen[1].family != AF_UNSPEC;
}

void bd_place_back(struct bd_place *place, uint32_t session,
		   const struct br_addr *from, uint64_t now)
{
	bool elsewhere = moved(place, from);

	if (place->state == BD_PLACE_HERE)
		return;
	if (place->state == BD_PLACE_HELD && place->session == session)
		place->counts.hits++;
	else if (place->session)
		place->counts.misses++;
	leave(place, BD_PLACE_HERE, NULL, now);
	bd_pattern_back(&place->pattern, elsewhere, now);
}

void bd_place_init(struct bd_place *place, struct bd_pool *pool,
		   const char *peer,
		   void (*let_go)(struct bd_place *place, uint64_t now),
		   uint64_t now)
{
	*place = (struct bd_place){
		.pool = pool, .peer = peer, .let_go = let_go,
	};
	bd_timer_init(&place->timer, timer_over);
	bd_pattern_init(&place->pattern, true, now);
}

void bd_pool_set(struct bd_pool *pool, unsigned int size, uint64_t hold,
		 uint64_t now)
{
	struct bd_place *place;

	pool->size = size;
	pool->hold = hold;
	while (pool->n > size)
		evict(last(pool, now), "the pool is smaller now", now);
	TAILQ_FOREACH(place, &pool->held, node) {
		if (place->until <= place->pattern.since + hold)
			continue;
		place->until = place->pattern.since + hold;
		set_timer(place, place->timer.at);
	}
}

/* Any time up to the bound, but for its first quarter: many do not come in step. */
uint64_t bd_place_pace(const struct bd_place *place, unsigned int failures,
		       uint64_t now)
{
	const struct bd_host *host = place->pool->host;
	uint64_t most = BD_RETRY_MAX_MS, bound, r;

	if (bd_place_watched(place, now))
		most = BD_RETRY_WATCH_MS;
	bound = failures < FAILURES_MAX ? BD_RETRY_MS << failures : most;
	if (bound > most)
		bound = most;
	host->random(host->data, &r, sizeof(r));
	return bound / 4 + r % (bound - bound / 4);
}

uint64_t bd_pool_slot(struct bd_pool *pool, uint64_t now)
{
	uint64_t at = pool->slot > now ? pool->slot : now;

	pool->slot = at + BD_SLOT_MS;
	return at;
}

static const char *const state_names[] = {
	[BD_PLACE_HERE] = "here",
	[BD_PLACE_HELD] = "held",
	[BD_PLACE_LET_GO] = "let-go",
};

static uint64_t until_us(uint64_t at, uint64_t now)
{
	return at > now ? (at - now) * 1000 : 0;
}

static void held_row(const struct bd_place *place, uint64_t now,
		     struct br_place *row)
{
	row->left = until_us(place->until, now);
	br_set_has(&br_place_type, row, "hold-left");
	row->watched = bd_place_watched(place, now);
	br_set_has(&br_place_type, row, "watched");
	if (place->expected.to == BD_NEVER)
		return;
	row->from = until_us(place->expected.from, now);
	row->to = until_us(place->expected.to, now);
	br_set_has(&br_place_type, row, "expected-from");
	br_set_has(&br_place_type, row, "expected-to");
}

void bd_place_row(const struct bd_place *place, uint64_t now,
		  struct br_place *row)
{
	static const char *const always[] = {
		"peer", "pattern", "pattern-told", "rounds", "place",
		"place-age", "hits", "misses", "expired", "evicted", "refused",
		"asks",
	};
	const struct bd_place_counts *c = &place->counts;
	enum br_habit habit = bd_place_habit(place, now);
	unsigned int i;

	br_fill(row->peer, place->peer);
	br_fill(row->pattern, habit == BR_HABIT_AUTO ? "new" :
			      br_habit_names[habit]);
	row->told = place->habit != BR_HABIT_AUTO;
	row->rounds = place->pattern.n;
	br_fill(row->state, state_names[place->state]);
	row->since = (now - place->pattern.since) * 1000;
	row->hits = c->hits;
	row->misses = c->misses;
	row->expired = c->expired;
	row->evicted = c->evicted;
	row->refused = c->refused;
	row->asks = c->asks;
	for (i = 0; i < ARRAY_SIZE(always); i++)
		br_set_has(&br_place_type, row, always[i]);
	if (place->state == BD_PLACE_HELD)
		held_row(place, now, row);
	if (!place->why)
		return;
	br_fill(row->why, place->why);
	br_set_has(&br_place_type, row, "place-why");
}
