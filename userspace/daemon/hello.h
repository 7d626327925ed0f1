/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the two ends of a handshake propose and choose, in an extension of their
 * hellos: so it costs no round trip, and the handshake authenticates it.
 */
#ifndef BD_HELLO_H
#define BD_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the private range (RFC 8447, section 7) */
#define BD_HELLO_EXTENSION	65456
#define BD_HELLO_LEN		12
#define BD_HELLO_VERSION	2

/**
 * struct bd_hello - one end's word
 * @wants: client: what it wants of the cipher, BD_AES_*
 * @aes: server: the keys are for AES-256-GCM
 * @renew: the client has a session it would go on with; the server agrees
 * @epoch: client: the epoch it seals with; server: that of the new keys
 * @client: the client's session id, 0 without @renew
 * @server: the server's session id, 0 without @renew
 */
struct bd_hello {
	uint8_t wants;
	bool aes;
	bool renew;
	uint8_t epoch;
	uint32_t client;
	uint32_t server;
};

void bd_hello_write(const struct bd_hello *hello, uint8_t to[BD_HELLO_LEN]);
/* Return: 0, or -EINVAL for what is of another version or makes no sense */
int bd_hello_read(struct bd_hello *hello, const uint8_t *from, size_t len);

#endif
