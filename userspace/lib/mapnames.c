// SPDX-License-Identifier: GPL-2.0
#include "mapnames.h"

#include <linux/braid_steer.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

int br_mapnames_read(struct br_nl *nl, uint32_t ifindex,
		     struct br_mapnames *n, struct br_error *err)
{
	int ret;

	ret = br_nl_dump(nl, BRAID_CMD_DEVICE_GET, &br_device_type, 0,
			 &n->devices, err);
	if (!ret)
		ret = br_nl_dump(nl, BRAID_CMD_PEER_GET, &br_peer_type,
				 ifindex, &n->peers, err);
	if (!ret)
		ret = br_nl_dump(nl, BRAID_CMD_PATH_GET, &br_path_type,
				 ifindex, &n->paths, err);
	return ret;
}

void br_mapnames_free(struct br_mapnames *n)
{
	br_list_free(&n->devices);
	br_list_free(&n->peers);
	br_list_free(&n->paths);
}

bool br_mapnames_ours(const struct br_mapnames *n, uint64_t netns,
		      uint32_t ifindex, uint32_t wanted)
{
	const struct br_device *d;
	unsigned int i;

	if (wanted && ifindex != wanted)
		return false;
	for (i = 0; i < n->devices.n; i++) {
		d = br_list_at(&n->devices, i);
		if (d->ifindex == ifindex && d->netns_cookie == netns)
			return true;
	}
	return false;
}

void br_mapnames_peer(const struct br_mapnames *n, uint32_t ifindex,
		      uint32_t id, char *name)
{
	const struct br_peer *p;
	unsigned int i;

	for (i = 0; i < n->peers.n; i++) {
		p = br_list_at(&n->peers, i);
		if (p->ifindex != ifindex || p->id != id)
			continue;
		br_copy(name, BR_NAME, p->name);
		return;
	}
	snprintf(name, BR_NAME, "#%u", id);
}

void br_mapnames_slots(const struct br_mapnames *n, uint32_t ifindex,
		       const char *peer, const char **slots)
{
	const struct br_path *p;
	unsigned int i;

	memset(slots, 0, BRAID_MAX_SLOTS * sizeof(*slots));
	for (i = 0; i < n->paths.n; i++) {
		p = br_list_at(&n->paths, i);
		if (p->ifindex == ifindex && p->slot < BRAID_MAX_SLOTS &&
		    !strcmp(p->peer, peer))
			slots[p->slot] = p->name;
	}
}
