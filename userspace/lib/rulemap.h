/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules in the maps that policies read: bpf/rule_maps.h says how they lie there.
 * The maps are there once a policy was loaded, and outlive it.
 */
#ifndef BR_RULEMAP_H
#define BR_RULEMAP_H

#include "netlink.h"
#include "ruleset.h"

/**
 * struct br_rulemap - the maps, and the one device whose rules are meant
 * @key: the device
 * @sets: file descriptors of the maps, -1 for none
 * @rules: likewise
 * @classes: likewise
 * @trie: likewise
 * @gen: likewise
 * @lock: keeps others from changing rules meanwhile
 */
struct br_rulemap {
	struct braid_ruleset_key key;
	int sets;
	int rules;
	int classes;
	int trie;
	int gen;
	int lock;
};

/*
 * Finds the maps and waits until nobody else changes rules.
 * Return: 0, then br_rulemap_close() is due; or a negative errno
 */
int br_rulemap_open(struct br_rulemap *map, struct br_nl *nl,
		    uint32_t ifindex, struct br_error *err);
void br_rulemap_close(struct br_rulemap *map);

/* The device's rules as they are; @set is initialised here. */
int br_rulemap_read(struct br_rulemap *map, struct br_ruleset *set,
		    struct br_error *err);

/*
 * Puts @set in the place of @old, which is what br_rulemap_read() gave. Flows
 * go by it from their next packet on; a packet sees the old rules or the new
 * ones. When it fails nothing has changed.
 */
int br_rulemap_write(struct br_rulemap *map, const struct br_ruleset *old,
		     const struct br_ruleset *set, struct br_error *err);

/*
 * Removes a device's rules and classes, when it goes. Without the maps there
 * are none.
 */
void br_rulemap_forget(struct br_nl *nl, uint32_t ifindex);

#endif
