// SPDX-License-Identifier: GPL-2.0
/* When braidd moves which paths, in a time and with a chance of our own. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "ports.h"
#include "text.h"

static struct bd_timers timers;
static struct bd_ports ports;
static struct br_config config;
static struct br_config_path paths[3];
static struct br_ports allowed;
/* what the world says and has seen */
static uint64_t chance;
static unsigned int begun[3], looks, told, asked;
static uint64_t carried, from_here;
static bool no_path;
static int begin_ret, looks_needed;
static bool any;

static unsigned int index_of(const struct br_path *path)
{
	return path->name[1] - '0';
}

static void host_random(void *data, void *to, size_t len)
{
	(void)data;
	ck_assert_uint_eq(len, sizeof(chance));
	memcpy(to, &chance, len);
}

static int host_begin(void *data, const struct br_path *path,
		      const struct br_ports *from, struct br_port_tally *tally,
		      struct br_error *err)
{
	(void)data;
	ck_assert_uint_eq(path->ifindex, 7);
	ck_assert_str_eq(path->peer, "b");
	any = !from;
	*tally = (struct br_port_tally){ 1, 2, 3 };
	if (begin_ret)
		return br_fail(err, BR_KERNEL, -begin_ret, "not now");
	begun[index_of(path)]++;
	looks = 0;
	return 0;
}

static int host_go_on(void *data, const struct br_path *path,
		      struct br_hop *hop, uint64_t now, struct br_error *err)
{
	(void)data;
	(void)path;
	(void)hop;
	(void)now;
	if (looks_needed < 0)
		return br_fail(err, BR_KERNEL, -looks_needed, "no answer");
	return ++looks < (unsigned int)looks_needed;
}

static void host_changed(void *data)
{
	(void)data;
	told++;
}

static int host_bytes(void *data, const struct br_path *path, uint64_t *bytes)
{
	(void)data;
	(void)path;
	asked++;
	*bytes = carried;
	return no_path ? -ENOENT : 0;
}

static const struct bd_ports_host host = {
	.random = host_random, .begin = host_begin, .go_on = host_go_on,
	.bytes = host_bytes, .changed = host_changed,
};

static void setup(void)
{
	unsigned int i;

	memset(&timers, 0, sizeof(timers));
	memset(begun, 0, sizeof(begun));
	memset(paths, 0, sizeof(paths));
	chance = 0;
	begin_ret = 0;
	looks_needed = 3;
	told = 0;
	asked = 0;
	carried = 0;
	no_path = false;
	memset(&allowed, 0, sizeof(allowed));
	br_ports_set(&allowed, 40000, 40063, true);
	for (i = 0; i < 3; i++) {
		br_fill(paths[i].path.peer, "b");
		br_fill(paths[i].path.name, "p0");
		paths[i].path.name[1] += i;
	}
	config = (struct br_config){
		.port_hop_us = 60000000, .port_hop_jitter_us = 10000000,
		.n_paths = 1, .paths = paths, .ports = &allowed,
	};
	bd_ports_init(&ports, &timers, &host);
}

static void teardown(void) { bd_ports_fini(&ports); }

static void set(uint64_t now)
{
	ck_assert(!bd_ports_set(&ports, &config, 7, now));
}

/* Everything that is due up to a time. */
static void run(uint64_t until)
{
	while (bd_timers_next(&timers) <= until)
		bd_timers_run(&timers, bd_timers_next(&timers));
}

START_TEST(by_the_clock)
{
	set(1000);
	/* the least chance: the jitter early */
	ck_assert_uint_eq(bd_timers_next(&timers), 51000);
	run(50999);
	ck_assert_uint_eq(begun[0], 0);
	run(51000);
	ck_assert_uint_eq(begun[0], 1);
	ck_assert(!any);
	/* looked at three times; then the next one, this time the jitter late */
	chance = 20000;
	run(51300);
	ck_assert_uint_eq(looks, 3);
	ck_assert_uint_eq(bd_timers_next(&timers), 51300 + 70000);
	ck_assert_uint_eq(TAILQ_FIRST(&ports.hoppers)->hops, 1);
}
END_TEST

START_TEST(who_hops)
{
	config.n_paths = 3;
	paths[0].wanted.socket.local.port = 5000;
	br_fill(paths[1].path.socket, "s");
	set(0);
	run(100000);
	ck_assert_uint_eq(begun[0] + begun[1], 0);
	ck_assert_uint_ge(begun[2], 1);
	ck_assert_uint_eq(bd_timers_next(&timers) == BD_NEVER, false);
	paths[2].path.cold = 1;
	set(100000);
	ck_assert(bd_timers_next(&timers) == BD_NEVER);
}
END_TEST

