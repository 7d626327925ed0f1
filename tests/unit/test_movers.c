// SPDX-License-Identifier: GPL-2.0
/*
 * Paths that are given up and taken back by their limits, in a world of three paths
 * whose clock only moves when a timer is due.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "movers.h"
#include "text.h"

#define MS	1000ULL

static struct {
	uint64_t now;
	struct br_path path[3];
	struct bd_timers timers;
	struct bd_mover_host host;
	struct bd_movers movers;
	struct br_config config;
	struct br_config_path file[3];
	struct br_migration m;
	json_t *journal;
	bool open;
	bool locked;
	bool deaf;
	bool gone[3];
	unsigned int asked;
	unsigned int changes;
} w;

static int find(const char *name)
{
	return name[1] - '1';
}

static uint64_t op_now(void *data)
{
	(void)data;
	return w.now * 1000;
}

static int op_get(void *data, const char *name, struct br_path *to,
		  struct br_error *err)
{
	(void)data;
	(void)err;
	*to = w.path[find(name)];
	return 0;
}

static int op_set(void *data, const char *name, const char *what,
		  uint8_t value, struct br_error *err)
{
	(void)data;
	(void)err;
	if (!strcmp(what, "standby"))
		w.path[find(name)].standby = value;
	return 0;
}

static int op_probe(void *data, const char *name, struct br_error *err)
{
	struct br_path *p = &w.path[find(name)];

	(void)data;
	(void)err;
	p->probes_sent++;
	p->probes_answered += !w.deaf;
	p->rtt_age = 0;
	return 0;
}

static int op_del(void *data, const char *name, struct br_error *err)
{
	(void)data;
	(void)name;
	(void)err;
	ck_abort_msg("nothing is to be deleted");
	return -EINVAL;
}

static int op_journal(void *data, const struct br_migration *m,
		      struct br_error *err)
{
	(void)data;
	(void)err;
	json_decref(w.journal);
	w.journal = br_migrate_over(m) ? NULL : br_migration_json(m);
	return 0;
}

static const struct br_migrate_ops ops = {
	.now = op_now, .get = op_get, .set = op_set, .probe = op_probe,
	.del = op_del, .journal = op_journal,
};

static int host_paths(void *data, struct br_list *paths)
{
	unsigned int i;

	(void)data;
	*paths = (struct br_list){ .type = &br_path_type };
	for (i = 0; i < 3; i++)
		if (!w.gone[i])
			*(struct br_path *)br_list_add(paths) = w.path[i];
	return 0;
}

static void host_probe(void *data, const char *peer, const char *path)
{
	(void)data;
	ck_assert_str_eq(peer, "there");
	w.asked++;
	w.path[find(path)].rtt_age = 0;
}

static struct br_migration *host_open(void *data, const char *peer,
				      bool *unfinished, struct br_error *err)
{
	(void)data;
	ck_assert(!w.open);
	if (w.locked) {
		br_fail(err, BR_KERNEL, EBUSY,
			"another process migrates this peer right now");
		return NULL;
	}
	w.m = (struct br_migration){ .ops = &ops };
	br_fill(w.m.dev, "braid0");
	br_fill(w.m.peer, peer);
	*unfinished = w.journal;
	if (w.journal)
		ck_assert_msg(!br_migration_load(&w.m, w.journal, err), "%s",
			      err->text);
	w.open = true;
	return &w.m;
}

static void host_close(void *data, struct br_migration *m)
{
	(void)data;
	ck_assert_ptr_eq(m, &w.m);
	ck_assert(w.open);
	w.open = false;
}

static void host_changed(void *data)
{
	(void)data;
	w.changes++;
}

/* w1 and w2 carry, w3 is the spare; w1 has limits. */
static void setup(void)
{
	static const char *const has[] = { "srtt", "rtt-age", "loss-ppm", "loss-age" };
	unsigned int i, j;

	bd_log_open(BD_ERROR, false);
	memset(&w, 0, sizeof(w));
	w.now = 1000000;
	w.host = (struct bd_mover_host){
		.paths = host_paths, .probe = host_probe, .open = host_open,
		.close = host_close, .changed = host_changed,
	};
	for (i = 0; i < 3; i++) {
		struct br_path *p = &w.path[i];

		br_fill(p->peer, "there");
		snprintf(p->name, sizeof(p->name), "w%u", i + 1);
		p->state = BRAID_PATH_STATE_UP;
		p->srtt = 20000 * (i + 1);
		for (j = 0; j < ARRAY_SIZE(has); j++)
			br_set_has(&br_path_type, p, has[j]);
		w.file[i].path = *p;
	}
	w.path[2].standby = w.file[2].path.standby = 1;
	w.file[0].max_rtt = 100000;
	w.file[0].max_loss = 50000;
	w.config.paths = w.file;
	w.config.n_paths = 3;
	bd_movers_init(&w.movers, &w.timers, &w.host);
	ck_assert_int_eq(bd_movers_set(&w.movers, &w.config, w.now), 0);
}

