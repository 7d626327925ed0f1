/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stand-in for the device's fair queue: deficit round robin over flows (new
 * ones first, RFC 8290), CoDel (RFC 8289) on each.
 */
#ifndef SIM_FAIRQ_H
#define SIM_FAIRQ_H

#include "event.h"

#define SIM_FLOWS	16
#define FAIRQ_QUANTUM	1500
#define FAIRQ_LIMIT	8192

/**
 * struct inner - an inner packet; retained copies share it
 * @next: in the queue that holds it
 * @refs: holders
 * @flow: number of the flow
 * @ack: belongs to the flow's way back
 * @ahead: no lane: goes ahead, by the quickest path
 * @size: bytes, inner IP header included
 * @seq: segment or datagram number
 * @cum: an acknowledgment: next segment wanted
 * @sacks: number of @sack
 * @sack: runs received beyond @cum, first and last, the newest first
 * @ts_ns: sending time, or in an acknowledgment the echoed one
 * @queued_ns: when it entered the fair queue
 */
struct inner {
	struct inner *next;
	u32 refs;
	u16 flow;
	bool ack;
	bool ahead;
	u32 size;
	u64 seq;
	u64 cum;
	u32 sacks;
	u64 sack[3][2];
	u64 ts_ns;
	u64 queued_ns;
};

struct inner *inner_new(void);
static inline void inner_get(struct inner *in)
{
	in->refs++;
}

void inner_put(struct inner *in);

struct fairq_flow {
	struct inner *head;
	struct inner *tail;
	struct fairq_flow *next;
	s32 deficit;
	bool listed;
	/* CoDel */
	bool dropping;
	u64 above_ns;
	u64 drop_ns;
	u32 count;
	u32 last_count;
};

struct fairq_list {
	struct fairq_flow *head;
	struct fairq_flow *tail;
};

/**
 * struct fairq - the queue of one end
 * @flow: by number, those of the way back behind the others
 * @fresh: flows that just began
 * @old: the others that have packets
 * @n: packets
 * @bytes: in the CoDel sense, what a flow may always keep
 * @target_ns: CoDel's
 * @interval_ns: CoDel's
 * @codel_drops: packets dropped by it
 * @tail_drops: packets dropped at the limit
 */
struct fairq {
	struct fairq_flow flow[2 * SIM_FLOWS];
	struct fairq_list fresh;
	struct fairq_list old;
	u32 n;
	u64 target_ns;
	u64 interval_ns;
	u64 codel_drops;
	u64 tail_drops;
};

void fairq_init(struct fairq *q);
void fairq_fini(struct fairq *q);
void fairq_add(struct fairq *q, struct inner *in, u64 now_ns);
/* The next packet that CoDel lets pass, or NULL. */
struct inner *fairq_next(struct fairq *q, u64 now_ns);

#endif
