// SPDX-License-Identifier: GPL-2.0
/* The policy adaptive: classes, paths, and that neither flaps. */
#include "unit.h"

#include <arpa/inet.h>
#include <string.h>

#include <linux/braid_steer.h>

/* What the policy has from the verifier's world. */
#define braid_for_each_slot(slot) \
	for ((slot) = 0; (slot) < BRAID_MAX_SLOTS; (slot)++)

#include "../../bpf/adaptive.h"

#define MS	BRAID_NSEC_PER_MSEC
#define SEC	BRAID_NSEC_PER_SEC

#define TCP	BRAID_PROTO_TCP
#define UDP	BRAID_PROTO_UDP

static const struct braid_adaptive_cfg cfg = BRAID_ADAPTIVE_DEFAULTS;
static struct braid_path_view views[BRAID_MAX_SLOTS];
static struct braid_flow_value flow;
static struct braid_steer_ctx pkt;
static uint64_t now;
static __u64 paid[BRAID_MAX_SLOTS];

struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx, __u32 slot)
{
	if (slot >= BRAID_MAX_SLOTS || !(ctx->usable >> slot & 1))
		return NULL;
	return &views[slot];
}

__u64 *braid_copies_until(const struct braid_peer_ctx *peer, __u32 slot)
{
	(void)peer;
	return &paid[slot];
}

/* Three paths of 20, 50 and 100 ms and 20, 30 and 50 Mbit/s; an empty flow. */
static void begin(void)
{
	static const uint32_t srtt[] = { 20000, 50000, 100000 };
	static const uint32_t owd[] = { 0, 15000, 40000 };
	static const uint64_t rate[] = { 2500000, 3750000, 6250000 };
	int i;

	memset(views, 0, sizeof(views));
	memset(paid, 0, sizeof(paid));
	for (i = 0; i < 3; i++) {
		views[i].state = BRAID_STATE_UP;
		views[i].usable = 1;
		views[i].srtt_us = srtt[i];
		views[i].owd_us = owd[i];
		views[i].rate = rate[i];
	}
	now = 1000 * SEC;
	memset(&flow, 0, sizeof(flow));
	flow.slot = BRAID_NO_SLOT;
	flow.first_ns = now;
	flow.last_ns = now;
	flow.window_ns = now;
	memset(&pkt, 0, sizeof(pkt));
	pkt.peer.usable = 7;
	pkt.flow.family = 4;
	pkt.flow.proto = TCP;
	pkt.flow.sport = htons(40000);
	pkt.flow.dport = htons(443);
	pkt.tcp_flags = BRAID_TCP_ACK;
	pkt.segs = 1;
}

/* All paths, as without rules. */
static uint32_t all(void)
{
	uint32_t first = pkt.peer.usable & ~pkt.peer.standby;

	return first ? first : pkt.peer.usable;
}

static uint64_t asked(void)
{
	return BRAID_VERDICT(BRAID_KIND_AUTO, 0, all());
}

static uint64_t steer(uint32_t len)
{
	pkt.len = len;
	pkt.wire_len = len;
	braid_flow_count(&flow, &pkt, now);
	flow.verdict = braid_adaptive_verdict(&cfg, &pkt, &flow, asked(), now);
	return flow.verdict;
}

/* Sends at a rate for a while; the last verdict. */
static uint64_t stream(uint32_t len, uint64_t rate, uint64_t ns)
{
	uint64_t end = now + ns, gap = len * SEC / rate, v = 0;

	for (; now < end; now += gap)
		v = steer(len);
	return v;
}

static void check_copy(uint64_t v, uint32_t slots)
{
	ck_assert_uint_eq(v, BRAID_VERDICT(BRAID_KIND_COPY, BRAID_UNORDERED,
					   slots));
}

static void check_pin(uint64_t v, uint32_t slot)
{
	ck_assert_uint_eq(v, BRAID_VERDICT(BRAID_KIND_PIN, BRAID_UNORDERED,
					   1U << slot));
}

