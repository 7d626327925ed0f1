// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "world.h"

#define MBIT(n)		((n) * 125000ULL)

#define KNOBS {								\
	.report_us = 1000, .report_div = 8, .report_max_us = 5000,	\
	.repair = 2, .slack_ns = 50000, .late_ns = 100000,		\
	.cap_us = 250000, .limit_bytes = 16 << 20, .records = 4096,	\
	.schedule_us = 50000, .margin_us = 10000,			\
	.repair_quarters = 8, .repair_extra_us = 20000,			\
	.skew_us = 150000, .thin = true,				\
}

/* An emulated machine: late timers, and stalls. */
#define BUSY {								\
	.report_us = 1000, .report_div = 8, .report_max_us = 5000,	\
	.repair = 2, .slack_ns = 200000, .late_ns = 1000000,		\
	.stall_us = 20000, .cap_us = 250000, .limit_bytes = 16 << 20,	\
	.records = 4096, .schedule_us = 50000, .margin_us = 10000,	\
	.repair_quarters = 8, .repair_extra_us = 20000,			\
	.skew_us = 150000, .thin = true,				\
}

#define LINK(mbit, ms)	{ .rate = MBIT(mbit), .delay_us = (ms) * 1000 }
#define UNEQUAL		{ LINK(20, 10), LINK(30, 25), LINK(50, 50) }
#define ONE_CUBIC	{ { .kind = FLOW_CUBIC, .start_us = 200000 } }
#define CALL							\
	{ .kind = FLOW_CONSTANT, .rate = MBIT(2), .size = 1200,	\
	  .start_us = 1000000 }

#define BASIC(n, ...)							\
	{ .name = n, .seconds = 20, .skip_ms = 3000, .n_links = 3,	\
	  .link = UNEQUAL, .flow = ONE_CUBIC, .knobs = KNOBS, __VA_ARGS__ }

#define CUT(n, l, d)							\
	BASIC(n, .change = {						\
		{ .at_ms = 6000, .link = l, .dirs = d, .kill = true },	\
		{ .at_ms = 10000, .link = l, .dirs = d, .revive = true } })

static const struct scenario table[] = {
	BASIC("equal", .n_links = 2, .link = { LINK(50, 10), LINK(50, 10) }),
	BASIC("unequal"),
	BASIC("lossy", .link = { LINK(20, 10), LINK(30, 25),
		{ .rate = MBIT(50), .delay_us = 50000, .loss_ppm = 10000 } }),
	BASIC("bursty", .link = { LINK(20, 10), LINK(30, 25),
		{ .rate = MBIT(50), .delay_us = 50000, .loss_ppm = 10000,
		  .burst = 5 } }),
	CUT("cut1", 0, 3),
	CUT("cut2", 1, 3),
	CUT("cut3", 2, 3),
	CUT("cut3-ahead", 2, 1),
	CUT("cut3-back", 2, 2),
	CUT("cut1-back", 0, 2),
	BASIC("deep", .link = {
		{ .rate = MBIT(20), .delay_us = 10000, .limit = 1000 },
		{ .rate = MBIT(30), .delay_us = 25000, .limit = 1000 },
		{ .rate = MBIT(50), .delay_us = 50000, .limit = 1000 } }),
	BASIC("jitter", .link = { LINK(20, 10),
		{ .rate = MBIT(30), .delay_us = 25000, .jitter = LINK_REORDER,
		  .jitter_us = 10000 }, LINK(50, 50) }),
	BASIC("slot", .link = { LINK(20, 10),
		{ .rate = MBIT(30), .delay_us = 25000, .jitter = LINK_SLOT },
		LINK(50, 50) }),
	BASIC("change", .seconds = 25, .change = {
		{ .at_ms = 8000, .link = 2, .dirs = 3, .rate_kbit = 15000 },
		{ .at_ms = 15000, .link = 2, .dirs = 3, .rate_kbit = 50000 } }),
	BASIC("change-udp", .seconds = 25, .flow = {
		{ .kind = FLOW_CONSTANT, .rate = MBIT(100), .size = 1436,
		  .start_us = 200000 } }, .change = {
		{ .at_ms = 8000, .link = 2, .dirs = 3, .rate_kbit = 15000 },
		{ .at_ms = 15000, .link = 2, .dirs = 3, .rate_kbit = 50000 } }),
	BASIC("asym", .link = { LINK(50, 10), LINK(30, 25), LINK(20, 50) },
	      .back_kbit = { 5000, 3000, 10000 }),
	BASIC("eight", .flow = {
		{ .kind = FLOW_CUBIC, .start_us = 200000 },
		{ .kind = FLOW_CUBIC, .start_us = 250000 },
		{ .kind = FLOW_CUBIC, .start_us = 300000 },
		{ .kind = FLOW_CUBIC, .start_us = 350000 },
		{ .kind = FLOW_CUBIC, .start_us = 400000 },
		{ .kind = FLOW_CUBIC, .start_us = 450000 },
		{ .kind = FLOW_CUBIC, .start_us = 500000 },
		{ .kind = FLOW_CUBIC, .start_us = 550000 } }),
	BASIC("call", .flow = { { .kind = FLOW_CUBIC, .start_us = 200000 },
				CALL }),
	BASIC("call-ahead", .flow = {
		{ .kind = FLOW_CUBIC, .start_us = 200000 },
		{ .kind = FLOW_CONSTANT, .rate = MBIT(2), .size = 1200,
		  .start_us = 1000000, .ahead = true } }),
	BASIC("busy", .knobs = BUSY),
	BASIC("busy-lossy", .knobs = BUSY, .link = { LINK(20, 10),
		LINK(30, 25), { .rate = MBIT(50), .delay_us = 50000,
				.loss_ppm = 10000 } }),
	BASIC("bbr", .flow = { { .kind = FLOW_BBR, .start_us = 200000 } }),
	BASIC("udp", .flow = { { .kind = FLOW_CONSTANT, .rate = MBIT(120),
				 .size = 1436, .start_us = 200000 } }),
	BASIC("calm", .flow = { { .kind = FLOW_CONSTANT, .rate = MBIT(30),
				 .size = 1436, .start_us = 200000 } }),
	BASIC("neighbour", .seconds = 30, .flow = {
		{ .kind = FLOW_CUBIC, .start_us = 200000 },
		{ .kind = FLOW_CUBIC, .start_us = 3000000, .outside = 3 } }),
	BASIC("single", .n_links = 1, .link = { LINK(50, 25) }),
	BASIC("slow", .n_links = 2, .link = { LINK(1, 30), LINK(3, 15) }),
	BASIC("policed", .n_links = 1, .link = {
		{ .rate = MBIT(50), .delay_us = 25000, .limit = 110 } }),
	BASIC("shift", .change = {
		{ .at_ms = 8000, .link = 2, .dirs = 3, .delay_us = 70000 } }),
	BASIC("late", .change = {
		{ .at_ms = 8000, .link = 2, .dirs = 3, .delay_us = 800000 } }),
	BASIC("grey", .change = {
		{ .at_ms = 8000, .link = 2, .dirs = 3, .loss_ppm = 300000 } }),
	BASIC("big", .seconds = 6, .n_links = 2, .link = {
		{ .rate = MBIT(1000), .delay_us = 5000, .limit = 10000 },
		{ .rate = MBIT(1000), .delay_us = 105000, .limit = 30000 } },
	      .flow = { { .kind = FLOW_CONSTANT, .rate = MBIT(2000),
			  .size = 1436, .start_us = 200000 } },
	      .knobs = { .report_us = 1000, .report_div = 8,
			 .report_max_us = 5000, .repair = 2, .slack_ns = 50000,
			 .late_ns = 100000, .cap_us = 250000,
			 .limit_bytes = 64 << 20, .records = 65536,
			 .schedule_us = 50000, .margin_us = 10000,
			 .repair_quarters = 8, .repair_extra_us = 20000, .skew_us = 150000,
			 .thin = true }),
};

