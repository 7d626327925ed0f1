// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "core/wire.h"

/* A copy of @len bytes on the heap, so that a read past the end is seen. */
static u8 *exact(const u8 *p, size_t len)
{
	u8 *copy = malloc(len ? len : 1);

	ck_assert_ptr_nonnull(copy);
	if (len)
		memcpy(copy, p, len);
	return copy;
}

START_TEST(header_layout)
{
	static const u8 want[] = {
		2, 7, 0x01, 0x02, 0x11, 0x12, 0x13, 0x14, 0x21, 0x22, 0x23, 0x24,
	};
	struct braid_hdr h = { BRAID_TYPE_CONTROL, 7, 0x0102, 0x11121314,
			       0x21222324 };
	struct braid_hdr back;
	u8 p[BRAID_HDR_LEN];

	braid_hdr_write(p, &h);
	ck_assert_mem_eq(p, want, sizeof(want));
	ck_assert_int_eq(braid_hdr_read(&back, p, sizeof(p)), 0);
	ck_assert_int_eq(back.type, h.type);
	ck_assert_int_eq(back.epoch, h.epoch);
	ck_assert_int_eq(back.path, h.path);
	ck_assert_uint_eq(back.session, h.session);
	ck_assert_uint_eq(back.pn, h.pn);
}
END_TEST

START_TEST(header_refused)
{
	struct braid_hdr h = { .type = BRAID_TYPE_DATA };
	u8 p[BRAID_HDR_LEN];
	unsigned int i;
	u8 *copy;

	braid_hdr_write(p, &h);
	for (i = 0; i < BRAID_HDR_LEN; i++) {
		copy = exact(p, i);
		ck_assert_int_eq(braid_hdr_read(&h, copy, i), -EMSGSIZE);
		free(copy);
	}
	for (i = 0; i < 256; i++) {
		p[0] = i;
		ck_assert_int_eq(braid_hdr_read(&h, p, sizeof(p)),
				 i >= 1 && i <= 3 ? 0 : -EPROTO);
	}
}
END_TEST

START_TEST(data_header)
{
	static const u8 want[] = { 1, 2, 3, 4, 0xff, 0xff, 5, 6 };
	struct braid_data_hdr d = { 0x01020304, BRAID_LANE_NONE, 0x0506 };
	struct braid_data_hdr back;
	u8 p[BRAID_DATA_LEN];
	size_t i;
	u8 *copy;

	braid_data_write(p, &d);
	ck_assert_mem_eq(p, want, sizeof(want));
	ck_assert_int_eq(braid_data_read(&back, p, sizeof(p)), 0);
	ck_assert_mem_eq(&back, &d, sizeof(d));
	for (i = 0; i < sizeof(p); i++) {
		copy = exact(p, i);
		ck_assert_int_eq(braid_data_read(&d, copy, i), -EMSGSIZE);
		free(copy);
	}
}
END_TEST

