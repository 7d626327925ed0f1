// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/reseq.h"

#define LANES	16
#define CAP_US	250000
#define LIMIT	(4 << 20)

static struct braid_reseq rs;
static struct braid_lane lane[LANES];
static u64 seen[BRAID_SEEN_WORDS];
static struct braid_item item[512];
static unsigned int n_items;
static struct list_head out;
static struct braid_schedule sched;

static void setup(void)
{
	braid_reseq_init(&rs, lane, LANES, seen, CAP_US, LIMIT);
	INIT_LIST_HEAD(&out);
	n_items = 0;
	memset(&sched, 0, sizeof(sched));
}

/* A packet of 1,000 bytes comes on @path. */
static int put(u64 gseq, u16 to, u16 back, u16 path, u64 now)
{
	struct braid_item *it = &item[n_items++];

	ck_assert_uint_le(n_items, ARRAY_SIZE(item));
	*it = (struct braid_item) {
		.gseq = gseq, .lane = to, .back = back, .path = path, .size = 1000,
	};
	return braid_reseq_insert(&rs, it, now, &out);
}

/* What was released since the last call, as numbers, ended by ~0. */
static void expect(const u64 *want)
{
	struct braid_item *it;

	for (; *want != U64_MAX; want++) {
		ck_assert_msg(!list_empty(&out), "%llu is missing",
			      (unsigned long long)*want);
		it = list_first_entry(&out, struct braid_item, node);
		list_del(&it->node);
		ck_assert_uint_eq(it->gseq, *want);
	}
	ck_assert_msg(list_empty(&out), "more than expected came out");
}

#define EXPECT(...)	expect((const u64 []){ __VA_ARGS__ })
#define NONE		U64_MAX

/* The sender says something of one path; told next time once more. */
static void say(u16 id, bool active, u64 gseq, u32 owd_us)
{
	unsigned int i;

	for (i = 0; i < sched.n; i++)
		if (sched.path[i].path == id)
			break;
	if (i == sched.n)
		sched.n++;
	sched.path[i] = (struct braid_sched_path) {
		.path = id, .active = active, .gseq = gseq, .owd_us = owd_us,
	};
}

static void tell(u64 now)
{
	sched.seq++;
	braid_reseq_schedule(&rs, &sched, now, &out);
}

/* Two active paths, the second 20 ms slower. */
static void two_paths(void)
{
	ck_assert_int_eq(braid_reseq_path_add(&rs, 0, 100), 0);
	ck_assert_int_eq(braid_reseq_path_add(&rs, 1, 101), 0);
	say(100, true, 0, 0);
	say(101, true, 0, 20000);
	tell(0);
}

START_TEST(in_order)
{
	two_paths();
	ck_assert_int_eq(put(0, 1, BRAID_BACK_FAR, 0, 1), BRAID_IN_DELIVERED);
	ck_assert_int_eq(put(1, 2, BRAID_BACK_FAR, 1, 2), BRAID_IN_DELIVERED);
	ck_assert_int_eq(put(2, 1, 2, 0, 3), BRAID_IN_DELIVERED);
	ck_assert_int_eq(put(3, 2, 2, 0, 4), BRAID_IN_DELIVERED);
	EXPECT(0, 1, 2, 3, NONE);
	ck_assert_uint_eq(rs.stats.in_order, 4);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), BRAID_NEVER);
}
END_TEST

START_TEST(hole_is_filled)
{
	two_paths();
	put(0, 1, BRAID_BACK_FAR, 0, 1);
	ck_assert_int_eq(put(2, 1, 1, 0, 2), BRAID_IN_HELD);
	ck_assert_int_eq(put(4, 1, 1, 0, 3), BRAID_IN_HELD);
	ck_assert_int_eq(put(3, 1, 1, 0, 4), BRAID_IN_HELD);
	EXPECT(0, NONE);
	ck_assert_uint_eq(rs.held_bytes, 3000);
	ck_assert_int_eq(put(1, 1, 1, 1, 20000), BRAID_IN_DELIVERED);
	EXPECT(1, 2, 3, 4, NONE);
	ck_assert_uint_eq(rs.held_bytes, 0);
	ck_assert_uint_eq(rs.held, 0);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), BRAID_NEVER);
}
END_TEST

START_TEST(lanes_do_not_wait_for_each_other)
{
	two_paths();
	put(1, 1, 1, 0, 1);
	put(2, 2, BRAID_BACK_FAR, 0, 2);
	put(3, BRAID_LANE_NONE, 0, 0, 3);
	EXPECT(2, 3, NONE);
	ck_assert_uint_eq(rs.stats.unordered, 1);
}
END_TEST

