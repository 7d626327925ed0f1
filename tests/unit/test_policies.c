// SPDX-License-Identifier: GPL-2.0
/* The policies sticky and standby: which path, and that nothing moves idly. */
#include "unit.h"

#include <string.h>

#include <linux/braid_steer.h>

/* What the policies have from the verifier's world. */
#define braid_for_each_slot(slot) \
	for ((slot) = 0; (slot) < BRAID_MAX_SLOTS; (slot)++)

#include "../../bpf/standby.h"
#include "../../bpf/sticky.h"

#define MS	BRAID_NSEC_PER_MSEC
#define FLOWS	10000

static const struct braid_sticky_cfg cfg = BRAID_STICKY_DEFAULTS;
static struct braid_path_view views[BRAID_MAX_SLOTS];
static struct braid_steer_ctx pkt;

struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx, __u32 slot)
{
	if (slot >= BRAID_MAX_SLOTS || !(ctx->usable >> slot & 1))
		return NULL;
	return &views[slot];
}

/* The verdict on a flow after a silence. */
static uint64_t sticky(struct braid_flow_value *flow, uint64_t idle_ns)
{
	return braid_sticky_verdict(&cfg, &pkt, flow, idle_ns, 1000000 * MS);
}

/* Three paths of 20, 30 and 50 Mbit/s. */
static void begin(void)
{
	static const uint64_t rate[] = { 2500000, 3750000, 6250000 };
	static const uint32_t owd[] = { 0, 15000, 40000 };
	int i;

	memset(views, 0, sizeof(views));
	memset(&pkt, 0, sizeof(pkt));
	for (i = 0; i < 3; i++) {
		views[i].state = BRAID_STATE_UP;
		views[i].usable = 1;
		views[i].rate = rate[i];
		views[i].owd_us = owd[i];
	}
	pkt.peer.usable = 7;
}

static uint64_t pin(uint32_t slot)
{
	return BRAID_VERDICT(BRAID_KIND_PIN, BRAID_WITHIN, 1U << slot);
}

START_TEST(standby_first_of_the_cheapest)
{
	begin();
	ck_assert_uint_eq(braid_standby_verdict(&pkt), pin(0));
	views[0].cost = 10;
	ck_assert_uint_eq(braid_standby_verdict(&pkt), pin(1));
	views[1].cost = 5;
	views[2].cost = 5;
	ck_assert_uint_eq(braid_standby_verdict(&pkt), pin(1));
	views[2].cost = 4;
	ck_assert_uint_eq(braid_standby_verdict(&pkt), pin(2));
	/* dearer than anything, but there */
	views[0].cost = ~0U;
	pkt.peer.usable = 1;
	ck_assert_uint_eq(braid_standby_verdict(&pkt), pin(0));
}
END_TEST

START_TEST(standby_goes_and_comes_back)
{
	begin();
	/* nothing that is measured has a say */
	views[0].srtt_us = 500000;
	views[0].loss_ppm = 100000;
	ck_assert_uint_eq(braid_standby_verdict(&pkt), pin(0));
	pkt.peer.usable = 6;
	ck_assert_uint_eq(braid_standby_verdict(&pkt), pin(1));
	pkt.peer.usable = 7;
	ck_assert_uint_eq(braid_standby_verdict(&pkt), pin(0));
}
END_TEST

START_TEST(standby_paths_marked_so_are_last)
{
	begin();
	pkt.peer.standby = 1;
	ck_assert_uint_eq(braid_standby_verdict(&pkt), pin(1));
	pkt.peer.usable = 1;
	ck_assert_uint_eq(braid_standby_verdict(&pkt), pin(0));
	pkt.peer.usable = 0;
	ck_assert_uint_eq(braid_standby_verdict(&pkt), BRAID_AUTO);
}
END_TEST

START_TEST(sticky_logarithm)
{
	uint32_t i, is, was = ~0U;

	ck_assert_uint_eq(braid_sticky_neglog(1), 32 << 16);
	ck_assert_uint_eq(braid_sticky_neglog(0), 32 << 16);
	for (i = 0; i < 32; i++)
		ck_assert_uint_eq(braid_sticky_neglog(1U << i), (32 - i) << 16);
	/* log2(3) = 1.58496, log2(4294967295) = 32 all but nothing */
	ck_assert_uint_le(braid_sticky_neglog(3) - (uint32_t)(30.415 * 65536),
			  65);
	ck_assert_uint_le(braid_sticky_neglog(~0U), 2);
	for (i = 1; i < 1U << 31; i += i / 50 + 1) {
		is = braid_sticky_neglog(i);
		ck_assert_uint_le(is, was);
		was = is;
	}
}
END_TEST

/* How many of the flows each path has. */
static void spread(uint32_t set, uint32_t *n)
{
	uint64_t seed = 42;
	uint32_t slot;
	int i;

	memset(n, 0, BRAID_MAX_SLOTS * sizeof(*n));
	for (i = 0; i < FLOWS; i++) {
		pkt.hash = unit_random(&seed);
		slot = braid_sticky_choose(&pkt, set);
		ck_assert_uint_lt(slot, BRAID_MAX_SLOTS);
		n[slot]++;
	}
}

