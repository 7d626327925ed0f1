/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paths that are given up by themselves. A path with limits (MaxRTT, MaxLoss) that is
 * beyond them for some seconds hands what it carries to a standby path of its peer
 * that is within, by a migration, and takes it back when it has been well within
 * them for a while. Where no path is good enough it goes on, and that is said.
 */
#ifndef BD_MOVERS_H
#define BD_MOVERS_H

#include <sys/queue.h>

#include "config.h"
#include "migrate.h"
#include "run.h"
#include "timer.h"

/* Between two looks at a path */
#define BD_MOVER_LOOK_MS	1000
/* Beyond its limits for so long, it is given up */
#define BD_MOVER_BAD_MS		5000
/* A path that has been given up is probed so often, to be seen to recover */
#define BD_MOVER_PROBE_MS	3000
/*
 * Within three quarters of them for so long, it is taken back; twice as long each
 * time when it did not last for the third of these, up to the second
 */
#define BD_MOVER_GOOD_MS	60000
#define BD_MOVER_GOOD_MAX_MS	960000
#define BD_MOVER_LAST_MS	600000
/* After a migration that came to nothing, likewise */
#define BD_MOVER_RETRY_MS	15000
#define BD_MOVER_RETRY_MAX_MS	480000

/**
 * struct bd_mover_host - what movers ask of the world
 * @paths: all paths as the kernel has them now; the caller frees the list
 * @probe: probes one
 * @open: gets ready for a migration of a peer: one that nobody has finished, with its
 *	step, or else one that only has its device, its peer and its ops; NULL while it
 *	cannot be, then with a sentence. It is given back with @close
 * @close: it is over, or goes no further
 * @changed: what bd_movers_rows() tells is other than it was
 * @data: for all of them
 */
struct bd_mover_host {
	int (*paths)(void *data, struct br_list *paths);
	void (*probe)(void *data, const char *peer, const char *path);
	struct br_migration *(*open)(void *data, const char *peer,
				     bool *unfinished, struct br_error *err);
	void (*close)(void *data, struct br_migration *m);
	void (*changed)(void *data);
	void *data;
};

/**
 * enum bd_mover_state - where a path with limits is
 * @BD_MOVER_BEGINS: nothing is known of it yet; somebody may have died over it
 * @BD_MOVER_STAYS: it carries
 * @BD_MOVER_LEAVES: what it carries is being moved away
 * @BD_MOVER_AWAY: another one carries that
 * @BD_MOVER_RETURNS: it is being moved back
 */
enum bd_mover_state {
	BD_MOVER_BEGINS,
	BD_MOVER_STAYS,
	BD_MOVER_LEAVES,
	BD_MOVER_AWAY,
	BD_MOVER_RETURNS,
};

struct bd_movers;

/**
 * struct bd_mover - a path with limits
 * @node: in the list of all
 * @all: those
 * @peer: whose path it is
 * @path: its name
 * @max_rtt: longest round trip, us; 0 for any
 * @max_loss: most of its packets lost, per million; 0 for any
 * @state: see there
 * @since: when that began
 * @to: name of the path that carries instead
 * @mark: since when it is beyond its limits, or well within; BD_NEVER when it is not
 * @relapse: it is given up soon after it was taken back
 * @good: so long it has to be well within them
 * @retry: no migration before this time
 * @wait: until the next one after one that came to nothing
 * @moves: times that it was given up
 * @failed: migrations that came to nothing
 * @m: the one under way, or NULL
 * @probed: when it was last, while it is away
 * @why: what keeps it from being moved, or why it was; empty without
 * @timer: the next look
 */
struct bd_mover {
	TAILQ_ENTRY(bd_mover) node;
	struct bd_movers *all;
	char peer[BR_NAME];
	char path[BR_NAME];
	uint32_t max_rtt;
	uint32_t max_loss;
	enum bd_mover_state state;
	uint64_t since;
	char to[BR_NAME];
	uint64_t mark;
	bool relapse;
	uint64_t good;
	uint64_t retry;
	uint64_t wait;
	uint64_t moves;
	uint64_t failed;
	struct br_migration *m;
	uint64_t probed;
	char why[BR_REASON];
	struct bd_timer timer;
};

/**
 * struct bd_movers - all paths of a device with limits
 * @movers: they
 * @config: what the file says of all paths
 * @timers: of the daemon
 * @host: the world
 */
struct bd_movers {
	TAILQ_HEAD(, bd_mover) movers;
	const struct br_config *config;
	struct bd_timers *timers;
	const struct bd_mover_host *host;
};

void bd_movers_init(struct bd_movers *all, struct bd_timers *timers,
		    const struct bd_mover_host *host);
/* A migration under way is left to whoever comes next, by its journal. */
void bd_movers_fini(struct bd_movers *all);
/*
 * Cares for the paths of a configuration that have limits and are not standby, and
 * for no others. @config has to stay. Return: 0 or -ENOMEM
 */
int bd_movers_set(struct bd_movers *all, const struct br_config *config,
		  uint64_t now);

/*
 * What is known of them, rows of br_mover_type; the caller frees the list.
 * Return: 0 or -ENOMEM
 */
int bd_movers_rows(const struct bd_movers *all, uint64_t now,
		   struct br_list *rows);

#endif
