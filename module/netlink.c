// SPDX-License-Identifier: GPL-2.0
#include "netlink.h"

#include <net/ipv6.h>

#include "device.h"
#include "netlink-gen.h"
#include "peer.h"
#include "pmtu.h"
#include "probe.h"
#include "train.h"
#include "transmit.h"

int braid_nl_pre_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
		      struct genl_info *info)
{
	/* Every attribute set has its ifindex first. */
	const int attr = BRAID_A_DEVICE_IFINDEX;
	struct net_device *dev;

	BUILD_BUG_ON(attr != (int)BRAID_A_SOCKET_IFINDEX);
	BUILD_BUG_ON(attr != (int)BRAID_A_PEER_IFINDEX);
	BUILD_BUG_ON(attr != (int)BRAID_A_PATH_IFINDEX);
	BUILD_BUG_ON(attr != (int)BRAID_A_KEY_IFINDEX);
	BUILD_BUG_ON(attr != (int)BRAID_A_FRAME_IFINDEX);
	if (GENL_REQ_ATTR_CHECK(info, attr)) {
		NL_SET_ERR_MSG(info->extack,
			       "the interface index of the device is missing");
		return -EINVAL;
	}
	dev = dev_get_by_index(genl_info_net(info),
			       nla_get_u32(info->attrs[attr]));
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
				    "no interface has that index");
		return -ENODEV;
	}
	if (!braid_is_device(dev)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
				    "the interface is not a braid device");
		dev_put(dev);
		return -EOPNOTSUPP;
	}
	info->user_ptr[0] = netdev_priv(dev);
	return 0;
}

void braid_nl_post_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
			struct genl_info *info)
{
	dev_put(braid_nl_device(info)->dev);
}

int braid_nl_lock(struct braid_device *braid, struct genl_info *info)
{
	mutex_lock(&braid->lock);
	if (!braid->dying)
		return 0;
	mutex_unlock(&braid->lock);
	NL_SET_ERR_MSG(info->extack, "the device is being deleted");
	return -ENODEV;
}

void braid_nl_unlock(struct braid_device *braid)
{
	mutex_unlock(&braid->lock);
}

const char *braid_nl_name(struct genl_info *info, int attr, const char *what)
{
	struct nlattr *nla = info->attrs[attr];

	if (GENL_REQ_ATTR_CHECK(info, attr)) {
		NL_SET_ERR_MSG_FMT(info->extack, "the name of the %s is missing",
				   what);
		return NULL;
	}
	if (!*(const char *)nla_data(nla)) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, nla,
					"the name of the %s is empty", what);
		return NULL;
	}
	return nla_data(nla);
}

const char *braid_nl_string(struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_data(info->attrs[attr]) : NULL;
}

u32 braid_nl_u32(struct genl_info *info, int attr, u32 otherwise)
{
	return info->attrs[attr] ? nla_get_u32(info->attrs[attr]) : otherwise;
}

int braid_nl_u8(struct genl_info *info, int attr, int otherwise)
{
	return info->attrs[attr] ? nla_get_u8(info->attrs[attr]) : otherwise;
}

int braid_nl_addr(struct genl_info *info, int attr4, int attr6, int attr_port,
		  union braid_addr *addr)
{
	struct nlattr *v4 = info->attrs[attr4], *v6 = info->attrs[attr6];
	__be16 port = 0;

	memset(addr, 0, sizeof(*addr));
	if (info->attrs[attr_port])
		port = nla_get_be16(info->attrs[attr_port]);
	if (v4 && v6) {
		NL_SET_ERR_MSG_ATTR(info->extack, v6,
				    "an IPv4 and an IPv6 address at once");
		return -EINVAL;
	}
	if (v6) {
		addr->in6.sin6_family = AF_INET6;
		nla_memcpy(&addr->in6.sin6_addr, v6,
			   sizeof(addr->in6.sin6_addr));
		addr->in6.sin6_port = port;
		return 0;
	}
	addr->in4.sin_family = AF_INET;
	if (v4)
		addr->in4.sin_addr.s_addr = nla_get_in_addr(v4);
	addr->in4.sin_port = port;
	return 0;
}

