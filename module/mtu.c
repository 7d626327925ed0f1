// SPDX-License-Identifier: GPL-2.0
#include "mtu.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/ipv6.h>

#include "device.h"
#include "peer.h"
#include "pmtu.h"

/* Changes that come together are made together. */
#define BRAID_MTU_DELAY		(HZ / 10)
/* Senders told in a second. */
#define BRAID_MTU_TOLD		100

/* --- flows --- */

static bool braid_mtu_fits(const struct sk_buff *skb, u32 mtu)
{
	return skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) :
				 skb->len <= mtu;
}

/* May it be taken apart on the way, so that its sender need not care? */
static bool braid_mtu_divisible(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return !(ip_hdr(skb)->frag_off & htons(IP_DF));
	return false;
}

static void braid_mtu_tell(struct braid_device *braid, struct sk_buff *skb,
			   u32 mtu)
{
	if (!__ratelimit(&braid->mtu.told))
		return;
	braid_count(braid, BRAID_CNT_TX_MTU_TOLD);
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			      htonl(mtu));
	else
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
}

static bool braid_mtu_drop(struct braid_device *braid, struct sk_buff *skb)
{
	DEV_STATS_INC(braid->dev, tx_errors);
	braid_drop(braid, skb, BRAID_CNT_DROP_TX_TOO_BIG);
	return true;
}

static u32 braid_mtu_set(const struct braid_peer *peer, u32 set)
{
	u32 usable = READ_ONCE(peer->usable);

	return (set & usable) ?: (usable & ~READ_ONCE(peer->standby)) ?: usable;
}

/*
 * The packet size that suits the paths of @set best, and the largest that any
 * of them takes. 0 while one of them is being searched: hosts remember for ten
 * minutes what they are told.
 */
static u32 braid_mtu_best(const struct braid_peer *peer, u32 set, u32 *most)
{
	unsigned long bits = braid_mtu_set(peer, set);
	struct braid_pmtu_way way[BRAID_MAX_SLOTS];
	const struct braid_path_view *v;
	unsigned int n = 0;
	u32 mtu;
	int i;

	*most = 0;
	for_each_set_bit(i, &bits, BRAID_MAX_SLOTS) {
		v = rcu_dereference(peer->views.view[i]);
		mtu = v ? READ_ONCE(v->mtu) : 0;
		if (!mtu)
			return 0;
		way[n].mtu = mtu;
		way[n++].rate = READ_ONCE(v->rate);
		*most = max(*most, mtu);
	}
	return braid_pmtu_best(way, n);
}

bool braid_mtu_refuse(struct braid_peer *peer, struct sk_buff *skb, u32 set)
{
	struct braid_device *braid = peer->braid;
	u32 mtu = READ_ONCE(braid->dev->mtu);
	u32 best, most;

	if (likely(braid_mtu_fits(skb, min(mtu, READ_ONCE(peer->carries)))))
		return false;
	if (!braid_mtu_fits(skb, mtu)) {
		braid_mtu_tell(braid, skb, mtu);
		return braid_mtu_drop(braid, skb);
	}
	if (braid_mtu_divisible(skb))
		return false;
	best = braid_mtu_best(peer, set, &most);
	/* IPv6 promises 1280 bytes: what is below that is our business. */
	mtu = max_t(u32, best, IPV6_MIN_MTU);
	if (!best || braid_mtu_fits(skb, mtu))
		return false;
	braid_mtu_tell(braid, skb, mtu);
	return !braid_mtu_fits(skb, most) && braid_mtu_drop(braid, skb);
}

/* --- the device's MTU --- */

/*
 * The largest inner packet that any path takes; 0 while a path is being
 * searched, or when nothing is known. Paths that are down count: their size
 * will be the same when they return, and hosts remember what they are told for
 * ten minutes.
 */
static u32 braid_mtu_wanted(struct braid_device *braid)
{
	bool searching = false;
	struct braid_peer *peer;
	struct braid_path *path;
	u32 most = 0;
	int i;

	lockdep_assert_held(&braid->lock);
	list_for_each_entry(peer, &braid->peers, node) {
		spin_lock_bh(&peer->lock);
		braid_for_each_slot(peer, path, i) {
			if (!braid_pmtu_open(&path->pmtu))
				most = max(most, braid_pmtu_inner(path));
			else if (path->state == BRAID_PATH_STATE_UP)
				searching = true;
		}
		spin_unlock_bh(&peer->lock);
	}
	return searching || !most ? 0 :
	       clamp_t(u32, most, braid->dev->min_mtu, braid->dev->max_mtu);
}

