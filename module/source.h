/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRAID_SOURCE_H
#define BRAID_SOURCE_H

#include <linux/skbuff.h>

struct braid_peer;

/*
 * May a packet with this inner source come from this peer? The route back to
 * it must lead to the peer on the device, unless the peer may send anything.
 * Network header and protocol are set; under RCU.
 */
bool braid_source_ok(struct braid_peer *peer, struct sk_buff *skb);

#endif
