// SPDX-License-Identifier: GPL-2.0
/*
 * One path end to end: a script of bytes sends, loses, reorders and repeats
 * packets; the receiver's window makes the reports, the wire carries them, and
 * now and then the peer makes one up.
 */
#include <stdlib.h>

#include "core/loss.h"
#include "core/replay.h"

#define CHECK(x)	((x) ? (void)0 : abort())

#define NUMBERS	4096
#define RING	512

static struct braid_sent ring[RING], larger[4 * RING];
static struct braid_loss l;
static struct braid_rtt rtt;
static struct braid_owd owd;
static struct braid_replay replay;

static struct {
	const u8 *p, *end;
	u64 now;
	u64 arrival_us;
	bool honest;
	u32 size[NUMBERS];
	u8 came[NUMBERS];
	u8 cookie[NUMBERS];	/* 1 with the path, 2 taken */
	u8 state[NUMBERS];	/* as the callbacks told */
	u8 control[NUMBERS];
} w;

static u8 byte(void)
{
	return w.p < w.end ? *w.p++ : 0;
}

static void put(void *cookie)
{
	u64 pn = (u64)(uintptr_t)cookie - 1;

	if (!cookie)
		return;
	CHECK(pn < NUMBERS && w.cookie[pn] == 1);
	w.cookie[pn] = 2;
}

static void take(struct braid_sent *rec, bool really)
{
	if (!really)
		return;
	put(rec->cookie);
	rec->cookie = NULL;
}

static void acked(void *ctx, struct braid_sent *rec)
{
	(void)ctx;
	CHECK(w.state[rec->gseq] == BRAID_SENT_FLYING ||
	      w.state[rec->gseq] == BRAID_SENT_LOST);
	CHECK(!w.honest || w.came[rec->gseq]);
	w.state[rec->gseq] = BRAID_SENT_DONE;
	take(rec, rec->gseq & 1);
}

static void lost(void *ctx, struct braid_sent *rec)
{
	(void)ctx;
	CHECK(w.state[rec->gseq] == BRAID_SENT_FLYING);
	w.state[rec->gseq] = BRAID_SENT_LOST;
	take(rec, rec->gseq & 2);
}

static const struct braid_loss_ops ops = { .acked = acked, .lost = lost };

static void send(u32 n)
{
	struct braid_sent *rec;
	void *dropped;
	u64 pn;

	while (n-- && l.next_pn < NUMBERS) {
		pn = l.next_pn;
		if (braid_loss_full(&l))
			w.state[l.base_pn] = BRAID_SENT_FREE;
		w.control[pn] = byte() % 8 == 7;
		if (w.control[pn]) {
			put(braid_loss_skip(&l));
			continue;
		}
		w.size[pn] = 1 + byte() * 6;
		rec = braid_loss_sent(&l, w.size[pn], w.now, byte() & 1,
				      &dropped);
		put(dropped);
		rec->gseq = pn;
		rec->cookie = (void *)(uintptr_t)(pn + 1);
		w.cookie[pn] = 1;
		w.state[pn] = BRAID_SENT_FLYING;
	}
}

/* A number between the last @span ones comes at the peer. */
static void arrive(u32 span)
{
	u64 pn;

	if (!l.next_pn)
		return;
	pn = l.next_pn - 1 - byte() % min_t(u64, l.next_pn, span);
	if (pn + 1 > replay.next)
		w.arrival_us = w.now + 5000;
	CHECK(braid_replay_check(&replay, pn) == !w.came[pn]);
	CHECK(braid_replay_commit(&replay, pn) == !w.came[pn]);
	w.came[pn] = 1;
}

static void learn(const struct braid_ack *ack)
{
	CHECK(ack->late_packets <= ack->acked_packets);
	CHECK(!ack->rate_bytes || ack->rate_us);
	CHECK(ack->rate_bytes <= l.delivered);
	if (!ack->rtt_us)
		return;
	braid_rtt_sample(&rtt, ack->rtt_us, w.now);
	braid_owd_sample(&owd, ack->owd_us, w.now);
}

