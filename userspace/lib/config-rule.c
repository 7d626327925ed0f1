// SPDX-License-Identifier: GPL-2.0
/* [Class] and [Rule] of braid.conf(5). */
#include "config-part.h"

#include <errno.h>
#include <string.h>

static int class_begin(struct br_ini_parser *p)
{
	p->config->class = (struct br_steer_class){ .has = 0 };
	p->object = &p->config->class;
	return 0;
}

static bool class_has(const struct br_config *c, const char *name)
{
	const struct br_steer_class *class;
	unsigned int i;

	for (i = 0; i < c->rules.classes.n; i++) {
		class = br_list_at(&c->rules.classes, i);
		if (!strcmp(class->name, name))
			return true;
	}
	return false;
}

/* A class may name paths that come later, by hand or by themselves. */
static int class_end(struct br_ini_parser *p)
{
	const struct br_steer_class *class = &p->config->class;
	int ret = br_ini_require(p, "Name");

	if (ret)
		return ret;
	if (class_has(p->config, class->name))
		ret = br_fail(p->err, BR_FILE, EINVAL, "a second class %s",
			      class->name);
	else
		ret = br_ruleset_class_set(&p->config->rules, class, p->err);
	return ret ? br_ini_located(p, p->begun) : 0;
}

static int rule_begin(struct br_ini_parser *p)
{
	p->config->rule = (struct br_steer_rule){ .has = 0 };
	p->object = &p->config->rule;
	return 0;
}

static int rule_end(struct br_ini_parser *p)
{
	const struct br_steer_rule *rule = &p->config->rule;
	int ret = br_ini_require(p, "Class");

	if (ret)
		return ret;
	if (!class_has(p->config, rule->class))
		ret = br_fail(p->err, BR_FILE, EINVAL,
			      "there is no [Class] %s above it", rule->class);
	else
		ret = br_ruleset_add(&p->config->rules, rule, p->err);
	return ret ? br_ini_located(p, p->begun) : 0;
}

const struct br_ini_section br_config_class_section = {
	"Class", class_begin, class_end, &br_steer_class_type,
	{
		{ "Name", .field = "class" },
		{ "Paths", .field = "paths" },
		{ "Cost", .field = "cost" },
		{ "Verdict", .field = "verdict" },
		{ "Fallback", .field = "fallback" },
		{ "MaxRTT", .field = "max-rtt" },
		{ "MaxJitter", .field = "max-jitter" },
		{ "MaxLoss", .field = "max-loss" },
		{ "MinRate", .field = "min-rate" },
	},
};

const struct br_ini_section br_config_rule_section = {
	"Rule", rule_begin, rule_end, &br_steer_rule_type,
	{
		{ "Pref", .field = "pref" },
		{ "From", .field = "from" },
		{ "To", .field = "to" },
		{ "Proto", .field = "proto" },
		{ "SPort", .field = "sport" },
		{ "DPort", .field = "dport" },
		{ "DSCP", .field = "dscp" },
		{ "Mark", .field = "mark" },
		{ "Size", .field = "size" },
		{ "Class", .field = "class" },
	},
};
