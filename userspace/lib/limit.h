/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which paths classes have left, since they are beyond their limits: out of the
 * map that policies keep.
 */
#ifndef BR_LIMIT_H
#define BR_LIMIT_H

#include "netlink.h"

/*
 * Fills in what each of the classes (struct br_steer_class), all of one device,
 * has left: "site-b wan1 (loss 12 s)", with commas between. A map that is not
 * there is no error: then no class has limits.
 */
int br_limits_tell(struct br_nl *nl, uint32_t ifindex, struct br_list *classes,
		   struct br_error *err);

/* "rtt+loss" of BRAID_LIMIT_*. Return: @buf, BR_NAME bytes */
const char *br_limit_text(uint32_t why, char *buf);

#endif
