// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flow.h"
#include "flowfilter.h"
#include "interrupt.h"
#include "verbs.h"

static int filter_read(struct br_call *call, struct br_flow_filter *filter)
{
	const char *const *word;
	const char *value;
	int ret = 0;

	for (word = br_flow_filter_words; !ret && *word; word++) {
		value = br_call_text(call, *word);
		if (value)
			ret = br_flow_filter_set(filter, *word, value,
						 &call->err);
	}
	return ret;
}

static enum br_flow_order order_read(const struct br_call *call)
{
	const char *name = br_call_text(call, "sort");
	unsigned int i;

	for (i = 0; name && i < BR_FLOW_ORDERS; i++)
		if (!strcmp(name, br_flow_order_names[i]))
			return i;
	return BR_FLOW_BY_RATE;
}

static int print(struct br_call *call, struct br_nl *nl, uint32_t ifindex,
		 const struct br_flow_filter *filter)
{
	static const char *const columns[] = {
		"dev", "peer", "proto", "near", "far", "class", "out-rate",
		"in-rate", "out-bytes", "in-bytes", "idle", "verdict", "share",
		NULL
	};
	struct br_list list;
	int ret;

	ret = br_flow_list(nl, ifindex, &list, &call->err);
	if (!ret) {
		br_flow_filter_apply(filter, &list);
		br_flow_sort(&list, order_read(call));
		ret = br_list_print(&call->out, &list, columns);
	}
	br_list_free(&list);
	return ret;
}

/* Again and again until somebody ends it, or nobody reads any more. */
static int watch(struct br_call *call, struct br_nl *nl, uint32_t ifindex,
		 const struct br_flow_filter *filter, unsigned int seconds)
{
	const struct timespec pause = { .tv_sec = seconds };
	int ret;

	br_interrupt_catch();
	for (;;) {
		ret = print(call, nl, ifindex, filter);
		if (ret || fflush(call->out.file) || br_interrupted() ||
		    nanosleep(&pause, NULL))
			return ret;
		if (!call->out.json)
			fputc('\n', call->out.file);
	}
}

static int show(struct br_call *call)
{
	const char *seconds = br_call_text(call, "watch");
	struct br_flow_filter filter = { .port = 0 };
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = filter_read(call, &filter);
	if (!ret)
		ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = seconds ? watch(call, nl, ifindex, &filter, atoi(seconds)) :
			print(call, nl, ifindex, &filter);
	br_nl_close(nl);
	return ret;
}

const struct br_command br_flow_commands[] = {
	{
		"flow", "show", NULL,
		{
			BR_WORD_ANY_DEV,
			{ "peer", "PEER", BR_WORD_TEXT, 0, NULL },
			{ "proto", "PROTO", BR_WORD_TEXT, 0, NULL },
			{ "class", "CLASS", BR_WORD_TEXT, 0, NULL },
			{ "path", "PATH", BR_WORD_TEXT, 0, NULL },
			{ "host", "NET", BR_WORD_TEXT, 0, NULL },
			{ "port", "PORT", BR_WORD_TEXT, 0, NULL },
			{ "sort", "rate|bytes|age", BR_WORD_CHOICE, 0,
			  "rate|bytes|age" },
			{ "watch", "SECONDS", BR_WORD_COUNT, 0, NULL },
		},
		show, "flows that policies know, largest first",
	},
	{ NULL }
};
