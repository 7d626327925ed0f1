// SPDX-License-Identifier: GPL-2.0
#include "checkpoint.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "field.h"
#include "migrate.h"
#include "savefile.h"
#include "text.h"
#include "tree.h"
#include "undo.h"

#define LIST_TEXT	2048

void br_journal_name(char *to, uint64_t netns_cookie, uint32_t ifindex,
		     const char *peer)
{
	snprintf(to, PATH_MAX, BR_JOURNALS "/%llu-%u-%s",
		 (unsigned long long)netns_cookie, ifindex, peer);
}

static_assert(offsetof(struct br_socket, ifindex) ==
	      offsetof(struct br_path, ifindex), "see part()");

/* Objects of one list that belong to a device, or to a peer of it */
static json_t *part(const struct br_list *list, uint32_t ifindex,
		    const char *peer)
{
	json_t *array = json_array();
	const struct br_path *path;
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		/* the device's index is in the same place in both types */
		path = br_list_at(list, i);
		if (path->ifindex == ifindex &&
		    (!peer || !strcmp(path->peer, peer)))
			json_array_append_new(array,
					      br_object_json(list->type, path));
	}
	return array;
}

/* Return: -errno when there is a journal that cannot be read */
static int journal_add(json_t *to, const struct br_device *device,
		       const char *peer, struct br_error *err)
{
	char name[PATH_MAX];
	json_t *json;

	br_journal_name(name, device->netns_cookie, device->ifindex, peer);
	json = br_save_read(name, "migration", err);
	if (json)
		json_array_append_new(to, json);
	return json || err->code == ENOENT ? 0 : -err->code;
}

static int device_add(json_t *devices, const struct br_tree *tree,
		      const struct br_device *device, struct br_error *err)
{
	json_t *json = br_object_json(&br_device_type, device);
	json_t *peers = json_array(), *moves = json_array(), *one;
	const struct br_peer *peer;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < tree->peers.n; i++) {
		peer = br_list_at(&tree->peers, i);
		if (peer->ifindex != device->ifindex)
			continue;
		one = br_object_json(&br_peer_type, peer);
		json_object_set_new(one, "paths", part(&tree->paths,
						       device->ifindex,
						       peer->name));
		json_array_append_new(peers, one);
		ret = journal_add(moves, device, peer->name, err);
	}
	json_object_set_new(json, "sockets", part(&tree->sockets,
						  device->ifindex, NULL));
	json_object_set_new(json, "peers", peers);
	json_object_set_new(json, "migrations", moves);
	json_array_append_new(devices, json);
	return ret;
}

json_t *br_checkpoint_make(struct br_nl *nl, uint32_t ifindex,
			   struct br_error *err)
{
	json_t *devices = json_array();
	const struct br_device *device;
	struct br_tree tree = { 0 };
	unsigned int i;
	int ret;

	ret = br_tree_read(nl, ifindex, &tree, err);
	for (i = 0; !ret && i < tree.devices.n; i++) {
		device = br_list_at(&tree.devices, i);
		if (!ifindex || device->ifindex == ifindex)
			ret = device_add(devices, &tree, device, err);
	}
	br_tree_free(&tree);
	if (!ret && ifindex && !json_array_size(devices))
		ret = br_fail(err, BR_KERNEL, ENODEV, "not a braid device");
	if (!ret)
		return json_pack("{s:s, s:I, s:o}", "kind", "checkpoint",
				 "saved_at", (json_int_t)time(NULL),
				 "devices", devices);
	json_decref(devices);
	return NULL;
}

/* A list of strings as a user would type it */
static int list_text(const json_t *json, char *text)
{
	size_t len = 0, i;
	const char *item;

	text[0] = 0;
	for (i = 0; i < json_array_size(json); i++) {
		item = json_string_value(json_array_get(json, i));
		if (!item || len + strlen(item) + 2 > LIST_TEXT)
			return -EINVAL;
		len += sprintf(text + len, "%s%s", i ? "," : "", item);
	}
	return 0;
}

