/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flow and path entries, for policies: found, made, evicted, added to.
 *
 * The flow map is a plain hash, bounded, and keeps count of itself. For every
 * flow it may hold the ring has one place. A new flow takes the place under
 * the ring's hand if it is free, or if the flow in it has been idle for long,
 * which is then evicted; a few places are tried, then the new flow is refused
 * until its next packet. So busy flows are never lost, and no daemon is needed.
 */
#ifndef BRAID_BPF_FLOW_H
#define BRAID_BPF_FLOW_H

#include "braid_steer.h"
#include "meter.h"
#include "sums.h"

/* A flow that was silent for this long may have to give way to a new one. */
#define BRAID_FLOW_IDLE_NS	(30 * BRAID_NSEC_PER_SEC)
/* Places looked at for one new flow. */
#define BRAID_FLOW_TRIES	8

static const struct braid_flow_value braid_flow_blank = {
	.slot = BRAID_NO_SLOT,
	.rule = BRAID_FLOW_RULE_NEW,
};

static const struct braid_path_value braid_path_blank;

/* Empties a place of the ring whose flow is idle or gone. 0: still in use. */
static inline int braid_flow_vacate(struct braid_flowstat *stat,
				    struct braid_flow_key *place, __u64 now_ns)
{
	struct braid_flow_value *v;

	if (!place->ifindex)
		return 1;
	v = bpf_map_lookup_elem(&braid_flows, place);
	if (v) {
		if ((__s64)(now_ns - v->last_ns) < (__s64)BRAID_FLOW_IDLE_NS)
			return 0;
		if (!bpf_map_delete_elem(&braid_flows, place))
			__sync_fetch_and_add(&stat->evicted, 1);
	}
	/* Without an entry somebody else had deleted it; it counted until now. */
	__sync_fetch_and_add(&stat->entries, -1);
	place->ifindex = 0;
	return 1;
}

/* Enters a flow; whether that worked shows when it is looked up. */
static inline void braid_flow_enter(struct braid_flow_key *key, __u64 now_ns)
{
	struct braid_flowstat *stat;
	struct braid_flow_key *place;
	__u32 at = 0;
	long err;
	int i;

	stat = bpf_map_lookup_elem(&braid_flowstat, &at);
	if (!stat)
		return;
	stat->limit = BRAID_FLOW_LIMIT;
	for (i = 0; i < BRAID_FLOW_TRIES; i++) {
		at = __sync_fetch_and_add(&stat->hand, 1) % BRAID_FLOW_LIMIT;
		place = bpf_map_lookup_elem(&braid_flowring, &at);
		if (!place || !braid_flow_vacate(stat, place, now_ns))
			continue;
		*place = *key;
		err = bpf_map_update_elem(&braid_flows, key, &braid_flow_blank,
					  BPF_NOEXIST);
		if (!err) {
			__sync_fetch_and_add(&stat->entries, 1);
			return;
		}
		place->ifindex = 0;
		/* Another CPU was quicker: just what was wanted. */
		if (err == -17 /* EEXIST */)
			return;
		break;
	}
	__sync_fetch_and_add(&stat->refused, 1);
}

/* The entry of a packet's flow, made if need be; NULL when there is no room. */
static inline struct braid_flow_value *
braid_flow_get(const struct braid_steer_ctx *pkt, __u64 now_ns)
{
	struct braid_flow_value *v;
	struct braid_flow_key key;

	braid_flow_key(&key, &pkt->peer, &pkt->flow, pkt->direction);
	v = bpf_map_lookup_elem(&braid_flows, &key);
	if (v)
		return v;
	braid_flow_enter(&key, now_ns);
	v = bpf_map_lookup_elem(&braid_flows, &key);
	if (v) {
		v->first_ns = now_ns;
		v->last_ns = now_ns;
		v->window_ns = now_ns;
	}
	return v;
}

