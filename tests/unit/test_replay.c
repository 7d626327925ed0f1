// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/replay.h"

#define WINDOW	(BRAID_REPLAY_BITS - 64)

static struct braid_replay r;

static void setup(void)
{
	braid_replay_init(&r);
}

START_TEST(first_packets)
{
	ck_assert(braid_replay_check(&r, 0));
	ck_assert(braid_replay_commit(&r, 0));
	ck_assert(!braid_replay_check(&r, 0));
	ck_assert(!braid_replay_commit(&r, 0));
	ck_assert_uint_eq(r.next, 1);
	ck_assert(braid_replay_commit(&r, 63));
	ck_assert(braid_replay_commit(&r, 64));
	ck_assert(braid_replay_commit(&r, 62));
	ck_assert(!braid_replay_commit(&r, 63));
	ck_assert(!braid_replay_commit(&r, 64));
	ck_assert_uint_eq(r.next, 65);
}
END_TEST

/* Wherever the upper edge stands in its word, the lower one is exact. */
START_TEST(window_edge)
{
	u64 top = 100000 + _i;

	ck_assert(braid_replay_commit(&r, top));
	ck_assert(!braid_replay_check(&r, top - WINDOW));
	ck_assert(!braid_replay_commit(&r, top - WINDOW));
	ck_assert(braid_replay_check(&r, top - WINDOW + 1));
	ck_assert(braid_replay_commit(&r, top - WINDOW + 1));
	ck_assert(!braid_replay_commit(&r, top - WINDOW + 1));
	ck_assert(braid_replay_commit(&r, top - 1));
	ck_assert(braid_replay_commit(&r, top + 1));
	ck_assert(!braid_replay_commit(&r, top - WINDOW + 1));
	ck_assert_uint_eq(r.next, top + 2);
}
END_TEST

/* What a jump leaves behind is forgotten; the ring holds no old bits. */
START_TEST(far_jumps)
{
	static const u64 jump[] = { 1, 63, 64, 65, WINDOW - 1, WINDOW,
		BRAID_REPLAY_BITS - 1, BRAID_REPLAY_BITS, BRAID_REPLAY_BITS + 1,
		3 * BRAID_REPLAY_BITS, 1ULL << 32, 1ULL << 62 };
	u64 n, at = WINDOW * 2, low;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jump); i++) {
		braid_replay_init(&r);
		for (n = 0; n <= at; n++)
			ck_assert(braid_replay_commit(&r, n));
		ck_assert(braid_replay_commit(&r, at + jump[i]));
		low = at + jump[i] - WINDOW + 1;
		for (n = low; n < at + jump[i]; n++)
			ck_assert_msg(braid_replay_check(&r, n) == (n > at),
				      "jump %u number %llu", i,
				      (unsigned long long)n);
		ck_assert(!braid_replay_check(&r, low - 1));
	}
}
END_TEST

START_TEST(large_numbers)
{
	static const u64 at[] = { 1ULL << 31, 1ULL << 32, U64_MAX - 10 };
	unsigned int i;
	u64 n;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		braid_replay_init(&r);
		for (n = at[i] - 5; n < at[i] + 5; n++)
			ck_assert(braid_replay_commit(&r, n));
		for (n = at[i] - 5; n < at[i] + 5; n++)
			ck_assert(!braid_replay_commit(&r, n));
		ck_assert(braid_replay_commit(&r, at[i] - 6));
	}
	/* the last number would leave no next one */
	ck_assert(braid_replay_commit(&r, U64_MAX - 1));
	ck_assert(!braid_replay_check(&r, U64_MAX));
	ck_assert(!braid_replay_commit(&r, U64_MAX));
	ck_assert(!braid_replay_commit(&r, 0));
}
END_TEST

/* Ranges made from a plain array, number by number. */
static unsigned int model_ranges(const u8 *got, u64 next, u32 depth,
				 struct braid_range *range, unsigned int max)
{
	u64 floor, n;
	unsigned int k = 0;
	bool in = false;

	depth = min_t(u32, depth, WINDOW);
	floor = next > depth ? next - depth : 0;
	for (n = next; n-- > floor;) {
		if (got[n] && !in) {
			if (k == max)
				return k;
			range[k].last = n;
			range[k++].first = n;
		} else if (got[n]) {
			range[k - 1].first = n;
		}
		in = got[n];
	}
	return k;
}

static void compare_ranges(const u8 *got, u32 depth, unsigned int max)
{
	struct braid_range a[64], b[64];
	unsigned int i, na, nb;

	na = braid_replay_ranges(&r, a, max, depth);
	nb = model_ranges(got, r.next, depth, b, max);
	ck_assert_uint_eq(na, nb);
	for (i = 0; i < na; i++) {
		ck_assert_uint_eq(a[i].first, b[i].first);
		ck_assert_uint_eq(a[i].last, b[i].last);
	}
}

/* Against a plain array: bursts, gaps, reordering, duplicates, jumps. */
START_TEST(random_against_model)
{
	u64 seed = _i, n, next = 0;
	const u64 size = 60000;
	u8 *got = calloc(1, size);
	bool want;
	int k;

	ck_assert_ptr_nonnull(got);
	for (k = 0; k < 20000; k++) {
		n = next + unit_below(&seed, 3);
		if (!unit_below(&seed, 8))
			n = next - min_t(u64, next, unit_below(&seed, 9000));
		else if (!unit_below(&seed, 50))
			n = next + unit_below(&seed, 900);
		if (n >= size)
			break;
		want = n >= next || (next - n <= WINDOW && !got[n]);
		ck_assert_int_eq(braid_replay_check(&r, n), want);
		ck_assert_int_eq(braid_replay_commit(&r, n), want);
		if (want)
			got[n] = 1;
		next = max(next, n + 1);
		ck_assert_uint_eq(r.next, next);
		if (!unit_below(&seed, 16))
			compare_ranges(got, unit_below(&seed, 9000),
				       1 + unit_below(&seed, 64));
	}
	free(got);
}
END_TEST

START_TEST(ranges_edges)
{
	struct braid_range range[4];
	u64 n;

	ck_assert_uint_eq(braid_replay_ranges(&r, range, 4, WINDOW), 0);
	for (n = 0; n < 3 * BRAID_REPLAY_BITS; n++)
		braid_replay_commit(&r, n);
	ck_assert_uint_eq(braid_replay_ranges(&r, range, 4, U32_MAX), 1);
	ck_assert_uint_eq(range[0].last, n - 1);
	ck_assert_uint_eq(range[0].first, n - WINDOW);
	ck_assert_uint_eq(braid_replay_ranges(&r, range, 4, 1), 1);
	ck_assert_uint_eq(range[0].first, n - 1);
	ck_assert_uint_eq(braid_replay_ranges(&r, range, 4, 0), 0);
	ck_assert_uint_eq(braid_replay_ranges(&r, range, 0, WINDOW), 0);
	/* every range that comes out can be written */
	braid_replay_commit(&r, n + WINDOW - 1);
	ck_assert_uint_eq(braid_replay_ranges(&r, range, 4, WINDOW), 1);
	ck_assert_uint_eq(range[0].first, n + WINDOW - 1);
	ck_assert_uint_eq(braid_replay_ranges(&r, range, 4, WINDOW + 64), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replay");
	TCase *tc = tcase_create("replay");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, first_packets);
	tcase_add_loop_test(tc, window_edge, 0, 64);
	tcase_add_test(tc, far_jumps);
	tcase_add_test(tc, large_numbers);
	tcase_add_loop_test(tc, random_against_model, 0, 20);
	tcase_add_test(tc, ranges_edges);
	return unit_run(suite);
}
