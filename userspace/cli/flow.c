// SPDX-License-Identifier: GPL-2.0
#include "flow.h"

#include <string.h>

#include "verbs.h"

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "proto", "near", "far", "class", "out-rate",
		"in-rate", "out-bytes", "in-bytes", "idle", "verdict", "share",
		NULL
	};
	const char *sort = br_call_text(call, "sort");
	struct br_list list;
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = br_flow_list(nl, ifindex, &list, &call->err);
	br_nl_close(nl);
	if (!ret) {
		br_flow_sort(&list, !sort || !strcmp(sort, "rate"));
		ret = br_list_print(&call->out, &list, columns);
	}
	br_list_free(&list);
	return ret;
}

const struct br_command br_flow_commands[] = {
	{
		"flow", "show", NULL,
		{
			BR_WORD_ANY_DEV,
			{ "sort", "rate|bytes", BR_WORD_CHOICE, 0,
			  "rate|bytes" },
		},
		show, "flows that policies know, largest first",
	},
	{ NULL }
};
