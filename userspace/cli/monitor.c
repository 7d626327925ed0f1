// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

static int lost_print(const struct br_output *out, uint32_t lost)
{
	if (!lost)
		return 0;
	if (out->json)
		return fprintf(out->file,
			       "{\"what\": \"lost\", \"count\": %u}\n", lost);
	return fprintf(out->file, "%u events were lost: what is known may be out of date\n",
		       lost);
}

/* One line an event, in JSON one object a line, so that readers can stream. */
static int event_print(const struct br_output *out,
		       const struct br_event *event)
{
	const struct br_type *type = &br_event_type;
	unsigned int i;
	json_t *value;
	char *text;
	int ret = 0;

	if (out->json) {
		value = br_object_json(type, event);
		ret = json_dumpf(value, out->file, JSON_COMPACT);
		json_decref(value);
		fputc('\n', out->file);
		return ret;
	}
	for (i = 1; i < type->n; i++) {
		text = br_field_text(type, &type->fields[i], event);
		if (text && strcmp(text, "-"))
			fprintf(out->file, "%s%s", i > 1 ? " " : "", text);
		free(text);
	}
	return fputc('\n', out->file) == EOF ? -1 : ret;
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
		if (ret)
			break;
		lost_print(&call->out, lost);
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
		"print events as they happen; says how many were lost",
	},
	{ NULL }
};
