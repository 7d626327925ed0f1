// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "route.h"
#include "text.h"

static struct br_config config;
static struct br_error err;

static int parse_bytes(const char *text, size_t len)
{
	FILE *file = fmemopen((void *)text, len, "r");
	int ret;

	ck_assert_ptr_nonnull(file);
	memset(&err, 0, sizeof(err));
	ret = br_config_parse(file, "/etc/braid/t.conf", &config, &err);
	fclose(file);
	return ret;
}

static int parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static const char whole[] =
	"# a tunnel\n"
	"[Device]\n"
	"Name = braid0\n"
	"Address = 10.99.0.1/24, fd00::1/64\n"
	"Address = 10.98.0.1/24\n"
	"MTU = 1400\n"
	"Policy = adaptive\n"
	"FwMark = 0x77\n"
	"Table = 119\n"
	"PostUp = echo 'a = b'; echo \"c\" ; # kept\n"
	"PostUp=true\n"
	"PreDown = false\n"
	"\n"
	"[Socket]\n"
	"Name = pub\n"
	"Local = [::]:4500\n"
	"Link = wan2\n"
	"Listen = yes\n"
	"\n"
	"[Peer]\n"
	"Name = siteb\n"
	"Address = 10.99.0.2, fd00::2\n"
	"Route = 10.2.0.0/16\n"
	"Route = fd02::/64, 0.0.0.0/0\n"
	"KeyFile = keys/a.key\n"
	"Source = any\n"
	"Multicast = on\n"
	"ReorderCap = 100ms\n"
	"\n"
	"  [Path]\n"
	"  Name = wan1 ; a comment\n"
	"  Link = wan1\n"
	"  Local = 10.0.1.1\n"
	"  Remote = 10.0.1.2:7000\n"
	"  Cost = 3\n"
	"  Standby = yes\n"
	"  Cap = 20mbit\n"
	"\n"
	"[Peer]\n"
	"Name = sitec\n"
	"Address = fd00::3\n"
	"KeyFile = /secret/c.key\n"
	"\n"
	"[Path]\n"
	"Name = wan1\n"
	"Remote = [fc00::3]:1\n"
	"\n"
	"[Path]\n"
	"Name = wan2\n"
	"Peer = siteb\n"
	"Socket = pub\n"
	"Remote = [fc00::2]:1\n";

START_TEST(device)
{
	ck_assert_msg(!parse(whole), "%s", err.text);
	ck_assert_str_eq(config.name, "braid0");
	ck_assert_uint_eq(config.address.n, 3);
	ck_assert_uint_eq(config.address.p[1].len, 64);
	ck_assert_uint_eq(config.mtu, 1400);
	ck_assert_str_eq(config.policy, "adaptive");
	ck_assert_uint_eq(config.fwmark, 0x77);
	ck_assert_uint_eq(config.table, 119);
	ck_assert(config.routes);
	ck_assert_uint_eq(config.post_up.n, 2);
	ck_assert_str_eq(config.post_up.text[0],
			 "echo 'a = b'; echo \"c\" ; # kept");
	ck_assert_str_eq(config.post_up.text[1], "true");
	ck_assert_uint_eq(config.pre_down.n, 1);
	br_config_free(&config);
}
END_TEST

START_TEST(peers)
{
	ck_assert_msg(!parse(whole), "%s", err.text);
	ck_assert_uint_eq(config.n_peers, 2);
	ck_assert_str_eq(config.peers[0].peer.name, "siteb");
	ck_assert_uint_eq(config.peers[0].peer.address.n, 2);
	ck_assert_uint_eq(config.peers[0].route.n, 3);
	ck_assert_uint_eq(config.peers[0].route.p[2].len, 0);
	ck_assert_str_eq(config.peers[0].key_file, "/etc/braid/keys/a.key");
	ck_assert_uint_eq(config.peers[0].peer.source, BRAID_SOURCE_CHECK_ANY);
	ck_assert_uint_eq(config.peers[0].peer.multicast, 1);
	ck_assert_uint_eq(config.peers[0].peer.reorder_cap, 100000);
	ck_assert_str_eq(config.peers[1].key_file, "/secret/c.key");
	br_config_free(&config);
}
END_TEST

