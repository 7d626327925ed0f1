/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the narrowest place of a path lets through, from packets of one size that
 * were sent at once: it hands them on at its own pace, and the other end tells
 * when each arrived (packet train dispersion; Dovrolis, Ramanathan and Moore,
 * "Packet-Dispersion Techniques and a Capacity-Estimation Methodology", 2004).
 */
#ifndef BRAID_CORE_TRAIN_H
#define BRAID_CORE_TRAIN_H

#include "types.h"

#define BRAID_TRAIN_MIN		2
#define BRAID_TRAIN_MAX		128

/**
 * struct braid_train - the last train of a path
 * @id: of its probes; 0: there was none
 * @size: bytes of each packet, with its IP header
 * @sent: how many
 * @came: how many answers
 * @first_us: when the first that was answered arrived, by the peer's clock
 * @last_us: the last likewise
 */
struct braid_train {
	u64 id;
	u32 size;
	u32 sent;
	u32 came;
	u64 first_us;
	u64 last_us;
};

/* One of its packets arrived at @peer_us. */
void braid_train_answered(struct braid_train *t, u64 peer_us);

/*
 * Bytes per second; 0: not known, since too little came or all of it in one
 * moment. A shaper that lets bursts pass makes it too high; traffic beside it,
 * too low.
 */
u64 braid_train_rate(const struct braid_train *t);

#endif
