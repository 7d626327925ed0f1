// SPDX-License-Identifier: GPL-2.0
#include "stats.h"

#include <linux/skbuff.h>

#include "device.h"

const char *const braid_counter_names[BRAID_CNT_MAX] = {
	[BRAID_CNT_TX_DATA] = "tx-data",
	[BRAID_CNT_TX_CONTROL] = "tx-control",
	[BRAID_CNT_TX_HANDSHAKE] = "tx-handshake",
	[BRAID_CNT_TX_OPAQUE] = "tx-opaque",
	[BRAID_CNT_TX_READMIT] = "tx-readmit",
	[BRAID_CNT_TX_REPAIR] = "tx-repair",
	[BRAID_CNT_TX_COPY] = "tx-copy",
	[BRAID_CNT_TX_COPY_SKIPPED] = "tx-copy-skipped",
	[BRAID_CNT_TX_COPY_COVERED] = "tx-copy-covered",
	[BRAID_CNT_TX_ACK_THINNED] = "tx-ack-thinned",
	[BRAID_CNT_TX_PIECES] = "tx-pieces",
	[BRAID_CNT_TX_MTU_TOLD] = "tx-mtu-told",
	[BRAID_CNT_REPAIR_LATE] = "repair-late",
	[BRAID_CNT_VERDICT_INVALID] = "verdict-invalid",
	[BRAID_CNT_DROP_TX_PROTO] = "drop-tx-protocol",
	[BRAID_CNT_DROP_TX_NO_PEER] = "drop-tx-no-peer",
	[BRAID_CNT_DROP_TX_MULTICAST] = "drop-tx-multicast",
	[BRAID_CNT_DROP_TX_NO_SESSION] = "drop-tx-no-session",
	[BRAID_CNT_DROP_TX_NO_PATH] = "drop-tx-no-path",
	[BRAID_CNT_DROP_TX_POLICY] = "drop-tx-policy",
	[BRAID_CNT_DROP_TX_MEMORY] = "drop-tx-memory",
	[BRAID_CNT_DROP_TX_CODEL] = "drop-tx-codel",
	[BRAID_CNT_DROP_TX_QUEUE] = "drop-tx-queue",
	[BRAID_CNT_DROP_TX_TOO_BIG] = "drop-tx-too-big",
	[BRAID_CNT_DROP_TX_GSO] = "drop-tx-gso",
	[BRAID_CNT_DROP_TX_ROUTE] = "drop-tx-route",
	[BRAID_CNT_DROP_TX_LOOP] = "drop-tx-loop",
	[BRAID_CNT_DROP_TX_LIMIT] = "drop-tx-key-limit",
	[BRAID_CNT_DROP_TX_UNVALIDATED] = "drop-tx-unvalidated",
	[BRAID_CNT_DROP_TX_GONE] = "drop-tx-gone",
	[BRAID_CNT_RX_DATA] = "rx-data",
	[BRAID_CNT_RX_CONTROL] = "rx-control",
	[BRAID_CNT_RX_HANDSHAKE] = "rx-handshake",
	[BRAID_CNT_RX_OPAQUE] = "rx-opaque",
	[BRAID_CNT_RX_OPAQUE_LOST] = "rx-opaque-lost",
	[BRAID_CNT_RX_TLV_UNKNOWN] = "rx-tlv-unknown",
	[BRAID_CNT_RX_TLV_INVALID] = "rx-tlv-invalid",
	[BRAID_CNT_RX_PROBE_STRAY] = "rx-probe-stray",
	[BRAID_CNT_DROP_RX_SHORT] = "drop-rx-short",
	[BRAID_CNT_DROP_RX_LONG] = "drop-rx-long",
	[BRAID_CNT_DROP_RX_TYPE] = "drop-rx-type",
	[BRAID_CNT_DROP_RX_HANDSHAKE] = "drop-rx-handshake",
	[BRAID_CNT_DROP_RX_HS_RATE] = "drop-rx-handshake-rate",
	[BRAID_CNT_DROP_RX_HS_QUEUE] = "drop-rx-handshake-queue",
	[BRAID_CNT_DROP_RX_SESSION] = "drop-rx-session",
	[BRAID_CNT_DROP_RX_EPOCH] = "drop-rx-epoch",
	[BRAID_CNT_DROP_RX_PATH] = "drop-rx-path",
	[BRAID_CNT_DROP_RX_REPLAY] = "drop-rx-replay",
	[BRAID_CNT_DROP_RX_AUTH] = "drop-rx-auth",
	[BRAID_CNT_DROP_RX_LIMIT] = "drop-rx-key-limit",
	[BRAID_CNT_DROP_RX_INNER] = "drop-rx-inner",
	[BRAID_CNT_DROP_RX_SOURCE] = "drop-rx-source",
	[BRAID_CNT_DROP_RX_MULTICAST] = "drop-rx-multicast",
	[BRAID_CNT_DROP_RX_ECN] = "drop-rx-ecn",
	[BRAID_CNT_DROP_RX_DUPLICATE] = "drop-rx-duplicate",
	[BRAID_CNT_DROP_RX_MEMORY] = "drop-rx-memory",
	[BRAID_CNT_DROP_RX_QUEUE] = "drop-rx-queue",
	[BRAID_CNT_DROP_RX_DOWN] = "drop-rx-down",
	[BRAID_CNT_DROP_RX_GONE] = "drop-rx-gone",
};

struct braid_counters __percpu *braid_counters_alloc(void)
{
	struct braid_counters __percpu *c = alloc_percpu(struct braid_counters);
	int cpu;

	if (c)
		for_each_possible_cpu(cpu)
			u64_stats_init(&per_cpu_ptr(c, cpu)->syncp);
	return c;
}

void braid_count_many(struct braid_device *braid, enum braid_counter c,
		      unsigned int n)
{
	struct braid_counters *own;

	local_bh_disable();
	own = this_cpu_ptr(braid->counters);
	u64_stats_update_begin(&own->syncp);
	u64_stats_add(&own->value[c], n);
	u64_stats_update_end(&own->syncp);
	local_bh_enable();
}

u64 braid_counter_read(struct braid_device *braid, enum braid_counter c)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct braid_counters *one = per_cpu_ptr(braid->counters, cpu);
		unsigned int start;
		u64 v;

		do {
			start = u64_stats_fetch_begin(&one->syncp);
			v = u64_stats_read(&one->value[c]);
		} while (u64_stats_fetch_retry(&one->syncp, start));
		sum += v;
	}
	return sum;
}

void braid_drop(struct braid_device *braid, struct sk_buff *skb,
		enum braid_counter why)
{
	braid_count(braid, why);
	kfree_skb(skb);
}

void braid_drop_all(struct braid_device *braid, struct sk_buff_head *list,
		    enum braid_counter why)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(list)))
		braid_drop(braid, skb, why);
}
