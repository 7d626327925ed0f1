// SPDX-License-Identifier: GPL-2.0
#include <net/addrconf.h>
#include <net/route.h>

#include "controller.h"
#include "device.h"
#include "frame.h"
#include "netlink-gen.h"
#include "netlink.h"
#include "peer.h"

int braid_nl_controller_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	int err;

	err = braid_nl_lock(braid, info);
	if (err)
		return err;
	err = braid_nl_outer_capable(braid, skb, info) ?:
	      braid_controller_set(braid, NETLINK_CB(skb).sk, info->snd_portid,
				   info->extack);
	braid_nl_unlock(braid);
	return err;
}

int braid_nl_controller_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	int err;

	err = braid_nl_lock(braid, info);
	if (err)
		return err;
	err = braid_controller_del(braid, NETLINK_CB(skb).sk, info->extack);
	braid_nl_unlock(braid);
	return err;
}

static int braid_nl_payload(struct genl_info *info, const u8 **payload,
			    u32 *len)
{
	struct nlattr *nla = info->attrs[BRAID_A_FRAME_PAYLOAD];

	if (GENL_REQ_ATTR_CHECK(info, BRAID_A_FRAME_PAYLOAD)) {
		NL_SET_ERR_MSG(info->extack, "the payload is missing");
		return -EINVAL;
	}
	*payload = nla_data(nla);
	*len = nla_len(nla);
	if (*len && *len <= BRAID_FRAME_MAX)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, nla,
			    "the payload must have 1 to 1200 bytes");
	return -EMSGSIZE;
}

/* The path of a frame: NULL when none is named. Device's lock. */
static struct braid_path *braid_nl_frame_path(struct genl_info *info,
					      struct braid_peer *peer)
{
	const char *name = braid_nl_string(info, BRAID_A_FRAME_PATH);
	struct braid_path *path;

	if (!name)
		return NULL;
	path = braid_path_find(peer, name);
	if (path)
		return path;
	NL_SET_ERR_MSG(info->extack, "no path has that name");
	return ERR_PTR(-ENOENT);
}

/* Attributes that make no sense with what the frame is; a list up to 0. */
static int braid_nl_refuse(struct genl_info *info, const int *attr,
			   const char *why)
{
	for (; *attr; attr++)
		if (info->attrs[*attr]) {
			NL_SET_ERR_MSG_ATTR_FMT(info->extack,
						info->attrs[*attr], "%s", why);
			return -EINVAL;
		}
	return 0;
}

static int braid_nl_opaque(struct braid_device *braid, struct genl_info *info,
			   const u8 *payload, u32 len)
{
	static const int foreign[] = {
		BRAID_A_FRAME_SOCKET, BRAID_A_FRAME_LOCAL_IPV4,
		BRAID_A_FRAME_LOCAL_IPV6, BRAID_A_FRAME_REMOTE_IPV4,
		BRAID_A_FRAME_REMOTE_IPV6, BRAID_A_FRAME_REMOTE_PORT,
		BRAID_A_FRAME_RECEIVER_ID, BRAID_A_FRAME_SENDER_ID,
		BRAID_A_FRAME_ATTEMPT, 0
	};
	const char *name = braid_nl_name(info, BRAID_A_FRAME_PEER, "peer");
	struct braid_path *path;
	struct braid_peer *peer;

	if (!name)
		return -EINVAL;
	if (braid_nl_refuse(info, foreign,
			    "an opaque message goes to a peer, by a path"))
		return -EINVAL;
	peer = braid_nl_find_peer(braid, info, name);
	if (!peer)
		return -ENOENT;
	path = braid_nl_frame_path(info, peer);
	if (IS_ERR(path))
		return PTR_ERR(path);
	return braid_opaque_send(peer, path, payload, len, info->extack);
}

/* The way of a path. */
static int braid_nl_handshake_path(struct braid_device *braid,
				   struct genl_info *info,
				   struct braid_handshake *h)
{
	static const int foreign[] = {
		BRAID_A_FRAME_SOCKET, BRAID_A_FRAME_LOCAL_IPV4,
		BRAID_A_FRAME_LOCAL_IPV6, BRAID_A_FRAME_REMOTE_IPV4,
		BRAID_A_FRAME_REMOTE_IPV6, BRAID_A_FRAME_REMOTE_PORT, 0
	};
	const char *peer = braid_nl_name(info, BRAID_A_FRAME_PEER, "peer");
	struct braid_path *path;
	struct braid_peer *p;

	if (!peer || !braid_nl_name(info, BRAID_A_FRAME_PATH, "path"))
		return -EINVAL;
	if (braid_nl_refuse(info, foreign,
			    "the path has the socket and the addresses"))
		return -EINVAL;
	p = braid_nl_find_peer(braid, info, peer);
	if (!p)
		return -ENOENT;
	path = braid_nl_frame_path(info, p);
	if (IS_ERR(path))
		return PTR_ERR(path);
	h->sock = READ_ONCE(path->sock);
	h->local = h->sock->local;
	h->remote = path->remote;
	return 0;
}