START_TEST(duplicates_and_late)
{
	two_paths();
	put(0, 1, BRAID_BACK_FAR, 0, 1);
	ck_assert_int_eq(put(0, 1, BRAID_BACK_FAR, 1, 2), BRAID_IN_DUPLICATE);
	put(2, 1, 1, 0, 3);
	ck_assert_int_eq(put(2, 1, 1, 1, 4), BRAID_IN_DUPLICATE);
	put(3, BRAID_LANE_NONE, 0, 0, 3);
	ck_assert_int_eq(put(3, BRAID_LANE_NONE, 0, 1, 4), BRAID_IN_DUPLICATE);
	EXPECT(0, 3, NONE);
	braid_reseq_expire(&rs, 1000000, &out);
	EXPECT(2, NONE);
	ck_assert_int_eq(put(1, 1, 1, 1, 1000001), BRAID_IN_DELIVERED);
	EXPECT(1, NONE);
	ck_assert_int_eq(put(1, 1, 1, 0, 1000002), BRAID_IN_DUPLICATE);
	ck_assert_uint_eq(rs.stats.late, 1);
	ck_assert_uint_eq(rs.stats.timer, 1);
	ck_assert_uint_eq(rs.stats.duplicate, 4);
	/* below what is known it counts as a duplicate */
	put(1000000, 2, BRAID_BACK_FAR, 0, 1000003);
	ck_assert_int_eq(put(5, 2, BRAID_BACK_FAR, 0, 1000004),
			 BRAID_IN_DUPLICATE);
	ck_assert_uint_eq(rs.stats.old, 1);
	EXPECT(1000000, NONE);
}
END_TEST

/* A hole is given up when both paths have passed it with slack. */
START_TEST(proof)
{
	u64 g;

	two_paths();
	put(0, 1, BRAID_BACK_FAR, 0, 1);
	put(2, 1, 1, 0, 2);
	EXPECT(0, NONE);
	for (g = 3; g <= 6; g++)
		put(g, 2, g == 3 ? BRAID_BACK_FAR : 1, 0, g);
	EXPECT(3, 4, 5, 6, NONE);
	put(7, 3, BRAID_BACK_FAR, 1, 7);
	put(8, 3, 1, 1, 8);
	put(9, 3, 1, 1, 9);
	EXPECT(7, 8, 9, NONE);
	put(10, 3, 1, 1, 10);
	EXPECT(10, 2, NONE);
	ck_assert_uint_eq(rs.stats.proof, 1);
}
END_TEST

/* Packets without a lane overtake and prove nothing. */
START_TEST(no_proof_by_what_overtakes)
{
	u64 g;

	two_paths();
	put(1, 1, 1, 0, 2);
	for (g = 3; g <= 12; g++)
		put(g, BRAID_LANE_NONE, 0, g & 1, g);
	EXPECT(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, NONE);
	ck_assert_uint_eq(rs.held, 1);
}
END_TEST

/* Fills both paths' marks up to @g and on. */
static void pass(u64 g, u64 now)
{
	int i;

	for (i = 0; i < 10; i++)
		put(g + i, 9, i < 2 ? BRAID_BACK_FAR : 1, i & 1, now);
	while (!list_empty(&out))
		list_del(out.next);
}

/* What went ahead says so: its number is no proof that those before it left. */
START_TEST(no_proof_by_what_went_ahead)
{
	unsigned int i;

	two_paths();
	put(0, 1, BRAID_BACK_FAR, 0, 1);
	/* 2 waits for 1, which waits on path 0 behind lane 2's, which go ahead */
	put(2, 1, 1, 1, 2);
	for (i = 0; i < 8; i++)
		put(4 + i, 2 | BRAID_LANE_AHEAD, i ? 1 : BRAID_BACK_FAR, 0, 3);
	for (i = 0; i < 8; i++)
		put(12 + i, 3, i ? 1 : BRAID_BACK_FAR, 1, 4);
	EXPECT(0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, NONE);
	ck_assert_uint_eq(rs.stats.proof, 0);
	put(1, 1, 1, 0, 5);
	EXPECT(1, 2, NONE);
	/* without the mark they would have been one */
	put(21, 1, BRAID_BACK_FAR, 1, 6);
	put(23, 1, 1, 1, 6);
	EXPECT(21, NONE);
	for (i = 0; i < 8; i++)
		put(24 + i, 2, i ? 1 : BRAID_BACK_FAR, 0, 7);
	for (i = 0; i < 8; i++)
		put(32 + i, 3, i ? 1 : BRAID_BACK_FAR, 1, 8);
	ck_assert_uint_eq(rs.stats.proof, 1);
}
END_TEST

START_TEST(repair_time_after_proof)
{
	two_paths();
	sched.repair_us = 30000;
	tell(0);
	put(1, 1, 1, 0, 10);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 10 + 20000 + 30000 + 2000);
	pass(10, 100);
	ck_assert_uint_eq(rs.held, 1);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 100 + 30000);
	braid_reseq_expire(&rs, 30099, &out);
	EXPECT(NONE);
	braid_reseq_expire(&rs, 30100, &out);
	EXPECT(1, NONE);
	ck_assert_uint_eq(rs.stats.proof, 1);
	/* the repair came in time */
	put(31, 1, 1, 0, 40000);
	pass(40, 40100);
	ck_assert_int_eq(put(30, 1, 29, 1, 60000), BRAID_IN_DELIVERED);
	EXPECT(30, 31, NONE);
	ck_assert_uint_eq(rs.stats.late, 0);
}
END_TEST

