// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf */
#include "config.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "config-quota.h"
#include "field.h"
#include "hostname.h"
#include "inifile.h"
#include "route.h"
#include "text.h"

/* One more element of a growing array; NULL without memory. */
static void *grow(void *array, unsigned int *n, size_t size)
{
	char **items = array;
	char *new = reallocarray(*items, *n + 1, size);

	if (!new)
		return NULL;
	*items = new;
	return memset(new + (*n)++ * size, 0, size);
}

/* [Device] */

static int device_begin(struct br_ini_parser *p)
{
	if (p->config->name[0])
		return br_ini_refuse(p, "a second [Device]");
	return 0;
}

static int device_end(struct br_ini_parser *p)
{
	return br_ini_require(p, "Name");
}

static int device_name(struct br_ini_parser *p, const char *value)
{
	if (strlen(value) >= BR_IFNAME || strpbrk(value, "/: \t") ||
	    !strcmp(value, ".") || !strcmp(value, ".."))
		return br_ini_refuse(p, "'%s' is not a device's name", value);
	br_fill(p->config->name, value);
	return 0;
}

static int prefixes_add(struct br_ini_parser *p, struct br_config_prefixes *list,
			const char *value)
{
	char buf[BR_ADDRESS_TEXT];
	struct br_prefix *new;
	const char *why;
	size_t len;

	do {
		value += strspn(value, " \t");
		len = strcspn(value, ", \t");
		snprintf(buf, sizeof(buf), "%.*s", (int)len, value);
		new = grow(&list->p, &list->n, sizeof(*new));
		if (!new)
			return br_ini_no_memory(p);
		if (len >= sizeof(buf) || br_prefix_parse(buf, new, &why))
			return br_ini_refuse(p, "'%.*s' %s", (int)len, value,
				      len >= sizeof(buf) ?
				      "is not an address" : why);
		value += len;
		value += strspn(value, " \t");
	} while (*value++ == ',');
	return value[-1] ? br_ini_refuse(p, "'%s': a comma is missing", value - 1) : 0;
}

static int device_address(struct br_ini_parser *p, const char *value)
{
	return prefixes_add(p, &p->config->address, value);
}

static int device_mtu(struct br_ini_parser *p, const char *value)
{
	uint64_t mtu;

	if (br_number_parse(value, UINT32_MAX, &mtu))
		return br_ini_refuse(p, "'%s' is not a number", value);
	if (mtu < 576 || mtu > 65535)
		return br_ini_refuse(p, "'%s' is not between 576 and 65535",
				     value);
	p->config->mtu = mtu;
	return 0;
}

static int device_policy(struct br_ini_parser *p, const char *value)
{
	if (br_name_check(value))
		return br_ini_refuse(p, "'%s' is not a name", value);
	if (strcmp(value, "built-in"))
		br_fill(p->config->policy, br_policy_alias(value));
	return 0;
}

static int device_fwmark(struct br_ini_parser *p, const char *value)
{
	struct br_socket socket = { 0 };
	int ret = br_ini_field(p, &br_socket_type, "fwmark", &socket, value);

	p->config->fwmark = socket.fwmark;
	return ret;
}

/* 0 stands for no table, 255 for what the kernel keeps by itself. */
static int table_parse(struct br_ini_parser *p, const char *value)
{
	uint64_t table;

	if (br_number_parse(value, UINT32_MAX, &table) || !table ||
	    table == BR_TABLE_LOCAL)
		return br_ini_refuse(p, "'%s' is not main, off or a table's number",
				     value);
	p->config->table = table;
	return 0;
}

static int device_table(struct br_ini_parser *p, const char *value)
{
	if (!strcmp(value, "off"))
		p->config->routes = false;
	else if (strcmp(value, "main"))
		return table_parse(p, value);
	return 0;
}

/* A relative path starts in the file's folder. */
static int file_name(struct br_ini_parser *p, const char *value, char **to)
{
	char *copy, *folder;
	int len;

	if (value[0] == '/') {
		*to = strdup(value);
		return *to ? 0 : br_ini_no_memory(p);
	}
	copy = strdup(p->path);
	folder = copy ? dirname(copy) : NULL;
	len = folder ? asprintf(to, "%s/%s", folder, value) : -1;
	free(copy);
	if (len >= 0)
		return 0;
	*to = NULL;
	return br_ini_no_memory(p);
}