static int number_set(const struct br_field *f, json_int_t value, void *obj)
{
	void *at = br_field_at(f, obj);

	if (value < 0 || (f->size < 8 && value >> 8 * f->size) ||
	    (f->max && (value < f->min || value > f->max)))
		return -EINVAL;
	if (f->size == 4)
		*(uint32_t *)at = value;
	else if (f->size == 8)
		*(uint64_t *)at = value;
	else
		return -EINVAL;
	return 0;
}

/* A sentence is for a terminal: nothing in it may steer that. */
static void words_set(const struct br_field *f, const char *text, void *obj)
{
	char *to = br_copy(br_field_at(f, obj), f->size, text);

	for (; *to; to++)
		if ((unsigned char)*to < ' ' || *to == 0x7f)
			*to = '?';
}

static int field_load(const struct br_type *type, const struct br_field *f,
		      const json_t *value, void *obj, struct br_error *err)
{
	char text[LIST_TEXT];
	int ret = -EINVAL;

	if (json_is_string(value) && f->kind == BR_WORDS) {
		words_set(f, json_string_value(value), obj);
		br_set_has(type, obj, f->name);
		return 0;
	}
	if (json_is_string(value))
		return br_field_value(type, f->name, obj,
				      json_string_value(value), err);
	if (json_is_array(value) && !list_text(value, text))
		return br_field_value(type, f->name, obj, text, err);
	if (json_is_boolean(value) && f->kind == BR_BOOL) {
		*(uint8_t *)br_field_at(f, obj) = json_is_true(value);
		ret = 0;
	} else if (json_is_integer(value) && f->kind != BR_STRING &&
		   f->kind != BR_ENDPOINT && f->kind != BR_ADDRS) {
		ret = number_set(f, json_integer_value(value), obj);
	}
	if (ret)
		return br_fail(err, BR_FILE, EINVAL, "its value cannot be");
	br_set_has(type, obj, f->name);
	return 0;
}

/* An empty name or list means that there is none, like null. */
static bool says(const json_t *value)
{
	if (json_is_string(value))
		return *json_string_value(value);
	return value && !json_is_null(value) &&
	       !(json_is_array(value) && !json_array_size(value));
}

int br_object_load(const struct br_type *type, const json_t *json,
		   const char *const *names, void *obj, struct br_error *err)
{
	const struct br_field *f;
	char key[BR_NAME];
	const json_t *value;
	int ret;

	for (; *names; names++) {
		f = br_field_find(type, *names);
		value = json_object_get(json, br_field_key(f, key));
		if (!says(value))
			continue;
		ret = field_load(type, f, value, obj, err);
		if (ret) {
			err->exit = BR_FILE;
			return br_where(err, "%s: %s", type->name, *names);
		}
	}
	return 0;
}

/**
 * struct restore - a restore under way, of one device
 * @nl: the client
 * @ifindex: the device
 * @now: what it has
 * @moves: its migrations that were under way
 * @undo: what was done
 * @done: how much that was
 * @err: why it failed
 */
struct restore {
	struct br_nl *nl;
	uint32_t ifindex;
	struct br_tree now;
	const json_t *moves;
	struct br_undo undo;
	struct br_restored *done;
	struct br_error *err;
};

static int made(struct restore *r, const struct br_made *m, int cmd,
		const struct br_type *type, const void *obj)
{
	int ret = br_nl_do(r->nl, cmd, type, obj, NULL, r->err);

	if (ret)
		return ret;
	if (m->kind >= BR_SET_DEVICE)
		r->done->set++;
	else
		r->done->made++;
	return br_undo_note(&r->undo, m, r->err);
}

static int socket_restore(struct restore *r, const json_t *json)
{
	static const char *const names[] = {
		"socket", "local", "link", "fwmark", "listen", "owner", NULL
	};
	struct br_socket s = { .ifindex = r->ifindex }, *is;
	struct br_made m = { .kind = BR_MADE_SOCKET };
	unsigned int i;
	int ret;

	ret = br_object_load(&br_socket_type, json, names, &s, r->err);
	for (i = 0; !ret && i < r->now.sockets.n; i++) {
		is = br_list_at(&r->now.sockets, i);
		if (!strcmp(is->name, s.name))
			return 0;
	}
	if (ret)
		return ret;
	m.socket = s;
	ret = made(r, &m, BRAID_CMD_SOCKET_NEW, &br_socket_type, &s);
	return ret ? br_where(r->err, "socket %s", s.name) : 0;
}

