// SPDX-License-Identifier: GPL-2.0
#include "policy.h"

#include "alias.h"
#include "verbs.h"

static void loaded(const char *name)
{
	printf("%s\n", name);
}

static int load(struct br_call *call)
{
	struct br_nl *nl = br_nl_open(&call->err);

	/* without the module libbpf would only say that a type is unknown */
	if (!nl)
		return -call->err.code;
	br_nl_close(nl);
	br_policy_verbose(call->verbose);
	return br_policy_load(br_call_text(call, "file"), loaded, &call->err);
}

static int del(struct br_call *call)
{
	br_policy_verbose(call->verbose);
	return br_policy_del(br_policy_alias(br_call_text(call, "policy")),
			     &call->err);
}

static int list(struct br_call *call)
{
	static const char *const columns[] = {
		"policy", "devices", "calls", "invalid", NULL
	};

	return br_call_show(call, BRAID_CMD_POLICY_GET, columns);
}

const struct br_command br_policy_commands[] = {
	{
		"policy", "load", NULL,
		{ { "file", "FILE.bpf.o", BR_WORD_FILE,
		    BR_REQUIRED | BR_POSITION, NULL } },
		load, "load the policies of an object file, print their names",
	},
	{
		"policy", "list", &br_policy_type, { { NULL } },
		list, "list the loaded policies",
	},
	{
		"policy", "show", &br_policy_type, { { NULL } },
		list, "the same",
	},
	{
		"policy", "del", &br_policy_type,
		{ { "policy", "NAME", BR_WORD_FIELD, BR_REQUIRED | BR_BARE,
		    NULL } },
		del, "remove a policy; its devices use the built-in one",
	},
	{ NULL }
};
