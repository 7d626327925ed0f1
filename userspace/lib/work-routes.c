// SPDX-License-Identifier: GPL-2.0
/* Addresses, routes and rules of a tunnel that comes up. */
#include <errno.h>

#include "apply.h"
#include "work.h"

int br_work_address(struct br_work *w, const struct br_prefix *addr)
{
	struct br_made made = { .kind = BR_MADE_ADDRESS, .prefix = *addr };
	char text[BR_ADDRESS_TEXT];
	int ret;

	ret = br_rt_addr_add(w->rt, w->ifindex, addr, w->err);
	if (ret < 0)
		return br_where(w->err, "address %s",
				br_prefix_text(addr, text));
	return ret ? 0 : br_work_made(w, &made, "address",
				      br_prefix_text(addr, text));
}

static int route_up(struct br_work *w, const struct br_route *route)
{
	struct br_made made = { .kind = BR_MADE_ROUTE, .route = *route };
	char text[BR_ADDRESS_TEXT];
	int ret;

	ret = br_rt_route_add(w->rt, route, w->err);
	if (ret < 0)
		return br_where(w->err, "route %s",
				br_prefix_text(&route->to, text));
	return ret ? 0 : br_work_made(w, &made, "route",
				      br_prefix_text(&route->to, text));
}

/* A peer's address that no network of the device covers needs a route. */
static int peer_address_up(struct br_work *w, const struct br_addr *addr)
{
	struct br_route route = {
		.to = { .addr = *addr, .len = 8 * br_addr_len(addr) },
		.ifindex = w->ifindex, .table = BR_TABLE_MAIN,
	};
	unsigned int i;

	for (i = 0; i < w->config->address.n; i++)
		if (br_prefix_covers(&w->config->address.p[i], addr))
			return 0;
	return route_up(w, &route);
}

/*
 * The next hop names the peer; it is of the other family only where the parser
 * has seen that the kernel can do it.
 */
static const struct br_addr *next_hop(const struct br_peer *peer,
				      sa_family_t family)
{
	unsigned int i;

	for (i = 0; i < peer->address.n; i++)
		if (peer->address.a[i].family == family)
			return &peer->address.a[i];
	return &peer->address.a[0];
}

struct br_route br_apply_route(const struct br_config *config,
			       const struct br_config_peer *peer,
			       unsigned int i, uint32_t ifindex)
{
	const struct br_prefix *to = &peer->route.p[i];

	return (struct br_route){
		.to = *to,
		.via = *next_hop(&peer->peer, to->addr.family),
		.ifindex = ifindex,
		.table = config->table,
	};
}

int br_work_routes(struct br_work *w, const struct br_config_peer *peer)
{
	struct br_route route;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < peer->peer.address.n; i++)
		ret = peer_address_up(w, &peer->peer.address.a[i]);
	for (i = 0; !ret && i < peer->route.n; i++) {
		route = br_apply_route(w->config, peer, i, w->ifindex);
		ret = route_up(w, &route);
	}
	return ret;
}

/* Return: 1 when it was there */
static int rule_up(struct br_work *w, int family, uint32_t mark)
{
	struct br_made made = {
		.kind = BR_MADE_RULE,
		.rule = {
			.family = family, .mark = mark,
			.table = mark ? w->config->table : BR_TABLE_MAIN,
		},
	};
	int ret = br_rt_rule_add(w->rt, &made.rule, w->err);

	if (ret < 0)
		return br_where(w->err, "rule for table %u",
				made.rule.table);
	return ret ? 1 : br_work_made(w, &made, "rule",
				      mark ? "for its table" : "for the main table");
}

static bool routes_family(const struct br_config *c, int family)
{
	unsigned int i, j;

	for (i = 0; i < c->n_peers; i++)
		for (j = 0; j < c->peers[i].route.n; j++)
			if (c->peers[i].route.p[j].addr.family == family)
				return true;
	return false;
}

/*
 * With a table of its own: all but the tunnel's own packets look there, and
 * before that in the main table for anything but a default route. The newest
 * rule is looked at first, so that they are made in this order. Where the first
 * is there, both are.
 */
int br_work_rules(struct br_work *w)
{
	static const int families[] = { AF_INET, AF_INET6 };
	unsigned int i;
	int ret = 0;

	if (w->config->table == BR_TABLE_MAIN || !w->config->routes)
		return 0;
	for (i = 0; !ret && i < 2; i++) {
		if (!routes_family(w->config, families[i]))
			continue;
		ret = rule_up(w, families[i], w->config->fwmark);
		if (!ret)
			ret = rule_up(w, families[i], 0);
		ret = ret < 0 ? ret : 0;
	}
	return ret;
}

unsigned int br_rules_down(const struct br_config *c, struct br_rt *rt)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct br_rule rule = { .table = c->table, .mark = c->fwmark };
	struct br_rule main_rule = { .table = BR_TABLE_MAIN };
	struct br_error ignored;
	unsigned int i, n = 0;

	if (c->table == BR_TABLE_MAIN || !c->routes)
		return 0;
	for (i = 0; i < 2; i++) {
		if (!routes_family(c, families[i]))
			continue;
		rule.family = families[i];
		main_rule.family = families[i];
		n += !br_rt_rule_del(rt, &main_rule, &ignored);
		n += !br_rt_rule_del(rt, &rule, &ignored);
	}
	return n;
}
