/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel tells of devices, peers, paths, keys and policies, as metrics.
 * A family is a row of a table; values, their units and names come from the
 * fields' descriptions (model.h). Documentation/metrics.md has all of them.
 */
#ifndef BR_METRICS_H
#define BR_METRICS_H

#include "exposition.h"
#include "tree.h"

#define BR_FAMILY_LABELS	6

/**
 * struct br_family - a family that comes from objects of a type
 * @metric: name and the like
 * @of: the objects' type
 * @field: whose value it is; NULL for an info and for what @value tells
 * @value: makes it of the whole object instead; false: it has none
 * @labels: fields that an info tells, up to NULL
 */
struct br_family {
	struct br_metric metric;
	const struct br_type *of;
	const char *field;
	bool (*value)(const void *obj, uint64_t *n);
	const char *labels[BR_FAMILY_LABELS];
};

/* In the order of the page, up to one without name. */
extern const struct br_family br_families[];

/**
 * struct br_counter_rule - where a counter of the kernel goes
 * @of: counters of objects of this type
 * @match: the counter's name; with '*' at its end, what names begin with
 * @labels: label="value",... or, of a rule with '*', with the name of a last
 *	label in the end, whose value is the rest of the counter's name
 * @metric: the family; the rules of one follow each other
 *
 * The first rule that fits counts; every counter has one.
 */
struct br_counter_rule {
	const struct br_type *of;
	const char *match;
	const char *labels;
	const struct br_metric *metric;
};

extern const struct br_counter_rule br_counter_rules[];
extern const unsigned int br_n_counter_rules;

/**
 * struct br_snapshot - what there is at a moment, more or less
 * @tree: devices, peers, paths
 * @keys: of all peers
 * @policies: of the namespace
 */
struct br_snapshot {
	struct br_tree tree;
	struct br_list keys;
	struct br_list policies;
};

/*
 * Of one device, or (ifindex 0) of all. The caller frees the snapshot also
 * after a failure; all zero to begin with.
 */
int br_snapshot_read(struct br_nl *nl, uint32_t ifindex, struct br_snapshot *s,
		     struct br_error *err);
void br_snapshot_free(struct br_snapshot *s);

/*
 * All families of a snapshot, of one device or all.
 * Return: 0 or -ENOMEM
 */
int br_metrics_write(struct br_exposition *x, const struct br_snapshot *s,
		     uint32_t ifindex);

#endif
