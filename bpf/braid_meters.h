/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs for the members of a policy that only keep the shared maps: a
 * policy that measures flows like all others takes them as they are. Include
 * it once in an object, instead of braid_flow.h.
 */
#ifndef BRAID_BPF_METERS_H
#define BRAID_BPF_METERS_H

#include "braid_flow.h"

/* A packet is counted: its flow's entry, or NULL when there is no room. */
static inline struct braid_flow_value *
braid_meter_steer(const struct braid_steer_ctx *pkt, __u64 now_ns)
{
	struct braid_flow_value *v = braid_flow_get(pkt, now_ns);

	if (v) {
		braid_flow_count(v, pkt, now_ns);
		braid_flow_rates(v, now_ns);
	}
	braid_sums_add(pkt, v);
	return v;
}

/* ... and the verdict on it noted. */
static inline __u64 braid_meter_verdict(struct braid_flow_value *v,
					__u64 verdict)
{
	if (v)
		v->verdict = verdict;
	return verdict;
}

SEC("struct_ops/sent")
void meter_sent(unsigned long long *args)
{
	struct braid_sent_ctx *sent = braid_ctx(args);

	braid_flow_sent(sent);
}

SEC("struct_ops/received")
void meter_received(unsigned long long *args)
{
	struct braid_steer_ctx *pkt = braid_ctx(args);

	braid_flow_received(pkt);
}

SEC("struct_ops/path_event")
void meter_path_event(unsigned long long *args)
{
	struct braid_event_ctx *ev = braid_ctx(args);

	braid_path_changed(ev);
}

SEC("struct_ops/report")
void meter_report(unsigned long long *args)
{
	struct braid_event_ctx *ev = braid_ctx(args);

	braid_path_reported(ev);
}

#endif
