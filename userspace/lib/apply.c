// SPDX-License-Identifier: GPL-2.0
#include "apply.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "keyfile.h"
#include "netlink.h"
#include "pathsock.h"
#include "policy.h"
#include "route.h"
#include "undo.h"
#include "text.h"

/**
 * struct work - one tunnel coming up
 * @config: what is wanted
 * @nl: braid's family; opened after the device, whose making loads the module
 * @rt: rtnetlink
 * @ifindex: the device
 * @fresh: the device was made here
 * @undo: what was made here
 * @err: why it failed
 */
struct work {
	const struct br_config *config;
	struct br_nl *nl;
	struct br_rt *rt;
	uint32_t ifindex;
	bool fresh;
	struct br_undo undo;
	struct br_error *err;
};

static int device_up(struct work *w)
{
	const struct br_config *c = w->config;
	struct br_link_change change = { .mtu = c->mtu, .up = 1 };
	struct br_made made = { .kind = BR_MADE_DEVICE, .device = c->name };
	int ret;

	ret = br_rt_link_find(w->rt, c->name, &w->ifindex, w->err);
	if (ret == -ENODEV) {
		ret = br_rt_link_add(w->rt, c->name, c->mtu, w->err);
		if (!ret)
			ret = br_undo_note(&w->undo, &made, w->err);
		w->fresh = !ret;
		if (!ret)
			ret = br_rt_link_find(w->rt, c->name, &w->ifindex,
					      w->err);
	}
	if (!ret)
		ret = br_rt_link_change(w->rt, c->name, &change, w->err);
	return ret;
}

static int policy_up(struct work *w)
{
	struct br_device device = { .ifindex = w->ifindex };
	int ret;

	if (w->config->policy[0]) {
		ret = br_policy_ensure(w->nl, w->config->policy, w->err);
		if (ret)
			return ret;
	}
	br_fill(device.policy, w->config->policy);
	br_set_has(&br_device_type, &device, "policy");
	return br_nl_do(w->nl, BRAID_CMD_DEVICE_SET, &br_device_type, &device,
			NULL, w->err);
}

static int address_up(struct work *w, const struct br_prefix *addr)
{
	struct br_made made = { .kind = BR_MADE_ADDRESS, .prefix = *addr };
	char text[BR_ADDRESS_TEXT];
	int ret;

	ret = br_rt_addr_add(w->rt, w->ifindex, addr, w->err);
	if (ret < 0)
		return br_where(w->err, "address %s",
				br_prefix_text(addr, text));
	return ret ? 0 : br_undo_note(&w->undo, &made, w->err);
}

static int link_find(struct work *w, const char *name, uint32_t *link)
{
	*link = name[0] ? if_nametoindex(name) : 0;
	if (!name[0] || *link)
		return 0;
	return br_fail(w->err, BR_KERNEL, ENODEV, "there is no link %s", name);
}

/* What the file says of a socket, with what it leaves to the device. */
static int socket_resolve(struct work *w, const struct br_config_socket *from,
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
static int socket_up(struct work *w, const struct br_config_socket *from)
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
	return ret ? ret : br_undo_note(&w->undo, &made, w->err);
}

/* One that is there already is given the file's settings. */
static int peer_up(struct work *w, const struct br_config_peer *from)
{
	struct br_made made = { .kind = BR_MADE_PEER, .peer = from->peer };
	int ret;

	made.peer.ifindex = w->ifindex;
	ret = br_nl_do(w->nl, BRAID_CMD_PEER_NEW, &br_peer_type, &made.peer,
		       NULL, w->err);
	if (!ret)
		return br_undo_note(&w->undo, &made, w->err);
	if (ret != -EEXIST || w->fresh)
		return ret;
	return br_nl_do(w->nl, BRAID_CMD_PEER_SET, &br_peer_type, &made.peer,
			NULL, w->err);
}

static bool endpoint_equal(const struct br_endpoint *a,
			   const struct br_endpoint *b)
{
	return br_addr_equal(&a->addr, &b->addr) && a->port == b->port;
}

/*
 * Return: 1 when the path is there and leads where it should; a path cannot
 * be led elsewhere, so that one with another remote is refused
 */
static int path_there(struct work *w, const struct br_path *wanted)
{
	struct br_path ask = { .ifindex = w->ifindex }, have = { 0 }, set;
	int ret;

	br_fill(ask.peer, wanted->peer);
	br_fill(ask.name, wanted->name);
	br_set_has(&br_path_type, &ask, "peer");
	br_set_has(&br_path_type, &ask, "path");
	if (br_nl_do(w->nl, BRAID_CMD_PATH_GET, &br_path_type, &ask, &have,
		     w->err))
		return 0;
	if (!endpoint_equal(&have.remote, &wanted->remote))
		return br_fail(w->err, BR_KERNEL, EEXIST,
			       "it is there already, with another remote");
	set = *wanted;
	set.has &= ~(1ULL << (br_field_find(&br_path_type, "remote") -
			      br_path_type.fields) |
		     1ULL << (br_field_find(&br_path_type, "socket") -
			      br_path_type.fields));
	ret = br_nl_do(w->nl, BRAID_CMD_PATH_SET, &br_path_type, &set, NULL,
		       w->err);
	return ret ? ret : 1;
}

