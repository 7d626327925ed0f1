// SPDX-License-Identifier: GPL-2.0
#include "gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "session.h"
#include "text.h"

/* Of a DTLS record that begins with a ClientHello (RFC 6347, 4.1 and 4.2.2) */
#define RECORD_HEAD		13
#define RECORD_HANDSHAKE	22
#define CLIENT_HELLO		1
/* Ours are longer, and so nothing that answers is longer than three of it */
#define HELLO_MIN		140

static struct bd_handshakes *bucket(struct bd_handshakes *table, uint32_t id)
{
	return &table[(id ^ id >> 8 ^ id >> 16 ^ id >> 24) % BD_BUCKETS];
}

static struct bd_handshake *find_local(struct bd_gate *gate, uint32_t id)
{
	struct bd_handshake *h;

	LIST_FOREACH(h, bucket(gate->by_local, id), by_local)
		if (h->local == id)
			return h;
	return NULL;
}

static struct bd_handshake *find_remote(struct bd_gate *gate, uint32_t id)
{
	struct bd_handshake *h;

	LIST_FOREACH(h, bucket(gate->by_remote, id), by_remote)
		if (h->remote == id)
			return h;
	return NULL;
}

int bd_gate_init(struct bd_gate *gate, const struct bd_host *host,
		 const struct br_identity *id, unsigned int wants)
{
	*gate = (struct bd_gate){ .host = host, .id = id, .wants = wants };
	TAILQ_INIT(&gate->sessions);
	TAILQ_INIT(&gate->pending);
	bd_pool_init(&gate->pool, &gate->timers, host);
	if (gnutls_key_generate(&gate->cookie[0], GNUTLS_COOKIE_KEY_SIZE))
		return -ENOMEM;
	return 0;
}

void bd_gate_fini(struct bd_gate *gate)
{
	struct bd_handshake *h, *next;
	unsigned int i;

	for (i = 0; i < BD_BUCKETS; i++)
		for (h = LIST_FIRST(&gate->by_local[i]); h; h = next) {
			next = LIST_NEXT(h, by_local);
			bd_gate_drop(h);
		}
	for (i = 0; i < 2; i++) {
		if (gate->cookie[i].data)
			gnutls_memset(gate->cookie[i].data, 0,
				      gate->cookie[i].size);
		gnutls_free(gate->cookie[i].data);
	}
}

/* A server is off the list of strangers once it knows its session. */
static void settle(struct bd_handshake *h)
{
	if (!h->pending.tqe_prev)
		return;
	TAILQ_REMOVE(&h->gate->pending, h, pending);
	h->pending.tqe_prev = NULL;
	h->gate->n_pending--;
}

void bd_gate_drop(struct bd_handshake *h)
{
	settle(h);
	LIST_REMOVE(h, by_local);
	if (!h->client)
		LIST_REMOVE(h, by_remote);
	bd_timer_stop(&h->gate->timers, &h->timer);
	bd_dtls_free(h->dtls);
	free(h);
}

void bd_gate_forget(struct bd_gate *gate, struct bd_session *session)
{
	struct bd_handshake *h, *next;
	unsigned int i;

	for (i = 0; i < BD_BUCKETS; i++)
		for (h = LIST_FIRST(&gate->by_local[i]); h; h = next) {
			next = LIST_NEXT(h, by_local);
			if (h->session == session)
				bd_gate_drop(h);
		}
}

/* It failed, or its time is over without an end. */
static void fail(struct bd_handshake *h, const char *why, uint64_t now)
{
	struct bd_session *session = h->client ? h->session : NULL;
	bool heard = h->heard;

	h->gate->counts.failed++;
	if (!session)
		bd_log(BD_DEBUG, h->session ? h->session->peer : NULL,
		       "a handshake that came failed: %s", why);
	bd_gate_drop(h);
	if (session)
		bd_session_failed(session, heard, why, now);
}

static void tick(struct bd_timer *timer, uint64_t now)
{
	struct bd_handshake *h = container_of(timer, struct bd_handshake, timer);

	if (bd_handshake_tick(h, now))
		return;
	if (bd_dtls_state(h->dtls) == BD_DTLS_DONE)
		bd_gate_drop(h);
	else
		fail(h, h->heard ? "it was not completed in time" :
				   "no answer", now);
}

