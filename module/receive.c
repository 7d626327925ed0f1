// SPDX-License-Identifier: GPL-2.0
#include "receive.h"

#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/udp.h>

#include "control.h"
#include "controller.h"
#include "device.h"
#include "frame.h"
#include "peer.h"
#include "probe.h"
#include "report.h"
#include "send.h"
#include "source.h"
#include "trace.h"

/* Shortest packet that can be opened into something: one sealed byte. */
#define BRAID_RX_MIN	(BRAID_HDR_LEN + BRAID_TAG_LEN + 1)
/* A path's source is told to be proven at most this often. */
#define BRAID_PROVEN_US	(10 * BRAID_USEC_PER_SEC)
/* Packets of a session that a cipher may have at a time. */
#define BRAID_OPENING_MAX	1024

/**
 * struct braid_incoming - a packet on its way through this file
 * @bs: socket that received it
 * @skb: the packet; its data begins at the clear header
 * @hdr: clear header
 * @s: session, once found
 * @epoch: epoch, once found
 * @path: path, NULL while it has no state
 * @pn: packet number, all 64 bits
 * @key: a key that the path does not have yet, while @derived
 * @derived: @key is in use
 * @from: where it came from
 * @moved: the path's packets came from elsewhere, or to another socket, until
 *	now
 * @proven: the controller shall know that this source authenticates
 * @tos: outer DSCP and ECN
 * @marked: the path marked it Congestion Experienced; it was not so before
 * @now_us: when it came
 */
struct braid_incoming {
	struct braid_socket *bs;
	struct sk_buff *skb;
	struct braid_hdr hdr;
	struct braid_session *s;
	struct braid_epoch *epoch;
	struct braid_rx_path *path;
	u64 pn;
	struct braid_key key;
	bool derived;
	struct braid_origin from;
	bool moved;
	bool proven;
	u8 tos;
	bool marked;
	u64 now_us;
};

/**
 * struct braid_opening - a packet that is accepted when its turn comes
 * @turn: its place among those of its session
 * @in: what is known of it. Session, epoch and socket stay until the session's
 *	order has settled; the path is looked up again
 * @err: why it could not be opened: a drop reason, or 0
 * @op: the cipher's, if it is AES-256-GCM; has room behind it
 */
struct braid_opening {
	struct braid_turn turn;
	struct braid_incoming in;
	int err;
	struct braid_gcm_op op;
};

void braid_items_to_skbs(struct list_head *items, struct sk_buff_head *out)
{
	struct braid_item *item, *next;

	list_for_each_entry_safe(item, next, items, node) {
		struct sk_buff *skb = container_of((void *)item,
						   struct sk_buff, cb);

		list_del(&item->node);
		__skb_queue_tail(out, skb);
	}
}

static void braid_outer4(struct braid_incoming *in)
{
	union braid_addr *from = &in->from.from, *to = &in->from.to;
	const struct udphdr *udp = udp_hdr(in->skb);
	const struct iphdr *iph = ip_hdr(in->skb);

	from->in4.sin_family = AF_INET;
	from->in4.sin_addr.s_addr = iph->saddr;
	from->in4.sin_port = udp->source;
	to->in4.sin_family = AF_INET;
	to->in4.sin_addr.s_addr = iph->daddr;
	to->in4.sin_port = udp->dest;
	in->tos = ipv4_get_dsfield(iph);
}

static void braid_outer6(struct braid_incoming *in)
{
	union braid_addr *from = &in->from.from, *to = &in->from.to;
	const struct ipv6hdr *ip6 = ipv6_hdr(in->skb);
	const struct udphdr *udp = udp_hdr(in->skb);

	from->in6.sin6_family = AF_INET6;
	from->in6.sin6_addr = ip6->saddr;
	from->in6.sin6_port = udp->source;
	to->in6.sin6_family = AF_INET6;
	to->in6.sin6_addr = ip6->daddr;
	to->in6.sin6_port = udp->dest;
	in->tos = ipv6_get_dsfield(ip6);
	/* A socket of one link needs no other word for it. */
	if (!READ_ONCE(in->bs->link) && braid_addr_linklocal(from))
		from->in6.sin6_scope_id = inet6_iif(in->skb);
}

