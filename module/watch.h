/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The peer's tick, from which all deadlines are watched: packets that nobody
 * reported, paths of which reports or answers are overdue, probes, ports and
 * sizes that are due.
 */
#ifndef BRAID_WATCH_H
#define BRAID_WATCH_H

#include <linux/hrtimer.h>
#include <linux/types.h>

struct braid_peer;

/* The peer's timer. */
enum hrtimer_restart braid_tick(struct hrtimer *timer);
/* Data flows: the tick must run often. Cheap when it does. Peer's lock. */
void braid_tick_wake(struct braid_peer *peer);
/* Arms it for whatever is due next. Peer's lock. */
void braid_tick_arm(struct braid_peer *peer, u64 now_us);

#endif