START_TEST(backstop)
{
	two_paths();
	sched.path[1].jitter_us = 1000;
	tell(0);
	put(1, 1, 1, 0, 10);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 10 + 20000 + 4000 + 2000);
	put(11, 2, 1, 1, 20);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 20 + 4000 + 2000);
	braid_reseq_expire(&rs, 6019, &out);
	EXPECT(NONE);
	braid_reseq_expire(&rs, 6020, &out);
	EXPECT(11, NONE);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 26010);
	braid_reseq_expire(&rs, 26010, &out);
	EXPECT(1, NONE);
	ck_assert_uint_eq(rs.stats.timer, 2);
	ck_assert_uint_eq(rs.stats.hold.count[5], 1);
	ck_assert_uint_eq(rs.stats.hold.count[7], 1);
}
END_TEST

START_TEST(backstop_on_a_path_between)
{
	two_paths();
	ck_assert_int_eq(braid_reseq_path_add(&rs, 2, 102), 0);
	say(102, true, 0, 5000);
	tell(0);
	put(1, 1, 1, 2, 10);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 10 + 15000 + 2000);
}
END_TEST

START_TEST(backstop_without_schedule_and_capped)
{
	ck_assert_int_eq(braid_reseq_path_add(&rs, 0, 100), 0);
	put(1, 1, 1, 0, 10);
	pass(10, 20);
	ck_assert_uint_eq(rs.held, 1);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 10 + CAP_US);
	say(100, true, 0, 0);
	sched.repair_us = 1 << 30;
	tell(30);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 10 + CAP_US);
}
END_TEST

/* The first of two bounds holds when a hole shrinks from above. */
START_TEST(backstop_of_a_shrinking_hole)
{
	two_paths();
	put(3, 1, 1, 0, 10);
	put(2, 1, 1, 0, 5010);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 10 + 22000);
	put(1, 1, 1, 1, 10010);
	/* it came on the slow path: what left before it has 2 ms left */
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 10010 + 2000);
	braid_reseq_expire(&rs, 12010, &out);
	EXPECT(1, 2, 3, NONE);
}
END_TEST

START_TEST(far_predecessor)
{
	two_paths();
	put(1, 1, 1, 0, 10);
	ck_assert_int_eq(put(70000, 1, BRAID_BACK_FAR, 0, 11), BRAID_IN_HELD);
	ck_assert_int_eq(put(70001, 1, 1, 0, 12), BRAID_IN_HELD);
	EXPECT(NONE);
	/* below the window of known numbers */
	ck_assert_int_eq(put(0, 1, BRAID_BACK_FAR, 1, 13), BRAID_IN_DUPLICATE);
	braid_reseq_expire(&rs, 22010, &out);
	EXPECT(1, 70000, 70001, NONE);
}
END_TEST

START_TEST(far_predecessor_in_window)
{
	two_paths();
	put(1, 1, 1, 0, 10);
	put(20000, 1, BRAID_BACK_FAR, 0, 11);
	put(20001, 1, 1, 0, 12);
	EXPECT(NONE);
	put(0, 1, BRAID_BACK_FAR, 1, 13);
	EXPECT(0, 1, 20000, 20001, NONE);
}
END_TEST

/* A back that cannot be is one that is unknown. */
START_TEST(impossible_back)
{
	two_paths();
	ck_assert_int_eq(put(3, 1, 0, 0, 1), BRAID_IN_DELIVERED);
	ck_assert_int_eq(put(4, 2, 5, 0, 1), BRAID_IN_DELIVERED);
	ck_assert_int_eq(put(5, 3, 5, 0, 1), BRAID_IN_HELD);
	EXPECT(3, 4, NONE);
}
END_TEST

/* A sender that contradicts itself loses order, never packets. */
START_TEST(contradicting_back)
{
	two_paths();
	put(0, 1, BRAID_BACK_FAR, 0, 1);
	put(5, 1, 2, 0, 2);
	put(9, 1, 9, 0, 3);
	EXPECT(0, 9, 5, NONE);
	ck_assert_uint_eq(rs.held, 0);
}
END_TEST

START_TEST(bytes_are_bounded)
{
	rs.limit_bytes = 10000;
	two_paths();
	put(101, 1, 1, 0, 10);
	put(103, 1, 1, 0, 11);
	put(105, 2, 1, 0, 5);
	for (u64 g = 107; g < 107 + 7; g++)
		put(g, 3, 1, 0, 20);
	EXPECT(NONE);
	ck_assert_uint_eq(rs.held_bytes, 10000);
	put(200, 4, 1, 0, 30);
	EXPECT(105, NONE); /* the oldest head */
	put(201, 4, 1, 0, 31);
	EXPECT(101, NONE); /* one run, not the lane */
	ck_assert_uint_eq(rs.stats.overflow, 2);
	ck_assert_uint_eq(rs.stats.max_bytes, 10000);
	braid_reseq_flush(&rs, 40, &out);
	EXPECT(103, 107, 108, 109, 110, 111, 112, 113, 200, 201, NONE);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), BRAID_NEVER);
}
END_TEST

