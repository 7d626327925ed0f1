/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AES-256-GCM (NIST SP 800-38D) of the crypto API. One key per epoch and
 * direction, for all paths: to set up a key of the crypto API sleeps, and a
 * path's first packet comes where nobody may.
 *
 * The nonce is made as in TLS 1.3 (RFC 8446, section 5.3) and QUIC (RFC 9001,
 * section 5.3), with the path beside the packet number as in QUIC's multipath
 * extension: a secret value of 96 bits, to which 32 bits of path id and 64 bits
 * of packet number are added without carry. Path ids are not used again in a
 * session, nor are numbers on a path, so no nonce comes twice under a key.
 */
#ifndef BRAID_GCM_H
#define BRAID_GCM_H

#include <crypto/aead.h>
#include <linux/netlink.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

#define BRAID_GCM_IV_LEN	12

/**
 * struct braid_gcm - the key of an epoch in one direction
 * @tfm: the cipher with its key; NULL unless there is one. Never changes
 * @iv: what nonces begin from; never changes
 */
struct braid_gcm {
	struct crypto_aead *tfm;
	u8 iv[BRAID_GCM_IV_LEN];
};

/**
 * struct braid_gcm_op - one packet at the cipher
 * @iv: its nonce
 * @sg: header, text and tag, in one piece
 * @req: the crypto API's, with its own room behind it: the last member of
 *	whatever it is in
 */
struct braid_gcm_op {
	u8 iv[BRAID_GCM_IV_LEN];
	struct scatterlist sg;
	struct aead_request req;
};

/*
 * Derives key and first nonce from the epoch's key of one direction. May sleep
 * and load modules. -EOPNOTSUPP: the kernel has no such cipher; -ENOMEM.
 */
int braid_gcm_init(struct braid_gcm *gcm, const u8 *epoch_key,
		   struct netlink_ext_ack *extack);
/* Wipes and frees; no packet is at the cipher. Fine without a key. Sleeps. */
void braid_gcm_fini(struct braid_gcm *gcm);

/* Bytes that a braid_gcm_op takes beyond its size; 0 without a key. */
static inline size_t braid_gcm_room(const struct braid_gcm *gcm)
{
	return gcm->tfm ? crypto_aead_reqsize(gcm->tfm) : 0;
}

/**
 * struct braid_gcm_text - a packet that is to be sealed or opened in place
 * @path: path id
 * @pn: packet number
 * @hdr: BRAID_HDR_LEN bytes of clear header, the text right behind them
 * @len: bytes of text, with the tag when it is to be opened. Behind them is
 *	room for the tag when it is to be sealed
 */
struct braid_gcm_text {
	u16 path;
	u64 pn;
	u8 *hdr;
	size_t len;
};

/*
 * Return: 0 when it is done, -EBADMSG when it did not authenticate, another
 * error when it failed, and what braid_gcm_later() tells when @done will be
 * called, in any context with BH off, with one of these and before that maybe
 * with -EINPROGRESS. The packet stays until then.
 */
int braid_gcm_seal(const struct braid_gcm *gcm, struct braid_gcm_op *op,
		   const struct braid_gcm_text *text,
		   crypto_completion_t done, void *data);
int braid_gcm_open(const struct braid_gcm *gcm, struct braid_gcm_op *op,
		   const struct braid_gcm_text *text,
		   crypto_completion_t done, void *data);

/* It is not over: the cipher has it, or has put it in its backlog. */
static inline bool braid_gcm_later(int err)
{
	return err == -EINPROGRESS || err == -EBUSY;
}

#endif
