// SPDX-License-Identifier: GPL-2.0
/*
 * What is seen of TCP connections, and when a flow leaves its path for what becomes of
 * its own packets.
 */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include <linux/braid_steer.h>

#include "../../bpf/trouble.h"

#define MS	BRAID_NSEC_PER_MSEC
#define SEC	BRAID_NSEC_PER_SEC

#define SYN	BRAID_TCP_FLAG_SYN
#define ACK	BRAID_TCP_FLAG_ACK

static struct braid_flow_value flow;
static struct braid_flow_tcp *tcp;
static uint64_t now;
static uint32_t usable;
/* our next byte, and theirs */
static uint32_t ours, theirs;

static void begin(void)
{
	memset(&flow, 0, sizeof(flow));
	flow.slot = 1;
	flow.verdict = BRAID_PIN(1);
	flow.class = BRAID_CLASS_INTERACTIVE;
	tcp = &flow.tcp;
	now = 1000 * SEC;
	usable = 7;
	/* across the end of the numbers */
	ours = 0xffffff00;
	theirs = 0xfffffff0;
}

static void pass(int direction, uint8_t flags, uint32_t seq, uint32_t ack,
		 uint32_t payload)
{
	struct braid_steer_ctx pkt = {
		.direction = direction, .flow.proto = BRAID_PROTO_TCP,
		.tcp_flags = flags, .tcp_seq = seq, .tcp_ack = ack,
		.tcp_payload = payload, .segs = 1, .wire_len = payload + 40,
	};

	braid_flow_count(&flow, &pkt, now);
	if (direction == BRAID_OUT)
		usable = braid_trouble_paths(&flow, 7, now);
}

/* Our side sends a segment, and the far side has it 20 ms later, or not. */
static void segment(bool acked)
{
	pass(BRAID_OUT, ACK, ours, theirs, 1000);
	ours += 1000;
	now += 20 * MS;
	if (acked)
		pass(BRAID_IN, ACK, theirs, ours, 0);
}

/* The last one again. */
static void again(bool acked)
{
	ours -= 1000;
	segment(acked);
}

static void segments(int n)
{
	while (n--)
		segment(true);
}

/* One of @part is sent twice. */
static void lossy(int n, int part)
{
	int i;

	for (i = 0; i < n; i++) {
		if (i % part)
			segment(true);
		else
			segment(false), again(true);
	}
}

START_TEST(handshake_of_ours)
{
	begin();
	pass(BRAID_OUT, SYN, ours, 0, 0);
	now += 50 * MS;
	pass(BRAID_IN, SYN | ACK, theirs, ours + 1, 0);
	now += 2 * MS;
	pass(BRAID_OUT, ACK, ours + 1, theirs + 1, 0);
	ck_assert_uint_eq(tcp->far_rtt_us, 50000);
	ck_assert_uint_eq(tcp->near_rtt_us, 2000);
	now += 7 * MS;
	pass(BRAID_OUT, ACK, ours + 1, theirs + 1, 100);
	ck_assert_uint_eq(tcp->near_rtt_us, 2000);
	ck_assert_uint_eq(tcp->out_again, 0);
}
END_TEST

START_TEST(handshake_of_theirs)
{
	begin();
	pass(BRAID_IN, SYN, theirs, 0, 0);
	now += 2 * MS;
	pass(BRAID_OUT, SYN | ACK, ours, theirs + 1, 0);
	now += 50 * MS;
	pass(BRAID_IN, ACK, theirs + 1, ours + 1, 0);
	ck_assert_uint_eq(tcp->near_rtt_us, 2000);
	ck_assert_uint_eq(tcp->far_rtt_us, 50000);
	/* the next connection between these ports */
	now += SEC;
	pass(BRAID_IN, SYN, theirs + 70000, 0, 0);
	ck_assert_uint_eq(tcp->far_rtt_us, 0);
	now += 3 * MS;
	pass(BRAID_OUT, SYN | ACK, ours + 70000, theirs + 70001, 0);
	ck_assert_uint_eq(tcp->near_rtt_us, 3000);
}
END_TEST

/* To which of two an answer is, nobody knows. */
START_TEST(handshake_repeated)
{
	begin();
	pass(BRAID_OUT, SYN, ours, 0, 0);
	now += 1000 * MS;
	pass(BRAID_OUT, SYN, ours, 0, 0);
	now += 50 * MS;
	pass(BRAID_IN, SYN | ACK, theirs, ours + 1, 0);
	now += 2 * MS;
	pass(BRAID_OUT, ACK, ours + 1, theirs + 1, 0);
	ck_assert_uint_eq(tcp->far_rtt_us, 0);
	ck_assert_uint_eq(tcp->near_rtt_us, 2000);
	begin();
	pass(BRAID_OUT, SYN, ours, 0, 0);
	now += 50 * MS;
	pass(BRAID_IN, SYN | ACK, theirs, ours + 1, 0);
	now += 1000 * MS;
	pass(BRAID_IN, SYN | ACK, theirs, ours + 1, 0);
	pass(BRAID_OUT, ACK, ours + 1, theirs + 1, 0);
	ck_assert_uint_eq(tcp->far_rtt_us, 50000);
	ck_assert_uint_eq(tcp->near_rtt_us, 0);
}
END_TEST

