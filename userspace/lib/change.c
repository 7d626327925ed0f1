// SPDX-License-Identifier: GPL-2.0
#include "change.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "apply.h"
#include "netlink.h"
#include "pathsock.h"
#include "route.h"
#include "rulemap.h"
#include "text.h"
#include "total.h"

/**
 * struct work - one change
 * @old: what was wanted
 * @new: what is wanted
 * @nl: braid's family
 * @rt: rtnetlink
 * @ifindex: the device
 * @err: why it failed
 */
struct work {
	const struct br_config *old;
	const struct br_config *new;
	struct br_nl *nl;
	struct br_rt *rt;
	uint32_t ifindex;
	struct br_error *err;
};

static bool endpoint_same(const struct br_endpoint *a,
			  const struct br_endpoint *b)
{
	return a->port == b->port && br_addr_equal(&a->addr, &b->addr);
}

static bool socket_same(const struct br_config_socket *a,
			const struct br_config_socket *b)
{
	return endpoint_same(&a->socket.local, &b->socket.local) &&
	       a->socket.listen == b->socket.listen &&
	       a->socket.fwmark == b->socket.fwmark &&
	       !strcmp(a->link, b->link);
}

/* Settings of a path change in place; where it leads does not. */
static bool path_same(const struct br_config_path *a,
		      const struct br_config_path *b)
{
	if (!a->host != !b->host || (a->host && strcmp(a->host, b->host)))
		return false;
	return endpoint_same(&a->path.remote, &b->path.remote) &&
	       !strcmp(a->path.socket, b->path.socket) &&
	       socket_same(&a->wanted, &b->wanted);
}

static bool path_stays(const struct work *w, const struct br_config_path *path)
{
	const struct br_config *c = w->new;
	unsigned int i;

	for (i = 0; i < c->n_paths; i++)
		if (!strcmp(c->paths[i].path.peer, path->path.peer) &&
		    !strcmp(c->paths[i].path.name, path->path.name))
			return path_same(&c->paths[i], path);
	return false;
}

static bool socket_stays(const struct work *w,
			 const struct br_config_socket *socket)
{
	const struct br_config *c = w->new;
	unsigned int i;

	for (i = 0; i < c->n_sockets; i++)
		if (!strcmp(c->sockets[i].socket.name, socket->socket.name))
			return socket_same(&c->sockets[i], socket);
	return false;
}

/* What somebody else has deleted already is as well. */
static int gone(const struct work *w, int ret, const char *noun,
		const char *name)
{
	if (!ret || ret == -ENOENT)
		return 0;
	return br_where(w->err, "%s %s", noun, name);
}

static int path_prune(struct work *w, const struct br_config_path *path)
{
	struct br_path del = { .ifindex = w->ifindex };

	if (path_stays(w, path))
		return 0;
	br_fill(del.peer, path->path.peer);
	br_fill(del.name, path->path.name);
	br_set_has(&br_path_type, &del, "peer");
	br_set_has(&br_path_type, &del, "path");
	return gone(w, br_pathsock_del(w->nl, &del, w->err), "path",
		    path->path.name);
}

static int socket_prune(struct work *w, const struct br_config_socket *socket)
{
	struct br_socket del = { .ifindex = w->ifindex };

	if (socket_stays(w, socket))
		return 0;
	br_fill(del.name, socket->socket.name);
	br_set_has(&br_socket_type, &del, "socket");
	return gone(w, br_nl_do(w->nl, BRAID_CMD_SOCKET_DEL, &br_socket_type,
				&del, NULL, w->err), "socket", del.name);
}

static bool route_same(const struct br_route *a, const struct br_route *b)
{
	return a->to.len == b->to.len && br_addr_equal(&a->to.addr, &b->to.addr) &&
	       br_addr_equal(&a->via, &b->via);
}

static bool route_stays(const struct work *w, const struct br_route *route)
{
	const struct br_config *c = w->new;
	struct br_route other;
	unsigned int i, j;

	for (i = 0; i < c->n_peers; i++)
		for (j = 0; j < c->peers[i].route.n; j++) {
			other = br_apply_route(c, &c->peers[i], j, w->ifindex);
			if (route_same(&other, route))
				return true;
		}
	return false;
}

/* Routes and addresses that somebody has changed are his by now. */
static void routes_prune(struct work *w, const struct br_config_peer *peer)
{
	struct br_route route;
	struct br_error ignored;
	unsigned int i;

	for (i = 0; w->old->routes && i < peer->route.n; i++) {
		route = br_apply_route(w->old, peer, i, w->ifindex);
		if (!route_stays(w, &route))
			br_rt_route_del(w->rt, &route, &ignored);
	}
}

static void addresses_prune(struct work *w)
{
	const struct br_config_prefixes *old = &w->old->address;
	const struct br_config_prefixes *new = &w->new->address;
	struct br_error ignored;
	unsigned int i, j;

	for (i = 0; i < old->n; i++) {
		for (j = 0; j < new->n; j++)
			if (old->p[i].len == new->p[j].len &&
			    br_addr_equal(&old->p[i].addr, &new->p[j].addr))
				break;
		if (j == new->n)
			br_rt_addr_del(w->rt, w->ifindex, &old->p[i], &ignored);
	}
}

static int peer_prune(struct work *w, const struct br_config_peer *peer)
{
	struct br_peer del = { .ifindex = w->ifindex };

	routes_prune(w, peer);
	if (br_config_peer_find(w->new, peer->peer.name))
		return 0;
	br_fill(del.name, peer->peer.name);
	br_set_has(&br_peer_type, &del, "peer");
	return gone(w, br_nl_do(w->nl, BRAID_CMD_PEER_DEL, &br_peer_type, &del,
				NULL, w->err), "peer", del.name);
}

static int prune(struct work *w)
{
	const struct br_config *c = w->old;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < c->n_paths; i++)
		ret = path_prune(w, &c->paths[i]);
	for (i = 0; !ret && i < c->n_peers; i++)
		ret = peer_prune(w, &c->peers[i]);
	for (i = 0; !ret && i < c->n_sockets; i++)
		ret = socket_prune(w, &c->sockets[i]);
	if (!ret)
		addresses_prune(w);
	/* another set of rules takes the place of the old one by itself */
	if (!ret && c->rules.classes.n && !w->new->rules.classes.n)
		br_rulemap_forget(w->nl, w->ifindex);
	if (!ret)
		br_total_forget(w->nl, w->ifindex, true);
	return ret;
}

int br_change_prune(const struct br_config *old, const struct br_config *new,
		    struct br_error *err)
{
	struct work w = { .old = old, .new = new, .err = err };
	int ret;

	if (strcmp(old->name, new->name) || old->fwmark != new->fwmark ||
	    old->table != new->table || old->routes != new->routes)
		return br_fail(err, BR_FILE, EINVAL,
			"Name, Table and FwMark cannot change while the tunnel is up");
	w.ifindex = if_nametoindex(old->name);
	if (!w.ifindex)
		return 0;
	w.nl = br_nl_open(err);
	if (!w.nl)
		return -err->code;
	w.rt = br_rt_open(err);
	ret = w.rt ? prune(&w) : -err->code;
	br_rt_close(w.rt);
	br_nl_close(w.nl);
	return ret;
}
