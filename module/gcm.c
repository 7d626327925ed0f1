// SPDX-License-Identifier: GPL-2.0
#include "gcm.h"

#include <crypto/blake2s.h>
#include <crypto/utils.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "core/wire.h"
#include "crypto.h"

static char braid_gcm_driver[CRYPTO_MAX_ALG_NAME] = "gcm(aes)";
module_param_string(gcm, braid_gcm_driver, sizeof(braid_gcm_driver), 0644);
MODULE_PARM_DESC(gcm, "which of the kernel's AES-GCM new keys use, by algorithm or driver name");

/* BLAKE2s keyed with the epoch's key, over a label; see braid_key_derive(). */
static void braid_gcm_derive(u8 *to, size_t len, const u8 *epoch_key,
			     const char *label)
{
	blake2s(to, label, epoch_key, len, strlen(label), BRAID_KEY_LEN);
}

static struct crypto_aead *braid_gcm_alloc(struct netlink_ext_ack *extack)
{
	char driver[CRYPTO_MAX_ALG_NAME];
	struct crypto_aead *tfm;

	kernel_param_lock(THIS_MODULE);
	strscpy(driver, braid_gcm_driver);
	kernel_param_unlock(THIS_MODULE);
	tfm = crypto_alloc_aead(strim(driver), 0, 0);
	if (IS_ERR(tfm)) {
		if (PTR_ERR(tfm) == -ENOMEM)
			return tfm;
		NL_SET_ERR_MSG(extack, "the kernel has no AES-GCM, or not the one that the module is to use");
		return ERR_PTR(-EOPNOTSUPP);
	}
	if (crypto_aead_ivsize(tfm) == BRAID_GCM_IV_LEN)
		return tfm;
	NL_SET_ERR_MSG(extack, "the cipher that the module is to use takes other nonces than AES-GCM");
	crypto_free_aead(tfm);
	return ERR_PTR(-EOPNOTSUPP);
}

int braid_gcm_init(struct braid_gcm *gcm, const u8 *epoch_key,
		   struct netlink_ext_ack *extack)
{
	struct crypto_aead *tfm = braid_gcm_alloc(extack);
	u8 key[BRAID_KEY_LEN];
	int err;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	braid_gcm_derive(key, sizeof(key), epoch_key, "braid aes-256-gcm key");
	braid_gcm_derive(gcm->iv, sizeof(gcm->iv), epoch_key,
			 "braid aes-256-gcm iv");
	err = crypto_aead_setkey(tfm, key, sizeof(key)) ?:
	      crypto_aead_setauthsize(tfm, BRAID_TAG_LEN);
	memzero_explicit(key, sizeof(key));
	if (err) {
		NL_SET_ERR_MSG(extack, "the cipher did not take the key");
		crypto_free_aead(tfm);
		return err;
	}
	gcm->tfm = tfm;
	return 0;
}

void braid_gcm_fini(struct braid_gcm *gcm)
{
	if (gcm->tfm)
		crypto_free_aead(gcm->tfm);
	gcm->tfm = NULL;
}

static void braid_gcm_prepare(const struct braid_gcm *gcm,
			      struct braid_gcm_op *op,
			      const struct braid_gcm_text *text, size_t bytes,
			      crypto_completion_t done, void *data)
{
	u8 number[BRAID_GCM_IV_LEN];

	put_unaligned_be32(text->path, number);
	put_unaligned_be64(text->pn, number + sizeof(u32));
	memcpy(op->iv, gcm->iv, sizeof(op->iv));
	crypto_xor(op->iv, number, sizeof(op->iv));
	sg_init_one(&op->sg, text->hdr, bytes);
	aead_request_set_tfm(&op->req, gcm->tfm);
	/* Who asks keeps count: what the backlog holds is bounded by that. */
	aead_request_set_callback(&op->req, CRYPTO_TFM_REQ_MAY_BACKLOG, done,
				  data);
	aead_request_set_ad(&op->req, BRAID_HDR_LEN);
	aead_request_set_crypt(&op->req, &op->sg, &op->sg, text->len, op->iv);
}

int braid_gcm_seal(const struct braid_gcm *gcm, struct braid_gcm_op *op,
		   const struct braid_gcm_text *text,
		   crypto_completion_t done, void *data)
{
	braid_gcm_prepare(gcm, op, text,
			  BRAID_HDR_LEN + text->len + BRAID_TAG_LEN, done,
			  data);
	return crypto_aead_encrypt(&op->req);
}

int braid_gcm_open(const struct braid_gcm *gcm, struct braid_gcm_op *op,
		   const struct braid_gcm_text *text,
		   crypto_completion_t done, void *data)
{
	braid_gcm_prepare(gcm, op, text, BRAID_HDR_LEN + text->len, done,
			  data);
	return crypto_aead_decrypt(&op->req);
}