int braid_nl_outer_capable(struct braid_device *braid, struct sk_buff *skb,
			   struct genl_info *info)
{
	lockdep_assert_held(&braid->lock);
	if (!braid->net) {
		NL_SET_ERR_MSG(info->extack,
			       "the namespace where the device was made is gone");
		return -ENONET;
	}
	if (netlink_ns_capable(skb, braid->net->user_ns, CAP_NET_ADMIN))
		return 0;
	NL_SET_ERR_MSG(info->extack,
		       "CAP_NET_ADMIN is needed in the namespace where the device was made");
	return -EPERM;
}

int braid_nl_device_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	const char *policy = braid_nl_string(info, BRAID_A_DEVICE_POLICY);
	int err;

	err = braid_nl_lock(braid, info);
	if (err)
		return err;
	if (policy)
		err = braid_steer_set(&braid->steer, policy, info->extack);
	if (!err && info->attrs[BRAID_A_DEVICE_MTU_AUTO])
		braid_mtu_auto(braid, braid_nl_u8(info, BRAID_A_DEVICE_MTU_AUTO,
						  0));
	braid_nl_unlock(braid);
	return err;
}

/* --- sockets --- */

int braid_nl_socket_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	struct braid_socket_config cfg = {
		.name = braid_nl_name(info, BRAID_A_SOCKET_NAME, "socket"),
		.owner = braid_nl_string(info, BRAID_A_SOCKET_OWNER),
		.link = braid_nl_u32(info, BRAID_A_SOCKET_LINK, 0),
		.fwmark = braid_nl_u32(info, BRAID_A_SOCKET_FWMARK, 0),
		.listen = braid_nl_u8(info, BRAID_A_SOCKET_LISTEN, 0),
	};
	int err;

	if (!cfg.name)
		return -EINVAL;
	err = braid_nl_addr(info, BRAID_A_SOCKET_LOCAL_IPV4,
			    BRAID_A_SOCKET_LOCAL_IPV6,
			    BRAID_A_SOCKET_LOCAL_PORT, &cfg.local);
	if (err)
		return err;
	err = braid_nl_lock(braid, info);
	if (err)
		return err;
	err = braid_nl_outer_capable(braid, skb, info) ?:
	      braid_socket_new(braid, &cfg, info->extack);
	braid_nl_unlock(braid);
	return err;
}

int braid_nl_socket_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	const char *name = braid_nl_name(info, BRAID_A_SOCKET_NAME, "socket");
	struct braid_device *braid = braid_nl_device(info);
	struct braid_socket *sock;
	int err;

	if (!name)
		return -EINVAL;
	err = braid_nl_lock(braid, info);
	if (err)
		return err;
	sock = braid_socket_find(braid, name);
	if (!sock) {
		NL_SET_ERR_MSG(info->extack, "no socket has that name");
		err = -ENOENT;
	} else if (sock->users) {
		NL_SET_ERR_MSG(info->extack, "paths use the socket");
		err = -EBUSY;
	} else {
		err = braid_nl_outer_capable(braid, skb, info);
		if (!err)
			braid_socket_del(sock);
	}
	braid_nl_unlock(braid);
	return err;
}

/* --- peers --- */

static int braid_nl_one_address(struct nlattr *nla, struct in6_addr *addr,
				struct netlink_ext_ack *extack)
{
	if (nla_type(nla) == BRAID_A_PEER_ADDRESS4) {
		if (nla_len(nla) != sizeof(__be32)) {
			NL_SET_ERR_MSG_ATTR(extack, nla, "not an IPv4 address");
			return -EINVAL;
		}
		ipv6_addr_set_v4mapped(nla_get_in_addr(nla), addr);
		return 0;
	}
	if (nla_len(nla) != sizeof(*addr)) {
		NL_SET_ERR_MSG_ATTR(extack, nla, "not an IPv6 address");
		return -EINVAL;
	}
	nla_memcpy(addr, nla, sizeof(*addr));
	return 0;
}

