// SPDX-License-Identifier: GPL-2.0
/*
 * pathrate DEVICE SECONDS INTERVAL-MS
 *	prints what "braidctl -j path show" says of the paths' rates, again and
 *	again: a line a path, "TIME-MS PATH BYTES-PER-SECOND"
 *
 * braidctl itself takes 40 ms of an emulated machine for each start, which the
 * traffic would miss.
 */
#include <err.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "netlink.h"

#define MS_NS	1000000LL

static void sample(struct br_nl *nl, uint32_t ifindex)
{
	struct br_list paths = { 0 };
	const struct br_path *path;
	struct br_error error;
	unsigned int i;
	int64_t now = now_ns();

	if (br_nl_dump(nl, BRAID_CMD_PATH_GET, &br_path_type, ifindex, &paths,
		       &error))
		errx(1, "%s", error.text);
	for (i = 0; i < paths.n; i++) {
		path = br_list_at(&paths, i);
		printf("%lld %s %llu\n", (long long)(now / MS_NS), path->name,
		       (unsigned long long)path->rate);
	}
	br_list_free(&paths);
}

int main(int argc, char **argv)
{
	struct br_error error;
	struct timespec at;
	struct br_nl *nl;
	int64_t next, end, step;
	uint32_t ifindex;

	if (argc != 4 || atof(argv[2]) <= 0 || atoi(argv[3]) <= 0)
		errx(2, "usage: pathrate DEVICE SECONDS INTERVAL-MS");
	ifindex = if_nametoindex(argv[1]);
	if (!ifindex)
		err(1, "%s", argv[1]);
	nl = br_nl_open(&error);
	if (!nl)
		errx(1, "%s", error.text);
	step = atoi(argv[3]) * MS_NS;
	next = now_ns();
	for (end = next + atof(argv[2]) * SEC_NS; next < end; next += step) {
		at.tv_sec = next / SEC_NS;
		at.tv_nsec = next % SEC_NS;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		sample(nl, ifindex);
	}
	br_nl_close(nl);
	return 0;
}