START_TEST(expand_edges)
{
	static const struct {
		u64 expected;
		u32 low;
		u64 want;
	} t[] = {
		{ 0, 0, 0 },
		{ 0, 5, 5 },
		{ 0, 0x7fffffff, 0x7fffffff },
		{ 0, 0xffffffff, 0xffffffff }, /* nothing is below zero */
		{ 5, 0xffffffff, 0xffffffff },
		{ 0x7fffffff, 0x80000000, 0x80000000 },
		{ 0x80000000, 0x80000000, 0x80000000 },
		{ 0x80000000, 0, 0x100000000 }, /* as near, and ahead */
		{ 0x80000000, 1, 1 },
		{ 0x80000001, 1, 0x100000001 },
		{ 0x80000001, 2, 2 },
		{ 0xffffffff, 0xffffffff, 0xffffffff },
		{ 0xffffffff, 0, 0x100000000 },
		{ 0x100000000, 0xffffffff, 0xffffffff },
		{ 0x100000000, 0x80000000, 0x180000000 },
		{ 0x100000000, 0x80000001, 0x80000001 },
		{ 0x100000005, 4, 0x100000004 },
		{ 0xffffffffffffffffULL, 0xfffffffe, 0xfffffffffffffffeULL },
		{ 0xffffffffffffffffULL, 0, 0xffffffff00000000ULL },
		{ 0xffffffff00000000ULL, 0xffffffff, 0xfffffffeffffffffULL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_msg(braid_expand32(t[i].expected, t[i].low) ==
			      t[i].want, "case %u", i);
}
END_TEST

/* Whatever lies within 2^31 of the expected number comes back. */
START_TEST(expand_random)
{
	u64 seed = 1, expected, n;
	int i, wrong = 0;

	for (i = 0; i < 200000; i++) {
		expected = unit_random(&seed) >> unit_below(&seed, 60);
		n = expected + unit_below(&seed, 1ULL << 32) - (1ULL << 31) + 1;
		if (n > expected + (1ULL << 31)) /* wrapped below zero */
			continue;
		if (n < expected && expected > U64_MAX - (1ULL << 32))
			continue;
		wrong += braid_expand32(expected, n) != n;
	}
	ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(tlv_walk)
{
	static const u8 buf[] = {
		0, 3, 0, 2, 0xaa, 0xbb, /* two bytes */
		0, 0, 0, 0, /* an empty one */
		0x12, 0x34, 0, 1, 0xcc, /* unknown type */
	};
	const u8 *p = buf;
	size_t left = sizeof(buf);
	struct braid_tlv tlv;

	ck_assert_int_eq(braid_tlv_next(&tlv, &p, &left), 1);
	ck_assert_int_eq(tlv.type, 3);
	ck_assert_int_eq(tlv.len, 2);
	ck_assert_ptr_eq(tlv.value, buf + 4);
	ck_assert_int_eq(braid_tlv_next(&tlv, &p, &left), 1);
	ck_assert_int_eq(tlv.type, BRAID_TLV_PAD);
	ck_assert_int_eq(tlv.len, 0);
	ck_assert_int_eq(braid_tlv_next(&tlv, &p, &left), 1);
	ck_assert_int_eq(tlv.type, 0x1234);
	ck_assert_uint_eq(left, 0);
	ck_assert_int_eq(braid_tlv_next(&tlv, &p, &left), 0);
}
END_TEST

START_TEST(wire_pad)
{
	u8 buf[70000];
	struct braid_tlv tlv;
	const u8 *p = buf;
	size_t left;

	memset(buf, 0xee, sizeof(buf));
	ck_assert_int_eq(braid_pad_write(buf, 3), -ENOSPC);
	ck_assert_int_eq(braid_pad_write(buf, 65536 + 4), -ENOSPC);
	ck_assert_uint_eq(buf[0], 0xee);
	ck_assert_int_eq(braid_pad_write(buf, 1000), 1000);
	ck_assert_uint_eq(buf[1000], 0xee);
	left = 1000;
	ck_assert_int_eq(braid_tlv_next(&tlv, &p, &left), 1);
	ck_assert_int_eq(tlv.type, BRAID_TLV_PAD);
	ck_assert_uint_eq(tlv.len, 996);
	ck_assert_uint_eq(left, 0);
	ck_assert_int_eq(braid_pad_write(buf, 4), 4);
	ck_assert_int_eq(braid_pad_write(buf, 65535 + 4), 65535 + 4);
}
END_TEST

START_TEST(tlv_truncated)
{
	static const u8 buf[] = { 0, 3, 0, 2, 0xaa, 0xbb };
	struct braid_tlv tlv;
	const u8 *p;
	size_t len, left;
	u8 *copy;

	for (len = 1; len < sizeof(buf); len++) {
		copy = exact(buf, len);
		p = copy;
		left = len;
		ck_assert_int_eq(braid_tlv_next(&tlv, &p, &left), -EBADMSG);
		ck_assert_uint_eq(left, len);
		free(copy);
	}
}
END_TEST

static void random_report(struct braid_report *r, u64 *seed)
{
	u64 at = unit_random(seed) >> unit_below(seed, 50);
	u64 floor, gap, more;

	memset(r, 0, sizeof(*r));
	r->path = unit_random(seed);
	r->arrival_us = unit_random(seed);
	r->held_us = unit_random(seed);
	r->bytes = unit_random(seed);
	r->ce = unit_random(seed);
	floor = at > 65535 ? at - 65535 : 0;
	while (r->n < BRAID_MAX_RANGES) {
		more = unit_below(seed, 1 + unit_below(seed, 4000));
		if (at < floor + more)
			break;
		r->range[r->n].last = at;
		r->range[r->n++].first = at - more;
		at -= more;
		gap = 1 + unit_below(seed, 1 + unit_below(seed, 2000));
		if (at < floor + gap + 1 || !unit_below(seed, 20))
			break;
		at -= gap + 1;
	}
	if (!r->n) {
		r->range[0].first = r->range[0].last = at;
		r->n = 1;
	}
}

static void assert_same_report(const struct braid_report *a,
			       const struct braid_report *b)
{
	int i;

	ck_assert_int_eq(a->path, b->path);
	ck_assert_uint_eq(a->arrival_us, b->arrival_us);
	ck_assert_uint_eq(a->held_us, b->held_us);
	ck_assert_uint_eq(a->bytes, b->bytes);
	ck_assert_uint_eq(a->ce, b->ce);
	ck_assert_int_eq(a->n, b->n);
	for (i = 0; i < a->n; i++) {
		ck_assert_uint_eq(a->range[i].first, b->range[i].first);
		ck_assert_uint_eq(a->range[i].last, b->range[i].last);
	}
}

/* There and back, with less room than needed, cut anywhere, and with more. */
START_TEST(report_round_trip)
{
	u8 buf[BRAID_REPORT_MAX + 8], *copy;
	struct braid_report r, back;
	struct braid_tlv tlv;
	u64 seed = 2;
	const u8 *p;
	size_t left, i;
	int k, len;

	for (k = 0; k < 500; k++) {
		random_report(&r, &seed);
		len = braid_report_write(buf, BRAID_REPORT_MAX, &r);
		ck_assert_int_gt(len, 0);
		p = buf;
		left = len;
		ck_assert_int_eq(braid_tlv_next(&tlv, &p, &left), 1);
		ck_assert_int_eq(tlv.type, BRAID_TLV_REPORT);
		ck_assert_uint_eq(left, 0);
		ck_assert_int_eq(braid_report_read(&back, tlv.value, tlv.len), 0);
		assert_same_report(&r, &back);
		ck_assert_int_eq(braid_report_read(&back, tlv.value, tlv.len + 8), 0);
		assert_same_report(&r, &back);
		for (i = 0; i < tlv.len; i++) {
			copy = exact(tlv.value, i);
			ck_assert_int_eq(braid_report_read(&back, copy, i), -EBADMSG);
			free(copy);
		}
	}
}
END_TEST

START_TEST(report_room)
{
	struct braid_report r;
	u8 buf[BRAID_REPORT_MAX], clean[BRAID_REPORT_MAX];
	u64 seed = 3;
	int len, room;

	random_report(&r, &seed);
	len = braid_report_write(buf, sizeof(buf), &r);
	memset(buf, 0x5a, sizeof(buf));
	memset(clean, 0x5a, sizeof(clean));
	for (room = 0; room < len; room++) {
		ck_assert_int_eq(braid_report_write(buf, room, &r), -ENOSPC);
		ck_assert_mem_eq(buf, clean, sizeof(buf));
	}
	ck_assert_int_eq(braid_report_write(buf, len, &r), len);
}
END_TEST

/* What a report may not say is neither written nor read. */
START_TEST(report_invalid)
{
	static const struct {
		int n;
		struct braid_range range[2];
	} t[] = {
		{ 0, { { 1, 2 } } },
		{ BRAID_MAX_RANGES + 1, { { 1, 2 } } },
		{ 1, { { 3, 2 } } }, /* empty */
		{ 1, { { 1, 65537 } } }, /* too long */
		{ 2, { { 10, 20 }, { 30, 40 } } }, /* ascending */
		{ 2, { { 10, 20 }, { 5, 10 } } }, /* overlapping */
		{ 2, { { 10, 20 }, { 5, 9 } } }, /* adjacent */
		{ 2, { { 0, 20 }, { 5, 9 } } }, /* below zero */
		{ 2, { { 65540, 65541 }, { 5, 9 } } }, /* too far below */
	};
	struct braid_report r;
	u8 buf[BRAID_REPORT_MAX];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		memset(&r, 0, sizeof(r));
		r.n = t[i].n;
		memcpy(r.range, t[i].range, sizeof(t[i].range));
		ck_assert_msg(braid_report_write(buf, sizeof(buf), &r) == -EINVAL,
			      "case %u", i);
	}
}
END_TEST

START_TEST(report_malformed)
{
	/* n, highest (low byte), first range - 1, gap, length - 1 */
	static const u8 t[][5] = {
		{ 0, 9, 0, 1, 0 }, /* no range */
		{ 33, 9, 0, 1, 0 }, /* too many */
		{ 1, 9, 10, 1, 0 }, /* begins below zero */
		{ 2, 9, 2, 0, 0 }, /* adjacent */
		{ 2, 9, 2, 7, 0 }, /* the second lies below zero */
		{ 2, 9, 2, 2, 5 }, /* begins below zero */
	};
	u8 v[BRAID_REPORT_LEN + 40 * BRAID_REPORT_RANGE_LEN];
	struct braid_report r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		memset(v, 0, sizeof(v));
		v[3] = t[i][0];
		v[35] = t[i][1];
		v[37] = t[i][2];
		v[39] = t[i][3];
		v[41] = t[i][4];
		ck_assert_msg(braid_report_read(&r, v, sizeof(v)) == -EBADMSG,
			      "case %u", i);
	}
	/* the nearest to the last of them that is right */
	v[41] = 3;
	ck_assert_int_eq(braid_report_read(&r, v, sizeof(v)), 0);
	ck_assert_uint_eq(r.range[1].first, 1);
	ck_assert_uint_eq(r.range[1].last, 4);
	/* one range from the very first number on */
	v[3] = 1;
	v[37] = 9;
	ck_assert_int_eq(braid_report_read(&r, v, sizeof(v)), 0);
	ck_assert_uint_eq(r.range[0].first, 0);
	/* ranges that reach too far below the highest */
	memset(v, 0, sizeof(v));
	v[3] = 2;
	v[28] = 1;
	v[38] = 0xff;
	v[39] = 0xfe;
	ck_assert_int_eq(braid_report_read(&r, v, sizeof(v)), 0);
	v[41] = 1;
	ck_assert_int_eq(braid_report_read(&r, v, sizeof(v)), -EBADMSG);
}
END_TEST

static void random_schedule(struct braid_schedule *s, u64 *seed)
{
	int i;

	memset(s, 0, sizeof(*s));
	s->seq = unit_random(seed);
	s->repair_us = unit_random(seed);
	s->n = unit_below(seed, BRAID_MAX_PATHS + 1);
	for (i = 0; i < s->n; i++) {
		s->path[i].path = unit_random(seed);
		s->path[i].active = unit_below(seed, 2);
		s->path[i].gseq = unit_random(seed);
		s->path[i].owd_us = unit_random(seed);
		s->path[i].jitter_us = unit_random(seed);
	}
}

static void assert_same_schedule(const struct braid_schedule *a,
				 const struct braid_schedule *b)
{
	int i;

	ck_assert_uint_eq(a->seq, b->seq);
	ck_assert_uint_eq(a->repair_us, b->repair_us);
	ck_assert_int_eq(a->n, b->n);
	for (i = 0; i < a->n; i++) {
		ck_assert_int_eq(a->path[i].path, b->path[i].path);
		ck_assert_int_eq(a->path[i].active, b->path[i].active);
		ck_assert_uint_eq(a->path[i].gseq, b->path[i].gseq);
		ck_assert_uint_eq(a->path[i].owd_us, b->path[i].owd_us);
		ck_assert_uint_eq(a->path[i].jitter_us, b->path[i].jitter_us);
	}
}

START_TEST(schedule_round_trip)
{
	u8 buf[BRAID_SCHEDULE_MAX + 8], *copy;
	struct braid_schedule s, back;
	u64 seed = 4;
	int k, len, i;

	for (k = 0; k < 60; k++) {
		random_schedule(&s, &seed);
		len = braid_schedule_write(buf, BRAID_SCHEDULE_MAX, &s);
		ck_assert_int_eq(len, BRAID_TLV_LEN + BRAID_SCHEDULE_LEN +
				 s.n * BRAID_SCHEDULE_PATH_LEN);
		ck_assert_int_eq(braid_schedule_write(buf, len - 1, &s), -ENOSPC);
		len -= BRAID_TLV_LEN;
		ck_assert_int_eq(braid_schedule_read(&back, buf + 4, len), 0);
		assert_same_schedule(&s, &back);
		ck_assert_int_eq(braid_schedule_read(&back, buf + 4, len + 8), 0);
		assert_same_schedule(&s, &back);
		for (i = 0; i < len; i++) {
			copy = exact(buf + 4, i);
			ck_assert_int_eq(braid_schedule_read(&back, copy, i),
					 -EBADMSG);
			free(copy);
		}
	}
}
END_TEST

START_TEST(schedule_malformed)
{
	u8 v[BRAID_SCHEDULE_LEN + 40 * BRAID_SCHEDULE_PATH_LEN] = { 0 };
	struct braid_schedule s = { .n = BRAID_MAX_PATHS + 1 };

	ck_assert_int_eq(braid_schedule_write(v, sizeof(v), &s), -EINVAL);
	v[9] = BRAID_MAX_PATHS + 1;
	ck_assert_int_eq(braid_schedule_read(&s, v, sizeof(v)), -EBADMSG);
	v[9] = BRAID_MAX_PATHS;
	ck_assert_int_eq(braid_schedule_read(&s, v, sizeof(v)), 0);
	v[BRAID_SCHEDULE_LEN + 2] = 2;
	ck_assert_int_eq(braid_schedule_read(&s, v, sizeof(v)), -EBADMSG);
}
END_TEST

START_TEST(probe_round_trip)
{
	struct braid_probe p = { 0x0102030405060708ULL, 0x0910,
				 0x1112131415161718ULL, 0x2122232425262728ULL };
	u8 buf[BRAID_TLV_LEN + BRAID_PROBE_LEN], *copy;
	struct braid_probe back;
	int reply, i;

	for (reply = 0; reply < 2; reply++) {
		ck_assert_int_eq(braid_probe_write(buf, sizeof(buf) - 1, &p, reply),
				 -ENOSPC);
		ck_assert_int_eq(braid_probe_write(buf, sizeof(buf), &p, reply),
				 sizeof(buf));
		ck_assert_int_eq(braid_get16(buf), reply ? BRAID_TLV_PROBE_REPLY :
							   BRAID_TLV_PROBE);
		ck_assert_int_eq(braid_probe_read(&back, buf + 4,
						  BRAID_PROBE_LEN), 0);
		ck_assert_uint_eq(back.id, p.id);
		ck_assert_int_eq(back.path, p.path);
		ck_assert_uint_eq(back.time_us, p.time_us);
		ck_assert_uint_eq(back.peer_us, p.peer_us);
	}
	for (i = 0; i < BRAID_PROBE_LEN; i++) {
		copy = exact(buf + 4, i);
		ck_assert_int_eq(braid_probe_read(&back, copy, i), -EBADMSG);
		free(copy);
	}
}
END_TEST

START_TEST(opaque_written)
{
	static const u8 data[] = { 1, 2, 3 };
	u8 buf[7] = { 0xff };

	ck_assert_int_eq(braid_opaque_write(buf, 6, data, 3), -ENOSPC);
	ck_assert_uint_eq(buf[0], 0xff);
	ck_assert_int_eq(braid_opaque_write(buf, 7, data, 3), 7);
	ck_assert_mem_eq(buf, "\0\10\0\3\1\2\3", 7);
}
END_TEST

START_TEST(status_round_trip)
{
	u8 buf[BRAID_TLV_LEN + BRAID_STATUS_LEN], *copy;
	struct braid_path_status s = { 0x0102, 0x03040506, 0 }, back;
	int i, valid;

	ck_assert_int_eq(braid_status_write(buf, sizeof(buf) - 1, &s), -ENOSPC);
	for (i = 0; i < 256; i++) {
		s.status = i;
		valid = i >= BRAID_STATUS_AVAILABLE && i <= BRAID_STATUS_SPENT;
		ck_assert_int_eq(braid_status_write(buf, sizeof(buf), &s),
				 sizeof(buf));
		ck_assert_int_eq(braid_status_read(&back, buf + 4,
						   BRAID_STATUS_LEN),
				 valid ? 0 : -EBADMSG);
		ck_assert_int_eq(back.path, s.path);
		ck_assert_uint_eq(back.seq, s.seq);
		ck_assert_int_eq(back.status, s.status);
	}
	for (i = 0; i < BRAID_STATUS_LEN; i++) {
		copy = exact(buf + 4, i);
		ck_assert_int_eq(braid_status_read(&back, copy, i), -EBADMSG);
		free(copy);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tc = tcase_create("wire");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, wire_pad);
	tcase_add_test(tc, header_layout);
	tcase_add_test(tc, header_refused);
	tcase_add_test(tc, data_header);
	tcase_add_test(tc, expand_edges);
	tcase_add_test(tc, expand_random);
	tcase_add_test(tc, tlv_walk);
	tcase_add_test(tc, tlv_truncated);
	tcase_add_test(tc, report_round_trip);
	tcase_add_test(tc, report_room);
	tcase_add_test(tc, report_invalid);
	tcase_add_test(tc, report_malformed);
	tcase_add_test(tc, schedule_round_trip);
	tcase_add_test(tc, schedule_malformed);
	tcase_add_test(tc, probe_round_trip);
	tcase_add_test(tc, status_round_trip);
	tcase_add_test(tc, opaque_written);
	return unit_run(suite);
}
