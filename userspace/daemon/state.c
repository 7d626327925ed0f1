// SPDX-License-Identifier: GPL-2.0
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION		1

static json_t *session_json(const struct bd_session *s)
{
	return json_pack("{s:I, s:I, s:b, s:I}",
			 "session", (json_int_t)s->local,
			 "epoch", (json_int_t)s->epoch,
			 "begun_here", s->client,
			 "made_ms", (json_int_t)s->since);
}

static json_t *gate_json(const struct bd_gate *gate, json_t *run)
{
	json_t *root = json_object(), *peers = json_object();
	const struct bd_session *s;

	TAILQ_FOREACH(s, &gate->sessions, node)
		if (s->up)
			json_object_set_new(peers, s->peer, session_json(s));
	json_object_set_new(root, "version", json_integer(VERSION));
	json_object_set_new(root, "peers", peers);
	json_object_set_new(root, "run", run);
	return root;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, len) == (ssize_t)len ? 0 : -EIO;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

int bd_state_save(const char *path, const struct bd_gate *gate,
		  json_t *run, struct br_error *err)
{
	json_t *root = gate_json(gate, run);
	char *text = json_dumps(root, JSON_INDENT(1));
	char new[4096];
	int ret = -ENOMEM;

	json_decref(root);
	if (text && snprintf(new, sizeof(new), "%s.new", path) <
	    (int)sizeof(new))
		ret = write_file(new, text);
	free(text);
	if (!ret && rename(new, path))
		ret = -errno;
	return ret ? br_fail(err, BR_FILE, -ret, "%s: %s", path,
			     strerror(-ret)) : 0;
}

void bd_state_load(struct bd_state *state, const char *path, uint64_t now)
{
	json_error_t ignored;
	json_t *root = json_load_file(path, 0, &ignored);

	if (json_integer_value(json_object_get(root, "version")) != VERSION) {
		json_decref(root);
		root = NULL;
	}
	*state = (struct bd_state){ .root = root, .now = now };
}

bool bd_state_past(const struct bd_state *state, const char *peer,
		   struct bd_past *past)
{
	json_t *peers = json_object_get(state->root, "peers"), *s;
	uint64_t made;

	s = json_object_get(peers, peer);
	if (!json_is_object(s))
		return false;
	made = json_integer_value(json_object_get(s, "made_ms"));
	*past = (struct bd_past){
		.local = json_integer_value(json_object_get(s, "session")),
		.epoch = json_integer_value(json_object_get(s, "epoch")),
		.client = json_is_true(json_object_get(s, "begun_here")),
		.age = made < state->now ? state->now - made : 0,
	};
	return true;
}

void bd_state_free(struct bd_state *state)
{
	json_decref(state->root);
	state->root = NULL;
}