const struct scenario *scenario_find(const char *name)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

const struct scenario *scenario_at(u32 i)
{
	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}

static u64 between(struct clock *c, u64 low, u64 high)
{
	return low + rnd_below(c, high - low + 1);
}

static void random_link(struct clock *c, struct link_config *l)
{
	static const u32 loss[] = { 0, 0, 0, 0, 1000, 5000, 10000, 20000 };

	l->rate = MBIT(1) * between(c, 2, 20);
	l->delay_us = between(c, 1000, 60000);
	l->loss_ppm = loss[rnd_below(c, ARRAY_SIZE(loss))];
	l->burst = rnd_below(c, 4) ? 0 : 5;
	l->jitter = rnd_below(c, 6) ? LINK_STEADY : LINK_REORDER;
	l->jitter_us = min_t(u64, l->delay_us, between(c, 100, 10000));
	l->limit = rnd_below(c, 3) ? 0 : between(c, 60, 1000);
}

static void random_change(struct clock *c, struct scenario *sc, u32 i)
{
	struct change *ch = &sc->change[i];
	u32 before = i ? sc->change[i - 1].at_ms : 3000;

	ch->at_ms = before + between(c, 500, 3000);
	ch->link = rnd_below(c, sc->n_links);
	ch->dirs = between(c, 1, 3);
	switch (rnd_below(c, 4)) {
	case 0:
		ch->rate_kbit = between(c, 1000, 20000);
		break;
	case 1:
		ch->delay_us = between(c, 1000, 60000);
		break;
	case 2:
		ch->loss_ppm = between(c, 1000, 50000);
		break;
	default:
		ch->kill = rnd_below(c, 2);
		ch->revive = !ch->kill;
	}
}

void scenario_random(struct scenario *sc, u64 seed)
{
	static const struct knobs knobs = KNOBS;
	struct clock c = { .seed = seed ^ 0x5eed };
	u32 i, n;

	memset(sc, 0, sizeof(*sc));
	snprintf(sc->name, sizeof(sc->name), "random-%llu",
		 (unsigned long long)seed);
	sc->knobs = knobs;
	sc->seconds = 10;
	sc->skip_ms = 3000;
	sc->n_links = between(&c, 1, 3);
	for (i = 0; i < sc->n_links; i++)
		random_link(&c, &sc->link[i]);
	n = between(&c, 1, 3);
	for (i = 0; i < n; i++) {
		sc->flow[i].kind = between(&c, FLOW_CUBIC, FLOW_CONSTANT);
		sc->flow[i].rate = MBIT(1) * between(&c, 1, 8);
		sc->flow[i].size = between(&c, 100, 1436);
		sc->flow[i].start_us = between(&c, 100000, 1000000);
	}
	n = rnd_below(&c, 2) * rnd_below(&c, 5);
	for (i = 0; i < n; i++)
		random_change(&c, sc, i);
}
