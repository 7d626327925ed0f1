/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One direction of a link, as netem makes one: loss, then a queue with a
 * limit that also counts what is under way, then the rate, then the delay.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "core/reseq.h"
#include "event.h"

#define LINK_HEADER	14	/* bytes of Ethernet that the rate counts */

struct inner;

/**
 * struct packet - an outer packet
 * @next: in the list that holds it
 * @at_ns: when it arrives
 * @item: of the receiver's resequencer
 * @inner: what it carries, or NULL
 * @path: the sender's id
 * @lane: see struct braid_data_hdr
 * @back: likewise
 * @len: bytes of @ctl
 * @size: bytes, outer IP header included
 * @alien: not of braid: the other traffic's sequence number plus one
 * @pn: packet number
 * @gseq: number in the session
 * @ctl: control messages
 */
struct packet {
	struct packet *next;
	u64 at_ns;
	struct braid_item item;
	struct inner *inner;
	u16 path;
	u16 lane;
	u16 back;
	u16 len;
	u32 size;
	u64 alien;
	u64 pn;
	u64 gseq;
	u8 *ctl;
};

enum link_jitter {
	LINK_STEADY,
	LINK_REORDER,	/* each packet its own delay */
	LINK_SLOT,	/* delivered at moments 1 to 20 ms apart */
};

/**
 * struct link_config - how a link behaves
 * @rate: bytes per second
 * @delay_us: one way
 * @jitter_us: half the width of @jitter's distribution
 * @jitter: kind
 * @loss_ppm: of all packets, random
 * @burst: mean length of a burst of losses (Gilbert-Elliott), 0 or 1 for none
 * @limit: packets, under way included
 * @dead: swallows everything
 */
struct link_config {
	u64 rate;
	u32 delay_us;
	u32 jitter_us;
	enum link_jitter jitter;
	u32 loss_ppm;
	u32 burst;
	u32 limit;
	bool dead;
};

#define LINK_BUCKETS	512	/* of a millisecond of queueing */

/**
 * struct link - one direction
 * @cfg: may be changed at any time; what is under way keeps its time
 * @clock: the simulation's
 * @ev: next arrival
 * @head: packets under way, first to arrive first
 * @tail: the last one
 * @n: number of them
 * @free_ns: when the rate is free
 * @slot_ns: next moment of delivery, LINK_SLOT
 * @bad: inside a burst of losses
 * @deliver: called with @to and the packet
 * @to: see @deliver
 * @drop: frees a packet
 * @bytes: carried, without Ethernet
 * @lost: packets lost at random
 * @overflow: packets lost for want of room
 * @wait: histogram of the queueing delay in milliseconds
 */
struct link {
	struct link_config cfg;
	struct clock *clock;
	struct event ev;
	struct packet *head;
	struct packet *tail;
	u32 n;
	u64 free_ns;
	u64 slot_ns;
	bool bad;
	void (*deliver)(void *to, struct packet *p);
	void *to;
	void (*drop)(struct packet *p);
	u64 bytes;
	u64 lost;
	u64 overflow;
	u32 wait[LINK_BUCKETS];
};

void link_init(struct link *l, struct clock *c, const struct link_config *cfg);
void link_fini(struct link *l);
void link_send(struct link *l, struct packet *p);
/* Milliseconds of queueing that @permille of the packets stayed below. */
u32 link_wait_ms(const struct link *l, u32 permille);

#endif
