// SPDX-License-Identifier: GPL-2.0
/* How closely paths are watched, and why: what probes them costs. */
#include "verbs.h"

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "path", "health", "health-age", "probe-interval",
		"probe-next", "keepalive", "probes-sent", "probes-answered",
		"probes-replied", "probe-bytes", "health-reason", NULL
	};

	return br_call_show(call, BRAID_CMD_PATH_GET, columns);
}

const struct br_command br_health_commands[] = {
	{
		"health", "show", &br_path_type,
		{
			BR_WORD_ANY_DEV,
			{ "peer", "PEER", BR_WORD_FIELD, 0, NULL },
			{ "path", "NAME", BR_WORD_FIELD, 0, NULL },
		},
		show, "how closely paths are probed, and why",
	},
	{ NULL }
};