static int device_private_key(struct br_ini_parser *p, const char *value)
{
	return file_name(p, value, &p->config->private_key_file);
}

static int device_rekey(struct br_ini_parser *p, const char *value)
{
	uint64_t us;

	if (br_time_parse(value, &us) || us < BR_REKEY_MIN_US ||
	    us > BR_REKEY_MAX_US)
		return br_ini_refuse(p, "'%s' is not a time between 1s and 86400s",
				     value);
	p->config->rekey_us = us;
	return 0;
}

static int device_resolve(struct br_ini_parser *p, const char *value)
{
	uint64_t us;

	if (br_time_parse(value, &us) || us < BR_RESOLVE_MIN_US ||
	    us > BR_RESOLVE_MAX_US)
		return br_ini_refuse(p, "'%s' is not a time between 1s and 86400s",
				     value);
	p->config->resolve_us = us;
	return 0;
}

static int device_cipher(struct br_ini_parser *p, const char *value)
{
	unsigned int i;

	p->config->cipher = BR_CIPHER_AUTO;
	if (!strcmp(value, "auto"))
		return 0;
	for (i = 0; br_cipher_names[i]; i++) {
		if (strcmp(value, br_cipher_names[i]))
			continue;
		p->config->cipher = i == BRAID_CIPHER_AES256_GCM ?
				    BR_CIPHER_AES256_GCM :
				    BR_CIPHER_CHACHA20_POLY1305;
		return 0;
	}
	return br_ini_refuse(p, "'%s' is not a cipher: auto, %s or %s", value,
			     br_cipher_names[BRAID_CIPHER_CHACHA20_POLY1305],
			     br_cipher_names[BRAID_CIPHER_AES256_GCM]);
}

static int ports_parse(struct br_ini_parser *p, const char *value,
		       struct br_ports **ports)
{
	const char *why;

	*ports = malloc(sizeof(**ports));
	if (!*ports)
		return br_ini_no_memory(p);
	return br_ports_parse(value, *ports, &why) ?
	       br_ini_refuse(p, "'%s' %s", value, why) : 0;
}

/* The first word of a value. Return: the rest, empty when there is none */
static const char *first_word(const char *value, char *buf, size_t size)
{
	size_t len = strcspn(value, " \t");

	snprintf(buf, size, "%.*s", (int)len, value);
	return value + len + strspn(value + len, " \t");
}

/* "INTERVAL [JITTER]" */
static int device_port_hop(struct br_ini_parser *p, const char *value)
{
	uint64_t us, jitter;
	const char *rest;
	char buf[32];

	rest = first_word(value, buf, sizeof(buf));
	if (br_time_parse(buf, &us) || us < BR_PORT_HOP_MIN_US ||
	    us > BR_PORT_HOP_MAX_US)
		return br_ini_refuse(p, "'%s' does not begin with a time between 1s and 86400s",
				     value);
	jitter = us / 10;
	if (*rest && (br_time_parse(rest, &jitter) || jitter > us))
		return br_ini_refuse(p, "'%s' is not a time up to that before it",
				     rest);
	p->config->port_hop_us = us;
	p->config->port_hop_jitter_us = jitter;
	return 0;
}

/* "BYTES [JITTER]" */
static int device_port_hop_bytes(struct br_ini_parser *p, const char *value)
{
	uint64_t bytes, jitter;
	const char *rest;
	char buf[32];

	rest = first_word(value, buf, sizeof(buf));
	if (br_size_parse(buf, &bytes) || bytes < BR_PORT_HOP_MIN_BYTES ||
	    bytes > BR_PORT_HOP_MAX_BYTES)
		return br_ini_refuse(p, "'%s' does not begin with a size between 1m and 1024t",
				     value);
	jitter = bytes / 10;
	if (*rest && (br_size_parse(rest, &jitter) || jitter > bytes))
		return br_ini_refuse(p, "'%s' is not a size up to that before it",
				     rest);
	p->config->port_hop_bytes = bytes;
	p->config->port_hop_bytes_jitter = jitter;
	return 0;
}

static int device_ports(struct br_ini_parser *p, const char *value)
{
	return ports_parse(p, value, &p->config->ports);
}