START_TEST(one_packet_over_the_bound)
{
	rs.limit_bytes = 999;
	two_paths();
	ck_assert_int_eq(put(1, 1, 1, 0, 10), BRAID_IN_DELIVERED);
	EXPECT(1, NONE);
	ck_assert_uint_eq(rs.stats.max_bytes, 0);
}
END_TEST

/* Many in the middle of a long lane, from several paths. */
START_TEST(insertion_in_the_middle)
{
	u64 seed = _i, g, n = 0;
	struct braid_item *it;
	bool done[400] = { false };
	unsigned int k;

	two_paths();
	for (k = 0; k < 399; k++) {
		do
			g = 1 + unit_below(&seed, 399);
		while (done[g]);
		done[g] = true;
		ck_assert_int_eq(put(g, 1, 1, 0, 1), BRAID_IN_HELD);
	}
	put(0, 1, BRAID_BACK_FAR, 0, 1);
	list_for_each_entry(it, &out, node)
		ck_assert_uint_eq(it->gseq, n++);
	ck_assert_uint_eq(n, 400);
}
END_TEST

/* Paths come and go, known and unknown. */
START_TEST(path_table)
{
	u32 i;

	ck_assert_int_eq(braid_reseq_path_add(&rs, BRAID_RX_PATHS, 1), -EINVAL);
	for (i = 0; i < BRAID_RX_PATHS; i++)
		ck_assert_int_eq(braid_reseq_path_add(&rs, i, i), 0);
	ck_assert_int_eq(braid_reseq_path_add(&rs, 5, 999), -EEXIST);
	braid_reseq_path_del(&rs, 5, 1, &out);
	braid_reseq_path_del(&rs, 5, 1, &out);
	ck_assert_int_eq(braid_reseq_path_add(&rs, 5, 7), -EEXIST);
	ck_assert_int_eq(braid_reseq_path_add(&rs, 5, 999), 0);
	/* no room for what a schedule names: no proofs while that lasts */
	say(1000, true, 0, 0);
	for (i = 0; i < 31; i++)
		say(i == 5 ? 999 : i, false, 0, 0);
	tell(1);
	ck_assert(rs.blind);
	for (; i < BRAID_RX_PATHS; i++)
		braid_reseq_path_del(&rs, i, 1, &out);
	tell(1);
	ck_assert(!rs.blind);
	/* a packet of an unknown path is a packet */
	ck_assert_int_eq(put(0, 1, BRAID_BACK_FAR, 60, 1), BRAID_IN_DELIVERED);
	ck_assert_int_eq(put(1, 1, 1, 9999, 1), BRAID_IN_DELIVERED);
	EXPECT(0, 1, NONE);
}
END_TEST

START_TEST(old_schedules_are_ignored)
{
	two_paths();
	sched.seq = 0x7fffffff;
	tell(0);
	sched.seq = U32_MAX - 1;
	tell(0);
	ck_assert_uint_eq(rs.sched_seq, U32_MAX);
	tell(0); /* 0 comes after it */
	ck_assert_uint_eq(rs.sched_seq, 0);
	sched.repair_us = 77;
	sched.seq = U32_MAX - 1;
	tell(0);
	sched.seq = U32_MAX;
	tell(0);
	ck_assert_uint_eq(rs.repair_us, 0);
	tell(0);
	ck_assert_uint_eq(rs.repair_us, 77);
}
END_TEST

/* A path that never sent anything, but may have, blocks the proof. */
START_TEST(unseen_path_blocks)
{
	two_paths();
	put(0, 1, BRAID_BACK_FAR, 0, 1);
	EXPECT(0, NONE);
	say(102, true, 1, 50000);
	tell(1);
	put(2, 1, 1, 0, 2);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 2 + 52000);
	pass(10, 3);
	ck_assert_uint_eq(rs.held, 1);
	/* it appears and passes the hole */
	ck_assert_int_eq(braid_reseq_path_add(&rs, 2, 102), 0);
	for (u64 g = 30; g < 34; g++)
		put(g, 4, g == 30 ? BRAID_BACK_FAR : 1, 2, 4);
	EXPECT(30, 31, 32, 33, 2, NONE);
}
END_TEST

/* One that is new begins where it says: below that it blocks nothing. */
START_TEST(new_path_begins)
{
	two_paths();
	put(2, 1, 1, 0, 1);
	say(102, true, 5, 50000);
	tell(2);
	pass(10, 3);
	ck_assert_uint_eq(rs.held, 0);
	/* with a schedule missing in between, who knows */
	put(31, 1, 1, 0, 4);
	say(103, true, 35, 50000);
	sched.seq++;
	tell(5);
	pass(40, 6);
	ck_assert_uint_eq(rs.held, 1);
}
END_TEST

