/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other names of policies: those of the bonding driver's modes, which many
 * know. The kernel knows only our own.
 */
#ifndef BR_ALIAS_H
#define BR_ALIAS_H

/* Our name of the policy that is called @name elsewhere; else @name itself. */
const char *br_policy_alias(const char *name);

#endif