/* Ids become those of sessions, so that none may be there twice. */
static uint32_t fresh_id(struct bd_gate *gate)
{
	const struct bd_host *host = gate->host;
	uint32_t id;

	do {
		host->random(host->data, &id, sizeof(id));
	} while (!id || find_local(gate, id) ||
		 bd_session_find_local(gate, id));
	return id;
}

static struct bd_handshake *add(struct bd_gate *gate, uint16_t attempt,
				uint64_t now)
{
	struct bd_handshake *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->gate = gate;
	h->local = fresh_id(gate);
	h->attempt = attempt;
	h->begun = now;
	h->wait = BD_RESEND_MS;
	h->resend = BD_NEVER;
	h->ends = now + BD_HANDSHAKE_MS;
	bd_timer_init(&h->timer, tick);
	LIST_INSERT_HEAD(bucket(gate->by_local, h->local), h, by_local);
	return h;
}

static int server_hello(void *data, const struct bd_hello *theirs,
			struct bd_hello *ours)
{
	return bd_session_hello(data, theirs, ours);
}

static bool server_verify(void *data, const uint8_t key[BR_PUBLIC_LEN])
{
	struct bd_handshake *h = data;

	if (bd_session_verify(h, key))
		return true;
	h->gate->counts.refused += !h->session;
	return false;
}

static bool client_verify(void *data, const uint8_t key[BR_PUBLIC_LEN])
{
	struct bd_handshake *h = data;

	return !memcmp(key, h->session->key, BR_PUBLIC_LEN);
}

static const struct bd_dtls_ops server_ops = {
	.hello = server_hello,
	.verify = server_verify,
};

static const struct bd_dtls_ops client_ops = {
	.verify = client_verify,
};

struct bd_handshake *bd_gate_begin(struct bd_gate *gate,
				   struct bd_session *session,
				   struct bd_hello *hello, uint16_t attempt,
				   uint64_t now)
{
	struct bd_handshake *h = add(gate, attempt, now);

	if (!h)
		return NULL;
	h->client = true;
	h->session = session;
	snprintf(h->way.peer, sizeof(h->way.peer), "%s", session->peer);
	if (!hello->renew)
		hello->client = h->local;
	h->dtls = bd_dtls_new(gate->id, hello, NULL, &client_ops, h);
	if (!h->dtls) {
		bd_gate_drop(h);
		return NULL;
	}
	bd_handshake_send(h, now);
	return h;
}

/* The oldest stranger makes room: he has had his time. */
static bool make_room(struct bd_gate *gate, uint64_t now)
{
	struct bd_handshake *oldest = TAILQ_FIRST(&gate->pending);

	if (gate->n_pending < BD_PENDING_MAX)
		return true;
	gate->counts.full++;
	if (oldest->ends > now + BD_HANDSHAKE_MS / 2)
		return false;
	bd_gate_drop(oldest);
	return true;
}

static struct bd_handshake *accept_hello(struct bd_gate *gate,
					 const struct bd_frame *frame,
					 gnutls_dtls_prestate_st *prestate,
					 uint64_t now)
{
	struct bd_handshake *h;

	if (!make_room(gate, now))
		return NULL;
	h = add(gate, frame->attempt, now);
	if (!h)
		return NULL;
	h->remote = frame->sender;
	LIST_INSERT_HEAD(bucket(gate->by_remote, h->remote), h, by_remote);
	TAILQ_INSERT_TAIL(&gate->pending, h, pending);
	gate->n_pending++;
	h->dtls = bd_dtls_new(gate->id, NULL, prestate, &server_ops, h);
	if (h->dtls)
		return h;
	bd_gate_drop(h);
	return NULL;
}

/* What a cookie stands for: the address, and the client's id. */
static size_t cookie_data(const struct bd_frame *frame, uint8_t *to)
{
	const struct br_endpoint *from = &frame->way.remote;
	size_t len = br_addr_len(&from->addr);

	memcpy(to, &from->addr.v6, len);
	memcpy(to + len, &from->port, sizeof(from->port));
	len += sizeof(from->port);
	memcpy(to + len, &frame->sender, sizeof(frame->sender));
	return len + sizeof(frame->sender);
}

