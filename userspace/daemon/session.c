// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* mempcpy */
#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cipher.h"
#include "log.h"
#include "text.h"

/* What the exporter binds the keys to: both ids, both identities, the choice */
#define CONTEXT_LEN	(2 * sizeof(uint32_t) + 2 * BR_PUBLIC_LEN + BD_HELLO_LEN)

static const struct bd_host *host_of(const struct bd_session *s)
{
	return s->gate->host;
}

static uint64_t random_below(const struct bd_session *s, uint64_t n)
{
	uint64_t r;

	host_of(s)->random(host_of(s)->data, &r, sizeof(r));
	return n ? r % n : 0;
}

struct bd_session *bd_session_find(struct bd_gate *gate, const char *peer)
{
	struct bd_session *s;

	TAILQ_FOREACH(s, &gate->sessions, node)
		if (!strcmp(s->peer, peer))
			return s;
	return NULL;
}

struct bd_session *bd_session_find_local(struct bd_gate *gate, uint32_t id)
{
	struct bd_session *s;

	TAILQ_FOREACH(s, &gate->sessions, node)
		if (s->up && s->local == id)
			return s;
	return NULL;
}

static struct bd_session *find_key(struct bd_gate *gate, const uint8_t *key)
{
	struct bd_session *s;

	TAILQ_FOREACH(s, &gate->sessions, node)
		if (!memcmp(s->key, key, BR_PUBLIC_LEN))
			return s;
	return NULL;
}

static void set_timer(struct bd_session *s, uint64_t at)
{
	bd_timer_set(&s->gate->timers, &s->timer, at);
}

/*
 * Up to a tenth sooner, so that many sessions do not renew at once; the server
 * waits half as long again, for a client that fails to.
 */
static uint64_t due(const struct bd_session *s)
{
	uint64_t wait = s->client ? s->rekey : s->rekey + s->rekey / 2;

	return s->since + wait - random_below(s, s->rekey / 10);
}

static void begin(struct bd_session *s, uint64_t now)
{
	struct bd_hello hello = {
		.wants = s->gate->wants,
		.renew = s->up && s->refused < BD_RENEW_TRIES,
	};

	if (hello.renew) {
		hello.epoch = s->epoch;
		hello.client = s->local;
		hello.server = s->remote;
	}
	bd_timer_stop(&s->gate->timers, &s->timer);
	s->attempt++;
	bd_log(BD_DEBUG, s->peer, "handshake %u begins%s", s->attempt,
	       hello.renew ? ", for the next epoch" : "");
	s->h = bd_gate_begin(s->gate, s, &hello, s->attempt, now);
	if (!s->h)
		bd_session_failed(s, false, "out of memory", now);
}

/* An idle session keeps its old key until something uses it again. */
static bool idle(const struct bd_session *s)
{
	const struct bd_host *host = host_of(s);

	return s->up && s->reachable && !s->failures &&
	       host->traffic(host->data, s->peer) == s->traffic;
}

/* With whoever is here at once, else in turn with all that are away. */
static bool turn(struct bd_session *s, uint64_t now)
{
	bool first = s->place.state != BD_PLACE_HERE && !s->slot;
	uint64_t at = first ? bd_pool_slot(&s->gate->pool, now) : now;

	s->slot = at > now;
	if (s->slot)
		set_timer(s, at);
	return !s->slot;
}

static void timer_over(struct bd_timer *timer, uint64_t now)
{
	struct bd_session *s = container_of(timer, struct bd_session, timer);
	const struct bd_host *host = host_of(s);

	/* without a way to it, it has to begin */
	if (!host->paths(host->data, s->peer))
		set_timer(s, now + BD_RETRY_MAX_MS);
	else if (idle(s))
		set_timer(s, now + BD_IDLE_MS);
	else if (turn(s, now))
		begin(s, now);
}

void bd_session_failed(struct bd_session *s, bool heard, const char *why,
		       uint64_t now)
{
	uint64_t wait = bd_place_pace(&s->place, s->failures, now);

	s->h = NULL;
	s->failures++;
	s->refused += heard;
	s->failed++;
	/* more often is no news */
	bd_log(s->failures <= 3 ? BD_NOTICE : BD_DEBUG, s->peer,
	       "handshake %u failed: %s", s->attempt, why);
	set_timer(s, now + wait);
}

