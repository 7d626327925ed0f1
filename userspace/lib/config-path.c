// SPDX-License-Identifier: GPL-2.0
/* [Socket] and [Path] of braid.conf(5). */
#include "config-part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config-quota.h"
#include "field.h"
#include "hostname.h"
#include "text.h"

/* [Socket] */

static struct br_config_socket *socket_last(struct br_ini_parser *p)
{
	return &p->config->sockets[p->config->n_sockets - 1];
}

static int socket_begin(struct br_ini_parser *p)
{
	if (!br_config_grow(&p->config->sockets, &p->config->n_sockets,
			    sizeof(*p->config->sockets)))
		return br_ini_no_memory(p);
	p->object = &socket_last(p)->socket;
	return 0;
}

static const struct br_config_socket *socket_find(const struct br_config *c,
						  const char *name)
{
	unsigned int i;

	for (i = 0; i < c->n_sockets; i++)
		if (!strcmp(c->sockets[i].socket.name, name))
			return &c->sockets[i];
	return NULL;
}

static int socket_end(struct br_ini_parser *p)
{
	struct br_config_socket *s = socket_last(p);
	int ret = br_ini_require(p, "Name");

	if (!ret)
		ret = br_ini_require(p, "Local");
	if (!ret && socket_find(p->config, s->socket.name) != s) {
		br_fail(p->err, BR_FILE, EINVAL, "a second socket %s",
			s->socket.name);
		return br_ini_located(p, p->begun);
	}
	return ret;
}

/* Links are looked up when the tunnel comes up, not when the file is read. */
static int link_name(struct br_ini_parser *p, const char *value, char *to)
{
	if (strlen(value) >= BR_IFNAME || strpbrk(value, "/: \t"))
		return br_ini_refuse(p, "'%s' is not an interface's name",
			      value);
	br_copy(to, BR_IFNAME, value);
	return 0;
}

static int socket_link(struct br_ini_parser *p, const char *value)
{
	return link_name(p, value, socket_last(p)->link);
}
/* [Path] */

static struct br_config_path *path_last(struct br_ini_parser *p)
{
	return &p->config->paths[p->config->n_paths - 1];
}

static int path_begin(struct br_ini_parser *p)
{
	if (!br_config_grow(&p->config->paths, &p->config->n_paths,
			    sizeof(*p->config->paths)))
		return br_ini_no_memory(p);
	p->object = &path_last(p)->path;
	return 0;
}

static int path_link(struct br_ini_parser *p, const char *value)
{
	return link_name(p, value, path_last(p)->wanted.link);
}

static int path_local(struct br_ini_parser *p, const char *value)
{
	return br_ini_field(p, &br_socket_type, "local",
			    &path_last(p)->wanted.socket, value);
}

/* An address, or a name. */
static int path_remote(struct br_ini_parser *p, const char *value)
{
	struct br_config_path *path = path_last(p);
	char name[BR_HOSTNAME];
	const char *why;

	if (!br_hostname_meant(value))
		return br_ini_field(p, &br_path_type, "remote", p->object,
				    value);
	if (br_hostname_parse(value, name, &path->path.remote.port, &why))
		return br_ini_refuse(p, "'%s' %s", value, why);
	path->host = strdup(name);
	return path->host ? 0 : br_ini_no_memory(p);
}

static int path_ports(struct br_ini_parser *p, const char *value)
{
	return br_config_ports_parse(p, value, &path_last(p)->ports);
}

static int path_quota_period(struct br_ini_parser *p, const char *value)
{
	return br_quota_period_key(p, path_last(p), value);
}

static int path_quota_reset(struct br_ini_parser *p, const char *value)
{
	return br_quota_reset_key(p, path_last(p), value);
}

/* A path belongs to the peer it names, else to the one above it. */
static int path_owner(struct br_ini_parser *p)
{
	struct br_path *path = &path_last(p)->path;
	const struct br_config *c = p->config;

	if (!br_ini_has(p, "Peer") && !c->n_peers)
		return br_fail(p->err, BR_FILE, EINVAL,
			       "path %s has no [Peer] above it", path->name);
	if (!br_ini_has(p, "Peer")) {
		br_fill(path->peer, c->peers[c->n_peers - 1].peer.name);
		br_set_has(&br_path_type, path, "peer");
	}
	if (!br_config_peer_find(c, path->peer))
		return br_fail(p->err, BR_FILE, EINVAL,
			       "path %s: there is no [Peer] %s above it",
			       path->name, path->peer);
	return 0;
}