/* Outer addresses, before the headers are pulled. */
static void braid_outer(struct braid_incoming *in)
{
	struct sk_buff *skb = in->skb;

	memset(&in->from, 0, sizeof(in->from));
	if (skb->protocol == htons(ETH_P_IPV6))
		braid_outer6(in);
	else
		braid_outer4(in);
	in->marked = INET_ECN_is_ce(in->tos);
	in->from.sock = in->bs;
	in->from.size = skb->len + skb_network_header_len(skb);
	in->now_us = braid_now_us();
}

/* Reads the clear header of a writable, linear packet. 0 or a drop reason. */
static int braid_parse(struct braid_incoming *in)
{
	struct net_device *dev = in->bs->braid->dev;
	struct sk_buff *skb = in->skb;
	int err;

	if (skb->len < sizeof(struct udphdr) + BRAID_HDR_LEN + 1)
		return BRAID_CNT_DROP_RX_SHORT;
	if (skb->len > sizeof(struct udphdr) + BRAID_OVERHEAD + dev->max_mtu)
		return BRAID_CNT_DROP_RX_LONG;
	if (skb_ensure_writable(skb, skb->len))
		return BRAID_CNT_DROP_RX_MEMORY;
	__skb_pull(skb, sizeof(struct udphdr));
	err = braid_hdr_read(&in->hdr, skb->data, skb->len);
	if (err)
		return err == -EPROTO ? BRAID_CNT_DROP_RX_TYPE :
					BRAID_CNT_DROP_RX_SHORT;
	if (in->hdr.type != BRAID_TYPE_HANDSHAKE && skb->len < BRAID_RX_MIN)
		return BRAID_CNT_DROP_RX_SHORT;
	return 0;
}

static int braid_receive_handshake(struct braid_incoming *in)
{
	skb_pull(in->skb, BRAID_HDR_LEN);
	if (in->skb->len > BRAID_FRAME_MAX)
		return BRAID_CNT_DROP_RX_LONG;
	return braid_handshake_receive(&in->hdr, in->skb, &in->from);
}

/*
 * Finds session, epoch and path. The replay window is asked without its lock:
 * the answer is advice that saves opening what is known; braid_accept() asks
 * again. 0 or a drop reason.
 */
static int braid_find(struct braid_incoming *in)
{
	u64 expected = 0;

	in->s = braid_session_find(in->bs->braid, in->hdr.session);
	if (!in->s)
		return BRAID_CNT_DROP_RX_SESSION;
	in->epoch = braid_epoch_find(in->s, in->hdr.epoch);
	if (!in->epoch)
		return BRAID_CNT_DROP_RX_EPOCH;
	if (unlikely(braid_epoch_blind(in->epoch)))
		return BRAID_CNT_DROP_RX_LIMIT;
	in->path = braid_rx_path_find(in->s, in->hdr.path);
	if (in->path)
		expected = READ_ONCE(in->path->replay.next);
	in->pn = braid_expand32(expected, in->hdr.pn);
	if (in->path && !braid_replay_check(&in->path->replay, in->pn))
		return BRAID_CNT_DROP_RX_REPLAY;
	return 0;
}

/* The path's key, derived here while the path has none of this epoch. */
static const struct braid_key *braid_incoming_key(struct braid_incoming *in)
{
	const struct braid_key *key = NULL;

	if (likely(in->path))
		key = braid_rx_path_key(in->path, in->epoch);
	if (likely(key))
		return key;
	in->derived = true;
	braid_key_derive(&in->key, in->epoch->rx_key, in->hdr.path);
	return &in->key;
}

static int braid_forged(struct braid_incoming *in)
{
	atomic64_inc(&in->s->failures);
	braid_epoch_failed(in->epoch, in->s->peer);
	return BRAID_CNT_DROP_RX_AUTH;
}

/* 0 or a drop reason. */
static int braid_open_chacha(struct braid_incoming *in)
{
	struct sk_buff *skb = in->skb;

	return braid_open(braid_incoming_key(in), in->pn, skb->data,
			  skb->data + BRAID_HDR_LEN,
			  skb->len - BRAID_HDR_LEN) ? 0 : braid_forged(in);
}

/* The controller, if there is one, prefers sources that authenticate. */
static void braid_note_source(struct braid_incoming *in,
			      struct braid_rx_path *p)
{
	if (!rcu_access_pointer(in->bs->braid->controller) ||
	    (!in->moved && in->now_us < p->proven_us))
		return;
	in->proven = true;
	p->proven_us = in->now_us + BRAID_PROVEN_US;
}

