// SPDX-License-Identifier: GPL-2.0
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

static enum bd_level lowest = BD_INFO;
static bool to_journal;

static const struct {
	const char *name;
	enum bd_level level;
} levels[] = {
	{ "error", BD_ERROR },
	{ "warning", BD_WARN },
	{ "notice", BD_NOTICE },
	{ "info", BD_INFO },
	{ "debug", BD_DEBUG },
};

void bd_log_open(enum bd_level level, bool journal)
{
	lowest = level;
	to_journal = journal;
}

int bd_log_level(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(levels); i++)
		if (!strcmp(levels[i].name, name))
			return levels[i].level;
	return -1;
}

/* One write a line, so that lines of two programs do not mix. */
void bd_log(enum bd_level level, const char *peer, const char *fmt, ...)
{
	char text[512], line[600];
	va_list ap;

	if (level > lowest)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (to_journal)
		snprintf(line, sizeof(line), "<%d>", level);
	else
		snprintf(line, sizeof(line), "braidd: ");
	fprintf(stderr, "%s%s%s%s\n", line, peer ? peer : "", peer ? ": " : "",
		text);
}
