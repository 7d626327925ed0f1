// SPDX-License-Identifier: GPL-2.0
/*
 * Every keyword of every command of braidctl, with values that are taken and
 * values that are refused. A keyword without a row here fails, and so does a
 * row without a keyword.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "text.h"
#include "values.h"
#include "verbs.h"

/**
 * struct row - a keyword of an object's commands
 * @object: the object, NULL for all that have no row of their own
 * @word: the keyword
 * @good: what is taken
 * @bad: what is refused and why
 */
struct row {
	const char *object;
	const char *word;
	const char *good[7];
	struct bad bad[6];
};

#define COUNT_BAD \
	{ { "", "'' is not a number" }, { "x", "'x' is not a number" }, \
	  { "-1", "'-1' is not a number" } }

#define LIMIT_TIME_BAD \
	{ { "", "'' is not a time with its unit (us, ms, s)" }, \
	  { "50", "'50' is not a time with its unit (us, ms, s)" } }

#define TIMES_BAD \
	{ { "0", "'0' is not a number from 1 to 1000" }, \
	  { "1001", "'1001' is not a number from 1 to 1000" }, \
	  { "x", "'x' is not a number from 1 to 1000" } }

static const struct row rows[] = {
	{ NULL, "dev", { "braid0", "b.1" },
	  { { "", "'' is not a device's name" },
	    { "a/b", "'a/b' is not a device's name" },
	    { "..", "'..' is not a device's name" },
	    { "0123456789abcdef",
	      "'0123456789abcdef' is not a device's name" } } },
	{ "dev", "policy", { "adaptive", "built-in" }, NAME_BAD },
	{ "dev", "mtu", { "1400", "1280" }, NUMBER_BAD },
	{ "dev", "mtu-auto", { "yes", "no" }, BOOL_BAD },
	{ "dev", "address", { "10.0.0.1/24", "10.0.0.1,fd00::1/64" },
	  { { "", "'' is not an IP address" },
	    { "10.0.0.1/24,", "'' is not an IP address" },
	    { "10.0.0.1/24,10.0.0.2/33",
	      "'10.0.0.2/33' has a prefix length out of range" },
	    { "host/24", "'host/24' is not an IP address" } } },
	{ "socket", "socket", { "s", "a.b-c" }, NAME_BAD },
	{ "socket", "local", LOCAL_GOOD, LOCAL_BAD },
	{ "socket", "link", { "lo" }, LINK_BAD },
	{ "socket", "fwmark", { "0x77", "51", "0" }, MARK_BAD },
	{ NULL, "peer", { "site-b" }, NAME_BAD },
	{ "show", "peer", { "site-b" }, TEXT_BAD },
	{ "counters", "peer", { "site-b" }, TEXT_BAD },
	{ "peer", "address", { "10.0.0.2", "10.0.0.2,fd00::2" },
	  { { "", "'' is not an IP address" },
	    { "10.0.0.2,", "'10.0.0.2,' is not an IP address" },
	    { "10.0.0.2/24", "'10.0.0.2/24' is not an IP address" } } },
	{ "peer", "source", { "strict", "any" },
	  { { "", "'' is not one of strict, any" },
	    { "loose", "'loose' is not one of strict, any" } } },
	{ "peer", "multicast", { "yes", "no", "on", "off", "1", "0" },
	  BOOL_BAD },
	{ "peer", "reorder-cap", { "1ms", "250ms", "1s", "5000us" },
	  { { "250", "'250' is not a time with its unit (us, ms, s)" },
	    { "long", "'long' is not a time with its unit (us, ms, s)" },
	    { "900us", "'900us' is not between 1.0 ms and 1.00 s" },
	    { "2s", "'2s' is not between 1.0 ms and 1.00 s" } } },
	{ "path", "path", { "wan1" }, NAME_BAD },
	{ "path", "local", LOCAL_GOOD, LOCAL_BAD },
	{ "path", "socket", { "s" }, NAME_BAD },
	{ "path", "remote", { "10.0.0.2:7000", "[fd00::2]:7000" }, LOCAL_BAD },
	{ "path", "link", { "lo" }, LINK_BAD },
	{ "path", "fwmark", { "0x77", "51" }, MARK_BAD },
	{ "path", "cost", { "0", "4294967295" }, NUMBER_BAD },
	{ "path", "standby", { "yes", "no" }, BOOL_BAD },
	{ "path", "cold", { "yes", "no" }, BOOL_BAD },
	{ "path", "cap", { "0", "20mbit", "1.5gbit", "100kbit" }, RATE_BAD },
	{ "path", "keepalive", { "1s", "25s", "3600s", "1500ms" },
	  { { "25", "'25' is not a time with its unit (us, ms, s)" },
	    { "900ms", "'900ms' is not between 1.00 s and 3600.00 s" },
	    { "3601s", "'3601s' is not between 1.00 s and 3600.00 s" } } },
	{ "path", "quota", { "0", "1500000", "20G", "500MB", "4GiB", "1.5T" },
	  VOLUME_BAD },
	{ "path", "quota-used", { "0", "1G" }, VOLUME_BAD },
	{ "path", "count", { "1", "1000" }, TIMES_BAD },
	{ "path", "ports", { "40000-50000", "40000-40100,!40050" },
	  { { "", "'' is not a list of ports and ranges from 1 to 65535" },
	    { "70000",
	      "'70000' is not a list of ports and ranges from 1 to 65535" },
	    { "5,!5", "'5,!5' leaves no port" } } },
	{ "health", "path", { "wan1" }, NAME_BAD },
	{ "port", "path", { "wan1" }, NAME_BAD },
	{ "migration", "path", { "wan1" }, NAME_BAD },
	{ NULL, "state", { "/run/s" }, TEXT_BAD },
	{ "path", "from", { "wan1" }, TEXT_BAD },
	{ "path", "to", { "wan2" }, TEXT_BAD },
	{ "path", "old", { "standby", "cold", "delete" },
	  { { "", "'' is not one of standby|cold|delete" },
	    { "gone", "'gone' is not one of standby|cold|delete" } } },
	{ "path", "max-rtt", { "50ms" }, TEXT_BAD },
	{ "path", "max-loss", { "5" }, TEXT_BAD },
	{ NULL, "journal", { "/run/j" }, TEXT_BAD },
	{ "show", "path", { "wan1" }, TEXT_BAD },
	{ "key", "file", { "a.key" }, TEXT_BAD },
	{ "key", "epoch", { "0", "255" },
	  { { "", "'' is not a number up to 255" },
	    { "256", "'256' is not a number up to 255" },
	    { "-1", "'-1' is not a number up to 255" } } },
	{ "key", "limit-packets", { "1", "68719476736" }, COUNT_BAD },
	{ "key", "limit-failures", { "1", "68719476736" }, COUNT_BAD },
	{ "genkey", "cipher", { "chacha20-poly1305", "aes256-gcm" },
	  { { "", "'' is not one of chacha20-poly1305, aes256-gcm" },
	    { "rot13",
	      "'rot13' is not one of chacha20-poly1305, aes256-gcm" } } },
	{ "genkey", "after", { "old.key" }, TEXT_BAD },
	{ "genkey", "a", { "a.key" }, TEXT_BAD },
	{ "genkey", "b", { "b.key" }, TEXT_BAD },
	{ NULL, "file", { "a.conf" }, TEXT_BAD },
	{ "report", "config", { "/etc/braid" }, TEXT_BAD },
	{ "policy", "policy", { "adaptive" }, NAME_BAD },
	{ "rule", "pref", { "1", "4294967295" }, NUMBER_BAD },
	{ "rule", "from", { "10.0.0.0/8", "10.0.0.1", "fd00::/8" }, NET_BAD },
	{ "rule", "to", { "10.0.0.0/8", "::/0" }, NET_BAD },
	{ "rule", "proto", { "udp", "TCP", "icmpv6", "132", "0" }, PROTO_BAD },
	{ "rule", "sport", { "53", "1-65535" }, RANGE_BAD },
	{ "rule", "dport", { "5060", "10000-20000" }, RANGE_BAD },
	{ "rule", "dscp", { "ef", "AF43", "cs0", "63" }, DSCP_BAD },
	{ "rule", "mark", { "0x77", "51", "0" }, MARK_BAD },
	{ "rule", "size", { "0-64k", "1m-", "1-2", "32k-1t" }, SIZE_BAD },
	{ NULL, "class", { "voice" }, NAME_BAD },
	{ "class", "paths", { "wan1", "a,b,c,d,e,f,g,h" },
	  { { "", "'' " NAMES_WHY }, { "a,", "'a,' " NAMES_WHY },
	    { "a/b", "'a/b' " NAMES_WHY },
	    { "1,2,3,4,5,6,7,8,9", "'1,2,3,4,5,6,7,8,9' has more than 8 names" } } },
	{ "class", "cost", { "0", "5-9" }, COSTS_BAD },
	{ "class", "verdict", { "auto", "pin", "stripe", "copy", "drop" },
	  { { "", "'' " VERDICT_WHY }, { "often", "'often' " VERDICT_WHY } } },
	{ "class", "fallback", { "any", "drop" },
	  { { "", "'' is not one of any, drop" },
	    { "none", "'none' is not one of any, drop" } } },
	{ "class", "max-rtt", { "50ms", "0" }, LIMIT_TIME_BAD },
	{ "class", "max-jitter", { "5ms" }, LIMIT_TIME_BAD },
	{ "class", "max-loss", { "2%", "0.5%", "0", "100%" },
	  { { "", "'' is not a share in per cent (2.5%)" },
	    { "2", "'2' is not a share in per cent (2.5%)" },
	    { "-1%", "'-1%' is not a share in per cent (2.5%)" },
	    { "101%", "'101%' is not between 0.00 % and 100.00 %" } } },
	{ "class", "min-rate", { "1mbit", "0" }, RATE_BAD },
	{ "flow", "sort", { "rate", "bytes", "age" },
	  { { "", "'' is not one of rate|bytes|age" },
	    { "size", "'size' is not one of rate|bytes|age" } } },
	{ "flow", "peer", { "site-b" }, TEXT_BAD },
	{ "flow", "proto", { "tcp", "47" }, TEXT_BAD },
	{ "flow", "class", { "bulk" }, TEXT_BAD },
	{ "flow", "path", { "wan1" }, TEXT_BAD },
	{ "flow", "host", { "10.0.0.0/8", "fd00::1" }, TEXT_BAD },
	{ "flow", "port", { "443" }, TEXT_BAD },
	{ "flow", "watch", { "1", "1000" }, TIMES_BAD },
	{ "top", "pace", { "1", "1000" }, TIMES_BAD },
	{ "metrics", "format", { "prometheus", "openmetrics" },
	  { { "", "'' is not one of prometheus|openmetrics" },
	    { "json", "'json' is not one of prometheus|openmetrics" } } },
};

