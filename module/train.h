/* SPDX-License-Identifier: GPL-2.0 */
/* Trains of probes: what a path could carry, asked for by whoever wonders. */
#ifndef BRAID_TRAIN_H
#define BRAID_TRAIN_H

#include <linux/types.h>

struct braid_path;

/* Both: peer's lock. */

/**
 * braid_train_send - sends probes of the path's packet size, all at once
 * @path: a path that is up
 * @count: BRAID_TRAIN_MIN to BRAID_TRAIN_MAX
 * @now_us: now
 *
 * The caller pumps. The answers fill @path's train, which began anew. Return:
 * 0, or -ENOTCONN when the path is not up, -ENOMEM.
 */
int braid_train_send(struct braid_path *path, u32 count, u64 now_us);
/* Was it an answer to one of these? */
bool braid_train_replied(struct braid_path *path, u64 id, u64 peer_us);

#endif
