/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packet's way in: this file opens it and finds its session and path,
 * core/reseq.c gives it its place in its lane, deliver.c takes it up.
 */
#ifndef BRAID_RECEIVE_H
#define BRAID_RECEIVE_H

#include <linux/list.h>
#include <linux/skbuff.h>

#include "core/reseq.h"

struct sock;

static inline struct braid_item *braid_item(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct braid_item) > sizeof(skb->cb));
	return (struct braid_item *)skb->cb;
}

/* encap_rcv of our sockets: takes every packet, rubbish too. */
int braid_receive(struct sock *sk, struct sk_buff *skb);
/* A packet whose turn has come in a session's order of opening. */
struct braid_turn;
void braid_opened(struct braid_turn *turn);
/* Turns what the resequencer released into a queue of packets. */
void braid_items_to_skbs(struct list_head *items, struct sk_buff_head *out);

#endif