static bool row_used[ARRAY_SIZE(rows)];

static const struct row *row_of(const struct br_command *c, const char *word)
{
	const struct row *any = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].word, word))
			continue;
		if (!rows[i].object)
			any = &rows[i];
		else if (!strcmp(rows[i].object, c->object))
			break;
	}
	if (i == ARRAY_SIZE(rows) && !any)
		ck_abort_msg("no row for %s of %s %s: add one", word,
			     c->object, c->verb ? c->verb : "");
	if (i == ARRAY_SIZE(rows))
		i = any - rows;
	row_used[i] = true;
	return &rows[i];
}

static char *argv[4 * BR_WORDS_MAX];
static int argc;
static struct br_call call;

static void arg(const char *text)
{
	argv[argc++] = (char *)text;
}

static void word_put(const struct br_word *w, const char *value)
{
	if (!br_word_positional(w))
		arg(w->name);
	if (w->kind != BR_WORD_FLAG)
		arg(value);
}

static int parse(void)
{
	free(call.object);
	memset(&call, 0, sizeof(call));
	return br_command_parse(br_groups, argc, argv, &call);
}

/* The command with what it requires, and @w with @value; NULL leaves it out. */
static int run(const struct br_command *c, const struct br_word *w,
	       const char *value)
{
	const struct br_word *i;

	argc = 0;
	arg(c->object);
	if (c->verb)
		arg(c->verb);
	for (i = c->words; i < c->words + BR_WORDS_MAX && i->name; i++) {
		if (i == w && value)
			word_put(i, value);
		else if (i != w && i->flags & BR_REQUIRED)
			word_put(i, row_of(c, i->name)->good[0]);
	}
	return parse();
}

