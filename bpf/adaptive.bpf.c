// SPDX-License-Identifier: GPL-2.0
/*
 * The policy adaptive: who waits for his packets gets the quickest path, who
 * moves much gets all of them.
 *
 * Interactive are ICMP, DNS, DSCP EF and pure TCP ACKs, flows that have sent
 * little, and flows that keep sending slowly; everything else is bulk. What is
 * marked as a call (EF, VOICE-ADMIT) goes by a second path, too, where that one's
 * copy would come before a repair, up to a share of the path. What it
 * does not understand (fragments after the first, unknown protocols) it leaves
 * to the module. A flow changes its class and its path with hysteresis only.
 * What the user's rules say comes first.
 */
#define BRAID_POLICY "adaptive"
#include "ruled.h"

char _license[] SEC("license") = "GPL";

/* Set before loading, constant after. */
const volatile struct braid_adaptive_cfg adaptive_cfg = BRAID_ADAPTIVE_DEFAULTS;

SEC("struct_ops/steer")
__u64 adaptive_steer(unsigned long long *args)
{
	struct braid_steer_ctx *pkt = braid_ctx(args);

	return braid_ruled_steer(braid_tunables(&adaptive_cfg), pkt, 0);
}

SEC(".struct_ops.link")
struct braid_policy adaptive = {
	.steer = (void *)adaptive_steer,
	.sent = (void *)meter_sent,
	.received = (void *)meter_received,
	.path_event = (void *)meter_path_event,
	.report = (void *)meter_report,
	.name = BRAID_POLICY,
};
