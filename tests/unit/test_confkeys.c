// SPDX-License-Identifier: GPL-2.0
/*
 * Every key of every section of a configuration file, with values that are taken
 * and values that are refused. A key without a row here fails, and so does a row
 * without a key.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "inifile.h"
#include "text.h"
#include "values.h"

#define LONG \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define MTU_WHY		"is not between 576 and 65535"
#define TABLE_WHY	"is not main, off or a table's number"
#define IFNAME_WHY	"is not an interface's name"
#define PREFIX_BAD \
	{ { "10.0.0.1/33", "'10.0.0.1/33' has a prefix length out of range" }, \
	  { "10.0.0.1 10.0.0.2", "'10.0.0.2': a comma is missing" }, \
	  { "10.0.0.1,", "'' is not an IP address" }, \
	  { "nowhere", "'nowhere' is not an IP address" } }
#define IFNAME_BAD \
	{ { "a/b", "'a/b' " IFNAME_WHY }, \
	  { "0123456789abcdef", "'0123456789abcdef' " IFNAME_WHY } }

/**
 * struct row - a key
 * @section: its section
 * @key: its name
 * @with: a line that it needs besides
 * @good: what is taken
 * @bad: what is refused and why
 */
struct row {
	const char *section;
	const char *key;
	const char *with;
	const char *good[7];
	struct bad bad[6];
};

#define PORTS_GOOD	{ "40000", "40000-40999, 50000", "1-65535,!22" }
#define PORTS_WHY	"is not a list of ports and ranges from 1 to 65535"
#define PORTS_BAD \
	{ { "0", "'0' " PORTS_WHY }, { "9-5", "'9-5' " PORTS_WHY }, \
	  { "all", "'all' " PORTS_WHY }, { "5,!5", "'5,!5' leaves no port" } }
#define METRICS_WHY	"is not a port, or an address with a port"
#define CIPHER_WHY	"is not a cipher: auto, chacha20-poly1305 or aes256-gcm"
#define HOP_WHY "does not begin with a time between 1s and 86400s"
#define JITTER_WHY "is not a time up to that before it"
#define PERIOD_WHY	"is not month, week, day, or a time from 1s to 366d"
#define RESET_WHY \
	"is not a day of a month (1 to 31) or of a week (mon to sun), a time (HH:MM), or both"
#define HOP_BYTES_WHY "does not begin with a size between 1m and 1024t"
#define JITTER_BYTES_WHY "is not a size up to that before it"
#define HOST_WHY \
	"is not the name of a host: labels of letters, digits and '-', with dots between them"
#define HOST_PORT_WHY	"needs a port behind the name, from 1 to 65535"
#define MAX_RTT_WHY	"is not a time between 1ms and 10s"
#define MAX_LOSS_WHY	"is not a share up to 50%, such as 2.5%"
#define POOL_WHY	"is not a number from 0 to 65536"
#define HOLD_WHY	"is not a time between 1s and 7d"
#define PATTERN_WHY	"is not auto, steady, flapping, periodic, mobile or rare"
#define REKEY_WHY	"is not a time between 1s and 86400s"
#define PUBLIC		"8QsYrbuvWYN+s2xIYXtdoQZICenSksOqnweQ3Sk89s4="
#define PUBLIC_WHY	"is not a public key (braidctl pubkey prints one)"

