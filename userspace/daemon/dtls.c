// SPDX-License-Identifier: GPL-2.0
#include "dtls.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <stdlib.h>
#include <string.h>

/*
 * Forward secret, with Ed25519 on both sides. ECDSA is there since without it
 * GnuTLS asks for a certificate of no type at all, which the other end refuses;
 * a key of it does not pass peer_key().
 */
#define PRIORITY \
	"NORMAL:-VERS-ALL:+VERS-DTLS1.2:-CTYPE-ALL:+CTYPE-RAWPK" \
	":-KX-ALL:+ECDHE-ECDSA:-GROUP-ALL:+GROUP-X25519" \
	":-SIGN-ALL:+SIGN-EDDSA-ED25519:+SIGN-ECDSA-SHA256" \
	":-CIPHER-ALL:+CHACHA20-POLY1305:+AES-256-GCM:-MAC-ALL:+AEAD"
#define LABEL		"EXPERIMENTAL braid traffic keys 1"

/* Of a DTLS record: type, version, epoch, number, length (RFC 6347, 4.1) */
#define RECORD_HEAD	13
#define RECORD_ALERT	21

/* SubjectPublicKeyInfo of an Ed25519 key up to the key (RFC 8410, section 4) */
static const uint8_t spki_head[] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
};

/**
 * struct bd_dtls - an association
 * @session: GnuTLS's
 * @cred: our identity, as it wants it
 * @id: our identity
 * @ops: whom to ask
 * @data: for @ops
 * @client: which side we are
 * @state: how far it is
 * @reason: why it failed
 * @in: the frame being read, NULL when it was taken
 * @in_len: bytes of it
 * @fresh: the next record begins a new flight
 * @flight: what was last to be sent
 * @ours: what we propose or have chosen
 * @theirs: what they did
 * @heard: @theirs has come
 * @peer: their public key
 */
struct bd_dtls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t cred;
	const struct br_identity *id;
	const struct bd_dtls_ops *ops;
	void *data;
	bool client;
	enum bd_dtls_state state;
	const char *reason;
	const uint8_t *in;
	size_t in_len;
	bool fresh;
	struct bd_flight flight;
	struct bd_hello ours;
	struct bd_hello theirs;
	bool heard;
	uint8_t peer[BR_PUBLIC_LEN];
};

static void fail(struct bd_dtls *d, const char *reason)
{
	d->state = BD_DTLS_FAILED;
	/* what was asked first knows best */
	if (!d->reason)
		d->reason = reason;
}

/* Records are gathered into frames: a flight is one or two of them. */
static ssize_t push(gnutls_transport_ptr_t ptr, const void *record, size_t len)
{
	struct bd_dtls *d = ptr;
	struct bd_flight *f = &d->flight;

	if (d->fresh)
		f->n = 0;
	d->fresh = false;
	if (!f->n || f->len[f->n - 1] + len > BD_FRAME_MAX) {
		if (f->n == BD_FLIGHT_MAX || len > BD_FRAME_MAX) {
			gnutls_transport_set_errno(d->session, EMSGSIZE);
			return -1;
		}
		f->len[f->n++] = 0;
	}
	memcpy(f->frame[f->n - 1] + f->len[f->n - 1], record, len);
	f->len[f->n - 1] += len;
	return len;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *to, size_t room)
{
	struct bd_dtls *d = ptr;
	size_t len = d->in_len;

	if (!d->in || len > room) {
		d->in = NULL;
		gnutls_transport_set_errno(d->session, EAGAIN);
		return -1;
	}
	memcpy(to, d->in, len);
	d->in = NULL;
	return len;
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned int ms)
{
	struct bd_dtls *d = ptr;

	(void)ms;
	return d->in ? 1 : 0;
}

static int hello_recv(gnutls_session_t session, const unsigned char *from,
		      size_t len)
{
	struct bd_dtls *d = gnutls_session_get_ptr(session);

	if (bd_hello_read(&d->theirs, from, len)) {
		fail(d, "its hello is of another version");
		return GNUTLS_E_RECEIVED_ILLEGAL_EXTENSION;
	}
	if (!d->client && d->ops->hello(d->data, &d->theirs, &d->ours)) {
		fail(d, "what it proposes is not possible");
		return GNUTLS_E_RECEIVED_ILLEGAL_EXTENSION;
	}
	d->heard = true;
	return 0;
}