/* It has gone: the hole it blocked is released. */
START_TEST(path_removed)
{
	two_paths();
	ck_assert_int_eq(braid_reseq_path_add(&rs, 2, 102), 0);
	say(102, true, 0, 50000);
	tell(0);
	put(1, 1, 1, 0, 1);
	pass(10, 2);
	ck_assert_uint_eq(rs.held, 1);
	braid_reseq_path_del(&rs, 2, 3, &out);
	EXPECT(1, NONE);
	ck_assert_uint_eq(rs.stats.proof, 1);
}
END_TEST

/* A third path, idle since 20 with packets below on their way. */
static void third_idle(u64 since)
{
	two_paths();
	ck_assert_int_eq(braid_reseq_path_add(&rs, 2, 102), 0);
	say(102, true, 0, 50000);
	tell(0);
	say(102, false, since, 50000);
	tell(100);
}

START_TEST(idle_path)
{
	third_idle(20);
	/* a hole above: nothing of it can be there */
	put(18, 1, BRAID_BACK_FAR, 0, 101);
	put(19, 1, 1, 0, 101);
	put(22, 1, 1, 0, 102);
	EXPECT(18, 19, NONE);
	pass(30, 103);
	ck_assert_uint_eq(rs.held, 0);
	/* a hole that begins below: it may be there still */
	put(51, 2, 1, 0, 104);
	pass(60, 105);
	ck_assert_uint_eq(rs.held, 1);
	/* its last packet shows that all of it came, even as a copy */
	ck_assert_int_eq(put(19, 1, 1, 2, 106), BRAID_IN_DUPLICATE);
	EXPECT(51, NONE);
}
END_TEST

START_TEST(idle_path_delivers_its_last)
{
	third_idle(20);
	put(51, 2, 1, 0, 104);
	pass(60, 105);
	ck_assert_uint_eq(rs.held, 1);
	put(19, 4, BRAID_BACK_FAR, 2, 106);
	EXPECT(19, 51, NONE);
}
END_TEST

/* In time all that was sent on an idle path has come or never will. */
START_TEST(idle_path_settles)
{
	third_idle(20);
	put(51, 2, 1, 1, 40000);
	pass(60, 40001);
	ck_assert_uint_eq(rs.held, 1);
	ck_assert_uint_eq(braid_reseq_deadline(&rs), 100 + 50000 + 2000);
	braid_reseq_expire(&rs, 52100, &out);
	EXPECT(51, NONE);
	ck_assert_uint_eq(rs.stats.proof, 1);
}
END_TEST

/* However long a peer says that its packets take. */
START_TEST(idle_path_settles_at_the_cap)
{
	third_idle(20);
	say(102, false, 21, U32_MAX);
	tell(1000);
	put(51, 2, 1, 0, 1001);
	pass(60, 1002);
	ck_assert_uint_eq(rs.held, 1);
	braid_reseq_expire(&rs, 1000 + CAP_US - 1, &out);
	ck_assert_uint_eq(rs.held, 1);
	braid_reseq_expire(&rs, 1000 + CAP_US, &out);
	EXPECT(51, NONE);
	ck_assert_uint_eq(rs.stats.proof, 1);
}
END_TEST

/* It wakes up: what it may carry from then on blocks, the time between not. */
START_TEST(idle_path_wakes)
{
	third_idle(20);
	put(25, 1, 1, 0, 200);
	say(102, true, 30, 50000);
	tell(201);
	put(35, 2, 1, 0, 202);
	pass(40, 203);
	ck_assert_uint_eq(rs.held, 2); /* below 20 it may carry some still */
	put(19, 3, BRAID_BACK_FAR, 2, 204);
	ck_assert_uint_eq(rs.held, 1);
	for (u64 g = 60; g < 64; g++) {
		ck_assert_uint_eq(rs.held, 1);
		put(g, 4, g == 60 ? BRAID_BACK_FAR : 1, 2, 205);
	}
	ck_assert_uint_eq(rs.held, 0);
}
END_TEST

/* It had settled before it woke up: nothing is left from before. */
START_TEST(settled_path_wakes)
{
	third_idle(20);
	put(25, 1, 1, 0, 90000);
	say(102, true, 30, 50000);
	tell(90001);
	put(35, 2, 1, 0, 90002);
	pass(40, 90003);
	EXPECT(NONE);
	ck_assert_uint_eq(rs.held, 1);
	ck_assert_uint_eq(rs.min_hole, 34);
}
END_TEST

/* The message that woke it was lost; its packets tell of it. */
START_TEST(idle_path_wakes_unheard)
{
	third_idle(20);
	ck_assert(!rs.path[2].active && rs.path[2].known);
	put(25, 5, BRAID_BACK_FAR, 2, 200);
	ck_assert(!rs.path[2].known);
	put(29, 1, 1, 0, 201);
	pass(40, 202);
	ck_assert_uint_eq(rs.held, 1);
}
END_TEST

