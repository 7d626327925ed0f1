/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sealing and opening. One key per path and direction, derived from the
 * epoch's, so the 64-bit packet number of the path is a nonce that never
 * comes twice under a key.
 */
#ifndef BRAID_CRYPTO_H
#define BRAID_CRYPTO_H

#include <crypto/chacha20poly1305.h>
#include <linux/types.h>

#include "core/wire.h"
#include <linux/braid.h>

/* Epochs that a session has at a time. */
#define BRAID_EPOCHS	2

/**
 * struct braid_key - the key of one path in one direction
 * @key: ChaCha20-Poly1305; wiped by braid_key_wipe()
 */
struct braid_key {
	u8 key[CHACHA20POLY1305_KEY_SIZE];
};

/*
 * Derives the key of @path from the epoch's key of one direction: BLAKE2s
 * keyed with it, over a label and the path id (a PRF in the sense of RFC
 * 7693's keyed mode). The two directions have different epoch keys.
 */
void braid_key_derive(struct braid_key *key, const u8 *epoch_key, u16 path);
void braid_key_wipe(struct braid_key *key);

/*
 * Seals @len bytes at @text in place and writes the tag behind them; @hdr are
 * the BRAID_HDR_LEN bytes of clear header.
 */
void braid_seal(const struct braid_key *key, u64 pn, const u8 *hdr, u8 *text,
		size_t len);
/* Opens @len bytes (tag included) in place. False: forged or damaged. */
bool braid_open(const struct braid_key *key, u64 pn, const u8 *hdr, u8 *text,
		size_t len);

#endif