START_TEST(off)
{
	config.port_hop_us = 0;
	set(0);
	ck_assert(bd_timers_next(&timers) == BD_NEVER);
}
END_TEST

/* What fails is tried again at its time, not at once. */
START_TEST(failures)
{
	begin_ret = -EADDRINUSE;
	set(0);
	run(50000);
	ck_assert_uint_eq(bd_timers_next(&timers), 100000);
	begin_ret = 0;
	looks_needed = -ETIMEDOUT;
	run(100100);
	ck_assert_uint_eq(begun[0], 1);
	ck_assert_uint_eq(bd_timers_next(&timers), 150100);
	ck_assert_uint_eq(TAILQ_FIRST(&ports.hoppers)->failures, 2);
	looks_needed = 1;
	run(150200);
	ck_assert_uint_eq(TAILQ_FIRST(&ports.hoppers)->failures, 0);
	ck_assert_uint_eq(TAILQ_FIRST(&ports.hoppers)->hops, 1);
}
END_TEST

START_TEST(reload)
{
	set(0);
	/* the same file again: the time that is set stays */
	set(30000);
	ck_assert_uint_eq(bd_timers_next(&timers), 50000);
	config.port_hop_us = 20000000;
	config.ports = NULL;
	set(40000);
	ck_assert_uint_eq(bd_timers_next(&timers), 50000);
	run(50000);
	ck_assert(any);
	/* a move under way is brought to its end */
	config.port_hop_us = 30000000;
	set(50050);
	ck_assert_uint_eq(bd_timers_next(&timers), 50100);
	run(50300);
	ck_assert_uint_eq(bd_timers_next(&timers), 50300 + 20000);
}
END_TEST

/* A path that carries so many bytes each ms. Return: when it hops, or @until */
static uint64_t carry(uint64_t from, uint64_t until, uint64_t rate)
{
	unsigned int before = begun[0];
	uint64_t at = from, next;

	while (begun[0] == before && at < until) {
		next = bd_timers_next(&timers);
		if (next > until)
			next = until;
		carried += rate * (next - at);
		at = next;
		bd_timers_run(&timers, at);
	}
	return at;
}

static void by_bytes(void)
{
	config.port_hop_us = 0;
	config.port_hop_jitter_us = 0;
	config.port_hop_bytes = 100 << 20;
	config.port_hop_bytes_jitter = 10 << 20;
}

START_TEST(after_bytes)
{
	uint64_t at;

	by_bytes();
	carried = 5 << 20;
	set(0);
	/* 90 MiB at 10,000 bytes each ms: 9,437 ms, noticed soon after */
	at = carry(0, 60000, 10000);
	ck_assert_uint_eq(begun[0], 1);
	ck_assert_uint_ge(at, 9437);
	ck_assert_uint_le(at, 9437 + BD_LOOK_MIN_MS);
	ck_assert_uint_lt(asked, 25);
	/* what comes while it moves does not count for the next one */
	chance = 20 << 20;
	run(at + 300);
	ck_assert_uint_eq(TAILQ_FIRST(&ports.hoppers)->hops, 1);
	from_here = at + 300;
	at = carry(from_here, from_here + 60000, 10000);
	ck_assert_uint_ge(at, from_here + 11534);
	ck_assert_uint_le(at, from_here + 11534 + BD_LOOK_MIN_MS);
}
END_TEST

/* However quick it becomes between two looks: two seconds late at most. */
START_TEST(bytes_all_at_once)
{
	by_bytes();
	set(0);
	ck_assert_uint_eq(carry(0, 600000, 0), 600000);
	ck_assert_uint_le(asked, 301);
	ck_assert_uint_le(carry(600000, 700000, 1000000),
			  600000 + BD_LOOK_MAX_MS);
	ck_assert_uint_eq(begun[0], 1);
}
END_TEST

START_TEST(what_comes_first)
{
	uint64_t at;

	config.port_hop_bytes = 100 << 20;
	set(0);
	/* time, when it carries little */
	at = carry(0, 100000, 1);
	ck_assert_uint_eq(at, 50000);
	run(at + 300);
	/* bytes, when it carries much; then both begin anew */
	from_here = at + 300;
	at = carry(from_here, from_here + 100000, 100000);
	ck_assert_uint_le(at, from_here + 1049 + BD_LOOK_MAX_MS);
	run(at + 300);
	from_here = at + 300;
	ck_assert_uint_eq(carry(from_here, from_here + 100000, 0),
			  from_here + 50000);
}
END_TEST

