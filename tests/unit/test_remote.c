// SPDX-License-Identifier: GPL-2.0
/*
 * When names are looked up and where their paths are led, with a time, a DNS and
 * paths of our own.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "remote.h"
#include "text.h"

#define INTERVAL	300000

static struct bd_timers timers;
static struct bd_remotes remotes;
static struct br_config config;
static struct br_config_path paths[2];
/* the world */
static uint64_t now, chance;
static enum bd_remote_path state;
static struct br_addr leads;
static unsigned int asked, forgotten, led, told;
static int ask_ret, lead_ret;

static void host_random(void *data, void *to, size_t len)
{
	(void)data;
	ck_assert_uint_eq(len, sizeof(chance));
	memcpy(to, &chance, len);
}

static int host_ask(void *data, struct bd_remote *r, struct br_error *err)
{
	(void)data;
	ck_assert(!r->asking);
	asked++;
	return ask_ret ? br_fail(err, BR_KERNEL, -ask_ret, "cannot ask") : 0;
}

static void host_forget(void *data, struct bd_remote *r)
{
	(void)data;
	ck_assert(r->asking);
	forgotten++;
}

static enum bd_remote_path host_path(void *data, const struct bd_remote *r,
				     struct br_addr *to)
{
	(void)data;
	(void)r;
	*to = leads;
	return state;
}

static int host_lead(void *data, const struct bd_remote *r,
		     const struct br_endpoint *to, struct br_error *err)
{
	(void)data;
	ck_assert_uint_eq(to->port, r->port);
	led++;
	if (lead_ret)
		return br_fail(err, BR_KERNEL, -lead_ret, "no way");
	leads = to->addr;
	state = BD_REMOTE_DOWN;
	return 0;
}

static void host_changed(void *data)
{
	(void)data;
	told++;
}

static const struct bd_remotes_host host = {
	.random = host_random, .ask = host_ask, .forget = host_forget,
	.path = host_path, .lead = host_lead, .changed = host_changed,
};

static struct br_addr addr(const char *text)
{
	struct br_addr a;
	const char *why;

	ck_assert(!br_addr_parse(text, &a, &why));
	return a;
}

static struct bd_remote *first(void)
{
	return TAILQ_FIRST(&remotes.list);
}

/* Everything that is due up to a time. */
static void run(uint64_t until)
{
	while (bd_timers_next(&timers) <= until) {
		now = bd_timers_next(&timers);
		bd_timers_run(&timers, now);
	}
	now = until;
}

/* Until it is asked once more. Return: when */
static uint64_t run_to_ask(uint64_t most)
{
	unsigned int before = asked;

	while (asked == before && bd_timers_next(&timers) <= most) {
		now = bd_timers_next(&timers);
		bd_timers_run(&timers, now);
	}
	ck_assert_uint_eq(asked, before + 1);
	return now;
}

static void answer(const char *one, const char *two)
{
	struct br_addr list[2];
	unsigned int n = 1;

	list[0] = addr(one);
	if (two)
		list[n++] = addr(two);
	bd_remote_found(first(), list, n, now);
}

static bool leads_to(const char *text)
{
	struct br_addr a = addr(text);

	return br_addr_equal(&leads, &a);
}

static void setup(void)
{
	memset(&timers, 0, sizeof(timers));
	memset(paths, 0, sizeof(paths));
	memset(&leads, 0, sizeof(leads));
	now = chance = 0;
	asked = forgotten = led = told = 0;
	ask_ret = lead_ret = 0;
	state = BD_REMOTE_NONE;
	br_fill(paths[0].path.peer, "b");
	br_fill(paths[0].path.name, "w1");
	paths[0].host = "gw.test";
	paths[0].path.remote.port = 5000;
	br_fill(paths[1].path.peer, "b");
	br_fill(paths[1].path.name, "w2");
	config = (struct br_config){
		.n_paths = 2, .paths = paths, .resolve_us = INTERVAL * 1000,
	};
	bd_remotes_init(&remotes, &timers, &host);
	ck_assert(!bd_remotes_set(&remotes, &config, 0));
}

static void teardown(void) { bd_remotes_fini(&remotes); }

/* It is there, and works. */
static void up(const char *text)
{
	run(0);
	answer(text, NULL);
	ck_assert(leads_to(text));
	state = BD_REMOTE_UP;
	run(BD_REMOTE_LOOK_MS);
}

START_TEST(at_once)
{
	run(0);
	ck_assert_uint_eq(asked, 1);
	answer("10.0.0.1", "10.0.0.2");
	ck_assert_uint_eq(led, 1);
	ck_assert(leads_to("10.0.0.1"));
	ck_assert_uint_eq(told, 1);
}
END_TEST

START_TEST(by_the_interval)
{
	chance = INTERVAL / 10 - 1;
	up("10.0.0.1");
	/* a tenth less at most */
	ck_assert_uint_eq(run_to_ask(10 * INTERVAL), INTERVAL - chance);
	answer("10.0.0.1", NULL);
	chance = 0;
	run_to_ask(10 * INTERVAL);
	answer("10.0.0.1", NULL);
	ck_assert_uint_eq(run_to_ask(10 * INTERVAL) - first()->asked, 0);
	ck_assert_uint_eq(led, 1);
}
END_TEST