static const struct row rows[] = {
	{ "Device", "Name", NULL, { "braid0", "b.1" },
	  { { "a/b", "'a/b' is not a device's name" },
	    { "0123456789abcdef",
	      "'0123456789abcdef' is not a device's name" } } },
	{ "Device", "Address", NULL,
	  { "10.0.0.1/24", "fd00::1/64", "10.0.0.1/24, fd00::1", "10.0.0.1" },
	  PREFIX_BAD },
	{ "Device", "MTU", NULL, { "576", "1400", "65535" },
	  { { "575", "'575' " MTU_WHY }, { "65536", "'65536' " MTU_WHY },
	    { "big", "'big' is not a number" },
	    { "-1", "'-1' is not a number" } } },
	{ "Device", "Policy", NULL, { "adaptive", "built-in" },
	  { { "a b", "'a b' is not a name" }, { "a/b", "'a/b' is not a name" } } },
	{ "Device", "FwMark", NULL, { "51", "0x77" },
	  { { "red", "'red' " MARK_WHY },
	    { "0x100000000", "'0x100000000' " MARK_WHY } } },
	{ "Device", "Table", "FwMark = 51\n", { "main", "off", "51", "0x77" },
	  { { "mine", "'mine' " TABLE_WHY }, { "0", "'0' " TABLE_WHY },
	    { "255", "'255' " TABLE_WHY },
	    { "4294967296", "'4294967296' " TABLE_WHY } } },
	{ "Device", "PrivateKeyFile", NULL, { "a.key", "/etc/braid/a.key" },
	  { } },
	{ "Device", "Cipher", NULL,
	  { "auto", "chacha20-poly1305", "aes256-gcm" },
	  { { "aes-128-gcm", "'aes-128-gcm' " CIPHER_WHY },
	    { "none", "'none' " CIPHER_WHY } } },
	{ "Device", "RekeyInterval", NULL, { "1s", "120s", "86400s" },
	  { { "0.9s", "'0.9s' " REKEY_WHY }, { "86401s", "'86401s' " REKEY_WHY },
	    { "120", "'120' " REKEY_WHY }, { "soon", "'soon' " REKEY_WHY } } },
	{ "Device", "Ports", NULL, PORTS_GOOD, PORTS_BAD },
	{ "Device", "Metrics", NULL,
	  { "9480", "127.0.0.1:9480", "[::1]:9480", "0.0.0.0:9480" },
	  { { "0", "'0' " METRICS_WHY }, { "65536", "'65536' is not an IP address" },
	    { "127.0.0.1", "'127.0.0.1' " METRICS_WHY },
	    { "auto:9480", "'auto:9480' " METRICS_WHY },
	    { "10.0.0.1:x", "'10.0.0.1:x' " PORT_WHY } } },
	{ "Device", "PortHop", NULL,
	  { "1s", "1800s 600s", "86400s  86400s", "60s 0" },
	  { { "0.9s", "'0.9s' " HOP_WHY }, { "86401s", "'86401s' " HOP_WHY },
	    { "60", "'60' " HOP_WHY }, { "60s 61s", "'61s' " JITTER_WHY },
	    { "60s x", "'x' " JITTER_WHY },
	    { "60s 1s 1s", "'1s 1s' " JITTER_WHY } } },
	{ "Device", "PortHopBytes", NULL,
	  { "1m", "10g 1g", "1024t  1024t", "1024k 0", "1.5g" },
	  { { "1023k", "'1023k' " HOP_BYTES_WHY },
	    { "1025t", "'1025t' " HOP_BYTES_WHY },
	    { "1000000", "'1000000' " HOP_BYTES_WHY },
	    { "1g 2g", "'2g' " JITTER_BYTES_WHY },
	    { "1g x", "'x' " JITTER_BYTES_WHY },
	    { "1g 1m 1m", "'1m 1m' " JITTER_BYTES_WHY } } },
	{ "Device", "ResolveInterval", NULL, { "1s", "300s", "86400s" },
	  { { "0.9s", "'0.9s' " REKEY_WHY }, { "86401s", "'86401s' " REKEY_WHY },
	    { "300", "'300' " REKEY_WHY } } },
	{ "Device", "PoolSize", NULL, { "0", "64", "65536" },
	  { { "65537", "'65537' " POOL_WHY }, { "-1", "'-1' " POOL_WHY },
	    { "many", "'many' " POOL_WHY } } },
	{ "Device", "HoldTime", NULL, { "1s", "90min", "7d" },
	  { { "0s", "'0s' " HOLD_WHY }, { "8d", "'8d' " HOLD_WHY },
	    { "3600", "'3600' " HOLD_WHY } } },
	{ "Device", "PostUp", NULL,
	  { "true", "a; b # c", "echo '\"' = \\", LONG LONG LONG LONG }, { } },
	{ "Device", "PreDown", NULL, { "false ; true" }, { } },
	{ "Socket", "Name", NULL, { "s", "s-2" }, { { "a b", "'a b' " NAME_WHY } } },
	{ "Socket", "Local", NULL, LOCAL_GOOD, LOCAL_BAD },
	{ "Socket", "Link", NULL, { "wan1", "not-here-yet" }, IFNAME_BAD },
	{ "Socket", "Listen", NULL, { "yes", "no" },
	  { { "maybe", "'maybe' is not yes or no" } } },
	{ "Socket", "FwMark", NULL, { "51", "0x77", "0" },
	  { { "red", "'red' " MARK_WHY } } },
	{ "Peer", "Name", NULL, { "b", "site-b" }, { { "a b", "'a b' " NAME_WHY } } },
	{ "Peer", "Address", NULL,
	  { "10.0.0.2", "10.0.0.2,fd00::2", "10.0.0.2 , fd00::2" },
	  { { "10.0.0.2/24", "'10.0.0.2/24' is not an IP address" },
	    { "10.0.0.2,", "'10.0.0.2,' is not an IP address" } } },
	{ "Peer", "Route", NULL, { "10.2.0.0/16", "0.0.0.0/0, 10.2.0.0/24" },
	  PREFIX_BAD },
	{ "Peer", "KeyFile", NULL, { "b.key", "/etc/braid/b.key" }, { } },
	{ "Peer", "PublicKey", NULL, { PUBLIC },
	  { { "me", "'me' " PUBLIC_WHY },
	    /* the bits that are beyond a key must be 0 */
	    { "8QsYrbuvWYN+s2xIYXtdoQZICenSksOqnweQ3Sk89s5=",
	      "'8QsYrbuvWYN+s2xIYXtdoQZICenSksOqnweQ3Sk89s5=' " PUBLIC_WHY } } },
	{ "Peer", "Pattern", NULL,
	  { "auto", "steady", "flapping", "periodic", "mobile", "rare" },
	  { { "new", "'new' " PATTERN_WHY }, { "Rare", "'Rare' " PATTERN_WHY } } },
	{ "Peer", "Source", NULL, { "strict", "any" },
	  { { "loose", "'loose' is not one of strict, any" } } },
	{ "Peer", "Multicast", NULL, { "yes", "no", "on", "off", "1", "0" },
	  { { "maybe", "'maybe' is not yes or no" } } },
	{ "Peer", "ReorderCap", NULL, { "1ms", "250ms", "1s" },
	  { { "250", "'250' is not a time with its unit (us, ms, s)" },
	    { "2s", "'2s' is not between 1.0 ms and 1.00 s" } } },
	{ "Path", "Name", NULL, { "p", "wan1" }, { { "a b", "'a b' " NAME_WHY } } },
	{ "Path", "Peer", NULL, { "b" }, { { "a b", "'a b' " NAME_WHY } } },
	{ "Path", "Link", NULL, { "wan1" }, IFNAME_BAD },
	{ "Path", "Local", NULL, LOCAL_GOOD, LOCAL_BAD },
	{ "Path", "Ports", NULL, PORTS_GOOD, PORTS_BAD },
	{ "Path", "Socket", NULL, { "s" }, { { "a b", "'a b' " NAME_WHY } } },
	{ "Path", "Remote", NULL,
	  { "1.2.3.4:5", "[fd00::2]:5", "gw.example.org:5", "gw:65535" },
	  { { "10.0.0.1:x", "'10.0.0.1:x' " PORT_WHY },
	    { "10.0.0:5", "'10.0.0:5' is not an IP address" },
	    { "[fd00::1", "'[fd00::1' is not an IPv6 address in brackets" },
	    { "gw.example.org", "'gw.example.org' " HOST_PORT_WHY },
	    { "gw:0", "'gw:0' " HOST_PORT_WHY },
	    { "g w:5", "'g w:5' " HOST_WHY } } },
	{ "Path", "Cost", NULL, { "0", "7" },
	  { { "x", "'x' is not a number" }, { "-1", "'-1' is not a number" } } },
	{ "Path", "Standby", NULL, { "yes", "no" },
	  { { "maybe", "'maybe' is not yes or no" } } },
	{ "Path", "Cold", NULL, { "yes", "no" },
	  { { "maybe", "'maybe' is not yes or no" } } },
	{ "Path", "Cap", NULL, { "20mbit", "1.5gbit" },
	  { { "20", "'20' " RATE_WHY }, { "fast", "'fast' " RATE_WHY } } },
	{ "Path", "KeepAlive", NULL, { "1s", "25s", "3600s", "1500ms" },
	  { { "25", "'25' is not a time with its unit (us, ms, s)" },
	    { "900ms", "'900ms' is not between 1.00 s and 3600.00 s" },
	    { "3601s", "'3601s' is not between 1.00 s and 3600.00 s" } } },
	{ "Path", "MaxRTT", NULL, { "1ms", "250ms", "10s" },
	  { { "999us", "'999us' " MAX_RTT_WHY }, { "11s", "'11s' " MAX_RTT_WHY },
	    { "250", "'250' " MAX_RTT_WHY } } },
	{ "Path", "MaxLoss", NULL, { "2.5%", "50%", "0.1%" },
	  { { "0%", "'0%' " MAX_LOSS_WHY }, { "51%", "'51%' " MAX_LOSS_WHY },
	    { "few", "'few' " MAX_LOSS_WHY } } },
	{ "Path", "Quota", NULL, { "1500000", "20G", "500MB", "4GiB", "0" },
	  { { "much", "'much' " VOLUME_WHY }, { "-1G", "'-1G' " VOLUME_WHY },
	    { "20Gbit", "'20Gbit' " VOLUME_WHY } } },
	{ "Path", "QuotaPeriod", "Quota = 1G\n",
	  { "month", "week", "day", "12h", "90s", "30d", "366d" },
	  { { "year", "'year' " PERIOD_WHY }, { "0s", "'0s' " PERIOD_WHY },
	    { "367d", "'367d' " PERIOD_WHY }, { "30", "'30' " PERIOD_WHY } } },
	{ "Path", "QuotaReset", "Quota = 1G\n",
	  { "1", "31", "15 06:30", "15  23:59" },
	  { { "0", "'0' " RESET_WHY }, { "32", "'32' " RESET_WHY },
	    { "1 24:00", "'1 24:00' " RESET_WHY },
	    { "june", "'june' " RESET_WHY }, { "1 6", "'1 6' " RESET_WHY },
	    { "12:60", "'12:60' " RESET_WHY } } },
	{ "Class", "Name", NULL, { "voice" }, { { "a b", "'a b' " NAME_WHY } } },
	{ "Class", "Paths", NULL, { "wan1", "wan1, wan2", "not-here-yet" },
	  { { "a,", "'a,' " NAMES_WHY } } },
	{ "Class", "Cost", NULL, { "0", "5-9" }, COSTS_BAD },
	{ "Class", "Verdict", NULL,
	  { "auto", "pin", "stripe", "copy", "drop" },
	  { { "often", "'often' " VERDICT_WHY } } },
	{ "Class", "Fallback", NULL, { "any", "drop" },
	  { { "none", "'none' is not one of any, drop" } } },
	{ "Class", "MaxRTT", NULL, { "80ms", "0" },
	  { { "80", "'80' is not a time with its unit (us, ms, s)" } } },
	{ "Class", "MaxJitter", NULL, { "5ms" },
	  { { "x", "'x' is not a time with its unit (us, ms, s)" } } },
	{ "Class", "MaxLoss", NULL, { "2%", "0.5%" },
	  { { "2", "'2' is not a share in per cent (2.5%)" } } },
	{ "Class", "MinRate", NULL, { "1mbit" },
	  { { "1", "'1' is not a rate with its unit (kbit, mbit, gbit)" } } },
	{ "Rule", "Pref", NULL, { "1", "4294967295" },
	  { { "x", "'x' is not a number" } } },
	{ "Rule", "From", NULL, { "10.0.0.0/8", "fd00::1" }, NET_BAD },
	{ "Rule", "To", NULL, { "10.0.0.0/8", "::/0" }, NET_BAD },
	{ "Rule", "Proto", NULL, { "udp", "132" }, PROTO_BAD },
	{ "Rule", "SPort", NULL, { "53", "1-65535" }, RANGE_BAD },
	{ "Rule", "DPort", NULL, { "53", "10000-20000" }, RANGE_BAD },
	{ "Rule", "DSCP", NULL, { "ef", "cs6", "af11" }, DSCP_BAD },
	{ "Rule", "Mark", NULL, { "0x77", "51" }, { { "red", "'red' " MARK_WHY } } },
	{ "Rule", "Size", NULL, { "0-64k", "1m-" }, SIZE_BAD },
	{ "Rule", "Class", NULL, { "c" }, { { "a b", "'a b' " NAME_WHY } } },
};