/* All tunnel addresses of a request; returns their number. */
static int braid_nl_addresses(struct genl_info *info, struct in6_addr *addr)
{
	struct nlattr *nla;
	int n = 0, i, err, rem;

	nlmsg_for_each_attr(nla, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(nla) != BRAID_A_PEER_ADDRESS4 &&
		    nla_type(nla) != BRAID_A_PEER_ADDRESS6)
			continue;
		if (n == BRAID_PEER_ADDRESSES) {
			NL_SET_ERR_MSG_ATTR(info->extack, nla,
					    "more than 16 tunnel addresses");
			return -E2BIG;
		}
		err = braid_nl_one_address(nla, &addr[n], info->extack);
		if (err)
			return err;
		for (i = 0; i < n; i++)
			if (ipv6_addr_equal(&addr[i], &addr[n])) {
				NL_SET_ERR_MSG_ATTR(info->extack, nla,
						    "a tunnel address twice");
				return -EINVAL;
			}
		n++;
	}
	return n;
}

static int braid_nl_peer_config(struct genl_info *info,
				struct braid_peer_config *cfg,
				struct in6_addr *addr)
{
	struct nlattr *source = info->attrs[BRAID_A_PEER_SOURCE_CHECK];

	memset(cfg, 0, sizeof(*cfg));
	cfg->name = braid_nl_name(info, BRAID_A_PEER_NAME, "peer");
	if (!cfg->name)
		return -EINVAL;
	cfg->owner = braid_nl_string(info, BRAID_A_PEER_OWNER);
	cfg->addr = addr;
	cfg->n_addr = braid_nl_addresses(info, addr);
	if (cfg->n_addr < 0)
		return cfg->n_addr;
	cfg->source_any = -1;
	if (source)
		cfg->source_any = nla_get_u32(source) == BRAID_SOURCE_CHECK_ANY;
	cfg->multicast = braid_nl_u8(info, BRAID_A_PEER_MULTICAST, -1);
	cfg->reorder_cap_us = braid_nl_u32(info, BRAID_A_PEER_REORDER_CAP, 0);
	return 0;
}

int braid_nl_peer_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	struct in6_addr addr[BRAID_PEER_ADDRESSES];
	struct braid_peer_config cfg;
	int err;

	err = braid_nl_peer_config(info, &cfg, addr);
	if (err)
		return err;
	err = braid_nl_lock(braid, info);
	if (err)
		return err;
	err = braid_peer_new(braid, &cfg, info->extack);
	braid_nl_unlock(braid);
	return err;
}

struct braid_peer *braid_nl_find_peer(struct braid_device *braid,
				      struct genl_info *info, const char *name)
{
	struct braid_peer *peer = braid_peer_find(braid, name);

	if (!peer)
		NL_SET_ERR_MSG(info->extack, "no peer has that name");
	return peer;
}

int braid_nl_peer_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	struct in6_addr addr[BRAID_PEER_ADDRESSES];
	struct braid_peer_config cfg;
	struct braid_peer *peer;
	int err;

	err = braid_nl_peer_config(info, &cfg, addr);
	if (err)
		return err;
	err = braid_nl_lock(braid, info);
	if (err)
		return err;
	peer = braid_nl_find_peer(braid, info, cfg.name);
	err = peer ? braid_peer_set(peer, &cfg, info->extack) : -ENOENT;
	braid_nl_unlock(braid);
	return err;
}

int braid_nl_peer_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	const char *name = braid_nl_name(info, BRAID_A_PEER_NAME, "peer");
	struct braid_device *braid = braid_nl_device(info);
	struct braid_peer *peer;
	int err;

	if (!name)
		return -EINVAL;
	err = braid_nl_lock(braid, info);
	if (err)
		return err;
	peer = braid_nl_find_peer(braid, info, name);
	if (peer)
		braid_peer_del(peer);
	else
		err = -ENOENT;
	braid_nl_unlock(braid);
	return err;
}

/* --- paths --- */

static int braid_nl_path_config(struct genl_info *info,
				struct braid_path_config *cfg)
{
	struct nlattr *cap = info->attrs[BRAID_A_PATH_CAP];