static void refused(const struct br_command *c, const struct br_word *w,
		    const char *value, const char *why)
{
	char want[512];

	ck_assert_msg(run(c, w, value) < 0, "%s %s: %s '%s' was taken",
		      c->object, c->verb, w->name, value);
	snprintf(want, sizeof(want), "%s: %s", w->name, why);
	ck_assert_str_eq(call.err.text, want);
	ck_assert_int_eq(call.err.exit, BR_USAGE);
	ck_assert_ptr_null(call.object);
}

static void values(const struct br_command *c, const struct br_word *w)
{
	const struct row *row = row_of(c, w->name);
	int i;

	ck_assert_ptr_nonnull(row->good[0]);
	for (i = 0; i < (int)ARRAY_SIZE(row->good) && row->good[i]; i++) {
		ck_assert_msg(!run(c, w, row->good[i]), "%s %s: %s",
			      c->object, c->verb ? c->verb : "",
			      call.err.text);
		ck_assert_str_eq(br_call_text(&call, w->name), row->good[i]);
	}
	ck_assert_ptr_nonnull(row->bad[0].text);
	for (i = 0; i < (int)ARRAY_SIZE(row->bad) && row->bad[i].text; i++)
		refused(c, w, row->bad[i].text, row->bad[i].why);
}

