// SPDX-License-Identifier: GPL-2.0
#include "tree.h"

int br_tree_read(struct br_nl *nl, uint32_t ifindex, struct br_tree *tree,
		 struct br_error *err)
{
	int ret;

	ret = br_nl_dump(nl, BRAID_CMD_DEVICE_GET, &br_device_type, 0,
			 &tree->devices, err);
	if (!ret)
		ret = br_nl_dump(nl, BRAID_CMD_SOCKET_GET, &br_socket_type,
				 ifindex, &tree->sockets, err);
	if (!ret)
		ret = br_nl_dump(nl, BRAID_CMD_PEER_GET, &br_peer_type,
				 ifindex, &tree->peers, err);
	if (!ret)
		ret = br_nl_dump(nl, BRAID_CMD_PATH_GET, &br_path_type,
				 ifindex, &tree->paths, err);
	return ret;
}

void br_tree_free(struct br_tree *tree)
{
	br_list_free(&tree->devices);
	br_list_free(&tree->sockets);
	br_list_free(&tree->peers);
	br_list_free(&tree->paths);
}

const struct br_device *br_tree_device(const struct br_tree *tree,
				       uint32_t ifindex)
{
	const struct br_device *device;
	unsigned int i;

	for (i = 0; i < tree->devices.n; i++) {
		device = br_list_at(&tree->devices, i);
		if (device->ifindex == ifindex)
			return device;
	}
	return NULL;
}
