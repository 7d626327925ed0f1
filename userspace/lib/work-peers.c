// SPDX-License-Identifier: GPL-2.0
/* Sockets, peers, paths and keys of a tunnel that comes up. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "keyfile.h"
#include "pathsock.h"
#include "text.h"
#include "work.h"

static int link_find(struct br_work *w, const char *name, uint32_t *link)
{
	*link = name[0] ? if_nametoindex(name) : 0;
	if (!name[0] || *link)
		return 0;
	return br_fail(w->err, BR_KERNEL, ENODEV, "there is no link %s", name);
}

/* What the file says of a socket, with what it leaves to the device. */
static int socket_resolve(struct br_work *w, const struct br_config_socket *from,
			  struct br_socket *to)
{
	int ret;

	*to = from->socket;
	to->ifindex = w->ifindex;
	ret = link_find(w, from->link, &to->link);
	if (ret)
		return ret;
	if (to->link)
		br_set_has(&br_socket_type, to, "link");
	if (!br_has(&br_socket_type, to, "fwmark") && w->config->fwmark) {
		to->fwmark = w->config->fwmark;
		br_set_has(&br_socket_type, to, "fwmark");
	}
	return 0;
}

static bool socket_same(const struct br_socket *have,
			const struct br_socket *wanted)
{
	const struct br_endpoint *a = &have->local, *b = &wanted->local;

	return have->link == wanted->link && have->fwmark == wanted->fwmark &&
	       have->listen == wanted->listen &&
	       (!b->port || a->port == b->port) &&
	       (b->addr.family == AF_UNSPEC ? br_addr_any(&a->addr) :
		br_addr_equal(&a->addr, &b->addr));
}

/* One that is there already must be what the file says. */
static int socket_up(struct br_work *w, const struct br_config_socket *from)
{
	struct br_made made = { .kind = BR_MADE_SOCKET };
	struct br_socket ask, have = { 0 };
	int ret;

	ret = socket_resolve(w, from, &made.socket);
	if (ret)
		return ret;
	ask = (struct br_socket){ .ifindex = w->ifindex };
	br_fill(ask.name, from->socket.name);
	br_set_has(&br_socket_type, &ask, "socket");
	if (!w->fresh && !br_nl_do(w->nl, BRAID_CMD_SOCKET_GET,
				   &br_socket_type, &ask, &have, w->err))
		return socket_same(&have, &made.socket) ? 0 :
		       br_fail(w->err, BR_KERNEL, EEXIST,
			"it is there already, with other settings");
	ret = br_nl_do(w->nl, BRAID_CMD_SOCKET_NEW, &br_socket_type,
		       &made.socket, NULL, w->err);
	return ret ? ret : br_work_made(w, &made, "socket", made.socket.name);
}

/* One that is there already is given the settings of the file it lacks. */
static int peer_set(struct br_work *w, struct br_peer *wanted,
		    const struct br_peer *have)
{
	struct br_made made = { .kind = BR_SET_PEER };
	char what[BR_NAME + 8];
	int ret;

	snprintf(what, sizeof(what), "peer %s", wanted->name);
	if (!br_work_diff(w, &br_peer_type, what, have, wanted, &made.peer))
		return 0;
	ret = br_nl_do(w->nl, BRAID_CMD_PEER_SET, &br_peer_type, wanted, NULL,
		       w->err);
	return ret ? ret : br_undo_note(&w->undo, &made, w->err);
}

static int peer_up(struct br_work *w, const struct br_config_peer *from)
{
	struct br_made made = { .kind = BR_MADE_PEER, .peer = from->peer };
	struct br_peer ask = { .ifindex = w->ifindex }, have = { 0 };
	int ret;

	made.peer.ifindex = w->ifindex;
	br_fill(ask.name, from->peer.name);
	br_set_has(&br_peer_type, &ask, "peer");
	if (!w->fresh && !br_nl_do(w->nl, BRAID_CMD_PEER_GET, &br_peer_type,
				   &ask, &have, w->err)) {
		ret = peer_set(w, &made.peer, &have);
		br_object_free(&br_peer_type, &have);
		return ret;
	}
	ret = br_nl_do(w->nl, BRAID_CMD_PEER_NEW, &br_peer_type, &made.peer,
		       NULL, w->err);
	return ret ? ret : br_work_made(w, &made, "peer", made.peer.name);
}

static bool endpoint_equal(const struct br_endpoint *a,
			   const struct br_endpoint *b)
{
	return br_addr_equal(&a->addr, &b->addr) && a->port == b->port;
}

/*
 * A peer whose port has moved is the same; where a name leads is for whoever
 * looks it up.
 */
static bool remote_fits(const struct br_path *have,
			const struct br_config_path *from)
{
	const struct br_endpoint *wanted = &from->path.remote;

	return from->host || endpoint_equal(&have->remote, wanted) ||
	       (have->moves && br_addr_equal(&have->remote.addr,
					     &wanted->addr));
}

/*
 * Return: 1 when the path is there and leads where it should; a path cannot
 * be led elsewhere, so that one with another remote is refused
 */