static int key_verb(const struct bd_session *s, int cmd, int epoch,
		    struct br_error *err)
{
	struct br_key key = { .epoch = epoch };

	br_fill(key.peer, s->peer);
	br_set_has(&br_key_type, &key, "peer");
	if (epoch >= 0)
		br_set_has(&br_key_type, &key, "epoch");
	return host_of(s)->key(host_of(s)->data, cmd, &key, err);
}

/* The peer was away for too long, or others are expected sooner. */
static void let_go(struct bd_place *place, uint64_t now)
{
	struct bd_session *s = container_of(place, struct bd_session, place);
	struct br_error err;

	if (!s->up)
		return;
	bd_log(BD_INFO, s->peer, "session %08x ends: %s", s->local, place->why);
	if (key_verb(s, BRAID_CMD_KEY_DEL, -1, &err))
		bd_log(BD_WARN, s->peer, "%s", err.text);
	s->up = false;
	bd_timer_stop(&s->gate->timers, &s->drain);
	if (s->h)
		bd_gate_drop(s->h);
	s->h = NULL;
	set_timer(s, now + bd_place_pace(place, s->failures, now));
	host_of(s)->changed(host_of(s)->data);
}

static int keys_read(const struct bd_session *s, struct bd_keys *keys,
		     struct br_error *err)
{
	return host_of(s)->keys(host_of(s)->data, s->peer, keys, err);
}

/* The index of an epoch that the kernel holds, or -1 */
static int epoch_index(const struct bd_keys *keys, uint8_t epoch)
{
	unsigned int i;

	for (i = 0; i < keys->n; i++)
		if (keys->epoch[i] == epoch)
			return i;
	return -1;
}

/*
 * The old epoch goes when the new one sends. The other end's first packet under
 * it makes it send; there is no hurry.
 */
static void drain_over(struct bd_timer *timer, uint64_t now)
{
	struct bd_session *s = container_of(timer, struct bd_session, drain);
	struct bd_keys keys;
	struct br_error err;
	unsigned int i;

	if (keys_read(s, &keys, &err)) {
		bd_log(BD_WARN, s->peer, "%s", err.text);
		return;
	}
	if (keys.n && keys.epoch[keys.sending] != s->epoch) {
		bd_timer_set(&s->gate->timers, &s->drain, now + BD_DRAIN_MS);
		return;
	}
	for (i = 0; i < keys.n; i++)
		if (i != keys.sending &&
		    key_verb(s, BRAID_CMD_KEY_DEL, keys.epoch[i], &err))
			bd_log(BD_WARN, s->peer, "retiring epoch %u: %s",
			       keys.epoch[i], err.text);
}

/* The epochs of a peer follow each other. */
static unsigned int newest(const struct bd_keys *keys)
{
	return keys->n > 1 &&
	       keys->epoch[1] == (uint8_t)(keys->epoch[0] + 1);
}

/* A session that is in the kernel already, by whomever it was made. */
static void take_over(struct bd_session *s, const struct bd_keys *keys,
		      const struct bd_past *past, uint64_t now)
{
	uint64_t age = 0;

	s->up = true;
	s->local = keys->local;
	s->remote = keys->remote;
	s->epoch = keys->epoch[newest(keys)];
	if (past && past->local == s->local && past->epoch == s->epoch) {
		s->client = past->client;
		age = past->age;
	}
	s->since = now > age ? now - age : 0;
	if (keys->n > 1)
		bd_timer_set(&s->gate->timers, &s->drain, now + BD_DRAIN_MS);
	bd_log(BD_INFO, s->peer, "session %08x taken over, epoch %u",
	       s->local, s->epoch);
}

