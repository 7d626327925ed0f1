// SPDX-License-Identifier: GPL-2.0
/* [Device] of braid.conf(5), and what other sections have like it. */
#define _GNU_SOURCE	/* asprintf */
#include "config-part.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "field.h"
#include "route.h"
#include "text.h"

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

int br_config_prefixes_add(struct br_ini_parser *p,
			   struct br_config_prefixes *list, const char *value)
{
	char buf[BR_ADDRESS_TEXT];
	struct br_prefix *new;
	const char *why;
	size_t len;

	do {
		value += strspn(value, " \t");
		len = strcspn(value, ", \t");
		snprintf(buf, sizeof(buf), "%.*s", (int)len, value);
		new = br_config_grow(&list->p, &list->n, sizeof(*new));
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
	return br_config_prefixes_add(p, &p->config->address, value);
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
int br_config_file_name(struct br_ini_parser *p, const char *value, char **to)
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
	return br_config_file_name(p, value, &p->config->private_key_file);
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

static int device_pool_size(struct br_ini_parser *p, const char *value)
{
	uint64_t size;

	if (br_number_parse(value, BR_POOL_SIZE_MAX, &size))
		return br_ini_refuse(p, "'%s' is not a number from 0 to 65536",
				     value);
	p->config->pool_size = size;
	return 0;
}

static int device_hold(struct br_ini_parser *p, const char *value)
{
	uint64_t s;

	if (br_span_parse(value, &s) || s < BR_HOLD_MIN_US / 1000000 ||
	    s > BR_HOLD_MAX_US / 1000000)
		return br_ini_refuse(p, "'%s' is not a time between 1s and 7d",
				     value);
	p->config->hold_us = s * 1000000;
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

int br_config_ports_parse(struct br_ini_parser *p, const char *value,
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
	return br_config_ports_parse(p, value, &p->config->ports);
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
	char **new = br_config_grow(&list->text, &list->n, sizeof(*new));

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

const struct br_ini_section br_config_device_section = {
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
		{ "PoolSize", .set = device_pool_size },
		{ "HoldTime", .set = device_hold },
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
};
