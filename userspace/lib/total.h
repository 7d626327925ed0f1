/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Totals of devices, peers, classes, policies and paths, out of the maps that policies
 * keep.
 */
#ifndef BR_TOTAL_H
#define BR_TOTAL_H

#include "netlink.h"

/**
 * struct br_total - what passed a device, or one part of it
 * @ifindex: the braid device
 * @what: "device", "peer", "class", "policy" or "path"
 * @name: of that; of a path with its peer before it
 * @out_packets: packets into the tunnel; of a path, packets or parts of them
 * @out_segments: packets that they became on the wire
 * @out_bytes: bytes of these, IP headers included
 * @in_packets: packets out of the tunnel; not told of paths
 * @in_segments: as they were on the wire
 * @in_bytes: bytes of these
 */
struct br_total {
	uint64_t has;
	uint32_t ifindex;
	char what[BR_NAME];
	char name[2 * BR_NAME];
	uint64_t out_packets;
	uint64_t out_segments;
	uint64_t out_bytes;
	uint64_t in_packets;
	uint64_t in_segments;
	uint64_t in_bytes;
};

extern const struct br_type br_total_type;

/*
 * The totals of this namespace's devices, or of one. The caller frees the list also
 * after a failure.
 */
int br_total_list(struct br_nl *nl, uint32_t ifindex, struct br_list *list,
		  struct br_error *err);

/*
 * Takes away what is known of a device that is about to go, or with @peers of those of
 * its peers that have gone. What fails leaves it where it takes room.
 */
void br_total_forget(struct br_nl *nl, uint32_t ifindex, bool peers);

#endif
