// SPDX-License-Identifier: GPL-2.0
#include "pmtu.h"

/* Bytes around an inner packet, and in it ahead of a TCP segment's data. */
#define AROUND	64
#define INSIDE	52

void braid_pmtu_init(struct braid_pmtu *p, bool ipv6)
{
	memset(p, 0, sizeof(*p));
	p->base = ipv6 ? BRAID_PMTU_BASE6 : BRAID_PMTU_BASE4;
	p->size = p->base;
	p->due_us = BRAID_NEVER;
}

static void ask(struct braid_pmtu *p, enum braid_pmtu_phase phase, u32 size,
		u64 now_us)
{
	p->phase = phase;
	p->probe = size;
	p->tries = 0;
	p->small = false;
	p->accused = false;
	p->due_us = now_us;
}

static void found(struct braid_pmtu *p)
{
	p->phase = BRAID_PMTU_FOUND;
	p->probe = 0;
	p->known = true;
	p->accused = false;
	p->due_us = p->size < p->link ? p->raise_us : BRAID_NEVER;
}

/*
 * What was claimed, and if that passes, the least that should not; else halfway.
 * 0 when no size is left.
 */
static u32 next_size(struct braid_pmtu *p)
{
	u32 next = (p->size + p->top) / 2 / BRAID_PMTU_STEP * BRAID_PMTU_STEP;

	if (p->hint > p->size && p->hint < p->top)
		return p->hint;
	if (p->hint == p->size)
		next = p->size + BRAID_PMTU_STEP;
	p->hint = 0;
	return next > p->size && next < p->top ? next : 0;
}

static void step(struct braid_pmtu *p, u64 now_us)
{
	u32 next = next_size(p);

	if (next)
		ask(p, BRAID_PMTU_SEARCH, next, now_us);
	else
		found(p);
}

/* Nearly always the link's own size passes, and one probe is all. */
static void search(struct braid_pmtu *p, u64 now_us)
{
	p->top = p->link + 1;
	p->raise_us = now_us + BRAID_PMTU_RAISE_US;
	if (p->size < p->link)
		ask(p, BRAID_PMTU_SEARCH, p->link, now_us);
	else
		found(p);
}

static void verify(struct braid_pmtu *p, u64 now_us)
{
	ask(p, BRAID_PMTU_VERIFY, p->size, now_us);
}

/* What was asked for does not pass: less is tried, more if less is known to. */
static void no_answer(struct braid_pmtu *p, u64 now_us)
{
	p->doubt = false;
	p->top = p->probe;
	if (p->probe <= p->size) {
		/* A black hole: what passed passes no more. */
		p->size = min(p->size, p->base);
		p->proven = false;
		p->known = false;
		p->raise_us = now_us + BRAID_PMTU_RAISE_US;
	}
	step(p, now_us);
}

void braid_pmtu_link(struct braid_pmtu *p, u32 link, u64 now_us)
{
	if (!link || link == p->link)
		return;
	p->link = link;
	p->size = min(max(p->size, p->base), link);
	p->known = false;
	search(p, now_us);
}

void braid_pmtu_start(struct braid_pmtu *p, u64 now_us)
{
	p->run = 0;
	p->flushed = false;
	if (!p->link)
		return;
	if (p->proven)
		verify(p, now_us);
	else
		search(p, now_us);
}

void braid_pmtu_raise(struct braid_pmtu *p, u64 now_us)
{
	if (p->phase == BRAID_PMTU_FOUND && p->size < p->link)
		search(p, now_us);
}

u32 braid_pmtu_poll(struct braid_pmtu *p, bool busy, u64 wait_us, u64 now_us)
{
	if (now_us < p->due_us)
		return 0;
	if (p->phase == BRAID_PMTU_FOUND) {
		if (!busy)
			return 0;
		search(p, now_us);
	} else if (p->small) {
		no_answer(p, now_us);
	}
	if (p->phase == BRAID_PMTU_FOUND)
		return 0;
	p->doubt |= p->accused && p->tries;
	if (p->tries < BRAID_PMTU_PROBES + BRAID_PMTU_DOUBLINGS)
		p->tries++;
	if (braid_pmtu_last(p))
		wait_us <<= p->tries - BRAID_PMTU_PROBES;
	p->due_us = now_us + wait_us;
	return p->probe;
}