static void teardown(void)
{
	bd_movers_fini(&w.movers);
	ck_assert(!w.open);
	ck_assert_uint_eq(bd_timers_next(&w.timers), BD_NEVER);
	json_decref(w.journal);
}

/* Users send over what is in use, and reports tell of it; others are silent. */
static void carry(uint64_t ms)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct br_path *p = &w.path[i];
		bool used = !p->standby && p->state == BRAID_PATH_STATE_UP;

		if (used) {
			p->tx_packets += ms;
			p->rx_packets += ms;
			p->tx_bytes += ms * 1000;
		}
		p->rtt_age = used ? 0 : p->rtt_age + ms * 1000;
		p->loss_age = used ? 0 : p->loss_age + ms * 1000;
	}
}

static void run(uint64_t seconds)
{
	uint64_t end = w.now + seconds * MS, at;

	/* a loop is a little late each time */
	while ((at = bd_timers_next(&w.timers) + 2) <= end) {
		carry(at > w.now ? at - w.now : 0);
		w.now = at > w.now ? at : w.now;
		bd_timers_run(&w.timers, w.now);
	}
	w.now = end;
}

static struct br_mover row(void)
{
	struct br_list rows = { .type = &br_mover_type };
	struct br_mover row;

	ck_assert_int_eq(bd_movers_rows(&w.movers, w.now, &rows), 0);
	ck_assert_uint_eq(rows.n, 1);
	row = *(struct br_mover *)br_list_at(&rows, 0);
	br_list_free(&rows);
	return row;
}

static void expect(const char *state)
{
	ck_assert_str_eq(row().state, state);
}

START_TEST(stays)
{
	run(600);
	expect("stays");
	ck_assert_uint_eq(row().moves, 0);
	ck_assert_str_eq(row().why, "");
	/* what was measured long ago tells nothing */
	w.path[0].state = BRAID_PATH_STATE_DOWN;
	w.path[0].srtt = 500000;
	run(600);
	expect("stays");
}
END_TEST

/* Five seconds beyond, not less; what it loses counts as much. */
START_TEST(leaves)
{
	run(10);
	if (_i)
		w.path[0].loss_ppm = 60000;
	else
		w.path[0].srtt = 120000;
	run(4);
	w.path[0].loss_ppm = 0;
	w.path[0].srtt = 20000;
	run(10);
	expect("stays");
	if (_i)
		w.path[0].loss_ppm = 60000;
	else
		w.path[0].srtt = 120000;
	run(20);
	expect("away");
	ck_assert_str_eq(row().to, "w3");
	ck_assert_str_eq(row().why, _i ? "it loses more than MaxLoss" :
					 "its round trip is longer than MaxRTT");
	ck_assert(w.path[0].standby);
	ck_assert(!w.path[2].standby);
	ck_assert(!w.path[1].standby);
	ck_assert_ptr_null(w.journal);
}
END_TEST

static void away(void)
{
	w.path[0].srtt = 120000;
	run(20);
	expect("away");
}

/* Well within for a minute; then once more, and it takes two. */
START_TEST(returns)
{
	away();
	w.path[0].srtt = 90000;
	run(120);
	expect("away");
	w.path[0].srtt = 70000;
	run(55);
	expect("away");
	run(15);
	expect("stays");
	ck_assert(!w.path[0].standby);
	ck_assert(w.path[2].standby);
	ck_assert_str_eq(row().why, "");
	/* looked at often meanwhile */
	ck_assert_uint_ge(w.asked, 180 / 4 - 1);
	away();
	w.path[0].srtt = 70000;
	run(100);
	expect("away");
	run(35);
	expect("stays");
	/* this time it lasts */
	run(BD_MOVER_LAST_MS / MS + 1);
	away();
	w.path[0].srtt = 70000;
	run(75);
	expect("stays");
	ck_assert_uint_eq(row().moves, 3);
}
END_TEST

/* No standby path is within the limits: it goes on, and says so once. */
START_TEST(none_is_good)
{
	unsigned int changes;

	w.path[2].srtt = 150000;
	w.path[0].srtt = 120000;
	run(30);
	expect("stays");
	ck_assert_str_eq(row().why, "its round trip is longer than MaxRTT, and no standby path is good enough: it goes on");
	changes = w.changes;
	run(30);
	ck_assert_uint_eq(w.changes, changes);
	ck_assert(!w.path[0].standby);
	w.path[0].srtt = 20000;
	run(2);
	ck_assert_str_eq(row().why, "");
}
END_TEST

