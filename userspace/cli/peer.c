// SPDX-License-Identifier: GPL-2.0
#include "total.h"
#include "verbs.h"

static int add(struct br_call *call)
{
	return br_call_do(call, BRAID_CMD_PEER_NEW);
}

static int set(struct br_call *call)
{
	return br_call_do(call, BRAID_CMD_PEER_SET);
}

static int del(struct br_call *call)
{
	int ret = br_call_do(call, BRAID_CMD_PEER_DEL);
	struct br_error none;
	uint32_t ifindex;
	struct br_nl *nl;

	if (ret || br_call_device(call, &ifindex))
		return ret;
	/* what policies have counted of it would stay behind */
	nl = br_nl_open(&none);
	if (nl)
		br_total_forget(nl, ifindex, true);
	br_nl_close(nl);
	return 0;
}

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "address", "paths-usable", "path-count",
		"rate-available", "rate-in-use", "rate-received", "queue-packets",
		"held-packets", "source", NULL
	};

	return br_call_show(call, BRAID_CMD_PEER_GET, columns);
}

#define NAME	{ "peer", "NAME", BR_WORD_FIELD, BR_REQUIRED, NULL }
#define ADDRESS(flags)	{ "address", "ADDR,...", BR_WORD_FIELD, flags, NULL }
#define SOURCE	{ "source", "strict|any", BR_WORD_FIELD, 0, NULL }
#define REORDER	{ "reorder-cap", "TIME", BR_WORD_FIELD, 0, NULL }

const struct br_command br_peer_commands[] = {
	{
		"peer", "add", &br_peer_type,
		{
			BR_WORD_THE_DEV, NAME, ADDRESS(BR_REQUIRED), SOURCE,
			{ "multicast", NULL, BR_WORD_FLAG, 0, NULL }, REORDER,
		},
		add, "add a peer; routes name its addresses as next hops",
	},
	{
		"peer", "set", &br_peer_type,
		{
			BR_WORD_THE_DEV, NAME, ADDRESS(0), SOURCE,
			{ "multicast", "yes|no", BR_WORD_FIELD, 0, NULL },
			REORDER,
		},
		set, "change a peer; a list of addresses replaces the old one",
	},
	{
		"peer", "del", &br_peer_type, { BR_WORD_THE_DEV, NAME },
		del, "delete a peer, its paths and its keys",
	},
	{
		"peer", "show", &br_peer_type,
		{
			BR_WORD_ANY_DEV,
			{ "peer", "NAME", BR_WORD_FIELD, 0, NULL },
		},
		show, "list peers",
	},
	{ NULL }
};
