// SPDX-License-Identifier: GPL-2.0
/*
 * Writing and reading of what travels. A reader looks at no byte before it
 * knows that it is there, ignores bytes behind what it knows (so that a later
 * version can append), and refuses what it cannot mean.
 */
#include "wire.h"

/* Furthest that a range may lie below the highest number of a report. */
#define REPORT_REACH	65535

void braid_hdr_write(u8 *p, const struct braid_hdr *h)
{
	p[0] = h->type;
	p[1] = h->epoch;
	braid_put16(p + 2, h->path);
	braid_put32(p + 4, h->session);
	braid_put32(p + 8, h->pn);
}

int braid_hdr_read(struct braid_hdr *h, const u8 *p, size_t len)
{
	if (len < BRAID_HDR_LEN)
		return -EMSGSIZE;
	h->type = p[0];
	h->epoch = p[1];
	h->path = braid_get16(p + 2);
	h->session = braid_get32(p + 4);
	h->pn = braid_get32(p + 8);
	if (h->type < BRAID_TYPE_DATA || h->type > BRAID_TYPE_HANDSHAKE)
		return -EPROTO;
	return 0;
}

void braid_data_write(u8 *p, const struct braid_data_hdr *d)
{
	braid_put32(p, d->gseq);
	braid_put16(p + 4, d->lane);
	braid_put16(p + 6, d->back);
}

int braid_data_read(struct braid_data_hdr *d, const u8 *p, size_t len)
{
	if (len < BRAID_DATA_LEN)
		return -EMSGSIZE;
	d->gseq = braid_get32(p);
	d->lane = braid_get16(p + 4);
	d->back = braid_get16(p + 6);
	return 0;
}

u64 braid_expand32(u64 expected, u32 low)
{
	const u64 win = BIT_ULL(32), half = BIT_ULL(31);
	u64 near = (expected & ~(win - 1)) | low;

	if (expected >= half && near <= expected - half && near < U64_MAX - win)
		return near + win;
	if (near > expected && near - expected > half && near >= win)
		return near - win;
	return near;
}

int braid_tlv_next(struct braid_tlv *tlv, const u8 **p, size_t *left)
{
	if (!*left)
		return 0;
	if (*left < BRAID_TLV_LEN)
		return -EBADMSG;
	tlv->type = braid_get16(*p);
	tlv->len = braid_get16(*p + 2);
	if (tlv->len > *left - BRAID_TLV_LEN)
		return -EBADMSG;
	tlv->value = *p + BRAID_TLV_LEN;
	*p += BRAID_TLV_LEN + tlv->len;
	*left -= BRAID_TLV_LEN + tlv->len;
	return 1;
}

/* Begins a TLV; returns where its value goes, NULL without room for it. */
static u8 *tlv_begin(u8 *buf, size_t room, u16 type, u16 len)
{
	if (room < (size_t)BRAID_TLV_LEN + len)
		return NULL;
	braid_put16(buf, type);
	braid_put16(buf + 2, len);
	return buf + BRAID_TLV_LEN;
}

int braid_pad_write(u8 *buf, size_t room)
{
	if (room < BRAID_TLV_LEN || room - BRAID_TLV_LEN > U16_MAX)
		return -ENOSPC;
	memset(tlv_begin(buf, room, BRAID_TLV_PAD, room - BRAID_TLV_LEN), 0,
	       room - BRAID_TLV_LEN);
	return room;
}

/* May the wire carry these ranges? */
static bool report_valid(const struct braid_report *r)
{
	const struct braid_range *range = r->range;
	unsigned int i;

	if (!r->n || r->n > BRAID_MAX_RANGES)
		return false;
	for (i = 0; i < r->n; i++) {
		if (range[i].first > range[i].last)
			return false;
		if (range[0].last - range[i].first > REPORT_REACH)
			return false;
		if (i + 1U < r->n && (!range[i].first ||
				      range[i + 1].last >= range[i].first - 1))
			return false;
	}
	return true;
}

int braid_report_write(u8 *buf, size_t room, const struct braid_report *r)
{
	const struct braid_range *range = r->range;
	unsigned int i;
	u16 len;
	u8 *p;

	if (!report_valid(r))
		return -EINVAL;
	len = BRAID_REPORT_LEN + (r->n - 1) * BRAID_REPORT_RANGE_LEN;
	p = tlv_begin(buf, room, BRAID_TLV_REPORT, len);
	if (!p)
		return -ENOSPC;
	braid_put16(p, r->path);
	braid_put16(p + 2, r->n);
	braid_put32(p + 4, r->ce);
	braid_put64(p + 8, r->arrival_us);
	braid_put32(p + 16, r->held_us);
	braid_put64(p + 20, r->bytes);
	braid_put64(p + 28, range[0].last);
	braid_put16(p + 36, range[0].last - range[0].first);
	p += BRAID_REPORT_LEN;
	for (i = 1; i < r->n; i++) {
		braid_put16(p, range[i - 1].first - range[i].last - 1);
		braid_put16(p + 2, range[i].last - range[i].first);
		p += BRAID_REPORT_RANGE_LEN;
	}
	return BRAID_TLV_LEN + len;
}

/* The ranges behind the first, each told by its distance to the one above. */
static int report_read_ranges(struct braid_report *r, const u8 *p)
{
	const struct braid_range *top = r->range;
	struct braid_range *range;
	unsigned int i;
	u64 gap, more;

	for (i = 1; i < r->n; i++, p += BRAID_REPORT_RANGE_LEN) {
		gap = braid_get16(p);
		more = braid_get16(p + 2);
		range = &r->range[i];
		if (!gap || gap + 1 + more > range[-1].first)
			return -EBADMSG;
		range->last = range[-1].first - gap - 1;
		range->first = range->last - more;
		if (top->last - range->first > REPORT_REACH)
			return -EBADMSG;
	}
	return 0;
}