/* Counts a packet and keeps the rates up to date, for received(). */
static inline void braid_flow_received(const struct braid_steer_ctx *pkt)
{
	__u64 now_ns = bpf_ktime_get_ns();
	struct braid_flow_value *v = braid_flow_get(pkt, now_ns);

	if (v) {
		braid_flow_count(v, pkt, now_ns);
		braid_flow_rates(v, now_ns);
	}
	braid_sums_add(pkt, v);
}

/* The entry of a path, made if need be; NULL when there is no room. */
static inline struct braid_path_value *
braid_path_get(const struct braid_peer_ctx *peer, __u32 slot)
{
	struct braid_path_key key = {
		.netns = peer->netns_cookie,
		.ifindex = peer->ifindex,
		.peer = peer->id,
		.slot = slot,
	};
	struct braid_path_value *v;

	v = bpf_map_lookup_elem(&braid_paths, &key);
	if (v)
		return v;
	bpf_map_update_elem(&braid_paths, &key, &braid_path_blank, BPF_NOEXIST);
	return bpf_map_lookup_elem(&braid_paths, &key);
}

/* Adds what each path got to the flow's entry and to the paths', for sent(). */
static inline void braid_flow_sent(const struct braid_sent_ctx *sent)
{
	struct braid_path_value *path;
	struct braid_flow_value *v;
	struct braid_flow_key key;
	__u32 i, slot, segs, bytes;

	braid_flow_key(&key, &sent->peer, &sent->flow, BRAID_OUT);
	v = bpf_map_lookup_elem(&braid_flows, &key);
	if (v && sent->repaired)
		__sync_fetch_and_add(&v->repaired, sent->repaired);
	if (v && sent->late)
		__sync_fetch_and_add(&v->late, sent->late);
#pragma unroll
	for (i = 0; i < BRAID_SENT_PARTS; i++) {
		slot = sent->part[i].slot;
		segs = sent->part[i].segs;
		bytes = sent->part[i].bytes;
		if (!segs)
			continue;
		if (v && slot < BRAID_FLOW_SLOTS)
			__sync_fetch_and_add(&v->slot_bytes[slot], bytes);
		else if (v)
			__sync_fetch_and_add(&v->other_bytes, bytes);
		path = braid_path_get(&sent->peer, slot);
		if (!path)
			continue;
		__sync_fetch_and_add(&path->packets, 1);
		__sync_fetch_and_add(&path->segments, segs);
		__sync_fetch_and_add(&path->bytes, bytes);
	}
}

/* Keeps a path's entry in step with its state, for path_event(). */
static inline void braid_path_changed(const struct braid_event_ctx *ev)
{
	struct braid_path_key key = {
		.netns = ev->peer.netns_cookie,
		.ifindex = ev->peer.ifindex,
		.peer = ev->peer.id,
		.slot = ev->slot,
	};
	struct braid_path_value *path;

	if (ev->state == BRAID_STATE_GONE) {
		bpf_map_delete_elem(&braid_paths, &key);
		return;
	}
	path = braid_path_get(&ev->peer, ev->slot);
	if (!path)
		return;
	path->id = ev->path_id;
	path->state = ev->state;
	path->changed_ns = bpf_ktime_get_ns();
	__sync_fetch_and_add(&path->changes, 1);
}

/* Copies a path's measurements into its entry, for report(). */
static inline void braid_path_reported(struct braid_event_ctx *ev)
{
	struct braid_path_view *view = bpf_braid_path(&ev->peer, ev->slot);
	struct braid_path_value *path;

	if (!view)
		return;
	path = braid_path_get(&ev->peer, ev->slot);
	if (!path)
		return;
	path->id = view->id;
	path->state = view->state;
	path->srtt_us = view->srtt_us;
	path->min_rtt_us = view->min_rtt_us;
	path->owd_us = view->owd_us;
	path->jitter_us = view->jitter_us;
	path->queue_us = view->queue_us;
	path->loss_ppm = view->loss_ppm;
	path->rate = view->rate;
	path->report_ns = bpf_ktime_get_ns();
}

#endif
