// SPDX-License-Identifier: GPL-2.0
#include "transmit.h"

#include <linux/slab.h>
#include <net/inet_ecn.h>

#include "ack.h"
#include "admit.h"
#include "device.h"
#include "outer.h"
#include "peer.h"
#include "probe.h"
#include "repair.h"
#include "schedule.h"
#include "trace.h"
#include "watch.h"

/* Packets stamped in one go, then sealed and sent without the lock. */
#define BRAID_PUMP_BATCH	8
/* Rounds before the pump makes room for others. */
#define BRAID_PUMP_ROUNDS	32
/* Packets of a path that a cipher may have at a time. */
#define BRAID_SEALING_MAX	128
/* Packets that are this little early go along: fewer timers. */
#define BRAID_PACE_SLACK_NS	(200 * NSEC_PER_USEC)
/* Bytes that may go ahead of what waits before that has a turn. */
#define BRAID_LEAD		12000
/* Headers that come in front of ours. */
#define BRAID_HEADROOM	(BRAID_OUTER_ROOM + BRAID_HDR_LEN + BRAID_DATA_LEN)

/**
 * struct braid_outgoing - a packet that has its number and is to be sealed
 * @path: where it goes; stays, since the pump runs under RCU
 * @sock: by which socket, as it was when it was stamped; stays, likewise
 * @port: to which of the peer's ports, likewise
 * @skb: the inner packet, or the TLVs of a control packet
 * @pn: its packet number
 * @hdr: clear header
 * @epoch: the one that was to seal when it was stamped; stays, likewise
 * @whole: to go in one piece or not at all. Not so what is no larger than any
 *	path should carry: routers on the way may help there
 * @pieces: 0, or the size of fragments, since the path does not carry it whole
 */
struct braid_outgoing {
	struct braid_path *path;
	struct braid_socket *sock;
	__be16 port;
	struct sk_buff *skb;
	u64 pn;
	struct braid_hdr hdr;
	const struct braid_epoch *epoch;
	bool whole;
	u32 pieces;
};

/**
 * struct braid_sealing - a packet that leaves when its turn comes
 * @turn: its place among those of its path
 * @out: what is to become of it; the path stays until its order has settled
 * @skb: the packet for the wire
 * @tos: outer DSCP and ECN
 * @err: why it could not be sealed
 * @op: the cipher's, if it is AES-256-GCM; has room behind it
 */
struct braid_sealing {
	struct braid_turn turn;
	struct braid_outgoing out;
	struct sk_buff *skb;
	u8 tos;
	int err;
	struct braid_gcm_op op;
};

/* What a control packet's buffer remembers until it is sent. */
struct braid_control_cb {
	enum braid_control_kind kind;
	struct braid_control_way way;
};

static struct braid_control_cb *braid_control_cb(struct sk_buff *skb)
{
	return (struct braid_control_cb *)skb->cb;
}

struct sk_buff *braid_control_alloc(u32 room)
{
	struct sk_buff *skb;

	skb = alloc_skb(BRAID_HEADROOM + room + BRAID_TAG_LEN, GFP_ATOMIC);
	if (skb)
		skb_reserve(skb, BRAID_HEADROOM);
	return skb;
}

void braid_control_queue(struct braid_path *path, struct sk_buff *skb,
			 enum braid_control_kind kind)
{
	lockdep_assert_held(&path->peer->lock);
	*braid_control_cb(skb) = (struct braid_control_cb){ .kind = kind };
	__skb_queue_tail(&path->control, skb);
}

void braid_control_queue_by(struct braid_path *path, struct sk_buff *skb,
			    const struct braid_control_way *way)
{
	braid_control_queue(path, skb, BRAID_CONTROL_PLAIN);
	braid_control_cb(skb)->way = *way;
}

static void braid_control_forget_path(struct braid_path *path,
				      const struct braid_socket *sock)
{
	struct sk_buff *skb, *next;

	skb_queue_walk_safe(&path->control, skb, next) {
		if (braid_control_cb(skb)->way.sock != sock)
			continue;
		__skb_unlink(skb, &path->control);
		kfree_skb(skb);
	}
}

void braid_control_forget(struct braid_device *braid,
			  const struct braid_socket *sock)
{
	struct braid_peer *peer;
	struct braid_path *path;
	int i;

	lockdep_assert_held(&braid->lock);
	list_for_each_entry(peer, &braid->peers, node) {
		spin_lock_bh(&peer->lock);
		braid_for_each_slot(peer, path, i)
			braid_control_forget_path(path, sock);
		spin_unlock_bh(&peer->lock);
	}
}