START_TEST(adaptive_small_then_bulk)
{
	int i;

	begin();
	for (i = 0; i < 46; i++)
		check_pin(steer(1400), 0);
	ck_assert_uint_eq(flow.class, BRAID_CLASS_SMALL);
	steer(1400);
	ck_assert_uint_eq(steer(1400), BRAID_STRIPE(7));
	ck_assert_uint_eq(flow.class, BRAID_CLASS_BULK);
	ck_assert_uint_eq(flow.turns, 1);
}
END_TEST

START_TEST(adaptive_gso_packet_counts_whole)
{
	begin();
	pkt.segs = 45;
	check_pin(steer(60000), 0);
	ck_assert_uint_eq(steer(60000), BRAID_STRIPE(7));
	ck_assert_uint_eq(flow.out_segments, 90);
	ck_assert_uint_eq(flow.out_packets, 2);
}
END_TEST

START_TEST(adaptive_slow_flow_stays_interactive)
{
	begin();
	/* a shell: 10 kB/s for a minute, far beyond the small size */
	check_pin(stream(100, 10000, 60 * SEC), 0);
	ck_assert_uint_eq(flow.class, BRAID_CLASS_INTERACTIVE);
	ck_assert_uint_ge(flow.out_rate, 9000);
	ck_assert_uint_le(flow.out_rate, 11000);
	ck_assert_uint_eq(flow.moves, 0);
}
END_TEST

START_TEST(adaptive_call)
{
	begin();
	pkt.flow.proto = UDP;
	/* 2 Mbit/s of UDP is a call, 20 Mbit/s are not */
	check_pin(stream(1000, 250000, 10 * SEC), 0);
	ck_assert_uint_eq(flow.turns, 1);
	ck_assert_uint_eq(stream(1000, 2500000, SEC), BRAID_STRIPE(7));
}
END_TEST

START_TEST(adaptive_share_of_a_thin_path)
{
	begin();
	pkt.flow.proto = UDP;
	/* 2 Mbit/s are too much for a quickest path of 4 Mbit/s */
	views[0].rate = 500000;
	ck_assert_uint_eq(stream(1000, 250000, 5 * SEC), BRAID_STRIPE(7));
}
END_TEST

START_TEST(adaptive_class_has_hysteresis)
{
	begin();
	stream(1400, 1000000, SEC);
	ck_assert_uint_eq(flow.class, BRAID_CLASS_BULK);
	/* a little below the limit is not calm */
	ck_assert_uint_eq(stream(1400, 28000, 10 * SEC), BRAID_STRIPE(7));
	ck_assert_uint_eq(flow.turns, 1);
	/* below three quarters of it is, but for two seconds only */
	ck_assert_uint_eq(stream(1400, 10000, 1500 * MS), BRAID_STRIPE(7));
	check_pin(stream(1400, 10000, 3 * SEC), 0);
	ck_assert_uint_eq(flow.turns, 2);
	/* the next download of the same connection */
	ck_assert_uint_eq(stream(1400, 1000000, SEC), BRAID_STRIPE(7));
	ck_assert_uint_eq(flow.turns, 3);
}
END_TEST

START_TEST(adaptive_silence_is_calm)
{
	begin();
	stream(1400, 1000000, SEC);
	ck_assert_uint_eq(flow.class, BRAID_CLASS_BULK);
	now += 5 * SEC;
	check_pin(steer(1400), 0);
	/* a small answer after the silence is small again */
	check_pin(stream(1400, 1000000, 40 * MS), 0);
	ck_assert_uint_eq(stream(1400, 1000000, 40 * MS), BRAID_STRIPE(7));
}
END_TEST

START_TEST(adaptive_always_urgent)
{
	begin();
	stream(1400, 1000000, SEC);
	pkt.dscp = BRAID_DSCP_EF;
	check_copy(steer(1400), 1 | 2);
	begin();
	pkt.flow.proto = BRAID_PROTO_ICMPV6;
	check_pin(stream(1400, 1000000, SEC), 0);
	begin();
	pkt.flow.proto = UDP;
	pkt.flow.dport = htons(53);
	check_pin(stream(1400, 1000000, SEC), 0);
}
END_TEST