/* Slack grows with reordering while nobody repairs, and comes down again. */
START_TEST(slack_adapts)
{
	static struct braid_item it;
	u64 g;

	ck_assert_int_eq(braid_reseq_path_add(&rs, 0, 100), 0);
	say(100, true, 0, 0);
	tell(0);
	for (g = 0; g < 400; g += 10) {
		for (int i = 1; i < 10; i++)
			put(g + i, 1, g + i == 1 ? BRAID_BACK_FAR : 1, 0, 1);
		put(g, 1, BRAID_BACK_FAR, 0, 1);
	}
	ck_assert_uint_ge(rs.path[0].slack, 6);
	ck_assert_uint_le(rs.path[0].slack, 24);
	ck_assert_uint_le(rs.stats.late, 4);
	INIT_LIST_HEAD(&out);
	for (; g < 400000; g++) {
		it.gseq = g;
		it.lane = 1;
		it.back = 1;
		braid_reseq_insert(&rs, &it, 2, &out);
		INIT_LIST_HEAD(&out);
	}
	ck_assert_uint_eq(rs.path[0].slack, BRAID_SLACK);
}
END_TEST

/* The number of later packets that make a proof is never below the slack. */
START_TEST(slack_is_kept)
{
	u32 slack = BRAID_SLACK + _i;
	u64 g;

	ck_assert_int_eq(braid_reseq_path_add(&rs, 0, 100), 0);
	say(100, true, 0, 0);
	tell(0);
	rs.path[0].slack = slack;
	put(0, 1, BRAID_BACK_FAR, 0, 1);
	put(2, 1, 1, 0, 1);
	for (g = 3; rs.held; g++)
		put(g, 2, g == 3 ? BRAID_BACK_FAR : 1, 0, 1);
	/* 2 and all after it are later than 1 */
	ck_assert_uint_ge(g - 2, slack);
	ck_assert_uint_le(g - 2, 2 * slack + 2);
}
END_TEST

/* -- a sender and its paths, at random ------------------------------------ */

#define SIM_PACKETS	4000
#define SIM_PATHS	4
#define SIM_EVENTS	(3 * SIM_PACKETS)

/* What the simulated world is like, and what must hold in it. */
struct world {
	const char *name;
	u32 loss;		/* of 1,000 packets */
	u32 copies;		/* of 1,000 packets */
	u32 jitter_us;
	bool reorders;		/* jitter reorders inside a path */
	bool switches;		/* paths go idle and wake up */
	u32 repair_us;
	u32 limit;
	bool never_late;	/* no proof may be wrong */
};

static const struct world worlds[] = {
	{ .name = "clean", .limit = LIMIT, .never_late = true },
	{ .name = "lossy", .loss = 20, .limit = LIMIT, .never_late = true },
	{ .name = "switches", .switches = true, .limit = LIMIT,
	  .never_late = true },
	{ .name = "lossy switches", .loss = 20, .switches = true,
	  .jitter_us = 3000, .limit = LIMIT, .never_late = true },
	{ .name = "copies", .copies = 300, .loss = 10, .limit = LIMIT,
	  .never_late = true },
	{ .name = "reorders", .reorders = true, .jitter_us = 10000, .loss = 10,
	  .limit = LIMIT },
	{ .name = "repairs", .loss = 50, .repair_us = 40000, .limit = LIMIT },
	{ .name = "small", .loss = 50, .switches = true, .limit = 20000 },
	{ .name = "all", .loss = 30, .copies = 100, .reorders = true,
	  .switches = true, .jitter_us = 5000, .repair_us = 30000,
	  .limit = 100000 },
};

struct event {
	u64 at;
	u32 order;
	struct braid_item *item;
	struct braid_schedule *sched;
};

struct sim {
	const struct world *w;
	u64 seed;
	u64 base;		/* first gseq */
	u64 now;
	u64 gseq;
	u64 last[LANES];	/* per lane, plus one */
	u64 out_next[LANES];	/* delivered gseq plus one */
	struct braid_sched_path path[SIM_PATHS];
	u64 free_us[SIM_PATHS];	/* arrival of the path's last packet */
	u32 sched_seq;
	struct event ev[SIM_EVENTS];
	u32 n_ev;
	u8 out[SIM_PACKETS];	/* times delivered */
	u8 arrived[SIM_PACKETS];
	u64 disorder;
};

static u32 sim_owd(u32 path)
{
	return 2000 + path * 15000;
}

static struct event *sim_event(struct sim *s, u64 at)
{
	struct event *ev = &s->ev[s->n_ev];

	ck_assert_uint_lt(s->n_ev, SIM_EVENTS);
	memset(ev, 0, sizeof(*ev));
	ev->at = at;
	ev->order = s->n_ev++;
	return ev;
}

