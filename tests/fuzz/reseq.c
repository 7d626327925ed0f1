// SPDX-License-Identifier: GPL-2.0
/*
 * A script of bytes drives the resequencer; a plain and slow account of the
 * same events tells what must hold after each of them.
 */
#include <stdlib.h>

#include "core/reseq.h"

#define CHECK(x)	((x) ? (void)0 : abort())

#define LANES	4
#define PATHS	4
#define NUMBERS	4096
#define CAP_US	50000

/* One past delivery on a path that moved its mark, newest first. */
struct account {
	bool used;
	u64 marks[NUMBERS];
	u32 n_marks;
};

static struct braid_reseq rs;
static struct braid_lane lane[LANES];
static u64 seen[BRAID_SEEN_WORDS];
static struct list_head out;

static struct {
	const u8 *p, *end;
	u64 now;
	u64 base;
	u64 gseq;		/* the sender's */
	u64 last[LANES];	/* the sender's, plus one */
	bool honest;		/* back is what it should be */
	struct braid_item item[NUMBERS];
	u16 back[NUMBERS];
	u16 to[NUMBERS];
	u8 state[NUMBERS];	/* 1 arrived, 2 delivered */
	u64 next[LANES];	/* highest delivered, plus one */
	u64 disorder;
	u32 held;
	struct account path[PATHS];
	u32 seq;
} w;

static u8 byte(void)
{
	return w.p < w.end ? *w.p++ : 0;
}

static u32 below(u32 n)
{
	return byte() % n;
}

/* -- what must hold ------------------------------------------------------ */

static void check_lane(const struct braid_lane *l, u64 *min_hole, u64 *due)
{
	const struct braid_item *it, *prev = NULL;
	u64 need;

	list_for_each_entry(it, &l->held, node) {
		CHECK(&rs.lane[it->lane % LANES] == l);
		CHECK(it->gseq >= l->last);
		CHECK(!prev || prev->gseq < it->gseq);
		prev = it;
	}
	it = list_first_entry(&l->held, struct braid_item, node);
	/* the head waits for something */
	CHECK(it->back && it->back != BRAID_BACK_FAR && it->back <= it->gseq);
	need = it->gseq - it->back + 1;
	CHECK(need > l->last);
	if (!l->proven_us)
		*min_hole = min(*min_hole, need - 1);
	*due = min(*due, l->since_us + CAP_US);
	CHECK(l->since_us <= w.now);
}

static void check_all(void)
{
	u64 min_hole = BRAID_NEVER, due = BRAID_NEVER;
	u32 busy = 0, held = 0, bytes = 0, i;
	struct braid_lane *l;
	struct braid_item *it;

	for (i = 0; i < LANES; i++) {
		if (list_empty(&lane[i].held))
			continue;
		busy++;
		check_lane(&lane[i], &min_hole, &due);
		list_for_each_entry(it, &lane[i].held, node) {
			held++;
			bytes += it->size;
		}
	}
	list_for_each_entry(l, &rs.busy, node) {
		CHECK(!list_empty(&l->held));
		busy--;
	}
	CHECK(!busy && held == rs.held && bytes == rs.held_bytes);
	CHECK(held == w.held);
	CHECK(rs.held_bytes <= rs.limit_bytes);
	/* the caches may be early, never late */
	CHECK(rs.min_hole <= min_hole);
	CHECK(rs.due_us <= due);
	CHECK(held || rs.due_us == BRAID_NEVER);
}

/* What came out: once, having arrived, in order or counted as late. */
static void drain(void)
{
	struct braid_item *it;
	u32 i;

	while (!list_empty(&out)) {
		it = list_first_entry(&out, struct braid_item, node);
		list_del(&it->node);
		i = it->gseq - w.base;
		CHECK(w.state[i] == 1);
		w.state[i] = 2;
		w.held--;
		if (it->lane == BRAID_LANE_NONE)
			continue;
		if (it->gseq < w.next[it->lane % LANES])
			w.disorder++;
		else
			w.next[it->lane % LANES] = it->gseq + 1;
	}
	if (w.honest)
		CHECK(w.disorder == rs.stats.late);
}

/* The mark by its definition: so many later packets moved the top since. */
static void check_marks(u32 path)
{
	const struct account *a = &w.path[path];
	const struct braid_rx_sched *s;
	u32 i, later = 0;

	if (!a->used)
		return;
	s = &rs.path[rs.slot[path] - 1];
	CHECK(s->top[0] == (a->n_marks ? a->marks[a->n_marks - 1] + 1 : 0));
	for (i = 0; i < a->n_marks; i++)
		later += a->marks[i] >= s->top[BRAID_SLACK];
	CHECK(!s->top[BRAID_SLACK] || later >= BRAID_SLACK);
}

