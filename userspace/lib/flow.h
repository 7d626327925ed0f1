/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flows, out of the map that policies keep.
 */
#ifndef BR_FLOW_H
#define BR_FLOW_H

#include "netlink.h"

/**
 * struct br_flow - a flow, both of its directions
 * @dev: the braid device
 * @peer: name of the peer
 * @proto: name or number of the IP protocol
 * @near: address and port on our side
 * @far: address and port behind the peer
 * @class: its class by the user's rules, else what the policy takes it for
 * @rule: pref of the rule that says so, 0 for none
 * @verdict: the policy's newest one, in words
 * @out_rate: bytes per second into the tunnel, now
 * @in_rate: bytes per second out of it, now
 * @out_peak: the highest that was measured over a tenth of a second
 * @in_peak: likewise
 * @idle: since its newest packet
 * @age: since its first
 * @repaired: segments sent again
 * @late: segments lost and too late to be sent again
 * @out_again: of TCP, segments with data into the tunnel that had nothing new in them
 * @in_again: the same out of it
 * @near_rtt: of TCP's handshake, from here to the host on our side and back
 * @far_rtt: from here to the host behind the peer and back
 * @moves: how often it has changed its path
 * @moved: since the last time
 * @why: why it did
 * @share: part of the bytes that each path carried, in words
 * @slots: bytes sent, by path
 */
struct br_flow {
	uint64_t has;
	uint32_t ifindex;
	char peer[BR_NAME];
	char proto[BR_NAME];
	struct br_endpoint near;
	struct br_endpoint far;
	char class[BR_NAME];
	uint32_t rule;
	char verdict[BR_REASON];
	uint64_t out_rate;
	uint64_t in_rate;
	uint64_t out_peak;
	uint64_t in_peak;
	uint64_t out_bytes;
	uint64_t in_bytes;
	uint64_t out_packets;
	uint64_t in_packets;
	uint64_t idle;
	uint64_t age;
	uint64_t repaired;
	uint64_t late;
	uint64_t out_again;
	uint64_t in_again;
	uint32_t near_rtt;
	uint32_t far_rtt;
	uint32_t moves;
	uint64_t moved;
	char why[BR_REASON];
	char share[BR_REASON];
	struct br_counters slots;
};

extern const struct br_type br_flow_type;

/*
 * The flows of this namespace's devices, or of one. The caller frees the list
 * also after a failure.
 */
int br_flow_list(struct br_nl *nl, uint32_t ifindex, struct br_list *list,
		 struct br_error *err);

/* Which flows come first. */
enum br_flow_order {
	BR_FLOW_BY_RATE,	/* the fastest, both directions together */
	BR_FLOW_BY_BYTES,	/* those that moved most */
	BR_FLOW_BY_AGE,		/* the newest */
	BR_FLOW_ORDERS
};

/* What users call them. */
extern const char *const br_flow_order_names[BR_FLOW_ORDERS];

void br_flow_sort(struct br_list *list, enum br_flow_order order);

/* "stripe wan1,wan2"; @names: paths by slot, NULL or empty where none. */
void br_verdict_text(uint64_t verdict, const char *const *names, char *buf,
		     size_t size);

#endif