/* A port alone is one of this machine's only. */
static int device_metrics(struct br_ini_parser *p, const char *value)
{
	struct br_endpoint *at = &p->config->metrics;
	const char *why = "is not a port";
	uint64_t port;

	if (!br_number_parse(value, UINT16_MAX, &port)) {
		br_addr_parse("127.0.0.1", &at->addr, &why);
		at->port = port;
	} else if (br_endpoint_parse(value, at, &why)) {
		return br_ini_refuse(p, "'%s' %s", value, why);
	}
	if (!at->port || at->addr.family == AF_UNSPEC)
		return br_ini_refuse(p, "'%s' is not a port, or an address with a port",
				     value);
	return 0;
}

/* The command as it stands in the file, quotes and semicolons and all. */
static int command_add(struct br_ini_parser *p, struct br_config_texts *list)
{
	const char *text = strpbrk(p->raw, "=:");
	char **new = grow(&list->text, &list->n, sizeof(*new));

	if (!new || !text)
		return br_ini_no_memory(p);
	text++;
	text += strspn(text, " \t");
	*new = strndup(text, strcspn(text, "\r\n"));
	return *new ? 0 : br_ini_no_memory(p);
}

static int device_post_up(struct br_ini_parser *p, const char *value)
{
	(void)value;
	return command_add(p, &p->config->post_up);
}

static int device_pre_down(struct br_ini_parser *p, const char *value)
{
	(void)value;
	return command_add(p, &p->config->pre_down);
}

/* [Socket] */

static struct br_config_socket *socket_last(struct br_ini_parser *p)
{
	return &p->config->sockets[p->config->n_sockets - 1];
}

