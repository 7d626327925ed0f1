/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses as people write them: 10.0.0.1, fd00::1, 10.0.0.1:4500,
 * [fd00::1]:4500, auto, auto:4500, 10.0.0.0/24.
 */
#ifndef BR_ADDRESS_H
#define BR_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Enough for "[v6]:port" and for "v6/128". */
#define BR_ADDRESS_TEXT		(INET6_ADDRSTRLEN + 10)

/**
 * struct br_addr - an IPv4 or IPv6 address
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for none ("auto")
 * @v4: the address, network order
 * @v6: the address
 */
struct br_addr {
	sa_family_t family;
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
};

/**
 * struct br_endpoint - address and port
 * @addr: the address; AF_UNSPEC lets the kernel choose
 * @port: host order; 0 lets the kernel choose
 */
struct br_endpoint {
	struct br_addr addr;
	uint16_t port;
};

/**
 * struct br_prefix - a network, or an address together with its network
 * @addr: the address, host bits kept as they were written
 * @len: bits of the network
 */
struct br_prefix {
	struct br_addr addr;
	uint8_t len;
};

/* Bytes and bits of an address; 0 for AF_UNSPEC. */
size_t br_addr_len(const struct br_addr *addr);
bool br_addr_equal(const struct br_addr *a, const struct br_addr *b);
bool br_addr_any(const struct br_addr *addr);
bool br_prefix_covers(const struct br_prefix *net, const struct br_addr *addr);

/*
 * Parsers return 0, or -EINVAL with *why a static phrase that follows
 * "'text' ", for example "is not an IP address".
 */
int br_addr_parse(const char *text, struct br_addr *addr, const char **why);
int br_prefix_parse(const char *text, struct br_prefix *net, const char **why);
/*
 * One of "10.0.0.1/24,fd00::1/64". *list is left at what was refused, else
 * moved behind the comma, to NULL after the last one.
 */
int br_prefix_next(const char **list, struct br_prefix *net, const char **why);
int br_endpoint_parse(const char *text, struct br_endpoint *end,
		      const char **why);

/* Formatters write at most BR_ADDRESS_TEXT bytes and return @buf. */
const char *br_addr_text(const struct br_addr *addr, char *buf);
const char *br_prefix_text(const struct br_prefix *net, char *buf);
const char *br_endpoint_text(const struct br_endpoint *end, char *buf);

#endif
