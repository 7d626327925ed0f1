// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
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
		"usage: braidd [-l LEVEL] [-s FILE] [-q FILE] CONFIG\n"
		"Brings up what CONFIG says and keeps its sessions.\n"
		"  -l  error, warning, notice, info (the default) or debug\n"
		"  -s  where the state is kept for a restart, instead of\n"
		"      braidd-CONFIG.state in $RUNTIME_DIRECTORY or /run/braid\n"
		"  -q  where it is kept over reboots what is used of byte budgets,\n"
		"      instead of braidd-CONFIG.quota in $STATE_DIRECTORY or\n"
		"      /var/lib/braid\n"
		"  -h  this\n");
	return to == stdout ? BR_OK : BR_USAGE;
}

/**
 * struct place - of a file of ours, when nobody has said another
 * @variable: names the folder
 * @folder: without that
 * @suffix: of the file
 */
struct place {
	const char *variable;
	const char *folder;
	const char *suffix;
};

static const struct place state_place = {
	"RUNTIME_DIRECTORY", "/run/braid", "state",
};

static const struct place quota_place = {
	"STATE_DIRECTORY", "/var/lib/braid", "quota",
};

/* One file a configuration, by its name. NULL when that is too long. */
static const char *file_default(const struct place *place, const char *config,
				char path[PATH_MAX])
{
	const char *folder = getenv(place->variable);
	const char *name = strrchr(config, '/');
	int len;

	if (!folder) {
		folder = place->folder;
		/* when it cannot be made, saving says so */
		mkdir(folder, 0755);
	}
	len = snprintf(path, PATH_MAX, "%s/braidd-%s.%s", folder,
		       name ? name + 1 : config, place->suffix);
	return len < PATH_MAX ? path : NULL;
}

int main(int argc, char **argv)
{
	enum bd_level level = BD_INFO;
	char state_path[PATH_MAX], quota_path[PATH_MAX];
	const char *state = NULL, *quota = NULL;
	struct braidd daemon;
	int c;

	while ((c = getopt(argc, argv, "l:s:q:h")) != -1) {
		if (c == 'h')
			return help(stdout);
		if (c == 'l' && bd_log_level(optarg) >= 0)
			level = bd_log_level(optarg);
		else if (c == 's')
			state = optarg;
		else if (c == 'q')
			quota = optarg;
		else
			return help(stderr);
	}
	if (optind + 1 != argc)
		return help(stderr);
	bd_log_open(level, getenv("JOURNAL_STREAM"));
	if (!state)
		state = file_default(&state_place, argv[optind], state_path);
	if (!quota)
		quota = file_default(&quota_place, argv[optind], quota_path);
	if (!state || !quota)
		return help(stderr);
	if (!braidd_run(&daemon, argv[optind], state, quota))
		return BR_OK;
	bd_log(BD_ERROR, NULL, "%s", daemon.err.text);
	return daemon.err.exit;
}