static int socket_begin(struct br_ini_parser *p)
{
	if (!grow(&p->config->sockets, &p->config->n_sockets,
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

/* [Peer] */

static struct br_config_peer *peer_last(struct br_ini_parser *p)
{
	return &p->config->peers[p->config->n_peers - 1];
}

static int peer_begin(struct br_ini_parser *p)
{
	if (!grow(&p->config->peers, &p->config->n_peers,
		  sizeof(*p->config->peers)))
		return br_ini_no_memory(p);
	p->object = &peer_last(p)->peer;
	return 0;
}

const struct br_config_peer *br_config_peer_find(const struct br_config *c,
						 const char *name)
{
	unsigned int i;

	for (i = 0; i < c->n_peers; i++)
		if (!strcmp(c->peers[i].peer.name, name))
			return &c->peers[i];
	return NULL;
}

/*
 * IPv4 may go by way of an IPv6 address; the kernel has no IPv6 routes by way
 * of IPv4 ones.
 */
static int peer_routes_check(struct br_ini_parser *p)
{
	const struct br_config_peer *peer = peer_last(p);
	char text[BR_ADDRESS_TEXT];
	unsigned int i;

	for (i = 0; i < peer->peer.address.n; i++)
		if (peer->peer.address.a[i].family == AF_INET6)
			return 0;
	for (i = 0; i < peer->route.n; i++) {
		if (peer->route.p[i].addr.family != AF_INET6)
			continue;
		br_fail(p->err, BR_FILE, EINVAL,
			"route %s: the peer has no IPv6 address",
			br_prefix_text(&peer->route.p[i], text));
		return br_ini_located(p, p->begun);
	}
	return 0;
}

static int peer_end(struct br_ini_parser *p)
{
	struct br_config_peer *peer = peer_last(p);
	int ret = br_ini_require(p, "Name");

	if (!ret)
		ret = br_ini_require(p, "Address");
	if (!ret && br_config_peer_find(p->config, peer->peer.name) != peer) {
		br_fail(p->err, BR_FILE, EINVAL, "a second peer %s",
			peer->peer.name);
		return br_ini_located(p, p->begun);
	}
	if (!ret && peer->has_public && peer->key_file) {
		br_fail(p->err, BR_FILE, EINVAL,
			"peer %s: KeyFile and PublicKey exclude each other",
			peer->peer.name);
		return br_ini_located(p, p->begun);
	}
	return ret ? ret : peer_routes_check(p);
}

/* Spaces after commas are allowed in files, not on the command line. */
static int peer_address(struct br_ini_parser *p, const char *value)
{
	char buf[BR_ADDRS_MAX * (BR_ADDRESS_TEXT + 1)];
	size_t len = 0;

	for (; *value && len < sizeof(buf) - 1; value++)
		if (*value != ' ' && *value != '\t')
			buf[len++] = *value;
	buf[len] = 0;
	return br_ini_field(p, &br_peer_type, "address", p->object, buf);
}

static int peer_route(struct br_ini_parser *p, const char *value)
{
	return prefixes_add(p, &peer_last(p)->route, value);
}

static int peer_key_file(struct br_ini_parser *p, const char *value)
{
	return file_name(p, value, &peer_last(p)->key_file);
}

static int peer_public_key(struct br_ini_parser *p, const char *value)
{
	struct br_config_peer *peer = peer_last(p), *other;

	if (br_public_parse(value, peer->public))
		return br_ini_refuse(p, "'%s' is not a public key (braidctl pubkey prints one)",
				     value);
	for (other = p->config->peers; other != peer; other++)
		if (other->has_public && !memcmp(other->public, peer->public,
						 BR_PUBLIC_LEN))
			return br_ini_refuse(p, "peer %s has the same",
					     other->peer.name);
	peer->has_public = true;
	return 0;
}

/* [Path] */

static struct br_config_path *path_last(struct br_ini_parser *p)
{
	return &p->config->paths[p->config->n_paths - 1];
}

static int path_begin(struct br_ini_parser *p)
{
	if (!grow(&p->config->paths, &p->config->n_paths,
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
	return ports_parse(p, value, &path_last(p)->ports);
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

/* [Class] and [Rule] */

static int class_begin(struct br_ini_parser *p)
{
	p->config->class = (struct br_steer_class){ .has = 0 };
	p->object = &p->config->class;
	return 0;
}

static bool class_has(const struct br_config *c, const char *name)
{
	const struct br_steer_class *class;
	unsigned int i;

	for (i = 0; i < c->rules.classes.n; i++) {
		class = br_list_at(&c->rules.classes, i);
		if (!strcmp(class->name, name))
			return true;
	}
	return false;
}

/* A class may name paths that come later, by hand or by themselves. */
static int class_end(struct br_ini_parser *p)
{
	const struct br_steer_class *class = &p->config->class;
	int ret = br_ini_require(p, "Name");

	if (ret)
		return ret;
	if (class_has(p->config, class->name))
		ret = br_fail(p->err, BR_FILE, EINVAL, "a second class %s",
			      class->name);
	else
		ret = br_ruleset_class_set(&p->config->rules, class, p->err);
	return ret ? br_ini_located(p, p->begun) : 0;
}

static int rule_begin(struct br_ini_parser *p)
{
	p->config->rule = (struct br_steer_rule){ .has = 0 };
	p->object = &p->config->rule;
	return 0;
}

static int rule_end(struct br_ini_parser *p)
{
	const struct br_steer_rule *rule = &p->config->rule;
	int ret = br_ini_require(p, "Class");

	if (ret)
		return ret;
	if (!class_has(p->config, rule->class))
		ret = br_fail(p->err, BR_FILE, EINVAL,
			      "there is no [Class] %s above it", rule->class);
	else
		ret = br_ruleset_add(&p->config->rules, rule, p->err);
	return ret ? br_ini_located(p, p->begun) : 0;
}

const struct br_ini_section br_config_sections[] = {
	{
		"Device", device_begin, device_end, NULL,
		{
			{ "Name", .set = device_name },
			{ "Address", .set = device_address, .many = true },
			{ "MTU", .set = device_mtu },
			{ "Policy", .set = device_policy },
			{ "FwMark", .set = device_fwmark },
			{ "Table", .set = device_table },
			{ "PrivateKeyFile", .set = device_private_key },
			{ "RekeyInterval", .set = device_rekey },
			{ "Cipher", .set = device_cipher },
			{ "Ports", .set = device_ports },
			{ "Metrics", .set = device_metrics },
			{ "PortHop", .set = device_port_hop },
			{ "PortHopBytes", .set = device_port_hop_bytes },
			{ "ResolveInterval", .set = device_resolve },
			{ "PostUp", .set = device_post_up, .many = true,
			  .raw = true },
			{ "PreDown", .set = device_pre_down, .many = true,
			  .raw = true },
		},
	},
	{
		"Socket", socket_begin, socket_end, &br_socket_type,
		{
			{ "Name", .field = "socket" },
			{ "Local", .field = "local" },
			{ "Link", .set = socket_link },
			{ "Listen", .field = "listen" },
			{ "FwMark", .field = "fwmark" },
		},
	},
	{
		"Peer", peer_begin, peer_end, &br_peer_type,
		{
			{ "Name", .field = "peer" },
			{ "Address", .set = peer_address },
			{ "Route", .set = peer_route, .many = true },
			{ "KeyFile", .set = peer_key_file },
			{ "PublicKey", .set = peer_public_key },
			{ "Source", .field = "source" },
			{ "Multicast", .field = "multicast" },
			{ "ReorderCap", .field = "reorder-cap" },
		},
	},
	{
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
			{ "Quota", .field = "quota" },
			{ "QuotaPeriod", .set = path_quota_period },
			{ "QuotaReset", .set = path_quota_reset },
		},
	},
	{
		"Class", class_begin, class_end, &br_steer_class_type,
		{
			{ "Name", .field = "class" },
			{ "Paths", .field = "paths" },
			{ "Cost", .field = "cost" },
			{ "Verdict", .field = "verdict" },
			{ "Fallback", .field = "fallback" },
			{ "MaxRTT", .field = "max-rtt" },
			{ "MaxJitter", .field = "max-jitter" },
			{ "MaxLoss", .field = "max-loss" },
			{ "MinRate", .field = "min-rate" },
		},
	},
	{
		"Rule", rule_begin, rule_end, &br_steer_rule_type,
		{
			{ "Pref", .field = "pref" },
			{ "From", .field = "from" },
			{ "To", .field = "to" },
			{ "Proto", .field = "proto" },
			{ "SPort", .field = "sport" },
			{ "DPort", .field = "dport" },
			{ "DSCP", .field = "dscp" },
			{ "Mark", .field = "mark" },
			{ "Size", .field = "size" },
			{ "Class", .field = "class" },
		},
	},
	{ NULL }
};

static int whole_check(struct br_ini_parser *p)
{
	const struct br_config *c = p->config;
	unsigned int i;

	if (!c->name[0])
		return br_fail(p->err, BR_FILE, EINVAL, "%s: no [Device]",
			       p->path);
	if (c->table != BR_TABLE_MAIN && !c->fwmark)
		return br_fail(p->err, BR_FILE, EINVAL,
			"%s: Table needs FwMark, or the tunnel's own packets would look there, too",
			p->path);
	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i].has_public && !c->private_key_file)
			return br_fail(p->err, BR_FILE, EINVAL,
				"%s: peer %s has a PublicKey: [Device] needs PrivateKeyFile",
				p->path, c->peers[i].peer.name);
	if (c->rules.rules.n && !c->policy[0])
		return br_fail(p->err, BR_FILE, EINVAL,
			"%s: [Rule] needs Policy in [Device]: the built-in policy goes by no rules",
			p->path);
	return br_quota_file(p);
}

int br_config_parse(FILE *file, const char *path, struct br_config *config,
		    struct br_error *err)
{
	struct br_ini_parser p = {
		.file = file, .path = path, .sections = br_config_sections,
		.config = config, .err = err
	};
	int ret;

	*config = (struct br_config){
		.table = BR_TABLE_MAIN, .routes = true, .rekey_us = BR_REKEY_US,
		.resolve_us = BR_RESOLVE_US,
		.cipher = BR_CIPHER_CHACHA20_POLY1305,
	};
	br_ruleset_init(&config->rules);
	ret = br_ini_read(&p);
	if (!ret)
		ret = whole_check(&p);
	if (ret)
		br_config_free(config);
	return ret;
}

int br_config_read(const char *path, struct br_config *config,
		   struct br_error *err)
{
	FILE *file = fopen(path, "re");
	int ret;

	if (!file)
		return br_fail(err, BR_FILE, errno, "%s: %s", path,
			       strerror(errno));
	ret = br_config_parse(file, path, config, err);
	fclose(file);
	return ret;
}

static void texts_free(struct br_config_texts *texts)
{
	unsigned int i;

	for (i = 0; i < texts->n; i++)
		free(texts->text[i]);
	free(texts->text);
}

void br_config_free(struct br_config *config)
{
	unsigned int i;

	for (i = 0; i < config->n_peers; i++) {
		free(config->peers[i].route.p);
		free(config->peers[i].key_file);
	}
	texts_free(&config->post_up);
	texts_free(&config->pre_down);
	for (i = 0; i < config->n_paths; i++) {
		free(config->paths[i].ports);
		free(config->paths[i].host);
	}
	br_ruleset_free(&config->rules);
	free(config->private_key_file);
	free(config->ports);
	free(config->address.p);
	free(config->sockets);
	free(config->peers);
	free(config->paths);
	*config = (struct br_config){ 0 };
}
