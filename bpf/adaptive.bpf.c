// SPDX-License-Identifier: GPL-2.0
/*
 * The policy adaptive: who waits for his packets gets the quickest path, who
 * moves much gets all of them.
 *
 * Interactive are ICMP, DNS, DSCP EF and pure TCP ACKs, flows that have sent
 * little, and flows that keep sending slowly; everything else is bulk. What it
 * does not understand (fragments after the first, unknown protocols) it leaves
 * to the module. A flow changes its class and its path with hysteresis only.
 */
#include "braid_flow.h"

#include "adaptive.h"

char _license[] SEC("license") = "GPL";

/* Set before loading, constant after. */
const volatile struct braid_adaptive_cfg adaptive_cfg = BRAID_ADAPTIVE_DEFAULTS;

SEC("struct_ops/steer")
__u64 adaptive_steer(unsigned long long *args)
{
	struct braid_steer_ctx *pkt = braid_ctx(args);
	struct braid_adaptive_cfg cfg = adaptive_cfg;
	__u64 now_ns = bpf_ktime_get_ns(), verdict;
	struct braid_flow_value *v = braid_flow_get(pkt, now_ns);

	if (v)
		braid_flow_count(v, pkt, now_ns);
	verdict = braid_adaptive_verdict(&cfg, pkt, v, now_ns);
	if (v)
		v->verdict = verdict;
	return verdict;
}

SEC("struct_ops/sent")
void adaptive_sent(unsigned long long *args)
{
	struct braid_sent_ctx *sent = braid_ctx(args);

	braid_flow_sent(sent);
}

SEC("struct_ops/received")
void adaptive_received(unsigned long long *args)
{
	struct braid_steer_ctx *pkt = braid_ctx(args);

	braid_flow_received(pkt);
}

SEC("struct_ops/path_event")
void adaptive_path_event(unsigned long long *args)
{
	struct braid_event_ctx *ev = braid_ctx(args);

	braid_path_changed(ev);
}

SEC("struct_ops/report")
void adaptive_report(unsigned long long *args)
{
	struct braid_event_ctx *ev = braid_ctx(args);

	braid_path_reported(ev);
}

SEC(".struct_ops.link")
struct braid_policy adaptive = {
	.steer = (void *)adaptive_steer,
	.sent = (void *)adaptive_sent,
	.received = (void *)adaptive_received,
	.path_event = (void *)adaptive_path_event,
	.report = (void *)adaptive_report,
	.name = "adaptive",
};
