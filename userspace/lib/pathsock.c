// SPDX-License-Identifier: GPL-2.0
#include "pathsock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "text.h"

bool br_pathsock_fits(const struct br_socket *have,
		      const struct br_socket *wanted)
{
	const struct br_addr *local = &wanted->local.addr;

	/* "auto" reads back as the address that stands for all of them */
	if (local->family == AF_UNSPEC ?
	    have->local.addr.family == AF_INET6 || !br_addr_any(&have->local.addr) :
	    !br_addr_equal(&have->local.addr, local))
		return false;
	if (have->link != wanted->link || have->fwmark != wanted->fwmark)
		return false;
	if (wanted->local.port)
		return have->local.port == wanted->local.port;
	return !strcmp(have->owner, BR_SOCKET_OWNER);
}

static const struct br_socket *find_name(const struct br_list *sockets,
					 const char *name)
{
	const struct br_socket *s;
	unsigned int i;

	for (i = 0; i < sockets->n; i++) {
		s = br_list_at(sockets, i);
		if (!strcmp(s->name, name))
			return s;
	}
	return NULL;
}

static const struct br_socket *find_fitting(const struct br_list *sockets,
					    const struct br_socket *wanted)
{
	const struct br_socket *s;
	unsigned int i;

	for (i = 0; i < sockets->n; i++) {
		s = br_list_at(sockets, i);
		if (br_pathsock_fits(s, wanted))
			return s;
	}
	return NULL;
}

/* The path's name, or with a number behind it when that is taken. */
static void free_name(const struct br_list *sockets, const char *path,
		      char *name)
{
	unsigned int i;

	snprintf(name, BR_NAME, "%s", path);
	for (i = 2; find_name(sockets, name); i++)
		snprintf(name, BR_NAME, "%.20s-%u", path, i);
}

/* A socket that is being made, at one port after the other. */
struct making {
	struct br_nl *nl;
	struct br_socket *new;
};

static int port_try(void *data, uint16_t port, struct br_error *err)
{
	struct making *m = data;

	m->new->local.port = port;
	br_set_has(&br_socket_type, m->new, "local");
	return br_nl_do(m->nl, BRAID_CMD_SOCKET_NEW, &br_socket_type, m->new,
			NULL, err);
}

static void port_random(void *data, void *to, size_t len)
{
	(void)data;
	/* as little as this is never interrupted, and the pool is ready */
	while (getrandom(to, len, 0) != (ssize_t)len)
		;
}

/* Ports that were taken before, by any path of this process. */
static struct br_port_draw draw = {
	.random = port_random,
	.take = port_try,
};

static int socket_new(struct br_nl *nl, struct br_socket *new,
		      const struct br_ports *ports,
		      struct br_port_tally *tally, struct br_error *err)
{
	struct making m = { nl, new };
	struct br_ports allowed;
	int ret;

	if (!ports || new->local.port)
		return br_nl_do(nl, BRAID_CMD_SOCKET_NEW, &br_socket_type, new,
				NULL, err);
	allowed = *ports;
	ret = br_ports_unreserve(&allowed, err);
	if (ret)
		return ret;
	draw.allowed = &allowed;
	draw.data = &m;
	ret = br_port_take(&draw, err);
	draw.tally.reserved = br_ports_count(ports) - br_ports_count(&allowed);
	if (tally)
		*tally = draw.tally;
	return ret < 0 ? ret : 0;
}

static int make(struct br_nl *nl, const struct br_list *sockets,
		struct br_path *path, const struct br_socket *wanted,
		const struct br_ports *ports, struct br_port_tally *tally,
		struct br_error *err)
{
	struct br_socket new = *wanted;
	int ret;

	new.ifindex = path->ifindex;
	free_name(sockets, path->name, new.name);
	br_fill(new.owner, BR_SOCKET_OWNER);
	br_set_has(&br_socket_type, &new, "socket");
	br_set_has(&br_socket_type, &new, "owner");
	ret = socket_new(nl, &new, ports, tally, err);
	if (!ret)
		br_fill(path->socket, new.name);
	return ret;
}

/* Return: 1 when the socket was made, 0 when one is shared */
static int choose(struct br_nl *nl, struct br_path *path,
		  const struct br_socket *wanted,
		  const struct br_ports *ports, struct br_error *err)
{
	const struct br_socket *have;
	struct br_list sockets;
	int ret;

	ret = br_nl_dump(nl, BRAID_CMD_SOCKET_GET, &br_socket_type,
			 path->ifindex, &sockets, err);
	if (ret)
		goto out_free;
	have = find_fitting(&sockets, wanted);
	if (have) {
		br_fill(path->socket, have->name);
		goto out_free;
	}
	ret = make(nl, &sockets, path, wanted, ports, NULL, err);
	if (!ret)
		ret = 1;
	else
		br_where(err, "socket for it");
out_free:
	br_list_free(&sockets);
	return ret;
}

