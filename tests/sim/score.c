// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "score.h"

/* Bytes of the tunnel's flows between two times. */
static u64 bytes_between(const struct world *w, u32 from_ms, u32 to_ms)
{
	u64 sum = 0;
	u32 i, b;

	for (i = 0; i < w->n_flows; i++) {
		if (w->flow[i].cfg.outside)
			continue;
		for (b = from_ms / 10; b < to_ms / 10 && b < TCP_BINS; b++)
			sum += w->flow[i].sink.bin[b];
	}
	return sum;
}

/* Payload share of a full-size packet: 1384 of 1514, datagrams 1436. */
static double share(const struct world *w)
{
	return (w->flow[0].cfg.kind == FLOW_CONSTANT ? 1436 : 1384) / 1514.0;
}

static u32 stall_ms(const struct world *w)
{
	u32 b, worst = 0, run = 0;
	const struct flow *f = &w->flow[0];

	for (b = w->sc->skip_ms / 10; b < w->sc->seconds * 100; b++) {
		run = f->sink.bin[b] ? 0 : run + 1;
		worst = max(worst, run);
	}
	return worst * 10;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Had the link changed in the three seconds before? */
static bool settling(const struct world *w, u32 path, u32 ms)
{
	const struct change *c = w->sc->change;
	u32 i;

	for (i = 0; i < WORLD_CHANGES && c[i].at_ms; i++)
		if (c[i].link == path && ms >= c[i].at_ms &&
		    ms < c[i].at_ms + 3000)
			return true;
	return false;
}

/* The link's rate then, in outer bytes, in kbit/s. */
static double rate_then(const struct world *w, u32 path, u32 ms)
{
	const struct change *c = w->sc->change;
	double rate = w->sc->link[path].rate / 125.0;
	u32 i;

	for (i = 0; i < WORLD_CHANGES && c[i].at_ms && c[i].at_ms <= ms; i++)
		if (c[i].link == path && c[i].rate_kbit)
			rate = c[i].rate_kbit;
	return rate * 1500 / 1514;
}

/* Estimate against the shaped rate from 10 s on, percent, by permille. */
static double rate_error(const struct world *w, u32 path, u32 permille)
{
	double err[END_BINS], want;
	u32 n = 0, b;

	for (b = 100; b < w->sc->seconds * 10 && b < END_BINS; b++) {
		if (settling(w, path, b * 100))
			continue;
		want = rate_then(w, path, b * 100);
		err[n++] = fabs(w->a.path[path].rate_log[b] - want) / want * 100;
	}
	if (!n)
		return 0;
	qsort(err, n, sizeof(*err), by_size);
	return err[min(n - 1, n * permille / 1000)];
}

static bool dead_then(const struct world *w, u32 path, u32 ms)
{
	const struct change *c = w->sc->change;
	bool dead = false;
	u32 i;

	for (i = 0; i < WORLD_CHANGES && c[i].at_ms && c[i].at_ms <= ms; i++)
		if (c[i].link == path && (c[i].kill || c[i].revive))
			dead = c[i].kill;
	return dead;
}

/* Goodput over what the links could carry, as they were at the time. */
double score_efficiency(const struct world *w)
{
	u32 end_ms = w->sc->seconds * 1000, ms, i;
	double sum = 0;

	for (ms = w->sc->skip_ms; ms < end_ms; ms += 100)
		for (i = 0; i < w->sc->n_links; i++)
			if (!dead_then(w, i, ms))
				sum += rate_then(w, i, ms) * 12.5 * 1514 / 1500;
	return bytes_between(w, w->sc->skip_ms, end_ms) / (sum * share(w));
}

static u32 flow_delay_ms(const struct flow *f, u32 permille)
{
	u64 all = 0, sum = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(f->sink.delay_ms); i++)
		all += f->sink.delay_ms[i];
	for (i = 0; i < ARRAY_SIZE(f->sink.delay_ms) - 1; i++) {
		sum += f->sink.delay_ms[i];
		if (sum * 1000 >= all * permille)
			break;
	}
	return i;
}

static const char *broken(const struct end *e)
{
	if (e->twice)
		return "delivered twice";
	if (e->late > e->reseq.stats.late)
		return "out of order in a lane";
	if (e->reseq.stats.max_bytes > e->knobs.limit_bytes)
		return "held more than the bound";
	return NULL;
}

/* While nothing changes, something arrives in every three seconds. */
static bool progress(const struct world *w)
{
	u32 ms;

	if (w->sc->change[0].at_ms)
		return bytes_between(w, 0, w->sc->seconds * 1000);
	for (ms = 1000; ms + 3000 <= w->sc->seconds * 1000; ms += 100)
		if (!bytes_between(w, ms, ms + 3000))
			return false;
	return true;
}

bool score_check(const struct world *w)
{
	const char *what = broken(&w->a);

	if (!what)
		what = broken(&w->b);
	if (!what && !progress(w))
		what = "no progress";
	if (what)
		printf("%s: FAILED: %s\n", w->sc->name, what);
	return !what;
}

void score_head(void)
{
	printf("%-11s %6s %6s %5s | %-13s | %-15s | %5s %5s %5s %5s | %s\n",
	       "scenario", "Mbit", "eff%", "stall", "queue p99 ms", "rate err% p90",
	       "codel", "reps", "rtx", "late", "hold: proof timer maxKB");
}