/* One that is not there yet has carried nothing, nor has one made anew. */
START_TEST(bytes_of_a_new_path)
{
	uint64_t at;

	by_bytes();
	no_path = true;
	set(0);
	ck_assert_uint_eq(carry(0, 50000, 1000000), 50000);
	no_path = false;
	carried = 80 << 20;
	at = carry(50000, 60000, 0);
	ck_assert_uint_eq(begun[0], 0);
	/* 50 MiB, then it is deleted and made again, and carries 40 more */
	carried += 50 << 20;
	at = carry(at, at + 5000, 0);
	carried = 39 << 20;
	at = carry(at, at + 5000, 0);
	ck_assert_uint_eq(begun[0], 0);
	carried += 1 << 20;
	carry(at, at + 5000, 0);
	ck_assert_uint_eq(begun[0], 1);
}
END_TEST

static struct br_list rows;

static const struct br_port *row(unsigned int i, uint64_t now)
{
	br_list_free(&rows);
	ck_assert(!bd_ports_rows(&ports, &config, now, &rows));
	ck_assert_uint_eq(rows.n, config.n_paths);
	return br_list_at(&rows, i);
}

static bool tells(const struct br_port *port, const char *what)
{
	return br_has(&br_port_type, port, what);
}

START_TEST(told_of)
{
	config.n_paths = 3;
	paths[1].wanted.socket.local.port = 5000;
	set(0);
	ck_assert_str_eq(row(0, 20000)->range, "40000-40063");
	ck_assert_uint_eq(row(0, 20000)->next, 30000000);
	ck_assert_str_eq(row(1, 20000)->range, BR_RANGE_FIXED);
	ck_assert(!tells(row(1, 20000), "hops"));
	run(50000);
	ck_assert_uint_eq(told, 0);
	ck_assert(row(0, 50000)->moving);
	ck_assert(!tells(row(0, 50000), "hop-next"));
	run(50200);
	ck_assert_uint_eq(told, 2);
	ck_assert_uint_eq(row(0, 50200)->hops, 1);
	ck_assert_uint_eq(row(0, 50200)->reserved, 1);
	ck_assert_uint_eq(row(0, 50200)->recent, 2);
	ck_assert(!tells(row(0, 50200), "hop-left"));
	looks_needed = -ETIMEDOUT;
	config.ports = NULL;
	set(60000);
	run(100300);
	ck_assert_str_eq(row(0, 100300)->range, BR_RANGE_ANY);
	ck_assert_uint_eq(row(0, 100300)->in_use, 6);
	ck_assert_uint_eq(row(0, 100300)->failed, 1);
	ck_assert_str_eq(row(0, 100300)->why, "no answer");
	by_bytes();
	carried = 7;
	set(110000);
	ck_assert(!tells(row(0, 110000), "hop-next"));
	ck_assert_uint_eq(row(0, 110000)->left, 90 << 20);
	ck_assert_uint_eq(row(0, 110000)->count, 7);
	br_list_free(&rows);
}
END_TEST

/* 64 bits of chance that do not divide evenly are drawn again. */
static unsigned int drawn;

static void first_too_high(void *data, void *to, size_t len)
{
	uint64_t r = drawn++ ? 5 : UINT64_MAX;

	(void)data;
	memcpy(to, &r, len);
}

START_TEST(even)
{
	struct bd_ports_host odd = host;

	odd.random = first_too_high;
	drawn = 0;
	ports.host = &odd;
	set(0);
	ck_assert_uint_eq(drawn, 2);
	ck_assert_uint_eq(bd_timers_next(&timers), 50005);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hopper");
	TCase *tc = tcase_create("hopper");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, by_the_clock);
	tcase_add_test(tc, who_hops);
	tcase_add_test(tc, off);
	tcase_add_test(tc, failures);
	tcase_add_test(tc, reload);
	tcase_add_test(tc, after_bytes);
	tcase_add_test(tc, bytes_all_at_once);
	tcase_add_test(tc, what_comes_first);
	tcase_add_test(tc, bytes_of_a_new_path);
	tcase_add_test(tc, told_of);
	tcase_add_test(tc, even);
	return unit_run(suite);
}