/* A call at 80 kbit/s: 200 bytes each 20 ms */
static uint64_t call(uint64_t ns)
{
	pkt.flow.proto = UDP;
	pkt.dscp = BRAID_DSCP_EF;
	return stream(200, 10000, ns);
}

START_TEST(adaptive_copies_a_call)
{
	begin();
	check_copy(call(10 * SEC), 1 | 2);
	pkt.dscp = BRAID_DSCP_VOICE_ADMIT;
	check_copy(steer(200), 1 | 2);
	/* neither marked nor asked for */
	pkt.dscp = 0;
	check_pin(steer(200), 0);
}
END_TEST

/* Where the copy comes later than a repair would, it helps nobody. */
START_TEST(adaptive_copies_where_it_helps)
{
	begin();
	views[1].owd_us = 20001;
	check_pin(call(SEC), 0);
	views[1].owd_us = 19000;
	check_copy(call(SEC), 1 | 2);
	/* what waits there counts: 4 ms */
	views[1].queue_bytes = 15000;
	check_pin(call(SEC), 0);
	views[1].queue_bytes = 0;
	/* what it loses does not: so much the better that there are two */
	views[1].loss_ppm = 50000;
	check_copy(call(SEC), 1 | 2);
	views[1].state = BRAID_STATE_SUSPECT;
	check_pin(call(SEC), 0);
	/* the third is as quick: it serves */
	views[2].owd_us = 5000;
	check_copy(call(SEC), 1 | 4);
	pkt.peer.standby = 4;
	check_pin(call(SEC), 0);
}
END_TEST

/*
 * A tenth of 3.75 MB/s, what is around the packets included, of what claims to be a
 * call of 1 MB/s
 */
START_TEST(adaptive_copies_a_share)
{
	uint32_t copies = 0, i;
	uint64_t v = 0;

	begin();
	pkt.flow.proto = UDP;
	pkt.dscp = BRAID_DSCP_EF;
	for (i = 0; i < 10000; i++, now += MS)
		copies += BRAID_VERDICT_KIND(steer(1000)) == BRAID_KIND_COPY;
	ck_assert_uint_ge(copies, 3450);
	/* with what was saved up before */
	ck_assert_uint_le(copies, 3470 + 87);
	/* never measured: one call, and not two */
	begin();
	views[1].rate = 0;
	check_copy(call(10 * SEC), 1 | 2);
	for (i = 0; i <= 20; i++)
		v = steer(200);
	check_pin(v, 0);
	check_copy(call(10 * SEC), 1 | 2);
}
END_TEST

START_TEST(adaptive_pure_acks_of_a_bulk_flow)
{
	begin();
	ck_assert_uint_eq(stream(1400, 1000000, SEC), BRAID_STRIPE(7));
	check_pin(steer(52), 0);
	pkt.tcp_flags |= 0x80;		/* CWR */
	check_pin(steer(52), 0);
	pkt.tcp_flags = BRAID_TCP_ACK | 8; /* PSH: carries data */
	ck_assert_uint_eq(steer(52), BRAID_STRIPE(7));
	pkt.tcp_flags = BRAID_TCP_ACK;
	ck_assert_uint_eq(steer(81), BRAID_STRIPE(7));
	pkt.flow.family = 6;
	check_pin(steer(81), 0);
	ck_assert_uint_eq(flow.class, BRAID_CLASS_BULK);
}
END_TEST

