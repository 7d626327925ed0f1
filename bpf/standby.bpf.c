// SPDX-License-Identifier: GPL-2.0
/*
 * The policy standby: one path carries everything, repairs included, and the
 * others are there for when it is gone. Which one, the user says by cost.
 */
#define BRAID_POLICY "standby"
#include "braid_meters.h"

#include "standby.h"

char _license[] SEC("license") = "GPL";

SEC("struct_ops/steer")
__u64 standby_steer(unsigned long long *args)
{
	struct braid_steer_ctx *pkt = braid_ctx(args);
	struct braid_flow_value *v;

	v = braid_meter_steer(pkt, bpf_ktime_get_ns());
	return braid_meter_verdict(v, braid_standby_verdict(pkt));
}

SEC(".struct_ops.link")
struct braid_policy standby = {
	.steer = (void *)standby_steer,
	.sent = (void *)meter_sent,
	.received = (void *)meter_received,
	.path_event = (void *)meter_path_event,
	.report = (void *)meter_report,
	.name = BRAID_POLICY,
};