struct bd_session *bd_session_new(struct bd_gate *gate, const char *peer,
				  const uint8_t key[BR_PUBLIC_LEN],
				  uint64_t rekey, const struct bd_past *past,
				  uint64_t now, struct br_error *err)
{
	struct bd_session *s = calloc(1, sizeof(*s));
	struct bd_keys keys;

	if (!s) {
		br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
		return NULL;
	}
	s->gate = gate;
	br_fill(s->peer, peer);
	memcpy(s->key, key, BR_PUBLIC_LEN);
	s->rekey = rekey;
	s->reachable = true;
	bd_timer_init(&s->timer, timer_over);
	bd_timer_init(&s->drain, drain_over);
	if (keys_read(s, &keys, err)) {
		free(s);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&gate->sessions, s, node);
	if (keys.n)
		take_over(s, &keys, past, now);
	bd_place_init(&s->place, &gate->pool, s->peer, let_go, now);
	if (past)
		s->place.pattern = past->pattern;
	else
		bd_pattern_init(&s->place.pattern, s->up, now);
	if (!s->place.pattern.here) {
		s->reachable = false;
		bd_place_gone(&s->place, s->up ? s->local : 0, now);
	}
	s->traffic = host_of(s)->traffic(host_of(s)->data, s->peer);
	set_timer(s, s->up ? due(s) : now);
	return s;
}

void bd_session_free(struct bd_session *s)
{
	bd_gate_forget(s->gate, s);
	bd_place_fini(&s->place);
	bd_timer_stop(&s->gate->timers, &s->timer);
	bd_timer_stop(&s->gate->timers, &s->drain);
	TAILQ_REMOVE(&s->gate->sessions, s, node);
	free(s);
}

void bd_session_forget(struct bd_session *s)
{
	struct br_error err;

	/* the peer may be gone with them already */
	if (s->up)
		key_verb(s, BRAID_CMD_KEY_DEL, -1, &err);
	bd_session_free(s);
}

void bd_session_reached(struct bd_session *s, bool reachable, uint64_t now)
{
	struct br_addr from = { .family = AF_UNSPEC };

	if (s->reachable == reachable)
		return;
	s->reachable = reachable;
	if (reachable) {
		host_of(s)->whence(host_of(s)->data, s->peer, &from);
		bd_place_back(&s->place, s->local, &from, now);
	} else {
		bd_place_gone(&s->place, s->up ? s->local : 0, now);
	}
	host_of(s)->changed(host_of(s)->data);
	if (s->h || !s->up)
		return;
	if (reachable)
		s->failures = s->refused = 0;
	/* it may have lost its keys; so may have many others at this moment */
	set_timer(s, reachable ? due(s) :
		  now + random_below(s, BD_RETRY_MS / 4));
}

void bd_session_led(struct bd_session *s, uint64_t now)
{
	if (s->h || (s->up && s->reachable))
		return;
	/* the peer may still have the session: then the path comes up by itself */
	set_timer(s, s->up ? now + BD_RETRY_MS : now);
}

void bd_session_spent(struct bd_session *s, uint64_t now)
{
	if (s->up && !s->h)
		begin(s, now);
}

/*
 * The next epoch follows the one that the client seals with: it has proven, or
 * will, that it has that one. Return: -EBUSY when it does not know yet that we
 * are ahead
 */
static int renew(const struct bd_session *s, const struct bd_hello *theirs,
		 struct bd_hello *ours)
{
	struct bd_keys keys;
	struct br_error err;

	if (keys_read(s, &keys, &err) || !keys.n)
		return -ENOENT;
	if (epoch_index(&keys, theirs->epoch) < 0)
		return -ENOENT;
	if (keys.epoch[keys.sending] == (uint8_t)(theirs->epoch + 1))
		return -EBUSY;
	ours->renew = true;
	ours->epoch = theirs->epoch + 1;
	ours->client = theirs->client;
	ours->server = theirs->server;
	return 0;
}

int bd_session_hello(struct bd_handshake *h, const struct bd_hello *theirs,
		     struct bd_hello *ours)
{
	struct bd_session *s = NULL;
	int ret;

	*ours = (struct bd_hello){ 0 };
	ret = bd_cipher_choose(theirs->wants, h->gate->wants, &ours->aes);
	if (ret) {
		bd_log(BD_NOTICE, NULL, "a handshake is refused: one end takes AES-256-GCM only, the other cannot");
		return ret;
	}
	ret = -ENOENT;
	if (theirs->renew)
		s = bd_session_find_local(h->gate, theirs->server);
	if (s && s->remote == theirs->client)
		ret = renew(s, theirs, ours);
	if (ret == -EBUSY)
		return ret;
	if (ret) {
		ours->client = h->remote;
		ours->server = h->local;
		return 0;
	}
	/* whether it is this peer who asks shows when its key comes */
	h->session = s;
	return 0;
}