START_TEST(counts_what_is_sent_again)
{
	begin();
	segments(3);
	ck_assert_uint_eq(tcp->acked, 2000);
	again(true);
	ck_assert_uint_eq(tcp->out_again, 1);
	/* partly new counts as new; probes of a silent end without data do not count */
	pass(BRAID_OUT, ACK, ours - 500, theirs, 1000);
	pass(BRAID_OUT, ACK, ours - 1, theirs, 0);
	ck_assert_uint_eq(tcp->out_again, 1);
	pass(BRAID_IN, ACK, theirs, ours, 10);
	pass(BRAID_IN, ACK, theirs + 10, ours, 10);
	pass(BRAID_IN, ACK, theirs, ours, 10);
	ck_assert_uint_eq(tcp->in_again, 1);
}
END_TEST

START_TEST(well_and_stays)
{
	begin();
	segments(2000);
	/* one in ten, for a minute */
	lossy(2700, 10);
	ck_assert_uint_eq(usable, 7);
	ck_assert_uint_eq(flow.trouble.left, 0);
}
END_TEST

START_TEST(leaves_where_much_is_sent_again)
{
	uint64_t since;

	begin();
	segments(100);
	since = now;
	while (usable == 7 && now < since + 20 * SEC)
		lossy(5, 5);
	ck_assert_uint_eq(usable, 5);
	ck_assert_uint_lt(now - since, 2 * SEC);
	ck_assert_uint_eq(flow.trouble.why, BRAID_MOVED_AGAIN);
	braid_flow_move(&flow, 0, usable, now);
	flow.verdict = BRAID_PIN(0);
	ck_assert_uint_eq(flow.why, BRAID_MOVED_AGAIN);
	ck_assert_uint_eq(flow.moves, 1);
	/* and may go back after ten seconds */
	segments(490);
	ck_assert_uint_eq(usable, 5);
	segments(30);
	ck_assert_uint_eq(usable, 7);
}
END_TEST

START_TEST(leaves_where_it_is_stuck)
{
	begin();
	segments(100);
	segment(false);
	now += 200 * MS;
	again(false);
	now += 400 * MS;
	again(false);
	ck_assert_uint_eq(usable, 7);
	now += 800 * MS;
	again(false);
	ck_assert_uint_eq(usable, 5);
	ck_assert_uint_eq(flow.trouble.why, BRAID_MOVED_STUCK);
}
END_TEST

/* Its rate falls to a tenth, and stays there; a slow reader's does without losses. */
START_TEST(leaves_where_it_is_slow)
{
	int i;

	begin();
	segments(500);
	for (i = 0; i < 40; i++) {
		now += 180 * MS;
		segment(true);
	}
	ck_assert_uint_eq(usable, 7);
	begin();
	segments(500);
	for (i = 0; i < 120 && usable == 7; i++) {
		now += 180 * MS;
		if (i % 12)
			segment(true);
		else
			segment(false), again(true);
	}
	ck_assert_uint_eq(usable, 5);
	ck_assert_uint_eq(flow.trouble.why, BRAID_MOVED_SLOW);
}
END_TEST

/* Where no path helps, it is none's fault: all are used again, and it stays. */
START_TEST(gives_up_what_does_not_help)
{
	unsigned int moves = 0;
	uint64_t since;
	uint32_t slot;

	begin();
	segments(100);
	since = now;
	while (now < since + 600 * SEC) {
		lossy(4, 4);
		slot = usable >> flow.slot & 1 ? flow.slot :
		       (uint32_t)__builtin_ctz(usable);
		braid_flow_move(&flow, slot, usable, now);
		flow.verdict = BRAID_PIN(slot);
		moves = flow.moves;
	}
	ck_assert_uint_ge(moves, 2);
	ck_assert_uint_le(moves, 10);
	/* with a single path there is nothing to leave */
	begin();
	segments(100);
	for (since = now; now < since + 20 * SEC; ) {
		lossy(4, 4);
		ck_assert_uint_eq(braid_trouble_paths(&flow, 2, now), 2);
	}
}
END_TEST

START_TEST(striped_flows_have_nothing_to_leave)
{
	begin();
	flow.class = BRAID_CLASS_BULK;
	flow.verdict = BRAID_STRIPE(7);
	segments(100);
	lossy(500, 2);
	ck_assert_uint_eq(usable, 7);
}
END_TEST

START_TEST(says_why_it_moved)
{
	begin();
	braid_flow_move(&flow, 1, 7, now);
	ck_assert_uint_eq(flow.moves, 0);
	braid_flow_move(&flow, 0, 7, now);
	ck_assert_uint_eq(flow.why, BRAID_MOVED_BETTER);
	braid_flow_move(&flow, 2, 6, now);
	ck_assert_uint_eq(flow.why, BRAID_MOVED_GONE);
	ck_assert_uint_eq(flow.moves, 2);
	ck_assert_uint_eq(flow.moved_ns, now);
	flow.slot = BRAID_NO_SLOT;
	braid_flow_move(&flow, 0, 7, now);
	ck_assert_uint_eq(flow.moves, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trouble");
	TCase *tc = tcase_create("trouble");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, handshake_of_ours);
	tcase_add_test(tc, handshake_of_theirs);
	tcase_add_test(tc, handshake_repeated);
	tcase_add_test(tc, counts_what_is_sent_again);
	tcase_add_test(tc, well_and_stays);
	tcase_add_test(tc, leaves_where_much_is_sent_again);
	tcase_add_test(tc, leaves_where_it_is_stuck);
	tcase_add_test(tc, leaves_where_it_is_slow);
	tcase_add_test(tc, gives_up_what_does_not_help);
	tcase_add_test(tc, striped_flows_have_nothing_to_leave);
	tcase_add_test(tc, says_why_it_moved);
	return unit_run(suite);
}