static const struct row *row_of(const char *section, const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].section, section) &&
		    !strcmp(rows[i].key, key))
			return &rows[i];
	ck_abort_msg("no row for %s in [%s]: add one", key, section);
}

/* A small file in which each section stands, in an order that serves all. */
static const struct {
	const char *section;
	const char *lines[3][2];
} small[] = {
	{ "Device", { { "Name", "braid0" }, { "PrivateKeyFile", "a.key" },
		      { "Policy", "adaptive" } } },
	{ "Socket", { { "Name", "s" }, { "Local", "auto" } } },
	{ "Peer", { { "Name", "b" }, { "Address", "10.0.0.2" } } },
	{ "Path", { { "Name", "p" }, { "Remote", "1.2.3.4:5" } } },
	{ "Class", { { "Name", "c" } } },
	{ "Rule", { { "Class", "c" } } },
};

static char text[2048];
static unsigned int line;

static void line_put(const char *key, const char *value)
{
	size_t len = strlen(text);

	snprintf(text + len, sizeof(text) - len, "%s%s%s\n", key,
		 value ? " = " : "", value ? value : "");
	line++;
}

static void section_put(size_t i, const struct row *row, bool here)
{
	const char *key;
	char head[32];
	int j;

	snprintf(head, sizeof(head), "[%s]", small[i].section);
	line_put(head, NULL);
	for (j = 0; j < 3 && small[i].lines[j][0]; j++) {
		key = small[i].lines[j][0];
		if (!here || strcmp(key, row->key))
			line_put(key, small[i].lines[j][1]);
	}
	if (here && row->with) {
		br_copy(text + strlen(text), sizeof(text) - strlen(text),
			row->with);
		line++;
	}
}

