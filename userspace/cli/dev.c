// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "alias.h"
#include "route.h"
#include "rulemap.h"
#include "text.h"
#include "total.h"
#include "verbs.h"

static int device_set(struct br_call *call, const struct br_device *device)
{
	struct br_nl *nl = br_nl_open(&call->err);
	int ret;

	if (!nl)
		return -call->err.code;
	ret = br_nl_do(nl, BRAID_CMD_DEVICE_SET, &br_device_type, device,
		       NULL, &call->err);
	br_nl_close(nl);
	return ret;
}

static int policy_set(struct br_call *call, uint32_t ifindex,
		      const char *policy)
{
	struct br_device device = { .ifindex = ifindex };

	/* the built-in one has no name, as far as the kernel is concerned */
	if (strcmp(policy, "built-in"))
		br_fill(device.policy, br_policy_alias(policy));
	br_set_has(&br_device_type, &device, "policy");
	return device_set(call, &device);
}

/*
 * An MTU that was asked for stays, even when it is what the device has anyway,
 * of which rtnetlink would not tell it.
 */
static int mtu_keep(struct br_call *call, uint32_t ifindex)
{
	const struct br_device *wanted = call->object;
	struct br_device device = { .ifindex = ifindex };

	if (!br_call_text(call, "mtu") && !br_call_text(call, "mtu-auto"))
		return 0;
	device.mtu_auto = wanted->mtu_auto;
	br_set_has(&br_device_type, &device, "mtu-auto");
	return device_set(call, &device);
}

/* The list was checked when it was parsed. */
static int addresses_add(struct br_call *call, struct br_rt *rt,
			 uint32_t ifindex, const char *list)
{
	char buf[BR_ADDRESS_TEXT];
	struct br_prefix addr;
	const char *why;
	int ret;

	while (list && !br_prefix_next(&list, &addr, &why)) {
		ret = br_rt_addr_add(rt, ifindex, &addr, &call->err);
		if (ret < 0)
			return br_where(&call->err, "address %s",
					br_prefix_text(&addr, buf));
	}
	return 0;
}

/* What add and set have in common. */
static int apply(struct br_call *call, struct br_rt *rt)
{
	const char *dev = br_call_text(call, "dev");
	const char *addresses = br_call_text(call, "address");
	const char *policy = br_call_text(call, "policy");
	struct br_link_change change = { .up = -1 };
	uint32_t ifindex;
	int ret;

	ret = br_rt_link_find(rt, dev, &ifindex, &call->err);
	if (!ret && policy)
		ret = policy_set(call, ifindex, policy);
	if (!ret && addresses)
		ret = addresses_add(call, rt, ifindex, addresses);
	if (ret)
		return ret;
	if (br_call_text(call, "mtu"))
		change.mtu = ((struct br_device *)call->object)->mtu;
	if (br_call_text(call, "up"))
		change.up = 1;
	else if (br_call_text(call, "down"))
		change.up = 0;
	if (change.mtu || change.up >= 0)
		ret = br_rt_link_change(rt, dev, &change, &call->err);
	return ret ? ret : mtu_keep(call, ifindex);
}

static int add(struct br_call *call)
{
	const struct br_device *wanted = call->object;
	const char *dev = br_call_text(call, "dev");
	struct br_rt *rt = br_rt_open(&call->err);
	struct br_error ignored;
	int ret;

	if (!rt)
		return -call->err.code;
	ret = br_rt_link_add(rt, dev, wanted->mtu, &call->err);
	if (ret)
		goto out_close;
	ret = apply(call, rt);
	if (ret)
		br_rt_link_del(rt, dev, &ignored);
out_close:
	br_rt_close(rt);
	return ret ? br_where(&call->err, "%s", dev) : 0;
}

static int set(struct br_call *call)
{
	struct br_rt *rt = br_rt_open(&call->err);
	int ret;

	if (!rt)
		return -call->err.code;
	ret = apply(call, rt);
	br_rt_close(rt);
	return ret ? br_where(&call->err, "%s", br_call_text(call, "dev")) : 0;
}

/* The device's rules and totals, which would stay behind */
static void steering_del(struct br_call *call)
{
	struct br_error ignored;
	struct br_nl *nl;
	uint32_t ifindex;

	if (br_call_device(call, &ifindex))
		return;
	nl = br_nl_open(&ignored);
	if (!nl)
		return;
	br_rulemap_forget(nl, ifindex);
	br_total_forget(nl, ifindex, false);
	br_nl_close(nl);
}

static int del(struct br_call *call)
{
	const char *dev = br_call_text(call, "dev");
	struct br_rt *rt = br_rt_open(&call->err);
	int ret;

	if (!rt)
		return -call->err.code;
	steering_del(call);
	ret = br_rt_link_del(rt, dev, &call->err);
	br_rt_close(rt);
	return ret ? br_where(&call->err, "%s", dev) : 0;
}

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "policy", "policy-active", "mtu", "mtu-auto", "peer-count", NULL
	};
	struct br_device *wanted = call->object;

	if (br_call_text(call, "dev")) {
		br_fill(wanted->name, br_call_text(call, "dev"));
		br_set_has(&br_device_type, wanted, "dev");
	}
	return br_call_show(call, BRAID_CMD_DEVICE_GET, columns);
}

#define POLICY	{ "policy", "POLICY|built-in", BR_WORD_FIELD, 0, NULL }
#define MTU	{ "mtu", "BYTES", BR_WORD_FIELD, 0, NULL }
#define AUTO	{ "mtu-auto", "yes|no", BR_WORD_FIELD, 0, NULL }
#define ADDRESS	{ "address", "ADDR/LEN,...", BR_WORD_PREFIXES, 0, NULL }
#define UP	{ "up", NULL, BR_WORD_FLAG, 0, NULL }
#define DOWN	{ "down", NULL, BR_WORD_FLAG, 0, NULL }

const struct br_command br_dev_commands[] = {
	{
		"dev", "add", &br_device_type, { BR_WORD_THE_DEV, POLICY, MTU, ADDRESS, UP, DOWN },
		add, "make a braid device",
	},
	{
		"dev", "set", &br_device_type, { BR_WORD_THE_DEV, POLICY, MTU, AUTO, ADDRESS, UP, DOWN },
		set, "change a device; addresses are added",
	},
	{
		"dev", "del", &br_device_type, { BR_WORD_THE_DEV },
		del, "delete a device and everything in it",
	},
	{
		"dev", "show", &br_device_type, { BR_WORD_ANY_DEV },
		show, "list devices",
	},
	{ NULL }
};
