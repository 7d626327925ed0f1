// SPDX-License-Identifier: GPL-2.0
#include "route.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "refusal.h"

/**
 * struct br_rt - a client of rtnetlink
 * @sock: libnl's socket
 * @why: the kernel's newest refusal, in its own words
 */
struct br_rt {
	struct nl_sock *sock;
	struct br_error why;
};

/* libnl turns a refusal into a number and drops the sentence: keep that. */
static int refused(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	const struct nlmsghdr *nlh;
	struct br_rt *rt = arg;

	(void)from;
	nlh = (const struct nlmsghdr *)((const char *)e - NLMSG_HDRLEN);
	br_refusal_read(nlh, NULL, NULL, &rt->why);
	return -nl_syserr2nlerr(e->error);
}

struct br_rt *br_rt_open(struct br_error *err)
{
	struct br_rt *rt = calloc(1, sizeof(*rt));
	int ret, on = 1;

	if (rt)
		rt->sock = nl_socket_alloc();
	if (!rt || !rt->sock) {
		br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
		goto err_close;
	}
	ret = nl_connect(rt->sock, NETLINK_ROUTE);
	if (ret) {
		br_fail(err, BR_KERNEL, EIO, "opening a route socket: %s",
			nl_geterror(ret));
		goto err_close;
	}
	nl_socket_modify_err_cb(rt->sock, NL_CB_CUSTOM, refused, rt);
	/* without it refusals are bare numbers, which is no reason to fail */
	setsockopt(nl_socket_get_fd(rt->sock), SOL_NETLINK, NETLINK_EXT_ACK,
		   &on, sizeof(on));
	return rt;

err_close:
	br_rt_close(rt);
	return NULL;
}

void br_rt_close(struct br_rt *rt)
{
	if (rt && rt->sock)
		nl_socket_free(rt->sock);
	free(rt);
}

/* libnl has numbers of its own; those that callers tell apart become errno. */
static int code_of(int ret)
{
	switch (-ret) {
	case NLE_EXIST:
		return -EEXIST;
	case NLE_OBJ_NOTFOUND:
	case NLE_NODEV:
		return -ENODEV;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	case NLE_NOMEM:
		return -ENOMEM;
	default:
		return -EINVAL;
	}
}

static int refuse(struct br_rt *rt, int ret, struct br_error *err)
{
	if (!rt->why.code)
		return br_fail(err, BR_KERNEL, -code_of(ret), "%s",
			       nl_geterror(ret));
	*err = rt->why;
	rt->why.code = 0;
	return -err->code;
}

int br_rt_link_add(struct br_rt *rt, const char *name, uint32_t mtu,
		   struct br_error *err)
{
	struct rtnl_link *link = rtnl_link_alloc();
	int ret = link ? 0 : -NLE_NOMEM;

	if (!ret)
		ret = rtnl_link_set_type(link, BR_KIND);
	/* libnl knows kinds it has code for; others are sent by name alone */
	if (!ret) {
		rtnl_link_set_name(link, name);
		if (mtu)
			rtnl_link_set_mtu(link, mtu);
		ret = rtnl_link_add(rt->sock, link,
				    NLM_F_CREATE | NLM_F_EXCL);
	}
	rtnl_link_put(link);
	if (ret == -NLE_OPNOTSUPP) {
		rt->why.code = 0;
		return br_fail(err, BR_KERNEL, EOPNOTSUPP,
			"the kernel module is not loaded (modprobe braid)");
	}
	return ret ? refuse(rt, ret, err) : 0;
}

static int link_get(struct br_rt *rt, const char *name,
		    struct rtnl_link **link, struct br_error *err)
{
	int ret = rtnl_link_get_kernel(rt->sock, 0, name, link);
	const char *kind;

	if (ret == -NLE_NODEV || ret == -NLE_OBJ_NOTFOUND) {
		rt->why.code = 0;
		return br_fail(err, BR_KERNEL, ENODEV, "no such device");
	}
	if (ret)
		return refuse(rt, ret, err);
	kind = rtnl_link_get_type(*link);
	if (!kind || strcmp(kind, BR_KIND)) {
		rtnl_link_put(*link);
		return br_fail(err, BR_KERNEL, EINVAL, "not a braid device");
	}
	return 0;
}

