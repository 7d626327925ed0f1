/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device's rules and classes: kept in order, checked, and made into what
 * policies look up. No kernel in it.
 */
#ifndef BR_RULESET_H
#define BR_RULESET_H

#include "failure.h"
#include "model.h"

#include "../../bpf/rule_maps.h"

/* Distance of a rule that names no place from the one before it. */
#define BR_PREF_STEP	10

/**
 * struct br_ruleset - rules and classes of a device
 * @rules: struct br_steer_rule, lowest pref first
 * @classes: struct br_steer_class, in the order they were made
 */
struct br_ruleset {
	struct br_list rules;
	struct br_list classes;
};

/* An empty one; br_ruleset_free() is due whatever becomes of it. */
void br_ruleset_init(struct br_ruleset *set);
void br_ruleset_free(struct br_ruleset *set);

/* All return 0, or a negative errno with @err filled in and nothing changed. */

/*
 * Adds a rule at its pref, behind all others when it has none. Refused: a
 * class that is not there, a pref that is taken, fields that no packet can
 * have together, one more than BRAID_RULE_MAX.
 */
int br_ruleset_add(struct br_ruleset *set, const struct br_steer_rule *rule,
		   struct br_error *err);
int br_ruleset_del(struct br_ruleset *set, uint32_t pref,
		   struct br_error *err);

/* Makes a class, or changes the fields of it that @class has. */
int br_ruleset_class_set(struct br_ruleset *set,
			 const struct br_steer_class *class,
			 struct br_error *err);
/* Refused while a rule uses it. */
int br_ruleset_class_del(struct br_ruleset *set, const char *name,
			 struct br_error *err);

/* Whether both ask for the same, however often their rules were used. */
bool br_ruleset_same(const struct br_ruleset *a, const struct br_ruleset *b);

/* To and from what the maps hold. Classes are known by their places. */
void br_ruleset_rule_pack(const struct br_ruleset *set,
			  const struct br_steer_rule *rule,
			  struct braid_rule_value *to);
void br_ruleset_class_pack(const struct br_steer_class *class,
			   struct braid_class_value *to);
int br_ruleset_rule_unpack(struct br_ruleset *set,
			   const struct braid_rule_value *from,
			   struct br_error *err);
int br_ruleset_class_unpack(struct br_ruleset *set,
			    const struct braid_class_value *from,
			    struct br_error *err);

#endif
