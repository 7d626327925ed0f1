// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs.h"

static const struct br_group groups[] = {
	{ br_dev_commands },
	{ br_socket_commands },
	{ br_peer_commands },
	{ br_path_commands },
	{ br_key_commands },
	{ br_show_commands },
	{ br_config_commands },
	{ br_policy_commands },
	{ br_flow_commands },
	{ br_counters_commands },
	{ br_monitor_commands },
	{ NULL }
};

static void print_usage(const char *object, FILE *to)
{
	fprintf(to, "usage: braidctl [-j] [-v] OBJECT VERB [KEYWORD VALUE]...\n"
		"  -j  JSON on every show\n"
		"  -v  say more when something fails\n"
		"  -h  this; after an object, its commands\n\n");
	br_usage(groups, object, to);
}

static int run(struct br_call *call)
{
	int ret = call->command->run(call);

	if (call->object)
		br_object_free(call->command->type, call->object);
	free(call->object);
	if (!ret && fflush(call->out.file))
		ret = br_fail(&call->err, BR_FILE, errno, "writing: %s",
			      strerror(errno));
	if (!ret)
		return BR_OK;
	/* what failed without a sentence failed for want of memory */
	fprintf(stderr, "braidctl: %s\n", call->err.text[0] ? call->err.text :
		strerror(-ret));
	return call->err.exit ? call->err.exit : BR_KERNEL;
}

static bool wants_help(int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help") ||
		    !strcmp(argv[i], "help"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct br_call call = { .out.file = stdout };
	int c;

	while ((c = getopt(argc, argv, "+jvh")) != -1) {
		if (c == 'j')
			call.out.json = true;
		else if (c == 'v')
			call.verbose = true;
		else
			print_usage(NULL, c == 'h' ? stdout : stderr);
		if (c == 'h' || c == '?')
			return c == 'h' ? BR_OK : BR_USAGE;
	}
	argc -= optind;
	argv += optind;
	if (argc && !strcmp(argv[0], "complete")) {
		br_complete(groups, argc - 1, argv + 1, stdout);
		return BR_OK;
	}
	if (wants_help(argc, argv)) {
		print_usage(strcmp(argv[0], "help") ? argv[0] : argv[1], stdout);
		return BR_OK;
	}
	if (br_command_parse(groups, argc, argv, &call)) {
		fprintf(stderr, "braidctl: %s\n", call.err.text);
		if (!argc)
			print_usage(NULL, stderr);
		return BR_USAGE;
	}
	return run(&call);
}