static int path_unique(struct br_ini_parser *p)
{
	const struct br_path *path = &path_last(p)->path, *other;
	unsigned int i;

	for (i = 0; i + 1 < p->config->n_paths; i++) {
		other = &p->config->paths[i].path;
		if (!strcmp(other->name, path->name) &&
		    !strcmp(other->peer, path->peer))
			return br_fail(p->err, BR_FILE, EINVAL,
				       "a second path %s of peer %s",
				       path->name, path->peer);
	}
	return 0;
}

static int path_max_rtt(struct br_ini_parser *p, const char *value)
{
	uint64_t us;

	if (br_time_parse(value, &us) || us < BR_MAX_RTT_MIN_US ||
	    us > BR_MAX_RTT_MAX_US)
		return br_ini_refuse(p, "'%s' is not a time between 1ms and 10s",
				     value);
	path_last(p)->max_rtt = us;
	return 0;
}

static int path_max_loss(struct br_ini_parser *p, const char *value)
{
	uint64_t ppm;

	if (br_share_parse(value, &ppm) || !ppm || ppm > 500000)
		return br_ini_refuse(p, "'%s' is not a share up to 50%%, such as 2.5%%",
				     value);
	path_last(p)->max_loss = ppm;
	return 0;
}

/* What carries nothing cannot be given up. */
static int path_limits(struct br_ini_parser *p)
{
	const struct br_config_path *path = path_last(p);

	if (!(path->max_rtt || path->max_loss) ||
	    !(path->path.standby || path->path.cold))
		return 0;
	return br_fail(p->err, BR_FILE, EINVAL,
		"path %s: MaxRTT and MaxLoss are for paths that carry, not for standby or cold ones",
		path->path.name);
}

static int path_socket(struct br_ini_parser *p)
{
	const struct br_path *path = &path_last(p)->path;

	if (!br_ini_has(p, "Socket"))
		return 0;
	if (br_ini_has(p, "Local") || br_ini_has(p, "Link") ||
	    br_ini_has(p, "Ports"))
		return br_fail(p->err, BR_FILE, EINVAL,
			"path %s: Local, Link and Ports are the socket's when it names one",
			path->name);
	if (!socket_find(p->config, path->socket))
		return br_fail(p->err, BR_FILE, EINVAL,
			       "path %s: there is no [Socket] %s above it",
			       path->name, path->socket);
	return 0;
}

static int path_end(struct br_ini_parser *p)
{
	const struct br_path *path = &path_last(p)->path;
	int ret = br_ini_require(p, "Name");

	if (!ret)
		ret = br_ini_require(p, "Remote");
	if (ret)
		return ret;
	if (!path_last(p)->host && (!path->remote.port ||
				    path->remote.addr.family == AF_UNSPEC))
		ret = br_fail(p->err, BR_FILE, EINVAL,
			      "path %s: Remote needs an address and a port",
			      path->name);
	if (!ret)
		ret = path_owner(p);
	if (!ret)
		ret = path_unique(p);
	if (!ret)
		ret = path_socket(p);
	if (!ret)
		ret = path_limits(p);
	if (!ret)
		ret = br_quota_section(p, path_last(p));
	return ret ? br_ini_located(p, p->begun) : 0;
}

sa_family_t br_config_path_family(const struct br_config *c,
				  const struct br_config_path *path)
{
	sa_family_t family = path->wanted.socket.local.addr.family;

	if (!path->path.socket[0])
		return family;
	family = socket_find(c, path->path.socket)->socket.local.addr.family;
	/* a socket without an address is IPv4's, unlike that of a path */
	return family == AF_UNSPEC ? AF_INET : family;
}

const struct br_ini_section br_config_socket_section = {
	"Socket", socket_begin, socket_end, &br_socket_type,
	{
		{ "Name", .field = "socket" },
		{ "Local", .field = "local" },
		{ "Link", .set = socket_link },
		{ "Listen", .field = "listen" },
		{ "FwMark", .field = "fwmark" },
	},
};

const struct br_ini_section br_config_path_section = {
	"Path", path_begin, path_end, &br_path_type,
	{
		{ "Name", .field = "path" },
		{ "Peer", .field = "peer" },
		{ "Link", .set = path_link },
		{ "Local", .set = path_local },
		{ "Ports", .set = path_ports },
		{ "Socket", .field = "socket" },
		{ "Remote", .set = path_remote },
		{ "Cost", .field = "cost" },
		{ "Standby", .field = "standby" },
		{ "Cold", .field = "cold" },
		{ "Cap", .field = "cap" },
		{ "KeepAlive", .field = "keepalive" },
		{ "MaxRTT", .set = path_max_rtt },
		{ "MaxLoss", .set = path_max_loss },
		{ "Quota", .field = "quota" },
		{ "QuotaPeriod", .set = path_quota_period },
		{ "QuotaReset", .set = path_quota_reset },
	},
};