/* What is there keeps its owner. */
static int peer_restore(struct restore *r, const json_t *json)
{
	static const char *const names[] = {
		"peer", "address", "source", "multicast", "reorder-cap",
		"owner", NULL
	};
	struct br_peer p = { .ifindex = r->ifindex }, *is = NULL;
	struct br_made m = { .kind = BR_MADE_PEER };
	unsigned int i;
	int ret;

	ret = br_object_load(&br_peer_type, json, names, &p, r->err);
	if (ret)
		return ret;
	for (i = 0; i < r->now.peers.n; i++) {
		is = br_list_at(&r->now.peers, i);
		if (!strcmp(is->name, p.name))
			break;
	}
	m.peer = p;
	if (i < r->now.peers.n) {
		m.kind = BR_SET_PEER;
		m.peer = *is;
	}
	ret = made(r, &m, m.kind == BR_SET_PEER ? BRAID_CMD_PEER_SET :
		   BRAID_CMD_PEER_NEW, &br_peer_type, &p);
	return ret ? br_where(r->err, "peer %s", p.name) : 0;
}

/* Where a migration was under way: what it was before, by the journal's rule. */
static void end_restore(const struct br_migrate_end *end, struct br_path *path)
{
	if (strcmp(end->name, path->name))
		return;
	path->standby = end->standby;
	path->cold = end->cold;
}

static void move_restore(const struct restore *r, struct br_path *path)
{
	struct br_error ignored;
	struct br_migration m = { 0 };
	size_t i;

	for (i = 0; i < json_array_size(r->moves); i++)
		if (!br_migration_load(&m, json_array_get(r->moves, i),
				       &ignored) &&
		    m.step != BR_MIGRATE_COMMIT &&
		    !strcmp(m.peer, path->peer)) {
			end_restore(&m.from, path);
			end_restore(&m.to, path);
		}
}

static const struct br_path *path_find(const struct restore *r,
				       const struct br_path *path)
{
	const struct br_path *is;
	unsigned int i;

	for (i = 0; i < r->now.paths.n; i++) {
		is = br_list_at(&r->now.paths, i);
		if (!strcmp(is->peer, path->peer) &&
		    !strcmp(is->name, path->name))
			return is;
	}
	return NULL;
}

/* The module makes these by itself, for whoever probes from a new address. */
static bool automatic(const struct br_path *path)
{
	return !strncmp(path->name, "auto-", 5) && !path->owner[0];
}

static int path_set(struct restore *r, const struct br_path *is,
		    struct br_path *path, const json_t *json)
{
	static const char *const names[] = {
		"peer", "path", "cost", "standby", "cold", "cap", NULL
	};
	struct br_made m = { .kind = BR_SET_PATH, .path = *is };
	struct br_path set = { .ifindex = r->ifindex };
	int ret = br_object_load(&br_path_type, json, names, &set, r->err);

	if (ret)
		return ret;
	set.standby = path->standby;
	set.cold = path->cold;
	return made(r, &m, BRAID_CMD_PATH_SET, &br_path_type, &set);
}

static int path_restore(struct restore *r, const json_t *json)
{
	static const char *const names[] = {
		"peer", "path", "socket", "remote", "cost", "standby", "cold",
		"cap", "owner", NULL
	};
	struct br_path path = { .ifindex = r->ifindex };
	struct br_made m = { .kind = BR_MADE_PATH };
	const struct br_path *is;
	int ret;

	ret = br_object_load(&br_path_type, json, names, &path, r->err);
	if (ret || automatic(&path))
		return ret;
	move_restore(r, &path);
	is = path_find(r, &path);
	if (is) {
		ret = path_set(r, is, &path, json);
	} else {
		m.path = path;
		ret = made(r, &m, BRAID_CMD_PATH_NEW, &br_path_type, &path);
	}
	return ret ? br_where(r->err, "peer %s: path %s", path.peer,
			      path.name) : 0;
}

