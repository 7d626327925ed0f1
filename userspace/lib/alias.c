// SPDX-License-Identifier: GPL-2.0
#include "alias.h"

#include <string.h>

#include "text.h"

/* As Documentation/networking/bonding.rst of the kernel has them. */
static const struct {
	const char *mode;
	const char *policy;
} aliases[] = {
	{ "active-backup", "standby" },
	{ "balance-xor", "sticky" },
	{ "broadcast", "redundant" },
};

const char *br_policy_alias(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(aliases); i++)
		if (!strcmp(aliases[i].mode, name))
			return aliases[i].policy;
	return name;
}
