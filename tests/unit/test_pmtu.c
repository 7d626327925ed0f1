// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/pmtu.h"

#define MBIT	125000ULL
#define WAIT	50000U

/**
 * struct road - what the probes meet
 * @p: what the sender knows
 * @passes: largest packet that passes
 * @mute: nothing at all passes
 * @now: time
 * @sent: probes sent
 */
struct road {
	struct braid_pmtu p;
	u32 passes;
	bool mute;
	u64 now;
	unsigned int sent;
};

static void road_init(struct road *r, u32 link, u32 passes)
{
	memset(r, 0, sizeof(*r));
	r->now = 1000000;
	r->passes = passes;
	braid_pmtu_init(&r->p, false);
	ck_assert_uint_eq(r->p.size, BRAID_PMTU_BASE4);
	braid_pmtu_link(&r->p, link, r->now);
}

/* One probe and what comes of it; false when none was due. */
static bool road_step(struct road *r, bool busy)
{
	u32 size = braid_pmtu_poll(&r->p, busy, WAIT, r->now);

	if (!size)
		return false;
	r->sent++;
	ck_assert_uint_le(size, r->p.link);
	if (braid_pmtu_last(&r->p) && !r->mute)
		braid_pmtu_small(&r->p);
	if (size <= r->passes && !r->mute)
		braid_pmtu_answered(&r->p, size, r->now + 1000);
	r->now += WAIT;
	return true;
}

/* Until it is found, within so many probes. */
static void road_search(struct road *r, unsigned int most)
{
	r->sent = 0;
	while (r->p.phase != BRAID_PMTU_FOUND) {
		if (!road_step(r, false))
			r->now += 1000;
		ck_assert_uint_le(r->sent, most);
	}
}

START_TEST(pmtu_whole_link)
{
	struct road r;

	road_init(&r, 1500, 1500);
	road_search(&r, 1);
	ck_assert_uint_eq(r.p.size, 1500);
	ck_assert_uint_eq(braid_pmtu_now(&r.p), 1500);
	/* nothing more to be had: no more probes, ever */
	r.now += 10 * BRAID_PMTU_RAISE_US;
	ck_assert(!road_step(&r, true));
}
END_TEST

/* Every size below the link's is found, within a step, by few probes. */
START_TEST(pmtu_finds)
{
	u32 passes = BRAID_PMTU_BASE4 + _i;
	struct road r;

	road_init(&r, 1500, passes);
	road_search(&r, 30);
	ck_assert_uint_le(r.p.size, passes);
	ck_assert_uint_gt(r.p.size + BRAID_PMTU_STEP, passes);
	ck_assert(!braid_pmtu_open(&r.p));
}
END_TEST

START_TEST(pmtu_jumbo)
{
	struct road r;

	road_init(&r, 9000, 9000);
	road_search(&r, 1);
	ck_assert_uint_eq(r.p.size, 9000);
	road_init(&r, 9000, 1500);
	road_search(&r, 40);
	ck_assert_uint_eq(r.p.size, 1500);
}
END_TEST

/* Not even the assumed size: no probe leads below that. */
START_TEST(pmtu_never_below_base)
{
	struct road r;

	road_init(&r, 1500, 1000);
	road_search(&r, 60);
	ck_assert_uint_eq(r.p.size, BRAID_PMTU_BASE4);
	/* that of the link here is no guess, and does */
	braid_pmtu_link(&r.p, 900, r.now);
	road_search(&r, 60);
	ck_assert_uint_eq(r.p.size, 900);
	braid_pmtu_init(&r.p, true);
	braid_pmtu_link(&r.p, 1500, r.now);
	road_search(&r, 60);
	ck_assert_uint_eq(r.p.size, BRAID_PMTU_BASE6);
}
END_TEST

START_TEST(pmtu_raises_when_busy)
{
	struct road r;

	road_init(&r, 1500, 1400);
	road_search(&r, 30);
	ck_assert_uint_eq(r.p.size, 1400);
	r.passes = 1500;
	r.now += BRAID_PMTU_RAISE_US - 1000000;
	ck_assert(!road_step(&r, true));
	r.now += 1000001;
	ck_assert(!road_step(&r, false));
	ck_assert(road_step(&r, true));
	ck_assert_uint_eq(r.p.size, 1500);
	ck_assert_int_eq(r.p.phase, BRAID_PMTU_FOUND);
}
END_TEST

