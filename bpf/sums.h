/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Totals of a device, its peers, its classes and its policies, for policies: each packet
 * is added to four entries. An object that includes this says what it is called by
 * BRAID_POLICY.
 */
#ifndef BRAID_BPF_SUMS_H
#define BRAID_BPF_SUMS_H

#include "braid_steer.h"
#include "braid_maps.h"
#include "rule_maps.h"

#ifndef BRAID_POLICY
#define BRAID_POLICY "other"
#endif

static const struct braid_sum braid_sum_blank;
/* Not static: clang would put it among what may be merged, where libbpf loses it. */
const char braid_sum_policy[BRAID_SUM_NAME] = BRAID_POLICY;
static const char braid_sum_classes[][BRAID_SUM_NAME] = {
	[BRAID_CLASS_NONE] = "other",
	[BRAID_CLASS_SMALL] = "small",
	[BRAID_CLASS_INTERACTIVE] = "interactive",
	[BRAID_CLASS_BULK] = "bulk",
};

/* A packet of @pkt is added to the entry of @key, which is made if need be. */
static __always_inline void braid_sum_add(void *map, const void *key,
					  const struct braid_steer_ctx *pkt)
{
	struct braid_sum *sum = bpf_map_lookup_elem(map, key);
	struct braid_flowstat *stat;
	__u32 at = 0;

	if (!sum) {
		bpf_map_update_elem(map, key, &braid_sum_blank, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(map, key);
	}
	if (!sum) {
		stat = bpf_map_lookup_elem(&braid_flowstat, &at);
		if (stat)
			__sync_fetch_and_add(&stat->unsummed, 1);
	} else if (pkt->direction == BRAID_IN) {
		__sync_fetch_and_add(&sum->in_packets, 1);
		__sync_fetch_and_add(&sum->in_segments, pkt->segs);
		__sync_fetch_and_add(&sum->in_bytes, pkt->wire_len);
	} else {
		__sync_fetch_and_add(&sum->out_packets, 1);
		__sync_fetch_and_add(&sum->out_segments, pkt->segs);
		__sync_fetch_and_add(&sum->out_bytes, pkt->wire_len);
	}
}

/* The class of the rule that takes the flow, or what the policy found. */
static __always_inline void braid_sum_class_name(const struct braid_flow_value *v,
						 char name[BRAID_SUM_NAME])
{
	const struct braid_class_value *class;
	struct braid_rule_id id;
	__u32 found = v ? v->class : BRAID_CLASS_NONE;

	if (v && v->rule.gen && v->rule.rule != BRAID_NO_RULE) {
		id.set = v->rule.ruleset;
		id.index = v->rule.class;
		class = bpf_map_lookup_elem(&braid_classes, &id);
		if (class) {
			__builtin_memcpy(name, class->name, BRAID_SUM_NAME);
			return;
		}
	}
	if (found > BRAID_CLASS_BULK)
		found = BRAID_CLASS_NONE;
	__builtin_memcpy(name, braid_sum_classes[found], BRAID_SUM_NAME);
}

/*
 * Adds a packet to all totals that it is part of; @v: its flow's entry, or NULL. Not
 * inline: a policy has 512 bytes of stack with all that is.
 */
static __attribute__((noinline)) int
braid_sums_add(const struct braid_steer_ctx *pkt, const struct braid_flow_value *v)
{
	struct braid_sum_key sum = {
		.netns = pkt->peer.netns_cookie,
		.ifindex = pkt->peer.ifindex,
	};
	struct braid_name_key name = {
		.netns = pkt->peer.netns_cookie,
		.ifindex = pkt->peer.ifindex,
	};

	braid_sum_add(&braid_sum_dev, &sum, pkt);
	sum.peer = pkt->peer.id;
	braid_sum_add(&braid_sum_peer, &sum, pkt);
	__builtin_memcpy(name.name, braid_sum_policy, sizeof(name.name));
	braid_sum_add(&braid_sum_pol, &name, pkt);
	braid_sum_class_name(v, name.name);
	braid_sum_add(&braid_sum_class, &name, pkt);
	return 0;
}

#endif