/*
 * --- stamping, under the peer's lock ---
 *
 * Data is paced and recorded, control neither: an estimate made of data alone
 * must not be charged with what it does not contain.
 */

/* To go in fragments, if it is larger than what @carries. */
static void braid_stamp_pieces(struct braid_outgoing *out, u32 size,
			       u32 carries)
{
	if (likely(size <= carries))
		return;
	out->pieces = carries;
	braid_quota_pieces(out->path, size, carries);
}

/* False: the key seals no more, and the packet is dropped. */
static bool braid_stamp_common(struct braid_path *path,
			       struct braid_outgoing *out, struct sk_buff *skb,
			       u8 type, u32 size)
{
	struct braid_session *s =
		rcu_dereference_protected(path->peer->session,
					  lockdep_is_held(&path->peer->lock));
	struct braid_epoch *e = s->sending;

	if (!braid_epoch_spend(e, path->peer, size)) {
		braid_drop(path->peer->braid, skb, BRAID_CNT_DROP_TX_LIMIT);
		return false;
	}
	out->path = path;
	out->sock = path->sock;
	out->port = braid_addr_port(&path->remote);
	out->skb = skb;
	out->pn = path->loss.next_pn;
	out->hdr.type = type;
	out->hdr.epoch = e->number;
	out->hdr.path = path->id;
	out->hdr.session = s->remote;
	out->hdr.pn = out->pn;
	out->epoch = e;
	out->whole = size > path->pmtu.base;
	out->pieces = 0;
	path->tx_packets++;
	path->tx_bytes += size;
	braid_quota_sent(path, size);
	return true;
}

static struct braid_sent *braid_stamp_sent(struct braid_path *path, u32 size,
					   bool limited)
{
	void *dropped;
	struct braid_sent *rec;

	rec = braid_loss_sent(&path->loss, size, braid_now_us(), limited,
			      &dropped);
	braid_repair_forget(path->peer, dropped);
	if (path->loss.next_pn - path->loss.tail_pn > path->loss.mask / 2 &&
	    path->loss.mask < BRAID_LOSS_MAX - 1)
		schedule_work(&path->grow);
	return rec;
}

/*
 * Until the other end has answered, a reverse path sends at most three times
 * what came over it; what is more than that is dropped here.
 */
static bool braid_control_allowed(struct braid_path *path, u32 size)
{
	if (path->state != BRAID_PATH_STATE_UNVALIDATED)
		return true;
	if (path->credit < size)
		return false;
	path->credit -= size;
	return true;
}

/* False: there was nothing to send after all. */
static bool braid_stamp_control(struct braid_path *path,
				struct braid_outgoing *out)
{
	struct sk_buff *skb = __skb_dequeue(&path->control);
	struct braid_control_way way = braid_control_cb(skb)->way;
	enum braid_control_kind kind = braid_control_cb(skb)->kind;
	u32 size = braid_path_outer(path, skb->len) - BRAID_DATA_LEN;

	if (!braid_control_allowed(path, size)) {
		braid_drop(path->peer->braid, skb,
			   BRAID_CNT_DROP_TX_UNVALIDATED);
		return false;
	}
	if (!braid_stamp_common(path, out, skb, BRAID_TYPE_CONTROL, size))
		return false;
	if (way.sock) {
		out->sock = way.sock;
		out->port = way.port;
	}
	if (kind == BRAID_CONTROL_SIZE)
		out->whole = true;
	else
		braid_stamp_pieces(out, size, braid_pmtu_now(&path->pmtu));
	if (kind == BRAID_CONTROL_ELICITING)
		braid_stamp_sent(path, size, true);
	else
		braid_repair_forget(path->peer,
				    braid_loss_skip(&path->loss));
	return true;
}

/*
 * The front goes first, but not all the time: what waits in the FIFO has others
 * of its lane waiting at the other end. When its turn has come it still lets
 * what is older than itself pass, so that no higher number goes before a lower
 * one that is to prove something.
 */
static struct sk_buff *braid_path_next(struct braid_path *path)
{
	struct sk_buff *front = skb_peek(&path->front);
	struct sk_buff *waits = skb_peek(&path->fifo);
	u32 size;

	if (front && (!waits || path->lead < BRAID_LEAD ||
		      braid_tx_cb(front)->gseq < braid_tx_cb(waits)->gseq)) {
		size = braid_path_outer(path, front->len);
		path->lead = waits ? path->lead + size : 0;
		braid_tx_cb(front)->ahead = waits;
		return braid_path_take(path, &path->front);
	}
	size = braid_path_outer(path, waits->len);
	path->lead -= min(path->lead, size);
	return braid_path_take(path, &path->fifo);
}