START_TEST(adaptive_leaves_to_the_module)
{
	begin();
	pkt.flags = BRAID_FRAGMENT;
	ck_assert_uint_eq(steer(1400), BRAID_AUTO);
	pkt.flags = 0;
	pkt.flow.proto = 47;
	ck_assert_uint_eq(steer(1400), BRAID_AUTO);
	/* no room for the flow */
	pkt.flow.proto = TCP;
	pkt.len = 1400;
	ck_assert_uint_eq(braid_adaptive_verdict(&cfg, &pkt, NULL, asked(),
						 now),
			  BRAID_AUTO);
	pkt.len = 52;
	check_pin(braid_adaptive_verdict(&cfg, &pkt, NULL, asked(),
						 now), 0);
}
END_TEST

START_TEST(adaptive_standby_serves_last)
{
	begin();
	pkt.peer.standby = 1;
	check_pin(steer(100), 1);
	ck_assert_uint_eq(stream(1400, 1000000, SEC), BRAID_STRIPE(6));
	pkt.peer.usable = 1;
	ck_assert_uint_eq(steer(1400), BRAID_STRIPE(1));
}
END_TEST

START_TEST(adaptive_path_has_hysteresis)
{
	int i;

	begin();
	check_pin(steer(100), 0);
	/* the other path is quicker by less than a tenth of 20 ms: stay */
	views[0].owd_us = 1500;
	views[1].owd_us = 0;
	for (i = 0; i < 100; i++, now += 20 * MS)
		check_pin(steer(100), 0);
	ck_assert_uint_eq(flow.moves, 0);
	views[0].owd_us = 2500;
	now += 20 * MS;
	check_pin(steer(100), 1);
	/* what is slow on the way back is not slow */
	views[1].srtt_us = 90000;
	now += 20 * MS;
	check_pin(steer(100), 1);
	/* and the way back is as wide */
	views[0].owd_us = 0;
	views[1].owd_us = 1500;
	views[1].srtt_us = 20000;
	now += 20 * MS;
	check_pin(steer(100), 1);
	ck_assert_uint_eq(flow.moves, 1);
	/* a millisecond at least, where all paths are quick */
	views[0].srtt_us = 300;
	views[1].srtt_us = 1200;
	views[1].owd_us = 900;
	now += 20 * MS;
	check_pin(steer(100), 1);
}
END_TEST

START_TEST(adaptive_jitter_does_not_flap)
{
	uint64_t seed = 42;
	int i;

	begin();
	views[2].owd_us = 900;
	for (i = 0; i < 10000; i++, now += 20 * MS) {
		views[0].owd_us = unit_below(&seed, 900);
		views[1].owd_us = unit_below(&seed, 900);
		steer(100);
	}
	ck_assert_uint_eq(flow.moves, 0);
}
END_TEST

START_TEST(adaptive_path_leaves)
{
	begin();
	check_pin(steer(100), 0);
	/* at once, not when it is next looked for */
	pkt.peer.usable = 6;
	check_pin(steer(100), 1);
	pkt.peer.usable = 7;
	now += 20 * MS;
	check_pin(steer(100), 0);
	ck_assert_uint_eq(flow.moves, 2);
	/* a delay, a queue, a loss, a suspicion are reasons */
	views[0].owd_us = 20000;
	now += 20 * MS;
	check_pin(steer(100), 1);
	views[0].owd_us = 0;
	views[0].queue_bytes = 250000;
	now += 20 * MS;
	check_pin(steer(100), 1);
	views[0].queue_bytes = 0;
	views[0].loss_ppm = 100000;
	now += 20 * MS;
	check_pin(steer(100), 1);
	views[0].loss_ppm = 0;
	views[0].state = BRAID_STATE_SUSPECT;
	now += 20 * MS;
	check_pin(steer(100), 1);
	views[0].state = BRAID_STATE_UP;
	now += 20 * MS;
	check_pin(steer(100), 0);
	/* a path without a measurement is not trusted before others */
	views[0].srtt_us = 0;
	now += 20 * MS;
	check_pin(steer(100), 1);
}
END_TEST

START_TEST(adaptive_no_path_at_all)
{
	begin();
	pkt.peer.usable = 0;
	ck_assert_uint_eq(steer(100), BRAID_AUTO);
}
END_TEST

