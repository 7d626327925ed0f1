/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRAID_CONTROL_H
#define BRAID_CONTROL_H

#include <linux/types.h>

struct braid_session;
struct braid_origin;

/*
 * Handles the TLVs of an opened control packet that came from @from.
 * Takes the peer's and the session's lock, never one inside the other.
 */
void braid_control_receive(struct braid_session *s, const u8 *tlvs, size_t len,
			   const struct braid_origin *from, u64 now_us);

/* Does the packet hold nothing but probes and replies to probes? */
bool braid_control_probing(const u8 *tlvs, size_t len);

#endif
