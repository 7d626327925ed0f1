// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a control packet: nothing is read past the end (the sanitizer
 * sees to that), and what is read and can be written comes back the same.
 */
#include <stdlib.h>

#include "core/wire.h"

#define CHECK(x)	((x) ? (void)0 : abort())

static void report(const struct braid_tlv *tlv)
{
	struct braid_report r, again;
	u8 buf[BRAID_REPORT_MAX];
	int i, len;

	if (braid_report_read(&r, tlv->value, tlv->len))
		return;
	CHECK(r.n >= 1 && r.n <= BRAID_MAX_RANGES);
	for (i = 0; i < r.n; i++) {
		CHECK(r.range[i].first <= r.range[i].last);
		CHECK(r.range[0].last - r.range[i].first <= 65535);
		CHECK(!i || r.range[i].last < r.range[i - 1].first - 1);
	}
	len = braid_report_write(buf, sizeof(buf), &r);
	CHECK(len > 0 && len <= BRAID_TLV_LEN + tlv->len);
	CHECK(!memcmp(buf + BRAID_TLV_LEN, tlv->value, len - BRAID_TLV_LEN));
	CHECK(!braid_report_read(&again, buf + BRAID_TLV_LEN, len - BRAID_TLV_LEN));
}

static void schedule(const struct braid_tlv *tlv)
{
	struct braid_schedule s, again;
	u8 buf[BRAID_SCHEDULE_MAX];
	int i, len;

	if (braid_schedule_read(&s, tlv->value, tlv->len))
		return;
	len = braid_schedule_write(buf, sizeof(buf), &s);
	CHECK(len > 0 && len <= BRAID_TLV_LEN + tlv->len);
	CHECK(!braid_schedule_read(&again, buf + BRAID_TLV_LEN,
				   len - BRAID_TLV_LEN));
	CHECK(again.seq == s.seq && again.repair_us == s.repair_us);
	CHECK(again.n == s.n && s.n <= BRAID_MAX_PATHS);
	for (i = 0; i < s.n; i++) {
		CHECK(again.path[i].path == s.path[i].path);
		CHECK(again.path[i].active == s.path[i].active);
		CHECK(again.path[i].gseq == s.path[i].gseq);
		CHECK(again.path[i].owd_us == s.path[i].owd_us);
		CHECK(again.path[i].jitter_us == s.path[i].jitter_us);
	}
}

static void probe(const struct braid_tlv *tlv)
{
	u8 buf[BRAID_TLV_LEN + BRAID_PROBE_LEN];
	struct braid_probe p;

	if (braid_probe_read(&p, tlv->value, tlv->len))
		return;
	CHECK(braid_probe_write(buf, sizeof(buf), &p,
				tlv->type == BRAID_TLV_PROBE_REPLY) == sizeof(buf));
	CHECK(!memcmp(buf + BRAID_TLV_LEN, tlv->value, BRAID_PROBE_LEN));
}

static void status(const struct braid_tlv *tlv)
{
	u8 buf[BRAID_TLV_LEN + BRAID_STATUS_LEN];
	struct braid_path_status s;

	if (braid_status_read(&s, tlv->value, tlv->len))
		return;
	CHECK(braid_status_write(buf, sizeof(buf), &s) == sizeof(buf));
	CHECK(!memcmp(buf + BRAID_TLV_LEN, tlv->value, BRAID_STATUS_LEN));
}

static void header(const u8 *data, size_t size)
{
	struct braid_data_hdr d;
	struct braid_hdr h;
	u8 buf[BRAID_HDR_LEN];

	if (!braid_hdr_read(&h, data, size)) {
		braid_hdr_write(buf, &h);
		CHECK(!memcmp(buf, data, BRAID_HDR_LEN));
	}
	if (!braid_data_read(&d, data, size)) {
		braid_data_write(buf, &d);
		CHECK(!memcmp(buf, data, BRAID_DATA_LEN));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct braid_tlv tlv;
	const u8 *p = data;
	size_t left = size;

	header(data, size);
	while (braid_tlv_next(&tlv, &p, &left) == 1) {
		CHECK(tlv.value + tlv.len == p && p + left == data + size);
		/* every reader has to bear every value */
		report(&tlv);
		schedule(&tlv);
		probe(&tlv);
		status(&tlv);
	}
	return 0;
}