static int path_up(struct work *w, const struct br_config_path *from)
{
	struct br_made made = { .kind = BR_MADE_PATH };
	struct br_path path = from->path;
	struct br_socket wanted;
	int ret;

	path.ifindex = w->ifindex;
	ret = socket_resolve(w, &from->wanted, &wanted);
	if (!ret && !w->fresh)
		ret = path_there(w, &path);
	if (ret)
		return ret < 0 ? ret : 0;
	ret = br_pathsock_add(w->nl, &path, &wanted, from->ports ?
			      from->ports : w->config->ports, w->err);
	if (ret)
		return ret;
	made.path.ifindex = w->ifindex;
	br_fill(made.path.peer, path.peer);
	br_fill(made.path.name, path.name);
	br_set_has(&br_path_type, &made.path, "peer");
	br_set_has(&br_path_type, &made.path, "path");
	return br_undo_note(&w->undo, &made, w->err);
}

static int route_up(struct work *w, const struct br_route *route)
{
	struct br_made made = { .kind = BR_MADE_ROUTE, .route = *route };
	char text[BR_ADDRESS_TEXT];
	int ret;

	ret = br_rt_route_add(w->rt, route, w->err);
	if (ret < 0)
		return br_where(w->err, "route %s",
				br_prefix_text(&route->to, text));
	return ret ? 0 : br_undo_note(&w->undo, &made, w->err);
}

/* A peer's address that no network of the device covers needs a route. */
static int peer_address_up(struct work *w, const struct br_addr *addr)
{
	struct br_route route = {
		.to = { .addr = *addr, .len = 8 * br_addr_len(addr) },
		.ifindex = w->ifindex, .table = BR_TABLE_MAIN,
	};
	unsigned int i;

	for (i = 0; i < w->config->address.n; i++)
		if (br_prefix_covers(&w->config->address.p[i], addr))
			return 0;
	return route_up(w, &route);
}

/*
 * The next hop names the peer; it is of the other family only where the parser
 * has seen that the kernel can do it.
 */
static const struct br_addr *next_hop(const struct br_peer *peer,
				      sa_family_t family)
{
	unsigned int i;

	for (i = 0; i < peer->address.n; i++)
		if (peer->address.a[i].family == family)
			return &peer->address.a[i];
	return &peer->address.a[0];
}

struct br_route br_apply_route(const struct br_config *config,
			       const struct br_config_peer *peer,
			       unsigned int i, uint32_t ifindex)
{
	const struct br_prefix *to = &peer->route.p[i];

	return (struct br_route){
		.to = *to,
		.via = *next_hop(&peer->peer, to->addr.family),
		.ifindex = ifindex,
		.table = config->table,
	};
}

static int peer_routes_up(struct work *w, const struct br_config_peer *peer)
{
	struct br_route route;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < peer->peer.address.n; i++)
		ret = peer_address_up(w, &peer->peer.address.a[i]);
	for (i = 0; !ret && i < peer->route.n; i++) {
		route = br_apply_route(w->config, peer, i, w->ifindex);
		ret = route_up(w, &route);
	}
	return ret;
}

static int rule_up(struct work *w, int family, uint32_t mark)
{
	struct br_made made = {
		.kind = BR_MADE_RULE,
		.rule = {
			.family = family, .mark = mark,
			.table = mark ? w->config->table : BR_TABLE_MAIN,
		},
	};
	int ret = br_rt_rule_add(w->rt, &made.rule, w->err);

	if (ret < 0)
		return br_where(w->err, "rule for table %u",
				made.rule.table);
	return ret ? 0 : br_undo_note(&w->undo, &made, w->err);
}

static bool routes_family(const struct br_config *c, int family)
{
	unsigned int i, j;

	for (i = 0; i < c->n_peers; i++)
		for (j = 0; j < c->peers[i].route.n; j++)
			if (c->peers[i].route.p[j].addr.family == family)
				return true;
	return false;
}

/*
 * With a table of its own: all but the tunnel's own packets look there, and
 * before that in the main table for anything but a default route. The newest
 * rule is looked at first, so that they are made in this order.
 */