static int hello_send(gnutls_session_t session, gnutls_buffer_t to)
{
	struct bd_dtls *d = gnutls_session_get_ptr(session);
	uint8_t hello[BD_HELLO_LEN];
	int ret;

	bd_hello_write(&d->ours, hello);
	ret = gnutls_buffer_append_data(to, hello, sizeof(hello));
	return ret < 0 ? ret : BD_HELLO_LEN;
}

/* A client that only sets its raw key sends none of Ed25519: it is asked here. */
static int identity_get(gnutls_session_t session, const gnutls_datum_t *ca,
			int n_ca, const gnutls_pk_algorithm_t *algos,
			int n_algos, gnutls_pcert_st **pcert,
			unsigned int *n_pcert, gnutls_privkey_t *privkey)
{
	struct bd_dtls *d = gnutls_session_get_ptr(session);

	(void)ca;
	(void)n_ca;
	(void)algos;
	(void)n_algos;
	*pcert = (gnutls_pcert_st *)&d->id->pcert;
	*n_pcert = 1;
	*privkey = d->id->privkey;
	return 0;
}

/* The other's key as it was sent. */
static bool peer_key(gnutls_session_t session, uint8_t key[BR_PUBLIC_LEN])
{
	const gnutls_datum_t *sent;
	unsigned int n;

	if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) !=
	    GNUTLS_CRT_RAWPK)
		return false;
	sent = gnutls_certificate_get_peers(session, &n);
	if (!sent || n != 1 || sent->size != sizeof(spki_head) + BR_PUBLIC_LEN ||
	    memcmp(sent->data, spki_head, sizeof(spki_head)))
		return false;
	memcpy(key, sent->data + sizeof(spki_head), BR_PUBLIC_LEN);
	return true;
}

