// SPDX-License-Identifier: GPL-2.0
/*
 * The policy cheapest: dearer paths only when no cheaper one is usable. Of the
 * usable paths those of the least cost form a tier; within it everything is as
 * with adaptive. Standby paths serve after all others, whatever they cost.
 */
#define BRAID_POLICY "cheapest"
#include "ruled.h"

char _license[] SEC("license") = "GPL";

/* Set before loading, constant after. */
const volatile struct braid_adaptive_cfg cheapest_cfg = BRAID_ADAPTIVE_DEFAULTS;

SEC("struct_ops/steer")
__u64 cheapest_steer(unsigned long long *args)
{
	struct braid_steer_ctx *pkt = braid_ctx(args);

	return braid_ruled_steer(braid_tunables(&cheapest_cfg), pkt, 1);
}

SEC(".struct_ops.link")
struct braid_policy cheapest = {
	.steer = (void *)cheapest_steer,
	.sent = (void *)meter_sent,
	.received = (void *)meter_received,
	.path_event = (void *)meter_path_event,
	.report = (void *)meter_report,
	.name = BRAID_POLICY,
};