/* Whatever the name says, what works stays; when it does not any more, it goes. */
START_TEST(moves_only_when_not_up)
{
	uint64_t at;

	up("10.0.0.1");
	run_to_ask(2 * INTERVAL);
	answer("10.0.0.9", NULL);
	ck_assert_uint_eq(led, 1);
	ck_assert(leads_to("10.0.0.1"));
	state = BD_REMOTE_DOWN;
	at = now;
	/* looked at within five seconds, and asked twenty later */
	at = run_to_ask(now + INTERVAL / 2) - at;
	ck_assert_uint_ge(at, BD_REMOTE_DOWN_MS);
	ck_assert_uint_le(at, BD_REMOTE_DOWN_MS + BD_REMOTE_LOOK_MS);
	answer("10.0.0.9", NULL);
	ck_assert_uint_eq(led, 2);
	ck_assert(leads_to("10.0.0.9"));
}
END_TEST

/* A peer that is away for long is looked for ever more seldom. */
START_TEST(backs_off_while_down)
{
	uint64_t last, wait = 0, next;
	int i;

	up("10.0.0.1");
	state = BD_REMOTE_DOWN;
	run_to_ask(2 * INTERVAL);
	answer("10.0.0.1", NULL);
	for (i = 0; i < 6; i++) {
		last = now;
		next = run_to_ask(now + 2 * INTERVAL) - last;
		answer("10.0.0.1", NULL);
		ck_assert_uint_ge(next, wait);
		wait = next;
	}
	ck_assert_uint_eq(wait, INTERVAL);
	ck_assert_uint_eq(led, 1);
	/* once it was up, all begins anew */
	state = BD_REMOTE_UP;
	run(now + BD_REMOTE_LOOK_MS);
	state = BD_REMOTE_DOWN;
	last = now;
	ck_assert_uint_le(run_to_ask(now + INTERVAL) - last,
			  BD_REMOTE_DOWN_MS + 2 * BD_REMOTE_LOOK_MS);
}
END_TEST

START_TEST(failures_are_told_and_repeated)
{
	const uint64_t waits[] = {
		1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000
	};
	uint64_t last;
	unsigned int i;

	run(0);
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		bd_remote_lost(first(), "no such name", now);
		ck_assert_str_eq(first()->why, "no such name");
		last = now;
		ck_assert_uint_eq(run_to_ask(now + INTERVAL) - last, waits[i]);
	}
	ck_assert_uint_eq(led, 0);
	answer("10.0.0.1", NULL);
	ck_assert_str_eq(first()->why, "");
	ck_assert_uint_eq(first()->failures, 0);
	ck_assert_uint_eq(led, 1);
}
END_TEST

/* A name that is gone takes nothing from a path that is there. */
START_TEST(failure_leaves_the_path)
{
	up("10.0.0.1");
	run_to_ask(2 * INTERVAL);
	bd_remote_lost(first(), "no such name", now);
	ck_assert(leads_to("10.0.0.1"));
	ck_assert_uint_eq(led, 1);
}
END_TEST

START_TEST(cannot_ask_or_lead)
{
	bd_remotes_fini(&remotes);
	ask_ret = -ENOMEM;
	ck_assert(!bd_remotes_set(&remotes, &config, 0));
	run(0);
	ck_assert(!first()->asking);
	ck_assert_str_eq(first()->why, "cannot ask");
	ask_ret = 0;
	ck_assert_uint_eq(run_to_ask(INTERVAL), BD_REMOTE_RETRY_MS);
	lead_ret = -EAFNOSUPPORT;
	answer("10.0.0.1", NULL);
	ck_assert_str_eq(first()->why, "10.0.0.1:5000: no way");
	lead_ret = 0;
	run_to_ask(INTERVAL);
	answer("10.0.0.1", NULL);
	ck_assert_str_eq(first()->why, "");
	ck_assert(leads_to("10.0.0.1"));
}
END_TEST

/* Of several addresses each has its time, and the first one comes again. */
START_TEST(takes_turns)
{
	static const char *const turns[] = {
		"10.0.0.2", "10.0.0.1", "10.0.0.2",
	};
	unsigned int i;

	run(0);
	answer("10.0.0.1", "10.0.0.2");
	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		run_to_ask(now + 2 * INTERVAL);
		answer("10.0.0.1", "10.0.0.2");
		ck_assert_msg(leads_to(turns[i]), "turn %u", i);
	}
	/* not before its time */
	now += 1000;
	bd_remote_found(first(), (struct br_addr[]){ addr("10.0.0.1"),
						     addr("10.0.0.2") }, 2, now);
	ck_assert(leads_to("10.0.0.2"));
	state = BD_REMOTE_UP;
	run_to_ask(now + 2 * INTERVAL);
	answer("10.0.0.1", "10.0.0.2");
	ck_assert(leads_to("10.0.0.2"));
}
END_TEST

