// SPDX-License-Identifier: GPL-2.0
/*
 * Migrations in a world of two paths whose clock only moves when somebody
 * waits. Everything that can fail is made to fail, and the process is killed
 * before and after everything it does.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "migrate.h"
#include "text.h"

/**
 * struct world - two paths, a clock and a journal
 * @now: us
 * @path: w1 and w2
 * @gone: which of them is not there
 * @deaf: w2 answers nothing
 * @drop: of how many probes of w2 one is not answered, 0 for none
 * @stuck: w1 never drains
 * @noisy: the peer sends over w1 all the time
 * @named: a policy names w1, though it is standby
 * @chatty: reports go over w1 all the time
 * @mute: nothing that w2 carries is reported
 * @bad: w2 loses all that is sent over it
 * @dies: w2 goes down when the migration is in this step
 * @journal: what is in the file, NULL for none
 * @acts: things done that change something
 * @kill: the act that is the last one, 0 for none
 * @after: whether that one still takes effect
 * @dead: the process was killed
 * @alone: moments in which nothing could carry
 */
struct world {
	uint64_t now;
	struct br_path path[2];
	bool gone[2];
	bool deaf;
	unsigned int drop;
	bool stuck;
	bool noisy;
	bool named;
	bool chatty;
	bool mute;
	bool bad;
	enum br_migrate_step dies;
	json_t *journal;
	unsigned int acts;
	unsigned int kill;
	bool after;
	bool dead;
	unsigned int alone;
};

static struct world w;
static struct br_migration m;
static struct br_error err;

/* Return: whether the act takes effect */
static bool act(void)
{
	if (w.dead)
		return false;
	if (++w.acts != w.kill)
		return true;
	w.dead = true;
	return w.after;
}

static uint64_t clock_now(void *data)
{
	(void)data;
	return w.now;
}

static int find(const char *name)
{
	return !strcmp(name, "w2");
}

static int missing(struct br_error *e)
{
	return br_fail(e, BR_KERNEL, ENOENT, "no path has that name");
}

static int get(void *data, const char *name, struct br_path *to,
	       struct br_error *e)
{
	int i = find(name);

	(void)data;
	if (w.gone[i])
		return missing(e);
	*to = w.path[i];
	return 0;
}

static void settle_state(int i)
{
	struct br_path *p = &w.path[i];

	p->state = p->cold ? BRAID_PATH_STATE_COLD :
		   (i && w.deaf) ? BRAID_PATH_STATE_PROBING :
		   BRAID_PATH_STATE_UP;
}

static int set(void *data, const char *name, const char *what, uint8_t value,
	       struct br_error *e)
{
	int i = find(name);

	(void)data;
	if (!act())
		return br_fail(e, BR_KERNEL, ECANCELED, "dead");
	if (w.gone[i])
		return missing(e);
	if (!strcmp(what, "standby"))
		w.path[i].standby = value;
	else
		w.path[i].cold = value;
	if (w.path[i].state != BRAID_PATH_STATE_DOWN)
		settle_state(i);
	return w.dead ? br_fail(e, BR_KERNEL, ECANCELED, "dead") : 0;
}

static int probe(void *data, const char *name, struct br_error *e)
{
	struct br_path *p = &w.path[find(name)];

	(void)data;
	if (w.dead)
		return br_fail(e, BR_KERNEL, ECANCELED, "dead");
	p->probes_sent++;
	if (!w.deaf && !w.mute && p->state == BRAID_PATH_STATE_UP &&
	    (!w.drop || p->probes_sent % w.drop))
		p->probes_answered++;
	return 0;
}

static int del(void *data, const char *name, struct br_error *e)
{
	(void)data;
	if (!act())
		return br_fail(e, BR_KERNEL, ECANCELED, "dead");
	w.gone[find(name)] = true;
	return w.dead ? br_fail(e, BR_KERNEL, ECANCELED, "dead") : 0;
}

static int journal(void *data, const struct br_migration *now,
		   struct br_error *e)
{
	(void)data;
	if (!act())
		return br_fail(e, BR_FILE, ECANCELED, "dead");
	json_decref(w.journal);
	w.journal = br_migrate_over(now) ? NULL : br_migration_json(now);
	return w.dead ? br_fail(e, BR_FILE, ECANCELED, "dead") : 0;
}

static const struct br_migrate_ops ops = {
	.now = clock_now, .get = get, .set = set, .probe = probe, .del = del,
	.journal = journal,
};

