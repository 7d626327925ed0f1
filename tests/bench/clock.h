/* SPDX-License-Identifier: GPL-2.0 */
/* The clock that all yardsticks share: /proc/uptime's, in ns. */
#ifndef BRAID_BENCH_CLOCK_H
#define BRAID_BENCH_CLOCK_H

#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define SEC_NS	1000000000LL

static inline int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SEC_NS + ts.tv_nsec;
}

/* A figure of the command line, 0 to 86400: seconds, Mbit/s or bytes. */
static inline double figure(const char *arg)
{
	char *end;
	double value = strtod(arg, &end);

	if (*end || end == arg || value < 0 || value > 86400)
		errx(2, "not a number from 0 to 86400: %s", arg);
	return value;
}

#endif
