// SPDX-License-Identifier: GPL-2.0
/* [Peer] of braid.conf(5). */
#include "config-part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "route.h"
#include "text.h"

static struct br_config_peer *peer_last(struct br_ini_parser *p)
{
	return &p->config->peers[p->config->n_peers - 1];
}

static int peer_begin(struct br_ini_parser *p)
{
	if (!br_config_grow(&p->config->peers, &p->config->n_peers,
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
	return br_config_prefixes_add(p, &peer_last(p)->route, value);
}

static int peer_key_file(struct br_ini_parser *p, const char *value)
{
	return br_config_file_name(p, value, &peer_last(p)->key_file);
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

static int peer_pattern(struct br_ini_parser *p, const char *value)
{
	unsigned int i;

	for (i = 0; br_habit_names[i]; i++) {
		if (strcmp(value, br_habit_names[i]))
			continue;
		peer_last(p)->habit = i;
		return 0;
	}
	return br_ini_refuse(p, "'%s' is not auto, steady, flapping, periodic, mobile or rare",
			     value);
}

const struct br_ini_section br_config_peer_section = {
	"Peer", peer_begin, peer_end, &br_peer_type,
	{
		{ "Name", .field = "peer" },
		{ "Address", .set = peer_address },
		{ "Route", .set = peer_route, .many = true },
		{ "KeyFile", .set = peer_key_file },
		{ "PublicKey", .set = peer_public_key },
		{ "Pattern", .set = peer_pattern },
		{ "Source", .field = "source" },
		{ "Multicast", .field = "multicast" },
		{ "ReorderCap", .field = "reorder-cap" },
	},
};