static void cookie_turn(struct bd_gate *gate, uint64_t now)
{
	gnutls_datum_t fresh;

	if (now < gate->cookie_at + BD_COOKIE_MS ||
	    gnutls_key_generate(&fresh, GNUTLS_COOKIE_KEY_SIZE))
		return;
	gnutls_free(gate->cookie[1].data);
	gate->cookie[1] = gate->cookie[0];
	gate->cookie[0] = fresh;
	gate->cookie_at = now;
}

/* What a cookie answers, and who sends it. */
struct cookie_to {
	const struct bd_host *host;
	const struct bd_frame *hello;
};

/* Nothing is remembered of whoever gets this, so it carries no id of ours. */
static ssize_t cookie_push(gnutls_transport_ptr_t ptr, const void *record,
			   size_t len)
{
	const struct cookie_to *to = ptr;
	struct bd_frame frame = {
		.way = to->hello->way,
		.receiver = to->hello->sender,
		.attempt = to->hello->attempt,
		.payload = record,
		.len = len,
	};

	to->host->frame(to->host->data, &frame);
	return len;
}

/* Return: true when the hello carries a cookie that is ours and his */
static bool cookie_check(struct bd_gate *gate, const struct bd_frame *frame,
			 gnutls_dtls_prestate_st *prestate, uint64_t now)
{
	struct cookie_to to = { gate->host, frame };
	uint8_t who[sizeof(struct in6_addr) + sizeof(uint16_t) +
		    sizeof(uint32_t)];
	size_t len = cookie_data(frame, who);
	unsigned int i;

	cookie_turn(gate, now);
	for (i = 0; i < 2; i++) {
		memset(prestate, 0, sizeof(*prestate));
		if (gate->cookie[i].data &&
		    !gnutls_dtls_cookie_verify(&gate->cookie[i], who, len,
					       (void *)frame->payload,
					       frame->len, prestate))
			return true;
	}
	gate->counts.cookies++;
	gnutls_dtls_cookie_send(&gate->cookie[0], who, len, prestate,
				&to, cookie_push);
	return false;
}

/* Only a hello begins something; one is longer than what answers it. */
static bool hello_shaped(const struct bd_frame *frame)
{
	return frame->sender && frame->len >= HELLO_MIN &&
	       frame->payload[0] == RECORD_HANDSHAKE &&
	       frame->payload[RECORD_HEAD] == CLIENT_HELLO;
}

/* The first frame of a handshake, or what may be one. */
static struct bd_handshake *stranger(struct bd_gate *gate,
				     const struct bd_frame *frame, bool known,
				     uint64_t now)
{
	struct bd_handshake *h = find_remote(gate, frame->sender);
	gnutls_dtls_prestate_st prestate;

	if (h || !hello_shaped(frame))
		return h;
	if (known && gate->n_pending < BD_PENDING_BUSY)
		return accept_hello(gate, frame, NULL, now);
	if (!cookie_check(gate, frame, &prestate, now))
		return NULL;
	return accept_hello(gate, frame, &prestate, now);
}

static void advance(struct bd_handshake *h, uint64_t now)
{
	switch (bd_dtls_state(h->dtls)) {
	case BD_DTLS_FAILED:
		fail(h, bd_dtls_reason(h->dtls), now);
		break;
	case BD_DTLS_RUNNING:
		bd_handshake_send(h, now);
		break;
	case BD_DTLS_DONE:
		settle(h);
		/* frees a client's, and a server's that came too late */
		bd_session_done(h, now);
		break;
	}
}

void bd_gate_frame(struct bd_gate *gate, const struct bd_frame *frame,
		   bool known, uint64_t now)
{
	struct bd_handshake *h;

	/* who begins says who he is; who answers with a cookie does not */
	if (frame->receiver)
		h = find_local(gate, frame->receiver);
	else
		h = stranger(gate, frame, known, now);
	if (!h) {
		gate->counts.stray += !!frame->receiver;
		return;
	}
	if (bd_handshake_input(h, frame, now))
		advance(h, now);
}

int bd_gate_rows(const struct bd_gate *gate, uint64_t now, struct br_list *rows)
{
	const struct bd_session *s;
	struct br_place *row;

	TAILQ_FOREACH(s, &gate->sessions, node) {
		row = br_list_add(rows);
		if (!row)
			return -ENOMEM;
		bd_place_row(&s->place, now, row);
	}
	return 0;
}