/* -- what happens -------------------------------------------------------- */

/* The sender makes numbers; which arrive, where and when is the script's. */
static void send(void)
{
	u32 n = 1 + below(16), i, to;
	u64 back;

	while (n-- && w.gseq - w.base < NUMBERS) {
		i = w.gseq - w.base;
		to = below(LANES + 1);
		w.to[i] = to == LANES ? BRAID_LANE_NONE : to;
		if (to < LANES) {
			back = w.last[to] ? w.gseq + 1 - w.last[to] :
					    BRAID_BACK_FAR;
			w.back[i] = w.honest ? back : below(20);
			w.last[to] = w.gseq + 1;
		}
		w.gseq++;
	}
}

static void arrive(void)
{
	u32 i, path = below(PATHS + 1), old = w.held;
	u64 sent = w.gseq - w.base;
	struct braid_item it = { 0 };
	struct account *a;
	int verdict;

	if (!sent)
		return;
	i = sent - 1 - min_t(u64, sent - 1, below(64) * (1 + below(2) * 8));
	it.gseq = w.base + i;
	it.lane = w.to[i];
	it.back = w.back[i];
	it.path = path;
	it.size = 1 + below(4) * 500;
	if (path < PATHS && w.path[path].used && it.lane != BRAID_LANE_NONE) {
		a = &w.path[path];
		if (!a->n_marks || it.gseq > a->marks[a->n_marks - 1])
			a->marks[a->n_marks++] = it.gseq;
	}
	if (w.state[i]) {
		verdict = braid_reseq_insert(&rs, &it, w.now, &out);
		CHECK(verdict == BRAID_IN_DUPLICATE);
	} else {
		w.item[i] = it;
		w.state[i] = 1;
		w.held++;
		verdict = braid_reseq_insert(&rs, &w.item[i], w.now, &out);
		CHECK(verdict != BRAID_IN_DUPLICATE);
	}
	drain();
	if (verdict == BRAID_IN_HELD)
		CHECK(w.state[i] == 1);
	if (verdict == BRAID_IN_DELIVERED)
		CHECK(w.state[i] == 2 && w.held <= old);
	if (path < PATHS)
		check_marks(path);
}

static void schedule(void)
{
	struct braid_schedule s = { 0 };
	struct braid_sched_path *p;
	u64 sent = w.gseq - w.base;

	w.seq += byte() & 3;
	s.seq = w.seq;
	s.repair_us = below(4) * 5000;
	for (s.n = 0; s.n < PATHS + 1; s.n++) {
		p = &s.path[s.n];
		p->path = 10 + s.n;
		p->active = below(3);
		p->gseq = w.base + sent - min_t(u64, sent, byte());
		p->owd_us = below(8) * 4000;
		p->jitter_us = below(4) * 500;
	}
	braid_reseq_schedule(&rs, &s, w.now, &out);
	drain();
}

static void path(void)
{
	u32 i = below(PATHS);
	struct account *a = &w.path[i];

	if (a->used) {
		braid_reseq_path_del(&rs, i, w.now, &out);
	} else {
		CHECK(!braid_reseq_path_add(&rs, i, 10 + i));
		CHECK(braid_reseq_path_add(&rs, i, 99) == -EEXIST);
	}
	a->used = !a->used;
	a->n_marks = 0;
	drain();
}

static void pass_time(void)
{
	u64 due = braid_reseq_deadline(&rs);

	w.now += byte() * (u64)(1 + below(2) * 200);
	braid_reseq_expire(&rs, w.now, &out);
	CHECK(braid_reseq_deadline(&rs) > w.now);
	drain();
	if (due > w.now)
		return;
	/* by now the longest hold of all has passed for what was due */
	w.now += CAP_US;
	braid_reseq_expire(&rs, w.now, &out);
	drain();
	CHECK(!w.held);
}

static void start(const u8 *data, size_t size)
{
	static const u64 base[] = { 0, 1, 0xfffffff0, 1ULL << 40 };

	memset(&w, 0, sizeof(w));
	w.p = data;
	w.end = data + size;
	w.now = 1;
	w.honest = byte() & 1;
	w.base = w.gseq = base[below(4)];
	INIT_LIST_HEAD(&out);
	braid_reseq_init(&rs, lane, LANES, seen, CAP_US, 1000 + byte() * 100);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	start(data, size);
	while (w.p < w.end) {
		switch (below(12)) {
		case 0:
			schedule();
			break;
		case 1:
			path();
			break;
		case 2:
			pass_time();
			break;
		case 3:
		case 4:
			send();
			break;
		default:
			arrive();
			break;
		}
		check_all();
	}
	braid_reseq_flush(&rs, w.now, &out);
	drain();
	check_all();
	CHECK(!w.held && !rs.held);
	return 0;
}