/* Nobody tries a cold path: it follows its name, and has no turns. */
START_TEST(cold)
{
	run(0);
	answer("10.0.0.1", NULL);
	state = BD_REMOTE_COLD;
	run_to_ask(2 * INTERVAL);
	answer("10.0.0.1", "10.0.0.2");
	ck_assert(leads_to("10.0.0.1"));
	state = BD_REMOTE_COLD;
	ck_assert_uint_ge(run_to_ask(now + 2 * INTERVAL), INTERVAL);
	answer("10.0.0.3", NULL);
	ck_assert(leads_to("10.0.0.3"));
}
END_TEST

/* What nobody can be at is not tried. */
START_TEST(no_hosts)
{
	static const char *const none[] = {
		"0.0.0.0", "::", "224.0.0.1", "ff02::1", "fe80::1",
		"239.255.255.255",
	};
	unsigned int i;

	run(0);
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		answer(none[i], NULL);
		ck_assert_str_ne(first()->why, "");
		run_to_ask(now + INTERVAL);
	}
	ck_assert_uint_eq(led, 0);
	answer("0.0.0.0", "10.0.0.1");
	ck_assert(leads_to("10.0.0.1"));
}
END_TEST

START_TEST(reload)
{
	run(0);
	/* the same file: nothing changes */
	ck_assert(!bd_remotes_set(&remotes, &config, 0));
	ck_assert_uint_eq(asked, 1);
	/* another name for the path, and one for the other */
	paths[0].host = "other.test";
	paths[1].host = "gw.test";
	paths[1].path.remote.port = 1;
	ck_assert(!bd_remotes_set(&remotes, &config, 100));
	ck_assert_uint_eq(forgotten, 1);
	run(100);
	ck_assert_uint_eq(asked, 3);
	paths[0].host = NULL;
	config.n_paths = 1;
	ck_assert(!bd_remotes_set(&remotes, &config, 200));
	ck_assert(TAILQ_EMPTY(&remotes.list));
	ck_assert(bd_timers_next(&timers) == BD_NEVER);
}
END_TEST

/* A shorter interval counts at once. */
START_TEST(shorter_interval)
{
	uint64_t begun;

	up("10.0.0.1");
	begun = now;
	config.resolve_us = 10000000;
	ck_assert(!bd_remotes_set(&remotes, &config, now));
	ck_assert_uint_le(run_to_ask(INTERVAL), begun + 10000);
}
END_TEST

START_TEST(families)
{
	paths[0].wanted.socket.local.addr = addr("10.0.0.9");
	ck_assert(!bd_remotes_set(&remotes, &config, 0));
	ck_assert_int_eq(first()->family, AF_INET);
	paths[0].wanted.socket.local.addr = addr("fd00::9");
	ck_assert(!bd_remotes_set(&remotes, &config, 0));
	ck_assert_int_eq(first()->family, AF_INET6);
	paths[0].wanted.socket.local.addr.family = AF_UNSPEC;
	ck_assert(!bd_remotes_set(&remotes, &config, 0));
	ck_assert_int_eq(first()->family, AF_UNSPEC);
}
END_TEST

START_TEST(told_of)
{
	struct br_list rows;
	const struct br_lookup *row;

	run(0);
	bd_remote_lost(first(), "no such name", now);
	ck_assert(!bd_remotes_rows(&remotes, now, &rows));
	ck_assert_uint_eq(rows.n, 1);
	row = br_list_at(&rows, 0);
	ck_assert_str_eq(row->name, "gw.test:5000");
	ck_assert_str_eq(row->why, "no such name");
	ck_assert_uint_eq(row->failures, 1);
	ck_assert_uint_eq(row->next, BD_REMOTE_RETRY_MS * 1000);
	ck_assert(!br_has(&br_lookup_type, row, "address"));
	br_list_free(&rows);
	run_to_ask(INTERVAL);
	answer("10.0.0.1", "10.0.0.2");
	ck_assert(!bd_remotes_rows(&remotes, now, &rows));
	row = br_list_at(&rows, 0);
	ck_assert_uint_eq(row->address.n, 2);
	br_list_free(&rows);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("remote");
	TCase *tc = tcase_create("remote");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, at_once);
	tcase_add_test(tc, by_the_interval);
	tcase_add_test(tc, moves_only_when_not_up);
	tcase_add_test(tc, backs_off_while_down);
	tcase_add_test(tc, failures_are_told_and_repeated);
	tcase_add_test(tc, failure_leaves_the_path);
	tcase_add_test(tc, cannot_ask_or_lead);
	tcase_add_test(tc, takes_turns);
	tcase_add_test(tc, cold);
	tcase_add_test(tc, no_hosts);
	tcase_add_test(tc, reload);
	tcase_add_test(tc, shorter_interval);
	tcase_add_test(tc, families);
	tcase_add_test(tc, told_of);
	return unit_run(suite);
}
