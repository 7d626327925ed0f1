// SPDX-License-Identifier: GPL-2.0
#include "frame.h"

#include <net/genetlink.h>

#include "controller.h"
#include "device.h"
#include "netlink-gen.h"
#include "netlink.h"
#include "outer.h"
#include "peer.h"
#include "reverse.h"
#include "transmit.h"

/* Opaque messages that may wait on one path: the controller can wait as well. */
#define BRAID_OPAQUE_WAITING	64
/* More than all attributes of a frame but its payload take. */
#define BRAID_FRAME_ROOM	512

/* --- to the controller --- */

/**
 * struct braid_frame - a netlink message to the controller, being made
 * @c: the controller
 * @msg: the message
 * @hdr: its header
 * @proven: its source has proven its address
 */
struct braid_frame {
	struct braid_controller *c;
	struct sk_buff *msg;
	void *hdr;
	bool proven;
};

/* Without room no message is made: a flood costs nothing but this question. */
static bool braid_frame_begin(struct braid_frame *f, u32 kind,
			      const struct braid_origin *from)
{
	struct net_device *dev = f->c->braid->dev;

	if (!braid_controller_room(f->c, f->proven, 0))
		return false;
	f->msg = genlmsg_new(BRAID_FRAME_ROOM + BRAID_FRAME_MAX, GFP_ATOMIC);
	if (!f->msg)
		return false;
	f->hdr = genlmsg_put(f->msg, 0, 0, &braid_nl_family, 0,
			     BRAID_CMD_FRAME_NTF);
	if (f->hdr && !nla_put_u32(f->msg, BRAID_A_FRAME_IFINDEX,
				   dev->ifindex) &&
	    !nla_put_u32(f->msg, BRAID_A_FRAME_KIND, kind) &&
	    !nla_put_string(f->msg, BRAID_A_FRAME_SOCKET, from->sock->name) &&
	    !braid_nl_put_addr(f->msg, BRAID_A_FRAME_REMOTE_IPV4,
			       BRAID_A_FRAME_REMOTE_IPV6,
			       BRAID_A_FRAME_REMOTE_PORT, &from->from))
		return true;
	nlmsg_free(f->msg);
	return false;
}

static bool braid_frame_end(struct braid_frame *f, int err)
{
	if (err) {
		nlmsg_free(f->msg);
		return false;
	}
	genlmsg_end(f->msg, f->hdr);
	return braid_controller_send(f->c, f->msg, f->proven);
}

/* --- handshakes --- */

/* Where a packet was sent to: of a socket without an address only it tells. */
static void braid_frame_local(const struct sk_buff *skb,
			      const struct braid_socket *sock,
			      union braid_addr *local)
{
	*local = sock->local;
	if (local->sa.sa_family == AF_INET)
		local->in4.sin_addr.s_addr = ip_hdr(skb)->daddr;
	else
		local->in6.sin6_addr = ipv6_hdr(skb)->daddr;
}

static int braid_handshake_fill(struct sk_buff *msg,
				const struct braid_hdr *hdr,
				const struct sk_buff *skb,
				const struct braid_origin *from)
{
	union braid_addr local;

	braid_frame_local(skb, from->sock, &local);
	if (braid_nl_put_addr(msg, BRAID_A_FRAME_LOCAL_IPV4,
			      BRAID_A_FRAME_LOCAL_IPV6,
			      BRAID_A_FRAME_LOCAL_PORT, &local) ||
	    nla_put_u32(msg, BRAID_A_FRAME_RECEIVER_ID, hdr->session) ||
	    nla_put_u32(msg, BRAID_A_FRAME_SENDER_ID, hdr->pn) ||
	    nla_put_u16(msg, BRAID_A_FRAME_ATTEMPT, hdr->path) ||
	    nla_put(msg, BRAID_A_FRAME_PAYLOAD, skb->len, skb->data))
		return -EMSGSIZE;
	return 0;
}

int braid_handshake_receive(const struct braid_hdr *hdr, struct sk_buff *skb,
			    const struct braid_origin *from)
{
	struct braid_device *braid = from->sock->braid;
	struct braid_frame f = { .c = rcu_dereference_bh(braid->controller) };
	int why;

	if (!f.c)
		return BRAID_CNT_DROP_RX_HANDSHAKE;
	why = braid_controller_admit(f.c, &from->from, hdr->session,
				     &f.proven);
	if (why)
		return why;
	if (!braid_frame_begin(&f, BRAID_FRAME_KIND_HANDSHAKE, from) ||
	    !braid_frame_end(&f, braid_handshake_fill(f.msg, hdr, skb, from)))
		return BRAID_CNT_DROP_RX_HS_QUEUE;
	braid_count(braid, BRAID_CNT_RX_HANDSHAKE);
	consume_skb(skb);
	return 0;
}

static struct sk_buff *braid_handshake_build(const struct braid_handshake *h)
{
	struct braid_hdr hdr = {
		.type = BRAID_TYPE_HANDSHAKE, .path = h->attempt,
		.session = h->receiver_id, .pn = h->sender_id,
	};
	struct sk_buff *skb;

