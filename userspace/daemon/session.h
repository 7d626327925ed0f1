/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The session with one peer, seen from the controller: when its keys are made
 * and made anew, and what the kernel is told. The keys themselves pass through
 * here and are not kept.
 */
#ifndef BD_SESSION_H
#define BD_SESSION_H

#include <sys/queue.h>

#include "gate.h"

/* How often to ask whether an idle session with an old key is used again */
#define BD_IDLE_MS	5000
/* How long the old epoch still opens what is on its way */
#define BD_DRAIN_MS	10000
/* How long a new session may be without a usable path */
#define BD_REACH_MS		10000
/* So often in a row an epoch cannot be renewed: a new session is tried */
#define BD_RENEW_TRIES	3

/**
 * struct bd_session - a peer's session
 * @node: in the gate's list
 * @gate: behind which
 * @peer: name of the peer
 * @key: its public key
 * @rekey: how long an epoch serves, in ms
 * @up: there is a session in the kernel
 * @reachable: a path to the peer is usable
 * @client: we began the newest keys; whoever did renews them first
 * @local: session id in packets to us
 * @remote: session id in packets from us
 * @epoch: the newest; it sends, or will with the next packet that comes
 * @since: when it was made
 * @traffic: the peer's data packets then, both ways
 * @attempt: number of the newest handshake of ours
 * @failures: of them, how many failed in a row
 * @refused: and of those, how many although the other end answered
 * @failed: how many failed in all
 * @established: sessions that came to be
 * @renewals: epochs made anew within one
 * @slot: it waited for its turn among all that are away
 * @place: its place in the pool while it is away
 * @h: a handshake of ours that is going on
 * @timer: begins the next one
 * @drain: retires the old epoch
 */
struct bd_session {
	TAILQ_ENTRY(bd_session) node;
	struct bd_gate *gate;
	char peer[BR_NAME];
	uint8_t key[BR_PUBLIC_LEN];
	uint64_t rekey;
	bool up;
	bool reachable;
	bool client;
	uint32_t local;
	uint32_t remote;
	uint8_t epoch;
	uint64_t since;
	uint64_t traffic;
	uint16_t attempt;
	unsigned int failures;
	unsigned int refused;
	uint64_t failed;
	uint64_t established;
	uint64_t renewals;
	bool slot;
	struct bd_place place;
	struct bd_handshake *h;
	struct bd_timer timer;
	struct bd_timer drain;
};

/**
 * struct bd_past - what a daemon before us knew of a session
 * @local: its id; another one in the kernel is another session
 * @epoch: likewise
 * @client: see struct bd_session
 * @age: how long the epoch serves already, in ms
 * @pattern: how the peer came and went
 */
struct bd_past {
	uint32_t local;
	uint8_t epoch;
	bool client;
	uint64_t age;
	struct bd_pattern pattern;
};

/*
 * Begins to care for a peer. A session that the kernel has is taken over: it is
 * as old as @past says, or new without one (NULL).
 * Return: NULL with @err filled in
 */
struct bd_session *bd_session_new(struct bd_gate *gate, const char *peer,
				  const uint8_t key[BR_PUBLIC_LEN],
				  uint64_t rekey, const struct bd_past *past,
				  uint64_t now, struct br_error *err);
/* Stops caring; the kernel keeps its keys, or forgets them. */
void bd_session_free(struct bd_session *s);
void bd_session_forget(struct bd_session *s);

struct bd_session *bd_session_find(struct bd_gate *gate, const char *peer);
struct bd_session *bd_session_find_local(struct bd_gate *gate, uint32_t id);

/* Whether any path to the peer is usable: who lost the last one asks anew. */
void bd_session_reached(struct bd_session *s, bool reachable, uint64_t now);
/* A path to the peer is new, or leads elsewhere: whoever waits asks at once. */
void bd_session_led(struct bd_session *s, uint64_t now);
/* The kernel says that the newest keys end soon: they are renewed at once. */
void bd_session_spent(struct bd_session *s, uint64_t now);

/* Called by the gate, about handshakes. */
int bd_session_hello(struct bd_handshake *h, const struct bd_hello *theirs,
		     struct bd_hello *ours);
bool bd_session_verify(struct bd_handshake *h,
		       const uint8_t key[BR_PUBLIC_LEN]);
void bd_session_done(struct bd_handshake *h, uint64_t now);
/* @heard: the other end said something */
void bd_session_failed(struct bd_session *s, bool heard, const char *why,
		       uint64_t now);

#endif
