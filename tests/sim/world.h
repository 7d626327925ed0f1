/* SPDX-License-Identifier: GPL-2.0 */
/* A scenario and the world that is built from it. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "end.h"

#define WORLD_FLOWS	12
#define WORLD_CHANGES	32

/**
 * struct change - a link becomes another
 * @at_ms: when
 * @link: which
 * @dirs: 1 forward, 2 back, 3 both
 * @rate_kbit: 0 for no change
 * @delay_us: likewise
 * @loss_ppm: likewise, U32_MAX for none
 * @kill: swallows everything from now on
 * @revive: does not any more
 */
struct change {
	u32 at_ms;
	u32 link;
	u32 dirs;
	u32 rate_kbit;
	u32 delay_us;
	u32 loss_ppm;
	bool kill;
	bool revive;
};

/**
 * struct scenario - what is simulated
 * @name: on the command line
 * @seconds: how long
 * @skip_ms: left out of the score
 * @n_links: number of links
 * @link: the forward direction; a limit of 0 means twice the product of rate
 *	and delay plus 60 packets
 * @back_kbit: rate of the way back, 0 for the same
 * @flow: sources, forward
 * @change: what changes, in order of time
 * @knobs: settings
 */
struct scenario {
	char name[32];
	u32 seconds;
	u32 skip_ms;
	u32 n_links;
	struct link_config link[SIM_PATHS];
	u32 back_kbit[SIM_PATHS];
	struct flow_config flow[WORLD_FLOWS];
	struct change change[WORLD_CHANGES];
	struct knobs knobs;
};

struct world {
	const struct scenario *sc;
	struct clock clock;
	struct link ahead[SIM_PATHS];
	struct link back[SIM_PATHS];
	struct end a;
	struct end b;
	struct flow flow[WORLD_FLOWS];
	u32 n_flows;
	struct event next_change;
	u32 changes;
};

struct world *world_new(const struct scenario *sc, u64 seed);
void world_run(struct world *w);
void world_free(struct world *w);

/* scenario.c: the table, and scenarios made of chance. */
const struct scenario *scenario_find(const char *name);
const struct scenario *scenario_at(u32 i);
void scenario_random(struct scenario *sc, u64 seed);

#endif