/*
 * The small file up to the key's section, with the key as its last line.
 * Return: what reading it returned; @line is the key's
 */
static int read_with(const struct row *row, const char *value,
		     struct br_config *config, struct br_error *err)
{
	FILE *file;
	size_t i;
	bool here;
	int ret;

	text[0] = 0;
	line = 0;
	for (i = 0, here = false; !here; i++) {
		ck_assert_uint_lt(i, ARRAY_SIZE(small));
		here = !strcmp(small[i].section, row->section);
		section_put(i, row, here);
	}
	line_put(row->key, value);
	file = fmemopen(text, strlen(text), "r");
	ck_assert_ptr_nonnull(file);
	ret = br_config_parse(file, "/etc/braid/t.conf", config, err);
	fclose(file);
	return ret;
}

static void taken(const struct row *row, const char *value)
{
	struct br_config config;
	struct br_error err;

	ck_assert_msg(!read_with(row, value, &config, &err), "%s", err.text);
	br_config_free(&config);
}

static void refused(const struct row *row, const char *value, const char *why)
{
	struct br_config config;
	struct br_error err;
	char want[512];

	ck_assert_msg(read_with(row, value, &config, &err) < 0, "taken:\n%s",
		      text);
	snprintf(want, sizeof(want), "/etc/braid/t.conf:%u: %s: %s", line,
		 row->key, why);
	ck_assert_str_eq(err.text, want);
	ck_assert_int_eq(err.exit, BR_FILE);
}