/* A user asks: more is looked for at once, and nothing is given up for it. */
START_TEST(pmtu_raised_on_demand)
{
	struct road r;

	road_init(&r, 1500, 1400);
	road_search(&r, 30);
	braid_pmtu_raise(&r.p, r.now);
	while (r.p.phase != BRAID_PMTU_FOUND) {
		ck_assert_uint_eq(braid_pmtu_now(&r.p), 1400);
		ck_assert(!braid_pmtu_open(&r.p));
		road_step(&r, false);
	}
	r.passes = 1500;
	braid_pmtu_raise(&r.p, r.now);
	road_search(&r, 1);
	ck_assert_uint_eq(r.p.size, 1500);
	/* and not for what the link does not take */
	braid_pmtu_raise(&r.p, r.now);
	ck_assert(!road_step(&r, true));
}
END_TEST

/* So many large packets in a row are lost. */
static void road_lose(struct road *r, u32 size)
{
	int i;

	for (i = 0; i < BRAID_PMTU_LOSSES; i++) {
		braid_pmtu_delivered(&r->p, 1300);
		braid_pmtu_lost(&r->p, size, r->now);
	}
}

/*
 * Large packets vanish, small ones come: the size is asked for, and as soon as
 * that is not answered the base is used, before the search has an end.
 */
START_TEST(pmtu_black_hole)
{
	struct road r;

	road_init(&r, 1500, 1500);
	road_search(&r, 1);
	r.passes = 1400;
	road_lose(&r, 1500);
	ck_assert_int_eq(r.p.phase, BRAID_PMTU_VERIFY);
	road_step(&r, true);
	ck_assert_uint_eq(braid_pmtu_now(&r.p), 1500);
	road_step(&r, true);
	ck_assert_uint_eq(braid_pmtu_now(&r.p), BRAID_PMTU_BASE4);
	ck_assert(braid_pmtu_open(&r.p));
	road_search(&r, 30);
	ck_assert_uint_eq(r.p.size, 1400);
	ck_assert_uint_eq(braid_pmtu_now(&r.p), 1400);
	/* more is asked for as late as after any other search */
	ck_assert(!road_step(&r, true));
	r.now += BRAID_PMTU_RAISE_US;
	ck_assert(road_step(&r, true));
}
END_TEST

/* Losses that hit all sizes, or not all large ones, are no black hole. */
START_TEST(pmtu_losses_are_not_size)
{
	struct road r;
	int i;

	road_init(&r, 1500, 1500);
	road_search(&r, 1);
	for (i = 0; i < 1000; i++) {
		braid_pmtu_lost(&r.p, i % 2 ? 1500 : 1300, r.now);
		if (i % (BRAID_PMTU_LOSSES - 1) == 0)
			braid_pmtu_delivered(&r.p, 1500);
		braid_pmtu_lost(&r.p, BRAID_PMTU_BASE4, r.now);
	}
	ck_assert_int_eq(r.p.phase, BRAID_PMTU_FOUND);
	/* a burst: one probe, and its size is never given up */
	road_lose(&r, 1500);
	ck_assert_uint_eq(braid_pmtu_now(&r.p), 1500);
	ck_assert(road_step(&r, true));
	ck_assert_uint_eq(braid_pmtu_now(&r.p), 1500);
	ck_assert_int_eq(r.p.phase, BRAID_PMTU_FOUND);
}
END_TEST

/*
 * All packets are large, so nothing proves them lost: the path looks dead until
 * a small probe clears it. And again, until the size is asked for.
 */
START_TEST(pmtu_suspected)
{
	struct road r;

	road_init(&r, 1500, 1500);
	road_search(&r, 1);
	r.passes = 1400;
	/* nothing large was under way: the size was never in question */
	braid_pmtu_flushed(&r.p, 500);
	braid_pmtu_cleared(&r.p, r.now);
	ck_assert_int_eq(r.p.phase, BRAID_PMTU_FOUND);
	/* or it was delivered after all */
	braid_pmtu_flushed(&r.p, 1500);
	braid_pmtu_delivered(&r.p, 1500);
	braid_pmtu_cleared(&r.p, r.now);
	ck_assert_int_eq(r.p.phase, BRAID_PMTU_FOUND);
	braid_pmtu_flushed(&r.p, 1500);
	braid_pmtu_cleared(&r.p, r.now);
	road_step(&r, true);
	ck_assert_uint_eq(braid_pmtu_now(&r.p), 1500);
	/* the next suspicion does not begin all over */
	braid_pmtu_flushed(&r.p, 1500);
	braid_pmtu_cleared(&r.p, r.now);
	road_step(&r, true);
	ck_assert_uint_eq(r.p.tries, 2);
	ck_assert_uint_eq(braid_pmtu_now(&r.p), BRAID_PMTU_BASE4);
	road_search(&r, 30);
	ck_assert_uint_eq(r.p.size, 1400);
}
END_TEST