void braid_pmtu_answered(struct braid_pmtu *p, u32 size, u64 now_us)
{
	/* An answer to what is asked no more. */
	if (!p->probe || size != p->probe)
		return;
	p->size = max(p->size, size);
	p->proven = true;
	p->doubt = false;
	p->run = 0;
	step(p, now_us);
}

void braid_pmtu_small(struct braid_pmtu *p)
{
	if (braid_pmtu_last(p))
		p->small = true;
}

bool braid_pmtu_hint(struct braid_pmtu *p, u32 size, u64 now_us)
{
	if (p->phase == BRAID_PMTU_WAIT || size < p->base || size >= p->top ||
	    now_us < p->claim_us)
		return false;
	if (p->phase == BRAID_PMTU_FOUND && size >= p->size)
		return false;
	p->claim_us = now_us + BRAID_PMTU_CLAIM_US;
	p->hint = size;
	if (p->phase == BRAID_PMTU_FOUND)
		verify(p, now_us);
	return true;
}

/* Packets of @size go whole, and larger than any path should carry. */
static bool large(const struct braid_pmtu *p, u32 size)
{
	return p->phase != BRAID_PMTU_WAIT && size > p->base && size <= p->size;
}

void braid_pmtu_delivered(struct braid_pmtu *p, u32 size)
{
	/* While asking, repairs go in fragments: they tell nothing. */
	if (!large(p, size) || p->phase == BRAID_PMTU_VERIFY)
		return;
	p->flushed = false;
	if (size >= p->run_size)
		p->run = 0;
}

/*
 * Bursts of losses are common, and the size passes after all: so it is asked for
 * before anything is made of them.
 */
static void accuse(struct braid_pmtu *p, u64 now_us)
{
	p->run = 0;
	p->flushed = false;
	if (p->phase != BRAID_PMTU_VERIFY)
		verify(p, now_us);
	p->accused = true;
}

void braid_pmtu_lost(struct braid_pmtu *p, u32 size, u64 now_us)
{
	if (!large(p, size) || p->accused)
		return;
	p->run_size = p->run ? min(p->run_size, size) : size;
	if (++p->run >= BRAID_PMTU_LOSSES)
		accuse(p, now_us);
}

void braid_pmtu_flushed(struct braid_pmtu *p, u32 size)
{
	p->flushed |= large(p, size);
}

void braid_pmtu_cleared(struct braid_pmtu *p, u64 now_us)
{
	if (p->flushed)
		accuse(p, now_us);
}

const char *braid_pmtu_phase_name(const struct braid_pmtu *p)
{
	static const char *const names[] = {
		[BRAID_PMTU_WAIT] = "waits",
		[BRAID_PMTU_SEARCH] = "searches",
		[BRAID_PMTU_VERIFY] = "verifies",
		[BRAID_PMTU_FOUND] = "found",
	};

	return names[p->phase];
}

/* What packets of @mtu carry over all paths that take them, per second. */
static u64 carried(const struct braid_pmtu_way *way, unsigned int n, u32 mtu)
{
	unsigned int i;
	u64 rate = 0;

	for (i = 0; i < n; i++)
		if (way[i].mtu >= mtu)
			rate += way[i].rate ? way[i].rate : 1;
	return mul_u64_u64_div_u64(rate, mtu - min_t(u32, mtu, INSIDE),
				   mtu + AROUND);
}

u32 braid_pmtu_best(const struct braid_pmtu_way *way, unsigned int n)
{
	u64 most = 0;
	u32 best = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		u64 now = carried(way, n, way[i].mtu);

		if (now > most || !best ||
		    (now == most && way[i].mtu > best)) {
			most = now;
			best = way[i].mtu;
		}
	}
	return best;
}