static void deliver(const struct braid_report *r, bool honest)
{
	struct braid_loss before = l;
	u8 buf[BRAID_REPORT_MAX];
	struct braid_report got;
	struct braid_ack ack;
	int len, err;

	len = braid_report_write(buf, sizeof(buf), r);
	CHECK(len > 0 || !honest);
	if (len < 0)
		return;
	CHECK(!braid_report_read(&got, buf + BRAID_TLV_LEN, len - BRAID_TLV_LEN));
	err = braid_loss_report(&l, &got, &rtt, w.now, &ops, NULL, &ack);
	if (got.range[0].last >= l.next_pn) {
		CHECK(err == -EPROTO && !honest);
		CHECK(!memcmp(&before, &l, sizeof(l)));
		return;
	}
	CHECK(!err);
	learn(&ack);
}

static void report(void)
{
	struct braid_report r = { .arrival_us = w.arrival_us };

	r.held_us = byte() * 16;
	r.n = braid_replay_ranges(&replay, r.range,
				  1 + byte() % BRAID_MAX_RANGES, 2048);
	if (r.n)
		deliver(&r, true);
}

static void invent(void)
{
	struct braid_report r = { .n = 1 + byte() % BRAID_MAX_RANGES };
	u64 at = l.next_pn + byte() % 4;
	int i;

	r.arrival_us = w.arrival_us + (u64)byte() * byte() - 10000;
	r.held_us = (u32)byte() << (byte() % 25);
	for (i = 0; i < r.n; i++) {
		at -= byte() % 16;
		r.range[i].last = at;
		at -= byte() % 16;
		r.range[i].first = at--;
	}
	deliver(&r, false);
}

static void pass_time(void)
{
	struct braid_ack ack;
	u64 due;

	w.now += byte() * 100;
	due = braid_loss_deadline(&l, &rtt);
	braid_loss_expire(&l, &rtt, w.now, &ops, NULL, &ack);
	CHECK(!ack.acked_packets);
	CHECK((due <= w.now) >= !!ack.lost_packets);
	CHECK(braid_loss_deadline(&l, &rtt) > w.now);
}

static void check_all(void)
{
	u64 pn, flying = 0, packets = 0, lost_bytes = 0, done = 0;

	for (pn = 0; pn < l.next_pn; pn++) {
		if (w.state[pn] == BRAID_SENT_FLYING) {
			CHECK(pn >= l.tail_pn);
			flying += w.size[pn];
			packets++;
		} else if (w.state[pn] == BRAID_SENT_LOST) {
			lost_bytes += w.size[pn];
		} else if (w.state[pn] == BRAID_SENT_DONE) {
			done += w.size[pn];
		}
	}
	CHECK(l.flying == flying && l.flying_packets == packets);
	CHECK(l.lost == lost_bytes && l.delivered == done);
	CHECK((l.oldest_us == BRAID_NEVER) == !packets);
	CHECK(l.packet_thresh >= 3 && l.packet_thresh <= 1024);
	CHECK(l.time_num >= 9 && l.time_num <= 16);
	CHECK(l.base_pn <= l.next_pn && l.next_pn - l.base_pn <= l.mask + 1ULL);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u64 pn;

	memset(&w, 0, sizeof(w));
	w.p = data;
	w.end = data + size;
	w.now = 1000000;
	w.honest = byte() & 1;
	braid_loss_init(&l, ring, RING);
	braid_rtt_init(&rtt);
	braid_owd_init(&owd);
	braid_replay_init(&replay);
	while (w.p < w.end) {
		switch (byte() % 12) {
		case 0:
			pass_time();
			break;
		case 1:
			if (!w.honest)
				invent();
			break;
		case 2:
			if (l.mask + 1 == RING)
				braid_loss_grow(&l, larger, 4 * RING);
			break;
		case 3:
			if (!byte())
				braid_loss_all(&l, &ops, NULL);
			break;
		case 4:
			send(200);
			break;
		case 5:
		case 6:
			send(8);
			break;
		case 7:
			report();
			break;
		case 8:
			w.now += byte();
			break;
		default:
			arrive(1 + byte());
			break;
		}
	}
	check_all();
	braid_loss_drain(&l, put);
	for (pn = 0; pn < l.next_pn; pn++)
		CHECK(w.cookie[pn] != 1);
	return 0;
}
