// SPDX-License-Identifier: GPL-2.0
/* What braidctl can do, as it says so itself. */
#include <string.h>

#include "verbs.h"

const struct br_group br_groups[] = {
	{ br_dev_commands },
	{ br_socket_commands },
	{ br_peer_commands },
	{ br_path_commands },
	{ br_port_commands },
	{ br_pool_commands },
	{ br_health_commands },
	{ br_migration_commands },
	{ br_checkpoint_commands },
	{ br_key_commands },
	{ br_identity_commands },
	{ br_show_commands },
	{ br_config_commands },
	{ br_policy_commands },
	{ br_flow_commands },
	{ br_top_commands },
	{ br_rule_commands },
	{ br_counters_commands },
	{ br_metrics_commands },
	{ br_monitor_commands },
	{ br_report_commands },
	{ NULL }
};

const struct br_option br_options[] = {
	{ 'j', "JSON on everything that shows" },
	{ 'v', "say more when something fails" },
	{ 'V', "the version" },
	{ 'h', "this; after an object, its commands" },
	{ 0 }
};

static void word_usage(const struct br_word *w, FILE *to)
{
	bool optional = !(w->flags & BR_REQUIRED);
	const char *value = w->choices ? w->choices : w->value;

	fprintf(to, optional ? " [" : " ");
	if (w->kind == BR_WORD_FLAG)
		fprintf(to, "%s", w->name);
	else if (w->flags & BR_BARE)
		fprintf(to, "%s", value);
	else
		fprintf(to, "%s %s", w->name, value);
	fprintf(to, optional ? "]" : "");
}

void br_usage(const struct br_group *groups, const char *object, FILE *to)
{
	struct br_cursor at = { groups, NULL };
	const struct br_command *c;
	int i;

	while ((c = br_command_next(&at))) {
		if (object && strcmp(c->object, object))
			continue;
		fprintf(to, "  braidctl %s%s%s", c->object, c->verb ? " " : "",
			c->verb ? c->verb : "");
		for (i = 0; i < BR_WORDS_MAX && c->words[i].name; i++)
			word_usage(&c->words[i], to);
		fprintf(to, "\n        %s\n", c->help);
	}
}

void br_help(const char *object, FILE *to)
{
	int i;

	fprintf(to, "usage: braidctl [-j] [-v] OBJECT VERB [KEYWORD VALUE]...\n");
	for (i = 0; br_options[i].letter; i++)
		fprintf(to, "  -%c  %s\n", br_options[i].letter,
			br_options[i].help);
	fprintf(to, "\n");
	br_usage(br_groups, object, to);
	fprintf(to, "\nexit status:\n");
	for (i = 0; br_exits[i].help; i++)
		fprintf(to, "  %d  %s\n", br_exits[i].status, br_exits[i].help);
}