/* Twice, without its value, and left out. */
static void grammar(const struct br_command *c, const struct br_word *w)
{
	const char *good = w->kind == BR_WORD_FLAG ? "" :
			   row_of(c, w->name)->good[0];
	char want[256];

	ck_assert_int_eq(!run(c, w, NULL), !(w->flags & BR_REQUIRED));
	if (br_word_positional(w))
		return;
	ck_assert_msg(!run(c, w, good), "%s", call.err.text);
	word_put(w, good);
	ck_assert_int_lt(parse(), 0);
	snprintf(want, sizeof(want), "%s is given twice", w->name);
	ck_assert_str_eq(call.err.text, want);
	if (w->kind == BR_WORD_FLAG)
		return;
	run(c, w, NULL);
	arg(w->name);
	ck_assert_int_lt(parse(), 0);
	snprintf(want, sizeof(want), "%s: its value is missing", w->name);
	ck_assert_str_eq(call.err.text, want);
}

static void teardown(void)
{
	free(call.object);
	call.object = NULL;
}

START_TEST(every_keyword)
{
	struct br_cursor at = { br_groups, NULL };
	const struct br_command *c;
	const struct br_word *w;
	size_t i;

	while ((c = br_command_next(&at)))
		for (w = c->words; w < c->words + BR_WORDS_MAX && w->name;
		     w++) {
			if (w->kind != BR_WORD_FLAG)
				values(c, w);
			grammar(c, w);
		}
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(row_used[i], "no command has %s of %s",
			      rows[i].word, rows[i].object);
}
END_TEST

/* A command whose name is also the beginning of another's would hide it. */
START_TEST(every_command)
{
	struct br_cursor at = { br_groups, NULL };
	const struct br_command *c;

	while ((c = br_command_next(&at))) {
		ck_assert_ptr_eq(br_command_find(br_groups, c->object,
						 c->verb), c);
		ck_assert_str_ne(c->help, "");
		ck_assert_ptr_nonnull(c->run);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("commands");
	TCase *tc = tcase_create("commands");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, every_command);
	tcase_add_test(tc, every_keyword);
	return unit_run(suite);
}
