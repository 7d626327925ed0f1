// SPDX-License-Identifier: GPL-2.0
/* The whole tree: devices, their peers, their paths. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "tree.h"
#include "verbs.h"

static bool peer_wanted(const struct br_call *call, const struct br_peer *peer,
			const struct br_device *device)
{
	const char *name = br_call_text(call, "peer");

	return peer->ifindex == device->ifindex &&
	       (!name || !strcmp(name, peer->name));
}

static bool path_wanted(const struct br_call *call, const struct br_path *path,
			const struct br_peer *peer)
{
	const char *name = br_call_text(call, "path");

	return path->ifindex == peer->ifindex &&
	       !strcmp(path->peer, peer->name) &&
	       (!name || !strcmp(name, path->name));
}

/*
 * The paths of one peer, copied; they own nothing. The caller frees
 * list->items, also after -ENOMEM.
 */
static int paths_of(const struct br_call *call, const struct br_tree *t,
		    const struct br_peer *peer, struct br_list *list)
{
	const struct br_path *path;
	struct br_path *copy;
	unsigned int i;

	*list = (struct br_list){ .type = &br_path_type };
	for (i = 0; i < t->paths.n; i++) {
		path = br_list_at(&t->paths, i);
		if (!path_wanted(call, path, peer))
			continue;
		copy = br_list_add(list);
		if (!copy)
			return -ENOMEM;
		*copy = *path;
	}
	return 0;
}

static void field_print(const struct br_output *out, const struct br_type *type,
			const void *obj, const char *label, const char *name)
{
	char *text = br_field_text(type, br_field_find(type, name), obj);

	if (text && strcmp(text, "-"))
		fprintf(out->file, "%s%s", label, text);
	free(text);
}

static void device_print(const struct br_output *out,
			 const struct br_device *device)
{
	const struct br_type *type = &br_device_type;

	fprintf(out->file, "%s", device->name);
	field_print(out, type, device, ": policy ", "policy-active");
	if (device->policy[0] && strcmp(device->policy, device->policy_active))
		fprintf(out->file, " (%s is not loaded)", device->policy);
	field_print(out, type, device, ", mtu ", "mtu");
	fputc('\n', out->file);
}

static void peer_print(const struct br_output *out, const struct br_peer *peer)
{
	const struct br_type *type = &br_peer_type;

	fprintf(out->file, "  peer %s", peer->name);
	field_print(out, type, peer, ": ", "address");
	field_print(out, type, peer, ", paths ", "paths-usable");
	field_print(out, type, peer, " of ", "path-count");
	field_print(out, type, peer, " usable, sends ", "rate-in-use");
	field_print(out, type, peer, " of ", "rate-available");
	field_print(out, type, peer, ", receives ", "rate-received");
	if (!peer->session_local)
		fprintf(out->file, ", no key");
	fputc('\n', out->file);
}

/* What is used of byte budgets, and when they are renewed. */
static void budgets_print(const struct br_output *out,
			  const struct br_list *paths)
{
	const struct br_type *type = &br_path_type;
	const struct br_path *path;
	unsigned int i;

	for (i = 0; i < paths->n; i++) {
		path = br_list_at(paths, i);
		if (!br_has(type, path, "quota"))
			continue;
		fprintf(out->file, "    %s has used", path->name);
		field_print(out, type, path, " ", "quota-used");
		field_print(out, type, path, " of ", "quota");
		field_print(out, type, path, ", renewed at ", "quota-reset");
		fputc('\n', out->file);
	}
}

static bool lookup_wanted(const struct br_call *call,
			  const struct br_lookup *row,
			  const struct br_peer *peer)
{
	const char *name = br_call_text(call, "path");

	return !strcmp(row->peer, peer->name) &&
	       (!name || !strcmp(name, row->path));
}

/* Names that lead nowhere: their paths may be missing above. */
static void lookups_print(const struct br_call *call, const struct br_run *run,
			  const struct br_peer *peer)
{
	const struct br_lookup *row;
	char next[BR_FIELD_TEXT];
	unsigned int i;

	for (i = 0; i < run->lookups.n; i++) {
		row = br_list_at(&run->lookups, i);
		if (row->why[0] && lookup_wanted(call, row, peer))
			fprintf(call->out.file,
				"    path %s: %s: %s; looked up again in %s\n",
				row->path, row->name, row->why,
				br_age_text(row->next, next));
	}
}

static int text_print(struct br_call *call, const struct br_tree *t,
		      const struct br_device *device, const struct br_run *run)
{
	static const char *const columns[] = {
		"path", "state", "remote", "srtt", "jitter", "rtt-age",
		"loss-ppm", "loss-age", "rate", "rate-age", "pmtu",
		"tx-bytes", "rx-bytes", "reason", NULL
	};
	const struct br_peer *peer;
	struct br_list paths;
	unsigned int i;
	int ret = 0;

	device_print(&call->out, device);
	call->out.indent = 4;
	for (i = 0; !ret && i < t->peers.n; i++) {
		peer = br_list_at(&t->peers, i);
		if (!peer_wanted(call, peer, device))
			continue;
		peer_print(&call->out, peer);
		ret = paths_of(call, t, peer, &paths);
		if (!ret)
			ret = br_table(&call->out, &paths, columns);
		if (!ret)
			budgets_print(&call->out, &paths);
		free(paths.items);
		lookups_print(call, run, peer);
	}
	return ret;
}

