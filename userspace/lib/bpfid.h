/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links and maps of braid, found by what the kernel knows of them: wherever
 * one is, whatever is mounted there.
 */
#ifndef BR_BPFID_H
#define BR_BPFID_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "model.h"

/*
 * Whether the variable of a policy is called like the policy, as far as the
 * kernel keeps it (15 bytes), with '_' for what C has no letters for.
 */
bool br_bpf_name_matches(const char *policy, const char *variable);

/* A file descriptor of a policy's link, of any with NULL, or a negative errno. */
int br_bpf_link_find(const char *policy, struct br_error *err);

/* A file descriptor of the newest map like that, or a negative errno. */
int br_bpf_map_find(const char *name, uint32_t key_size, uint32_t value_size,
		    struct br_error *err);

/**
 * struct br_bpf_object - a program or a map
 * @has: presence bits
 * @kind: which of them
 * @id: its id, as bpftool has it
 * @name: its name
 * @type: of a map
 * @bytes: of a program's code, of what a map's entry takes
 * @entries: most of a map
 */
struct br_bpf_object {
	uint64_t has;
	char kind[BR_NAME];
	uint32_t id;
	char name[BR_NAME];
	char type[BR_NAME];
	uint32_t bytes;
	uint32_t entries;
};

extern const struct br_type br_bpf_object_type;

/*
 * All programs and maps of braid. The caller frees the list also after a
 * failure.
 */
int br_bpf_list(struct br_list *list, struct br_error *err);

#endif
