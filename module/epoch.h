/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An epoch: one generation of a session's keys, both directions. Up to two
 * live side by side, so that keys change under traffic: what was sealed under
 * the older one still opens while the newer one already sends.
 */
#ifndef BRAID_EPOCH_H
#define BRAID_EPOCH_H

#include <linux/atomic.h>
#include <linux/netlink.h>
#include <linux/types.h>

#include "crypto.h"
#include "gcm.h"

struct braid_peer;
struct braid_session;

/*
 * Most packets under a key, and most that may fail to open under it. Those of
 * AES-256-GCM are RFC 9001's, appendix B.1, for an advantage of 2^-57 each:
 * 2^35 blocks of 16 bytes sealed, and what it recommends for packets of any
 * size that do not open.
 */
#define BRAID_CHACHA_PACKETS	(1ULL << 36)
#define BRAID_CHACHA_FAILURES	(1ULL << 36)
#define BRAID_GCM_PACKETS	(1ULL << 28)
#define BRAID_GCM_FAILURES	(1ULL << 52)
/*
 * A packet counts once for each begun piece of this size: 2^7 blocks, which
 * makes 2^28 packets of the 2^35 blocks.
 */
#define BRAID_PACKET_UNIT	2048

/**
 * struct braid_epoch - one generation of keys
 * @number: what packets under it carry; never changes
 * @slot: its place in the session, where paths keep the keys that they
 *	derived from it; never changes
 * @generation: rises with each epoch of a session; never changes
 * @cipher: never changes
 * @tx_key: keys of paths for sending derive from it; never changes
 * @rx_key: keys of paths for receiving derive from it; never changes
 * @tx_gcm: seals the packets of all paths if the cipher is AES-256-GCM; has no
 *	key otherwise; never changes
 * @rx_gcm: opens them, likewise
 * @limit_packets: as many may be sealed; never changes
 * @limit_failures: as many may fail to open; never changes
 * @packets: sealed, the larger ones more than once; peer's lock
 * @retired: may not become the one that sends; peer's lock
 * @failures: packets that did not open; not on the way of good ones
 * @told: events that were sent, one bit each; atomic
 */
struct braid_epoch {
	u8 number;
	u8 slot;
	u32 generation;
	enum braid_cipher cipher;
	u8 tx_key[BRAID_KEY_LEN];
	u8 rx_key[BRAID_KEY_LEN];
	struct braid_gcm tx_gcm;
	struct braid_gcm rx_gcm;
	u64 limit_packets;
	u64 limit_failures;
	u64 packets;
	bool retired;
	atomic64_t failures;
	unsigned long told;
};

/* What a new epoch is made of; a limit of 0 is the cipher's own. */
struct braid_epoch_config {
	u8 number;
	enum braid_cipher cipher;
	const u8 *tx_key;
	const u8 *rx_key;
	u64 limit_packets;
	u64 limit_failures;
};

/*
 * May sleep. An ERR_PTR: -ERANGE (limit above the cipher's), -EOPNOTSUPP (the
 * kernel has no such cipher), -ENOMEM.
 */
struct braid_epoch *braid_epoch_new(const struct braid_epoch_config *cfg,
				    struct netlink_ext_ack *extack);
/*
 * Wipes and frees; nobody else has it any more, nor has the cipher a packet
 * under it.
 */
void braid_epoch_free(struct braid_epoch *e);

/*
 * Charges the key with a packet of @size bytes. False: the key may seal no
 * more. Tells of the limits when they are reached. Peer's lock.
 */
bool braid_epoch_spend(struct braid_epoch *e, struct braid_peer *peer,
		       u32 size);
/* A packet failed to open under it. */
void braid_epoch_failed(struct braid_epoch *e, struct braid_peer *peer);

/* So many packets failed to open that no more are tried. */
static inline bool braid_epoch_blind(struct braid_epoch *e)
{
	return atomic64_read(&e->failures) >= e->limit_failures;
}

#endif