	skb = alloc_skb(BRAID_OUTER_ROOM + BRAID_HDR_LEN + h->len, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, BRAID_OUTER_ROOM);
	braid_hdr_write(skb_put(skb, BRAID_HDR_LEN), &hdr);
	skb_put_data(skb, h->payload, h->len);
	return skb;
}

int braid_handshake_send(const struct braid_handshake *h,
			 struct netlink_ext_ack *extack)
{
	struct braid_device *braid = h->sock->braid;
	struct sk_buff *skb = braid_handshake_build(h);
	u32 size;
	int why;

	lockdep_assert_held(&braid->lock);
	if (!skb)
		return -ENOMEM;
	size = skb->len;
	rcu_read_lock_bh();
	if (h->sender_id)
		braid_controller_proven(braid, &h->remote, h->sender_id);
	why = braid_outer_send(h->sock, &h->local, &h->remote, NULL, skb, 0,
			       NULL);
	if (!why)
		braid_quota_handshake(braid, h->sock, &h->remote, size);
	rcu_read_unlock_bh();
	if (!why) {
		braid_count(braid, BRAID_CNT_TX_HANDSHAKE);
		return 0;
	}
	/* The caller is told, so it is nobody's drop. */
	kfree_skb(skb);
	if (why == BRAID_CNT_DROP_TX_LOOP) {
		NL_SET_ERR_MSG(extack,
			       "the route to the remote leads into the device");
		return -ELOOP;
	}
	NL_SET_ERR_MSG(extack, "no route leads to the remote");
	return -ENETUNREACH;
}

/* --- opaque messages --- */

static int braid_opaque_fill(struct sk_buff *msg, struct braid_session *s,
			     const struct braid_tlv *tlv,
			     const struct braid_origin *from)
{
	struct braid_peer *peer = s->peer;
	struct braid_path *path;

	/* The path and its name stay as long as we are under RCU. */
	spin_lock_bh(&peer->lock);
	path = braid_path_by_origin(peer, from);
	spin_unlock_bh(&peer->lock);
	if (nla_put_string(msg, BRAID_A_FRAME_PEER, peer->name) ||
	    (path && nla_put_string(msg, BRAID_A_FRAME_PATH, path->name)) ||
	    nla_put(msg, BRAID_A_FRAME_PAYLOAD, tlv->len, tlv->value))
		return -EMSGSIZE;
	return 0;
}

void braid_opaque_receive(struct braid_session *s, const struct braid_tlv *tlv,
			  const struct braid_origin *from)
{
	struct braid_device *braid = s->peer->braid;
	struct braid_frame f = {
		.c = rcu_dereference_bh(braid->controller), .proven = true,
	};

	if (!tlv->len || tlv->len > BRAID_FRAME_MAX) {
		braid_count(braid, BRAID_CNT_RX_TLV_INVALID);
		return;
	}
	if (f.c && braid_controller_admit_peer(f.c, s->peer) &&
	    braid_frame_begin(&f, BRAID_FRAME_KIND_OPAQUE, from) &&
	    braid_frame_end(&f, braid_opaque_fill(f.msg, s, tlv, from)))
		braid_count(braid, BRAID_CNT_RX_OPAQUE);
	else
		braid_count(braid, BRAID_CNT_RX_OPAQUE_LOST);
}

static int braid_opaque_path(struct braid_peer *peer, struct braid_path **path,
			     struct netlink_ext_ack *extack)
{
	u32 usable = peer->usable;

	lockdep_assert_held(&peer->lock);
	if (!*path)
		*path = braid_peer_quickest(peer, &usable);
	if (!*path) {
		NL_SET_ERR_MSG(extack, "no path of the peer is usable");
		return -ENETUNREACH;
	}
	if (skb_queue_len(&(*path)->control) >= BRAID_OPAQUE_WAITING) {
		NL_SET_ERR_MSG(extack, "too many messages wait for the path");
		return -ENOBUFS;
	}
	return 0;
}

int braid_opaque_send(struct braid_peer *peer, struct braid_path *path,
		      const u8 *payload, u32 len,
		      struct netlink_ext_ack *extack)
{
	struct sk_buff *skb;
	int err;

	lockdep_assert_held(&peer->braid->lock);
	if (!rcu_access_pointer(peer->session)) {
		NL_SET_ERR_MSG(extack, "the peer has no key");
		return -ENOKEY;
	}
	skb = braid_control_alloc(BRAID_TLV_LEN + len);
	if (!skb)
		return -ENOMEM;
	braid_opaque_write(skb_put(skb, BRAID_TLV_LEN + len),
			   BRAID_TLV_LEN + len, payload, len);
	spin_lock_bh(&peer->lock);
	err = braid_opaque_path(peer, &path, extack);
	if (!err)
		braid_control_queue(path, skb, BRAID_CONTROL_PLAIN);
	spin_unlock_bh(&peer->lock);
	if (err) {
		kfree_skb(skb);
		return err;
	}
	braid_count(peer->braid, BRAID_CNT_TX_OPAQUE);
	braid_pump(peer);
	return 0;
}