/* The schedule goes on every path, ahead of what follows there. */
static void sim_tell(struct sim *s)
{
	struct braid_schedule *m;
	struct event *ev;
	u32 i;

	m = calloc(1, sizeof(*m));
	ck_assert_ptr_nonnull(m);
	m->seq = ++s->sched_seq;
	m->repair_us = s->w->repair_us;
	m->n = SIM_PATHS;
	memcpy(m->path, s->path, sizeof(s->path));
	for (i = 0; i < SIM_PATHS; i++) {
		ev = sim_event(s, max(s->now + sim_owd(i), s->free_us[i]));
		ev->sched = m;
	}
}

static void sim_arrival(struct sim *s, u32 path, const struct braid_item *it,
			u64 later)
{
	u64 at = s->now + sim_owd(path) + later;
	struct event *ev;

	if (s->w->jitter_us)
		at += unit_below(&s->seed, s->w->jitter_us);
	if (!s->w->reorders)
		at = s->free_us[path] = max(at, s->free_us[path]);
	ev = sim_event(s, at);
	ev->item = malloc(sizeof(*it));
	ck_assert_ptr_nonnull(ev->item);
	*ev->item = *it;
	ev->item->path = path;
}

static bool sim_chance(struct sim *s, u32 of_1000)
{
	return unit_below(&s->seed, 1000) < of_1000;
}

/* A path goes idle or wakes up; the first one always stays. */
static void sim_switch(struct sim *s)
{
	u32 i = 1 + unit_below(&s->seed, SIM_PATHS - 1);

	s->path[i].active = !s->path[i].active;
	s->path[i].gseq = s->gseq;
	sim_tell(s);
}

static void sim_send(struct sim *s)
{
	struct braid_item it = { .size = 100 + unit_below(&s->seed, 1400) };
	u32 path, other;
	u64 back;

	do
		path = unit_below(&s->seed, SIM_PATHS);
	while (!s->path[path].active);
	it.gseq = s->gseq++;
	it.lane = unit_below(&s->seed, 5) ? unit_below(&s->seed, 3) :
					    unit_below(&s->seed, LANES);
	back = s->last[it.lane] ? it.gseq + 1 - s->last[it.lane] : BRAID_BACK_FAR;
	it.back = min_t(u64, back, BRAID_BACK_FAR);
	s->last[it.lane] = it.gseq + 1;
	if (sim_chance(s, s->w->copies)) {
		do
			other = unit_below(&s->seed, SIM_PATHS);
		while (!s->path[other].active);
		sim_arrival(s, other, &it, 0);
		s->arrived[it.gseq - s->base] = 1;
	}
	if (!sim_chance(s, s->w->loss)) {
		sim_arrival(s, path, &it, 0);
		s->arrived[it.gseq - s->base] = 1;
	} else if (s->w->repair_us && sim_chance(s, 900)) {
		/* known lost after a round trip, comes again on the first */
		u64 free_us = s->free_us[0];

		sim_arrival(s, 0, &it, sim_owd(path) + 5000);
		s->free_us[0] = free_us;
		s->arrived[it.gseq - s->base] = 1;
	}
}

