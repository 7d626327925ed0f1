// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "text.h"
#include "verbs.h"

/* A line of the table: one counter and whose it is. */
struct row {
	uint64_t has;
	uint32_t ifindex;
	char peer[BR_NAME];
	char name[BR_NAME];
	uint64_t value;
};

#define F(...) BR_FIELD(row, __VA_ARGS__)

static const struct br_field row_fields[] = {
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(peer, "peer", "PEER", BR_STRING),
	F(name, "counter", "COUNTER", BR_STRING),
	F(value, "value", "VALUE", BR_U64),
};

static const struct br_type row_type = {
	.name = "counter", .size = sizeof(struct row), .fields = row_fields,
	.n = 4,
};

static int rows_add(struct br_list *rows, uint32_t ifindex, const char *peer,
		    const struct br_counters *counters, bool all)
{
	struct row *row;
	unsigned int i;

	for (i = 0; i < counters->n; i++) {
		if (!all && !counters->c[i].value)
			continue;
		row = br_list_add(rows);
		if (!row)
			return -ENOMEM;
		row->ifindex = ifindex;
		br_fill(row->peer, peer);
		br_fill(row->name, counters->c[i].name);
		row->value = counters->c[i].value;
		row->has = peer[0] ? 0xf : 0xd;
	}
	return 0;
}

/* JSON keeps zeros: a program should not have to know what may be absent. */
static int collect(struct br_call *call, struct br_nl *nl, uint32_t ifindex,
		   struct br_list *rows)
{
	bool all = call->out.json || br_call_text(call, "all");
	const char *only = br_call_text(call, "peer");
	struct br_list devices = { 0 }, peers = { 0 };
	const struct br_device *device;
	const struct br_peer *peer;
	unsigned int i;
	int ret;

	ret = br_nl_dump(nl, BRAID_CMD_DEVICE_GET, &br_device_type, 0,
			 &devices, &call->err);
	for (i = 0; !ret && !only && i < devices.n; i++) {
		device = br_list_at(&devices, i);
		if (!ifindex || device->ifindex == ifindex)
			ret = rows_add(rows, device->ifindex, "",
				       &device->counters, all);
	}
	if (!ret)
		ret = br_nl_dump(nl, BRAID_CMD_PEER_GET, &br_peer_type,
				 ifindex, &peers, &call->err);
	for (i = 0; !ret && i < peers.n; i++) {
		peer = br_list_at(&peers, i);
		if (!only || !strcmp(only, peer->name))
			ret = rows_add(rows, peer->ifindex, peer->name,
				       &peer->counters, all);
	}
	br_list_free(&devices);
	br_list_free(&peers);
	return ret;
}

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "counter", "value", NULL
	};
	struct br_list rows = { .type = &row_type };
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = collect(call, nl, ifindex, &rows);
	br_nl_close(nl);
	if (!ret)
		ret = br_list_print(&call->out, &rows, columns);
	br_list_free(&rows);
	return ret;
}

const struct br_command br_counters_commands[] = {
	{
		"counters", NULL, NULL,
		{
			BR_WORD_ANY_DEV,
			{ "peer", "PEER", BR_WORD_TEXT, 0, NULL },
			{ "all", NULL, BR_WORD_FLAG, 0, NULL },
		},
		show, "counters of devices and peers; all: zeros, too",
	},
	{ NULL }
};
