/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All there is, as one listing: devices, their sockets, peers and paths.
 */
#ifndef BR_TREE_H
#define BR_TREE_H

#include "netlink.h"

/**
 * struct br_tree - everything, as lists; objects name their parents
 * @devices: devices, always all of the namespace
 * @sockets: sockets
 * @peers: peers
 * @paths: paths
 */
struct br_tree {
	struct br_list devices;
	struct br_list sockets;
	struct br_list peers;
	struct br_list paths;
};

/*
 * Reads what a device has, or (ifindex 0) all devices of the namespace. The
 * caller frees the tree also after a failure; all zero to begin with.
 */
int br_tree_read(struct br_nl *nl, uint32_t ifindex, struct br_tree *tree,
		 struct br_error *err);
void br_tree_free(struct br_tree *tree);

/* Return: NULL when the tree has no such device */
const struct br_device *br_tree_device(const struct br_tree *tree,
				       uint32_t ifindex);

#endif
