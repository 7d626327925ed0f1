/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the daemon says, one line a time, to stderr or (with the priorities that
 * it reads at the start of a line) to the journal. Never a secret.
 */
#ifndef BD_LOG_H
#define BD_LOG_H

#include <stdbool.h>

#include "failure.h"

enum bd_level {
	BD_ERROR = 3,		/* as in syslog(3) */
	BD_WARN = 4,
	BD_NOTICE = 5,
	BD_INFO = 6,
	BD_DEBUG = 7,
};

/* What is less urgent than @level is not said. @journal: stderr is its. */
void bd_log_open(enum bd_level level, bool journal);
/* Return: the level of that name, or -1 */
int bd_log_level(const char *name);

/* @peer: whom it is about, NULL for nobody in particular. */
void bd_log(enum bd_level level, const char *peer, const char *fmt, ...)
	__printf(3, 4);

#endif
