// SPDX-License-Identifier: GPL-2.0
#include "config.h"

#include "apply.h"
#include "policy.h"
#include "resolve.h"
#include "verbs.h"

static int with_config(struct br_call *call,
		       int (*use)(struct br_call *call,
				  struct br_config *config))
{
	struct br_config config;
	int ret;

	br_policy_verbose(call->verbose);
	ret = br_config_read(br_call_text(call, "file"), &config, &call->err);
	if (ret)
		return ret;
	ret = use(call, &config);
	br_config_free(&config);
	return ret;
}

/* What is told is for a person; a program has the status, and show. */
static int config_up(struct br_call *call, struct br_config *config)
{
	int ret = br_resolve_static(config, &call->err);

	return ret ? ret : br_apply_up(config, call->out.json ? NULL : call->out.file,
			   &call->err);
}

static int config_down(struct br_call *call, struct br_config *config)
{
	return br_apply_down(config, &call->err);
}

static int up(struct br_call *call)
{
	return with_config(call, config_up);
}

static int down(struct br_call *call)
{
	return with_config(call, config_down);
}

static int summary(struct br_call *call, struct br_config *config)
{
	json_t *object;

	if (!call->out.json) {
		fprintf(call->out.file, "%s: %u %s, %u %s\n", config->name,
			config->n_peers, config->n_peers == 1 ? "peer" :
			"peers", config->n_paths,
			config->n_paths == 1 ? "path" : "paths");
		return 0;
	}
	object = json_pack("{s:s, s:i, s:i, s:i}", "dev", config->name,
			   "peers", config->n_peers, "paths", config->n_paths,
			   "sockets", config->n_sockets);
	return br_json_print(&call->out, object);
}

static int check(struct br_call *call)
{
	return with_config(call, summary);
}

#define CONFIG \
	{ "file", "CONFIG", BR_WORD_FILE, BR_REQUIRED | BR_POSITION, NULL }

const struct br_command br_config_commands[] = {
	{
		"up", NULL, NULL, { CONFIG }, up,
		"bring up what a file says; nothing is left when it fails",
	},
	{
		"down", NULL, NULL, { CONFIG }, down,
		"remove the device of a file",
	},
	{
		"check", NULL, NULL, { CONFIG }, check,
		"only read a file and say what is wrong with it",
	},
	{ NULL }
};