static int each(struct restore *r, const json_t *array,
		int (*one)(struct restore *r, const json_t *json))
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < json_array_size(array); i++)
		ret = one(r, json_array_get(array, i));
	return ret;
}

static int peer_and_paths(struct restore *r, const json_t *json)
{
	int ret = peer_restore(r, json);

	return ret ? ret : each(r, json_object_get(json, "paths"),
				path_restore);
}

static int settings_restore(struct restore *r, const json_t *json)
{
	static const char *const names[] = { "policy", "mtu-auto", NULL };
	struct br_made m = { .kind = BR_SET_DEVICE };
	struct br_device set = { .ifindex = r->ifindex };
	const struct br_device *is = br_tree_device(&r->now, r->ifindex);
	int ret;

	if (!is)
		return br_fail(r->err, BR_KERNEL, ENODEV,
			       "not a braid device");
	ret = br_object_load(&br_device_type, json, names, &set, r->err);
	if (ret)
		return ret;
	/* without one the built-in serves, which is to be said */
	br_set_has(&br_device_type, &set, "policy");
	m.settings = (struct br_device){
		.ifindex = r->ifindex, .mtu_auto = is->mtu_auto,
	};
	br_fill(m.settings.policy, is->policy);
	br_set_has(&br_device_type, &m.settings, "policy");
	br_set_has(&br_device_type, &m.settings, "mtu-auto");
	return made(r, &m, BRAID_CMD_DEVICE_SET, &br_device_type, &set);
}

/* What was there before may have been set: only what can be is put back. */
static void put_back(struct restore *r)
{
	static const char *const path[] = {
		"peer", "path", "cost", "standby", "cold", "cap", NULL
	};
	static const char *const peer[] = {
		"peer", "address", "source", "multicast", "reorder-cap", NULL
	};
	const char *const *name;
	struct br_made *m;
	unsigned int i;

	for (i = 0; i < r->undo.n; i++) {
		m = &r->undo.made[i];
		if (m->kind == BR_SET_PATH)
			for (m->path.has = 0, name = path; *name; name++)
				br_set_has(&br_path_type, &m->path, *name);
		if (m->kind == BR_SET_PEER)
			for (m->peer.has = 0, name = peer; *name; name++)
				br_set_has(&br_peer_type, &m->peer, *name);
	}
	br_undo_all(&r->undo, r->nl, NULL, r->ifindex);
}

static int device_restore(struct restore *r, const json_t *json)
{
	int ret = br_tree_read(r->nl, r->ifindex, &r->now, r->err);

	r->moves = json_object_get(json, "migrations");
	if (!ret)
		ret = settings_restore(r, json);
	if (!ret)
		ret = each(r, json_object_get(json, "sockets"),
			   socket_restore);
	if (!ret)
		ret = each(r, json_object_get(json, "peers"), peer_and_paths);
	if (ret)
		put_back(r);
	br_undo_forget(&r->undo);
	br_tree_free(&r->now);
	return ret;
}

int br_checkpoint_restore(struct br_nl *nl, const json_t *checkpoint,
			  const char *dev, struct br_restored *done,
			  struct br_error *err)
{
	const json_t *devices = json_object_get(checkpoint, "devices"), *json;
	struct restore r;
	unsigned int n = 0;
	const char *name;
	size_t i;

	memset(done, 0, sizeof(*done));
	for (i = 0; i < json_array_size(devices); i++) {
		json = json_array_get(devices, i);
		name = json_string_value(json_object_get(json, "dev"));
		if (!name || (dev && strcmp(dev, name)))
			continue;
		n++;
		r = (struct restore){ .nl = nl, .done = done, .err = err };
		r.ifindex = if_nametoindex(name);
		if (!r.ifindex)
			return br_fail(err, BR_KERNEL, ENODEV,
				       "%s: no such device: make it first",
				       name);
		if (device_restore(&r, json))
			return br_where(err, "%s", name);
	}
	return n ? 0 : br_fail(err, BR_FILE, ENOENT,
			       "the checkpoint has no device%s%s",
			       dev ? " " : "", dev ? dev : "");
}
