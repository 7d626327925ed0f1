// SPDX-License-Identifier: GPL-2.0
#include "health.h"

/*
 * An interval is shortened by up to 1/64, at random; by 1/64 to 1/32 at the end
 * that only answered, so that it is the one that probes next.
 */
#define JITTER_PART	64
/* It grows by 29/20: 29/20 over 31/32 is less than 1.5. */
#define GROWTH		29
#define GROWTH_PART	20

static u64 health_longest(const struct braid_health *h)
{
	return h->state == BRAID_HEALTH_PROBING ? BRAID_HEALTH_PROBING_US :
						  h->keepalive_us;
}

/* The first interval in a state. */
static u64 health_first(const struct braid_health *h)
{
	switch (h->state) {
	case BRAID_HEALTH_PROBING:
		return BRAID_HEALTH_FIRST_US;
	case BRAID_HEALTH_DORMANT:
		return BRAID_HEALTH_NONE;
	case BRAID_HEALTH_SUSPECT:
		return BRAID_HEALTH_QUICK_US;
	case BRAID_HEALTH_DOWN:
		return BRAID_HEALTH_DOWN_US;
	default:
		return BRAID_HEALTH_WATCH_US;
	}
}

static enum braid_health_state
health_judge(const struct braid_health_seen *seen)
{
	switch (seen->life) {
	case BRAID_HEALTH_LIFE_UP:
		if (seen->data && !seen->silent)
			return BRAID_HEALTH_BUSY;
		return seen->wanted ? BRAID_HEALTH_ACTIVE : BRAID_HEALTH_IDLE;
	case BRAID_HEALTH_LIFE_COLD:
		return BRAID_HEALTH_DORMANT;
	case BRAID_HEALTH_LIFE_SUSPECT:
		return BRAID_HEALTH_SUSPECT;
	case BRAID_HEALTH_LIFE_DOWN:
		return BRAID_HEALTH_DOWN;
	default:
		return BRAID_HEALTH_PROBING;
	}
}

void braid_health_start(struct braid_health *h, u64 now_us)
{
	h->state = BRAID_HEALTH_PROBING;
	h->since_us = now_us;
	h->wait_us = health_first(h);
	h->train = 0;
}

void braid_health_ask(struct braid_health *h)
{
	h->train = max_t(u32, h->train, 1);
	/* What is down may be back: as if nothing were known of it. */
	h->wait_us = h->state == BRAID_HEALTH_DOWN ? BRAID_HEALTH_FIRST_US :
						     health_first(h);
}

/* Until the first probe in a state that was just entered. */
static u64 health_enter(struct braid_health *h, enum braid_health_state was,
			bool silent)
{
	bool came_up = was == BRAID_HEALTH_SUSPECT || was == BRAID_HEALTH_DOWN ||
		       was == BRAID_HEALTH_PROBING;

	switch (h->state) {
	case BRAID_HEALTH_PROBING:
	case BRAID_HEALTH_SUSPECT:
		h->train = 0;
		return 0;
	case BRAID_HEALTH_DORMANT:
	case BRAID_HEALTH_DOWN:
		h->train = 0;
		return h->wait_us;
	default:
		break;
	}
	if (came_up)
		h->train = BRAID_HEALTH_TRAIN;
	if (h->train)
		return BRAID_HEALTH_QUICK_US;
	/* It was not watched closely, and now somebody needs to know. */
	if (h->state == BRAID_HEALTH_ACTIVE &&
	    (silent || was == BRAID_HEALTH_IDLE))
		return 0;
	return h->wait_us;
}

bool braid_health_update(struct braid_health *h,
			 const struct braid_health_seen *seen, u64 now_us,
			 u64 *delay_us)
{
	enum braid_health_state was = h->state;

	h->state = health_judge(seen);
	if (h->state == was)
		return false;
	h->since_us = now_us;
	h->wait_us = health_first(h);
	*delay_us = health_enter(h, was, seen->silent);
	return true;
}

static u64 health_shorten(u64 wait_us, u32 random)
{
	return wait_us - ((wait_us / JITTER_PART * (random >> 16)) >> 16);
}

static void health_grow(struct braid_health *h)
{
	h->wait_us = min_t(u64, h->wait_us * GROWTH / GROWTH_PART,
			   health_longest(h));
}

u64 braid_health_next(struct braid_health *h, bool wanted, u32 pto_us,
		      u32 random)
{
	if (h->state == BRAID_HEALTH_DORMANT)
		return BRAID_HEALTH_NONE;
	if (h->state == BRAID_HEALTH_SUSPECT) {
		h->wait_us = clamp_t(u64, pto_us, BRAID_HEALTH_QUICK_US,
				     BRAID_HEALTH_DOWN_US);
		return h->wait_us;
	}
	if (h->train) {
		/* The interval begins after the last of the train. */
		h->train--;
		return h->train ? BRAID_HEALTH_QUICK_US : h->wait_us;
	}
	if (h->state == BRAID_HEALTH_DOWN && wanted)
		/* Somebody waits for it: its return is noticed at once. */
		h->wait_us = BRAID_HEALTH_DOWN_US;
	else if (h->state != BRAID_HEALTH_BUSY &&
		 h->state != BRAID_HEALTH_ACTIVE)
		health_grow(h);
	return health_shorten(h->wait_us, random);
}

bool braid_health_answered(struct braid_health *h, u64 proven_us, u64 now_us,
			   u32 random, u64 *delay_us)
{
	if (h->state != BRAID_HEALTH_IDLE || h->train ||
	    now_us - proven_us >= (u64)BRAID_HEALTH_OWN * h->keepalive_us)
		return false;
	health_grow(h);
	*delay_us = health_shorten(h->wait_us, random) -
		    h->wait_us / JITTER_PART;
	return true;
}

void braid_health_keepalive(struct braid_health *h, u32 keepalive_us)
{
	h->keepalive_us = keepalive_us;
	if (h->state == BRAID_HEALTH_IDLE || h->state == BRAID_HEALTH_DOWN)
		h->wait_us = min_t(u64, h->wait_us, keepalive_us);
}

const char *braid_health_why(const struct braid_health *h)
{
	static const char *const why[BRAID_HEALTH_STATES] = {
		[BRAID_HEALTH_PROBING] =
			"no probe was answered yet: probed more and more rarely",
		[BRAID_HEALTH_BUSY] =
			"carries data, whose reports measure it: not probed",
		[BRAID_HEALTH_ACTIVE] =
			"unmeasured while data flows: probed each second",
		[BRAID_HEALTH_IDLE] =
			"no data to the peer: probed more and more rarely, up to the keepalive",
		[BRAID_HEALTH_DORMANT] = "cold: not probed",
		[BRAID_HEALTH_SUSPECT] =
			"may be dead: probed quickly, three times decide",
		[BRAID_HEALTH_DOWN] = "dead: probed for its return",
	};

	return why[h->state];
}