static int socket_del(struct br_nl *nl, uint32_t ifindex, const char *name,
		      struct br_error *err)
{
	struct br_socket s = { .ifindex = ifindex };

	snprintf(s.name, sizeof(s.name), "%s", name);
	br_set_has(&br_socket_type, &s, "socket");
	return br_nl_do(nl, BRAID_CMD_SOCKET_DEL, &br_socket_type, &s, NULL,
			err);
}

int br_pathsock_like(struct br_nl *nl, const struct br_path *path,
		     const struct br_ports *ports, char name[BR_NAME],
		     struct br_port_tally *tally, struct br_error *err)
{
	struct br_path own = { .ifindex = path->ifindex };
	const struct br_socket *have;
	struct br_socket wanted;
	struct br_list sockets;
	int ret;

	br_fill(own.name, path->name);
	ret = br_nl_dump(nl, BRAID_CMD_SOCKET_GET, &br_socket_type,
			 path->ifindex, &sockets, err);
	have = ret ? NULL : find_name(&sockets, path->socket);
	if (!ret && !have)
		ret = br_fail(err, BR_KERNEL, ENOENT,
			      "its socket has gone meanwhile");
	if (!ret) {
		wanted = *have;
		wanted.has = 0;
		wanted.local.port = 0;
		wanted.listen = 0;
		br_set_has(&br_socket_type, &wanted, "local");
		br_set_has(&br_socket_type, &wanted, "link");
		br_set_has(&br_socket_type, &wanted, "fwmark");
		ret = make(nl, &sockets, &own, &wanted, ports, tally, err);
	}
	memcpy(name, own.socket, BR_NAME);
	br_list_free(&sockets);
	return ret;
}

int br_pathsock_add(struct br_nl *nl, struct br_path *path,
		    const struct br_socket *wanted,
		    const struct br_ports *ports, struct br_error *err)
{
	struct br_error ignored;
	struct br_socket fit;
	int made = 0, ret;

	if (!br_has(&br_path_type, path, "socket")) {
		fit = *wanted;
		/* "auto" is of the remote's family */
		if (fit.local.addr.family == AF_UNSPEC &&
		    path->remote.addr.family == AF_INET6)
			fit.local.addr.family = AF_INET6;
		made = choose(nl, path, &fit, ports, err);
		if (made < 0)
			return made;
		br_set_has(&br_path_type, path, "socket");
	}
	ret = br_nl_do(nl, BRAID_CMD_PATH_NEW, &br_path_type, path, NULL, err);
	if (ret && made)
		socket_del(nl, path->ifindex, path->socket, &ignored);
	return ret;
}

/* Somebody else may take or delete it meanwhile: both are as well. */
void br_pathsock_release(struct br_nl *nl, uint32_t ifindex, const char *name)
{
	struct br_socket ask = { .ifindex = ifindex }, s = { 0 };
	struct br_error ignored;

	snprintf(ask.name, sizeof(ask.name), "%s", name);
	br_set_has(&br_socket_type, &ask, "socket");
	if (br_nl_do(nl, BRAID_CMD_SOCKET_GET, &br_socket_type, &ask, &s,
		     &ignored))
		return;
	if (!s.users && !strcmp(s.owner, BR_SOCKET_OWNER))
		socket_del(nl, ifindex, name, &ignored);
}

int br_pathsock_del(struct br_nl *nl, const struct br_path *path,
		    struct br_error *err)
{
	struct br_path have = { 0 };
	int ret;

	ret = br_nl_do(nl, BRAID_CMD_PATH_GET, &br_path_type, path, &have, err);
	if (!ret)
		ret = br_nl_do(nl, BRAID_CMD_PATH_DEL, &br_path_type, path,
			       NULL, err);
	if (ret)
		return ret;
	br_pathsock_release(nl, path->ifindex, have.socket);
	/* it was about to move, or had just done so */
	if (have.socket_next[0])
		br_pathsock_release(nl, path->ifindex, have.socket_next);
	if (have.socket_previous[0])
		br_pathsock_release(nl, path->ifindex, have.socket_previous);
	return 0;
}
