// SPDX-License-Identifier: GPL-2.0
/*
 * The policy redundant: every packet on every usable path. The first copy that
 * arrives is delivered, the other end drops the rest. A flow gets no more than
 * the fastest path carries, and every path is as busy as if it were alone: what
 * it buys is that a packet is late or lost only where all paths fail it.
 *
 * Standby paths stay out while there is another one.
 */
#define BRAID_POLICY "redundant"
#include "braid_meters.h"

char _license[] SEC("license") = "GPL";

SEC("struct_ops/steer")
__u64 redundant_steer(unsigned long long *args)
{
	struct braid_steer_ctx *pkt = braid_ctx(args);
	struct braid_flow_value *v;

	v = braid_meter_steer(pkt, bpf_ktime_get_ns());
	return braid_meter_verdict(v, BRAID_COPY(pkt->peer.usable));
}

SEC(".struct_ops.link")
struct braid_policy redundant = {
	.steer = (void *)redundant_steer,
	.sent = (void *)meter_sent,
	.received = (void *)meter_received,
	.path_event = (void *)meter_path_event,
	.report = (void *)meter_report,
	.name = BRAID_POLICY,
};