/* A path over which nothing comes says nothing of sizes, and is asked rarely. */
START_TEST(pmtu_dead_path)
{
	struct road r;
	u64 begun;
	int i;

	road_init(&r, 1500, 1500);
	road_search(&r, 1);
	r.mute = true;
	braid_pmtu_start(&r.p, r.now);
	r.sent = 0;
	for (begun = r.now; r.now < begun + 1200 * WAIT;)
		if (!road_step(&r, true))
			r.now += WAIT;
	ck_assert_uint_eq(r.p.size, 1500);
	ck_assert_uint_lt(r.sent, 30);
	r.mute = false;
	braid_pmtu_start(&r.p, r.now);
	road_search(&r, 1);
	ck_assert_uint_eq(r.p.size, 1500);
	/* what came through was sent before the last probe: no proof */
	braid_pmtu_start(&r.p, r.now);
	for (i = 0; i < BRAID_PMTU_PROBES - 1; i++) {
		ck_assert(braid_pmtu_poll(&r.p, true, WAIT, r.now));
		braid_pmtu_small(&r.p);
		r.now += WAIT;
	}
	ck_assert_uint_eq(braid_pmtu_poll(&r.p, true, WAIT, r.now), 1500);
	r.now += WAIT;
	ck_assert_uint_eq(braid_pmtu_poll(&r.p, true, WAIT, r.now), 1500);
	ck_assert_uint_eq(r.p.size, 1500);
}
END_TEST

START_TEST(pmtu_link_changes)
{
	struct road r;

	road_init(&r, 1500, 1500);
	road_search(&r, 1);
	braid_pmtu_link(&r.p, 1400, r.now);
	ck_assert_uint_eq(braid_pmtu_now(&r.p), 1400);
	ck_assert(!road_step(&r, true));
	braid_pmtu_link(&r.p, 1000, r.now);
	ck_assert_uint_eq(braid_pmtu_now(&r.p), 1000);
	braid_pmtu_link(&r.p, 1500, r.now);
	ck_assert_uint_eq(braid_pmtu_now(&r.p), BRAID_PMTU_BASE4);
	road_search(&r, 1);
	ck_assert_uint_eq(r.p.size, 1500);
	/* unknown is not news */
	braid_pmtu_link(&r.p, 0, r.now);
	ck_assert_int_eq(r.p.phase, BRAID_PMTU_FOUND);
}
END_TEST

/* An answer to a smaller probe that is asked no more proves nothing. */
START_TEST(pmtu_stale_answer)
{
	struct road r;

	road_init(&r, 1400, 1400);
	ck_assert_uint_eq(braid_pmtu_poll(&r.p, true, WAIT, r.now), 1400);
	braid_pmtu_link(&r.p, 1500, r.now);
	braid_pmtu_answered(&r.p, 1400, r.now);
	ck_assert_uint_eq(r.p.size, BRAID_PMTU_BASE4);
}
END_TEST

/* A claim makes one probe of what is known; only its silence changes anything. */
START_TEST(pmtu_claims)
{
	struct road r;
	int i;

	road_init(&r, 1500, 1500);
	road_search(&r, 1);
	ck_assert(!braid_pmtu_hint(&r.p, 1500, r.now));
	ck_assert(!braid_pmtu_hint(&r.p, 68, r.now));
	ck_assert(!braid_pmtu_hint(&r.p, BRAID_PMTU_BASE4 - 1, r.now));
	ck_assert(!braid_pmtu_hint(&r.p, 65535, r.now));
	ck_assert(braid_pmtu_hint(&r.p, 1300, r.now));
	ck_assert_uint_eq(braid_pmtu_now(&r.p), 1500);
	ck_assert(!braid_pmtu_open(&r.p));
	road_search(&r, 1);
	ck_assert_uint_eq(r.p.size, 1500);
	/* a flood of them: one probe in so many seconds */
	r.sent = 0;
	for (i = 0; i < 60000; i++) {
		braid_pmtu_hint(&r.p, BRAID_PMTU_BASE4 + i % 300, r.now);
		ck_assert(!braid_pmtu_open(&r.p));
		ck_assert_uint_eq(braid_pmtu_now(&r.p), 1500);
		road_step(&r, true);
		r.now += 1000;
	}
	ck_assert_uint_le(r.sent, 7);
	/* the probe of a claim that gets lost gives nothing up by itself */
	r.now += BRAID_PMTU_CLAIM_US;
	ck_assert(braid_pmtu_hint(&r.p, 1300, r.now));
	for (i = 0; i < BRAID_PMTU_PROBES; i++) {
		ck_assert(braid_pmtu_poll(&r.p, true, WAIT, r.now));
		ck_assert_uint_eq(braid_pmtu_now(&r.p), 1500);
		r.now += WAIT;
	}
	road_search(&r, 1);
}
END_TEST

