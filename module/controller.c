// SPDX-License-Identifier: GPL-2.0
#include "controller.h"

#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/random.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "device.h"
#include "peer.h"

/* A source stays proven for so long. */
#define BRAID_PROVEN_SEC	120
#define BRAID_PROVEN_MASK	0xffffffULL
/* A bucket lets so many through at once, and then one each interval. */
#define BRAID_LIMIT_BURST	64
#define BRAID_LIMIT_US		(BRAID_USEC_PER_SEC / 64)
/* All unproven sources together. */
#define BRAID_REST_BURST	128
#define BRAID_REST_US		(BRAID_USEC_PER_SEC / 512)

/*
 * Who may be the controller of what: the list, and every device's pointer, which
 * is read under RCU. Innermost.
 */
static DEFINE_SPINLOCK(braid_controller_lock);
static LIST_HEAD(braid_controllers);

static struct braid_controller *braid_controller_of(struct braid_device *braid)
{
	return rcu_dereference_protected(braid->controller,
				lockdep_is_held(&braid_controller_lock));
}

/* The last use of the socket may be ours, so it is put after a grace period. */
static void braid_controller_free(struct rcu_head *rcu)
{
	struct braid_controller *c = container_of(rcu, struct braid_controller,
						  rcu);

	sock_put(c->sk);
	kvfree(c);
}

static void braid_controller_remove(struct braid_controller *c)
{
	lockdep_assert_held(&braid_controller_lock);
	RCU_INIT_POINTER(c->braid->controller, NULL);
	list_del(&c->node);
	call_rcu(&c->rcu, braid_controller_free);
}

static struct braid_controller *
braid_controller_alloc(struct braid_device *braid, struct sock *sk, u32 portid)
{
	struct braid_controller *c = kvzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return NULL;
	c->braid = braid;
	c->sk = sk;
	c->portid = portid;
	get_random_bytes(&c->key, sizeof(c->key));
	return c;
}

int braid_controller_set(struct braid_device *braid, struct sock *sk,
			 u32 portid, struct netlink_ext_ack *extack)
{
	struct braid_controller *c, *old;
	int err = 0;

	lockdep_assert_held(&braid->lock);
	c = braid_controller_alloc(braid, sk, portid);
	if (!c)
		return -ENOMEM;
	spin_lock(&braid_controller_lock);
	old = braid_controller_of(braid);
	if (old) {
		err = old->sk == sk ? 0 : -EBUSY;
	} else {
		sock_hold(sk);
		list_add_tail(&c->node, &braid_controllers);
		rcu_assign_pointer(braid->controller, c);
	}
	spin_unlock(&braid_controller_lock);
	if (old)
		kvfree(c);
	if (err)
		NL_SET_ERR_MSG(extack,
			       "another socket is the controller of the device");
	return err;
}

int braid_controller_del(struct braid_device *braid, const struct sock *sk,
			 struct netlink_ext_ack *extack)
{
	struct braid_controller *c;
	int err = 0;

	lockdep_assert_held(&braid->lock);
	spin_lock(&braid_controller_lock);
	c = braid_controller_of(braid);
	if (!c) {
		NL_SET_ERR_MSG(extack, "the device has no controller");
		err = -ENOENT;
	} else if (c->sk != sk) {
		NL_SET_ERR_MSG(extack,
			       "another socket is the controller of the device");
		err = -EPERM;
	} else {
		braid_controller_remove(c);
	}
	spin_unlock(&braid_controller_lock);
	return err;
}

void braid_controller_fini(struct braid_device *braid)
{
	struct braid_controller *c;

	lockdep_assert_held(&braid->lock);
	spin_lock(&braid_controller_lock);
	c = braid_controller_of(braid);
	if (c)
		braid_controller_remove(c);
	spin_unlock(&braid_controller_lock);
}

u32 braid_controller_port(struct braid_device *braid)
{
	struct braid_controller *c;
	u32 portid;

	rcu_read_lock();
	c = rcu_dereference(braid->controller);
	portid = c ? c->portid : 0;
	rcu_read_unlock();
	return portid;
}

/* --- sources --- */

static u64 braid_now_sec(void)
{
	return ktime_get_seconds() & BRAID_PROVEN_MASK;
}

/* An end site has a whole /64: it counts as one source. */
static u64 braid_source_hash(const struct braid_controller *c,
			     const union braid_addr *from, u32 id)
{
	u64 family = from->sa.sa_family, where;

	if (family == AF_INET)
		where = (__force u32)from->in4.sin_addr.s_addr;
	else
		memcpy(&where, &from->in6.sin6_addr, sizeof(where));
	return siphash_2u64(where, family << 32 | id, &c->key);
}

