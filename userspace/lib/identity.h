/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A gateway's identity: an Ed25519 key pair. The private key is a file of one
 * line that nobody else may read; the public one is a line of text that stands
 * in the other gateway's configuration.
 */
#ifndef BR_IDENTITY_H
#define BR_IDENTITY_H

#include <gnutls/abstract.h>
#include <stdint.h>

#include "failure.h"

#define BR_PUBLIC_LEN	32
/* Base64 of a key, and its end */
#define BR_KEY_TEXT	45

/**
 * struct br_identity - who we are
 * @public: our public key
 * @privkey: the private one; only GnuTLS looks inside
 * @pcert: the public one, in the same hands
 */
struct br_identity {
	uint8_t public[BR_PUBLIC_LEN];
	gnutls_privkey_t privkey;
	gnutls_pcert_st pcert;
};

/* Writes a new private key as text. */
int br_identity_generate(char text[BR_KEY_TEXT], struct br_error *err);

/*
 * Reads a private key's file, which others must not be able to read or write.
 * Return: 0, then br_identity_free() is due; or a negative errno
 */
int br_identity_read(const char *path, struct br_identity *id,
		     struct br_error *err);
/* The same from the text itself. */
int br_identity_parse(const char *text, struct br_identity *id,
		      struct br_error *err);
void br_identity_free(struct br_identity *id);

/* Public keys as text. Parsing returns 0 or -EINVAL. */
const char *br_public_text(const uint8_t key[BR_PUBLIC_LEN],
			   char text[BR_KEY_TEXT]);
int br_public_parse(const char *text, uint8_t key[BR_PUBLIC_LEN]);

#endif
