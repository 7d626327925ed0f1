/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reports: what arrived under each of the peer's path ids, told often and on
 * the two quickest paths, so that the death of the quickest silences nobody.
 */
#ifndef BRAID_REPORT_H
#define BRAID_REPORT_H

#include <linux/types.h>

struct braid_path;
struct braid_peer;
struct braid_rx_path;
struct braid_session;

/*
 * A packet that elicits a report came. @gap: numbers before it are missing,
 * so it goes out at once. Session's lock.
 */
void braid_report_due(struct braid_session *s, struct braid_rx_path *p,
		      u64 now_us, bool gap);
/* Sends what is due. BH; takes both locks, one after the other. */
void braid_report_send(struct braid_session *s);
/* Tells the policy that a path has new measurements. Peer's lock. */
void braid_report_tell(struct braid_path *path);
/* The peer's report came. Takes the peer's lock. */
void braid_report_receive(struct braid_peer *peer, const u8 *value, size_t len,
			  u64 now_us);

#endif