START_TEST(values)
{
	const struct row *row = &rows[_i];
	int i;

	ck_assert_ptr_nonnull(row->good[0]);
	for (i = 0; i < (int)ARRAY_SIZE(row->good) && row->good[i]; i++)
		taken(row, row->good[i]);
	refused(row, "", "has no value");
	for (i = 0; i < (int)ARRAY_SIZE(row->bad) && row->bad[i].text; i++)
		refused(row, row->bad[i].text, row->bad[i].why);
}
END_TEST

START_TEST(every_key_has_a_row)
{
	const struct br_ini_section *const *at;
	const struct br_ini_section *s;
	size_t n = 0;
	int i;

	for (at = br_config_sections; (s = *at); at++)
		for (i = 0; i < BR_INI_KEYS && s->keys[i].name; i++, n++)
			row_of(s->name, s->keys[i].name);
	ck_assert_uint_eq(n, ARRAY_SIZE(rows));
}
END_TEST

/* Unless it may come several times; and short enough unless it is raw. */
START_TEST(twice_and_too_long)
{
	const struct br_ini_section *const *at;
	const struct br_ini_section *s;
	char twice[1024], what[256];
	const struct row *row;
	struct br_config config;
	struct br_error err;
	int i;

	for (at = br_config_sections; (s = *at); at++)
		for (i = 0; i < BR_INI_KEYS && s->keys[i].name; i++) {
			row = row_of(s->name, s->keys[i].name);
			snprintf(twice, sizeof(twice), "%s\n%s = %s",
				 row->good[0], row->key, row->good[0]);
			if (s->keys[i].many) {
				taken(row, twice);
			} else {
				ck_assert_int_lt(read_with(row, twice, &config,
							   &err), 0);
				snprintf(what, sizeof(what),
					 "/etc/braid/t.conf:%u: %s is given twice",
					 line + 1, row->key);
				ck_assert_str_eq(err.text, what);
			}
			if (!s->keys[i].raw)
				refused(row, LONG LONG LONG,
					"the line is too long");
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("confkeys");
	TCase *tc = tcase_create("confkeys");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, every_key_has_a_row);
	tcase_add_loop_test(tc, values, 0, ARRAY_SIZE(rows));
	tcase_add_test(tc, twice_and_too_long);
	return unit_run(suite);
}
