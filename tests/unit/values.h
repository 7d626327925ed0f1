/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values that every field of a kind takes or refuses, on the command line and in
 * a file alike, with what is said of those that it refuses.
 */
#ifndef BRAID_TESTS_VALUES_H
#define BRAID_TESTS_VALUES_H

struct bad {
	const char *text;
	const char *why;
};

#define NAME_WHY \
	"is not a name of at most 31 letters, digits or signs (no space, '/', ',')"
#define LONG_NAME	"0123456789abcdef0123456789abcdef"
#define NAME_BAD \
	{ { "", "'' " NAME_WHY }, { "a b", "'a b' " NAME_WHY }, \
	  { "a/b", "'a/b' " NAME_WHY }, { "a,b", "'a,b' " NAME_WHY }, \
	  { LONG_NAME, "'" LONG_NAME "' " NAME_WHY } }
#define NUMBER_BAD \
	{ { "", "'' is not a number" }, { "x", "'x' is not a number" }, \
	  { "-1", "'-1' is not a number" }, \
	  { "4294967296", "'4294967296' is not a number" } }
#define MARK_WHY	"is not a mark (a number, decimal or 0x...)"
#define MARK_BAD \
	{ { "", "'' " MARK_WHY }, { "red", "'red' " MARK_WHY }, \
	  { "0x100000000", "'0x100000000' " MARK_WHY } }
#define BOOL_BAD \
	{ { "", "'' is not yes or no" }, { "maybe", "'maybe' is not yes or no" } }
#define RATE_WHY	"is not a rate with its unit (kbit, mbit, gbit)"
#define RATE_BAD \
	{ { "", "'' " RATE_WHY }, { "20", "'20' " RATE_WHY }, \
	  { "fast", "'fast' " RATE_WHY }, { "-1mbit", "'-1mbit' " RATE_WHY } }
#define VOLUME_WHY	"is not a number of bytes, such as 500M, 20G or 4GiB"
#define VOLUME_BAD \
	{ { "", "'' " VOLUME_WHY }, { "much", "'much' " VOLUME_WHY }, \
	  { "-1G", "'-1G' " VOLUME_WHY }, { "20 G", "'20 G' " VOLUME_WHY }, \
	  { "20Gbit", "'20Gbit' " VOLUME_WHY }, \
	  { "99999999999999999999", "'99999999999999999999' " VOLUME_WHY } }
#define LINK_BAD \
	{ { "nowhere0", "'nowhere0' is not an interface of this namespace" } }
#define PORT_WHY	"has a port that is not a number up to 65535"
#define LOCAL_GOOD	{ "auto", "auto:7000", "10.0.0.1", "10.0.0.1:7000", \
			  "[fd00::1]:7000", "fd00::1" }
#define LOCAL_BAD \
	{ { "10.0.0.1:x", "'10.0.0.1:x' " PORT_WHY }, \
	  { "10.0.0.1:65536", "'10.0.0.1:65536' " PORT_WHY }, \
	  { "10.0.0", "'10.0.0' is not an IP address" }, \
	  { "[fd00::1", "'[fd00::1' is not an IPv6 address in brackets" } }
#define NET_BAD \
	{ { "10.0.0.1/33", "'10.0.0.1/33' has a prefix length out of range" }, \
	  { "nowhere", "'nowhere' is not an IP address" } }
#define PROTO_WHY \
	"is not a protocol (tcp, udp, icmp, icmpv6, sctp, dccp, gre, esp or a number up to 255)"
#define PROTO_BAD \
	{ { "tpc", "'tpc' " PROTO_WHY }, { "256", "'256' " PROTO_WHY } }
#define RANGE_WHY \
	"is not a port or a range of ports, such as 5060 or 10000-20000"
#define RANGE_BAD \
	{ { "0", "'0' " RANGE_WHY }, { "65536", "'65536' " RANGE_WHY }, \
	  { "9-8", "'9-8' " RANGE_WHY }, { "5-", "'5-' " RANGE_WHY }, \
	  { "sip", "'sip' " RANGE_WHY } }
#define DSCP_WHY \
	"is not a DSCP (a number up to 63, ef, va, le, be, cs0 to cs7, af11 to af43)"
#define DSCP_BAD \
	{ { "64", "'64' " DSCP_WHY }, { "cs8", "'cs8' " DSCP_WHY }, \
	  { "af14", "'af14' " DSCP_WHY }, { "af51", "'af51' " DSCP_WHY } }
#define SIZE_WHY \
	"is not a range of sizes, such as 0-64k or 1m- (0, or a power of two with k, m, g)"
#define SIZE_BAD \
	{ { "64k", "'64k' " SIZE_WHY }, { "0-3k", "'0-3k' " SIZE_WHY }, \
	  { "1m-64k", "'1m-64k' " SIZE_WHY }, { "large", "'large' " SIZE_WHY } }
#define NAMES_WHY	"is not a list of names (with commas)"
#define COSTS_WHY	"is not a cost or a range of costs, such as 0 or 0-10"
#define COSTS_BAD \
	{ { "x", "'x' " COSTS_WHY }, { "9-5", "'9-5' " COSTS_WHY }, \
	  { "4294967296", "'4294967296' " COSTS_WHY } }
#define VERDICT_WHY	"is not one of auto, pin, stripe, copy, drop"
#define TEXT_BAD	{ { "", "is empty" } }

#endif
