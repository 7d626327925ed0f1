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

/* A path, for what its copies have had of it */
struct braid_copies_key {
	__u64 netns;
	__u32 ifindex;
	__u32 peer;
	__u32 slot;
	__u32 zero;
};

/* A policy's own: what is forgotten with it is a quarter of a second's worth. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct braid_copies_key);
	__type(value, __u64);
} copies_until SEC(".maps");

static __always_inline __u64 *
braid_copies_until(const struct braid_peer_ctx *peer, __u32 slot)
{
	struct braid_copies_key key = {
		.netns = peer->netns_cookie,
		.ifindex = peer->ifindex,
		.peer = peer->id,
		.slot = slot,
	};
	__u64 *until = bpf_map_lookup_elem(&copies_until, &key), none = 0;

	if (until)
		return until;
	bpf_map_update_elem(&copies_until, &key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&copies_until, &key);
}

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
	__u32 kind, set;

	if (v) {
		braid_flow_count(v, pkt, now_ns);
		rule = v->rule;
	}
	kind = braid_rules_apply(pkt, &rule, v ? v->out_bytes : pkt->wire_len,
				 tiers, now_ns);
	if (v)
		v->rule = rule;
	set = braid_trouble_paths(v, rule.set, now_ns);
	if (kind != BRAID_KIND_DROP)
		verdict = braid_adaptive_verdict(cfg, pkt, v,
						 BRAID_VERDICT(kind, 0, set),
						 now_ns);
	if (kind != BRAID_KIND_DROP && rule.set != braid_all_slots(pkt))
		verdict |= BRAID_VERDICT(0, BRAID_WITHIN, 0);
	braid_sums_add(pkt, v);
	return braid_meter_verdict(v, verdict);
}

#endif