/*
 * The newest packet of its path tells where the peer's path is, unless it only
 * tries another of its ports.
 */
static void braid_note_newest(struct braid_incoming *in,
			      struct braid_rx_path *p, bool first)
{
	bool elsewhere = !first && (p->sock != in->bs ||
				    !braid_addr_same(&p->from, &in->from.from));

	p->arrival_us = in->now_us;
	if (!first)
		in->from.known = p->from;
	if (elsewhere && in->from.probing &&
	    braid_addr_same_host(&p->from, &in->from.from))
		return;
	in->moved = elsewhere;
	p->from = in->from.from;
	WRITE_ONCE(p->sock, in->bs);
	braid_note_source(in, p);
}

/*
 * The packet is authentic: its number is taken, its path noted. Session's
 * lock. 0 or a drop reason.
 */
static int braid_accept(struct braid_incoming *in)
{
	struct braid_session *s = in->s;
	struct braid_rx_path *p;
	u64 next;

	/* What was found without the lock may have been retired since. */
	p = rcu_dereference_protected(s->rx[in->hdr.path % BRAID_RX_PATHS],
				      lockdep_is_held(&s->lock));
	if (!p || p->id != in->hdr.path) {
		if (in->path)
			return BRAID_CNT_DROP_RX_PATH;
		p = braid_rx_path_new(s, in->hdr.path);
	}
	if (!p)
		return BRAID_CNT_DROP_RX_PATH;
	if (unlikely(in->derived))
		braid_rx_path_key_set(s, p, in->epoch, &in->key);
	in->path = p;
	in->from.path = p;
	next = p->replay.next;
	if (!braid_replay_commit(&p->replay, in->pn))
		return BRAID_CNT_DROP_RX_REPLAY;
	p->packets++;
	WRITE_ONCE(p->heard_us, in->now_us);
	p->bytes += in->from.size;
	braid_meter_add(&s->received, in->from.size, in->now_us);
	if (in->marked)
		p->ce++;
	if (in->pn >= next)
		braid_note_newest(in, p, !next);
	if (in->hdr.type == BRAID_TYPE_DATA) {
		p->data_us = in->now_us;
		braid_report_due(s, p, in->now_us, in->pn > next);
	}
	return 0;
}

/* Header of the inner packet, and its true length. 0 or a drop reason. */
static int braid_inner(struct braid_incoming *in)
{
	struct sk_buff *skb = in->skb;
	unsigned int len;

	skb_reset_network_header(skb);
	skb->protocol = ip_tunnel_parse_protocol(skb);
	if (skb->protocol == htons(ETH_P_IP)) {
		len = ntohs(ip_hdr(skb)->tot_len);
		if (ip_hdr(skb)->ihl < 5 || len < ip_hdr(skb)->ihl * 4)
			return BRAID_CNT_DROP_RX_INNER;
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		len = ntohs(ipv6_hdr(skb)->payload_len) +
		      sizeof(struct ipv6hdr);
	} else {
		return BRAID_CNT_DROP_RX_INNER;
	}
	if (len > skb->len)
		return BRAID_CNT_DROP_RX_INNER;
	return pskb_trim(skb, len) ? BRAID_CNT_DROP_RX_MEMORY : 0;
}

static u8 braid_inner_ds(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IPV6))
		return ipv6_get_dsfield(ipv6_hdr(skb));
	return ipv4_get_dsfield(ip_hdr(skb));
}

/* Makes it a packet of the braid device. 0 or a drop reason. */
static int braid_dress(struct braid_incoming *in)
{
	struct braid_device *braid = in->bs->braid;
	struct sk_buff *skb = in->skb;

	/* First: the mark of the outer packet must not choose inner routes. */
	skb_scrub_packet(skb, true);
	if (!braid_source_ok(in->s->peer, skb))
		return BRAID_CNT_DROP_RX_SOURCE;
	if (braid_is_multicast(skb) && !READ_ONCE(in->s->peer->multicast))
		return BRAID_CNT_DROP_RX_MULTICAST;
	if (INET_ECN_is_ce(braid_inner_ds(skb)))
		in->marked = false;
	if (INET_ECN_decapsulate(skb, in->tos, braid_inner_ds(skb)) > 1)
		return BRAID_CNT_DROP_RX_ECN;
	skb->dev = braid->dev;
	skb_clear_hash(skb);
	skb_reset_mac_header(skb);
	/*
	 * Nobody changed it since it was sealed, but what was sealed may have
	 * been damaged before: GRO and the final receiver look for themselves.
	 * To vouch for it would turn a damaged packet into a sound one, since
	 * GRO writes new checksums into what it takes apart again.
	 */
	skb->ip_summed = CHECKSUM_NONE;
	skb->csum_level = 0;
	skb_probe_transport_header(skb);
	return 0;
}