/* GnuTLS's verify function: 0 lets the handshake go on. */
static int peer_verify(gnutls_session_t session)
{
	struct bd_dtls *d = gnutls_session_get_ptr(session);

	if (!d->heard) {
		fail(d, "it is not braid");
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	if (!peer_key(session, d->peer)) {
		fail(d, "it has no identity");
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	if (!d->ops->verify(d->data, d->peer)) {
		fail(d, "its public key is not the right one");
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	return 0;
}

/*
 * The library's word for "done" is not enough: everything is looked at again.
 * The master secret is bound to the whole handshake (RFC 7627), or there are
 * no keys.
 */
static void finish(struct bd_dtls *d)
{
	unsigned int flags = gnutls_session_get_flags(d->session);
	uint8_t key[BR_PUBLIC_LEN];

	if (!(flags & GNUTLS_SFLAGS_EXT_MASTER_SECRET) ||
	    gnutls_session_is_resumed(d->session) || !d->heard)
		fail(d, "the handshake lacks what it must have");
	else if (!peer_key(d->session, key) ||
		 memcmp(key, d->peer, sizeof(key)))
		fail(d, "its public key is not the one it began with");
	else
		d->state = BD_DTLS_DONE;
}

static void run(struct bd_dtls *d)
{
	int ret;

	d->fresh = true;
	do {
		ret = gnutls_handshake(d->session);
	} while (ret == GNUTLS_E_INTERRUPTED ||
		 ret == GNUTLS_E_WARNING_ALERT_RECEIVED ||
		 (ret == GNUTLS_E_AGAIN && d->in));
	if (!ret)
		finish(d);
	else if (ret != GNUTLS_E_AGAIN)
		fail(d, gnutls_strerror(ret));
}

static int session_init(struct bd_dtls *d)
{
	unsigned int flags = GNUTLS_DATAGRAM | GNUTLS_NONBLOCK |
			     GNUTLS_NO_TICKETS | GNUTLS_ENABLE_RAWPK |
			     (d->client ? GNUTLS_CLIENT : GNUTLS_SERVER);
	int ret;

	ret = gnutls_init(&d->session, flags);
	if (ret)
		return ret;
	gnutls_session_set_ptr(d->session, d);
	gnutls_transport_set_ptr(d->session, d);
	gnutls_transport_set_push_function(d->session, push);
	gnutls_transport_set_pull_function(d->session, pull);
	gnutls_transport_set_pull_timeout_function(d->session, pull_timeout);
	gnutls_handshake_set_timeout(d->session, 0);
	gnutls_dtls_set_mtu(d->session, BD_FRAME_MAX);
	/* its own clock never comes to anything: see handshake.c */
	gnutls_dtls_set_timeouts(d->session, 1u << 30, 1u << 30);
	gnutls_session_set_verify_function(d->session, peer_verify);
	if (!d->client)
		gnutls_certificate_server_set_request(d->session,
						      GNUTLS_CERT_REQUIRE);
	ret = gnutls_priority_set_direct(d->session, PRIORITY, NULL);
	if (ret)
		return ret;
	return gnutls_session_ext_register(d->session, "braid",
		BD_HELLO_EXTENSION, GNUTLS_EXT_TLS, hello_recv, hello_send,
		NULL, NULL, NULL, GNUTLS_EXT_FLAG_CLIENT_HELLO |
		GNUTLS_EXT_FLAG_TLS12_SERVER_HELLO | GNUTLS_EXT_FLAG_DTLS);
}

static int credentials_init(struct bd_dtls *d)
{
	int ret = gnutls_certificate_allocate_credentials(&d->cred);

	if (ret)
		return ret;
	gnutls_certificate_set_retrieve_function2(d->cred, identity_get);
	return gnutls_credentials_set(d->session, GNUTLS_CRD_CERTIFICATE,
				      d->cred);
}

struct bd_dtls *bd_dtls_new(const struct br_identity *id,
			    const struct bd_hello *hello,
			    gnutls_dtls_prestate_st *prestate,
			    const struct bd_dtls_ops *ops, void *data)
{
	struct bd_dtls *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->id = id;
	d->ops = ops;
	d->data = data;
	d->client = hello;
	if (hello)
		d->ours = *hello;
	if (session_init(d) || credentials_init(d)) {
		bd_dtls_free(d);
		return NULL;
	}
	if (prestate)
		gnutls_dtls_prestate_set(d->session, prestate);
	if (d->client)
		run(d);
	return d;
}

void bd_dtls_free(struct bd_dtls *d)
{
	if (!d)
		return;
	if (d->session)
		gnutls_deinit(d->session);
	if (d->cred)
		gnutls_certificate_free_credentials(d->cred);
	free(d);
}

/*
 * Whole records only. Alerts in the clear are anybody's: we send none, and one
 * that comes would end the handshake.
 */
static bool wellformed(const uint8_t *frame, size_t len)
{
	size_t at = 0, body;

	while (at < len) {
		if (len - at < RECORD_HEAD)
			return false;
		body = frame[at + 11] << 8 | frame[at + 12];
		if (len - at - RECORD_HEAD < body)
			return false;
		if (frame[at] == RECORD_ALERT)
			return false;
		at += RECORD_HEAD + body;
	}
	return at;
}

bool bd_dtls_input(struct bd_dtls *d, const uint8_t *frame, size_t len)
{
	if (d->state != BD_DTLS_RUNNING || !wellformed(frame, len))
		return false;
	d->in = frame;
	d->in_len = len;
	run(d);
	d->in = NULL;
	return d->state != BD_DTLS_RUNNING || !d->fresh;
}

enum bd_dtls_state bd_dtls_state(const struct bd_dtls *d)
{
	return d->state;
}

const char *bd_dtls_reason(const struct bd_dtls *d)
{
	return d->reason ? d->reason : "nothing went wrong";
}

const struct bd_flight *bd_dtls_flight(const struct bd_dtls *d)
{
	return &d->flight;
}

const uint8_t *bd_dtls_peer(const struct bd_dtls *d)
{
	return d->peer;
}

const struct bd_hello *bd_dtls_theirs(const struct bd_dtls *d)
{
	return &d->theirs;
}

const struct bd_hello *bd_dtls_ours(const struct bd_dtls *d)
{
	return &d->ours;
}

void bd_dtls_present(struct bd_dtls *d, gnutls_certificate_credentials_t cred)
{
	gnutls_credentials_set(d->session, GNUTLS_CRD_CERTIFICATE, cred);
}

int bd_dtls_export(struct bd_dtls *d, const uint8_t *context, size_t len,
		   uint8_t keys[BD_KEYS_LEN])
{
	int ret = gnutls_prf_rfc5705(d->session, strlen(LABEL), LABEL, len,
				     (const char *)context, BD_KEYS_LEN,
				     (char *)keys);

	return ret ? -EIO : 0;
}
