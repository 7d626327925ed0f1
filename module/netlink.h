/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The netlink family: netlink.c has the verbs that change something (those
 * of keys are in netlink-key.c, the controller's in netlink-frame.c),
 * netlink-get.c those that tell what netlink-show.c knows of each object.
 * Policies of attributes are generated.
 */
#ifndef BRAID_NETLINK_H
#define BRAID_NETLINK_H

#include <net/genetlink.h>

#include "socket.h"

struct braid_device;
struct braid_peer;

/* The device that pre_doit found; held until post_doit. */
static inline struct braid_device *braid_nl_device(struct genl_info *info)
{
	return info->user_ptr[0];
}

/* A required string, with a sentence when it is missing or empty. */
const char *braid_nl_name(struct genl_info *info, int attr, const char *what);
/* What an optional attribute says, or NULL or @otherwise. */
const char *braid_nl_string(struct genl_info *info, int attr);
u32 braid_nl_u32(struct genl_info *info, int attr, u32 otherwise);
int braid_nl_u8(struct genl_info *info, int attr, int otherwise);
/* The peer of that name; NULL, with a sentence. Device's lock. */
struct braid_peer *braid_nl_find_peer(struct braid_device *braid,
				      struct genl_info *info,
				      const char *name);

/*
 * Locks the device, unless it is being unregistered (-ENODEV). Every verb
 * works between this and braid_nl_unlock().
 */
int braid_nl_lock(struct braid_device *braid, struct genl_info *info);
void braid_nl_unlock(struct braid_device *braid);

/*
 * An address out of two attributes, of which at most one may be there, and of
 * the port's (0: there is none).
 */
int braid_nl_addr(struct genl_info *info, int attr4, int attr6, int attr_port,
		  union braid_addr *addr);
int braid_nl_put_addr(struct sk_buff *msg, int attr4, int attr6, int attr_port,
		      const union braid_addr *addr);

/*
 * Outer addresses belong to the namespace where the device was made: may the
 * caller use them? Device's lock.
 */
int braid_nl_outer_capable(struct braid_device *braid, struct sk_buff *skb,
			   struct genl_info *info);
#endif
