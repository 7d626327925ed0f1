// SPDX-License-Identifier: GPL-2.0
/* Which flows are shown, and what keys choose. */
#include "unit.h"

#include <string.h>

#include "text.h"
#include "topkeys.h"

static struct br_error err;

static struct br_flow flow_make(const char *near, const char *far)
{
	static struct br_counter slots[] = { { "wan1", 10 }, { "wan3", 1 } };
	struct br_flow flow = { .slots = { ARRAY_SIZE(slots), slots } };
	const char *why;

	br_fill(flow.peer, "site-b");
	br_fill(flow.proto, "tcp");
	br_fill(flow.class, "bulk");
	ck_assert_int_eq(br_endpoint_parse(near, &flow.near, &why), 0);
	ck_assert_int_eq(br_endpoint_parse(far, &flow.far, &why), 0);
	return flow;
}

static const struct {
	const char *filter;
	bool takes;
} filters[] = {
	{ "", true },
	{ "  ", true },
	{ "peer site-b", true },
	{ "peer site-c", false },
	{ "proto tcp", true },
	{ "proto udp", false },
	{ "class bulk", true },
	{ "class calls", false },
	{ "path wan3", true },
	{ "path wan2", false },
	{ "host 10.1.0.2", true },
	{ "host 10.2.0.0/16", true },
	{ "host 10.3.0.0/16", false },
	{ "host fd00::/8", false },
	{ "port 443", true },
	{ "port 40000", true },
	{ "port 444", false },
	{ "host 10.1.0.2 port 443 proto tcp", true },
	{ "host 10.1.0.2 port 443 proto udp", false },
};

START_TEST(filter_takes)
{
	struct br_flow flow = flow_make("10.1.0.2:40000", "10.2.0.2:443");
	struct br_flow_filter filter = { .port = 1 };

	ck_assert_int_eq(br_flow_filter_parse(&filter, filters[_i].filter,
					      &err), 0);
	ck_assert_msg(br_flow_filter_takes(&filter, &flow) ==
		      filters[_i].takes, "%s", filters[_i].filter);
}
END_TEST

static const struct {
	const char *filter;
	const char *says;
} refusals[] = {
	{ "port", "port: the value is missing" },
	{ "port x", "port: 'x' is not a port from 1 to 65535" },
	{ "port 0", "port: '0' is not a port from 1 to 65535" },
	{ "port 65536", "port: '65536' is not a port from 1 to 65535" },
	{ "host nowhere", "host: 'nowhere' is not an address or a network" },
	{ "host 10.0.0.0/33",
	  "host: '10.0.0.0/33' is not an address or a network" },
	{ "host auto", "host: 'auto' is not an address or a network" },
	{ "colour red",
	  "flows are not told apart by 'colour', but by peer, proto, class, path, host and port" },
	{ "peer 01234567890123456789012345678901",
	  "peer: '01234567890123456789012345678901' is no name" },
};

START_TEST(filter_refused)
{
	struct br_flow_filter filter = { .port = 7 };

	ck_assert_int_lt(br_flow_filter_parse(&filter, refusals[_i].filter,
					      &err), 0);
	ck_assert_str_eq(err.text, refusals[_i].says);
	ck_assert_int_eq(err.exit, BR_USAGE);
	ck_assert_int_eq(filter.port, 7);
}
END_TEST

START_TEST(filter_applied)
{
	struct br_list list = { .type = &br_flow_type };
	struct br_flow_filter filter = { .port = 443 };
	struct br_flow *flow;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		flow = br_list_add(&list);
		ck_assert_ptr_nonnull(flow);
		flow->far.port = i % 3 ? 80 : 443;
		flow->age = i;
		flow->slots.c = calloc(1, sizeof(*flow->slots.c));
		flow->slots.n = 1;
	}
	br_flow_filter_apply(&filter, &list);
	ck_assert_uint_eq(list.n, 4);
	br_flow_sort(&list, BR_FLOW_BY_AGE);
	for (i = 0; i < list.n; i++) {
		flow = br_list_at(&list, i);
		ck_assert_uint_eq(flow->far.port, 443);
		ck_assert_uint_eq(flow->age, 3 * i);
	}
	br_list_free(&list);
}
END_TEST

static void type(struct br_top_keys *keys, const char *text)
{
	for (; *text; text++)
		br_top_press(keys, *text);
}

START_TEST(keys_choose)
{
	struct br_top_keys keys;
	int i;

	br_top_keys_init(&keys, 1);
	br_top_press(&keys, '+');
	ck_assert_uint_eq(keys.seconds, 1);
	for (i = 0; i < 100; i++)
		br_top_press(&keys, '-');
	ck_assert_uint_eq(keys.seconds, BR_TOP_PAUSE_MAX);
	br_top_press(&keys, BR_KEY_UP);
	ck_assert_uint_eq(keys.skip, 0);
	type(&keys, "sp");
	ck_assert_int_eq(keys.order, BR_FLOW_BY_BYTES);
	ck_assert(keys.paused);
	br_top_press(&keys, BR_KEY_DOWN);
	type(&keys, "ss");
	ck_assert_int_eq(keys.order, BR_FLOW_BY_RATE);
	ck_assert_uint_eq(keys.skip, 0);
	/* a resized window, an unknown key */
	br_top_press(&keys, 0632);
	ck_assert(!keys.quit);
	type(&keys, "q");
	ck_assert(keys.quit);
}
END_TEST

START_TEST(keys_filter)
{
	struct br_top_keys keys;
	int i;

	br_top_keys_init(&keys, 1);
	type(&keys, "/port 44q");
	ck_assert(keys.editing && !keys.quit);
	br_top_press(&keys, BR_KEY_ENTER);
	/* there it stays, to be mended */
	ck_assert(keys.editing);
	ck_assert_str_eq(keys.message,
			 "port: '44q' is not a port from 1 to 65535");
	br_top_press(&keys, BR_KEY_BACKSPACE);
	type(&keys, "3");
	br_top_press(&keys, BR_KEY_ENTER);
	ck_assert(!keys.editing && !keys.message[0]);
	ck_assert_uint_eq(keys.filter.port, 443);
	ck_assert_str_eq(keys.text, "port 443");
	/* what is given up changes nothing */
	type(&keys, "/ peer x");
	br_top_press(&keys, BR_KEY_ESCAPE);
	ck_assert_str_eq(keys.text, "port 443");
	ck_assert(!keys.filter.peer[0]);
	/* no line is too long, none too short */
	type(&keys, "/");
	for (i = 0; i < 2 * BR_TOP_LINE; i++)
		br_top_press(&keys, 'x');
	ck_assert_uint_eq(strlen(keys.edited), BR_TOP_LINE - 1);
	for (i = 0; i < 2 * BR_TOP_LINE; i++)
		br_top_press(&keys, BR_KEY_BACKSPACE);
	br_top_press(&keys, BR_KEY_ENTER);
	ck_assert_uint_eq(keys.filter.port, 0);
	type(&keys, "/port 1");
	br_top_press(&keys, BR_KEY_ENTER);
	type(&keys, "c");
	ck_assert_uint_eq(keys.filter.port, 0);
	ck_assert_str_eq(keys.text, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("top");
	TCase *tc = tcase_create("top");

	tcase_add_loop_test(tc, filter_takes, 0, ARRAY_SIZE(filters));
	tcase_add_loop_test(tc, filter_refused, 0, ARRAY_SIZE(refusals));
	tcase_add_test(tc, filter_applied);
	tcase_add_test(tc, keys_choose);
	tcase_add_test(tc, keys_filter);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
