// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/braid_version.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complete.h"
#include "verbs.h"

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

	while ((c = getopt(argc, argv, "+jvVh")) != -1) {
		if (c == 'j')
			call.out.json = true;
		else if (c == 'v')
			call.verbose = true;
		else if (c == 'V')
			printf("braidctl %s\n", BRAID_VERSION);
		else
			br_help(NULL, c == 'h' ? stdout : stderr);
		if (c == 'h' || c == 'V' || c == '?')
			return c == '?' ? BR_USAGE : BR_OK;
	}
	argc -= optind;
	argv += optind;
	if (argc && !strcmp(argv[0], "complete")) {
		br_complete(br_groups, argc - 1, argv + 1, br_live_names,
			    stdout);
		return BR_OK;
	}
	if (wants_help(argc, argv)) {
		br_help(strcmp(argv[0], "help") ? argv[0] : argv[1], stdout);
		return BR_OK;
	}
	if (br_command_parse(br_groups, argc, argv, &call)) {
		fprintf(stderr, "braidctl: %s\n", call.err.text);
		if (!argc)
			br_help(NULL, stderr);
		return BR_USAGE;
	}
	return run(&call);
}