/* A true one shortens the search: silence, then it, then what it excludes. */
START_TEST(pmtu_true_claim)
{
	struct road r;

	road_init(&r, 1500, 1500);
	road_search(&r, 1);
	r.passes = 1428;
	ck_assert(braid_pmtu_hint(&r.p, 1428, r.now));
	road_search(&r, BRAID_PMTU_PROBES + 1 + BRAID_PMTU_PROBES);
	ck_assert_uint_eq(r.p.size, 1428);
	/* and from the beginning: the link, the claim, and no more */
	road_init(&r, 1500, 1428);
	road_step(&r, true);
	ck_assert(braid_pmtu_hint(&r.p, 1428, r.now));
	road_search(&r, BRAID_PMTU_PROBES - 1 + 1 + BRAID_PMTU_PROBES);
	ck_assert_uint_eq(r.p.size, 1428);
}
END_TEST

/* Random claims, losses, answers, links: the bounds hold. */
START_TEST(pmtu_anything)
{
	uint64_t seed = _i + 1;
	struct road r;
	int i;

	road_init(&r, 1500, 1500);
	for (i = 0; i < 20000; i++) {
		switch (unit_below(&seed, 16)) {
		case 0:
			r.passes = 500 + unit_below(&seed, 9000);
			break;
		case 1:
			braid_pmtu_link(&r.p, 68 + unit_below(&seed, 9000),
					r.now);
			break;
		case 2:
			braid_pmtu_hint(&r.p, unit_below(&seed, 70000), r.now);
			break;
		case 3:
			braid_pmtu_start(&r.p, r.now);
			break;
		case 4:
			braid_pmtu_answered(&r.p, r.p.probe, r.now);
			break;
		case 5:
			braid_pmtu_delivered(&r.p, unit_below(&seed, 10000));
			break;
		case 6:
			r.mute = unit_below(&seed, 2);
			break;
		case 7:
			braid_pmtu_raise(&r.p, r.now);
			break;
		case 8:
			braid_pmtu_small(&r.p);
			break;
		case 9:
			braid_pmtu_flushed(&r.p, unit_below(&seed, 10000));
			break;
		case 10:
			braid_pmtu_cleared(&r.p, r.now);
			break;
		case 11:
		case 12:
			braid_pmtu_lost(&r.p, unit_below(&seed, 10000), r.now);
			break;
		default:
			r.now += unit_below(&seed, 2) ? WAIT :
				 unit_below(&seed, BRAID_PMTU_RAISE_US);
			road_step(&r, unit_below(&seed, 2));
		}
		ck_assert_uint_le(r.p.size, r.p.link);
		ck_assert_uint_le(braid_pmtu_now(&r.p), r.p.size);
		ck_assert_uint_ge(braid_pmtu_now(&r.p),
				  min(r.p.base, r.p.link));
		ck_assert_str_ne(braid_pmtu_phase_name(&r.p), "");
	}
}
END_TEST

START_TEST(pmtu_best_size)
{
	struct braid_pmtu_way way[] = {
		{ 1436, 50 * MBIT }, { 1336, 50 * MBIT }, { 1436, 20 * MBIT },
	};

	ck_assert_uint_eq(braid_pmtu_best(way, 0), 0);
	ck_assert_uint_eq(braid_pmtu_best(way, 1), 1436);
	/* half of the rate is worth smaller packets */
	ck_assert_uint_eq(braid_pmtu_best(way, 3), 1336);
	/* a drop in the ocean is not */
	way[1].rate = MBIT / 10;
	ck_assert_uint_eq(braid_pmtu_best(way, 3), 1436);
	/* nor is it for jumbo packets */
	way[0] = (struct braid_pmtu_way){ 8936, 10000 * MBIT };
	way[1].rate = 50 * MBIT;
	ck_assert_uint_eq(braid_pmtu_best(way, 3), 8936);
	/* without rates all count the same */
	way[0].rate = 0;
	way[1].rate = 0;
	way[2].rate = 0;
	ck_assert_uint_eq(braid_pmtu_best(way, 3), 1336);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pmtu");
	TCase *tc = tcase_create("pmtu");

	tcase_add_test(tc, pmtu_whole_link);
	tcase_add_loop_test(tc, pmtu_finds, 0, 300);
	tcase_add_test(tc, pmtu_jumbo);
	tcase_add_test(tc, pmtu_never_below_base);
	tcase_add_test(tc, pmtu_raises_when_busy);
	tcase_add_test(tc, pmtu_raised_on_demand);
	tcase_add_test(tc, pmtu_black_hole);
	tcase_add_test(tc, pmtu_losses_are_not_size);
	tcase_add_test(tc, pmtu_suspected);
	tcase_add_test(tc, pmtu_dead_path);
	tcase_add_test(tc, pmtu_link_changes);
	tcase_add_test(tc, pmtu_stale_answer);
	tcase_add_test(tc, pmtu_claims);
	tcase_add_test(tc, pmtu_true_claim);
	tcase_add_loop_test(tc, pmtu_anything, 0, 20);
	tcase_add_test(tc, pmtu_best_size);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
