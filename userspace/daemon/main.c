// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "braidd.h"
#include "log.h"

static int help(FILE *to)
{
	fprintf(to,
		"usage: braidd [-l LEVEL] [-s FILE] CONFIG\n"
		"Brings up what CONFIG says and keeps its sessions.\n"
		"  -l  error, warning, notice, info (the default) or debug\n"
		"  -s  where the state is kept for a restart, instead of\n"
		"      braidd-CONFIG.state in $RUNTIME_DIRECTORY or /run/braid\n"
		"  -h  this\n");
	return to == stdout ? BR_OK : BR_USAGE;
}

/* One file a configuration, by its name. */
static int state_default(const char *config, char *path, size_t size)
{
	const char *folder = getenv("RUNTIME_DIRECTORY");
	const char *name = strrchr(config, '/');
	int len;

	if (!folder) {
		folder = "/run/braid";
		/* when it cannot be made, saving says so */
		mkdir(folder, 0755);
	}
	len = snprintf(path, size, "%s/braidd-%s.state", folder,
		       name ? name + 1 : config);
	return len < (int)size ? 0 : -ENAMETOOLONG;
}

int main(int argc, char **argv)
{
	enum bd_level level = BD_INFO;
	const char *state = NULL;
	struct braidd daemon;
	char path[4096];
	int c;

	while ((c = getopt(argc, argv, "l:s:h")) != -1) {
		if (c == 'h')
			return help(stdout);
		if (c == 'l' && bd_log_level(optarg) >= 0)
			level = bd_log_level(optarg);
		else if (c == 's')
			state = optarg;
		else
			return help(stderr);
	}
	if (optind + 1 != argc)
		return help(stderr);
	bd_log_open(level, getenv("JOURNAL_STREAM"));
	if (!state && state_default(argv[optind], path, sizeof(path)))
		return help(stderr);
	if (!braidd_run(&daemon, argv[optind], state ? state : path))
		return BR_OK;
	bd_log(BD_ERROR, NULL, "%s", daemon.err.text);
	return daemon.err.exit;
}
