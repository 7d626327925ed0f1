// SPDX-License-Identifier: GPL-2.0
#include "undo.h"

#include <errno.h>
#include <stdlib.h>

#include "pathsock.h"
#include "policy.h"
#include "rulemap.h"

int br_undo_note(struct br_undo *undo, const struct br_made *made,
		 struct br_error *err)
{
	struct br_made *new = reallocarray(undo->made, undo->n + 1,
					   sizeof(*new));

	if (!new)
		return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	undo->made = new;
	new[undo->n++] = *made;
	return 0;
}

static void mtu_back(const struct br_made *m, struct br_rt *rt)
{
	struct br_link_change change = { .mtu = m->mtu, .up = -1 };
	struct br_error ignored;

	br_rt_link_change(rt, m->of, &change, &ignored);
}

static void set_back(const struct br_made *m, struct br_nl *nl)
{
	struct br_error ignored;

	if (m->kind == BR_SET_DEVICE)
		br_nl_do(nl, BRAID_CMD_DEVICE_SET, &br_device_type,
			 &m->settings, NULL, &ignored);
	else if (m->kind == BR_SET_PEER)
		br_nl_do(nl, BRAID_CMD_PEER_SET, &br_peer_type, &m->peer, NULL,
			 &ignored);
	else
		br_nl_do(nl, BRAID_CMD_PATH_SET, &br_path_type, &m->path, NULL,
			 &ignored);
}

static void steering_back(const struct br_made *m, struct br_nl *nl,
			  uint32_t ifindex)
{
	struct br_ruleset now;
	struct br_rulemap map;
	struct br_error ignored;

	if (br_rulemap_open(&map, nl, ifindex, &ignored))
		return;
	if (!br_rulemap_read(&map, &now, &ignored))
		br_rulemap_write(&map, &now, m->steering, &ignored);
	br_ruleset_free(&now);
	br_rulemap_close(&map);
}

static void unmake(const struct br_made *m, struct br_nl *nl, struct br_rt *rt,
		   uint32_t ifindex)
{
	struct br_error ignored;

	switch (m->kind) {
	case BR_MADE_DEVICE:
		br_rt_link_del(rt, m->device, &ignored);
		break;
	case BR_MADE_ADDRESS:
		br_rt_addr_del(rt, ifindex, &m->prefix, &ignored);
		break;
	case BR_MADE_SOCKET:
		br_nl_do(nl, BRAID_CMD_SOCKET_DEL, &br_socket_type, &m->socket,
			 NULL, &ignored);
		break;
	case BR_MADE_PEER:
		br_nl_do(nl, BRAID_CMD_PEER_DEL, &br_peer_type, &m->peer, NULL,
			 &ignored);
		break;
	case BR_MADE_PATH:
		br_pathsock_del(nl, &m->path, &ignored);
		break;
	case BR_MADE_ROUTE:
		br_rt_route_del(rt, &m->route, &ignored);
		break;
	case BR_MADE_RULE:
		br_rt_rule_del(rt, &m->rule, &ignored);
		break;
	case BR_MADE_POLICY:
		br_policy_del(m->device, &ignored);
		break;
	case BR_SET_MTU:
		mtu_back(m, rt);
		break;
	case BR_SET_DEVICE:
	case BR_SET_PEER:
	case BR_SET_PATH:
		set_back(m, nl);
		break;
	case BR_SET_STEERING:
		steering_back(m, nl, ifindex);
		break;
	}
}

static void forget(struct br_made *m)
{
	if (m->kind != BR_SET_STEERING)
		return;
	br_ruleset_free(m->steering);
	free(m->steering);
}

void br_undo_all(struct br_undo *undo, struct br_nl *nl, struct br_rt *rt,
		 uint32_t ifindex)
{
	while (undo->n) {
		unmake(&undo->made[--undo->n], nl, rt, ifindex);
		forget(&undo->made[undo->n]);
	}
	br_undo_forget(undo);
}

void br_undo_forget(struct br_undo *undo)
{
	while (undo->n)
		forget(&undo->made[--undo->n]);
	free(undo->made);
	undo->made = NULL;
	undo->n = 0;
}