static u64 *braid_proof_of(struct braid_controller *c, u64 hash)
{
	return &c->proven[hash % BRAID_CONTROLLER_PROVEN];
}

static bool braid_source_proven(struct braid_controller *c, u64 hash)
{
	u64 proof = READ_ONCE(*braid_proof_of(c, hash));

	return !((proof ^ hash) & ~BRAID_PROVEN_MASK) &&
	       ((braid_now_sec() - proof) & BRAID_PROVEN_MASK) <
	       BRAID_PROVEN_SEC;
}

void braid_controller_proven(struct braid_device *braid,
			     const union braid_addr *from, u32 id)
{
	struct braid_controller *c = rcu_dereference_bh(braid->controller);
	u64 hash;

	if (!c)
		return;
	hash = braid_source_hash(c, from, id);
	WRITE_ONCE(*braid_proof_of(c, hash),
		   (hash & ~BRAID_PROVEN_MASK) | braid_now_sec());
}

/* @full_us: when the bucket would be full again, had nobody come now. */
static bool braid_bucket_take(u64 *full_us, u64 now_us, u64 interval_us,
			      u32 burst)
{
	u64 at = max(READ_ONCE(*full_us), now_us);

	if (at - now_us > interval_us * (burst - 1))
		return false;
	WRITE_ONCE(*full_us, at + interval_us);
	return true;
}

static bool braid_limit_take(struct braid_controller *c, u64 hash, u64 now_us)
{
	return braid_bucket_take(&c->limit_us[hash % BRAID_CONTROLLER_LIMITS],
				 now_us, BRAID_LIMIT_US, BRAID_LIMIT_BURST);
}

int braid_controller_admit(struct braid_controller *c,
			   const union braid_addr *from, u32 id, bool *proven)
{
	u64 hash = braid_source_hash(c, from, id);
	u64 now_us = braid_now_us();

	/* Who knows the id has a bucket that others at his address have not. */
	*proven = id && braid_source_proven(c, hash);
	if (!*proven) {
		hash = braid_source_hash(c, from, 0);
		*proven = braid_source_proven(c, hash);
	}
	if (!braid_limit_take(c, hash, now_us))
		return BRAID_CNT_DROP_RX_HS_RATE;
	if (!*proven && !braid_bucket_take(&c->rest_us, now_us, BRAID_REST_US,
					   BRAID_REST_BURST))
		return BRAID_CNT_DROP_RX_HS_RATE;
	return 0;
}

bool braid_controller_admit_peer(struct braid_controller *c,
				 const struct braid_peer *peer)
{
	u64 hash = siphash_1u64(peer->id, &c->key);

	return braid_limit_take(c, hash, braid_now_us());
}

/* --- its queue --- */

/*
 * Unproven sources fill half of the receive buffer at most, proven ones all but
 * what answers to the controller's own requests need. What is refused here does
 * not count as an overrun of the socket, which would stop it until it is empty.
 */
bool braid_controller_room(const struct braid_controller *c, bool proven,
			   u32 size)
{
	u32 all = READ_ONCE(c->sk->sk_rcvbuf);
	u32 most = proven ? all - all / 8 : all / 2;

	return sk_rmem_alloc_get(c->sk) + size <= most;
}

/*
 * Between the closing of the socket and the notifier below, another socket may
 * take its port and get this message: a window of microseconds, in which a
 * local process would have to bind that very number.
 */
bool braid_controller_send(struct braid_controller *c, struct sk_buff *msg,
			   bool proven)
{
	if (!braid_controller_room(c, proven, msg->truesize)) {
		nlmsg_free(msg);
		return false;
	}
	return !genlmsg_unicast(sock_net(c->sk), msg, c->portid);
}

/* A netlink socket was closed. */
static int braid_controller_released(struct notifier_block *nb,
				     unsigned long event, void *data)
{
	struct netlink_notify *n = data;
	struct braid_controller *c, *next;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	spin_lock(&braid_controller_lock);
	list_for_each_entry_safe(c, next, &braid_controllers, node)
		if (c->portid == n->portid && sock_net(c->sk) == n->net)
			braid_controller_remove(c);
	spin_unlock(&braid_controller_lock);
	return NOTIFY_DONE;
}

static struct notifier_block braid_controller_nb = {
	.notifier_call = braid_controller_released,
};

int braid_controller_init(void)
{
	return netlink_register_notifier(&braid_controller_nb);
}

void braid_controller_exit(void)
{
	netlink_unregister_notifier(&braid_controller_nb);
}