static void reset(bool cold)
{
	json_decref(w.journal);
	w = (struct world){ .now = 1000000, .dies = BR_MIGRATE_ROLLED_BACK };
	w.path[1].standby = 1;
	w.path[1].cold = cold;
	settle_state(0);
	settle_state(1);
	w.path[0].srtt = 20000;
	w.path[1].srtt = 30000;
	m = (struct br_migration){ .max_loss = 100000, .ops = &ops };
	br_fill(m.dev, "braid0");
	br_fill(m.peer, "there");
	br_fill(m.from.name, "w1");
	br_fill(m.to.name, "w2");
}

static bool carries(int i)
{
	return !w.gone[i] && w.path[i].state == BRAID_PATH_STATE_UP;
}

/* A user sends 1,000 packets a second over what is in use. */
static void pass(uint32_t us)
{
	int in_use = !w.path[1].standby && carries(1);
	struct br_path *p = &w.path[in_use];

	w.now += us;
	if (m.step == w.dies)
		w.path[1].state = BRAID_PATH_STATE_DOWN;
	if (!carries(0) && !carries(1))
		w.alone++;
	p->tx_packets += us / 1000;
	p->lost_packets += in_use && w.bad ? us / 1000 : 0;
	if (!(in_use && w.mute)) {
		br_set_has(&br_path_type, p, "loss-age");
		p->loss_age = 1000;
	}
	if (w.noisy || w.chatty) {
		w.path[0].rx_packets += us / 1000;
		w.path[0].rx_bytes += us / 1000 * (w.noisy ? 1400 : 150);
		w.path[0].tx_packets += us / 1000;
	}
	if (!w.path[0].standby || w.stuck)
		w.path[0].inflight_bytes = 30000;
	else if (w.path[0].inflight_bytes)
		w.path[0].inflight_bytes -= 10000;
	if (w.named && m.step == BR_MIGRATE_COMMIT)
		w.path[0].inflight_bytes = 10000;
}

/* Return: as br_migrate_run() at its end */
static int go(void)
{
	uint32_t us;
	int ret, i;

	for (i = 0; i < 10000; i++) {
		ret = br_migrate_run(&m, &us, &err);
		if (ret || w.dead)
			return ret;
		pass(us);
	}
	ck_abort_msg("never over: step %s", br_migrate_steps[m.step]);
}

static int whole(void)
{
	int ret = br_migrate_begin(&m, &err);

	return ret ? ret : go();
}

static void as_before(bool cold)
{
	ck_assert_uint_eq(w.path[0].standby, 0);
	ck_assert_uint_eq(w.path[0].cold, 0);
	ck_assert_uint_eq(w.path[1].standby, 1);
	ck_assert_uint_eq(w.path[1].cold, cold);
	ck_assert_ptr_null(w.journal);
}

static void moved(enum br_migrate_then then)
{
	ck_assert_uint_eq(w.path[1].standby, 0);
	ck_assert_uint_eq(w.path[1].cold, 0);
	ck_assert_int_eq(w.gone[0], then == BR_THEN_DELETE);
	ck_assert_uint_eq(w.path[0].standby, 1);
	ck_assert_uint_eq(w.path[0].cold, then == BR_THEN_COLD);
	ck_assert_ptr_null(w.journal);
}

START_TEST(moves)
{
	m.then = _i / 2;
	reset(_i % 2);
	m.then = _i / 2;
	ck_assert_int_eq(whole(), 1);
	ck_assert_int_eq(m.step, BR_MIGRATE_DONE);
	moved(_i / 2);
	ck_assert_str_eq(m.why, "");
	ck_assert_uint_eq(m.probes, BR_MIGRATE_PROBES);
	ck_assert_uint_eq(m.answered, BR_MIGRATE_PROBES);
	ck_assert_uint_eq(m.rtt, 30000);
	ck_assert_uint_eq(m.left, 30000);
	ck_assert_uint_gt(m.delivered, 900);
	ck_assert_uint_eq(w.alone, 0);
}
END_TEST

static void rolled_back(const char *why)
{
	ck_assert_int_eq(whole(), 1);
	ck_assert_int_eq(m.step, BR_MIGRATE_ROLLED_BACK);
	ck_assert_msg(strstr(m.why, why), "'%s', not '%s'", m.why, why);
	ck_assert_uint_eq(w.alone, 0);
}

START_TEST(a_path_that_does_not_answer)
{
	reset(_i);
	w.deaf = true;
	settle_state(1);
	rolled_back("path w2 does not answer within 3 s");
	as_before(_i);
	ck_assert_uint_eq(w.path[0].tx_packets / 1000, (w.now - 1000000) / 1000000);
}
END_TEST

START_TEST(a_path_that_is_not_good_enough)
{
	reset(true);
	w.drop = 5;
	rolled_back("path w2 is not good enough: 16 of 20 probes answered");
	as_before(true);
	reset(true);
	w.drop = 5;
	m.max_loss = 250000;
	ck_assert_int_eq(whole(), 1);
	moved(BR_THEN_STANDBY);
	reset(false);
	m.max_rtt = 25000;
	rolled_back("its round trip is 30000 us, more than 25000");
	as_before(false);
}
END_TEST