/* Session's lock. 0 or a drop reason. */
static int braid_sequence(struct braid_incoming *in,
			  const struct braid_data_hdr *data)
{
	struct braid_session *s = in->s;
	struct braid_item *item = braid_item(in->skb);
	u32 len = in->skb->len;
	LIST_HEAD(released);
	int fate;

	if (!braid_session_ready(s))
		return BRAID_CNT_DROP_RX_MEMORY;
	item->gseq = braid_expand32(s->reseq.next, data->gseq);
	item->arrived_us = in->now_us;
	item->size = in->skb->truesize;
	item->lane = data->lane;
	item->back = data->back;
	item->path = in->path->index;
	fate = braid_reseq_insert(&s->reseq, item, in->now_us, &released);
	trace_braid_packet_in(s, in->path->id, in->pn, item, len, fate);
	braid_session_release(s, &released);
	braid_session_arm(s);
	return fate == BRAID_IN_DUPLICATE ? BRAID_CNT_DROP_RX_DUPLICATE : 0;
}

/*
 * A packet that is refused for what is inside still takes its place in its
 * lane, else innocent packets behind it would wait for it. It is dropped when
 * it is released: its mark is the reason, its missing protocol the sign.
 */
static void braid_condemn(struct sk_buff *skb, int why)
{
	skb->protocol = 0;
	skb->mark = why;
}

static int braid_receive_data(struct braid_incoming *in)
{
	struct braid_data_hdr data;
	int err;

	if (braid_data_read(&data, in->skb->data, in->skb->len))
		return BRAID_CNT_DROP_RX_SHORT;
	skb_pull(in->skb, BRAID_DATA_LEN);
	/* A replay may still come out of these two: harmless, and rare. */
	err = braid_inner(in) ?: braid_dress(in);
	spin_lock(&in->s->lock);
	if (err)
		braid_condemn(in->skb, err);
	err = braid_accept(in) ?: braid_sequence(in, &data);
	spin_unlock(&in->s->lock);
	if (!err)
		braid_count(in->bs->braid, BRAID_CNT_RX_DATA);
	return err;
}

static int braid_receive_control(struct braid_incoming *in)
{
	int err;

	in->from.probing = braid_control_probing(in->skb->data, in->skb->len);
	spin_lock(&in->s->lock);
	err = braid_accept(in);
	spin_unlock(&in->s->lock);
	if (err)
		return err;
	braid_count(in->bs->braid, BRAID_CNT_RX_CONTROL);
	braid_control_receive(in->s, in->skb->data, in->skb->len, &in->from,
			      in->now_us);
	consume_skb(in->skb);
	return 0;
}

/* What an accepted packet tells beside its contents. Without locks. */
static void braid_received(struct braid_incoming *in)
{
	struct braid_device *braid = in->bs->braid;

	braid_session_heard(in->s, in->epoch);
	if (unlikely(!list_empty(&braid->metered)))
		braid_quota_remind(braid, &in->from, in->now_us);
	if (in->proven)
		braid_controller_proven(braid, &in->from.from, 0);
	if (in->moved)
		braid_probe_moved(in->s, &in->from);
}

/* What was opened. 0, or the reason to drop it. */
static int braid_receive_open(struct braid_incoming *in)
{
	int err;

	skb_pull(in->skb, BRAID_HDR_LEN);
	if (pskb_trim(in->skb, in->skb->len - BRAID_TAG_LEN))
		return BRAID_CNT_DROP_RX_MEMORY;
	err = in->hdr.type == BRAID_TYPE_DATA ? braid_receive_data(in) :
						braid_receive_control(in);
	if (!err)
		braid_received(in);
	return err;
}