static double mbit(const struct world *w)
{
	u32 end_ms = w->sc->seconds * 1000;

	return bytes_between(w, w->sc->skip_ms, end_ms) * 8.0 / 1000 /
	       (end_ms - w->sc->skip_ms);
}

/* How long after @at_ms the goodput of 200 ms reached @want of a sum. */
static u32 reach_ms(const struct world *w, u32 at_ms, double rate)
{
	u32 t;

	for (t = at_ms; t + 200 <= w->sc->seconds * 1000; t += 10)
		if (bytes_between(w, t, t + 200) * 5 >= rate)
			return t + 200 - at_ms;
	return 99999;
}

/* printf at the end of @line. */
static void add(char *line, size_t room, const char *fmt, ...)
{
	size_t len = strlen(line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + len, room - len, fmt, ap);
	va_end(ap);
}

static void line_changes(const struct world *w, char *line, size_t room)
{
	const struct change *c;
	u32 i, ms;
	double sum;

	for (c = w->sc->change; c < w->sc->change + WORLD_CHANGES && c->at_ms;
	     c++) {
		for (sum = 0, i = 0; i < w->sc->n_links; i++)
			if (!dead_then(w, i, c->at_ms))
				sum += rate_then(w, i, c->at_ms);
		ms = reach_ms(w, c->at_ms,
			      0.9 * sum * 125 * 1514 / 1500 * share(w));
		add(line, room, " %us:90%%@%ums", c->at_ms / 1000, ms);
	}
}

static void line_flows(const struct world *w, char *line, size_t room)
{
	u32 k;

	for (k = 0; k < w->n_flows; k++) {
		const struct flow *f = &w->flow[k];

		if (f->cfg.kind == FLOW_CONSTANT && f->sink.next)
			add(line, room, " udp%u: loss %.2f%% p99 %u ms", k,
			    100.0 - 100.0 * f->sink.received / f->sink.next,
			    flow_delay_ms(f, 990));
		if (f->cfg.outside)
			add(line, room, " outside: %.1f Mbit",
			    f->sink.bytes * 8e-6 /
			    (w->sc->seconds - f->cfg.start_us / 1e6));
	}
}

void score_line(const struct world *w, char *line, size_t room)
{
	char q[64] = "", r[64] = "";
	u32 i;

	for (i = 0; i < w->sc->n_links; i++) {
		add(q, sizeof(q), "%u ", link_wait_ms(&w->ahead[i], 990));
		add(r, sizeof(r), "%.1f ", rate_error(w, i, 900));
	}
	snprintf(line, room,
		 "%-11s %6.1f %6.1f %5u | %-13s | %-15s | %5llu %5llu %5llu %5llu | %llu %llu %u",
		 w->sc->name, mbit(w), score_efficiency(w) * 100, stall_ms(w),
		 q, r, (unsigned long long)w->a.fq.codel_drops,
		 (unsigned long long)w->a.repairs,
		 (unsigned long long)w->flow[0].retransmits,
		 (unsigned long long)w->b.reseq.stats.late,
		 (unsigned long long)w->b.reseq.stats.proof,
		 (unsigned long long)w->b.reseq.stats.timer,
		 w->b.reseq.stats.max_bytes / 1024);
	line_changes(w, line, room);
	line_flows(w, line, room);
}

static void detail_path(const struct world *w, u32 i)
{
	const struct path *p = &w->a.path[i];
	const struct link *l = &w->ahead[i];

	printf("path %u: sent %.1f MB, lost %llu, late %llu, random %llu, overflow %llu, suspected %llu, repairs %llu, wait p50 %u p99 %u p999 %u ms, phase %s rate %.2f\n",
	       i, p->sent_bytes / 1e6,
	       (unsigned long long)p->loss.lost_packets,
	       (unsigned long long)p->loss.late_packets,
	       (unsigned long long)l->lost, (unsigned long long)l->overflow,
	       (unsigned long long)p->suspected,
	       (unsigned long long)p->repaired, link_wait_ms(l, 500),
	       link_wait_ms(l, 990), link_wait_ms(l, 999),
	       braid_rate_phase_name(p->rate.phase), p->rate.rate * 8e-6);
}

void score_detail(struct world *w)
{
	char line[1000];
	u32 b, i;

	score_head();
	score_line(w, line, sizeof(line));
	printf("%s\n", line);
	for (i = 0; i < w->sc->n_links; i++)
		detail_path(w, i);
	printf("control: %.1f kbit/s back, %llu reports; timeouts %llu; data %llu\n",
	       w->b.control_bytes * 8e-3 / w->sc->seconds,
	       (unsigned long long)w->b.reports,
	       (unsigned long long)w->flow[0].timeouts,
	       (unsigned long long)w->a.data_packets);
	for (b = 0; b < w->sc->seconds * 5; b++) {
		printf("%5.1f s %6.1f Mbit |", b / 5.0,
		       bytes_between(w, b * 200, b * 200 + 200) * 8e-6 * 5);
		for (i = 0; i < w->sc->n_links; i++)
			printf(" %6.2f", w->a.path[i].rate_log[2 * b] / 1e3);
		printf("\n");
	}
}