int br_rt_link_find(struct br_rt *rt, const char *name, uint32_t *ifindex,
		    struct br_error *err)
{
	struct rtnl_link *link;
	int ret = link_get(rt, name, &link, err);

	if (ret)
		return ret;
	*ifindex = rtnl_link_get_ifindex(link);
	rtnl_link_put(link);
	return 0;
}

int br_rt_link_del(struct br_rt *rt, const char *name, struct br_error *err)
{
	struct rtnl_link *link;
	int ret = link_get(rt, name, &link, err);

	if (ret)
		return ret;
	ret = rtnl_link_delete(rt->sock, link);
	rtnl_link_put(link);
	return ret ? refuse(rt, ret, err) : 0;
}

int br_rt_link_change(struct br_rt *rt, const char *name,
		      const struct br_link_change *change,
		      struct br_error *err)
{
	struct rtnl_link *link, *wanted;
	int ret = link_get(rt, name, &link, err);

	if (ret)
		return ret;
	wanted = rtnl_link_alloc();
	ret = wanted ? 0 : -NLE_NOMEM;
	if (!ret) {
		if (change->mtu)
			rtnl_link_set_mtu(wanted, change->mtu);
		if (change->up > 0)
			rtnl_link_set_flags(wanted, IFF_UP);
		else if (!change->up)
			rtnl_link_unset_flags(wanted, IFF_UP);
		ret = rtnl_link_change(rt->sock, link, wanted, 0);
	}
	rtnl_link_put(wanted);
	rtnl_link_put(link);
	return ret ? refuse(rt, ret, err) : 0;
}

static struct nl_addr *addr_make(const struct br_addr *addr, unsigned int len)
{
	struct nl_addr *made = nl_addr_build(addr->family, &addr->v6,
					     br_addr_len(addr));

	if (made)
		nl_addr_set_prefixlen(made, len);
	return made;
}

static int addr_change(struct br_rt *rt, uint32_t ifindex,
		       const struct br_prefix *addr, bool add)
{
	struct nl_addr *local = addr_make(&addr->addr, addr->len);
	struct rtnl_addr *new = rtnl_addr_alloc();
	int ret = local && new ? 0 : -NLE_NOMEM;

	if (!ret) {
		rtnl_addr_set_ifindex(new, ifindex);
		ret = rtnl_addr_set_local(new, local);
	}
	if (!ret)
		ret = add ? rtnl_addr_add(rt->sock, new, NLM_F_EXCL) :
			    rtnl_addr_delete(rt->sock, new, 0);
	rtnl_addr_put(new);
	nl_addr_put(local);
	return ret;
}

int br_rt_addr_add(struct br_rt *rt, uint32_t ifindex,
		   const struct br_prefix *addr, struct br_error *err)
{
	int ret = addr_change(rt, ifindex, addr, true);

	if (ret == -NLE_EXIST) {
		rt->why.code = 0;
		return 1;
	}
	return ret ? refuse(rt, ret, err) : 0;
}

int br_rt_addr_del(struct br_rt *rt, uint32_t ifindex,
		   const struct br_prefix *addr, struct br_error *err)
{
	int ret = addr_change(rt, ifindex, addr, false);

	return ret ? refuse(rt, ret, err) : 0;
}

/* The network's address: the kernel refuses routes with host bits set. */
static struct br_addr network(const struct br_prefix *net)
{
	unsigned int len = br_addr_len(&net->addr), i;
	struct br_addr addr = net->addr;
	uint8_t *byte = (uint8_t *)&addr.v6;

	for (i = 0; i < len; i++)
		if (8 * i + 8 > net->len)
			byte[i] &= 8 * i >= net->len ?
				   0 : 0xff << (8 * i + 8 - net->len);
	return addr;
}