/* False: there was nothing to send after all. */
static bool braid_stamp_data(struct braid_path *path,
			     struct braid_outgoing *out)
{
	struct braid_peer *peer = path->peer;
	struct sk_buff *skb = braid_path_next(path);
	u32 size = braid_path_outer(path, skb->len);
	struct braid_sent *rec;

	if (!braid_stamp_common(path, out, skb, BRAID_TYPE_DATA, size))
		return false;
	braid_stamp_pieces(out, size, braid_tx_cb(skb)->repairs ?
			   braid_pmtu_sure(&path->pmtu) :
			   braid_pmtu_now(&path->pmtu));
	rec = braid_stamp_sent(path, size, !path->backlog &&
			       !braid_admit_pending(peer));
	trace_braid_packet_out(path, skb, braid_tx_cb(skb), out->pn);
	rec->gseq = braid_tx_cb(skb)->gseq;
	rec->data = true;
	rec->copied = braid_tx_cb(skb)->copied;
	path->sent_us = rec->sent_us;
	if (path->asked_us <= path->loss.last_report_us)
		path->asked_us = rec->sent_us;
	braid_repair_keep(peer, rec, skb);
	path->free_ns = braid_pace_next(path->free_ns, ktime_get_ns(), size,
					max_t(u64, path->rate.pacing, 1));
	braid_meter_add(&peer->sent, size, path->sent_us);
	return true;
}

static bool braid_path_waiting(const struct braid_path *path)
{
	return path->backlog;
}

/*
 * Holds data back while the cipher has too much of the path's: what waits here
 * can still go elsewhere. Peer's lock.
 */
static bool braid_path_throttle(struct braid_path *path)
{
	lockdep_assert_held(&path->peer->lock);
	if (likely(braid_order_length(&path->sealing) < BRAID_SEALING_MAX))
		return false;
	WRITE_ONCE(path->throttled, true);
	/* Pairs with braid_path_unthrottle(): one of the two sees the other. */
	smp_mb();
	return braid_order_length(&path->sealing) >= BRAID_SEALING_MAX;
}

/* Some have left: whoever is held back goes on. BH off, RCU. */
static void braid_path_unthrottle(struct braid_path *path)
{
	/* Pairs with braid_path_throttle(). */
	smp_mb();
	if (likely(!READ_ONCE(path->throttled)) ||
	    braid_order_length(&path->sealing) >= BRAID_SEALING_MAX)
		return;
	WRITE_ONCE(path->throttled, false);
	braid_pump(path->peer);
}

/* What the paths may send now, at most a batch. */
static int braid_stamp_batch(struct braid_peer *peer,
			     struct braid_outgoing *out, u64 now_ns)
{
	struct braid_path *path;
	int n = 0, i;

	braid_for_each_slot(peer, path, i)
		while (n < BRAID_PUMP_BATCH && !skb_queue_empty(&path->control))
			n += braid_stamp_control(path, &out[n]);
	/* Data from another path first each time: no slot has precedence. */
	for (i = 0; i < BRAID_MAX_SLOTS; i++) {
		path = peer->slot[(peer->next_slot + i) % BRAID_MAX_SLOTS];
		while (path && n < BRAID_PUMP_BATCH &&
		       braid_path_waiting(path) &&
		       !braid_path_throttle(path) &&
		       braid_pace_ready(path->free_ns, now_ns,
					BRAID_PACE_SLACK_NS))
			n += braid_stamp_data(path, &out[n]);
	}
	peer->next_slot++;
	return n;
}

/* --- sealing and sending, without a lock --- */

static u8 braid_inner_dsfield(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IPV6))
		return ipv6_get_dsfield(ipv6_hdr(skb));
	return ipv4_get_dsfield(ip_hdr(skb));
}

/*
 * What goes on the wire, with room for the tag, not sealed yet. The inner packet
 * is copied into a buffer of its own: it may be shared, in fragments, or needed
 * again for a repair. It is only read here.
 */
static struct sk_buff *braid_dress_data(struct braid_outgoing *out)
{
	struct braid_tx_cb *cb = braid_tx_cb(out->skb);
	struct braid_data_hdr data = {
		.gseq = cb->gseq, .back = cb->back,
		.lane = cb->lane | (cb->ahead ? BRAID_LANE_AHEAD : 0),
	};
	u32 len = out->skb->len;
	struct sk_buff *skb;
	u8 *hdr;

