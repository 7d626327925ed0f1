// SPDX-License-Identifier: GPL-2.0
/*
 * The policy sticky: a flow keeps to one path, chosen by its hash, so that each
 * path has flows in proportion to its rate. It moves when its path is gone; and,
 * if the rates have changed, after a silence in which nothing of it can be
 * under way any more.
 */
#define BRAID_POLICY "sticky"
#include "braid_meters.h"

#include "sticky.h"

char _license[] SEC("license") = "GPL";

/* Set before loading, constant after. */
const volatile struct braid_sticky_cfg sticky_cfg = BRAID_STICKY_DEFAULTS;

SEC("struct_ops/steer")
__u64 sticky_steer(unsigned long long *args)
{
	struct braid_steer_ctx *pkt = braid_ctx(args);
	struct braid_sticky_cfg cfg = sticky_cfg;
	__u64 now_ns = bpf_ktime_get_ns(), idle_ns = 0;
	struct braid_flow_value *v = braid_flow_get(pkt, now_ns);

	if (v) {
		if ((__s64)(now_ns - v->last_ns) > 0)
			idle_ns = now_ns - v->last_ns;
		braid_flow_count(v, pkt, now_ns);
		braid_flow_rates(v, now_ns);
	}
	braid_sums_add(pkt, v);
	return braid_meter_verdict(v, braid_sticky_verdict(&cfg, pkt, v, idle_ns,
							   now_ns));
}

SEC(".struct_ops.link")
struct braid_policy sticky = {
	.steer = (void *)sticky_steer,
	.sent = (void *)meter_sent,
	.received = (void *)meter_received,
	.path_event = (void *)meter_path_event,
	.report = (void *)meter_report,
	.name = BRAID_POLICY,
};
