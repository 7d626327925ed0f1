// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hop.h"
#include "pathsock.h"
#include "verbs.h"

/* Names device, peer and path in front of a refusal. */
static int where(struct br_call *call)
{
	const struct br_path *path = call->object;

	return br_where(&call->err, "%s: peer %s: path %s",
			br_call_text(call, "dev"), path->peer, path->name);
}

/* What the path wants of its socket. The path itself has no such attributes. */
static int socket_wanted(struct br_call *call, struct br_socket *wanted)
{
	static const char *const same[] = { "local", "link", "fwmark" };
	const char *text;
	unsigned int i;
	int ret;

	memset(wanted, 0, sizeof(*wanted));
	for (i = 0; i < 3; i++) {
		text = br_call_text(call, same[i]);
		if (!text)
			continue;
		ret = br_field_parse(&br_socket_type, same[i], wanted, text,
				     &call->err);
		if (ret)
			return ret;
	}
	return 0;
}

static int path_add(struct br_call *call)
{
	struct br_path *path = call->object;
	struct br_socket wanted;
	struct br_nl *nl;
	int ret;

	if (!br_call_text(call, "local") == !br_call_text(call, "socket"))
		return br_fail(&call->err, BR_USAGE, EINVAL,
			       "path add: either local or socket must be given");
	ret = socket_wanted(call, &wanted);
	if (!ret)
		ret = br_call_open(call, &path->ifindex, &nl);
	if (ret)
		return ret;
	ret = br_pathsock_add(nl, path, &wanted, NULL, &call->err);
	br_nl_close(nl);
	return ret ? where(call) : 0;
}

static int path_del(struct br_call *call)
{
	struct br_path *path = call->object;
	struct br_nl *nl;
	int ret;

	ret = br_call_open(call, &path->ifindex, &nl);
	if (ret)
		return ret;
	ret = br_pathsock_del(nl, path, &call->err);
	br_nl_close(nl);
	return ret ? where(call) : 0;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* Until the old port is closed, or the new one given up. */
static int hop_wait(struct br_nl *nl, struct br_call *call)
{
	struct br_hop hop = { 0 };
	int ret;

	while ((ret = br_hop_go_on(nl, call->object, &hop, now_ms(),
				   &call->err)) == 1)
		usleep(BR_HOP_POLL_MS * 1000);
	return ret;
}

static int path_hop(struct br_call *call)
{
	const char *text = br_call_text(call, "ports"), *why;
	struct br_path *path = call->object;
	struct br_ports ports;
	struct br_nl *nl;
	int ret;

	/* checked when the command was read */
	if (text)
		br_ports_parse(text, &ports, &why);
	ret = br_call_open(call, &path->ifindex, &nl);
	if (ret)
		return ret;
	ret = br_hop_begin(nl, path, text ? &ports : NULL, NULL, &call->err);
	if (!ret)
		ret = hop_wait(nl, call);
	br_nl_close(nl);
	return ret ? where(call) : 0;
}

static int path_set(struct br_call *call)
{
	return br_call_do(call, BRAID_CMD_PATH_SET);
}

static int probe(struct br_call *call)
{
	return br_call_do(call, BRAID_CMD_PATH_PROBE);
}

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "path", "state", "reason", "local", "remote",
		"link", "cost", "srtt", "loss-ppm", "rate", "tx-bytes",
		"rx-bytes", NULL
	};

	return br_call_show(call, BRAID_CMD_PATH_GET, columns);
}

#define PEER	{ "peer", "PEER", BR_WORD_FIELD, BR_REQUIRED, NULL }
#define NAME	{ "path", "NAME", BR_WORD_FIELD, BR_REQUIRED, NULL }

const struct br_command br_path_commands[] = {
	{
		"path", "add", &br_path_type,
		{
			BR_WORD_THE_DEV, PEER, NAME,
			{ "local", "ADDR|auto[:PORT]", BR_WORD_SOCKET, 0, NULL },
			{ "socket", "SOCKET", BR_WORD_FIELD, 0, NULL },
			{ "remote", "ADDR:PORT", BR_WORD_FIELD, BR_REQUIRED,
			  NULL },
			{ "link", "LINK", BR_WORD_SOCKET, 0, NULL },
			{ "fwmark", "MARK", BR_WORD_SOCKET, 0, NULL },
			{ "cost", "N", BR_WORD_FIELD, 0, NULL },
			{ "standby", NULL, BR_WORD_FLAG, 0, NULL },
			{ "cold", NULL, BR_WORD_FLAG, 0, NULL },
			{ "cap", "RATE", BR_WORD_FIELD, 0, NULL },
			{ "keepalive", "TIME", BR_WORD_FIELD, 0, NULL },
			{ "quota", "BYTES", BR_WORD_FIELD, 0, NULL },
		},
		path_add, "add a path; makes a socket for local, or shares one",
	},
	{
		"path", "set", &br_path_type,
		{
			BR_WORD_THE_DEV, PEER, NAME,
			{ "cost", "N", BR_WORD_FIELD, 0, NULL },
			{ "standby", "yes|no", BR_WORD_FIELD, 0, NULL },
			{ "cold", "yes|no", BR_WORD_FIELD, 0, NULL },
			{ "cap", "RATE", BR_WORD_FIELD, 0, NULL },
			{ "keepalive", "TIME", BR_WORD_FIELD, 0, NULL },
			{ "quota", "BYTES", BR_WORD_FIELD, 0, NULL },
			{ "quota-used", "BYTES", BR_WORD_FIELD, 0, NULL },
		},
		path_set, "change a path's preferences; cap 0 lifts the cap, quota 0 the budget",
	},
	{
		"path", "del", &br_path_type, { BR_WORD_THE_DEV, PEER, NAME },
		path_del, "delete a path, and the socket made for it",
	},
	{
		"path", "hop", &br_path_type,
		{
			BR_WORD_THE_DEV, PEER, NAME,
			{ "ports", "LIST", BR_WORD_PORTS, 0, NULL },
		},
		path_hop, "move a path to another local port, under traffic",
	},
	{
		"path", "probe", &br_path_type, { BR_WORD_THE_DEV, PEER, NAME },
		probe, "probe a path now",
	},
	{
		"path", "test", &br_path_type,
		{
			BR_WORD_THE_DEV, PEER, NAME,
			{ "count", "N", BR_WORD_COUNT, 0, NULL },
		},
		br_path_test, "probe a standby or cold path, many times",
	},
	{
		"path", "migrate", &br_path_type,
		{
			BR_WORD_THE_DEV, PEER,
			{ "from", "NAME", BR_WORD_TEXT, BR_REQUIRED, NULL },
			{ "to", "NAME", BR_WORD_TEXT, BR_REQUIRED, NULL },
			{ "old", "standby|cold|delete", BR_WORD_CHOICE, 0,
			  "standby|cold|delete" },
			{ "max-rtt", "TIME", BR_WORD_TEXT, 0, NULL },
			{ "max-loss", "PERCENT", BR_WORD_TEXT, 0, NULL },
			{ "journal", "FILE", BR_WORD_FILE, 0, NULL },
		},
		br_path_migrate, "move what is sent from one path to another",
	},
	{
		"path", "show", &br_path_type,
		{
			BR_WORD_ANY_DEV,
			{ "peer", "PEER", BR_WORD_FIELD, 0, NULL },
			{ "path", "NAME", BR_WORD_FIELD, 0, NULL },
		},
		show, "list paths",
	},
	{ NULL }
};