static const enum br_migrate_step watched[] = {
	BR_MIGRATE_DRAIN, BR_MIGRATE_VERIFY,
};

START_TEST(a_path_that_dies_after_the_switch)
{
	reset(true);
	w.dies = watched[_i];
	rolled_back("path w2 failed");
	as_before(true);
}
END_TEST

START_TEST(a_path_that_does_not_drain)
{
	reset(false);
	w.stuck = true;
	rolled_back("path w1 does not drain: 0 bytes wait, 30000 are under way");
	as_before(false);
}
END_TEST

START_TEST(a_path_that_turns_bad)
{
	reset(false);
	w.bad = true;
	rolled_back("path w2 turned bad");
	as_before(false);
}
END_TEST

/* Up as far as anybody knows, but nothing is said to arrive. */
START_TEST(a_path_that_is_not_reported_on)
{
	uint32_t us;

	reset(false);
	ck_assert_int_eq(br_migrate_begin(&m, &err), 0);
	while (m.step != BR_MIGRATE_VERIFY) {
		ck_assert_int_eq(br_migrate_run(&m, &us, &err), 0);
		pass(us);
	}
	w.mute = true;
	w.path[1].loss_age = 60000000;
	ck_assert_int_eq(go(), 1);
	ck_assert_str_eq(m.why, "nothing is known to arrive over path w2");
	as_before(false);
}
END_TEST

/* Something is better than what is down: nobody is cut off by a rollback. */
START_TEST(both_paths_fail)
{
	uint32_t us;

	reset(true);
	w.stuck = true;
	ck_assert_int_eq(br_migrate_begin(&m, &err), 0);
	while (m.step != BR_MIGRATE_DRAIN) {
		ck_assert_int_eq(br_migrate_run(&m, &us, &err), 0);
		pass(us);
	}
	w.path[0].state = BRAID_PATH_STATE_DOWN;
	ck_assert_int_eq(go(), 1);
	ck_assert_int_eq(m.step, BR_MIGRATE_ROLLED_BACK);
	ck_assert_ptr_nonnull(strstr(m.why, "so path w2 was kept"));
	ck_assert_uint_eq(w.path[0].standby, 0);
	ck_assert_uint_eq(w.path[1].cold, 0);
	ck_assert_uint_eq(w.alone, 0);
}
END_TEST

START_TEST(what_cannot_begin)
{
	reset(false);
	br_fill(m.to.name, "w1");
	ck_assert_int_eq(br_migrate_begin(&m, &err), -EINVAL);
	reset(false);
	w.path[0].standby = 1;
	ck_assert_int_eq(br_migrate_begin(&m, &err), -EINVAL);
	ck_assert_str_eq(err.text,
			 "path w1 is standby: it carries nothing that could be moved");
	reset(false);
	w.gone[1] = true;
	ck_assert_int_eq(br_migrate_begin(&m, &err), -ENOENT);
	ck_assert_uint_eq(w.acts, 0);
}
END_TEST

/* As long as either end sends over it, a path is not taken away. */
START_TEST(a_path_that_is_still_used)
{
	reset(false);
	m.then = _i / 2;
	w.noisy = _i % 2;
	w.named = !w.noisy;
	ck_assert_int_eq(whole(), 1);
	ck_assert_int_eq(m.step, BR_MIGRATE_DONE);
	ck_assert_str_eq(m.why, w.noisy ?
		"path w1 stays standby: the peer still sends over it" :
		"path w1 stays standby: the policy still sends over it");
	moved(BR_THEN_STANDBY);
}
END_TEST

START_TEST(a_path_with_reports_only)
{
	reset(false);
	m.then = BR_THEN_DELETE;
	w.chatty = true;
	ck_assert_int_eq(whole(), 1);
	ck_assert_str_eq(m.why, "");
	moved(BR_THEN_DELETE);
}
END_TEST

/* Another process takes up what is in the journal. */
static void take_up(bool give_up)
{
	struct br_migration left = { .ops = &ops };
	int ret;

	w.dead = false;
	w.kill = 0;
	if (!w.journal)
		return;
	ck_assert_int_eq(br_migration_load(&left, w.journal, &err), 0);
	m = left;
	if (give_up) {
		ret = br_migrate_abort(&m, "aborted", &err);
		ck_assert_int_eq(ret, m.step == BR_MIGRATE_COMMIT ? -EBUSY : 0);
	} else {
		br_migrate_resume(&m);
	}
	ck_assert_int_eq(go(), 1);
}

/*
 * The enumeration: every act of a move is the last one once, with and without
 * its effect. What comes after leaves either all of it or nothing.
 */