bool bd_session_verify(struct bd_handshake *h, const uint8_t key[BR_PUBLIC_LEN])
{
	struct bd_session *s = find_key(h->gate, key);

	if (!s || (h->session && h->session != s)) {
		h->session = NULL;
		return false;
	}
	h->session = s;
	/* both have begun: the lower key stays the client, once it is heard */
	return !(s->h && s->h->heard &&
		 memcmp(h->gate->id->public, key, BR_PUBLIC_LEN) < 0);
}

/* Keys of the handshake in the order of our two directions. */
static int keys_make(struct bd_handshake *h, struct br_key *key)
{
	const struct bd_hello *choice = h->client ? bd_dtls_theirs(h->dtls) :
						    bd_dtls_ours(h->dtls);
	const uint8_t *us = h->gate->id->public, *them = bd_dtls_peer(h->dtls);
	uint32_t ids[2] = { htonl(choice->client), htonl(choice->server) };
	uint8_t context[CONTEXT_LEN], keys[BD_KEYS_LEN], *at = context;
	int ret;

	at = mempcpy(at, ids, sizeof(ids));
	at = mempcpy(at, h->client ? us : them, BR_PUBLIC_LEN);
	at = mempcpy(at, h->client ? them : us, BR_PUBLIC_LEN);
	bd_hello_write(choice, at);
	ret = bd_dtls_export(h->dtls, context, sizeof(context), keys);
	memcpy(key->tx_key, keys + (h->client ? 0 : BRAID_KEY_LEN),
	       BRAID_KEY_LEN);
	memcpy(key->rx_key, keys + (h->client ? BRAID_KEY_LEN : 0),
	       BRAID_KEY_LEN);
	explicit_bzero(keys, sizeof(keys));
	key->session_local = h->client ? choice->client : choice->server;
	key->session_remote = h->client ? choice->server : choice->client;
	key->epoch = choice->epoch;
	key->cipher = choice->aes ? BRAID_CIPHER_AES256_GCM :
				    BRAID_CIPHER_CHACHA20_POLY1305;
	return ret;
}

/* Only the epoch before the new one stays, and it sends. */
static int make_room(const struct bd_session *s, uint8_t epoch,
		     struct br_error *err)
{
	uint8_t base = epoch - 1;
	struct bd_keys keys;
	unsigned int i;
	int ret, at;

	ret = keys_read(s, &keys, err);
	if (ret)
		return ret;
	at = epoch_index(&keys, base);
	if (at < 0)
		return br_fail(err, BR_KERNEL, ESTALE,
			       "the kernel does not have epoch %u", base);
	if ((unsigned int)at != keys.sending)
		ret = key_verb(s, BRAID_CMD_KEY_SWAP, base, err);
	for (i = 0; !ret && i < keys.n; i++)
		if (keys.epoch[i] != base)
			ret = key_verb(s, BRAID_CMD_KEY_DEL, keys.epoch[i],
				       err);
	return ret;
}

static int install(struct bd_session *s, struct br_key *key, bool renewed,
		   struct br_error *err)
{
	static const char *const fields[] = {
		"peer", "cipher", "epoch", "tx-key", "rx-key",
		"session-local", "session-remote",
	};
	struct bd_keys keys;
	unsigned int i;
	int ret;

	br_fill(key->peer, s->peer);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		br_set_has(&br_key_type, key, fields[i]);
	if (renewed) {
		ret = make_room(s, key->epoch, err);
	} else {
		ret = keys_read(s, &keys, err);
		if (!ret && keys.n)
			ret = key_verb(s, BRAID_CMD_KEY_DEL, -1, err);
	}
	if (!ret)
		ret = host_of(s)->key(host_of(s)->data, BRAID_CMD_KEY_NEW, key,
				      err);
	return ret;
}