	skb = alloc_skb(BRAID_HEADROOM + len + BRAID_TAG_LEN, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, BRAID_HEADROOM - BRAID_HDR_LEN - BRAID_DATA_LEN);
	hdr = skb_put(skb, BRAID_OVERHEAD + len);
	braid_hdr_write(hdr, &out->hdr);
	braid_data_write(hdr + BRAID_HDR_LEN, &data);
	if (skb_copy_bits(out->skb, 0, hdr + BRAID_HDR_LEN + BRAID_DATA_LEN,
			  len)) {
		kfree_skb(skb);
		return NULL;
	}
	skb->priority = out->skb->priority;
	return skb;
}

static struct sk_buff *braid_dress_control(struct braid_outgoing *out)
{
	struct sk_buff *skb = out->skb;

	braid_hdr_write(skb_push(skb, BRAID_HDR_LEN), &out->hdr);
	skb_put(skb, BRAID_TAG_LEN);
	return skb;
}

static void braid_wire(struct braid_outgoing *out, struct sk_buff *skb, u8 tos)
{
	struct braid_outer_fit fit = {
		.whole = out->whole, .pieces = out->pieces,
	};
	struct braid_path *path = out->path;
	union braid_addr remote = path->remote;
	int why;

	braid_addr_port_set(&remote, out->port);
	if (fit.pieces)
		braid_count(path->peer->braid, BRAID_CNT_TX_PIECES);
	why = braid_outer_send(out->sock, &path->local, &remote, &path->dst,
			       skb, tos, &fit);
	if (why)
		braid_drop(path->peer->braid, skb, why);
	else if (READ_ONCE(path->link_mtu) != fit.link)
		WRITE_ONCE(path->link_mtu, fit.link);
}

void braid_sealed(struct braid_turn *turn)
{
	struct braid_sealing *s = container_of(turn, struct braid_sealing,
					       turn);

	if (s->err)
		braid_drop(s->out.path->peer->braid, s->skb,
			   BRAID_CNT_DROP_TX_MEMORY);
	else
		braid_wire(&s->out, s->skb, s->tos);
	kfree(s);
}

/* The cipher is done with a packet that it could not seal at once. */
static void braid_sealed_later(void *data, int err)
{
	struct braid_sealing *s = data;
	struct braid_path *path = s->out.path;

	if (err == -EINPROGRESS)
		return;
	rcu_read_lock_bh();
	s->err = err;
	braid_order_done(&path->sealing, &s->turn);
	braid_path_unthrottle(path);
	rcu_read_unlock_bh();
}

/* The text of a packet for the wire. */
static u32 braid_text_len(const struct sk_buff *skb)
{
	return skb->len - BRAID_HDR_LEN - BRAID_TAG_LEN;
}

static void braid_seal_chacha(const struct braid_outgoing *out,
			      struct sk_buff *skb)
{
	braid_seal(&out->path->key[out->epoch->slot], out->pn, skb->data,
		   skb->data + BRAID_HDR_LEN, braid_text_len(skb));
}

static int braid_seal_gcm(struct braid_sealing *s)
{
	struct braid_gcm_text text = {
		.path = s->out.hdr.path,
		.pn = s->out.pn,
		.hdr = s->skb->data,
		.len = braid_text_len(s->skb),
	};

	return braid_gcm_seal(&s->out.epoch->tx_gcm, &s->op, &text,
			      braid_sealed_later, s);
}

/*
 * A packet that may have to wait, for the cipher or for those before it. Its
 * place is taken before the cipher gets it, which may be done on another CPU
 * before it says that it has begun.
 */
static void braid_seal_in_turn(const struct braid_outgoing *out,
			       struct sk_buff *skb, u8 tos)
{
	const struct braid_epoch *e = out->epoch;
	struct braid_path *path = out->path;
	struct braid_sealing *s;
	int err = 0;

	s = kmalloc(sizeof(*s) + braid_gcm_room(&e->tx_gcm), GFP_ATOMIC);
	if (!s) {
		braid_drop(path->peer->braid, skb, BRAID_CNT_DROP_TX_MEMORY);
		return;
	}
	s->out = *out;
	s->skb = skb;
	s->tos = tos;
	braid_order_add(&path->sealing, &s->turn);
	if (e->cipher == BRAID_CIPHER_AES256_GCM)
		err = braid_seal_gcm(s);
	else
		braid_seal_chacha(out, skb);
	if (braid_gcm_later(err))
		return;
	s->err = err;
	braid_order_done(&path->sealing, &s->turn);
}

