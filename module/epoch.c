// SPDX-License-Identifier: GPL-2.0
#include "epoch.h"

#include <linux/bitops.h>
#include <linux/slab.h>

#include "event.h"
#include "peer.h"

/* Bits of @told. */
enum {
	BRAID_TOLD_PACKETS_SOFT,
	BRAID_TOLD_PACKETS_HARD,
	BRAID_TOLD_FAILURES_SOFT,
	BRAID_TOLD_FAILURES_HARD,
};

/* 0 stands for the cipher's own limit; a key may be given less, not more. */
static int braid_epoch_limit(u64 *limit, u64 wanted, u64 most,
			     struct netlink_ext_ack *extack)
{
	*limit = wanted ?: most;
	if (wanted <= most)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "the cipher's limit is %llu", most);
	return -ERANGE;
}

static int braid_epoch_limits(struct braid_epoch *e,
			      const struct braid_epoch_config *cfg,
			      struct netlink_ext_ack *extack)
{
	bool gcm = cfg->cipher == BRAID_CIPHER_AES256_GCM;

	return braid_epoch_limit(&e->limit_packets, cfg->limit_packets,
				 gcm ? BRAID_GCM_PACKETS :
				       BRAID_CHACHA_PACKETS, extack) ?:
	       braid_epoch_limit(&e->limit_failures, cfg->limit_failures,
				 gcm ? BRAID_GCM_FAILURES :
				       BRAID_CHACHA_FAILURES, extack);
}

struct braid_epoch *braid_epoch_new(const struct braid_epoch_config *cfg,
				    struct netlink_ext_ack *extack)
{
	struct braid_epoch *e = kzalloc(sizeof(*e), GFP_KERNEL);
	int err;

	if (!e)
		return ERR_PTR(-ENOMEM);
	e->number = cfg->number;
	e->cipher = cfg->cipher;
	memcpy(e->tx_key, cfg->tx_key, sizeof(e->tx_key));
	memcpy(e->rx_key, cfg->rx_key, sizeof(e->rx_key));
	err = braid_epoch_limits(e, cfg, extack);
	if (!err && e->cipher == BRAID_CIPHER_AES256_GCM)
		err = braid_gcm_init(&e->tx_gcm, e->tx_key, extack) ?:
		      braid_gcm_init(&e->rx_gcm, e->rx_key, extack);
	if (!err)
		return e;
	braid_epoch_free(e);
	return ERR_PTR(err);
}

void braid_epoch_free(struct braid_epoch *e)
{
	braid_gcm_fini(&e->tx_gcm);
	braid_gcm_fini(&e->rx_gcm);
	kfree_sensitive(e);
}

static void braid_epoch_tell(struct braid_epoch *e, struct braid_peer *peer,
			     int bit, const char *what, const char *why)
{
	if (!test_and_set_bit(bit, &e->told))
		braid_event_key(peer, e->number, what, why);
}

/* Out of line: what happens once in the life of a key, or at its end. */
static noinline bool braid_epoch_worn(struct braid_epoch *e,
				      struct braid_peer *peer, u64 packets)
{
	braid_epoch_tell(e, peer, BRAID_TOLD_PACKETS_SOFT, "key-soft-limit",
			 "half of the packets it may seal are sealed");
	if (packets <= e->limit_packets)
		return true;
	braid_epoch_tell(e, peer, BRAID_TOLD_PACKETS_HARD, "key-hard-limit",
			 "it has sealed what it may; nothing more is sent");
	return false;
}

bool braid_epoch_spend(struct braid_epoch *e, struct braid_peer *peer, u32 size)
{
	u64 packets = e->packets + DIV_ROUND_UP(size, BRAID_PACKET_UNIT);

	lockdep_assert_held(&peer->lock);
	if (unlikely(packets > e->limit_packets / 2) &&
	    !braid_epoch_worn(e, peer, packets))
		return false;
	e->packets = packets;
	return true;
}

void braid_epoch_failed(struct braid_epoch *e, struct braid_peer *peer)
{
	u64 failures = atomic64_inc_return(&e->failures);

	if (failures <= e->limit_failures / 2)
		return;
	braid_epoch_tell(e, peer, BRAID_TOLD_FAILURES_SOFT, "key-soft-limit",
			 "half of the packets that may fail to open have failed");
	if (failures >= e->limit_failures)
		braid_epoch_tell(e, peer, BRAID_TOLD_FAILURES_HARD,
				 "key-hard-limit",
				 "too many packets failed to open; no more are tried");
}
