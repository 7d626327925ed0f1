/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the numbers in policies' maps are called: devices, peers and slots of the
 * namespace that asks.
 */
#ifndef BR_MAPNAMES_H
#define BR_MAPNAMES_H

#include "netlink.h"

/**
 * struct br_mapnames - names, by number
 * @devices: the namespace's devices
 * @peers: its peers
 * @paths: its paths
 */
struct br_mapnames {
	struct br_list devices;
	struct br_list peers;
	struct br_list paths;
};

/*
 * Of one device or, with ifindex 0, of all. The caller frees them also after a
 * failure; all zero to begin with.
 */
int br_mapnames_read(struct br_nl *nl, uint32_t ifindex,
		     struct br_mapnames *names, struct br_error *err);
void br_mapnames_free(struct br_mapnames *names);

/*
 * Whether an entry is of a device of this namespace (and, unless @wanted is 0, of
 * that one): maps hold those of all namespaces.
 */
bool br_mapnames_ours(const struct br_mapnames *names, uint64_t netns,
		      uint32_t ifindex, uint32_t wanted);

/* A peer's name, BR_NAME bytes; "#7" for one that is not there any more. */
void br_mapnames_peer(const struct br_mapnames *names, uint32_t ifindex,
		      uint32_t id, char *name);

/* Its paths by slot, BRAID_MAX_SLOTS of them, NULL where there is none. */
void br_mapnames_slots(const struct br_mapnames *names, uint32_t ifindex,
		       const char *peer, const char **slots);

#endif
