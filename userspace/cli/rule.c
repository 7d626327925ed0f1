// SPDX-License-Identifier: GPL-2.0
/* Rules and classes: which flows, and what is done with them. */
#include <errno.h>
#include <string.h>

#include "limit.h"
#include "rulemap.h"
#include "verbs.h"

/**
 * struct change - one command's work on a device's rules
 * @call: the command
 * @nl: braid's family
 * @map: where they are
 * @old: as they were
 * @new: as they are to be
 */
struct change {
	struct br_call *call;
	struct br_nl *nl;
	struct br_rulemap map;
	struct br_ruleset old;
	struct br_ruleset new;
};

static int change_begin(struct change *c, struct br_call *call)
{
	struct br_error *err = &call->err;
	uint32_t ifindex;
	int ret;

	*c = (struct change){ .call = call };
	br_ruleset_init(&c->old);
	br_ruleset_init(&c->new);
	ret = br_call_device(call, &ifindex);
	if (ret)
		return ret;
	c->nl = br_nl_open(err);
	if (!c->nl)
		return -err->code;
	ret = br_rulemap_open(&c->map, c->nl, ifindex, err);
	if (ret) {
		br_nl_close(c->nl);
		return ret;
	}
	ret = br_rulemap_read(&c->map, &c->old, err);
	if (!ret)
		ret = br_rulemap_read(&c->map, &c->new, err);
	return ret;
}

static int change_end(struct change *c, int ret)
{
	struct br_error *err = &c->call->err;

	if (c->nl && !ret)
		ret = br_rulemap_write(&c->map, &c->old, &c->new, err);
	br_ruleset_free(&c->old);
	br_ruleset_free(&c->new);
	if (c->nl) {
		br_rulemap_close(&c->map);
		br_nl_close(c->nl);
	}
	return ret ? br_where(err, "%s", br_call_text(c->call, "dev")) : 0;
}

static int rule_add(struct br_call *call)
{
	struct change c;
	int ret = change_begin(&c, call);

	if (!ret)
		ret = br_ruleset_add(&c.new, call->object, &call->err);
	return change_end(&c, ret);
}

static int rule_del(struct br_call *call)
{
	const struct br_steer_rule *rule = call->object;
	struct change c;
	int ret = change_begin(&c, call);

	if (!ret)
		ret = br_ruleset_del(&c.new, rule->pref, &call->err);
	return change_end(&c, ret);
}

static int rule_flush(struct br_call *call)
{
	struct change c;
	int ret = change_begin(&c, call);

	br_list_free(&c.new.rules);
	c.new.rules = (struct br_list){ .type = &br_steer_rule_type };
	return change_end(&c, ret);
}

static int class_set(struct br_call *call)
{
	struct change c;
	int ret = change_begin(&c, call);

	if (!ret)
		ret = br_ruleset_class_set(&c.new, call->object, &call->err);
	return change_end(&c, ret);
}

static int class_del(struct br_call *call)
{
	const struct br_steer_class *class = call->object;
	struct change c;
	int ret = change_begin(&c, call);

	if (!ret)
		ret = br_ruleset_class_del(&c.new, class->name, &call->err);
	return change_end(&c, ret);
}

/* Appends a device's rules, or its classes. */
static int list_add(struct br_call *call, struct br_nl *nl, uint32_t ifindex,
		    struct br_list *to)
{
	struct br_rulemap map;
	struct br_ruleset set;
	struct br_list *from;
	unsigned int i;
	void *item;
	int ret;

	ret = br_rulemap_open(&map, nl, ifindex, &call->err);
	if (ret)
		return ret;
	ret = br_rulemap_read(&map, &set, &call->err);
	if (!ret)
		ret = br_limits_tell(nl, ifindex, &set.classes, &call->err);
	from = to->type == &br_steer_rule_type ? &set.rules : &set.classes;
	for (i = 0; !ret && i < from->n; i++) {
		item = br_list_add(to);
		if (item)
			memcpy(item, br_list_at(from, i), to->type->size);
		else
			ret = br_fail(&call->err, BR_KERNEL, ENOMEM,
				      "out of memory");
	}
	br_ruleset_free(&set);
	br_rulemap_close(&map);
	return ret;
}

