/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a braidd tells of the paths that it moves by itself.
 */
#ifndef BR_MOVER_H
#define BR_MOVER_H

#include "model.h"

/**
 * struct br_mover - a path with limits
 * @ifindex: the device
 * @peer: whose path it is
 * @path: its name
 * @max_rtt: longest round trip, 0 for any
 * @max_loss: most of its packets lost, 0 for any
 * @state: "begins", "stays", "leaves", "away" or "returns"
 * @since: it is so since then
 * @to: which path carries instead
 * @moves: times that it was given up
 * @failed: migrations that came to nothing
 * @why: why it was given up, or what keeps it from being moved
 */
struct br_mover {
	uint64_t has;
	uint32_t ifindex;
	char peer[BR_NAME];
	char path[BR_NAME];
	uint32_t max_rtt;
	uint32_t max_loss;
	char state[BR_NAME];
	uint64_t since;
	char to[BR_NAME];
	uint64_t moves;
	uint64_t failed;
	char why[BR_REASON];
};

extern const struct br_type br_mover_type;

#endif
