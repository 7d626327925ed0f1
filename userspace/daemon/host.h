/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What sessions ask of the world: the kernel's keys and frames, randomness. The
 * daemon gives them the real one; tests give them one of their own. Times come
 * in as arguments, in milliseconds of a clock that nobody sets.
 */
#ifndef BD_HOST_H
#define BD_HOST_H

#include "failure.h"
#include "model.h"

/* Epochs that the kernel holds for a peer */
#define BD_EPOCHS	2

/**
 * struct bd_way - how a frame goes, or came
 * @socket: name of our socket; empty: over all paths of @peer
 * @local: our address, as it was in a frame that came
 * @remote: the other end's address and port
 * @peer: of a frame that goes over all paths: to whom
 */
struct bd_way {
	char socket[BR_NAME];
	struct br_addr local;
	struct br_endpoint remote;
	char peer[BR_NAME];
};

/**
 * struct bd_frame - one message of a handshake on the wire
 * @way: how it goes or came
 * @receiver: handshake id that its receiver chose, 0 when not known yet
 * @sender: the one that its sender chose, 0 while nothing is remembered of it
 * @attempt: number of the attempt
 * @payload: DTLS records
 * @len: bytes of them
 */
struct bd_frame {
	struct bd_way way;
	uint32_t receiver;
	uint32_t sender;
	uint16_t attempt;
	const uint8_t *payload;
	size_t len;
};

/**
 * struct bd_keys - what the kernel says of a peer's session
 * @n: epochs it holds, 0 for no session
 * @local: session id in packets to us
 * @remote: session id in packets from us
 * @epoch: their numbers
 * @sending: the index of the one that seals
 */
struct bd_keys {
	unsigned int n;
	uint32_t local;
	uint32_t remote;
	uint8_t epoch[BD_EPOCHS];
	unsigned int sending;
};

/**
 * struct bd_host - the world
 * @random: unpredictable bytes
 * @frame: sends a frame; what is lost on the way is sent again later
 * @keys: the kernel's word on a peer's session; negative errno with a sentence
 * @key: carries out BRAID_CMD_KEY_NEW, _SWAP or _DEL; likewise
 * @probe: probes all paths of a peer: something goes out under the new key
 * @paths: number of paths there are to a peer
 * @traffic: data packets of a peer so far, both ways
 * @whence: where a peer is: the remote address of a usable path, AF_UNSPEC without
 * @changed: a session got keys: it is worth saving
 * @data: for all of them
 */
struct bd_host {
	void (*random)(void *data, void *to, size_t len);
	void (*frame)(void *data, const struct bd_frame *frame);
	int (*keys)(void *data, const char *peer, struct bd_keys *keys,
		    struct br_error *err);
	int (*key)(void *data, int cmd, struct br_key *key,
		   struct br_error *err);
	void (*probe)(void *data, const char *peer);
	unsigned int (*paths)(void *data, const char *peer);
	uint64_t (*traffic)(void *data, const char *peer);
	void (*whence)(void *data, const char *peer, struct br_addr *from);
	void (*changed)(void *data);
	void *data;
};

#endif
