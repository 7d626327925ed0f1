// SPDX-License-Identifier: GPL-2.0
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "private.h"
#include "text.h"

#define SEED_LEN	32

/* PKCS #8 of an Ed25519 key up to the key itself (RFC 8410, section 7) */
static const uint8_t pkcs8_head[] = {
	0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
	0x04, 0x22, 0x04, 0x20
};

/* Exactly the text of 32 bytes: one spelling a key. */
static int key_decode(const char *text, uint8_t *key)
{
	gnutls_datum_t in = { (uint8_t *)text, strlen(text) }, out;
	char again[BR_KEY_TEXT];
	int ret = -EINVAL;

	if (in.size != BR_KEY_TEXT - 1 || gnutls_base64_decode2(&in, &out))
		return -EINVAL;
	if (out.size == SEED_LEN) {
		memcpy(key, out.data, SEED_LEN);
		ret = strcmp(br_public_text(key, again), text) ? -EINVAL : 0;
	}
	gnutls_memset(again, 0, sizeof(again));
	gnutls_memset(out.data, 0, out.size);
	gnutls_free(out.data);
	return ret;
}

/* A private key's text is made the same way; nothing of it stays behind. */
const char *br_public_text(const uint8_t key[BR_PUBLIC_LEN],
			   char text[BR_KEY_TEXT])
{
	gnutls_datum_t in = { (uint8_t *)key, BR_PUBLIC_LEN }, out;

	if (gnutls_base64_encode2(&in, &out)) {
		text[0] = 0;
		return text;
	}
	snprintf(text, BR_KEY_TEXT, "%s", (char *)out.data);
	gnutls_memset(out.data, 0, out.size);
	gnutls_free(out.data);
	return text;
}

int br_public_parse(const char *text, uint8_t key[BR_PUBLIC_LEN])
{
	return key_decode(text, key);
}

int br_identity_generate(char text[BR_KEY_TEXT], struct br_error *err)
{
	uint8_t seed[SEED_LEN];

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return br_fail(err, BR_KERNEL, errno, "no randomness: %s",
			       strerror(errno));
	br_public_text(seed, text);
	explicit_bzero(seed, sizeof(seed));
	return text[0] ? 0 : br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
}

static int seed_import(struct br_identity *id, const uint8_t *seed)
{
	uint8_t der[sizeof(pkcs8_head) + SEED_LEN];
	gnutls_datum_t data = { der, sizeof(der) };
	int ret;

	memcpy(der, pkcs8_head, sizeof(pkcs8_head));
	memcpy(der + sizeof(pkcs8_head), seed, SEED_LEN);
	ret = gnutls_privkey_import_x509_raw(id->privkey, &data,
					     GNUTLS_X509_FMT_DER, NULL, 0);
	explicit_bzero(der, sizeof(der));
	return ret;
}

/* What becomes of @id->pcert owns the public key. */
static int public_derive(struct br_identity *id)
{
	gnutls_datum_t x = { NULL, 0 };
	gnutls_pubkey_t pubkey;
	int ret = gnutls_pubkey_init(&pubkey);

	if (ret)
		return ret;
	ret = gnutls_pubkey_import_privkey(pubkey, id->privkey, 0, 0);
	if (!ret)
		ret = gnutls_pubkey_export_ecc_raw2(pubkey, NULL, &x, NULL, 0);
	if (!ret && x.size == BR_PUBLIC_LEN)
		memcpy(id->public, x.data, BR_PUBLIC_LEN);
	gnutls_free(x.data);
	if (!ret)
		ret = gnutls_pcert_import_rawpk(&id->pcert, pubkey, 0);
	if (ret)
		gnutls_pubkey_deinit(pubkey);
	return ret;
}

int br_identity_parse(const char *text, struct br_identity *id,
		      struct br_error *err)
{
	uint8_t seed[SEED_LEN];
	int ret;

	*id = (struct br_identity){ .privkey = NULL };
	if (key_decode(text, seed))
		return br_fail(err, BR_FILE, EINVAL,
			       "not a private key (braidctl genkey makes one)");
	ret = gnutls_privkey_init(&id->privkey);
	if (!ret)
		ret = seed_import(id, seed);
	if (!ret)
		ret = public_derive(id);
	explicit_bzero(seed, sizeof(seed));
	if (!ret)
		return 0;
	br_identity_free(id);
	return br_fail(err, BR_FILE, EINVAL, "not a private key: %s",
		       gnutls_strerror(ret));
}

int br_identity_read(const char *path, struct br_identity *id,
		     struct br_error *err)
{
	int fd = br_private_open(path, O_RDONLY, err);
	char text[BR_KEY_TEXT + 1];
	ssize_t len;
	int ret;

	if (fd < 0)
		return fd;
	len = read(fd, text, sizeof(text));
	close(fd);
	if (len < 0)
		return br_fail(err, BR_FILE, errno, "%s: %s", path,
			       strerror(errno));
	if (len && text[len - 1] == '\n')
		len--;
	/* more than a key is none */
	text[len < BR_KEY_TEXT ? len : 0] = 0;
	ret = br_identity_parse(text, id, err);
	explicit_bzero(text, sizeof(text));
	return ret ? br_where(err, "%s", path) : 0;
}

void br_identity_free(struct br_identity *id)
{
	if (id->privkey)
		gnutls_privkey_deinit(id->privkey);
	gnutls_pcert_deinit(&id->pcert);
	*id = (struct br_identity){ .privkey = NULL };
}