static int path_there(struct br_work *w, const struct br_config_path *from,
		      const struct br_path *wanted)
{
	struct br_path ask = { .ifindex = w->ifindex }, have = { 0 }, set;
	struct br_made made = { .kind = BR_SET_PATH };
	char what[BR_NAME + 8];
	int ret;

	br_fill(ask.peer, wanted->peer);
	br_fill(ask.name, wanted->name);
	br_set_has(&br_path_type, &ask, "peer");
	br_set_has(&br_path_type, &ask, "path");
	if (br_nl_do(w->nl, BRAID_CMD_PATH_GET, &br_path_type, &ask, &have,
		     w->err))
		return 0;
	if (!remote_fits(&have, from))
		return br_fail(w->err, BR_KERNEL, EEXIST,
			       "it is there already, with another remote");
	set = *wanted;
	set.has &= ~(1ULL << (br_field_find(&br_path_type, "remote") -
			      br_path_type.fields) |
		     1ULL << (br_field_find(&br_path_type, "socket") -
			      br_path_type.fields));
	snprintf(what, sizeof(what), "path %s", wanted->name);
	if (!br_work_diff(w, &br_path_type, what, &have, &set, &made.path))
		return 1;
	ret = br_nl_do(w->nl, BRAID_CMD_PATH_SET, &br_path_type, &set, NULL,
		       w->err);
	if (!ret)
		ret = br_undo_note(&w->undo, &made, w->err);
	return ret ? ret : 1;
}

/* No change of the tunnel, and yet to be known. */
static int path_left_out(struct br_work *w, const struct br_config_path *from)
{
	if (w->told)
		fprintf(w->told, "%s: path %s waits for braidd to find %s\n",
			w->config->name, from->path.name, from->host);
	return 0;
}

int br_work_path(struct br_work *w, const struct br_config_path *from)
{
	struct br_made made = { .kind = BR_MADE_PATH };
	struct br_path path = from->path;
	struct br_socket wanted;
	int ret;

	path.ifindex = w->ifindex;
	ret = socket_resolve(w, &from->wanted, &wanted);
	if (!ret && !w->fresh)
		ret = path_there(w, from, &path);
	if (ret)
		return ret < 0 ? ret : 0;
	if (path.remote.addr.family == AF_UNSPEC)
		return path_left_out(w, from);
	ret = br_pathsock_add(w->nl, &path, &wanted, from->ports ?
			      from->ports : w->config->ports, w->err);
	if (ret)
		return ret;
	made.path.ifindex = w->ifindex;
	br_fill(made.path.peer, path.peer);
	br_fill(made.path.name, path.name);
	br_set_has(&br_path_type, &made.path, "peer");
	br_set_has(&br_path_type, &made.path, "path");
	return br_work_made(w, &made, "path", path.name);
}

int br_work_peers(struct br_work *w)
{
	const struct br_config *c = w->config;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < c->n_sockets; i++) {
		ret = socket_up(w, &c->sockets[i]);
		if (ret)
			br_where(w->err, "socket %s",
				 c->sockets[i].socket.name);
	}
	for (i = 0; !ret && i < c->n_peers; i++) {
		ret = peer_up(w, &c->peers[i]);
		if (!ret && c->routes)
			ret = br_work_routes(w, &c->peers[i]);
		if (ret)
			br_where(w->err, "peer %s", c->peers[i].peer.name);
	}
	for (i = 0; !ret && i < c->n_paths; i++) {
		ret = br_work_path(w, &c->paths[i]);
		if (ret)
			br_where(w->err, "path %s", c->paths[i].path.name);
	}
	return ret;
}

/* A peer that has a key keeps it: its file was spent on that. */
static int key_up(struct br_work *w, const struct br_config_peer *from)
{
	struct br_peer ask = { .ifindex = w->ifindex }, have = { 0 };
	struct br_key key;
	int ret;

	if (!from->key_file)
		return 0;
	br_fill(ask.name, from->peer.name);
	br_set_has(&br_peer_type, &ask, "peer");
	ret = br_nl_do(w->nl, BRAID_CMD_PEER_GET, &br_peer_type, &ask, &have,
		       w->err);
	br_object_free(&br_peer_type, &have);
	if (ret || have.session_local)
		return ret;
	ret = br_keyfile_take(from->key_file, &key, w->err);
	if (ret)
		return ret;
	key.ifindex = w->ifindex;
	br_fill(key.peer, from->peer.name);
	br_set_has(&br_key_type, &key, "peer");
	ret = br_nl_do(w->nl, BRAID_CMD_KEY_NEW, &br_key_type, &key, NULL,
		       w->err);
	br_key_wipe(&key);
	if (!ret && !w->fresh)
		w->changes++;
	return ret;
}

/* Keys come last: what can fail before them does not cost a key file. */
int br_work_keys(struct br_work *w)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < w->config->n_peers; i++)
		ret = key_up(w, &w->config->peers[i]);
	return ret;
}

/* Keys that cannot be taken are found out before anything is made. */
int br_work_keys_check(struct br_work *w)
{
	const struct br_config *c = w->config;
	unsigned int i;
	int ret;

	if (if_nametoindex(c->name))
		return 0;
	for (i = 0; i < c->n_peers; i++) {
		if (!c->peers[i].key_file)
			continue;
		ret = br_keyfile_check(c->peers[i].key_file, w->err);
		if (ret)
			return ret;
	}
	return 0;
}
