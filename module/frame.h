/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames: what the controllers of two ends say to each other. A handshake
 * travels in the clear before there is a session, an opaque message sealed
 * inside one. The module carries them, answers none, and keeps nothing of them.
 */
#ifndef BRAID_FRAME_H
#define BRAID_FRAME_H

#include <linux/types.h>

#include "core/wire.h"
#include "socket.h"

struct braid_origin;
struct braid_path;
struct braid_peer;
struct braid_session;
struct netlink_ext_ack;
struct sk_buff;

/**
 * struct braid_handshake - one to be sent
 * @sock: the socket it goes out of
 * @local: source address
 * @remote: where it goes
 * @receiver_id: the receiver's handshake id, 0 while unknown
 * @sender_id: ours, 0 for none yet
 * @attempt: number of the attempt
 * @payload: what the controllers say
 * @len: bytes of it
 */
struct braid_handshake {
	struct braid_socket *sock;
	union braid_addr local;
	union braid_addr remote;
	u32 receiver_id;
	u32 sender_id;
	u16 attempt;
	const u8 *payload;
	u32 len;
};

/*
 * Sends it. Device's lock. -ENOMEM, -ENETUNREACH (no route), -ELOOP (the route
 * leads into the device).
 */
int braid_handshake_send(const struct braid_handshake *h,
			 struct netlink_ext_ack *extack);
/*
 * Takes a packet of type 3 behind its clear header, whose network header is
 * still there. BH off, under RCU. Return: 0 and the packet is consumed, or a
 * drop reason and it is the caller's.
 */
int braid_handshake_receive(const struct braid_hdr *hdr, struct sk_buff *skb,
			    const struct braid_origin *from);

/*
 * Sends an opaque message over @path, or over the quickest usable one when that
 * is NULL. Device's lock. -ENOKEY, -ENETUNREACH, -ENOBUFS, -ENOMEM.
 */
int braid_opaque_send(struct braid_peer *peer, struct braid_path *path,
		      const u8 *payload, u32 len,
		      struct netlink_ext_ack *extack);
/* One came in an authentic packet. BH off, under RCU; takes the peer's lock. */
void braid_opaque_receive(struct braid_session *s, const struct braid_tlv *tlv,
			  const struct braid_origin *from);

#endif
