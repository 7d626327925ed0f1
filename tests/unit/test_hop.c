// SPDX-License-Identifier: GPL-2.0
/* When a move goes on, is given up and is over, in a time of our own. */
#include "unit.h"

#include <string.h>

#include "hop.h"
#include "text.h"

static struct br_hop hop;
static struct br_path path;

static void setup(void)
{
	hop = (struct br_hop){ 0 };
	path = (struct br_path){ 0 };
}

static enum br_hop_act at(uint64_t ms)
{
	/* the longest round trip is 800 ms, unless told otherwise */
	return br_hop_decide(&hop, &path, 800000, ms);
}

static void tries(void)
{
	br_fill(path.socket_next, "new");
}

static void moves(bool followed)
{
	path.socket_next[0] = 0;
	br_fill(path.socket_previous, "old");
	path.peer_followed = followed;
}

START_TEST(rest)
{
	ck_assert_int_eq(at(5), BR_HOP_NOTHING);
	path.peer_followed = 1;
	ck_assert_int_eq(at(1000000), BR_HOP_NOTHING);
}
END_TEST

START_TEST(whole)
{
	tries();
	ck_assert_int_eq(at(1000), BR_HOP_WAIT);
	moves(false);
	ck_assert_int_eq(at(1100), BR_HOP_WAIT);
	moves(true);
	ck_assert_int_eq(at(1200), BR_HOP_WAIT);
	ck_assert_int_eq(at(1200 + 1599), BR_HOP_WAIT);
	ck_assert_int_eq(at(1200 + 1600), BR_HOP_CLOSE);
}
END_TEST

/* Twice the round trip is short here: a second at least. */
START_TEST(short_ways)
{
	moves(true);
	ck_assert_int_eq(br_hop_decide(&hop, &path, 2000, 50), BR_HOP_WAIT);
	ck_assert_int_eq(br_hop_decide(&hop, &path, 2000, 1049), BR_HOP_WAIT);
	ck_assert_int_eq(br_hop_decide(&hop, &path, 2000, 1050), BR_HOP_CLOSE);
}
END_TEST

/* A port that the peer still sends to is never closed. */
START_TEST(peer_stays)
{
	moves(false);
	ck_assert_int_eq(at(1000), BR_HOP_WAIT);
	ck_assert_int_eq(at(100000000), BR_HOP_WAIT);
	/* and when it goes back there, the time begins anew */
	moves(true);
	ck_assert_int_eq(at(100000100), BR_HOP_WAIT);
	moves(false);
	ck_assert_int_eq(at(100001600), BR_HOP_WAIT);
	moves(true);
	ck_assert_int_eq(at(100001800), BR_HOP_WAIT);
	ck_assert_int_eq(at(100003399), BR_HOP_WAIT);
	ck_assert_int_eq(at(100003400), BR_HOP_CLOSE);
}
END_TEST

START_TEST(unanswered)
{
	tries();
	ck_assert_int_eq(at(7), BR_HOP_WAIT);
	ck_assert_int_eq(at(7 + BR_HOP_TRY_MS - 1), BR_HOP_WAIT);
	ck_assert_int_eq(at(7 + BR_HOP_TRY_MS), BR_HOP_GIVE_UP);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hop");
	TCase *tc = tcase_create("hop");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, rest);
	tcase_add_test(tc, whole);
	tcase_add_test(tc, short_ways);
	tcase_add_test(tc, peer_stays);
	tcase_add_test(tc, unanswered);
	return unit_run(suite);
}