static void near_to(uint32_t n, uint32_t percent)
{
	ck_assert_uint_ge(n + 3 * FLOWS / 100, percent * (FLOWS / 100));
	ck_assert_uint_le(n, (percent + 3) * (FLOWS / 100));
}

START_TEST(sticky_weights)
{
	uint32_t n[BRAID_MAX_SLOTS];
	int i;

	begin();
	spread(7, n);
	near_to(n[0], 20);
	near_to(n[1], 30);
	near_to(n[2], 50);
	/* far apart, and without a measurement */
	views[0].rate = 100000000;
	views[1].rate = 5000000;
	views[2].rate = 0;
	spread(7, n);
	near_to(n[0], 95);
	near_to(n[1], 5);
	near_to(n[2], 0);
	/* all slots alike */
	for (i = 0; i < BRAID_MAX_SLOTS; i++)
		views[i].rate = 1000000;
	pkt.peer.usable = ~0U;
	spread(~0U, n);
	for (i = 0; i < BRAID_MAX_SLOTS; i++)
		near_to(n[i], 3);
}
END_TEST

/* A path that goes takes only its own flows along, to all that are left. */
START_TEST(sticky_only_its_own_flows_move)
{
	uint32_t before, after, moved[BRAID_MAX_SLOTS] = { 0 };
	uint64_t seed = 7;
	int i;

	begin();
	for (i = 0; i < FLOWS; i++) {
		pkt.hash = unit_random(&seed);
		before = braid_sticky_choose(&pkt, 7);
		after = braid_sticky_choose(&pkt, 5);
		if (before == 1)
			moved[after]++;
		else
			ck_assert_uint_eq(after, before);
	}
	ck_assert_uint_gt(moved[0], FLOWS * 3 / 10 / 5);
	ck_assert_uint_gt(moved[2], moved[0]);
}
END_TEST

/* A flow of path 1, entered. */
static struct braid_flow_value entered(void)
{
	struct braid_flow_value flow = { .slot = BRAID_NO_SLOT };
	uint64_t seed = 3;

	do
		pkt.hash = unit_random(&seed);
	while (braid_sticky_choose(&pkt, 7) != 1);
	ck_assert_uint_eq(sticky(&flow, 0), BRAID_PIN(1));
	return flow;
}

START_TEST(sticky_moves_in_a_gap_only)
{
	struct braid_flow_value flow;

	begin();
	flow = entered();
	ck_assert_uint_eq(flow.slot, 1);
	/* the path becomes a hundredth of what it was */
	views[1].rate /= 100;
	ck_assert_uint_eq(sticky(&flow, 49 * MS), BRAID_PIN(1));
	ck_assert_uint_eq(flow.moves, 0);
	/* what is under way on a path so long must have arrived first */
	views[1].owd_us = 60000;
	views[1].jitter_us = 5000;
	ck_assert_uint_eq(sticky(&flow, 79 * MS), BRAID_PIN(1));
	ck_assert_uint_ne(sticky(&flow, 81 * MS), BRAID_PIN(1));
	ck_assert_uint_eq(flow.moves, 1);
	ck_assert_uint_ne(flow.slot, 1);
}
END_TEST

START_TEST(sticky_leaves_a_path_that_is_gone)
{
	struct braid_flow_value flow;
	uint32_t slot;

	begin();
	flow = entered();
	pkt.peer.usable = 5;
	sticky(&flow, 0);
	slot = flow.slot;
	ck_assert_uint_ne(slot, 1);
	/* it is back, and the flow does not stop for it ... */
	pkt.peer.usable = 7;
	ck_assert_uint_eq(sticky(&flow, MS), BRAID_PIN(slot));
	/* nor goes to a standby path */
	pkt.peer.standby = 1U << slot;
	ck_assert_uint_ne(sticky(&flow, MS), BRAID_PIN(slot));
	pkt.peer.usable = 0;
	ck_assert_uint_eq(sticky(&flow, MS), BRAID_AUTO);
}
END_TEST

/* Estimates that waver do not make flows waver. */
START_TEST(sticky_does_not_flap)
{
	struct braid_flow_value flow;
	uint64_t seed = 11;
	int i, k, moves = 0;

	begin();
	for (i = 0; i < 1000; i++) {
		memset(&flow, 0, sizeof(flow));
		flow.slot = BRAID_NO_SLOT;
		pkt.hash = unit_random(&seed);
		for (k = 0; k < 20; k++) {
			views[0].rate = 2250000 + unit_below(&seed, 500000);
			views[1].rate = 3375000 + unit_below(&seed, 750000);
			views[2].rate = 5625000 + unit_below(&seed, 1250000);
			sticky(&flow, 1000 * MS);
		}
		moves += flow.moves;
	}
	ck_assert_int_eq(moves, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policies");
	TCase *tc = tcase_create("policies");

	tcase_add_test(tc, standby_first_of_the_cheapest);
	tcase_add_test(tc, standby_goes_and_comes_back);
	tcase_add_test(tc, standby_paths_marked_so_are_last);
	tcase_add_test(tc, sticky_logarithm);
	tcase_add_test(tc, sticky_weights);
	tcase_add_test(tc, sticky_only_its_own_flows_move);
	tcase_add_test(tc, sticky_moves_in_a_gap_only);
	tcase_add_test(tc, sticky_leaves_a_path_that_is_gone);
	tcase_add_test(tc, sticky_does_not_flap);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
