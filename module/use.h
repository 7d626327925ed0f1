/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a path is or is not used, in words for a person.
 */
#ifndef BRAID_USE_H
#define BRAID_USE_H

#include <linux/types.h>

struct braid_path;

/* One sentence, static storage. Peer's lock. */
const char *braid_use_why(struct braid_path *path, u64 now_us);

#endif