static bool braid_nl_addr_any(const union braid_addr *addr)
{
	return addr->sa.sa_family == AF_INET ?
	       !addr->in4.sin_addr.s_addr :
	       ipv6_addr_any(&addr->in6.sin6_addr);
}

static bool braid_nl_addr_ours(struct net *net, const union braid_addr *addr)
{
	if (addr->sa.sa_family == AF_INET)
		return inet_addr_type(net, addr->in4.sin_addr.s_addr) ==
		       RTN_LOCAL;
	return ipv6_chk_addr(net, &addr->in6.sin6_addr, NULL, 0);
}

/* A socket that is bound to no address sends from the one that is named. */
static int braid_nl_handshake_local(struct braid_device *braid,
				    struct genl_info *info,
				    struct braid_handshake *h)
{
	union braid_addr local;
	int err;

	h->local = h->sock->local;
	err = braid_nl_addr(info, BRAID_A_FRAME_LOCAL_IPV4,
			    BRAID_A_FRAME_LOCAL_IPV6, 0, &local);
	if (err || braid_nl_addr_any(&local))
		return err;
	if (local.sa.sa_family != h->remote.sa.sa_family) {
		NL_SET_ERR_MSG(info->extack,
			       "local and remote are of different address families");
		return -EAFNOSUPPORT;
	}
	if (!braid_nl_addr_any(&h->local)) {
		NL_SET_ERR_MSG(info->extack,
			       "the socket has an address of its own");
		return -EINVAL;
	}
	if (!braid_nl_addr_ours(braid->net, &local)) {
		NL_SET_ERR_MSG(info->extack,
			       "the local address is not on this machine");
		return -EADDRNOTAVAIL;
	}
	h->local = local;
	return 0;
}

static int braid_nl_handshake_socket(struct braid_device *braid,
				     struct genl_info *info,
				     struct braid_handshake *h)
{
	const char *name = braid_nl_name(info, BRAID_A_FRAME_SOCKET, "socket");
	int err;

	if (!name)
		return -EINVAL;
	if (GENL_REQ_ATTR_CHECK(info, BRAID_A_FRAME_REMOTE_PORT) ||
	    (!info->attrs[BRAID_A_FRAME_REMOTE_IPV4] &&
	     GENL_REQ_ATTR_CHECK(info, BRAID_A_FRAME_REMOTE_IPV6))) {
		NL_SET_ERR_MSG(info->extack,
			       "a handshake needs the remote address and port");
		return -EINVAL;
	}
	err = braid_nl_addr(info, BRAID_A_FRAME_REMOTE_IPV4,
			    BRAID_A_FRAME_REMOTE_IPV6,
			    BRAID_A_FRAME_REMOTE_PORT, &h->remote);
	if (err)
		return err;
	h->sock = braid_socket_find(braid, name);
	if (!h->sock) {
		NL_SET_ERR_MSG(info->extack, "no socket has that name");
		return -ENOENT;
	}
	if (h->sock->local.sa.sa_family != h->remote.sa.sa_family) {
		NL_SET_ERR_MSG(info->extack,
			       "remote and socket are of different address families");
		return -EAFNOSUPPORT;
	}
	return braid_nl_handshake_local(braid, info, h);
}

static int braid_nl_handshake(struct braid_device *braid,
			      struct genl_info *info, const u8 *payload,
			      u32 len)
{
	struct nlattr *attempt = info->attrs[BRAID_A_FRAME_ATTEMPT];
	struct braid_handshake h = {
		.receiver_id = braid_nl_u32(info, BRAID_A_FRAME_RECEIVER_ID,
					    0),
		.sender_id = braid_nl_u32(info, BRAID_A_FRAME_SENDER_ID, 0),
		.attempt = attempt ? nla_get_u16(attempt) : 0,
		.payload = payload,
		.len = len,
	};
	bool by_path = info->attrs[BRAID_A_FRAME_PEER] ||
		       info->attrs[BRAID_A_FRAME_PATH];
	int err;

	err = by_path ? braid_nl_handshake_path(braid, info, &h) :
			braid_nl_handshake_socket(braid, info, &h);
	return err ?: braid_handshake_send(&h, info->extack);
}

int braid_nl_frame_send_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_device *braid = braid_nl_device(info);
	const u8 *payload;
	u32 len, kind;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, BRAID_A_FRAME_KIND)) {
		NL_SET_ERR_MSG(info->extack, "the kind of the frame is missing");
		return -EINVAL;
	}
	kind = nla_get_u32(info->attrs[BRAID_A_FRAME_KIND]);
	err = braid_nl_payload(info, &payload, &len) ?:
	      braid_nl_lock(braid, info);
	if (err)
		return err;
	err = braid_nl_outer_capable(braid, skb, info);
	if (!err)
		err = kind == BRAID_FRAME_KIND_HANDSHAKE ?
		      braid_nl_handshake(braid, info, payload, len) :
		      braid_nl_opaque(braid, info, payload, len);
	braid_nl_unlock(braid);
	return err;
}
