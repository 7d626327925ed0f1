// SPDX-License-Identifier: GPL-2.0
#include "verbs.h"

static int add(struct br_call *call)
{
	return br_call_do(call, BRAID_CMD_SOCKET_NEW);
}

static int del(struct br_call *call)
{
	return br_call_do(call, BRAID_CMD_SOCKET_DEL);
}

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "socket", "local", "link", "fwmark", "listen", "users",
		NULL
	};

	return br_call_show(call, BRAID_CMD_SOCKET_GET, columns);
}

#define NAME	{ "socket", "NAME", BR_WORD_FIELD, BR_REQUIRED, NULL }

const struct br_command br_socket_commands[] = {
	{
		"socket", "add", &br_socket_type,
		{
			BR_WORD_THE_DEV, NAME,
			{ "local", "ADDR|auto[:PORT]", BR_WORD_FIELD,
			  BR_REQUIRED, NULL },
			{ "link", "LINK", BR_WORD_FIELD, 0, NULL },
			{ "listen", NULL, BR_WORD_FLAG, 0, NULL },
			{ "fwmark", "MARK", BR_WORD_FIELD, 0, NULL },
		},
		add, "open a UDP socket; listen lets unknown remotes in",
	},
	{
		"socket", "del", &br_socket_type, { BR_WORD_THE_DEV, NAME },
		del, "close a socket that no path uses",
	},
	{
		"socket", "show", &br_socket_type,
		{
			BR_WORD_ANY_DEV,
			{ "socket", "NAME", BR_WORD_FIELD, 0, NULL },
		},
		show, "list sockets",
	},
	{ NULL }
};
