// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "address.h"
#include "text.h"

struct endpoint_case {
	const char *text;
	const char *again;	/* how it is printed, NULL when refused */
};

static const struct endpoint_case endpoints[] = {
	{ "10.0.0.1", "10.0.0.1" },
	{ "10.0.0.1:4500", "10.0.0.1:4500" },
	{ "10.0.0.1:0", "10.0.0.1" },
	{ "auto", "auto" },
	{ "auto:65535", "auto:65535" },
	{ "fd00::1", "fd00::1" },
	{ "[fd00::1]", "fd00::1" },
	{ "[fd00::1]:1", "[fd00::1]:1" },
	{ "::", "::" },
	{ "[::ffff:1.2.3.4]:9", "[::ffff:1.2.3.4]:9" },
	{ "", NULL },
	{ ":", NULL },
	{ ":4500", NULL },
	{ "10.0.0.1:", NULL },
	{ "10.0.0.1:65536", NULL },
	{ "10.0.0.1:-1", NULL },
	{ "10.0.0.1: 1", NULL },
	{ "10.0.0.1:0x1", NULL },
	{ "10.0.0.1:1:2", NULL },
	{ "10.0.0", NULL },
	{ "10.0.0.256", NULL },
	{ "10.0.0.1/24", NULL },
	{ "[fd00::1", NULL },
	{ "[fd00::1]4500", NULL },
	{ "[fd00::1]:", NULL },
	{ "[10.0.0.1]:1", NULL },
	{ "[]", NULL },
	{ "[", NULL },
	{ "fd00::1:4500x", NULL },
	{ "automatic:1", NULL },
	{ "255.255.255.255.255.255.255.255:1", NULL },
	{ "[1234:1234:1234:1234:1234:1234:1234:1234:1234:1234:1234]:1", NULL },
};

START_TEST(endpoint)
{
	const struct endpoint_case *c = &endpoints[_i];
	char buf[BR_ADDRESS_TEXT];
	const char *why = NULL;
	struct br_endpoint end;
	int ret = br_endpoint_parse(c->text, &end, &why);

	if (!c->again) {
		ck_assert_msg(ret < 0, "%s was taken", c->text);
		ck_assert_ptr_nonnull(why);
		return;
	}
	ck_assert_msg(!ret, "%s was refused: it %s", c->text, why);
	ck_assert_str_eq(br_endpoint_text(&end, buf), c->again);
}
END_TEST

static const struct endpoint_case prefixes[] = {
	{ "10.0.0.0/8", "10.0.0.0/8" },
	{ "10.1.2.3/8", "10.1.2.3/8" },
	{ "10.1.2.3", "10.1.2.3/32" },
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "fd00::1/64", "fd00::1/64" },
	{ "::/0", "::/0" },
	{ "::1", "::1/128" },
	{ "10.0.0.0/33", NULL },
	{ "::/129", NULL },
	{ "10.0.0.0/", NULL },
	{ "10.0.0.0/-1", NULL },
	{ "10.0.0.0/ 8", NULL },
	{ "/8", NULL },
	{ "auto/8", NULL },
	{ "", NULL },
};

START_TEST(prefix)
{
	const struct endpoint_case *c = &prefixes[_i];
	char buf[BR_ADDRESS_TEXT];
	const char *why = NULL;
	struct br_prefix net;
	int ret = br_prefix_parse(c->text, &net, &why);

	if (!c->again) {
		ck_assert_msg(ret < 0, "%s was taken", c->text);
		ck_assert_ptr_nonnull(why);
		return;
	}
	ck_assert_msg(!ret, "%s was refused: it %s", c->text, why);
	ck_assert_str_eq(br_prefix_text(&net, buf), c->again);
}
END_TEST

static bool covers(const char *net, const char *addr)
{
	struct br_prefix p;
	struct br_addr a;
	const char *why;

	ck_assert_int_eq(br_prefix_parse(net, &p, &why), 0);
	ck_assert_int_eq(br_addr_parse(addr, &a, &why), 0);
	return br_prefix_covers(&p, &a);
}

START_TEST(prefix_covers)
{
	ck_assert(covers("10.99.0.1/24", "10.99.0.2"));
	ck_assert(!covers("10.99.0.1/24", "10.99.1.2"));
	ck_assert(covers("10.99.0.1/25", "10.99.0.127"));
	ck_assert(!covers("10.99.0.1/25", "10.99.0.128"));
	ck_assert(!covers("10.99.0.1/32", "10.99.0.2"));
	ck_assert(covers("0.0.0.0/0", "1.2.3.4"));
	ck_assert(!covers("0.0.0.0/0", "::1"));
	ck_assert(covers("fd00::1/64", "fd00::2"));
	ck_assert(covers("::1/128", "::1"));
	ck_assert(!covers("::1/127", "::2"));
}
END_TEST

START_TEST(equal)
{
	struct br_addr a = { .family = AF_INET }, b = a, none = { 0 };

	a.v4.s_addr = 1;
	ck_assert(!br_addr_equal(&a, &b));
	ck_assert(br_addr_any(&b));
	ck_assert(!br_addr_any(&a));
	b.v4.s_addr = 1;
	ck_assert(br_addr_equal(&a, &b));
	b.family = AF_INET6;
	ck_assert(!br_addr_equal(&a, &b));
	ck_assert(br_addr_equal(&none, &none));
	ck_assert_uint_eq(br_addr_len(&none), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("address");
	TCase *tc = tcase_create("address");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, endpoint, 0, ARRAY_SIZE(endpoints));
	tcase_add_loop_test(tc, prefix, 0, ARRAY_SIZE(prefixes));
	tcase_add_test(tc, prefix_covers);
	tcase_add_test(tc, equal);
	return unit_run(suite);
}