/* Of the device that was named, or of all. */
static int lists_add(struct br_call *call, struct br_nl *nl, struct br_list *to)
{
	struct br_list devices = { .type = &br_device_type };
	const struct br_device *dev;
	uint32_t ifindex;
	unsigned int i;
	int ret;

	ret = br_call_device(call, &ifindex);
	if (ret || ifindex)
		return ret ? ret : list_add(call, nl, ifindex, to);
	ret = br_nl_dump(nl, BRAID_CMD_DEVICE_GET, &br_device_type, 0, &devices,
			 &call->err);
	for (i = 0; !ret && i < devices.n; i++) {
		dev = br_list_at(&devices, i);
		ret = list_add(call, nl, dev->ifindex, to);
	}
	br_list_free(&devices);
	return ret;
}

static int list(struct br_call *call, const char *const *columns)
{
	struct br_list list = { .type = call->command->type };
	struct br_nl *nl = br_nl_open(&call->err);
	int ret;

	if (!nl)
		return -call->err.code;
	ret = lists_add(call, nl, &list);
	if (!ret)
		ret = br_list_print(&call->out, &list, columns);
	br_list_free(&list);
	br_nl_close(nl);
	return ret;
}

static int rule_list(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "pref", "from", "to", "proto", "sport", "dport", "dscp",
		"mark", "size", "class", "hits", NULL
	};

	return list(call, columns);
}

static int class_list(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "class", "paths", "cost", "verdict", "fallback",
		"max-rtt", "max-jitter", "max-loss", "min-rate", "rules",
		"left", NULL
	};

	return list(call, columns);
}

#define FIELD(name, value, flags) \
	{ name, value, BR_WORD_FIELD, flags, NULL }
#define CLASS	FIELD("class", "CLASS", BR_REQUIRED)

const struct br_command br_rule_commands[] = {
	{
		"rule", "add", &br_steer_rule_type,
		{
			BR_WORD_THE_DEV,
			FIELD("pref", "N", 0),
			FIELD("from", "NET", 0),
			FIELD("to", "NET", 0),
			FIELD("proto", "PROTO", 0),
			FIELD("sport", "PORT[-PORT]", 0),
			FIELD("dport", "PORT[-PORT]", 0),
			FIELD("dscp", "DSCP", 0),
			FIELD("mark", "MARK", 0),
			FIELD("size", "FROM-[TO]", 0),
			CLASS,
		},
		rule_add, "put flows into a class",
	},
	{
		"rule", "del", &br_steer_rule_type,
		{ BR_WORD_THE_DEV, FIELD("pref", "N", BR_REQUIRED) },
		rule_del, "delete a rule",
	},
	{
		"rule", "flush", &br_steer_rule_type, { BR_WORD_THE_DEV },
		rule_flush, "delete all rules of a device; classes stay",
	},
	{
		"rule", "list", &br_steer_rule_type, { BR_WORD_ANY_DEV },
		rule_list, "list rules, the one that counts first first",
	},
	{
		"class", "set", &br_steer_class_type,
		{
			BR_WORD_THE_DEV, CLASS,
			FIELD("paths", "PATH,...", 0),
			FIELD("cost", "N[-N]", 0),
			FIELD("verdict", "VERDICT", 0),
			FIELD("fallback", "any|drop", 0),
			FIELD("max-rtt", "TIME", 0),
			FIELD("max-jitter", "TIME", 0),
			FIELD("max-loss", "SHARE", 0),
			FIELD("min-rate", "RATE", 0),
		},
		class_set, "make a class, or change one",
	},
	{
		"class", "del", &br_steer_class_type,
		{ BR_WORD_THE_DEV, CLASS },
		class_del, "delete a class that no rule uses",
	},
	{
		"class", "list", &br_steer_class_type, { BR_WORD_ANY_DEV },
		class_list, "list classes",
	},
	{ NULL }
};
