// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "verbs.h"

/* One line an event, so that readers can stream. */
static void event_print(const struct br_output *out,
			const struct br_event *event)
{
	const struct br_type *type = &br_event_type;
	unsigned int i;
	char *text;

	if (out->json) {
		br_json_line(out, br_object_json(type, event));
		return;
	}
	for (i = 1; i < type->n; i++) {
		text = br_field_text(type, &type->fields[i], event);
		if (text && strcmp(text, "-"))
			fprintf(out->file, "%s%s", i > 1 ? " " : "", text);
		free(text);
	}
	fputc('\n', out->file);
}

/**
 * struct kind - what is told of objects after a loss
 * @cmd: lists them
 * @type: their type
 * @columns: their fields in text; in JSON all are told
 */
static const struct kind {
	int cmd;
	const struct br_type *type;
	const char *columns[5];
} kinds[] = {
	{ BRAID_CMD_DEVICE_GET, &br_device_type,
	  { "dev", "policy-active" } },
	{ BRAID_CMD_SOCKET_GET, &br_socket_type,
	  { "dev", "socket", "local" } },
	{ BRAID_CMD_PEER_GET, &br_peer_type,
	  { "dev", "peer", "paths-usable" } },
	{ BRAID_CMD_PATH_GET, &br_path_type,
	  { "dev", "peer", "path", "state", "reason" } },
};

static void object_print(const struct br_output *out, const struct kind *k,
			 const void *obj)
{
	json_t *value;
	unsigned int i;
	char *text;

	if (out->json) {
		value = br_object_json(k->type, obj);
		json_object_del(value, "counters");
		json_object_set_new(value, "what", json_string("now"));
		json_object_set_new(value, "object", json_string(k->type->name));
		br_json_line(out, value);
		return;
	}
	fprintf(out->file, "now %s", k->type->name);
	for (i = 0; i < ARRAY_SIZE(k->columns) && k->columns[i]; i++) {
		text = br_field_text(k->type,
				     br_field_find(k->type, k->columns[i]),
				     obj);
		fprintf(out->file, " %s", text ? text : "-");
		free(text);
	}
	fputc('\n', out->file);
}

static int kind_print(const struct br_output *out, struct br_nl *nl,
		      const struct kind *k, struct br_error *err)
{
	struct br_list list;
	unsigned int i;
	int ret;

	ret = br_nl_dump(nl, k->cmd, k->type, 0, &list, err);
	for (i = 0; !ret && i < list.n; i++)
		object_print(out, k, br_list_at(&list, i));
	br_list_free(&list);
	return ret;
}

/*
 * What was lost cannot be had, but what it led to can: everything that there
 * is now. The listening client serves nothing else, so that another one asks.
 */
static int resync(const struct br_output *out, uint32_t lost,
		  struct br_error *err)
{
	struct br_nl *nl;
	unsigned int i;
	int ret = 0;

	if (out->json)
		fprintf(out->file, "{\"what\":\"lost\",\"count\":%u}\n", lost);
	else
		fprintf(out->file, "%u events were lost; what there is now:\n",
			lost);
	nl = br_nl_open(err);
	if (!nl)
		return -err->code;
	for (i = 0; !ret && i < ARRAY_SIZE(kinds); i++)
		ret = kind_print(out, nl, &kinds[i], err);
	br_nl_close(nl);
	return ret;
}

/* Ends when the reader has gone, or by a signal. */
static int monitor(struct br_call *call)
{
	struct br_nl *nl = br_nl_open(&call->err);
	struct br_event event;
	uint32_t lost;
	int ret;

	if (!nl)
		return -call->err.code;
	ret = br_nl_listen(nl, &call->err);
	while (!ret) {
		ret = br_nl_event(nl, &event, &lost, &call->err);
		if (!ret && lost)
			ret = resync(&call->out, lost, &call->err);
		if (ret)
			break;
		event_print(&call->out, &event);
		if (fflush(call->out.file))
			break;
	}
	br_nl_close(nl);
	return ret;
}

const struct br_command br_monitor_commands[] = {
	{
		"monitor", NULL, NULL, { { NULL } }, monitor,
		"print events as they happen, and all there is after a loss",
	},
	{ NULL }
};
