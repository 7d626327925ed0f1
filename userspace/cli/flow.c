// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flow.h"
#include "flowfilter.h"
#include "interrupt.h"
#include "text.h"
#include "total.h"
#include "verbs.h"

/* From one look of the monitor to the next */
#define LOOK_NS		200000000

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

/* Return: a connection to the kernel in @nl, to be closed with br_nl_close() */
static int begin(struct br_call *call, struct br_flow_filter *filter,
		 uint32_t *ifindex, struct br_nl **nl)
{
	int ret;

	*filter = (struct br_flow_filter){ .port = 0 };
	ret = filter_read(call, filter);
	return ret ? ret : br_call_open(call, ifindex, nl);
}

static int show(struct br_call *call)
{
	const char *seconds = br_call_text(call, "watch");
	struct br_flow_filter filter;
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = begin(call, &filter, &ifindex, &nl);
	if (ret)
		return ret;
	ret = seconds ? watch(call, nl, ifindex, &filter, atoi(seconds)) :
			print(call, nl, ifindex, &filter);
	br_nl_close(nl);
	return ret;
}

static int totals(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "what", "name", "out-packets", "out-segments", "out-bytes",
		"in-packets", "in-segments", "in-bytes", NULL
	};
	struct br_list list;
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = br_total_list(nl, ifindex, &list, &call->err);
	if (!ret)
		ret = br_list_print(&call->out, &list, columns);
	br_list_free(&list);
	br_nl_close(nl);
	return ret;
}

/* What a flow is known by */
static int by_ends(const void *a, const void *b)
{
	const struct br_flow *x = a, *y = b;
	int ret = (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);

	if (!ret)
		ret = strcmp(x->peer, y->peer);
	if (!ret)
		ret = strcmp(x->proto, y->proto);
	if (!ret)
		ret = memcmp(&x->near, &y->near, sizeof(x->near));
	return ret ? ret : memcmp(&x->far, &y->far, sizeof(x->far));
}

/* Why a flow is treated otherwise than at the last look, NULL when it is not. */
static const char *difference(const struct br_flow *was, const struct br_flow *is)
{
	if (!was)
		return "new";
	if (was->rule != is->rule)
		return "another rule takes it";
	if (strcmp(was->class, is->class))
		return "its class changed";
	if (was->moves != is->moves)
		return is->why;
	return strcmp(was->verdict, is->verdict) ? "another verdict" : NULL;
}

static void change_print(struct br_call *call, const struct br_flow *flow,
			 const char *why)
{
	static const char *const columns[] = {
		"dev", "peer", "proto", "near", "far", "class", "verdict",
	};
	FILE *to = call->out.file;
	unsigned int i;
	json_t *value;
	char *text;

	if (call->out.json) {
		value = br_object_json(&br_flow_type, flow);
		json_object_set_new(value, "change", json_string(why));
		br_json_line(&call->out, value);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		text = br_field_text(&br_flow_type,
				     br_field_find(&br_flow_type, columns[i]),
				     flow);
		fprintf(to, "%s ", text ? text : "-");
		free(text);
	}
	fprintf(to, "(%s)\n", why);
}

/*
 * Both lists are sorted. What is in @was and not in @is has been forgotten. @first: there
 * is no @was yet
 */
static void changes_print(struct br_call *call, const struct br_list *was,
			  const struct br_list *is, bool first)
{
	const struct br_flow *old, *new;
	const char *why;
	unsigned int i;

	for (i = 0; i < is->n; i++) {
		new = br_list_at(is, i);
		old = was->n ? bsearch(new, was->items, was->n,
				       was->type->size, by_ends) : NULL;
		why = first ? "there already" : difference(old, new);
		if (why)
			change_print(call, new, why);
	}
}

/* Flows are looked at, not listened to: what changes back in between is not told. */
static int follow(struct br_call *call, struct br_nl *nl, uint32_t ifindex,
		  const struct br_flow_filter *filter)
{
	static const struct timespec pause = { .tv_nsec = LOOK_NS };
	struct br_list was = { .type = &br_flow_type }, is;
	bool first = true;
	int ret;

	br_interrupt_catch();
	do {
		ret = br_flow_list(nl, ifindex, &is, &call->err);
		if (ret) {
			br_list_free(&is);
			break;
		}
		br_flow_filter_apply(filter, &is);
		if (is.n)
			qsort(is.items, is.n, is.type->size, by_ends);
		changes_print(call, &was, &is, first);
		first = false;
		br_list_free(&was);
		was = is;
	} while (!fflush(call->out.file) && !br_interrupted() &&
		 !nanosleep(&pause, NULL));
	br_list_free(&was);
	return ret;
}

static int monitor(struct br_call *call)
{
	struct br_flow_filter filter;
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = begin(call, &filter, &ifindex, &nl);
	if (ret)
		return ret;
	ret = follow(call, nl, ifindex, &filter);
	br_nl_close(nl);
	return ret;
}

#define PEER	{ "peer", "PEER", BR_WORD_TEXT, 0, NULL }
#define PROTO	{ "proto", "PROTO", BR_WORD_TEXT, 0, NULL }
#define CLASS	{ "class", "CLASS", BR_WORD_TEXT, 0, NULL }
#define PATH	{ "path", "PATH", BR_WORD_TEXT, 0, NULL }
#define HOST	{ "host", "NET", BR_WORD_TEXT, 0, NULL }
#define PORT	{ "port", "PORT", BR_WORD_TEXT, 0, NULL }

const struct br_command br_flow_commands[] = {
	{
		"flow", "show", NULL,
		{
			BR_WORD_ANY_DEV, PEER, PROTO, CLASS, PATH, HOST, PORT,
			{ "sort", "rate|bytes|age", BR_WORD_CHOICE, 0,
			  "rate|bytes|age" },
			{ "watch", "SECONDS", BR_WORD_COUNT, 0, NULL },
		},
		show, "flows that policies know, largest first",
	},
	{
		"flow", "monitor", NULL,
		{ BR_WORD_ANY_DEV, PEER, PROTO, CLASS, PATH, HOST, PORT },
		monitor, "tell how and why flows are treated otherwise, until interrupted",
	},
	{
		"flow", "totals", NULL, { BR_WORD_ANY_DEV },
		totals, "what passed devices, peers, classes, policies and paths",
	},
	{ NULL }
};
