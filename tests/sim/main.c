// SPDX-License-Identifier: GPL-2.0
/*
 * sim NAME [seed]    one scenario, in detail
 * sim all [seed [runs]]    the table, the median of so many runs of each
 * sim random N [seed]    N scenarios made of chance: properties only
 * sim random-SEED        one of them, in detail
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "score.h"

#define RUNS_MAX	31

struct result {
	double efficiency;
	char line[1000];
};

static int run_one(const struct scenario *sc, u64 seed)
{
	struct world *w = world_new(sc, seed);
	bool good;

	world_run(w);
	good = score_check(w);
	score_detail(w);
	world_free(w);
	return !good;
}

/* One scenario under several seeds: the line of the median, and the worst. */
static int run_line(const struct scenario *sc, u64 seed, u32 runs)
{
	struct result r[RUNS_MAX];
	u32 i, k;
	int bad = 0;

	for (i = 0; i < runs; i++) {
		struct world *w = world_new(sc, seed + i);

		world_run(w);
		bad += !score_check(w);
		r[i].efficiency = score_efficiency(w);
		score_line(w, r[i].line, sizeof(r[i].line));
		world_free(w);
		for (k = i; k && r[k].efficiency < r[k - 1].efficiency; k--) {
			struct result t = r[k];

			r[k] = r[k - 1];
			r[k - 1] = t;
		}
	}
	printf("%s", r[runs / 2].line);
	if (runs > 1)
		printf(" worst %.1f%%", r[0].efficiency * 100);
	printf("\n");
	return bad;
}

static int run_all(u64 seed, u32 runs)
{
	const struct scenario *sc;
	int bad = 0;
	u32 i;

	runs = min_t(u32, max_t(u32, runs, 1), RUNS_MAX);
	score_head();
	for (i = 0; (sc = scenario_at(i)); i++)
		bad += run_line(sc, seed, runs);
	return bad ? 1 : 0;
}

static int run_random_part(u32 from, u32 n, u32 step, u64 seed)
{
	struct scenario sc;
	int bad = 0;
	u32 i;

	for (i = from; i < n; i += step) {
		struct world *w;

		scenario_random(&sc, seed + i);
		w = world_new(&sc, seed + i);
		world_run(w);
		bad += !score_check(w);
		world_free(w);
	}
	return bad ? 1 : 0;
}

static int run_random(u32 n, u64 seed)
{
	int status, bad = 0;
	u32 i, procs = 2;

	for (i = 0; i < procs; i++)
		if (!fork())
			_exit(run_random_part(i, n, procs, seed));
	for (i = 0; i < procs; i++) {
		wait(&status);
		bad |= status;
	}
	printf("%u scenarios, %s\n", n, bad ? "some FAILED" : "all good");
	return bad ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct scenario *sc;
	struct scenario chance;

	if (argc < 2) {
		fprintf(stderr, "usage: sim NAME [seed] | all [seed [runs]] | random N [seed]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(argv[1], "all"))
		return run_all(argc > 2 ? strtoull(argv[2], NULL, 0) : 1,
			       argc > 3 ? atoi(argv[3]) : 1);
	if (!strcmp(argv[1], "random"))
		return run_random(argc > 2 ? atoi(argv[2]) : 1000,
				  argc > 3 ? strtoull(argv[3], NULL, 0) : 1);
	if (!strncmp(argv[1], "random-", 7)) {
		scenario_random(&chance, strtoull(argv[1] + 7, NULL, 0));
		return run_one(&chance, strtoull(argv[1] + 7, NULL, 0));
	}
	sc = scenario_find(argv[1]);
	if (!sc) {
		fprintf(stderr, "sim: no scenario %s\n", argv[1]);
		return 2;
	}
	return run_one(sc, argc > 2 ? strtoull(argv[2], NULL, 0) : 1);
}
