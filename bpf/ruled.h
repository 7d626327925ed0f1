/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A policy's steer program, whole: the flow's entry, the user's rules, and
 * among the paths these leave what adaptive decides. For policies that differ in
 * which paths that are.
 */
#ifndef BRAID_RULED_H
#define BRAID_RULED_H

#include "braid_meters.h"

#include "adaptive.h"
#include "rules.h"

/*
 * @tiers: only the cheapest of the paths. What may not use all paths is not
 * sent again over the others either: they may be the ones that cost money.
 */
static __always_inline __u64
braid_ruled_steer(const struct braid_adaptive_cfg *cfg,
		  struct braid_steer_ctx *pkt, int tiers)
{
	__u64 now_ns = bpf_ktime_get_ns(), verdict = BRAID_DROP;
	struct braid_flow_value *v = braid_flow_get(pkt, now_ns);
	struct braid_flow_rule rule = BRAID_FLOW_RULE_NEW;
	__u32 kind;

	if (v) {
		braid_flow_count(v, pkt, now_ns);
		rule = v->rule;
	}
	kind = braid_rules_apply(pkt, &rule, v ? v->out_bytes : pkt->wire_len,
				 tiers, now_ns);
	if (v)
		v->rule = rule;
	if (kind != BRAID_KIND_DROP)
		verdict = braid_adaptive_verdict(cfg, pkt, v, rule.set, kind,
						 now_ns);
	if (kind != BRAID_KIND_DROP && rule.set != braid_all_slots(pkt))
		verdict |= BRAID_VERDICT(0, BRAID_WITHIN, 0);
	return braid_meter_verdict(v, verdict);
}

#endif