/*
 * The next hop is reached over the device whatever the device's own networks
 * are, hence onlink. A next hop of the other family goes into RTA_VIA.
 */
static int nexthop_add(struct rtnl_route *to, const struct br_route *route)
{
	struct rtnl_nexthop *nh = rtnl_route_nh_alloc();
	struct nl_addr *via = NULL;
	int ret = nh ? 0 : -NLE_NOMEM;

	if (ret)
		return ret;
	rtnl_route_nh_set_ifindex(nh, route->ifindex);
	if (route->via.family != AF_UNSPEC) {
		via = addr_make(&route->via, 8 * br_addr_len(&route->via));
		if (!via)
			ret = -NLE_NOMEM;
		else if (route->via.family == route->to.addr.family)
			rtnl_route_nh_set_gateway(nh, via);
		else
			ret = rtnl_route_nh_set_via(nh, via);
		rtnl_route_nh_set_flags(nh, RTNH_F_ONLINK);
	}
	nl_addr_put(via);
	if (ret)
		rtnl_route_nh_free(nh);
	else
		rtnl_route_add_nexthop(to, nh);
	return ret;
}

static struct rtnl_route *route_make(const struct br_route *route)
{
	struct br_addr to = network(&route->to);
	struct nl_addr *dst = addr_make(&to, route->to.len);
	struct rtnl_route *new = rtnl_route_alloc();
	int ret = dst && new ? 0 : -NLE_NOMEM;

	if (!ret) {
		rtnl_route_set_family(new, to.family);
		rtnl_route_set_table(new, route->table);
		rtnl_route_set_protocol(new, RTPROT_STATIC);
		rtnl_route_set_scope(new, route->via.family == AF_UNSPEC ?
				     RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
		ret = rtnl_route_set_dst(new, dst);
	}
	if (!ret)
		ret = nexthop_add(new, route);
	nl_addr_put(dst);
	if (!ret)
		return new;
	rtnl_route_put(new);
	return NULL;
}

/* libnl's own comparison takes a default route without an address for another. */
static bool same_network(struct nl_addr *a, struct nl_addr *b)
{
	return nl_addr_get_prefixlen(a) == nl_addr_get_prefixlen(b) &&
	       !nl_addr_cmp_prefix(a, b);
}

/* Whether what is there already leads over the same device. */
static bool route_there(struct br_rt *rt, const struct br_route *route)
{
	struct br_addr to = network(&route->to);
	struct nl_addr *dst = addr_make(&to, route->to.len);
	struct rtnl_nexthop *nh;
	struct nl_object *obj;
	struct rtnl_route *r;
	struct nl_cache *all;
	bool found = false;

	if (!dst || rtnl_route_alloc_cache(rt->sock, to.family, 0, &all) < 0) {
		nl_addr_put(dst);
		return false;
	}
	for (obj = nl_cache_get_first(all); obj && !found;
	     obj = nl_cache_get_next(obj)) {
		r = (struct rtnl_route *)obj;
		nh = rtnl_route_nexthop_n(r, 0);
		found = nh && rtnl_route_get_table(r) == route->table &&
			(uint32_t)rtnl_route_nh_get_ifindex(nh) ==
				route->ifindex &&
			same_network(rtnl_route_get_dst(r), dst);
	}
	nl_cache_free(all);
	nl_addr_put(dst);
	return found;
}

int br_rt_route_add(struct br_rt *rt, const struct br_route *route,
		    struct br_error *err)
{
	struct rtnl_route *new = route_make(route);
	int ret = new ? rtnl_route_add(rt->sock, new,
				       NLM_F_CREATE | NLM_F_EXCL) : -NLE_NOMEM;

	rtnl_route_put(new);
	if (ret == -NLE_EXIST)
		rt->why.code = 0;
	if (ret == -NLE_EXIST && route_there(rt, route))
		return 1;
	if (ret == -NLE_EXIST)
		return br_fail(err, BR_KERNEL, EEXIST,
			       "there is another route to that network");
	return ret ? refuse(rt, ret, err) : 0;
}

int br_rt_route_del(struct br_rt *rt, const struct br_route *route,
		    struct br_error *err)
{
	struct rtnl_route *old = route_make(route);
	int ret = old ? rtnl_route_delete(rt->sock, old, 0) : -NLE_NOMEM;