static unsigned int killed_everywhere(bool cold, enum br_migrate_then then,
				      bool fails, bool give_up)
{
	unsigned int kill, n;

	for (kill = 1, n = 0;; kill++, n++) {
		reset(cold);
		m.then = then;
		w.bad = fails;
		w.kill = (kill + 1) / 2;
		w.after = kill % 2;
		whole();
		if (!w.dead)
			break;
		w.bad = false;
		take_up(give_up);
		ck_assert_uint_eq(w.alone, 0);
		if (w.gone[0] || w.path[0].standby)
			moved(then);
		else
			as_before(cold);
	}
	return n;
}

START_TEST(killed_anywhere)
{
	bool cold = _i & 1, fails = _i & 2, give_up = _i & 4;
	unsigned int n = 0;
	int then;

	for (then = BR_THEN_STANDBY; then <= BR_THEN_DELETE; then++)
		n += killed_everywhere(cold, then, fails, give_up);
	/* three moves of at least eight acts, each with and without effect */
	ck_assert_uint_ge(n, 3 * 2 * 8);
}
END_TEST

/* Killed again while taking up: that is no different. */
START_TEST(killed_twice)
{
	unsigned int first, second;

	for (first = 1; first < 9; first++)
		for (second = 1; second < 9; second++) {
			reset(true);
			w.kill = first;
			w.after = true;
			whole();
			w.dead = false;
			if (!w.journal)
				continue;
			m = (struct br_migration){ .ops = &ops };
			ck_assert_int_eq(br_migration_load(&m, w.journal,
							   &err), 0);
			w.kill = w.acts + second;
			br_migrate_resume(&m);
			if (!w.dead)
				go();
			take_up(false);
			if (w.path[0].standby)
				moved(BR_THEN_STANDBY);
			else
				as_before(true);
		}
}
END_TEST

/* Who takes up a move believes nothing that was not verified. */
START_TEST(taken_up_and_still_bad)
{
	uint32_t us;

	reset(true);
	w.bad = true;
	ck_assert_int_eq(br_migrate_begin(&m, &err), 0);
	while (m.step != watched[_i]) {
		ck_assert_int_eq(br_migrate_run(&m, &us, &err), 0);
		pass(us);
	}
	take_up(false);
	ck_assert_int_eq(m.step, BR_MIGRATE_ROLLED_BACK);
	as_before(true);
}
END_TEST

START_TEST(aborted)
{
	uint32_t us;

	reset(true);
	ck_assert_int_eq(br_migrate_begin(&m, &err), 0);
	while (m.step != BR_MIGRATE_DRAIN) {
		ck_assert_int_eq(br_migrate_run(&m, &us, &err), 0);
		pass(us);
	}
	ck_assert_int_eq(br_migrate_abort(&m, "interrupted", &err), 0);
	ck_assert_int_eq(go(), 1);
	ck_assert_str_eq(m.why, "interrupted");
	as_before(true);
	ck_assert_int_eq(br_migrate_abort(&m, "interrupted", &err), -EBUSY);
}
END_TEST

START_TEST(journals_that_say_nothing)
{
	static const char *const bad[] = {
		"{}", "[]", "{\"from\": 1}",
		"{\"old\": \"standby\", \"step\": \"fly\"}",
	};
	unsigned int i;
	json_t *json;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		reset(false);
		json = json_loads(bad[i], 0, NULL);
		ck_assert_int_eq(br_migration_load(&m, json, &err), -EINVAL);
		json_decref(json);
	}
}
END_TEST

static void teardown(void)
{
	json_decref(w.journal);
	w.journal = NULL;
}

int main(void)
{
	Suite *s = suite_create("migrate");
	TCase *t = tcase_create("migrate");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, moves, 0, 6);
	tcase_add_loop_test(t, a_path_that_does_not_answer, 0, 2);
	tcase_add_test(t, a_path_that_is_not_good_enough);
	tcase_add_loop_test(t, a_path_that_dies_after_the_switch, 0, 2);
	tcase_add_test(t, a_path_that_does_not_drain);
	tcase_add_test(t, a_path_that_turns_bad);
	tcase_add_test(t, a_path_that_is_not_reported_on);
	tcase_add_test(t, both_paths_fail);
	tcase_add_test(t, what_cannot_begin);
	tcase_add_loop_test(t, a_path_that_is_still_used, 2, 6);
	tcase_add_test(t, a_path_with_reports_only);
	tcase_add_loop_test(t, killed_anywhere, 0, 8);
	tcase_add_test(t, killed_twice);
	tcase_add_loop_test(t, taken_up_and_still_bad, 0, 2);
	tcase_add_test(t, aborted);
	tcase_add_test(t, journals_that_say_nothing);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return unit_run(s);
}
