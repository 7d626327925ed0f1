/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is told of each object, as attributes of a message. Device's lock, save
 * of policies; 0 or -EMSGSIZE.
 */
#ifndef BRAID_NETLINK_SHOW_H
#define BRAID_NETLINK_SHOW_H

struct braid_device;
struct braid_epoch;
struct braid_path;
struct braid_peer;
struct braid_policy_info;
struct braid_session;
struct braid_socket;
struct sk_buff;

int braid_fill_device(struct sk_buff *msg, struct braid_device *braid);
int braid_fill_socket(struct sk_buff *msg, struct braid_socket *sock);
int braid_fill_peer(struct sk_buff *msg, struct braid_peer *peer);
int braid_fill_path(struct sk_buff *msg, struct braid_path *path);
int braid_fill_key(struct sk_buff *msg, struct braid_peer *peer,
		   struct braid_session *s, struct braid_epoch *e);
int braid_fill_policy(struct sk_buff *msg, const struct braid_policy_info *i);

#endif