	rtnl_route_put(old);
	return ret ? refuse(rt, ret, err) : 0;
}

/* What libnl's rules lack is put into its message by hand. */
static int rule_send(struct br_rt *rt, const struct br_rule *rule, bool add)
{
	struct rtnl_rule *new = rtnl_rule_alloc();
	struct fib_rule_hdr *hdr;
	struct nl_msg *msg;
	int ret;

	if (!new)
		return -NLE_NOMEM;
	rtnl_rule_set_family(new, rule->family);
	rtnl_rule_set_action(new, FR_ACT_TO_TBL);
	rtnl_rule_set_table(new, rule->table);
	if (rule->mark)
		rtnl_rule_set_mark(new, rule->mark);
	ret = add ? rtnl_rule_build_add_request(new, NLM_F_CREATE | NLM_F_EXCL,
						&msg) :
		    rtnl_rule_build_delete_request(new, 0, &msg);
	rtnl_rule_put(new);
	if (ret)
		return ret;
	hdr = nlmsg_data(nlmsg_hdr(msg));
	if (rule->mark)
		hdr->flags |= FIB_RULE_INVERT;
	else
		ret = nla_put_u32(msg, FRA_SUPPRESS_PREFIXLEN, 0);
	if (ret) {
		nlmsg_free(msg);
		return ret;
	}
	return nl_send_sync(rt->sock, msg);
}

/* A rule that is looked for, and whether it was seen. */
struct rule_search {
	const struct br_rule *rule;
	bool found;
};

static int rule_seen(struct nl_msg *msg, void *arg)
{
	const struct fib_rule_hdr *hdr = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *tb[FRA_MAX + 1];
	struct rule_search *s = arg;
	bool marked;

	if (nlmsg_parse(nlmsg_hdr(msg), sizeof(*hdr), tb, FRA_MAX, NULL) ||
	    !tb[FRA_TABLE] || tb[FRA_SRC] || tb[FRA_DST] || tb[FRA_IIFNAME] ||
	    tb[FRA_OIFNAME])
		return NL_SKIP;
	marked = tb[FRA_FWMARK] && hdr->flags & FIB_RULE_INVERT &&
		 nla_get_u32(tb[FRA_FWMARK]) == s->rule->mark;
	if (hdr->family == s->rule->family && hdr->action == FR_ACT_TO_TBL &&
	    nla_get_u32(tb[FRA_TABLE]) == s->rule->table && marked)
		s->found = true;
	return NL_OK;
}

/*
 * To the kernel, rules without a preference of their own are never the same. Of
 * those without a mark each device has its own, so that they go one by one.
 */
static bool rule_there(struct br_rt *rt, const struct br_rule *rule)
{
	struct fib_rule_hdr hdr = { .family = rule->family };
	struct rule_search search = { .rule = rule };
	struct nl_cb *cb = rule->mark ? nl_cb_alloc(NL_CB_DEFAULT) : NULL;

	if (!cb)
		return false;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, rule_seen, &search);
	if (nl_send_simple(rt->sock, RTM_GETRULE, NLM_F_DUMP, &hdr,
			   sizeof(hdr)) >= 0)
		nl_recvmsgs(rt->sock, cb);
	nl_cb_put(cb);
	return search.found;
}

int br_rt_rule_add(struct br_rt *rt, const struct br_rule *rule,
		   struct br_error *err)
{
	int ret;

	if (rule_there(rt, rule))
		return 1;
	ret = rule_send(rt, rule, true);
	return ret < 0 ? refuse(rt, ret, err) : 0;
}

int br_rt_rule_del(struct br_rt *rt, const struct br_rule *rule,
		   struct br_error *err)
{
	int ret = rule_send(rt, rule, false);

	return ret < 0 ? refuse(rt, ret, err) : 0;
}