START_TEST(paths)
{
	ck_assert_msg(!parse(whole), "%s", err.text);
	ck_assert_uint_eq(config.n_sockets, 1);
	ck_assert_str_eq(config.sockets[0].link, "wan2");
	ck_assert_uint_eq(config.sockets[0].socket.listen, 1);
	ck_assert_uint_eq(config.sockets[0].socket.local.port, 4500);
	ck_assert_uint_eq(config.n_paths, 3);
	ck_assert_str_eq(config.paths[0].path.peer, "siteb");
	ck_assert_str_eq(config.paths[0].wanted.link, "wan1");
	ck_assert_uint_eq(config.paths[0].path.remote.port, 7000);
	ck_assert_uint_eq(config.paths[0].path.cost, 3);
	ck_assert_uint_eq(config.paths[0].path.standby, 1);
	ck_assert_uint_eq(config.paths[0].path.cap, 2500000);
	ck_assert_str_eq(config.paths[1].path.peer, "sitec");
	ck_assert_int_eq(config.paths[1].wanted.socket.local.addr.family,
			 AF_UNSPEC);
	ck_assert_str_eq(config.paths[2].path.peer, "siteb");
	ck_assert_str_eq(config.paths[2].path.socket, "pub");
	br_config_free(&config);
}
END_TEST

START_TEST(names_of_remotes)
{
	static const char text[] =
		"[Device]\nName = braid0\n"
		"[Socket]\nName = s4\nLocal = auto\n"
		"[Socket]\nName = s6\nLocal = [fd00::1]:5\n"
		"[Peer]\nName = b\nAddress = 10.0.0.2\n"
		"[Path]\nName = a\nRemote = gw.example.org:7000\n"
		"[Path]\nName = b\nRemote = gw:1\nLocal = fd00::1\n"
		"[Path]\nName = c\nRemote = gw:1\nSocket = s4\n"
		"[Path]\nName = d\nRemote = gw:1\nSocket = s6\n"
		"[Path]\nName = e\nRemote = 10.0.0.2:1\n";
	static const int families[] = { AF_UNSPEC, AF_INET6, AF_INET, AF_INET6 };
	unsigned int i;

	ck_assert_msg(!parse(text), "%s", err.text);
	ck_assert_str_eq(config.paths[0].host, "gw.example.org");
	ck_assert_uint_eq(config.paths[0].path.remote.port, 7000);
	ck_assert_int_eq(config.paths[0].path.remote.addr.family, AF_UNSPEC);
	for (i = 0; i < ARRAY_SIZE(families); i++)
		ck_assert_int_eq(br_config_path_family(&config,
						       &config.paths[i]),
				 families[i]);
	ck_assert_ptr_null(config.paths[4].host);
	ck_assert_uint_eq(config.resolve_us, BR_RESOLVE_US);
	br_config_free(&config);
}
END_TEST

#define DEVICE	"[Device]\nName = braid0\n"
#define PEER	DEVICE "[Peer]\nName = b\nAddress = 10.0.0.2\n"
#define KEYED	DEVICE "PrivateKeyFile = k\n[Peer]\nName = b\n" \
		"Address = 10.0.0.2\n[Path]\nName = p\nRemote = 1.2.3.4:5\n"
#define PATH	PEER "[Path]\nName = p\nRemote = 1.2.3.4:5\n"
#define LONG	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

struct refusal_case {
	const char *text;
	const char *why;
};

