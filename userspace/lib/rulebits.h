/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules as bit vectors: for each value that packets may have, which rules take
 * it.
 */
#ifndef BR_RULEBITS_H
#define BR_RULEBITS_H

#include <stddef.h>

#include "../../bpf/rule_maps.h"

/* Entries for one device, so that another set fits beside the old one. */
#define BR_RULEBITS_MAX	(BRAID_RULETRIE_LIMIT / 2)

struct br_rulebit {
	struct braid_rule_key key;
	struct braid_rule_bits bits;
};

/**
 * struct br_rulebits - a set of rules, made ready to be looked up
 * @n: number of entries
 * @entry: the entries; whoever made them frees them
 */
struct br_rulebits {
	size_t n;
	struct br_rulebit *entry;
};

/*
 * @rules: @n rules, in the order in which they count
 * @set: number that the keys get
 * Return: 0; -ENOMEM; -E2BIG when they take more than BR_RULEBITS_MAX entries.
 * br_rulebits_free() is due in any case.
 */
int br_rulebits_make(const struct braid_rule_value *rules, size_t n,
		     __u32 set, struct br_rulebits *to);
void br_rulebits_free(struct br_rulebits *bits);

#endif
