// SPDX-License-Identifier: GPL-2.0
/*
 * Peers that come and go, and whose keys wait for them: what braidd tells. The
 * kernel knows nothing of it.
 */
#include <stddef.h>

#include "run.h"
#include "verbs.h"

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "pattern", "rounds", "place", "place-age",
		"hold-left", "expected-from", "expected-to", "watched", "hits",
		"misses", "place-why", NULL
	};

	return br_call_run(call, &br_place_type,
			   offsetof(struct br_run, places), columns);
}

const struct br_command br_pool_commands[] = {
	{
		"pool", "show", &br_place_type,
		{
			BR_WORD_ANY_DEV,
			{ "peer", "PEER", BR_WORD_FIELD, 0, NULL },
			{ "state", "FILE", BR_WORD_FILE, 0, NULL },
		},
		show, "peers that come and go: how, and whose keys wait for them",
	},
	{ NULL }
};
