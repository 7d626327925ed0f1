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
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "braid_flow.h"

#include "adaptive.h"

char _license[] SEC("license") = "GPL";

/* Set before loading, constant after. */
const volatile struct braid_adaptive_cfg adaptive_cfg = BRAID_ADAPTIVE_DEFAULTS;

BRAID_PROG(__u64, steer, adaptive_steer, struct braid_steer_ctx *pkt)
{
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

BRAID_PROG(void, sent, adaptive_sent, struct braid_sent_ctx *sent)
{
	braid_flow_sent(sent);
}

BRAID_PROG(void, received, adaptive_received, struct braid_steer_ctx *pkt)
{
	braid_flow_received(pkt);
}

BRAID_PROG(void, path_event, adaptive_path_event, struct braid_event_ctx *ev)
{
	braid_path_changed(ev);
}

BRAID_PROG(void, report, adaptive_report, struct braid_event_ctx *ev)
{
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
