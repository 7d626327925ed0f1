/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The last step inwards: released packets go up through NAPI contexts of the
 * device, with GRO. A peer always uses the same one, so that the order which
 * the resequencer made is kept.
 */
#ifndef BRAID_DELIVER_H
#define BRAID_DELIVER_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>

struct braid_device;

/* A released hole can be long; beyond this the consumer is hopeless. */
#define BRAID_DELIVER_MAX	16384

/**
 * struct braid_deliver_queue - one way up
 * @napi: empties @queue
 * @queue: packets, under its own lock
 */
struct braid_deliver_queue {
	struct napi_struct napi;
	struct sk_buff_head queue;
};

/**
 * struct braid_deliver - all ways up of a device
 * @queue: the ways
 * @n: how many
 * @open: the device is up; set and cleared under RTNL, read anywhere
 */
struct braid_deliver {
	struct braid_deliver_queue *queue;
	unsigned int n;
	bool open;
};

int braid_deliver_init(struct braid_device *braid);
void braid_deliver_fini(struct braid_device *braid);
/* Under RTNL, from ndo_open and ndo_stop. */
void braid_deliver_open(struct braid_device *braid);
void braid_deliver_stop(struct braid_device *braid);
/*
 * Takes the packets of @list, in order; @peer is the number of the peer that
 * sent them. BH disabled.
 */
void braid_deliver(struct braid_device *braid, u32 peer,
		   struct sk_buff_head *list);

#endif
