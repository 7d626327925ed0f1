// SPDX-License-Identifier: GPL-2.0
#include "hop.h"

#include <errno.h>
#include <string.h>

#include "pathsock.h"
#include "text.h"

static enum br_hop_step step_of(const struct br_path *path)
{
	if (path->socket_next[0])
		return BR_HOP_TRIES;
	if (path->socket_previous[0])
		return path->peer_followed ? BR_HOP_DRAINS : BR_HOP_MOVED;
	return BR_HOP_REST;
}

enum br_hop_act br_hop_decide(struct br_hop *hop, const struct br_path *path,
			      uint32_t rtt_us, uint64_t now_ms)
{
	uint64_t drain = rtt_us / 500;
	enum br_hop_step step = step_of(path);
	uint64_t age;

	if (step != hop->step)
		*hop = (struct br_hop){ .since_ms = now_ms, .step = step };
	age = now_ms - hop->since_ms;
	if (drain < BR_HOP_DRAIN_MS)
		drain = BR_HOP_DRAIN_MS;
	switch (step) {
	case BR_HOP_REST:
		return BR_HOP_NOTHING;
	case BR_HOP_TRIES:
		return age < BR_HOP_TRY_MS ? BR_HOP_WAIT : BR_HOP_GIVE_UP;
	case BR_HOP_DRAINS:
		return age < drain ? BR_HOP_WAIT : BR_HOP_CLOSE;
	default:
		return BR_HOP_WAIT;
	}
}

/* The path as a request names it */
static struct br_path named(const struct br_path *path)
{
	struct br_path ask = { .ifindex = path->ifindex };

	br_fill(ask.peer, path->peer);
	br_fill(ask.name, path->name);
	br_set_has(&br_path_type, &ask, "peer");
	br_set_has(&br_path_type, &ask, "path");
	return ask;
}

static int path_get(struct br_nl *nl, const struct br_path *path,
		    struct br_path *have, struct br_error *err)
{
	struct br_path ask = named(path);

	memset(have, 0, sizeof(*have));
	return br_nl_do(nl, BRAID_CMD_PATH_GET, &br_path_type, &ask, have, err);
}

static int move_to(struct br_nl *nl, const struct br_path *path,
		   const char *socket, struct br_error *err)
{
	struct br_path set = named(path);

	br_fill(set.socket, socket);
	br_set_has(&br_path_type, &set, "socket");
	return br_nl_do(nl, BRAID_CMD_PATH_SET, &br_path_type, &set, NULL, err);
}

/* Naming the socket in use lets go of the others, which are closed. */
static int let_go(struct br_nl *nl, const struct br_path *have,
		  struct br_error *err)
{
	int ret = move_to(nl, have, have->socket, err);

	if (ret)
		return ret;
	if (have->socket_next[0])
		br_pathsock_release(nl, have->ifindex, have->socket_next);
	if (have->socket_previous[0])
		br_pathsock_release(nl, have->ifindex, have->socket_previous);
	return 0;
}

int br_hop_begin(struct br_nl *nl, const struct br_path *path,
		 const struct br_ports *ports, struct br_port_tally *tally,
		 struct br_error *err)
{
	char name[BR_NAME];
	struct br_path have;
	int ret;

	ret = path_get(nl, path, &have, err);
	if (ret)
		return ret;
	if (have.socket_previous[0] && !have.peer_followed)
		return br_fail(err, BR_KERNEL, EBUSY,
			       "the peer still sends to the port before");
	if (have.socket_next[0] || have.socket_previous[0])
		ret = let_go(nl, &have, err);
	if (!ret)
		ret = br_pathsock_like(nl, &have, ports, name, tally, err);
	if (ret)
		return ret;
	ret = move_to(nl, &have, name, err);
	/* without a key it has moved already, and the other one is free */
	br_pathsock_release(nl, have.ifindex, ret ? name : have.socket);
	return ret;
}

/* The largest round trip of a peer's paths */
static uint32_t rtt_max(struct br_nl *nl, const struct br_path *path)
{
	const struct br_path *other;
	struct br_error ignored;
	struct br_list list;
	uint32_t most = 0;
	unsigned int i;

	br_nl_dump(nl, BRAID_CMD_PATH_GET, &br_path_type, path->ifindex, &list,
		   &ignored);
	for (i = 0; i < list.n; i++) {
		other = br_list_at(&list, i);
		if (!strcmp(other->peer, path->peer) && other->srtt > most)
			most = other->srtt;
	}
	br_list_free(&list);
	return most;
}

int br_hop_go_on(struct br_nl *nl, const struct br_path *path,
		 struct br_hop *hop, uint64_t now_ms, struct br_error *err)
{
	struct br_path have;
	int ret;

	ret = path_get(nl, path, &have, err);
	if (ret)
		return ret;
	switch (br_hop_decide(hop, &have, rtt_max(nl, path), now_ms)) {
	case BR_HOP_NOTHING:
		return 0;
	case BR_HOP_WAIT:
		return 1;
	case BR_HOP_CLOSE:
		return let_go(nl, &have, err);
	default:
		ret = let_go(nl, &have, err);
		return ret ? ret : br_fail(err, BR_KERNEL, ETIMEDOUT,
			"nobody answered on the new port; the old one stays");
	}
}
