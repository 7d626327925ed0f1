// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/random.h>

#include "port.h"
#include "text.h"

static struct br_ports allowed, used;
static struct br_port_draw draw;
static struct br_error err;
static unsigned int asked;

static void kernel_random(void *data, void *to, size_t len)
{
	(void)data;
	ck_assert_int_eq(getrandom(to, len, 0), (ssize_t)len);
}

static int take(void *data, uint16_t port, struct br_error *error)
{
	(void)data;
	asked++;
	if (!br_ports_has(&allowed, port))
		return br_fail(error, BR_KERNEL, EINVAL, "not allowed");
	if (br_ports_has(&used, port))
		return br_fail(error, BR_KERNEL, EADDRINUSE, "in use");
	return 0;
}

static void setup(void)
{
	memset(&used, 0, sizeof(used));
	draw = (struct br_port_draw){
		.allowed = &allowed, .random = kernel_random, .take = take,
	};
	asked = 0;
}

static void parse(const char *text)
{
	const char *why;

	ck_assert_msg(!br_ports_parse(text, &allowed, &why), "%s", why);
}

START_TEST(lists)
{
	static const char *const bad[] = {
		"", "0", "65536", "10-5", "10-", "-10", "5,", ",5", "a", "5 6",
		"5-6-7", "!5", "5,!5", "99999999999999999999", "!", "5,!",
	};
	const char *why;
	unsigned int i;

	parse("40000-40009, 51820 ,!40003-40004");
	ck_assert_uint_eq(br_ports_count(&allowed), 9);
	ck_assert(br_ports_has(&allowed, 40000));
	ck_assert(!br_ports_has(&allowed, 40003));
	ck_assert(br_ports_has(&allowed, 51820));
	parse("1-65535");
	ck_assert_uint_eq(br_ports_count(&allowed), 65535);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(br_ports_parse(bad[i], &allowed, &why) == -EINVAL,
			      "'%s' was taken", bad[i]);
}
END_TEST

START_TEST(text)
{
	static const char *const lists[][2] = {
		{ "40000-40009, 51820 ,!40003-40004",
		  "40000-40002,40005-40009,51820" },
		{ "7", "7" }, { "1-65535", "1-65535" },
		{ "65535,1,2", "1-2,65535" },
	};
	unsigned int i;
	char *got;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		parse(lists[i][0]);
		got = br_ports_text(&allowed);
		ck_assert_str_eq(got, lists[i][1]);
		free(got);
	}
}
END_TEST

/* Upper tail of the chi-square distribution (Wilson and Hilferty). */
static double tail(double x, double k)
{
	double z = (cbrt(x / k) - (1 - 2 / (9 * k))) / sqrt(2 / (9 * k));

	return erfc(z / sqrt(2)) / 2;
}

START_TEST(uniform)
{
	static unsigned int seen[65536];
	const unsigned int draws = 100000;
	double expected, chi = 0, p;
	unsigned int i, n;

	/* with holes, so that the set is no range */
	parse("40000-40999,50000-50499,!40100-40199");
	n = br_ports_count(&allowed);
	memset(seen, 0, sizeof(seen));
	for (i = 0; i < draws; i++)
		seen[br_port_take(&draw, &err)]++;
	expected = (double)draws / n;
	for (i = 0; i < 65536; i++)
		if (br_ports_has(&allowed, i))
			chi += pow(seen[i] - expected, 2) / expected;
	p = tail(chi, n - 1);
	ck_assert_msg(p > 1e-6, "chi-square %.1f of %u, p %g", chi, n - 1, p);
}
END_TEST

/* A test that cannot fail is none: a draw that favours some is noticed. */
static void bent_random(void *data, void *to, size_t len)
{
	uint32_t r;

	kernel_random(data, to, len);
	memcpy(&r, to, sizeof(r));
	if (r % 50 == 0)
		r = 0;
	memcpy(to, &r, sizeof(r));
}

START_TEST(bent_is_noticed)
{
	static unsigned int seen[65536];
	double expected, chi = 0;
	unsigned int i, n;

	draw.random = bent_random;
	parse("40000-41399");
	n = br_ports_count(&allowed);
	memset(seen, 0, sizeof(seen));
	for (i = 0; i < 200000; i++)
		seen[br_port_take(&draw, &err)]++;
	expected = 200000.0 / n;
	for (i = 40000; i < 41400; i++)
		chi += pow(seen[i] - expected, 2) / expected;
	ck_assert(tail(chi, n - 1) < 1e-6);
}
END_TEST

START_TEST(no_collisions)
{
	uint16_t last[BR_PORT_RECENT] = { 0 };
	unsigned int i, j, bad = 0;
	int port;

	parse("20000-29999,!20500-20999");
	/* a third of them is in use */
	for (i = 20000; i < 30000; i += 3)
		br_ports_set(&used, i, i, true);
	for (i = 0; i < 100000; i++) {
		port = br_port_take(&draw, &err);
		/* so many of Check's assertions take minutes */
		bad += port <= 0 || br_ports_has(&used, port) ||
		       (port >= 20500 && port <= 20999);
		for (j = 0; j < BR_PORT_RECENT; j++)
			bad += last[j] == port;
		last[i % BR_PORT_RECENT] = port;
	}
	ck_assert_uint_eq(bad, 0);
}
END_TEST

START_TEST(exhausted)
{
	parse("100-131");
	br_ports_set(&used, 100, 131, true);
	ck_assert_int_eq(br_port_take(&draw, &err), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.text, "no free port among 32"));
	ck_assert_uint_le(asked, BR_PORT_TRIES);
	/* the only one that is left is found, each time anew */
	br_ports_set(&used, 117, 117, false);
	ck_assert_int_eq(br_port_take(&draw, &err), 117);
	ck_assert_int_eq(br_port_take(&draw, &err), 117);
}
END_TEST

/* What stood in the way is counted anew for each draw. */
START_TEST(tally)
{
	unsigned int i, met = 0;

	parse("100-109");
	br_ports_set(&used, 100, 108, true);
	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(br_port_take(&draw, &err), 109);
		ck_assert_uint_eq(draw.tally.recent, i ? 1 : 0);
		ck_assert_uint_le(draw.tally.in_use, 9);
		met += draw.tally.in_use;
	}
	/* of nine, behind which it comes: after the first time after all */
	ck_assert_uint_ge(met, 99 * 9);
	ck_assert_uint_eq(asked, met + 100);
}
END_TEST

START_TEST(reserved)
{
	unsigned int before;

	parse("1-65535");
	before = br_ports_count(&allowed);
	ck_assert_msg(!br_ports_unreserve(&allowed, &err), "%s", err.text);
	ck_assert_uint_le(br_ports_count(&allowed), before);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("port");
	TCase *tc = tcase_create("port");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, text);
	tcase_add_test(tc, uniform);
	tcase_add_test(tc, bent_is_noticed);
	tcase_add_test(tc, no_collisions);
	tcase_add_test(tc, exhausted);
	tcase_add_test(tc, tally);
	tcase_add_test(tc, reserved);
	return unit_run(suite);
}