/* Seals what is dressed, and sends it. */
static void braid_leave(struct braid_outgoing *out, struct sk_buff *skb, u8 tos)
{
	/* Only the pump adds to the order, and that is who asks. */
	if (out->epoch->cipher != BRAID_CIPHER_CHACHA20_POLY1305 ||
	    braid_order_length(&out->path->sealing)) {
		braid_seal_in_turn(out, skb, tos);
		return;
	}
	braid_seal_chacha(out, skb);
	braid_wire(out, skb, tos);
}

static void braid_emit_data(struct braid_outgoing *out)
{
	struct braid_device *braid = out->path->peer->braid;
	const struct braid_tx_cb *cb = braid_tx_cb(out->skb);
	struct sk_buff *skb = braid_dress_data(out);
	u8 tos;

	if (!skb) {
		braid_drop(braid, out->skb, BRAID_CNT_DROP_TX_MEMORY);
		return;
	}
	/* RFC 6040, normal mode; no DSCP: a path keeps one order. */
	tos = braid_inner_dsfield(out->skb) & INET_ECN_MASK;
	if (!cb->extra && !cb->repairs)
		dev_sw_netstats_tx_add(braid->dev, 1, out->skb->len);
	braid_count(braid, BRAID_CNT_TX_DATA);
	consume_skb(out->skb);
	braid_leave(out, skb, tos);
}

static void braid_emit(struct braid_outgoing *out)
{
	struct braid_device *braid = out->path->peer->braid;

	if (out->hdr.type == BRAID_TYPE_DATA) {
		braid_emit_data(out);
	} else {
		braid_count(braid, BRAID_CNT_TX_CONTROL);
		braid_leave(out, braid_dress_control(out), 0);
	}
}

/* --- the pump --- */

/* When the pump has something to do again, by pacing or admission. */
static u64 braid_pump_wake(struct braid_peer *peer)
{
	u64 wake = min(peer->wake_ns, braid_ack_due_ns(peer));
	struct braid_path *path;
	int i;

	braid_for_each_slot(peer, path, i)
		if (braid_path_waiting(path) && !braid_path_throttle(path))
			wake = min(wake, path->free_ns);
	return wake;
}

static void braid_pump_arm(struct braid_peer *peer, bool at_once)
{
	u64 wake = at_once ? ktime_get_ns() : braid_pump_wake(peer);

	lockdep_assert_held(&peer->lock);
	if (wake == BRAID_NEVER || peer->dead)
		return;
	if (hrtimer_is_queued(&peer->timer) &&
	    hrtimer_get_expires_ns(&peer->timer) == wake)
		return;
	hrtimer_start(&peer->timer, ns_to_ktime(wake), HRTIMER_MODE_ABS_SOFT);
}

/* Peer's lock, which is dropped and taken again. True: worth another round. */
static bool braid_pump_round(struct braid_peer *peer)
	__releases(&peer->lock) __acquires(&peer->lock)
{
	struct braid_outgoing out[BRAID_PUMP_BATCH];
	u64 now_ns = ktime_get_ns();
	bool admitted;
	int n, i;

	peer->wake_ns = BRAID_NEVER;
	braid_quota_look(peer, div_u64(now_ns, NSEC_PER_USEC));
	braid_ack_flush(peer, div_u64(now_ns, NSEC_PER_USEC));
	admitted = braid_admit(peer, now_ns);
	braid_schedule_flush(peer, div_u64(now_ns, NSEC_PER_USEC));
	n = braid_stamp_batch(peer, out, now_ns);
	spin_unlock(&peer->lock);
	for (i = 0; i < n; i++)
		braid_emit(&out[i]);
	spin_lock(&peer->lock);
	return n == BRAID_PUMP_BATCH || (n && admitted) ||
	       (n && braid_admit_pending(peer));
}

void braid_pump(struct braid_peer *peer)
{
	int rounds = BRAID_PUMP_ROUNDS;
	bool more = false;

	rcu_read_lock_bh();
	spin_lock(&peer->lock);
	if (peer->pumping) {
		peer->pump_again = true;
		goto out;
	}
	if (peer->dead || !rcu_access_pointer(peer->session))
		goto out;
	peer->pumping = true;
	do {
		peer->pump_again = false;
		more = braid_pump_round(peer);
		if (peer->dead || !rcu_access_pointer(peer->session))
			break;
	} while ((more || peer->pump_again) && --rounds);
	peer->pumping = false;
	braid_pump_arm(peer, !rounds);
	braid_tick_wake(peer);
out:
	spin_unlock(&peer->lock);
	rcu_read_unlock_bh();
}

enum hrtimer_restart braid_pump_timer(struct hrtimer *timer)
{
	braid_pump(container_of(timer, struct braid_peer, timer));
	return HRTIMER_NORESTART;
}
