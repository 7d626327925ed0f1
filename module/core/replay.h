/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replay window of one path (RFC 6479): a ring of 64-bit words that never
 * shifts. It also knows which numbers arrived, which is what reports are made
 * of.
 */
#ifndef BRAID_CORE_REPLAY_H
#define BRAID_CORE_REPLAY_H

#include "wire.h"

#define BRAID_REPLAY_BITS	8192
#define BRAID_REPLAY_WORDS	(BRAID_REPLAY_BITS / 64)

/*
 * A ring of @words words (a power of two) below *@next, which is the highest
 * number taken plus one, 0 with an all-zero @map at the start. Numbers as far
 * as (@words - 1) * 64 below it are known. Returns 0 for a new number, -EEXIST
 * for a known one, -ERANGE for one below the window.
 */
int braid_ring_check(const u64 *map, u32 words, u64 next, u64 n);
/* The same, and takes the number if it is new. */
int braid_ring_commit(u64 *map, u32 words, u64 *next, u64 n);

/**
 * struct braid_replay - window of received packet numbers
 * @next: highest received number plus one; 0 before the first
 * @map: bit n % BRAID_REPLAY_BITS is number n's; one word is always spare, so
 *	the window is BRAID_REPLAY_BITS - 64 wide
 *
 * The owner serialises commits; a check may race with one and is then only
 * advice, since a commit checks again.
 */
struct braid_replay {
	u64 next;
	u64 map[BRAID_REPLAY_WORDS];
};

void braid_replay_init(struct braid_replay *r);
/* May @pn still be accepted? To be asked before the packet is opened. */
bool braid_replay_check(const struct braid_replay *r, u64 pn);
/* Takes @pn if it is new: to be called once the packet is authenticated. */
bool braid_replay_commit(struct braid_replay *r, u64 pn);
/**
 * braid_replay_ranges - runs of received numbers, highest first
 * @r: the window
 * @range: at least @max entries
 * @max: most runs wanted
 * @depth: how far below the highest number to look (at most the window)
 *
 * Return: number of runs; the last one may begin earlier than @depth tells.
 */
unsigned int braid_replay_ranges(const struct braid_replay *r,
				 struct braid_range *range, unsigned int max,
				 u32 depth);

#endif
