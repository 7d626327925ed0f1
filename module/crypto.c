// SPDX-License-Identifier: GPL-2.0
#include "crypto.h"

#include <crypto/blake2s.h>
#include <linux/string.h>

void braid_key_derive(struct braid_key *key, const u8 *epoch_key, u16 path)
{
	u8 label[14] = "braid path ";

	braid_put16(label + 12, path);
	blake2s(key->key, label, epoch_key, sizeof(key->key), sizeof(label),
		BRAID_KEY_LEN);
}

void braid_key_wipe(struct braid_key *key)
{
	memzero_explicit(key, sizeof(*key));
}

void braid_seal(const struct braid_key *key, u64 pn, const u8 *hdr, u8 *text,
		size_t len)
{
	chacha20poly1305_encrypt(text, text, len, hdr, BRAID_HDR_LEN, pn,
				 key->key);
}

bool braid_open(const struct braid_key *key, u64 pn, const u8 *hdr, u8 *text,
		size_t len)
{
	return chacha20poly1305_decrypt(text, text, len, hdr, BRAID_HDR_LEN,
					pn, key->key);
}
