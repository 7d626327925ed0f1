/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices, addresses, routes and rules: what rtnetlink keeps, through libnl.
 */
#ifndef BR_ROUTE_H
#define BR_ROUTE_H

#include "address.h"
#include "failure.h"

#define BR_KIND		"braid"
#define BR_TABLE_MAIN	254
#define BR_TABLE_LOCAL	255

struct br_rt;

/* Return: to be closed by the caller; NULL with @err filled in */
struct br_rt *br_rt_open(struct br_error *err);
void br_rt_close(struct br_rt *rt);

/**
 * struct br_link_change - what to change of a device
 * @mtu: 0 leaves it
 * @up: 1 up, 0 down, -1 leaves it
 */
struct br_link_change {
	uint32_t mtu;
	int up;
};

/* Makes a braid device, down. */
int br_rt_link_add(struct br_rt *rt, const char *name, uint32_t mtu,
		   struct br_error *err);
/* These three refuse devices of another kind: nobody deletes eth0 with us. */
int br_rt_link_find(struct br_rt *rt, const char *name, uint32_t *ifindex,
		    struct br_error *err);
int br_rt_link_del(struct br_rt *rt, const char *name, struct br_error *err);
int br_rt_link_change(struct br_rt *rt, const char *name,
		      const struct br_link_change *change,
		      struct br_error *err);

/* Return: 1 when the device has that address already */
int br_rt_addr_add(struct br_rt *rt, uint32_t ifindex,
		   const struct br_prefix *addr, struct br_error *err);

int br_rt_addr_del(struct br_rt *rt, uint32_t ifindex,
		   const struct br_prefix *addr, struct br_error *err);

/**
 * struct br_route - a route over a braid device
 * @to: network
 * @via: next hop, of either family; AF_UNSPEC for none
 * @ifindex: the device
 * @table: routing table
 */
struct br_route {
	struct br_prefix to;
	struct br_addr via;
	uint32_t ifindex;
	uint32_t table;
};

/* Return: 1 when the very same route is there already */
int br_rt_route_add(struct br_rt *rt, const struct br_route *route,
		    struct br_error *err);

int br_rt_route_del(struct br_rt *rt, const struct br_route *route,
		    struct br_error *err);

/**
 * struct br_rule - a rule that sends all but marked packets to a table
 * @family: AF_INET or AF_INET6
 * @mark: of packets that it does not concern; 0: of those that the main table
 *	has more than a default route for (suppress_prefixlength 0)
 * @table: where the others look
 */
struct br_rule {
	int family;
	uint32_t mark;
	uint32_t table;
};

/* Return: 1 when it is there already, which only one with a mark can be */
int br_rt_rule_add(struct br_rt *rt, const struct br_rule *rule,
		   struct br_error *err);
int br_rt_rule_del(struct br_rt *rt, const struct br_rule *rule,
		   struct br_error *err);

#endif