void braid_opened(struct braid_turn *turn)
{
	struct braid_opening *o = container_of(turn, struct braid_opening,
					       turn);
	struct braid_incoming *in = &o->in;
	int err = o->err;

	/* It may have been made or retired while this one waited. */
	in->path = braid_rx_path_find(in->s, in->hdr.path);
	if (!err)
		err = braid_receive_open(in);
	if (err)
		braid_drop(in->bs->braid, in->skb, err);
	if (unlikely(in->derived))
		braid_key_wipe(&in->key);
	kfree(o);
}

/* What the cipher said. */
static void braid_opening_done(struct braid_opening *o, int err)
{
	if (err == -EBADMSG)
		o->err = braid_forged(&o->in);
	else
		o->err = err ? BRAID_CNT_DROP_RX_MEMORY : 0;
	braid_order_done(&o->in.s->opening, &o->turn);
}

/* The cipher is done with a packet that it could not open at once. */
static void braid_opened_later(void *data, int err)
{
	if (err == -EINPROGRESS)
		return;
	local_bh_disable();
	rcu_read_lock();
	braid_opening_done(data, err);
	rcu_read_unlock();
	local_bh_enable();
}

static int braid_open_gcm(struct braid_opening *o)
{
	struct braid_gcm_text text = {
		.path = o->in.hdr.path,
		.pn = o->in.pn,
		.hdr = o->in.skb->data,
		.len = o->in.skb->len - BRAID_HDR_LEN,
	};

	return braid_gcm_open(&o->in.epoch->rx_gcm, &o->op, &text,
			      braid_opened_later, o);
}

/*
 * It is to outlive this stay under RCU: of what the stack lent it, nothing is
 * needed any more, and a link might go meanwhile.
 */
static void braid_detain(struct braid_incoming *in)
{
	skb_scrub_packet(in->skb, true);
	skb_orphan(in->skb);
	in->skb->dev = in->bs->braid->dev;
}

/*
 * A packet that may have to wait, for the cipher or for those before it. Its
 * place is taken before the cipher gets it, which may be done on another CPU
 * before it says that it has begun. 0 or a drop reason.
 */
static int braid_receive_in_turn(struct braid_incoming *in)
{
	struct braid_order *opening = &in->s->opening;
	struct braid_opening *o;
	int err;

	if (braid_order_length(opening) >= BRAID_OPENING_MAX)
		return BRAID_CNT_DROP_RX_QUEUE;
	o = kmalloc(sizeof(*o) + braid_gcm_room(&in->epoch->rx_gcm),
		    GFP_ATOMIC);
	if (!o)
		return BRAID_CNT_DROP_RX_MEMORY;
	braid_detain(in);
	o->in = *in;
	braid_order_add(opening, &o->turn);
	if (in->epoch->cipher == BRAID_CIPHER_AES256_GCM) {
		err = braid_open_gcm(o);
		if (!braid_gcm_later(err))
			braid_opening_done(o, err);
	} else {
		o->err = braid_open_chacha(&o->in);
		braid_order_done(opening, &o->turn);
	}
	return 0;
}

static int braid_receive_sealed(struct braid_incoming *in)
{
	int err = braid_find(in);

	if (err)
		return err;
	if (in->epoch->cipher != BRAID_CIPHER_CHACHA20_POLY1305 ||
	    braid_order_length(&in->s->opening))
		return braid_receive_in_turn(in);
	return braid_open_chacha(in) ?: braid_receive_open(in);
}

int braid_receive(struct sock *sk, struct sk_buff *skb)
{
	struct braid_incoming in = { .skb = skb };
	int err;

	rcu_read_lock_bh();
	in.bs = rcu_dereference_sk_user_data(sk);
	if (!in.bs) {
		kfree_skb(skb);
		goto out;
	}
	braid_outer(&in);
	if (unlikely(!list_empty(&in.bs->braid->metered)))
		braid_quota_received(in.bs->braid, &in.from);
	err = braid_parse(&in);
	if (!err)
		err = in.hdr.type == BRAID_TYPE_HANDSHAKE ?
		      braid_receive_handshake(&in) : braid_receive_sealed(&in);
	if (err)
		braid_drop(in.bs->braid, skb, err);
	if (unlikely(in.derived))
		braid_key_wipe(&in.key);
out:
	rcu_read_unlock_bh();
	return 0;
}