	memset(cfg, 0, sizeof(*cfg));
	cfg->name = braid_nl_name(info, BRAID_A_PATH_NAME, "path");
	if (!cfg->name)
		return -EINVAL;
	if (GENL_REQ_ATTR_CHECK(info, BRAID_A_PATH_REMOTE_PORT) ||
	    (!info->attrs[BRAID_A_PATH_REMOTE_IPV4] &&
	     GENL_REQ_ATTR_CHECK(info, BRAID_A_PATH_REMOTE_IPV6))) {
		NL_SET_ERR_MSG(info->extack,
			       "a path needs the peer's address and port");
		return -EINVAL;
	}
	cfg->owner = braid_nl_string(info, BRAID_A_PATH_OWNER);
	cfg->cost = braid_nl_u32(info, BRAID_A_PATH_COST, 0);
	cfg->standby = braid_nl_u8(info, BRAID_A_PATH_STANDBY, 0);
	cfg->cold = braid_nl_u8(info, BRAID_A_PATH_COLD, 0);
	cfg->cap = cap ? nla_get_u64(cap) : 0;
	cfg->keepalive_us = braid_nl_u32(info, BRAID_A_PATH_KEEPALIVE, 0);
	return braid_nl_addr(info, BRAID_A_PATH_REMOTE_IPV4,
			     BRAID_A_PATH_REMOTE_IPV6,
			     BRAID_A_PATH_REMOTE_PORT, &cfg->remote);
}

/* The spec keeps both figures so small that counting on does not run over. */
static void braid_nl_path_quota(struct genl_info *info, struct braid_path *path)
{
	static const int attrs[] = {
		BRAID_A_PATH_QUOTA, BRAID_A_PATH_QUOTA_USED,
		BRAID_A_PATH_QUOTA_RESET,
	};
	struct braid_quota_config cfg = { 0 };
	const u64 **to[] = { &cfg.limit, &cfg.used, &cfg.reset_ns };
	u64 value[ARRAY_SIZE(attrs)];
	int i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		if (!info->attrs[attrs[i]])
			continue;
		value[i] = nla_get_u64(info->attrs[attrs[i]]);
		*to[i] = &value[i];
	}
	braid_quota_set(path, &cfg, braid_now_us());
}

static int braid_nl_path_add(struct braid_device *braid, struct genl_info *info,
			     struct braid_path_config *cfg, const char *peer,
			     const char *sock)
{
	struct braid_peer *p = braid_nl_find_peer(braid, info, peer);
	int err;

	if (!p)
		return -ENOENT;
	cfg->sock = braid_socket_find(braid, sock);
	if (!cfg->sock) {
		NL_SET_ERR_MSG(info->extack, "no socket has that name");
		return -ENOENT;
	}
	err = braid_path_new(p, cfg, info->extack);
	if (!err)
		braid_nl_path_quota(info, braid_path_find(p, cfg->name));
	return err;
}

int braid_nl_path_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	const char *peer = braid_nl_name(info, BRAID_A_PATH_PEER, "peer");
	const char *sock = braid_nl_name(info, BRAID_A_PATH_SOCKET, "socket");
	struct braid_device *braid = braid_nl_device(info);
	struct braid_path_config cfg;
	int err;

	if (!peer || !sock)
		return -EINVAL;
	err = braid_nl_path_config(info, &cfg);
	if (err)
		return err;
	err = braid_nl_lock(braid, info);
	if (err)
		return err;
	err = braid_nl_outer_capable(braid, skb, info) ?:
	      braid_nl_path_add(braid, info, &cfg, peer, sock);
	braid_nl_unlock(braid);
	return err;
}

/* Locks and finds the path that a request names; unlocked on failure. */
static struct braid_path *braid_nl_path_get(struct genl_info *info)
{
	const char *peer = braid_nl_name(info, BRAID_A_PATH_PEER, "peer");
	const char *name = braid_nl_name(info, BRAID_A_PATH_NAME, "path");
	struct braid_device *braid = braid_nl_device(info);
	struct braid_path *path = NULL;
	struct braid_peer *p;
	int err;

	if (!peer || !name)
		return ERR_PTR(-EINVAL);
	err = braid_nl_lock(braid, info);
	if (err)
		return ERR_PTR(err);
	p = braid_nl_find_peer(braid, info, peer);
	if (p) {
		path = braid_path_find(p, name);
		if (!path)
			NL_SET_ERR_MSG(info->extack, "no path has that name");
	}
	if (path)
		return path;
	braid_nl_unlock(braid);
	return ERR_PTR(-ENOENT);
}

