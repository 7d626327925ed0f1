/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One DTLS 1.2 association of GnuTLS's, without a socket and without a clock:
 * frames go in, the flight to be sent comes out. Who sends it again, and when,
 * is handshake.c's business.
 */
#ifndef BD_DTLS_H
#define BD_DTLS_H

#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

#include "hello.h"
#include "identity.h"

/* Payload of one frame, and frames of one flight */
#define BD_FRAME_MAX	1200
#define BD_FLIGHT_MAX	4

/* What the exporter gives: a key for each direction */
#define BD_KEYS_LEN	64

enum bd_dtls_state {
	BD_DTLS_RUNNING,
	BD_DTLS_DONE,		/* both ends are who they must be */
	BD_DTLS_FAILED,
};

/**
 * struct bd_flight - what one end says before it has to listen
 * @n: frames in it
 * @len: bytes of each
 * @frame: whole DTLS records, as many as fit
 */
struct bd_flight {
	unsigned int n;
	uint16_t len[BD_FLIGHT_MAX];
	uint8_t frame[BD_FLIGHT_MAX][BD_FRAME_MAX];
};

/**
 * struct bd_dtls_ops - questions that come up on the way
 * @hello: server: the client has proposed @theirs; fills in @ours. Return: 0,
 *	or a negative errno to refuse
 * @verify: whether we talk to whom this public key belongs to. That they have
 *	the private one as well is only known when the handshake is done
 */
struct bd_dtls_ops {
	int (*hello)(void *data, const struct bd_hello *theirs,
		     struct bd_hello *ours);
	bool (*verify)(void *data, const uint8_t key[BR_PUBLIC_LEN]);
};

struct bd_dtls;

/**
 * bd_dtls_new() - begin an association
 * @id: who we are; outlives it
 * @hello: client: what we propose; NULL makes a server
 * @prestate: server: of a verified cookie, or NULL
 * @ops: see there
 * @data: for @ops
 *
 * A client's first flight is ready afterwards.
 * Return: NULL without memory
 */
struct bd_dtls *bd_dtls_new(const struct br_identity *id,
			    const struct bd_hello *hello,
			    gnutls_dtls_prestate_st *prestate,
			    const struct bd_dtls_ops *ops, void *data);
void bd_dtls_free(struct bd_dtls *d);

/*
 * Takes a frame, whoever sent it. What is malformed, or an alert that nobody
 * vouches for, is left aside.
 * Return: true when it was news: there is a new flight or another state
 */
bool bd_dtls_input(struct bd_dtls *d, const uint8_t *frame, size_t len);

enum bd_dtls_state bd_dtls_state(const struct bd_dtls *d);
/* Why it failed; static. */
const char *bd_dtls_reason(const struct bd_dtls *d);
/* The newest flight. */
const struct bd_flight *bd_dtls_flight(const struct bd_dtls *d);

/* When done: the other's proven key, and what was agreed. */
const uint8_t *bd_dtls_peer(const struct bd_dtls *d);
const struct bd_hello *bd_dtls_theirs(const struct bd_dtls *d);
const struct bd_hello *bd_dtls_ours(const struct bd_dtls *d);

/* Shows other credentials than those of @id: what a test needs. */
void bd_dtls_present(struct bd_dtls *d, gnutls_certificate_credentials_t cred);

/* When done: keys of this handshake, bound to @context. The caller wipes. */
int bd_dtls_export(struct bd_dtls *d, const uint8_t *context, size_t len,
		   uint8_t keys[BD_KEYS_LEN]);

#endif
