// SPDX-License-Identifier: GPL-2.0
/*
 * Windows of known numbers: rings of words that never shift (RFC 6479). A
 * word is cleared when the window's upper edge enters it, so the lower edge
 * always lies a whole word above what the ring has forgotten.
 */
#include "replay.h"

static bool ring_test(const u64 *map, u32 words, u64 n)
{
	return map[(n >> 6) & (words - 1)] >> (n & 63) & 1;
}

int braid_ring_check(const u64 *map, u32 words, u64 next, u64 n)
{
	if (n >= next)
		return n == U64_MAX ? -ERANGE : 0;
	if (next - n > (words - 1) * 64ULL)
		return -ERANGE;
	return ring_test(map, words, n) ? -EEXIST : 0;
}

/* Clears the words that the upper edge enters on its way to @n. */
static void ring_advance(u64 *map, u32 words, u64 next, u64 n)
{
	u64 word = next ? (next - 1) >> 6 : 0;
	u64 todo = (n >> 6) - word;

	if (todo > words)
		todo = words;
	for (word = (n >> 6) - todo; todo; todo--)
		map[++word & (words - 1)] = 0;
}

int braid_ring_commit(u64 *map, u32 words, u64 *next, u64 n)
{
	int err = braid_ring_check(map, words, *next, n);

	if (err)
		return err;
	if (n >= *next) {
		ring_advance(map, words, *next, n);
		*next = n + 1;
	}
	map[(n >> 6) & (words - 1)] |= BIT_ULL(n & 63);
	return 0;
}

void braid_replay_init(struct braid_replay *r)
{
	memset(r, 0, sizeof(*r));
}

bool braid_replay_check(const struct braid_replay *r, u64 pn)
{
	return !braid_ring_check(r->map, BRAID_REPLAY_WORDS, r->next, pn);
}

bool braid_replay_commit(struct braid_replay *r, u64 pn)
{
	return !braid_ring_commit(r->map, BRAID_REPLAY_WORDS, &r->next, pn);
}

/*
 * The length of the run of received (@want all ones) or missing (@want 0)
 * numbers that ends at @n, looked for down to @floor, words at a time.
 */
static u64 replay_run(const struct braid_replay *r, u64 n, u64 floor, u64 want)
{
	u64 run = 0, most = n - floor + 1;

	while (run < most) {
		u64 at = n - run;
		u32 bits = (at & 63) + 1;
		u64 word = r->map[(at >> 6) & (BRAID_REPLAY_WORDS - 1)];
		/* numbers up to @at from the highest bit down; 1: it ends */
		u64 diff = (word ^ want) << (64 - bits);
		u32 same = 64 - fls64(diff);

		if (same < bits) {
			run += same;
			break;
		}
		run += bits;
	}
	return min(run, most);
}

unsigned int braid_replay_ranges(const struct braid_replay *r,
				 struct braid_range *range, unsigned int max,
				 u32 depth)
{
	u64 floor, at = r->next, run;
	unsigned int n = 0;

	depth = min_t(u32, depth, BRAID_REPLAY_BITS - 64);
	floor = r->next > depth ? r->next - depth : 0;
	while (n < max && at > floor) {
		at -= replay_run(r, at - 1, floor, 0);
		if (at == floor)
			break;
		run = replay_run(r, at - 1, floor, U64_MAX);
		range[n].last = at - 1;
		at -= run;
		range[n++].first = at;
	}
	return n;
}