static int rules_up(struct work *w)
{
	static const int families[] = { AF_INET, AF_INET6 };
	unsigned int i;
	int ret = 0;

	if (w->config->table == BR_TABLE_MAIN || !w->config->routes)
		return 0;
	for (i = 0; !ret && i < 2; i++) {
		if (!routes_family(w->config, families[i]))
			continue;
		ret = rule_up(w, families[i], w->config->fwmark);
		if (!ret)
			ret = rule_up(w, families[i], 0);
	}
	return ret;
}

/* A peer that has a key keeps it: its file was spent on that. */
static int key_up(struct work *w, const struct br_config_peer *from)
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
	return ret;
}

/* Keys that cannot be taken are found out before anything is made. */
static int keys_check(struct work *w)
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

/* Commands find the device's name in BRAID_DEVICE. */
static int run(const struct br_config *c,
	       const struct br_config_texts *commands, const char *key,
	       struct br_error *err)
{
	unsigned int i;
	int status;

	setenv("BRAID_DEVICE", c->name, 1);
	for (i = 0; i < commands->n; i++) {
		status = system(commands->text[i]);
		if (status == -1)
			return br_fail(err, BR_FILE, errno, "%s: %s", key,
				       strerror(errno));
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			return br_fail(err, BR_FILE, ECANCELED,
				       "%s: '%s' failed (%d)", key,
				       commands->text[i],
				       WIFEXITED(status) ?
				       WEXITSTATUS(status) : -1);
	}
	return 0;
}

static int peers_up(struct work *w)
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
			ret = peer_routes_up(w, &c->peers[i]);
		if (ret)
			br_where(w->err, "peer %s", c->peers[i].peer.name);
	}
	for (i = 0; !ret && i < c->n_paths; i++) {
		ret = path_up(w, &c->paths[i]);
		if (ret)
			br_where(w->err, "path %s", c->paths[i].path.name);
	}
	return ret;
}

/* Keys come last: what can fail before them does not cost a key file. */
static int keys_up(struct work *w)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < w->config->n_peers; i++)
		ret = key_up(w, &w->config->peers[i]);
	return ret;
}

static int all_up(struct work *w)
{
	const struct br_config *c = w->config;
	unsigned int i;
	int ret;

	ret = keys_check(w);
	if (!ret)
		ret = device_up(w);
	if (ret)
		return ret;
	w->nl = br_nl_open(w->err);
	if (!w->nl)
		return -w->err->code;
	ret = policy_up(w);
	for (i = 0; !ret && i < c->address.n; i++)
		ret = address_up(w, &c->address.p[i]);
	if (!ret)
		ret = peers_up(w);
	if (!ret)
		ret = rules_up(w);
	if (!ret)
		ret = keys_up(w);
	/* a second up of a tunnel that is up changes nothing, commands least */
	if (!ret && w->fresh)
		ret = run(c, &c->post_up, "PostUp", w->err);
	return ret;
}

int br_apply_up(const struct br_config *config, struct br_error *err)
{
	struct work w = { .config = config, .err = err };
	int ret;

	w.rt = br_rt_open(err);
	if (!w.rt)
		return -err->code;
	ret = all_up(&w);
	if (ret) {
		br_where(err, "%s", config->name);
		br_undo_all(&w.undo, w.nl, w.rt, w.ifindex);
	}
	br_undo_forget(&w.undo);
	br_nl_close(w.nl);
	br_rt_close(w.rt);
	return ret;
}

static void rules_down(const struct br_config *c, struct br_rt *rt)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct br_rule rule = { .table = c->table, .mark = c->fwmark };
	struct br_rule main_rule = { .table = BR_TABLE_MAIN };
	struct br_error ignored;
	unsigned int i;

	if (c->table == BR_TABLE_MAIN || !c->routes)
		return;
	for (i = 0; i < 2; i++) {
		if (!routes_family(c, families[i]))
			continue;
		rule.family = families[i];
		main_rule.family = families[i];
		br_rt_rule_del(rt, &main_rule, &ignored);
		br_rt_rule_del(rt, &rule, &ignored);
	}
}

int br_apply_down(const struct br_config *config, struct br_error *err)
{
	struct br_rt *rt = br_rt_open(err);
	struct br_error why;
	uint32_t ifindex;
	int ret, failed;

	if (!rt)
		return -err->code;
	ret = br_rt_link_find(rt, config->name, &ifindex, err);
	if (ret)
		goto out_close;
	/* a command that fails is told of, and keeps nothing up */
	failed = run(config, &config->pre_down, "PreDown", &why);
	rules_down(config, rt);
	ret = br_rt_link_del(rt, config->name, err);
	if (!ret && failed) {
		*err = why;
		ret = failed;
	}
out_close:
	br_rt_close(rt);
	return ret ? br_where(err, "%s", config->name) : 0;
}
