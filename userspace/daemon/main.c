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
		"usage: braidd [-l LEVEL] [-s FILE] [-q FILE] [-p FILE] CONFIG\n"
		"Brings up what CONFIG says and keeps its sessions.\n"
		"  -l  error, warning, notice, info (the default) or debug\n"
		"  -s  where the state is kept for a restart, instead of\n"
		"      braidd-CONFIG.state in $RUNTIME_DIRECTORY or /run/braid\n"
		"  -q  where it is kept over reboots what is used of byte budgets,\n"
		"      instead of braidd-CONFIG.quota in $STATE_DIRECTORY or\n"
		"      /var/lib/braid\n"
		"  -p  how peers come and go, likewise: braidd-CONFIG.habits\n"
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

static const struct place habits_place = {
	"STATE_DIRECTORY", "/var/lib/braid", "habits",
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
	char state[PATH_MAX], quota[PATH_MAX], habits[PATH_MAX];
	struct braidd_files files = { 0 };
	struct braidd daemon;
	int c;

	while ((c = getopt(argc, argv, "l:s:q:p:h")) != -1) {
		if (c == 'h')
			return help(stdout);
		if (c == 'l' && bd_log_level(optarg) >= 0)
			level = bd_log_level(optarg);
		else if (c == 's')
			files.state = optarg;
		else if (c == 'q')
			files.quota = optarg;
		else if (c == 'p')
			files.habits = optarg;
		else
			return help(stderr);
	}
	if (optind + 1 != argc)
		return help(stderr);
	bd_log_open(level, getenv("JOURNAL_STREAM"));
	files.config = argv[optind];
	if (!files.state)
		files.state = file_default(&state_place, files.config, state);
	if (!files.quota)
		files.quota = file_default(&quota_place, files.config, quota);
	if (!files.habits)
		files.habits = file_default(&habits_place, files.config, habits);
	if (!files.state || !files.quota || !files.habits)
		return help(stderr);
	if (!braidd_run(&daemon, &files))
		return BR_OK;
	bd_log(BD_ERROR, NULL, "%s", daemon.err.text);
	return daemon.err.exit;
}
