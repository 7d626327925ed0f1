// SPDX-License-Identifier: GPL-2.0
#include "repair.h"

#include <linux/skbuff.h>

#include "copies.h"
#include "device.h"
#include "peer.h"
#include "pmtu.h"
#include "trace.h"

/* Margin for timers at both ends, and the longest wait for a report. */
#define BRAID_REPAIR_MARGIN_US	20000
/* Losses from which on repairs make a flow's round trip longer. */
#define BRAID_REPAIR_LOSS_PPM	2000

void braid_repair_keep(struct braid_peer *peer, struct braid_sent *rec,
		       struct sk_buff *skb)
{
	lockdep_assert_held(&peer->lock);
	if (!braid_tx_cb(skb)->repairs)
		peer->repair_credit = min(peer->repair_credit +
					  skb->len / BRAID_REPAIR_SHARE,
					  BRAID_REPAIR_CREDIT);
	/* A local socket's packet has left as far as that is concerned. */
	skb_orphan(skb);
	if (braid_tx_cb(skb)->flags & BRAID_NOREPAIR ||
	    peer->retained + skb->truesize > BRAID_RETAIN_MAX)
		return;
	peer->retained += skb->truesize;
	rec->cookie = skb_get(skb);
}

static struct sk_buff *braid_repair_take(struct braid_peer *peer, void *cookie)
{
	struct sk_buff *skb = cookie;

	if (skb)
		peer->retained -= skb->truesize;
	return skb;
}

void braid_repair_forget(struct braid_peer *peer, void *cookie)
{
	lockdep_assert_held(&peer->lock);
	consume_skb(braid_repair_take(peer, cookie));
}

static void braid_repair_acked(void *ctx, struct braid_sent *rec)
{
	struct braid_path *path = ctx;

	braid_pmtu_fate(path, rec->size, false);
	if (rec->copied)
		braid_copies_arrived(path->peer, rec->gseq);
	braid_repair_forget(path->peer, rec->cookie);
	rec->cookie = NULL;
}

bool braid_repair_worth(struct braid_peer *peer, struct sk_buff *skb)
{
	return braid_now_us() - braid_tx_cb(skb)->stamped_us <
	       2 * peer->reorder_cap_us;
}

static bool braid_repair_afford(struct braid_peer *peer, struct sk_buff *skb)
{
	if (peer->repair_free)
		return true;
	if (peer->repair_credit < skb->len)
		return false;
	peer->repair_credit -= skb->len;
	return true;
}

static void braid_repair_lost(void *ctx, struct braid_sent *rec)
{
	struct braid_path *path = ctx;
	struct braid_peer *peer = path->peer;
	struct sk_buff *skb;

	braid_pmtu_fate(path, rec->size, true);
	skb = braid_repair_take(peer, rec->cookie);
	rec->cookie = NULL;
	if (rec->copied && !braid_copies_lost(peer, rec->gseq)) {
		braid_count(peer->braid, BRAID_CNT_TX_COPY_COVERED);
		consume_skb(skb);
		return;
	}
	if (!skb)
		return;
	if (skb_shared(skb)) {
		/* The pump is sealing it at this moment: rare; it flies. */
		consume_skb(skb);
		return;
	}
	if (braid_tx_cb(skb)->repairs >= BRAID_REPAIRS ||
	    !braid_repair_worth(peer, skb) || !braid_repair_afford(peer, skb)) {
		braid_count(peer->braid, BRAID_CNT_REPAIR_LATE);
		consume_skb(skb);
		return;
	}
	braid_tx_cb(skb)->repairs++;
	braid_count(peer->braid, BRAID_CNT_TX_REPAIR);
	trace_braid_repair(path, skb, braid_tx_cb(skb));
	__skb_queue_tail(&peer->readmit, skb);
}

const struct braid_loss_ops braid_repair_ops = {
	.acked = braid_repair_acked,
	.lost = braid_repair_lost,
};

u32 braid_repair_time(struct braid_peer *peer)
{
	u32 least = U32_MAX, second = U32_MAX;
	struct braid_path *path;
	int i;

	lockdep_assert_held(&peer->lock);
	braid_for_each_slot(peer, path, i) {
		u32 rtt = path->rtt.srtt_us;

		if (!braid_path_up(path) || !rtt)
			continue;
		if (rtt < least) {
			second = least;
			least = rtt;
		} else if (rtt < second) {
			second = rtt;
		}
	}
	if (second != U32_MAX)
		least = second;
	if (least == U32_MAX)
		return 0;
	least = 2 * least + BRAID_REPAIR_MARGIN_US;
	/* While what was under way on a dead path goes over what is left. */
	if (braid_now_us() < peer->flight_until_us)
		least += peer->flight_us;
	return least;
}

/* How long the other paths will be busy with what is under way on @path. */
static void braid_repair_announce(struct braid_path *path)
{
	struct braid_peer *peer = path->peer;
	struct braid_path *other;
	u64 rate = 0, us;
	int i;

	braid_for_each_slot(peer, other, i)
		if (other != path && braid_path_up(other))
			rate += other->rate.rate;
	if (!rate)
		return;
	us = div64_u64(path->loss.flying * BRAID_USEC_PER_SEC, rate);
	peer->flight_us = min_t(u64, us, peer->reorder_cap_us);
	peer->flight_until_us = 0;
	peer->flight_until_us = braid_now_us() + peer->flight_us +
				braid_repair_time(peer);
}

void braid_repair_flight(struct braid_path *path)
{
	struct braid_peer *peer = path->peer;

	lockdep_assert_held(&peer->lock);
	braid_repair_announce(path);
	peer->repair_free = true;
	braid_loss_all(&path->loss, &braid_repair_ops, path);
	peer->repair_free = false;
}

void braid_repair_failover(struct braid_path *path, u64 now_us)
{
	struct braid_peer *peer = path->peer;

	lockdep_assert_held(&peer->lock);
	if (path->loss.flying_packets && peer->usable & ~BIT(path->slot) &&
	    now_us > path->loss.oldest_us)
		braid_hist_add(&peer->failover, now_us - path->loss.oldest_us);
	braid_repair_flight(path);
}

u32 braid_repair_wait(struct braid_peer *peer, u32 set)
{
	unsigned long bits = set;
	bool lossy = false;
	u32 least = U32_MAX;
	int i;

	lockdep_assert_held(&peer->lock);
	for_each_set_bit(i, &bits, BRAID_MAX_SLOTS) {
		const struct braid_path *path = peer->slot[i];

		lossy |= path->view.loss_ppm > BRAID_REPAIR_LOSS_PPM;
		if (path->rtt.srtt_us)
			least = min(least, path->rtt.srtt_us);
	}
	return lossy && least != U32_MAX ? least / 4 * 5 : 0;
}
