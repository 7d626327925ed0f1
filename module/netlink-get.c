// SPDX-License-Identifier: GPL-2.0
#include <linux/rtnetlink.h>

#include "device.h"
#include "netlink-gen.h"
#include "netlink-show.h"
#include "netlink.h"
#include "peer.h"

/* --- one object --- */

struct reply {
	struct sk_buff *msg;
	void *hdr;
};

static int reply_begin(struct reply *r, struct genl_info *info)
{
	r->msg = nlmsg_new(NLMSG_GOODSIZE * 2, GFP_KERNEL);
	if (!r->msg)
		return -ENOMEM;
	r->hdr = genlmsg_iput(r->msg, info);
	if (r->hdr)
		return 0;
	nlmsg_free(r->msg);
	return -EMSGSIZE;
}

static int reply_end(struct reply *r, struct genl_info *info, int err)
{
	if (err) {
		nlmsg_free(r->msg);
		return err;
	}
	genlmsg_end(r->msg, r->hdr);
	return genlmsg_reply(r->msg, info);
}

static int no_such(struct genl_info *info, const char *what)
{
	NL_SET_ERR_MSG_FMT(info->extack, "no %s has that name", what);
	return -ENOENT;
}

int braid_nl_device_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	struct reply r;
	int err;

	err = reply_begin(&r, info);
	if (err)
		return err;
	err = braid_nl_lock(braid, info);
	if (!err) {
		err = braid_fill_device(r.msg, braid);
		braid_nl_unlock(braid);
	}
	return reply_end(&r, info, err);
}

int braid_nl_socket_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const char *name = braid_nl_name(info, BRAID_A_SOCKET_NAME, "socket");
	struct braid_device *braid = braid_nl_device(info);
	struct braid_socket *sock;
	struct reply r;
	int err;

	if (!name)
		return -EINVAL;
	err = reply_begin(&r, info);
	if (err)
		return err;
	err = braid_nl_lock(braid, info);
	if (!err) {
		sock = braid_socket_find(braid, name);
		err = sock ? braid_fill_socket(r.msg, sock) :
			     no_such(info, "socket");
		braid_nl_unlock(braid);
	}
	return reply_end(&r, info, err);
}

int braid_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const char *name = braid_nl_name(info, BRAID_A_PEER_NAME, "peer");
	struct braid_device *braid = braid_nl_device(info);
	struct braid_peer *peer;
	struct reply r;
	int err;

	if (!name)
		return -EINVAL;
	err = reply_begin(&r, info);
	if (err)
		return err;
	err = braid_nl_lock(braid, info);
	if (!err) {
		peer = braid_peer_find(braid, name);
		err = peer ? braid_fill_peer(r.msg, peer) : no_such(info, "peer");
		braid_nl_unlock(braid);
	}
	return reply_end(&r, info, err);
}

int braid_nl_path_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const char *name = braid_nl_name(info, BRAID_A_PATH_NAME, "path");
	const char *of = braid_nl_name(info, BRAID_A_PATH_PEER, "peer");
	struct braid_device *braid = braid_nl_device(info);
	struct braid_path *path;
	struct braid_peer *peer;
	struct reply r;
	int err;

	if (!name || !of)
		return -EINVAL;
	err = reply_begin(&r, info);
	if (err)
		return err;
	err = braid_nl_lock(braid, info);
	if (!err) {
		peer = braid_peer_find(braid, of);
		path = peer ? braid_path_find(peer, name) : NULL;
		err = path ? braid_fill_path(r.msg, path) :
			     no_such(info, peer ? "path" : "peer");
		braid_nl_unlock(braid);
	}
	return reply_end(&r, info, err);
}

static int reply_key(struct reply *r, struct genl_info *info,
		     struct braid_peer *peer)
{
	struct nlattr *epoch = info->attrs[BRAID_A_KEY_EPOCH];
	struct braid_epoch *e;

	e = braid_session_named(peer, epoch ? nla_get_u8(epoch) : -1,
				info->extack);
	return e ? braid_fill_key(r->msg, peer, braid_session_of(peer), e) : -ENOKEY;
}

int braid_nl_key_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const char *name = braid_nl_name(info, BRAID_A_KEY_PEER, "peer");
	struct braid_device *braid = braid_nl_device(info);
	struct braid_peer *peer;
	struct reply r;
	int err;

	if (!name)
		return -EINVAL;
	err = reply_begin(&r, info);
	if (err)
		return err;
	err = braid_nl_lock(braid, info);
	if (!err) {
		peer = braid_peer_find(braid, name);
		err = peer ? reply_key(&r, info, peer) : no_such(info, "peer");
		braid_nl_unlock(braid);
	}
	return reply_end(&r, info, err);
}

/* --- dumps --- */

/**
 * struct dump - a walk over objects of all devices in a namespace
 * @msg: message being filled
 * @cb: args[0] counts devices, args[1] objects of the current one
 * @cmd: command of the entries
 * @nr: number of the next object in this device
 */
struct dump {
	struct sk_buff *msg;
	struct netlink_callback *cb;
	u8 cmd;
	long nr;
};