/* A path that is told another socket moves there. Device's lock. */
static int braid_nl_path_move(struct braid_path *path, struct sk_buff *skb,
			      struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	struct braid_socket *sock;
	int err;

	if (!info->attrs[BRAID_A_PATH_SOCKET])
		return 0;
	err = braid_nl_outer_capable(braid, skb, info);
	if (err)
		return err;
	sock = braid_socket_find(braid,
				 braid_nl_string(info, BRAID_A_PATH_SOCKET));
	if (sock)
		return braid_hop_start(path, sock, info->extack);
	NL_SET_ERR_MSG(info->extack, "no socket has that name");
	return -ENOENT;
}

int braid_nl_path_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	struct nlattr *cap = info->attrs[BRAID_A_PATH_CAP];
	struct braid_path *path = braid_nl_path_get(info);
	int err;

	if (IS_ERR(path))
		return PTR_ERR(path);
	err = braid_nl_path_move(path, skb, info);
	if (err)
		goto out;
	WRITE_ONCE(path->cost, braid_nl_u32(info, BRAID_A_PATH_COST,
					    path->cost));
	spin_lock_bh(&path->peer->lock);
	if (info->attrs[BRAID_A_PATH_STANDBY])
		braid_standby_set(path,
				  nla_get_u8(info->attrs[BRAID_A_PATH_STANDBY]),
				  braid_now_us());
	if (info->attrs[BRAID_A_PATH_COLD])
		braid_path_cold_set(path,
				    nla_get_u8(info->attrs[BRAID_A_PATH_COLD]),
				    braid_now_us());
	if (cap)
		braid_rate_set_cap(&path->rate, nla_get_u64(cap));
	if (info->attrs[BRAID_A_PATH_KEEPALIVE])
		braid_probe_keepalive(path,
				      nla_get_u32(info->attrs[BRAID_A_PATH_KEEPALIVE]),
				      braid_now_us());
	braid_peer_usable_update(path->peer);
	braid_path_view_update(path);
	spin_unlock_bh(&path->peer->lock);
	braid_nl_path_quota(info, path);
	braid_pump(path->peer);
out:
	braid_nl_unlock(braid);
	return err;
}

int braid_nl_path_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	struct braid_path *path = braid_nl_path_get(info);
	int err;

	if (IS_ERR(path))
		return PTR_ERR(path);
	err = braid_nl_outer_capable(braid, skb, info);
	if (!err)
		braid_path_del(path);
	braid_nl_unlock(braid);
	return err;
}

/* Device's lock. */
static int braid_nl_probe(struct braid_path *path, const struct nlattr *train)
{
	u64 now_us = braid_now_us();
	int err = 0;

	spin_lock_bh(&path->peer->lock);
	if (path->state == BRAID_PATH_STATE_SPENT) {
		err = -EDQUOT;
	} else if (train) {
		err = braid_train_send(path, nla_get_u32(train), now_us);
	} else {
		braid_pmtu_again(path, now_us);
		braid_probe_now(path, now_us);
	}
	spin_unlock_bh(&path->peer->lock);
	if (train)
		braid_pump(path->peer);
	return err;
}

int braid_nl_path_probe_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	struct braid_path *path = braid_nl_path_get(info);
	int err;

	if (IS_ERR(path))
		return PTR_ERR(path);
	if (rcu_access_pointer(path->peer->session)) {
		err = braid_nl_probe(path, info->attrs[BRAID_A_PATH_TRAIN]);
		if (err == -ENOTCONN)
			NL_SET_ERR_MSG(info->extack,
				       "no train of probes before the path is up");
		if (err == -EDQUOT)
			NL_SET_ERR_MSG(info->extack,
				       "the byte budget of the path is used up: it is not probed");
	} else {
		NL_SET_ERR_MSG(info->extack, "the peer has no key");
		err = -ENOKEY;
	}
	braid_nl_unlock(braid);
	return err;
}