static const struct refusal_case refusals[] = {
	{ "\n", ": no [Device]" },
	{ "[Devices]\n", ":1: unknown section [Devices]" },
	{ "[device]\n", ":1: unknown section [device]" },
	{ "\n[Device\nName = b\n", ":2: a section's name ends with ']'" },
	{ "Name = x\n", ":1: 'Name' stands before any section" },
	{ DEVICE "Colour = red\n", ":3: unknown key Colour in [Device]" },
	{ DEVICE "name = x\n", ":3: unknown key name in [Device]" },
	{ DEVICE "Name = x\n", ":3: Name is given twice" },
	{ DEVICE "nonsense\n", ":3: neither a [Section] nor Key = Value" },
	{ DEVICE "Table = 7\n", ": Table needs FwMark, or the tunnel's own packets would look there, too" },
	{ DEVICE "Address = " LONG LONG LONG LONG "\n",
	  ":3: Address: the line is too long" },
	{ DEVICE DEVICE, ":3: a second [Device]" },
	{ "[Device]\nMTU = 1400\n[Peer]\n", ":1: [Device] has no Name" },
	{ DEVICE "[Peer]\nName = b\n", ":3: [Peer] has no Address" },
	{ DEVICE "[Peer]\nAddress = 10.0.0.2\n", ":3: [Peer] has no Name" },
	{ PEER "[Peer]\nName = b\nAddress = 10.0.0.3\n",
	  ":6: a second peer b" },
	{ PEER "Route = 10.0.0.0/8, fd00::/64\n",
	  ":3: route fd00::/64: the peer has no IPv6 address" },
	{ DEVICE "[Path]\nName = p\nRemote = 1.2.3.4:5\n",
	  ":3: path p has no [Peer] above it" },
	{ PATH "Peer = c\n", ":6: path p: there is no [Peer] c above it" },
	{ PEER "[Path]\nName = p\n", ":6: [Path] has no Remote" },
	{ PEER "[Path]\nName = p\nRemote = 1.2.3.4\n",
	  ":6: path p: Remote needs an address and a port" },
	{ PEER "[Path]\nName = p\nRemote = auto:5\n",
	  ":6: path p: Remote needs an address and a port" },
	{ PATH "[Path]\nName = p\nRemote = 1.2.3.4:6\n",
	  ":9: a second path p of peer b" },
	{ PATH "Socket = s\n", ":6: path p: there is no [Socket] s above it" },
	{ PATH "QuotaReset = 1\n",
	  ":6: path p: QuotaPeriod and QuotaReset need Quota" },
	{ PATH "Quota = 1G\nQuotaPeriod = week\nQuotaReset = 1\n",
	  ":6: path p: QuotaReset does not fit QuotaPeriod" },
	{ PATH "Quota = 1G\nQuotaPeriod = 30d\nQuotaReset = 06:30\n",
	  ":6: path p: QuotaReset does not fit QuotaPeriod" },
	{ PATH "Quota = 1G\nQuotaPeriod = week\n",
	  ": path p: QuotaPeriod needs braidd, and so PrivateKeyFile in [Device]" },
	{ DEVICE "[Socket]\nName = s\n", ":3: [Socket] has no Local" },
	{ DEVICE "[Socket]\nName = s\nLocal = auto\n[Socket]\nName = s\nLocal = auto\n",
	  ":6: a second socket s" },
	{ DEVICE "[Socket]\nName = s\nLocal = auto\n"
	  "[Peer]\nName = b\nAddress = 10.0.0.2\n"
	  "[Path]\nName = p\nRemote = 1.2.3.4:5\nSocket = s\nLocal = auto\n",
	  ":9: path p: Local, Link and Ports are the socket's when it names one" },
};

START_TEST(refusal)
{
	const struct refusal_case *c = &refusals[_i];
	char want[512];

	ck_assert_msg(parse(c->text) < 0, "taken:\n%s", c->text);
	snprintf(want, sizeof(want), "/etc/braid/t.conf%s", c->why);
	ck_assert_msg(!strncmp(err.text, want, strlen(want)),
		      "'%s' instead of '%s'", err.text, want);
	ck_assert_int_eq(err.exit, BR_FILE);
	ck_assert_ptr_null(config.peers);
}
END_TEST

START_TEST(small_is_enough)
{
	ck_assert_msg(!parse(DEVICE), "%s", err.text);
	ck_assert_uint_eq(config.table, BR_TABLE_MAIN);
	br_config_free(&config);
	ck_assert_msg(!parse("\xef\xbb\xbf[Device]\r\nName = b0\r\n"), "%s",
		      err.text);
	ck_assert_str_eq(config.name, "b0");
	br_config_free(&config);
	/* the bonding driver's names mean our own */
	ck_assert_msg(!parse(DEVICE "Policy = active-backup"), "%s", err.text);
	ck_assert_str_eq(config.policy, "standby");
	br_config_free(&config);
	ck_assert_msg(!parse(DEVICE "Policy = balance-xor"), "%s", err.text);
	ck_assert_str_eq(config.policy, "sticky");
	br_config_free(&config);
	ck_assert_msg(!parse(DEVICE "Policy = broadcast"), "%s", err.text);
	ck_assert_str_eq(config.policy, "redundant");
	br_config_free(&config);
	ck_assert_msg(!parse(DEVICE "Policy = built-in\nTable = off"), "%s",
		      err.text);
	ck_assert_str_eq(config.policy, "");
	ck_assert(!config.routes);
	br_config_free(&config);
}
END_TEST