static json_t *lookups_json(const struct br_call *call,
			    const struct br_run *run,
			    const struct br_peer *peer)
{
	json_t *array = json_array();
	const struct br_lookup *row;
	unsigned int i;

	for (i = 0; i < run->lookups.n; i++) {
		row = br_list_at(&run->lookups, i);
		if (lookup_wanted(call, row, peer))
			json_array_append_new(array,
				br_object_json(&br_lookup_type, row));
	}
	return array;
}

static json_t *peer_json(const struct br_call *call, const struct br_tree *t,
			 const struct br_peer *peer, const struct br_run *run)
{
	json_t *object = br_object_json(&br_peer_type, peer);
	struct br_list paths;

	if (!paths_of(call, t, peer, &paths))
		json_object_set_new(object, "paths", br_list_json(&paths));
	if (run->found)
		json_object_set_new(object, "names",
				    lookups_json(call, run, peer));
	free(paths.items);
	return object;
}

static json_t *device_json(const struct br_call *call, const struct br_tree *t,
			   const struct br_device *device,
			   const struct br_run *run)
{
	json_t *object = br_object_json(&br_device_type, device);
	json_t *peers = json_array(), *sockets = json_array();
	const struct br_socket *s;
	const struct br_peer *peer;
	unsigned int i;

	for (i = 0; i < t->sockets.n; i++) {
		s = br_list_at(&t->sockets, i);
		if (s->ifindex == device->ifindex)
			json_array_append_new(sockets,
				br_object_json(&br_socket_type, s));
	}
	for (i = 0; i < t->peers.n; i++) {
		peer = br_list_at(&t->peers, i);
		if (peer_wanted(call, peer, device))
			json_array_append_new(peers, peer_json(call, t, peer, run));
	}
	json_object_set_new(object, "sockets", sockets);
	json_object_set_new(object, "peers", peers);
	return object;
}

/* @array: takes it, NULL for text */
static int device_show(struct br_call *call, const struct br_tree *t,
		       const struct br_device *device, json_t *array)
{
	struct br_run run;
	int ret;

	ret = br_run_read(br_call_text(call, "state"), device->name,
			  br_run_clock(), &run, &call->err);
	if (!ret && array)
		json_array_append_new(array,
				      device_json(call, t, device, &run));
	else if (!ret)
		ret = text_print(call, t, device, &run);
	br_run_free(&run);
	return ret;
}

static int tree_print(struct br_call *call, const struct br_tree *t,
		      uint32_t ifindex)
{
	json_t *array = call->out.json ? json_array() : NULL;
	const struct br_device *device;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < t->devices.n; i++) {
		device = br_list_at(&t->devices, i);
		if (ifindex && device->ifindex != ifindex)
			continue;
		ret = device_show(call, t, device, array);
	}
	if (!ret && array)
		return br_json_print(&call->out, array);
	json_decref(array);
	return ret;
}

/* Names that select nothing are a mistake, not an empty answer. */
static int names_check(struct br_call *call, const struct br_tree *t,
		       uint32_t ifindex)
{
	const char *peer = br_call_text(call, "peer");
	const char *path = br_call_text(call, "path");
	const struct br_peer *p;
	const struct br_path *q;
	unsigned int i;
	bool found;

	if (ifindex && !br_tree_device(t, ifindex))
		return br_fail(&call->err, BR_KERNEL, ENODEV,
			       "%s: not a braid device",
			       br_call_text(call, "dev"));
	for (i = 0, found = !peer; i < t->peers.n; i++) {
		p = br_list_at(&t->peers, i);
		found |= peer && !strcmp(p->name, peer);
	}
	if (!found)
		return br_fail(&call->err, BR_KERNEL, ENOENT, "no such peer: %s",
			       peer);
	for (i = 0, found = !path; i < t->paths.n; i++) {
		q = br_list_at(&t->paths, i);
		found |= path && !strcmp(q->name, path) &&
			 (!peer || !strcmp(q->peer, peer));
	}
	if (!found)
		return br_fail(&call->err, BR_KERNEL, ENOENT, "no such path: %s",
			       path);
	return 0;
}

static int show(struct br_call *call)
{
	struct br_tree t = { 0 };
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = br_tree_read(nl, ifindex, &t, &call->err);
	br_nl_close(nl);
	if (!ret)
		ret = names_check(call, &t, ifindex);
	if (!ret)
		ret = tree_print(call, &t, ifindex);
	br_tree_free(&t);
	return ret;
}

const struct br_command br_show_commands[] = {
	{
		"show", NULL, NULL,
		{
			BR_WORD_ANY_DEV,
			{ "peer", "PEER", BR_WORD_TEXT, 0, NULL },
			{ "path", "PATH", BR_WORD_TEXT, 0, NULL },
			{ "state", "FILE", BR_WORD_FILE, 0, NULL },
		},
		show, "devices with their peers and paths",
	},
	{ NULL }
};
