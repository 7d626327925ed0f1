// SPDX-License-Identifier: GPL-2.0
#include "pattern.h"

#include <stdlib.h>
#include <string.h>

#include "timer.h"

/* What is added to an expectation on both sides: so much, and parts of it */
#define ROOM_MS		2000
#define ROOM_SPREAD	2
#define ROOM_WHOLE	32

/* Something of every round, in order of size. */
struct sorted {
	uint64_t v[BD_ROUNDS];
	unsigned int n;
};

static uint64_t here_of(const struct bd_round *r)
{
	return r->here;
}

static uint64_t away_of(const struct bd_round *r)
{
	return r->away;
}

/* From one return to the next */
static uint64_t whole_of(const struct bd_round *r)
{
	return r->here + r->away;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void sort(const struct bd_pattern *p,
		 uint64_t (*of)(const struct bd_round *), struct sorted *s)
{
	unsigned int i;

	s->n = p->n;
	for (i = 0; i < p->n; i++)
		s->v[i] = of(bd_pattern_round(p, i));
	qsort(s->v, s->n, sizeof(s->v[0]), by_size);
}

static uint64_t median(const struct sorted *s)
{
	return s->v[s->n / 2];
}

void bd_pattern_init(struct bd_pattern *p, bool here, uint64_t now)
{
	*p = (struct bd_pattern){ .here = here, .since = now };
}

void bd_pattern_add(struct bd_pattern *p, const struct bd_round *round)
{
	p->rounds[p->at] = *round;
	p->at = (p->at + 1) % BD_ROUNDS;
	if (p->n < BD_ROUNDS)
		p->n++;
}

const struct bd_round *bd_pattern_round(const struct bd_pattern *p,
					unsigned int i)
{
	return &p->rounds[(p->at + BD_ROUNDS - p->n + i) % BD_ROUNDS];
}

void bd_pattern_gone(struct bd_pattern *p, uint64_t now)
{
	if (!p->here)
		return;
	p->here = false;
	p->stayed = now - p->since;
	p->since = now;
}

void bd_pattern_back(struct bd_pattern *p, bool moved, uint64_t now)
{
	struct bd_round round = {
		.here = p->stayed, .away = now - p->since, .moved = moved,
	};

	if (p->here)
		return;
	if (p->stayed >= BD_STAY_MS)
		bd_pattern_add(p, &round);
	p->here = true;
	p->since = now;
}

/* Most rounds ended elsewhere. */
static bool moves(const struct bd_pattern *p)
{
	unsigned int i, moved = 0;

	for (i = 0; i < p->n; i++)
		moved += bd_pattern_round(p, i)->moved;
	return 2 * moved > p->n;
}

/*
 * Whether all of the rounds, of six all but one, took nearly as long as the middle
 * one. Few of them look alike by chance, so none of few may differ.
 */
static bool regular(const struct sorted *s)
{
	uint64_t middle = median(s), room = middle / BD_PERIODIC;
	unsigned int i, off = 0;

	for (i = 0; i < s->n; i++)
		off += s->v[i] + room < middle || s->v[i] > middle + room;
	return off <= s->n / BD_ROUNDS;
}

enum br_habit bd_pattern_habit(const struct bd_pattern *p, uint64_t now)
{
	struct sorted here, away, whole;

	if (p->n < BD_ROUNDS_MIN)
		return p->here && now - p->since >= BD_STEADY_MS ?
		       BR_HABIT_STEADY : BR_HABIT_AUTO;
	sort(p, here_of, &here);
	sort(p, away_of, &away);
	sort(p, whole_of, &whole);
	if (moves(p))
		return BR_HABIT_MOBILE;
	if (regular(&whole))
		return BR_HABIT_PERIODIC;
	if (median(&away) >= BD_RARE_MS && median(&away) > median(&here))
		return BR_HABIT_RARE;
	return median(&here) >= BD_STEADY_MS ? BR_HABIT_STEADY :
					       BR_HABIT_FLAPPING;
}

/* What the rounds span, counted from @start, and some room. */
static struct bd_expected span(const struct sorted *s, uint64_t start)
{
	uint64_t least = s->v[0], most = s->v[s->n - 1];
	uint64_t room = ROOM_MS + (most - least) / ROOM_SPREAD +
			most / ROOM_WHOLE;

	return (struct bd_expected){
		.from = start + (least > room ? least - room : 0),
		.to = start + most + room,
	};
}

struct bd_expected bd_pattern_expected(const struct bd_pattern *p)
{
	struct bd_expected by_away, by_whole;
	struct sorted s;

	if (p->n < BD_ROUNDS_MIN)
		return (struct bd_expected){ p->since, BD_NEVER };
	sort(p, away_of, &s);
	by_away = span(&s, p->since);
	sort(p, whole_of, &s);
	by_whole = span(&s, p->since - p->stayed);
	if (by_whole.from < p->since)
		by_whole.from = p->since;
	return by_whole.to > p->since &&
	       by_whole.to - by_whole.from < by_away.to - by_away.from ?
	       by_whole : by_away;
}
