/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One handshake, of either side: its ids, where it is sent to, and when it is
 * sent again. The client repeats its flight until it is answered; the server
 * keeps no such clock and repeats what a repetition asks for.
 */
#ifndef BD_HANDSHAKE_H
#define BD_HANDSHAKE_H

#include <sys/queue.h>

#include "dtls.h"
#include "host.h"
#include "timer.h"

/* A client's first repetition; each one waits twice as long as the last */
#define BD_RESEND_MS		500
#define BD_RESEND_MAX_MS	4000
/* After that it is over; a server that is done answers so long, too */
#define BD_HANDSHAKE_MS		15000
/* A server repeats its flight no sooner than this */
#define BD_REPEAT_MS		100

struct bd_gate;
struct bd_session;

/**
 * struct bd_handshake - a handshake
 * @by_local: in the gate's table of our ids
 * @by_remote: of a server, in the gate's table of the clients' ids
 * @pending: of a server that is not done, in the gate's list
 * @gate: who owns it
 * @dtls: the association
 * @session: client: whose it is; server: whose it proves to be, NULL before
 * @client: which side we are
 * @local: our id
 * @remote: the other's, 0 while it is unknown
 * @attempt: number of the attempt
 * @heard: the other end has answered
 * @way: where it did; over all paths while the socket is empty
 * @begun: when it began
 * @wait: time to the next repetition
 * @resend: when a client repeats
 * @ends: when it is given up, or no longer remembered
 * @repeated: when a server repeated last
 * @timer: the earlier of @resend and @ends
 */
struct bd_handshake {
	LIST_ENTRY(bd_handshake) by_local;
	LIST_ENTRY(bd_handshake) by_remote;
	TAILQ_ENTRY(bd_handshake) pending;
	struct bd_gate *gate;
	struct bd_dtls *dtls;
	struct bd_session *session;
	bool client;
	uint32_t local;
	uint32_t remote;
	uint16_t attempt;
	bool heard;
	struct bd_way way;
	uint64_t begun;
	uint64_t wait;
	uint64_t resend;
	uint64_t ends;
	uint64_t repeated;
	struct bd_timer timer;
};

/* Sends the newest flight where the other end is, or over all paths to it. */
void bd_handshake_send(struct bd_handshake *h, uint64_t now);
/* A frame came. Return: true when it was news: see bd_dtls_input() */
bool bd_handshake_input(struct bd_handshake *h, const struct bd_frame *frame,
			uint64_t now);
/* The timer is over. Return: false when so is the handshake */
bool bd_handshake_tick(struct bd_handshake *h, uint64_t now);

#endif
