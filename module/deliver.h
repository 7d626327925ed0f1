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
#include <linux/smp.h>

struct braid_device;

/* A released hole can be long; beyond this the consumer is hopeless. */
#define BRAID_DELIVER_MAX	16384

/* A queue that was empty for longer may move to another CPU. */
#define BRAID_DELIVER_REST	max(HZ / 50, 2)

/**
 * struct braid_deliver_queue - one way up
 * @napi: empties @queue, on one CPU while packets flow: the stack behind it
 *	has a backlog for each CPU, and would change the order of packets that
 *	went into two of them
 * @queue: packets, under its own lock
 * @cpu: where @napi runs; @queue's lock
 * @used: when packets last came, in jiffies; @queue's lock
 * @kick: has @napi scheduled on @cpu by another CPU
 * @kicked: @kick is under way; set by whoever sends it, cleared by it as its
 *	last access to the queue
 */
struct braid_deliver_queue {
	struct napi_struct napi;
	struct sk_buff_head queue;
	unsigned int cpu;
	unsigned long used;
	call_single_data_t kick;
	unsigned long kicked;
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