/* Keys are in the kernel: what we know of the session is new. */
static void settle(struct bd_session *s, const struct br_key *key, bool renewed,
		   bool client, uint64_t now)
{
	const struct bd_host *host = host_of(s);

	s->up = true;
	s->client = client;
	s->local = key->session_local;
	s->remote = key->session_remote;
	s->epoch = key->epoch;
	s->since = now;
	s->failures = 0;
	s->refused = 0;
	s->traffic = host->traffic(host->data, s->peer);
	if (renewed) {
		s->renewals++;
		bd_timer_set(&s->gate->timers, &s->drain, now + BD_DRAIN_MS);
	} else {
		s->established++;
		bd_timer_stop(&s->gate->timers, &s->drain);
		s->reachable = false;
	}
	set_timer(s, s->reachable ? due(s) : now + BD_REACH_MS);
	bd_log(renewed ? BD_DEBUG : BD_INFO, s->peer,
	       "session %08x, epoch %u, %s, %s", s->local, s->epoch,
	       key->cipher == BRAID_CIPHER_AES256_GCM ? "AES" : "ChaCha20",
	       client ? "begun here" : "begun there");
	host->changed(host->data);
}

/* A server may choose either, but not what we cannot do, or do not want. */
static bool cipher_fits(unsigned int wants, bool aes)
{
	return aes ? wants & BD_AES_ABLE : !(wants & BD_AES_ONLY);
}

/* What the server chose must be an answer to what we proposed. */
static bool choice_fits(const struct bd_handshake *h)
{
	const struct bd_hello *asked = bd_dtls_ours(h->dtls);
	const struct bd_hello *got = bd_dtls_theirs(h->dtls);

	if (!h->client)
		return true;
	if (!got->server || !cipher_fits(asked->wants, got->aes))
		return false;
	if (!got->renew)
		return got->client == h->local;
	return asked->renew && got->client == asked->client &&
	       got->server == asked->server &&
	       got->epoch == (uint8_t)(asked->epoch + 1);
}

static bool renewed(const struct bd_handshake *h)
{
	return h->client ? bd_dtls_theirs(h->dtls)->renew :
			   bd_dtls_ours(h->dtls)->renew;
}

/*
 * The server has installed the keys before its last flight goes out; so the
 * client may seal with them as soon as it has read that.
 */
static void server_done(struct bd_handshake *h, uint64_t now)
{
	struct bd_session *s = h->session;

	if (s->h)
		bd_gate_drop(s->h);
	s->h = NULL;
	h->ends = now + BD_HANDSHAKE_MS;
	bd_handshake_send(h, now);
}

static void client_done(struct bd_handshake *h, const struct br_key *key)
{
	struct bd_session *s = h->session;
	const struct bd_host *host = host_of(s);
	bool swap = renewed(h);
	struct br_error err;

	bd_gate_drop(h);
	s->h = NULL;
	if (!swap)
		return;
	if (key_verb(s, BRAID_CMD_KEY_SWAP, key->epoch, &err))
		bd_log(BD_WARN, s->peer, "epoch %u: %s", key->epoch, err.text);
	/* the other end sends under it with the first packet that it gets */
	host->probe(host->data, s->peer);
}

static void refuse(struct bd_handshake *h, const char *why, uint64_t now)
{
	struct bd_session *s = h->session;
	bool client = h->client;

	bd_gate_drop(h);
	if (client)
		bd_session_failed(s, true, why, now);
	else
		bd_log(BD_NOTICE, s->peer, "its handshake came to nothing: %s",
		       why);
}

/*
 * Both had begun, and theirs comes to its end when ours has already: it builds
 * on keys that are no longer the newest, and they have given it up.
 */
static bool overtaken(const struct bd_handshake *h)
{
	return !h->client && h->session->up && h->session->since >= h->begun;
}

void bd_session_done(struct bd_handshake *h, uint64_t now)
{
	struct bd_session *s = h->session;
	struct br_key key = { 0 };
	struct br_error err;

	if (overtaken(h)) {
		refuse(h, "another one was quicker", now);
	} else if (!choice_fits(h) || keys_make(h, &key)) {
		refuse(h, "what it chose is not what we asked for", now);
	} else if (install(s, &key, renewed(h), &err)) {
		refuse(h, err.text, now);
	} else {
		settle(s, &key, renewed(h), h->client, now);
		if (h->client)
			client_done(h, &key);
		else
			server_done(h, now);
	}
	explicit_bzero(&key, sizeof(key));
}