static void braid_mtu_claim(struct braid_device *braid)
{
	struct braid_mtu *m = &braid->mtu;
	const struct braid_socket *sock;
	struct braid_peer *peer;
	struct braid_path *path;
	union braid_addr to;
	u32 claim;
	int i;

	lockdep_assert_held(&braid->lock);
	spin_lock_bh(&m->lock);
	claim = m->claim;
	to = m->to;
	sock = m->sock;
	m->claim = 0;
	spin_unlock_bh(&m->lock);
	if (!claim)
		return;
	list_for_each_entry(peer, &braid->peers, node) {
		spin_lock_bh(&peer->lock);
		braid_for_each_slot(peer, path, i)
			if (braid_path_matches(path, sock, &to, NULL))
				braid_pmtu_claimed(path, claim, braid_now_us());
		spin_unlock_bh(&peer->lock);
	}
}

static void braid_mtu_work(struct work_struct *work)
{
	struct braid_mtu *m = container_of(to_delayed_work(work),
					   struct braid_mtu, work);
	struct braid_device *braid = container_of(m, struct braid_device, mtu);
	u32 mtu = 0;

	/* Whoever waits for this work may hold RTNL. */
	if (!rtnl_trylock()) {
		schedule_delayed_work(&m->work, 1);
		return;
	}
	mutex_lock(&braid->lock);
	if (!braid->dying) {
		braid_mtu_claim(braid);
		if (!m->fixed)
			mtu = braid_mtu_wanted(braid);
	}
	mutex_unlock(&braid->lock);
	if (mtu && mtu != braid->dev->mtu) {
		m->ours = true;
		dev_set_mtu(braid->dev, mtu);
		m->ours = false;
	}
	rtnl_unlock();
}

void braid_mtu_init(struct braid_device *braid)
{
	struct braid_mtu *m = &braid->mtu;

	INIT_DELAYED_WORK(&m->work, braid_mtu_work);
	spin_lock_init(&m->lock);
	ratelimit_state_init(&m->told, HZ, BRAID_MTU_TOLD);
	/* It counts; it has nothing to say in the log. */
	ratelimit_set_flags(&m->told, RATELIMIT_MSG_ON_RELEASE);
}

void braid_mtu_fini(struct braid_device *braid)
{
	cancel_delayed_work_sync(&braid->mtu.work);
}

void braid_mtu_update(struct braid_device *braid)
{
	schedule_delayed_work(&braid->mtu.work, BRAID_MTU_DELAY);
}

int braid_mtu_change(struct net_device *dev, int mtu)
{
	struct braid_device *braid = netdev_priv(dev);

	ASSERT_RTNL();
	if (!braid->mtu.ours)
		WRITE_ONCE(braid->mtu.fixed, true);
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

void braid_mtu_auto(struct braid_device *braid, bool automatic)
{
	WRITE_ONCE(braid->mtu.fixed, !automatic);
	if (automatic)
		braid_mtu_update(braid);
}

/* --- ICMP about packets of ours --- */

/*
 * Anybody can send such a message; so it is only a reason to ask. One at a time
 * is looked at, others meanwhile are forgotten.
 */
static void braid_mtu_note(struct braid_socket *bs, const union braid_addr *to,
			   u32 size)
{
	struct braid_mtu *m = &bs->braid->mtu;

	spin_lock_bh(&m->lock);
	if (!m->claim) {
		m->claim = size;
		m->to = *to;
		m->sock = bs;
		braid_mtu_update(bs->braid);
	}
	spin_unlock_bh(&m->lock);
}

static u32 braid_mtu_icmp4(const struct sk_buff *skb, union braid_addr *to)
{
	const struct icmphdr *icmp = (void *)(skb->data - sizeof(*icmp));

	to->in4.sin_family = AF_INET;
	to->in4.sin_addr.s_addr = ip_hdr(skb)->daddr;
	to->in4.sin_port = udp_hdr(skb)->dest;
	return icmp->type == ICMP_DEST_UNREACH &&
	       icmp->code == ICMP_FRAG_NEEDED ? ntohs(icmp->un.frag.mtu) : 0;
}

static u32 braid_mtu_icmp6(const struct sk_buff *skb, union braid_addr *to)
{
	const struct icmp6hdr *icmp = (void *)(skb->data - sizeof(*icmp));

	to->in6.sin6_family = AF_INET6;
	to->in6.sin6_addr = ipv6_hdr(skb)->daddr;
	to->in6.sin6_port = udp_hdr(skb)->dest;
	return icmp->icmp6_type == ICMPV6_PKT_TOOBIG ?
	       ntohl(icmp->icmp6_mtu) : 0;
}

/*
 * The network header is that of our packet inside the message, and data begins
 * there. The stack takes nothing from it for us (see socket.c).
 */
int braid_mtu_icmp(struct sock *sk, struct sk_buff *skb)
{
	struct braid_socket *bs = rcu_dereference_sk_user_data(sk);
	union braid_addr to = { 0 };
	u32 size;

	if (!bs)
		return 0;
	size = sk->sk_family == AF_INET ? braid_mtu_icmp4(skb, &to) :
					  braid_mtu_icmp6(skb, &to);
	if (size)
		braid_mtu_note(bs, &to, size);
	return 0;
}