/* Starts an entry unless it was sent before: then NULL with *@skip set. */
static void *dump_begin(struct dump *d, bool *skip)
{
	*skip = d->nr++ < d->cb->args[1];
	if (*skip)
		return NULL;
	return genlmsg_put(d->msg, NETLINK_CB(d->cb->skb).portid,
			   d->cb->nlh->nlmsg_seq, &braid_nl_family,
			   NLM_F_MULTI, d->cmd);
}

static int dump_end(struct dump *d, void *hdr, int err)
{
	if (err) {
		genlmsg_cancel(d->msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(d->msg, hdr);
	d->cb->args[1] = d->nr;
	return 0;
}

#define DUMP_ENTRY(d, fill) ({						\
	bool _skip;							\
	void *_hdr = dump_begin(d, &_skip);				\
	_skip ? 0 : _hdr ? dump_end(d, _hdr, fill) : -EMSGSIZE; })

static int dump_device(struct dump *d, struct braid_device *braid)
{
	return DUMP_ENTRY(d, braid_fill_device(d->msg, braid));
}

static int dump_sockets(struct dump *d, struct braid_device *braid)
{
	struct braid_socket *sock;
	int err;

	list_for_each_entry(sock, &braid->sockets, node) {
		err = DUMP_ENTRY(d, braid_fill_socket(d->msg, sock));
		if (err)
			return err;
	}
	return 0;
}

static int dump_peers(struct dump *d, struct braid_device *braid)
{
	struct braid_peer *peer;
	int err;

	list_for_each_entry(peer, &braid->peers, node) {
		err = DUMP_ENTRY(d, braid_fill_peer(d->msg, peer));
		if (err)
			return err;
	}
	return 0;
}

static int dump_paths(struct dump *d, struct braid_device *braid)
{
	struct braid_peer *peer;
	struct braid_path *path;
	int err;

	list_for_each_entry(peer, &braid->peers, node)
		list_for_each_entry(path, &peer->paths, node) {
			err = DUMP_ENTRY(d, braid_fill_path(d->msg, path));
			if (err)
				return err;
		}
	return 0;
}

static int dump_peer_keys(struct dump *d, struct braid_peer *peer)
{
	struct braid_session *s = braid_session_of(peer);
	struct braid_epoch *e;
	int err, i;

	for (i = 0; s && i < BRAID_EPOCHS; i++) {
		e = braid_session_epoch(s, i);
		err = e ? DUMP_ENTRY(d, braid_fill_key(d->msg, peer, s, e)) : 0;
		if (err)
			return err;
	}
	return 0;
}

static int dump_keys(struct dump *d, struct braid_device *braid)
{
	struct braid_peer *peer;
	int err;

	list_for_each_entry(peer, &braid->peers, node) {
		err = dump_peer_keys(d, peer);
		if (err)
			return err;
	}
	return 0;
}

/* @only: interface index, or 0 for all braid devices. */
static int dump_devices(struct sk_buff *msg, struct netlink_callback *cb,
			u8 cmd, u32 only,
			int (*one)(struct dump *d, struct braid_device *braid))
{
	struct dump d = { .msg = msg, .cb = cb, .cmd = cmd };
	struct net *net = sock_net(msg->sk);
	struct net_device *dev;
	long nr = 0;
	int err = 0;

	rtnl_lock();
	for_each_netdev(net, dev) {
		struct braid_device *braid = netdev_priv(dev);

		if (!braid_is_device(dev) || (only && only != dev->ifindex) ||
		    nr++ < cb->args[0])
			continue;
		d.nr = 0;
		mutex_lock(&braid->lock);
		err = one(&d, braid);
		mutex_unlock(&braid->lock);
		if (err)
			break;
		cb->args[0] = nr;
		cb->args[1] = 0;
	}
	rtnl_unlock();
	/* A full message is a part of the dump; an empty one is an error. */
	return err && !msg->len ? err : msg->len;
}

static u32 dump_only(struct netlink_callback *cb, int attr)
{
	struct nlattr *nla = genl_dumpit_info(cb)->info.attrs[attr];

	return nla ? nla_get_u32(nla) : 0;
}

int braid_nl_device_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump_devices(skb, cb, BRAID_CMD_DEVICE_GET, 0, dump_device);
}

int braid_nl_socket_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump_devices(skb, cb, BRAID_CMD_SOCKET_GET,
			    dump_only(cb, BRAID_A_SOCKET_IFINDEX),
			    dump_sockets);
}

int braid_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump_devices(skb, cb, BRAID_CMD_PEER_GET,
			    dump_only(cb, BRAID_A_PEER_IFINDEX), dump_peers);
}

int braid_nl_path_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump_devices(skb, cb, BRAID_CMD_PATH_GET,
			    dump_only(cb, BRAID_A_PATH_IFINDEX), dump_paths);
}

int braid_nl_key_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump_devices(skb, cb, BRAID_CMD_KEY_GET,
			    dump_only(cb, BRAID_A_KEY_IFINDEX), dump_keys);
}

int braid_nl_policy_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct braid_policy_info info;
	u32 pos = cb->args[0];
	void *hdr;

	while (!braid_steer_dump(&pos, &info)) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &braid_nl_family,
				  NLM_F_MULTI, BRAID_CMD_POLICY_GET);
		if (!hdr)
			break;
		if (braid_fill_policy(skb, &info)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = pos;
	}
	return skb->len;
}