/* It answers nothing when it comes to it: all is as it was, and tried seldomer. */
START_TEST(spare_is_deaf)
{
	w.deaf = true;
	w.path[0].srtt = 120000;
	run(18);
	expect("stays");
	ck_assert_uint_eq(row().failed, 1);
	ck_assert(!w.path[0].standby);
	ck_assert(w.path[2].standby);
	ck_assert(!strncmp(row().why, "not moved: ", 11));
	run(600);
	ck_assert_uint_le(row().failed, 7);
	w.deaf = false;
	run(600);
	expect("away");
}
END_TEST

/* Somebody works at the peer by hand; when he is done it goes on. */
START_TEST(locked)
{
	run(5);
	w.locked = true;
	w.path[0].srtt = 120000;
	run(30);
	expect("stays");
	ck_assert_str_eq(row().why, "not moved: another process migrates this peer right now");
	ck_assert_uint_eq(row().failed, 0);
	w.locked = false;
	run(10);
	expect("away");
}
END_TEST

/* Put back by hand, or what carried instead is gone: it is as any other again. */
START_TEST(by_hand)
{
	away();
	w.path[0].srtt = 20000;
	w.path[0].standby = 0;
	run(2);
	expect("stays");
	ck_assert_str_eq(row().why, "");
}
END_TEST

/* It is wanted again, for what it is worth, when what carried instead is no more. */
START_TEST(spare_goes)
{
	away();
	w.gone[2] = true;
	run(2);
	expect("stays");
	ck_assert(!w.path[0].standby);
}
END_TEST

/* The daemon dies at any moment of it; the next one ends what it had begun. */
START_TEST(killed)
{
	unsigned int i;

	w.path[0].srtt = 120000;
	run(5);
	for (i = 0; i < 200; i++) {
		uint64_t at = bd_timers_next(&w.timers);

		carry(at - w.now);
		w.now = at;
		bd_timers_run(&w.timers, w.now);
		if (i == (unsigned int)_i)
			break;
	}
	bd_movers_fini(&w.movers);
	bd_movers_init(&w.movers, &w.timers, &w.host);
	ck_assert_int_eq(bd_movers_set(&w.movers, &w.config, w.now), 0);
	run(60);
	expect("away");
	ck_assert_ptr_null(w.journal);
	ck_assert(w.path[0].standby);
	ck_assert(!w.path[2].standby);
	/* and it finds the way back */
	w.path[0].srtt = 20000;
	run(70);
	expect("stays");
	ck_assert(!w.path[0].standby);
	ck_assert(w.path[2].standby);
}
END_TEST

/* Limits that go take the mover along; others take effect at once. */
START_TEST(reload)
{
	w.path[0].srtt = 90000;
	run(30);
	expect("stays");
	w.file[0].max_rtt = 80000;
	ck_assert_int_eq(bd_movers_set(&w.movers, &w.config, w.now), 0);
	run(20);
	expect("away");
	w.file[0].max_rtt = w.file[0].max_loss = 0;
	ck_assert_int_eq(bd_movers_set(&w.movers, &w.config, w.now), 0);
	ck_assert(TAILQ_EMPTY(&w.movers.movers));
	ck_assert(!w.path[0].standby);
	ck_assert(w.path[2].standby);
}
END_TEST

/* Limits that go while it is being moved: all is as it was, and nothing is left over. */
START_TEST(reload_midway)
{
	w.path[0].srtt = 120000;
	run(8);
	expect("leaves");
	ck_assert_ptr_nonnull(w.journal);
	w.file[0].max_rtt = w.file[0].max_loss = 0;
	ck_assert_int_eq(bd_movers_set(&w.movers, &w.config, w.now), 0);
	ck_assert(!w.path[0].standby);
	ck_assert(w.path[2].standby);
	ck_assert_ptr_null(w.journal);
	ck_assert(!w.open);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("movers");
	TCase *tc = tcase_create("movers");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, stays);
	tcase_add_loop_test(tc, leaves, 0, 2);
	tcase_add_test(tc, returns);
	tcase_add_test(tc, none_is_good);
	tcase_add_test(tc, spare_is_deaf);
	tcase_add_test(tc, locked);
	tcase_add_test(tc, by_hand);
	tcase_add_test(tc, spare_goes);
	tcase_add_loop_test(tc, killed, 0, 60);
	tcase_add_test(tc, reload);
	tcase_add_test(tc, reload_midway);
	return unit_run(suite);
}
