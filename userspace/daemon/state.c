// SPDX-License-Identifier: GPL-2.0
#include "state.h"

#include <errno.h>
#include <jansson.h>

#include "habits.h"
#include "log.h"
#include "run.h"
#include "savefile.h"

static json_t *session_json(const struct bd_session *s)
{
	const struct bd_pattern *p = &s->place.pattern;

	return json_pack("{s:I, s:I, s:b, s:I, s:o, s:b, s:I, s:I}",
			 "session", (json_int_t)(s->up ? s->local : 0),
			 "epoch", (json_int_t)s->epoch,
			 "begun_here", s->client,
			 "made_ms", (json_int_t)s->since,
			 "rounds", bd_rounds_json(p),
			 "here", p->here,
			 "since_ms", (json_int_t)p->since,
			 "stayed_ms", (json_int_t)p->stayed);
}

static json_t *gate_json(const struct bd_gate *gate, json_t *run)
{
	json_t *root = json_object(), *peers = json_object();
	const struct bd_session *s;

	TAILQ_FOREACH(s, &gate->sessions, node)
		json_object_set_new(peers, s->peer, session_json(s));
	json_object_set_new(root, "kind", json_string(BR_RUN_KIND));
	json_object_set_new(root, "peers", peers);
	json_object_set_new(root, "run", run);
	return root;
}

int bd_state_save(const char *path, const struct bd_gate *gate,
		  json_t *run, struct br_error *err)
{
	json_t *root = gate_json(gate, run);
	int ret = br_save_write(path, root, NULL, err);

	json_decref(root);
	return ret;
}

void bd_state_load(struct bd_state *state, const char *path, uint64_t now)
{
	struct br_error err;
	json_t *root = br_save_read(path, BR_RUN_KIND, &err);

	if (!root && err.code != ENOENT)
		bd_log(BD_NOTICE, NULL, "%s: keys that are found count as new",
		       err.text);
	*state = (struct bd_state){ .root = root, .now = now };
}

static uint64_t number(const json_t *json, const char *name)
{
	return json_integer_value(json_object_get(json, name));
}

/* A file of an earlier version says nothing of it: the peer is here since now. */
static void pattern_load(const json_t *s, uint64_t now, struct bd_pattern *p)
{
	const json_t *rounds = json_object_get(s, "rounds");

	bd_pattern_init(p, true, now);
	if (!json_is_array(rounds) || number(s, "since_ms") > now)
		return;
	p->here = json_is_true(json_object_get(s, "here"));
	p->since = number(s, "since_ms");
	p->stayed = number(s, "stayed_ms");
	bd_rounds_take(p, rounds);
}

bool bd_state_past(const struct bd_state *state, const char *peer,
		   struct bd_past *past)
{
	json_t *peers = json_object_get(state->root, "peers"), *s;
	uint64_t made;

	s = json_object_get(peers, peer);
	if (!json_is_object(s))
		return false;
	made = number(s, "made_ms");
	*past = (struct bd_past){
		.local = json_integer_value(json_object_get(s, "session")),
		.epoch = json_integer_value(json_object_get(s, "epoch")),
		.client = json_is_true(json_object_get(s, "begun_here")),
		.age = made < state->now ? state->now - made : 0,
	};
	pattern_load(s, state->now, &past->pattern);
	return true;
}

void bd_state_free(struct bd_state *state)
{
	json_decref(state->root);
	state->root = NULL;
}
