/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gate of a device: every handshake frame comes in here and finds its
 * handshake, or begins one. Strangers' handshakes are bounded, and they have to
 * show that they are where they say (RFC 6347, section 4.2.1) before anything
 * is remembered of them.
 */
#ifndef BD_GATE_H
#define BD_GATE_H

#include <sys/queue.h>

#include "handshake.h"
#include "host.h"
#include "identity.h"
#include "pool.h"
#include "timer.h"

#define BD_BUCKETS	256
/* Strangers' handshakes at once; with more than the second, all need cookies */
#define BD_PENDING_MAX	1024
#define BD_PENDING_BUSY	64
/* How long a key of cookies makes new ones; it is good for as long again */
#define BD_COOKIE_MS	120000

LIST_HEAD(bd_handshakes, bd_handshake);
TAILQ_HEAD(bd_pending, bd_handshake);
TAILQ_HEAD(bd_sessions, bd_session);

/**
 * struct bd_gate_counts - what came to nothing
 * @stray: frames for a handshake that is not there
 * @cookies: hellos answered with a cookie
 * @full: hellos refused since too many handshakes were going on
 * @failed: handshakes that failed, those of strangers included
 * @refused: of them, those of a key that no peer has
 */
struct bd_gate_counts {
	uint64_t stray;
	uint64_t cookies;
	uint64_t full;
	uint64_t failed;
	uint64_t refused;
};

/**
 * struct bd_gate - the gate
 * @host: the world
 * @id: who we are
 * @wants: what this end wants of the cipher, BD_AES_*
 * @timers: of everything behind the gate
 * @sessions: one a peer
 * @pool: places of peers that are away
 * @by_local: handshakes by our id
 * @by_remote: those of servers by the client's id
 * @pending: servers that are not done, the oldest first
 * @n_pending: number of them
 * @cookie: keys of cookies, the newer one first
 * @cookie_at: when the newer one was made
 * @counts: see there
 */
struct bd_gate {
	const struct bd_host *host;
	const struct br_identity *id;
	unsigned int wants;
	struct bd_timers timers;
	struct bd_sessions sessions;
	struct bd_pool pool;
	struct bd_handshakes by_local[BD_BUCKETS];
	struct bd_handshakes by_remote[BD_BUCKETS];
	struct bd_pending pending;
	unsigned int n_pending;
	gnutls_datum_t cookie[2];
	uint64_t cookie_at;
	struct bd_gate_counts counts;
};

/* Return: 0 or -ENOMEM */
int bd_gate_init(struct bd_gate *gate, const struct bd_host *host,
		 const struct br_identity *id, unsigned int wants);
/* No session may be left. */
void bd_gate_fini(struct bd_gate *gate);

/*
 * A frame came. @known: from the address and port of one of a peer's paths, so
 * that a cookie would tell nothing new.
 */
void bd_gate_frame(struct bd_gate *gate, const struct bd_frame *frame,
		   bool known, uint64_t now);

/*
 * What is known of the peers' places in the pool, rows of br_place_type; the caller
 * frees the list. Return: 0 or -ENOMEM
 */
int bd_gate_rows(const struct bd_gate *gate, uint64_t now,
		 struct br_list *rows);

/*
 * Begins a handshake as the client. Return: NULL without memory. It is the
 * gate's; it goes with bd_gate_drop(), or by itself after telling the session.
 */
struct bd_handshake *bd_gate_begin(struct bd_gate *gate,
				   struct bd_session *session,
				   struct bd_hello *hello, uint16_t attempt,
				   uint64_t now);
void bd_gate_drop(struct bd_handshake *h);
/* All of a session's. */
void bd_gate_forget(struct bd_gate *gate, struct bd_session *session);

#endif
