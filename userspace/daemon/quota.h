/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Byte budgets that are renewed at the start of each period. The module counts
 * and stops; what is known here is when a period ends, and what was used in it
 * before the module forgot it. That is in a file, which outlives a reboot.
 */
#ifndef BD_QUOTA_H
#define BD_QUOTA_H

#include <limits.h>
#include <sys/queue.h>

#include "config.h"
#include "timer.h"

/* Between two looks at what is used, in ms */
#define BD_QUOTA_LOOK_MS	1000
/*
 * Saved is what has grown by more than this part of the budget, and what has
 * grown at all after this time, in ms
 */
#define BD_QUOTA_PART		1000
#define BD_QUOTA_SAVE_MS	60000

/**
 * struct bd_quota_host - what budgets ask of the world
 * @wall: milliseconds since 1970, by a clock that may be set
 * @get: a path as the kernel has it; negative errno when it has none
 * @set: changes a path in the kernel; likewise, with a sentence
 * @data: for all of them
 */
struct bd_quota_host {
	int64_t (*wall)(void *data);
	int (*get)(void *data, const struct br_path *name,
		   struct br_path *have);
	int (*set)(void *data, struct br_path *set, struct br_error *err);
	void *data;
};

struct bd_quotas;

/**
 * struct bd_quota - a path with a budget
 * @node: in the list of all
 * @all: those
 * @path: its device, peer and name
 * @period: when its budget is renewed
 * @limit: the budget, bytes
 * @begin: when the period began that @used is of, seconds since 1970
 * @end: when it ends; 0 while that is not known
 * @used: bytes of the budget, as last seen
 * @saved: what the file says of that
 * @out: that it is used up has been said
 */
struct bd_quota {
	TAILQ_ENTRY(bd_quota) node;
	struct bd_quotas *all;
	struct br_path path;
	struct br_period period;
	uint64_t limit;
	int64_t begin;
	int64_t end;
	uint64_t used;
	uint64_t saved;
	bool out;
};

/**
 * struct bd_quotas - all paths of a device with a budget
 * @quotas: they
 * @timers: of the daemon
 * @host: the world
 * @file: where it is kept what is used
 * @timer: the next look
 * @saved_at: when the file was written, in ms of the timers' clock
 * @due: the file is to be written whatever was used
 * @failed: that it cannot be written has been said
 */
struct bd_quotas {
	TAILQ_HEAD(, bd_quota) quotas;
	struct bd_timers *timers;
	const struct bd_quota_host *host;
	const char *file;
	struct bd_timer timer;
	uint64_t saved_at;
	bool due;
	bool failed;
};

void bd_quotas_init(struct bd_quotas *all, struct bd_timers *timers,
		    const struct bd_quota_host *host, const char *file);
/* Saves what is to be saved. */
void bd_quotas_fini(struct bd_quotas *all);
/*
 * Cares for the paths of a configuration that have a budget and a period, and
 * for no others. @reload: somebody has asked for it, and so vouches for the
 * clock: a period that has not begun by it is taken for a mistake.
 * Return: 0 or -ENOMEM
 */
int bd_quotas_set(struct bd_quotas *all, const struct br_config *config,
		  uint32_t ifindex, bool reload, uint64_t now);

#endif