int braid_report_read(struct braid_report *r, const u8 *value, size_t len)
{
	u64 more;

	if (len < BRAID_REPORT_LEN)
		return -EBADMSG;
	r->path = braid_get16(value);
	r->n = braid_get16(value + 2);
	r->ce = braid_get32(value + 4);
	r->arrival_us = braid_get64(value + 8);
	r->held_us = braid_get32(value + 16);
	r->bytes = braid_get64(value + 20);
	r->range[0].last = braid_get64(value + 28);
	more = braid_get16(value + 36);
	if (!r->n || r->n > BRAID_MAX_RANGES || more > r->range[0].last)
		return -EBADMSG;
	r->range[0].first = r->range[0].last - more;
	if (len - BRAID_REPORT_LEN < (r->n - 1U) * BRAID_REPORT_RANGE_LEN)
		return -EBADMSG;
	return report_read_ranges(r, value + BRAID_REPORT_LEN);
}

int braid_schedule_write(u8 *buf, size_t room, const struct braid_schedule *s)
{
	const struct braid_sched_path *path;
	u16 len;
	u8 *p;

	if (s->n > BRAID_MAX_PATHS)
		return -EINVAL;
	len = BRAID_SCHEDULE_LEN + s->n * BRAID_SCHEDULE_PATH_LEN;
	p = tlv_begin(buf, room, BRAID_TLV_SCHEDULE, len);
	if (!p)
		return -ENOSPC;
	braid_put32(p, s->seq);
	braid_put32(p + 4, s->repair_us);
	braid_put16(p + 8, s->n);
	p += BRAID_SCHEDULE_LEN;
	for (path = s->path; path < s->path + s->n; path++) {
		braid_put16(p, path->path);
		p[2] = path->active;
		p[3] = 0;
		braid_put64(p + 4, path->gseq);
		braid_put32(p + 12, path->owd_us);
		braid_put32(p + 16, path->jitter_us);
		p += BRAID_SCHEDULE_PATH_LEN;
	}
	return BRAID_TLV_LEN + len;
}

int braid_schedule_read(struct braid_schedule *s, const u8 *value, size_t len)
{
	struct braid_sched_path *path;
	const u8 *p;

	if (len < BRAID_SCHEDULE_LEN)
		return -EBADMSG;
	s->seq = braid_get32(value);
	s->repair_us = braid_get32(value + 4);
	s->n = braid_get16(value + 8);
	if (s->n > BRAID_MAX_PATHS ||
	    len - BRAID_SCHEDULE_LEN < (size_t)s->n * BRAID_SCHEDULE_PATH_LEN)
		return -EBADMSG;
	p = value + BRAID_SCHEDULE_LEN;
	for (path = s->path; path < s->path + s->n; path++) {
		if (p[2] > 1)
			return -EBADMSG;
		path->path = braid_get16(p);
		path->active = p[2];
		path->gseq = braid_get64(p + 4);
		path->owd_us = braid_get32(p + 12);
		path->jitter_us = braid_get32(p + 16);
		p += BRAID_SCHEDULE_PATH_LEN;
	}
	return 0;
}

int braid_probe_write(u8 *buf, size_t room, const struct braid_probe *pr,
		      bool reply)
{
	u16 type = reply ? BRAID_TLV_PROBE_REPLY : BRAID_TLV_PROBE;
	u8 *p = tlv_begin(buf, room, type, BRAID_PROBE_LEN);

	if (!p)
		return -ENOSPC;
	braid_put64(p, pr->id);
	braid_put16(p + 8, pr->path);
	braid_put64(p + 10, pr->time_us);
	braid_put64(p + 18, pr->peer_us);
	return BRAID_TLV_LEN + BRAID_PROBE_LEN;
}

int braid_probe_read(struct braid_probe *p, const u8 *value, size_t len)
{
	if (len < BRAID_PROBE_LEN)
		return -EBADMSG;
	p->id = braid_get64(value);
	p->path = braid_get16(value + 8);
	p->time_us = braid_get64(value + 10);
	p->peer_us = braid_get64(value + 18);
	return 0;
}

int braid_status_write(u8 *buf, size_t room, const struct braid_path_status *s)
{
	u8 *p = tlv_begin(buf, room, BRAID_TLV_PATH_STATUS, BRAID_STATUS_LEN);

	if (!p)
		return -ENOSPC;
	braid_put16(p, s->path);
	braid_put32(p + 2, s->seq);
	p[6] = s->status;
	return BRAID_TLV_LEN + BRAID_STATUS_LEN;
}

int braid_opaque_write(u8 *buf, size_t room, const u8 *data, u16 len)
{
	u8 *p = tlv_begin(buf, room, BRAID_TLV_OPAQUE, len);

	if (!p)
		return -ENOSPC;
	memcpy(p, data, len);
	return BRAID_TLV_LEN + len;
}

int braid_status_read(struct braid_path_status *s, const u8 *value, size_t len)
{
	if (len < BRAID_STATUS_LEN)
		return -EBADMSG;
	s->path = braid_get16(value);
	s->seq = braid_get32(value + 2);
	s->status = value[6];
	if (s->status < BRAID_STATUS_AVAILABLE ||
	    s->status > BRAID_STATUS_SPENT)
		return -EBADMSG;
	return 0;
}
