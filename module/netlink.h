/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The netlink family: netlink.c has the verbs that change something,
 * netlink-show.c those that tell. Policies of attributes are generated.
 */
#ifndef BRAID_NETLINK_H
#define BRAID_NETLINK_H

#include <net/genetlink.h>

struct braid_device;

/* The device that pre_doit found; held until post_doit. */
static inline struct braid_device *braid_nl_device(struct genl_info *info)
{
	return info->user_ptr[0];
}

/* A required string, with a sentence when it is missing or empty. */
const char *braid_nl_name(struct genl_info *info, int attr, const char *what);

/*
 * Locks the device, unless it is being unregistered (-ENODEV). Every verb
 * works between this and braid_nl_unlock().
 */
int braid_nl_lock(struct braid_device *braid, struct genl_info *info);
void braid_nl_unlock(struct braid_device *braid);

#endif