START_TEST(meter_key_is_the_same_both_ways)
{
	struct braid_flow_key out, in;
	struct braid_flow back;

	begin();
	pkt.peer.netns_cookie = 5;
	pkt.peer.ifindex = 6;
	pkt.peer.id = 7;
	pkt.flow.saddr[0] = htonl(0x0a010203);
	pkt.flow.daddr[0] = htonl(0xc0a80001);
	back = pkt.flow;
	back.saddr[0] = pkt.flow.daddr[0];
	back.daddr[0] = pkt.flow.saddr[0];
	back.sport = pkt.flow.dport;
	back.dport = pkt.flow.sport;
	braid_flow_key(&out, &pkt.peer, &pkt.flow, BRAID_OUT);
	braid_flow_key(&in, &pkt.peer, &back, BRAID_IN);
	ck_assert_mem_eq(&out, &in, sizeof(out));
	ck_assert_uint_eq(out.near[0], 10);
	ck_assert_uint_eq(out.near[3], 3);
	ck_assert_uint_eq(out.far[0], 192);
	ck_assert_uint_eq(out.near_port, 40000);
	ck_assert_uint_eq(out.far_port, 443);
	ck_assert_uint_eq(out.netns, 5);
	ck_assert_uint_eq(out.ifindex, 6);
	ck_assert_uint_eq(out.peer, 7);
}
END_TEST

START_TEST(meter_rates)
{
	begin();
	pkt.direction = BRAID_IN;
	pkt.len = 1000;
	pkt.wire_len = 1000;
	for (; now < 1003 * SEC; now += MS) {
		braid_flow_count(&flow, &pkt, now);
		braid_flow_rates(&flow, now);
	}
	ck_assert_uint_ge(flow.in_rate, 990000);
	ck_assert_uint_le(flow.in_rate, 1010000);
	ck_assert_uint_eq(flow.out_rate, 0);
	/* a clock that another CPU read a moment earlier changes nothing */
	ck_assert_uint_eq(braid_flow_rates(&flow, now - SEC), 0);
	/* silence wipes the rate out */
	now += 10 * SEC;
	ck_assert_uint_ne(braid_flow_rates(&flow, now), 0);
	ck_assert_uint_le(flow.in_rate, 10000);
	/* no overflow at 100 Gbit/s */
	ck_assert_uint_eq(braid_rate_smooth(12500000000ULL, 1250000000ULL,
					    100000), 12500000000ULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("adaptive");
	TCase *tc = tcase_create("class");

	tcase_add_test(tc, adaptive_small_then_bulk);
	tcase_add_test(tc, adaptive_gso_packet_counts_whole);
	tcase_add_test(tc, adaptive_slow_flow_stays_interactive);
	tcase_add_test(tc, adaptive_call);
	tcase_add_test(tc, adaptive_share_of_a_thin_path);
	tcase_add_test(tc, adaptive_class_has_hysteresis);
	tcase_add_test(tc, adaptive_silence_is_calm);
	tcase_add_test(tc, adaptive_always_urgent);
	tcase_add_test(tc, adaptive_copies_a_call);
	tcase_add_test(tc, adaptive_copies_where_it_helps);
	tcase_add_test(tc, adaptive_copies_a_share);
	tcase_add_test(tc, adaptive_pure_acks_of_a_bulk_flow);
	tcase_add_test(tc, adaptive_leaves_to_the_module);
	suite_add_tcase(suite, tc);
	tc = tcase_create("path");
	tcase_add_test(tc, adaptive_standby_serves_last);
	tcase_add_test(tc, adaptive_path_has_hysteresis);
	tcase_add_test(tc, adaptive_jitter_does_not_flap);
	tcase_add_test(tc, adaptive_path_leaves);
	tcase_add_test(tc, adaptive_no_path_at_all);
	suite_add_tcase(suite, tc);
	tc = tcase_create("meter");
	tcase_add_test(tc, meter_key_is_the_same_both_ways);
	tcase_add_test(tc, meter_rates);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
