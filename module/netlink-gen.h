/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/braid.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_BRAID_GEN_H
#define _LINUX_BRAID_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <linux/braid.h>

int braid_nl_pre_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
		      struct genl_info *info);
void
braid_nl_post_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
		   struct genl_info *info);

int braid_nl_device_get_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_device_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int braid_nl_device_set_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_socket_new_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_socket_get_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_socket_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int braid_nl_socket_del_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_peer_new_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_peer_set_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int braid_nl_peer_del_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_path_new_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_path_set_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_path_get_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_path_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int braid_nl_path_del_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_path_probe_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_key_new_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_key_get_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_key_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int braid_nl_key_swap_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_key_del_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_policy_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int braid_nl_controller_set_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_controller_del_doit(struct sk_buff *skb, struct genl_info *info);
int braid_nl_frame_send_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	BRAID_NLGRP_EVENTS,
};

extern struct genl_family braid_nl_family;

#endif /* _LINUX_BRAID_GEN_H */