/* What a period is unless it is given; without braidd there is none. */
START_TEST(budgets)
{
	ck_assert_msg(!parse(PATH "Quota = 20G\n"), "%s", err.text);
	ck_assert_uint_eq(config.paths[0].path.quota, 20000000000ULL);
	ck_assert_int_eq(config.paths[0].period.kind, BR_PERIOD_NONE);
	br_config_free(&config);
	ck_assert_msg(!parse(KEYED "Quota = 20G\n"), "%s", err.text);
	ck_assert_int_eq(config.paths[0].period.kind, BR_PERIOD_MONTH);
	ck_assert_uint_eq(config.paths[0].period.day, 1);
	br_config_free(&config);
	ck_assert_msg(!parse(KEYED "QuotaReset = 15 06:30\nQuota = 20G\n"),
		      "%s", err.text);
	ck_assert_int_eq(config.paths[0].period.kind, BR_PERIOD_MONTH);
	ck_assert_uint_eq(config.paths[0].period.day, 15);
	ck_assert_uint_eq(config.paths[0].period.second, 23400);
	br_config_free(&config);
	ck_assert_msg(!parse(KEYED "Quota = 1G\nQuotaPeriod = week\nQuotaReset = Sun\n"),
		      "%s", err.text);
	ck_assert_int_eq(config.paths[0].period.kind, BR_PERIOD_WEEK);
	ck_assert_uint_eq(config.paths[0].period.day, 6);
	br_config_free(&config);
}
END_TEST

START_TEST(zero_bytes)
{
	static const char text[] = DEVICE "Policy = a\0b\n";

	ck_assert_int_lt(parse_bytes(text, sizeof(text) - 1), 0);
	ck_assert_ptr_nonnull(strstr(err.text, ":3: a zero byte"));
}
END_TEST

START_TEST(long_commands)
{
	ck_assert_msg(!parse(DEVICE "PostUp = " LONG LONG LONG LONG ";b\n"),
		      "%s", err.text);
	ck_assert_str_eq(config.post_up.text[0], LONG LONG LONG LONG ";b");
	br_config_free(&config);
}
END_TEST

START_TEST(missing_file)
{
	ck_assert_int_lt(br_config_read("/nowhere/x.conf", &config, &err), 0);
	ck_assert_int_eq(err.exit, BR_FILE);
	ck_assert_str_eq(err.text,
			 "/nowhere/x.conf: No such file or directory");
}
END_TEST

/* Whatever is cut off or changed, the parser neither crashes nor leaks. */
static void mangle(uint64_t *seed)
{
	char text[sizeof(whole)];
	size_t len, i;

	memcpy(text, whole, sizeof(whole));
	for (i = 0; i < 8; i++)
		text[unit_below(seed, sizeof(whole) - 1)] =
			"=[]\n;#, /:x0"[unit_below(seed, 13)];
	len = 1 + unit_below(seed, sizeof(whole) - 1);
	if (!parse_bytes(text, len))
		br_config_free(&config);
	else
		ck_assert_str_ne(err.text, "");
}

START_TEST(mangled)
{
	uint64_t seed = 7;
	int i;

	for (i = 0; i < 2000; i++)
		mangle(&seed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *tc = tcase_create("config");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, device);
	tcase_add_test(tc, peers);
	tcase_add_test(tc, paths);
	tcase_add_test(tc, names_of_remotes);
	tcase_add_loop_test(tc, refusal, 0, ARRAY_SIZE(refusals));
	tcase_add_test(tc, small_is_enough);
	tcase_add_test(tc, budgets);
	tcase_add_test(tc, zero_bytes);
	tcase_add_test(tc, long_commands);
	tcase_add_test(tc, missing_file);
	tcase_add_test(tc, mangled);
	return unit_run(suite);
}
