// SPDX-License-Identifier: GPL-2.0
#include "habits.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "log.h"
#include "savefile.h"
#include "session.h"

#define KIND	"habits"

json_t *bd_rounds_json(const struct bd_pattern *p)
{
	json_t *rounds = json_array();
	const struct bd_round *r;
	unsigned int i;

	for (i = 0; i < p->n; i++) {
		r = bd_pattern_round(p, i);
		json_array_append_new(rounds,
			json_pack("[I, I, b]", (json_int_t)r->here,
				  (json_int_t)r->away, r->moved));
	}
	return rounds;
}

/* A duration that is none, or longer than anybody lives, is of a foolish file. */
static bool duration_get(const json_t *round, size_t at, uint64_t *to)
{
	const json_t *value = json_array_get(round, at);

	*to = json_integer_value(value);
	return json_is_integer(value) && *to < 1ULL << 42;
}

void bd_rounds_take(struct bd_pattern *p, const json_t *rounds)
{
	struct bd_round round;
	const json_t *r;
	size_t i;

	json_array_foreach(rounds, i, r) {
		if (!duration_get(r, 0, &round.here) ||
		    !duration_get(r, 1, &round.away))
			continue;
		round.moved = json_is_true(json_array_get(r, 2));
		bd_pattern_add(p, &round);
	}
}

static json_t *peers_json(const struct bd_gate *gate)
{
	json_t *peers = json_object();
	const struct bd_session *s;
	char key[BR_KEY_TEXT];

	TAILQ_FOREACH(s, &gate->sessions, node)
		if (s->place.pattern.n)
			json_object_set_new(peers, s->peer,
				json_pack("{s:s, s:o}", "key",
					  br_public_text(s->key, key), "rounds",
					  bd_rounds_json(&s->place.pattern)));
	return json_pack("{s:s, s:o}", "kind", KIND, "peers", peers);
}

static int write_file(struct bd_habits *habits, const json_t *root, char *text,
		      struct br_error *err)
{
	int ret;

	if (!text)
		return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	ret = br_save_write(habits->path, root, NULL, err);
	if (ret)
		return ret;
	free(habits->text);
	habits->text = text;
	return 0;
}

void bd_habits_save(struct bd_habits *habits, const struct bd_gate *gate,
		    bool end, uint64_t now)
{
	struct br_error err;
	bool failed = false;
	json_t *root;
	char *text;

	if (!end && habits->saved_at &&
	    now - habits->saved_at < BD_HABITS_SAVE_MS)
		return;
	habits->saved_at = now;
	root = peers_json(gate);
	text = json_dumps(root, JSON_COMPACT);
	if (!text || !habits->text || strcmp(text, habits->text))
		failed = write_file(habits, root, text, &err);
	if (failed && !habits->failed)
		bd_log(BD_WARN, NULL,
		       "%s: a reboot would forget how peers come and go",
		       err.text);
	habits->failed = failed;
	if (text != habits->text)
		free(text);
	json_decref(root);
}

json_t *bd_habits_load(const struct bd_habits *habits)
{
	struct br_error err;
	json_t *root = br_save_read(habits->path, KIND, &err);

	if (!root && err.code != ENOENT)
		bd_log(BD_WARN, NULL, "%s: how peers come and go is learned anew",
		       err.text);
	return root;
}

void bd_habits_take(const json_t *root, const char *peer,
		    const uint8_t key[BR_PUBLIC_LEN], struct bd_pattern *p)
{
	const json_t *one = json_object_get(json_object_get(root, "peers"), peer);
	const char *text = json_string_value(json_object_get(one, "key"));
	char mine[BR_KEY_TEXT];

	if (text && !strcmp(text, br_public_text(key, mine)))
		bd_rounds_take(p, json_object_get(one, "rounds"));
}

void bd_habits_free(struct bd_habits *habits)
{
	free(habits->text);
	habits->text = NULL;
}
