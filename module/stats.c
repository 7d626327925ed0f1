// SPDX-License-Identifier: GPL-2.0
#include "stats.h"

#include <linux/skbuff.h>

#include "device.h"

const char *const braid_counter_names[BRAID_CNT_MAX] = {
#define BRAID_COUNTER_NAME(e, name) [BRAID_CNT_##e] = name,
	BRAID_COUNTERS(BRAID_COUNTER_NAME)
#undef BRAID_COUNTER_NAME
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
