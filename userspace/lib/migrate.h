/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Moves what a peer gets from one path to another under traffic: the new path
 * is validated, the switch made, the old path drained, delivery over the new
 * one verified, then the move is kept; or all is put back as it was. Every step
 * is journaled before anything is done in it, so that whoever comes after a
 * crash knows what to do. No clock, no netlink, no file is used here: they are
 * handed in.
 *
 * It concerns what this end sends. What the peer sends is for its own end.
 */
#ifndef BR_MIGRATE_H
#define BR_MIGRATE_H

#include <jansson.h>

#include "failure.h"
#include "model.h"

/* Probes of the new path, and how many per million may stay unanswered */
#define BR_MIGRATE_PROBES	20
#define BR_MIGRATE_LOSS_PPM	100000

/* In this order; a journal holds the last one begun */
enum br_migrate_step {
	BR_MIGRATE_VALIDATE,	/* the new path is awake, as standby, and probed */
	BR_MIGRATE_SWITCH,	/* the new one joins, the old one is made standby */
	BR_MIGRATE_DRAIN,	/* what is under way on the old one is waited for */
	BR_MIGRATE_VERIFY,	/* what the new one delivers is measured */
	BR_MIGRATE_COMMIT,	/* the old one becomes what was asked for */
	BR_MIGRATE_DONE,
	BR_MIGRATE_ROLLBACK,	/* both are made what they were */
	BR_MIGRATE_ROLLED_BACK,
};

/* What becomes of the old path */
enum br_migrate_then {
	BR_THEN_STANDBY,
	BR_THEN_COLD,
	BR_THEN_DELETE,
};

extern const char *const br_migrate_steps[];
extern const char *const br_migrate_thens[];

/**
 * struct br_migrate_end - one of the two paths
 * @name: its name
 * @standby: what it was before: the checkpoint
 * @cold: likewise
 */
struct br_migrate_end {
	char name[BR_NAME];
	uint8_t standby;
	uint8_t cold;
};

struct br_migration;

/**
 * struct br_migrate_ops - the world. All but @now return 0 or a negative errno
 * @data: for the calls
 * @now: a clock that never goes back, microseconds
 * @get: reads a path; -ENOENT when it is gone
 * @set: sets "standby" or "cold"; harmless when it is so already
 * @probe: sends one probe
 * @del: deletes a path
 * @journal: saves br_migration_json(); forgets it once br_migrate_over()
 */
struct br_migrate_ops {
	void *data;
	uint64_t (*now)(void *data);
	int (*get)(void *data, const char *path, struct br_path *to,
		   struct br_error *err);
	int (*set)(void *data, const char *path, const char *what,
		   uint8_t value, struct br_error *err);
	int (*probe)(void *data, const char *path, struct br_error *err);
	int (*del)(void *data, const char *path, struct br_error *err);
	int (*journal)(void *data, const struct br_migration *m,
		       struct br_error *err);
};

/**
 * struct br_migration - one move
 * @dev: name of the device
 * @peer: the peer
 * @from: the path that carries
 * @to: the path that shall
 * @then: what becomes of @from
 * @max_rtt: longest round trip of @to, us; 0 for any
 * @max_loss: most of its packets lost, per million
 * @step: where it is
 * @why: why it was rolled back, or what is not as asked for
 * @rtt: measured when validating, us
 * @probes: sent then
 * @answered: of these
 * @left: bytes queued or under way on @from at the switch
 * @lost: packets of @from lost since the switch; repaired elsewhere
 * @drain: time that draining took, us
 * @delivered: packets that @to delivered while that was verified
 * @ops: the world
 * @phase: within a step; not journaled, like all that follows
 * @since: when the step began
 * @mark: when the phase began
 * @base: what counts from the phase's begin, of @to
 * @old: likewise of @from
 * @used: something was sent over @from after it had drained
 */
struct br_migration {
	char dev[BR_IFNAME];
	char peer[BR_NAME];
	struct br_migrate_end from;
	struct br_migrate_end to;
	enum br_migrate_then then;
	uint32_t max_rtt;
	uint32_t max_loss;
	enum br_migrate_step step;
	char why[256];
	uint32_t rtt;
	uint32_t probes;
	uint32_t answered;
	uint64_t left;
	uint64_t lost;
	uint64_t drain;
	uint64_t delivered;

	const struct br_migrate_ops *ops;
	unsigned int phase;
	uint64_t since;
	uint64_t mark;
	struct br_path base;
	struct br_path old;
	bool used;
};

/*
 * Begins: @dev, @peer, the ends' names, @then and the limits are filled in.
 * Refused, with nothing touched, when that cannot be done.
 */
int br_migrate_begin(struct br_migration *m, struct br_error *err);

/*
 * Does what can be done now.
 * Return: 1 when it is over; 0 when it shall be called again after @wait_us;
 * a negative errno when it cannot even go back: the journal stays
 */
int br_migrate_run(struct br_migration *m, uint32_t *wait_us,
		   struct br_error *err);

/* Goes back, whatever was done; refused once the move is being kept. */
int br_migrate_abort(struct br_migration *m, const char *why,
		     struct br_error *err);

/*
 * Takes up what another process left, by rule: before the switch nothing has
 * moved, so back; from then on forward, the switch repeated; what was on its
 * way back goes on back.
 */
void br_migrate_resume(struct br_migration *m);

bool br_migrate_over(const struct br_migration *m);

/* As it is journaled and printed; a new reference, NULL without memory. */
json_t *br_migration_json(const struct br_migration *m);
/* The same back. All that a file may say is checked. */
int br_migration_load(struct br_migration *m, const json_t *json,
		      struct br_error *err);

#endif
