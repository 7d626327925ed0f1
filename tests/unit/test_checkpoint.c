// SPDX-License-Identifier: GPL-2.0
/* Objects through JSON and back; what a file says that cannot be. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "checkpoint.h"
#include "field.h"
#include "text.h"

static struct br_error err;

static const char *const path_names[] = {
	"peer", "path", "socket", "remote", "cost", "standby", "cold", "cap",
	"owner", NULL
};

static const char *const peer_names[] = {
	"peer", "address", "source", "multicast", "reorder-cap", NULL
};

static const char *const socket_names[] = {
	"socket", "local", "link", "fwmark", "listen", NULL
};

static void give(const struct br_type *type, void *obj, const char *name,
		 const char *text)
{
	ck_assert_msg(!br_field_parse(type, name, obj, text, &err), "%s",
		      err.text);
}

static void through(const struct br_type *type, const char *const *names,
		    const void *from, void *to)
{
	json_t *json = br_object_json(type, from);
	int ret = br_object_load(type, json, names, to, &err);

	ck_assert_msg(!ret, "%s", err.text);
	ck_assert_int_eq(memcmp(from, to, type->size), 0);
	json_decref(json);
}

START_TEST(paths)
{
	struct br_path path = { 0 }, again = { 0 };

	give(&br_path_type, &path, "peer", "there");
	give(&br_path_type, &path, "path", "w1");
	give(&br_path_type, &path, "socket", "s");
	give(&br_path_type, &path, "remote", "[fd00::1]:51820");
	give(&br_path_type, &path, "cost", "4294967295");
	give(&br_path_type, &path, "standby", "yes");
	give(&br_path_type, &path, "cold", "no");
	give(&br_path_type, &path, "cap", "20mbit");
	through(&br_path_type, path_names, &path, &again);
}
END_TEST

START_TEST(peers)
{
	struct br_peer peer = { 0 }, again = { 0 };

	give(&br_peer_type, &peer, "peer", "there");
	give(&br_peer_type, &peer, "address", "10.99.0.2,fd00:99::2");
	give(&br_peer_type, &peer, "source", "any");
	give(&br_peer_type, &peer, "multicast", "yes");
	give(&br_peer_type, &peer, "reorder-cap", "250ms");
	through(&br_peer_type, peer_names, &peer, &again);
}
END_TEST

START_TEST(sockets)
{
	struct br_socket s = { 0 }, again = { 0 };

	give(&br_socket_type, &s, "socket", "s");
	give(&br_socket_type, &s, "local", "0.0.0.0:5000");
	give(&br_socket_type, &s, "link", "lo");
	give(&br_socket_type, &s, "fwmark", "0x1f");
	give(&br_socket_type, &s, "listen", "yes");
	through(&br_socket_type, socket_names, &s, &again);
}
END_TEST

START_TEST(what_is_absent_stays_absent)
{
	struct br_path path = { 0 };
	json_t *json = json_loads("{\"owner\": \"\", \"cap\": null}", 0, NULL);

	ck_assert_int_eq(br_object_load(&br_path_type, json, path_names,
					&path, &err), 0);
	ck_assert_uint_eq(path.has, 0);
	json_decref(json);
}
END_TEST

/* What is not asked for is not even looked at. */
START_TEST(only_what_is_asked_for)
{
	static const char *const names[] = { "cost", NULL };
	struct br_path path = { 0 };
	json_t *json = json_loads("{\"cost\": 3, \"cap\": \"x\"}", 0, NULL);

	ck_assert_int_eq(br_object_load(&br_path_type, json, names, &path,
					&err), 0);
	ck_assert_uint_eq(path.cost, 3);
	json_decref(json);
}
END_TEST

START_TEST(what_cannot_be)
{
	static const struct {
		const char *json;
		const char *says;
	} bad[] = {
		{ "{\"path\": \"a/b\"}", "path: path: 'a/b' is not" },
		{ "{\"path\": 7}", "path: path: its value cannot be" },
		{ "{\"cost\": -1}", "path: cost: its value cannot be" },
		{ "{\"cost\": 4294967296}", "path: cost: its value cannot be" },
		{ "{\"cost\": {}}", "path: cost: its value cannot be" },
		{ "{\"standby\": 2}", "path: standby: its value cannot be" },
		{ "{\"standby\": \"maybe\"}", "path: standby: 'maybe' is not" },
		{ "{\"remote\": \"nowhere\"}", "path: remote: 'nowhere' is not" },
		{ "{\"remote\": [1]}", "path: remote: its value cannot be" },
	};
	struct br_path path;
	unsigned int i;
	json_t *json;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		json = json_loads(bad[i].json, 0, NULL);
		memset(&path, 0, sizeof(path));
		ck_assert_int_lt(br_object_load(&br_path_type, json,
						path_names, &path, &err), 0);
		ck_assert_msg(!strncmp(err.text, bad[i].says,
				       strlen(bad[i].says)),
			      "%s: %s", bad[i].json, err.text);
		ck_assert_int_eq(err.exit, BR_FILE);
		json_decref(json);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("checkpoint");
	TCase *t = tcase_create("checkpoint");

	tcase_add_test(t, paths);
	tcase_add_test(t, peers);
	tcase_add_test(t, sockets);
	tcase_add_test(t, what_is_absent_stays_absent);
	tcase_add_test(t, only_what_is_asked_for);
	tcase_add_test(t, what_cannot_be);
	suite_add_tcase(s, t);
	return unit_run(s);
}
