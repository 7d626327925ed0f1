// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <time.h>

#include "checkpoint.h"
#include "savefile.h"
#include "verbs.h"

static int save(struct br_call *call)
{
	struct br_nl *nl;
	uint32_t ifindex;
	json_t *json;
	int ret;

	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	json = br_checkpoint_make(nl, ifindex, &call->err);
	br_nl_close(nl);
	if (!json)
		return ifindex ? br_where(&call->err, "%s",
					  br_call_text(call, "dev")) :
				 -call->err.code;
	ret = br_save_write(br_call_text(call, "file"), json, NULL,
			    &call->err);
	json_decref(json);
	return ret;
}

static const char *text(const json_t *json, const char *key)
{
	const char *value = json_string_value(json_object_get(json, key));

	return value ? value : "-";
}

static void path_print(FILE *to, const json_t *path)
{
	const json_t *srtt = json_object_get(path, "srtt_us");
	const json_t *rate = json_object_get(path, "rate");
	char buf[BR_FIELD_TEXT];

	fprintf(to, "    path %s: %s to %s%s%s", text(path, "path"),
		text(path, "local"), text(path, "remote"),
		json_is_true(json_object_get(path, "standby")) ?
		", standby" : "",
		json_is_true(json_object_get(path, "cold")) ? ", cold" : "");
	if (json_integer_value(srtt))
		fprintf(to, ", round trip %s",
			br_usec_text(json_integer_value(srtt), buf));
	if (json_integer_value(rate))
		fprintf(to, ", rate %s",
			br_rate_text(json_integer_value(rate), buf));
	fputc('\n', to);
}

static void move_print(FILE *to, const json_t *move)
{
	fprintf(to, "  migration of %s from %s to %s: %s\n",
		text(move, "peer"),
		text(json_object_get(move, "from"), "path"),
		text(json_object_get(move, "to"), "path"),
		text(move, "step"));
}

static void device_print(FILE *to, const json_t *device)
{
	const json_t *peer, *one;
	size_t i, j;

	fprintf(to, "%s: policy %s\n", text(device, "dev"),
		text(device, "policy_active"));
	json_array_foreach(json_object_get(device, "peers"), i, peer) {
		fprintf(to, "  peer %s\n", text(peer, "peer"));
		json_array_foreach(json_object_get(peer, "paths"), j, one)
			path_print(to, one);
	}
	json_array_foreach(json_object_get(device, "migrations"), i, one)
		move_print(to, one);
}

static int show(struct br_call *call)
{
	json_t *json = br_save_read(br_call_text(call, "file"), "checkpoint",
				    &call->err), *device;
	char day[64] = "";
	struct tm tm;
	time_t at;
	size_t i;

	if (!json)
		return -call->err.code;
	if (call->out.json)
		return br_json_print(&call->out, json);
	at = json_integer_value(json_object_get(json, "saved_at"));
	if (localtime_r(&at, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(call->out.file, "saved at %s\n", day);
	json_array_foreach(json_object_get(json, "devices"), i, device)
		device_print(call->out.file, device);
	json_decref(json);
	return 0;
}

static int restored_print(struct br_call *call,
			  const struct br_restored *done)
{
	if (call->out.json)
		return br_json_print(&call->out,
				     json_pack("{s:i, s:i}",
					       "made", (int)done->made,
					       "set", (int)done->set));
	fprintf(call->out.file, "%u made, %u set\n", done->made, done->set);
	return 0;
}

static int restore(struct br_call *call)
{
	const char *file = br_call_text(call, "file");
	struct br_restored done;
	struct br_nl *nl;
	json_t *json;
	int ret;

	json = br_save_read(file, "checkpoint", &call->err);
	if (!json)
		return -call->err.code;
	nl = br_nl_open(&call->err);
	ret = nl ? br_checkpoint_restore(nl, json, br_call_text(call, "dev"),
					 &done, &call->err) : -call->err.code;
	if (nl)
		br_nl_close(nl);
	json_decref(json);
	return ret ? br_where(&call->err, "%s", file) :
		     restored_print(call, &done);
}

#define FILE_WORD \
	{ "file", "FILE", BR_WORD_FILE, BR_REQUIRED | BR_POSITION, NULL }
#define DEV	{ "dev", "DEVICE", BR_WORD_DEV, 0, NULL }

const struct br_command br_checkpoint_commands[] = {
	{
		"checkpoint", "save", NULL, { FILE_WORD, DEV },
		save, "write what there is into a file",
	},
	{
		"checkpoint", "show", NULL, { FILE_WORD },
		show, "what a checkpoint holds",
	},
	{
		"checkpoint", "restore", NULL, { FILE_WORD, DEV },
		restore, "make and set what a checkpoint holds",
	},
	{ NULL }
};