static int sim_order(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* What came out: once each, in the order of its lane or counted as late. */
static void sim_drain(struct sim *s, u64 now)
{
	struct braid_item *it;
	u64 *next;

	while (!list_empty(&out)) {
		it = list_first_entry(&out, struct braid_item, node);
		list_del(&it->node);
		ck_assert_uint_eq(s->out[it->gseq - s->base]++, 0);
		next = &s->out_next[it->lane];
		if (it->gseq < *next)
			s->disorder++;
		else
			*next = it->gseq + 1;
		ck_assert_uint_le(now - it->arrived_us, CAP_US);
		free(it);
	}
	ck_assert_uint_eq(s->disorder, rs.stats.late);
	ck_assert_uint_le(rs.held_bytes, s->w->limit);
	ck_assert(!rs.held == (braid_reseq_deadline(&rs) == BRAID_NEVER));
}

static void sim_expire(struct sim *s, u64 until)
{
	u64 due;

	while ((due = braid_reseq_deadline(&rs)) <= until) {
		braid_reseq_expire(&rs, due, &out);
		ck_assert_uint_gt(braid_reseq_deadline(&rs), due);
		sim_drain(s, due);
	}
}

static void sim_play(struct sim *s)
{
	const struct event *ev;
	u32 i;

	qsort(s->ev, s->n_ev, sizeof(s->ev[0]), sim_order);
	for (i = 0; i < s->n_ev; i++) {
		ev = &s->ev[i];
		if (ev->at)
			sim_expire(s, ev->at - 1);
		if (ev->sched)
			braid_reseq_schedule(&rs, ev->sched, ev->at, &out);
		else if (braid_reseq_insert(&rs, ev->item, ev->at, &out) ==
			 BRAID_IN_DUPLICATE)
			free(ev->item);
		sim_drain(s, ev->at);
	}
	sim_expire(s, BRAID_NEVER - 1);
}

static void sim_check(struct sim *s)
{
	u32 i;

	for (i = 0; i < SIM_PACKETS; i++)
		ck_assert_uint_eq(s->out[i], s->arrived[i]);
	ck_assert_uint_eq(rs.held, 0);
	ck_assert_uint_eq(rs.held_bytes, 0);
	if (s->w->never_late)
		ck_assert_msg(!rs.stats.late, "%s: %llu late", s->w->name,
			      (unsigned long long)rs.stats.late);
	if (!s->w->loss && s->w->never_late) {
		ck_assert_uint_eq(rs.stats.proof, 0);
		ck_assert_uint_eq(rs.stats.timer, 0);
	}
	/* where paths are steady, holes are proven, not waited for */
	if (s->w->loss && !s->w->switches && !s->w->reorders &&
	    !s->w->repair_us)
		ck_assert_msg(rs.stats.proof > 9 * rs.stats.timer, "%s: %llu, %llu",
			      s->w->name, (unsigned long long)rs.stats.proof,
			      (unsigned long long)rs.stats.timer);
}

static void sim_start(struct sim *s, const struct world *w, u64 seed)
{
	static const u64 base[] = { 0, (1ULL << 32) - SIM_PACKETS / 2,
				    1ULL << 40 };
	u32 i;

	memset(s, 0, sizeof(*s));
	s->w = w;
	s->seed = seed;
	s->base = s->gseq = base[seed % ARRAY_SIZE(base)];
	s->now = 1000000;
	rs.limit_bytes = w->limit;
	for (i = 0; i < SIM_PATHS; i++) {
		s->path[i].path = 10 + i;
		s->path[i].active = true;
		s->path[i].gseq = s->gseq;
		s->path[i].owd_us = sim_owd(i) - sim_owd(0);
		s->path[i].jitter_us = w->jitter_us / 2;
		ck_assert_int_eq(braid_reseq_path_add(&rs, i, 10 + i), 0);
	}
	sim_tell(s);
}

static void sim_end(struct sim *s)
{
	struct braid_schedule *m = NULL;
	u32 i;

	/* a schedule is there once a path; its last event frees it */
	for (i = 0; i < s->n_ev; i++) {
		u32 k;

		m = s->ev[i].sched;
		if (!m)
			continue;
		for (k = i; k < s->n_ev; k++)
			if (s->ev[k].sched == m)
				s->ev[k].sched = NULL;
		free(m);
	}
}

START_TEST(random_worlds)
{
	static struct sim s;
	u32 i;

	sim_start(&s, &worlds[_i % ARRAY_SIZE(worlds)], _i);
	for (i = 0; i < SIM_PACKETS; i++) {
		s.now += unit_below(&s.seed, 100);
		if (s.w->switches && !unit_below(&s.seed, 300))
			sim_switch(&s);
		sim_send(&s);
	}
	sim_play(&s);
	sim_check(&s);
	sim_end(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reseq");
	TCase *tc = tcase_create("reseq");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, in_order);
	tcase_add_test(tc, hole_is_filled);
	tcase_add_test(tc, lanes_do_not_wait_for_each_other);
	tcase_add_test(tc, duplicates_and_late);
	tcase_add_test(tc, proof);
	tcase_add_test(tc, no_proof_by_what_overtakes);
	tcase_add_test(tc, no_proof_by_what_went_ahead);
	tcase_add_test(tc, repair_time_after_proof);
	tcase_add_test(tc, backstop);
	tcase_add_test(tc, backstop_on_a_path_between);
	tcase_add_test(tc, backstop_without_schedule_and_capped);
	tcase_add_test(tc, backstop_of_a_shrinking_hole);
	tcase_add_test(tc, far_predecessor);
	tcase_add_test(tc, far_predecessor_in_window);
	tcase_add_test(tc, impossible_back);
	tcase_add_test(tc, contradicting_back);
	tcase_add_test(tc, bytes_are_bounded);
	tcase_add_test(tc, one_packet_over_the_bound);
	tcase_add_loop_test(tc, insertion_in_the_middle, 0, 10);
	tcase_add_test(tc, path_table);
	tcase_add_test(tc, old_schedules_are_ignored);
	tcase_add_test(tc, unseen_path_blocks);
	tcase_add_test(tc, new_path_begins);
	tcase_add_test(tc, path_removed);
	tcase_add_test(tc, idle_path);
	tcase_add_test(tc, idle_path_delivers_its_last);
	tcase_add_test(tc, idle_path_settles);
	tcase_add_test(tc, idle_path_settles_at_the_cap);
	tcase_add_test(tc, idle_path_wakes);
	tcase_add_test(tc, settled_path_wakes);
	tcase_add_test(tc, idle_path_wakes_unheard);
	tcase_add_test(tc, slack_adapts);
	tcase_add_loop_test(tc, slack_is_kept, 0, 40);
	tcase_add_loop_test(tc, random_worlds, 0, 9 * 6);
	return unit_run(suite);
}
