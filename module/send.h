/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packet's way out, in the order of these files: send.c finds its peer and
 * its verdict, queue.c lets it wait, admit.c gives it a path and a number,
 * transmit.c seals it and puts it on the wire.
 */
#ifndef BRAID_SEND_H
#define BRAID_SEND_H

#include <linux/netdevice.h>

/* To a group, or to everybody? Network header and protocol are set. */
bool braid_is_multicast(const struct sk_buff *skb);
/* ndo_start_xmit */
netdev_tx_t braid_xmit(struct sk_buff *skb, struct net_device *dev);

#endif
