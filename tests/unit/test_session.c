// SPDX-License-Identifier: GPL-2.0
/*
 * Two gateways' sessions with each other: real handshakes over frames that are
 * lost, doubled, overtaken and cut, in virtual time, and a kernel that keeps
 * what it is told.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "cipher.h"
#include "config.h"
#include "gate.h"
#include "log.h"
#include "session.h"
#include "text.h"

#define FRAMES		4096
#define REKEY_MS	60000

/* What the module does with keys, as far as sessions depend on it. */
struct kernel {
	struct bd_keys keys;
	uint8_t tx[BD_EPOCHS][BRAID_KEY_LEN];
	uint8_t rx[BD_EPOCHS][BRAID_KEY_LEN];
	uint64_t data;
	unsigned int news;
	int cipher;
};

struct end {
	struct bd_host host;
	struct bd_gate gate;
	struct bd_session *session;
	struct br_identity id;
	struct kernel kernel;
	bool known;
	bool deaf;
	unsigned int paths;
	unsigned int sent;
};

struct flying {
	uint64_t at;
	struct end *to;
	struct bd_frame frame;
	uint8_t payload[BD_FRAME_MAX];
};

static struct {
	uint64_t now;
	uint64_t seed;
	uint64_t delay;
	unsigned int loss, doubled, late, cut;	/* per mille */
	struct end end[2];
	struct flying air[FRAMES];
	unsigned int n_air;
	unsigned int spoiled;
} w;

static struct end *other(const struct end *e)
{
	return e == &w.end[0] ? &w.end[1] : &w.end[0];
}

static bool chance(unsigned int per_mille)
{
	return unit_below(&w.seed, 1000) < per_mille;
}

static void host_random(void *data, void *to, size_t len)
{
	uint8_t *bytes = to;

	(void)data;
	while (len--)
		*bytes++ = unit_random(&w.seed);
}

static void fly(struct end *from, const struct bd_frame *frame)
{
	struct flying *f = &w.air[w.n_air++];

	ck_assert_uint_le(w.n_air, FRAMES);
	f->at = w.now + w.delay;
	if (chance(w.late))
		f->at += unit_below(&w.seed, 4 * w.delay + 50);
	f->to = other(from);
	f->frame = *frame;
	memcpy(f->payload, frame->payload, frame->len);
	if (chance(w.cut))
		f->frame.len = unit_below(&w.seed, frame->len);
}

static void host_frame(void *data, const struct bd_frame *frame)
{
	struct end *e = data;

	ck_assert_uint_le(frame->len, BD_FRAME_MAX);
	e->sent++;
	if (!chance(w.loss))
		fly(e, frame);
	if (chance(w.doubled))
		fly(e, frame);
}

static int host_keys(void *data, const char *peer, struct bd_keys *keys,
		     struct br_error *err)
{
	struct end *e = data;

	(void)peer;
	(void)err;
	*keys = e->kernel.keys;
	return 0;
}

static int epoch_at(const struct kernel *k, uint8_t epoch)
{
	unsigned int i;

	for (i = 0; i < k->keys.n; i++)
		if (k->keys.epoch[i] == epoch)
			return i;
	return -1;
}

static int kernel_new(struct kernel *k, const struct br_key *key)
{
	unsigned int i = k->keys.n;

	if (i == BD_EPOCHS || epoch_at(k, key->epoch) >= 0)
		return -EBUSY;
	if (i && (key->session_local != k->keys.local ||
		  key->session_remote != k->keys.remote))
		return -EEXIST;
	ck_assert_mem_ne(key->tx_key, key->rx_key, BRAID_KEY_LEN);
	k->keys.local = key->session_local;
	k->keys.remote = key->session_remote;
	k->keys.epoch[i] = key->epoch;
	memcpy(k->tx[i], key->tx_key, BRAID_KEY_LEN);
	memcpy(k->rx[i], key->rx_key, BRAID_KEY_LEN);
	if (!i)
		k->keys.sending = 0;
	k->keys.n++;
	k->news++;
	k->cipher = key->cipher;
	return 0;
}

static int kernel_del(struct kernel *k, const struct br_key *key)
{
	int i = epoch_at(k, key->epoch);

	if (!br_has(&br_key_type, key, "epoch")) {
		k->keys.n = 0;
		return 0;
	}
	if (i < 0 || (unsigned int)i == k->keys.sending)
		return -EINVAL;
	if (!i) {
		k->keys.epoch[0] = k->keys.epoch[1];
		memcpy(k->tx[0], k->tx[1], BRAID_KEY_LEN);
		memcpy(k->rx[0], k->rx[1], BRAID_KEY_LEN);
	}
	k->keys.n--;
	k->keys.sending = 0;
	return 0;
}

static int host_key(void *data, int cmd, struct br_key *key,
		    struct br_error *err)
{
	struct kernel *k = &((struct end *)data)->kernel;
	int ret = -EINVAL, i;

	if (cmd == BRAID_CMD_KEY_NEW) {
		ret = kernel_new(k, key);
	} else if (cmd == BRAID_CMD_KEY_DEL) {
		ret = kernel_del(k, key);
	} else if (cmd == BRAID_CMD_KEY_SWAP) {
		i = epoch_at(k, key->epoch);
		ret = i < 0 ? -ENOENT : 0;
		if (!ret)
			k->keys.sending = i;
	}
	return ret ? br_fail(err, BR_KERNEL, -ret, "the kernel refused") : 0;
}

static void data_send(struct end *from);

/* A probe makes the other end send under the new key, and is no data. */
static void host_probe(void *data, const char *peer)
{
	uint64_t a = w.end[0].kernel.data, b = w.end[1].kernel.data;

	(void)peer;
	data_send(data);
	w.end[0].kernel.data = a;
	w.end[1].kernel.data = b;
}

static unsigned int host_paths(void *data, const char *peer)
{
	(void)peer;
	return ((struct end *)data)->paths;
}

static uint64_t host_traffic(void *data, const char *peer)
{
	(void)peer;
	return ((struct end *)data)->kernel.data;
}

static void host_whence(void *data, const char *peer, struct br_addr *from)
{
	(void)data;
	(void)peer;
	from->family = AF_UNSPEC;
}

static void host_changed(void *data)
{
	(void)data;
}

/* A packet goes at once: it opens at the other end or is spoiled. */
static void data_send(struct end *from)
{
	struct kernel *a = &from->kernel, *b = &other(from)->kernel;
	int i;

	if (!a->keys.n)
		return;
	a->data++;
	i = epoch_at(b, a->keys.epoch[a->keys.sending]);
	if (i < 0 || b->keys.local != a->keys.remote ||
	    memcmp(b->rx[i], a->tx[a->keys.sending], BRAID_KEY_LEN)) {
		w.spoiled++;
		return;
	}
	b->data++;
	if (b->keys.epoch[i] == (uint8_t)(b->keys.epoch[b->keys.sending] + 1))
		b->keys.sending = i;
}

static void frame_land(struct flying *f)
{
	struct end *to = f->to;

	f->frame.payload = f->payload;
	/* over all paths: it comes by some */
	br_fill(f->frame.way.socket, "s");
	f->frame.way.remote.port = 1000;
	f->frame.way.remote.addr.family = AF_INET;
	if (f->frame.len && !to->deaf && to->session)
		bd_gate_frame(&to->gate, &f->frame, to->known, w.now);
}

static uint64_t next_event(void)
{
	uint64_t at = BD_NEVER, timer;
	unsigned int i;

	for (i = 0; i < w.n_air; i++)
		if (w.air[i].at < at)
			at = w.air[i].at;
	for (i = 0; i < 2; i++) {
		timer = bd_timers_next(&w.end[i].gate.timers);
		if (timer < at)
			at = timer;
	}
	return at;
}

static void step(void)
{
	struct flying f;
	unsigned int i = 0;

	while (i < w.n_air) {
		if (w.air[i].at > w.now) {
			i++;
			continue;
		}
		f = w.air[i];
		w.air[i] = w.air[--w.n_air];
		frame_land(&f);
	}
	for (i = 0; i < 2; i++)
		bd_timers_run(&w.end[i].gate.timers, w.now);
}

/* Lets time pass, with a data packet both ways every @every ms. */
static void run(uint64_t ms, uint64_t every)
{
	uint64_t end = w.now + ms, data = every ? w.now + every : BD_NEVER, at;

	while (w.now < end) {
		at = next_event();
		at = at < data ? at : data;
		w.now = at < end ? (at > w.now ? at : w.now) : end;
		if (w.now == data) {
			data_send(&w.end[0]);
			data_send(&w.end[1]);
			data += every;
		}
		step();
	}
}

static void identity(struct end *e)
{
	char text[BR_KEY_TEXT];
	struct br_error err;

	ck_assert_int_eq(br_identity_generate(text, &err), 0);
	ck_assert_msg(!br_identity_parse(text, &e->id, &err), "%s", err.text);
}

static void open_end(struct end *e)
{
	e->host = (struct bd_host){
		.random = host_random, .frame = host_frame, .keys = host_keys,
		.key = host_key, .probe = host_probe, .paths = host_paths,
		.traffic = host_traffic, .whence = host_whence,
		.changed = host_changed, .data = e,
	};
	e->known = true;
	e->paths = 1;
	ck_assert_int_eq(bd_gate_init(&e->gate, &e->host, &e->id, BD_AES_ABLE),
			 0);
}

static void care(struct end *e, const uint8_t *key, const struct bd_past *past)
{
	struct br_error err;

	e->session = bd_session_new(&e->gate, "there", key, REKEY_MS, past,
				    w.now, &err);
	ck_assert_msg(e->session, "%s", err.text);
}

static void close_end(struct end *e)
{
	if (e->session)
		bd_session_free(e->session);
	e->session = NULL;
	bd_gate_fini(&e->gate);
}

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	w.seed = 1;
	w.now = 1000000;
	w.delay = 20;
	bd_log_open(getenv("VERBOSE") ? BD_DEBUG : BD_ERROR, false);
	identity(&w.end[0]);
	identity(&w.end[1]);
	open_end(&w.end[0]);
	open_end(&w.end[1]);
}

static void teardown(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		close_end(&w.end[i]);
		br_identity_free(&w.end[i].id);
	}
}

static void begin_end(int i)
{
	care(&w.end[i], w.end[1 - i].id.public, NULL);
}

static void reach(void)
{
	bd_session_reached(w.end[0].session, true, w.now);
	bd_session_reached(w.end[1].session, true, w.now);
}

static void expect_agreement(void)
{
	struct kernel *a = &w.end[0].kernel, *b = &w.end[1].kernel;

	ck_assert_uint_gt(a->keys.n, 0);
	ck_assert_uint_gt(b->keys.n, 0);
	ck_assert_uint_eq(a->keys.local, b->keys.remote);
	ck_assert_uint_eq(a->keys.remote, b->keys.local);
	ck_assert_uint_ne(a->keys.local, a->keys.remote);
	w.spoiled = 0;
	data_send(&w.end[0]);
	data_send(&w.end[1]);
	ck_assert_uint_eq(w.spoiled, 0);
}

/* The server waits: only the client has a way. */
static void establish(void)
{
	w.end[1].paths = 0;
	begin_end(0);
	begin_end(1);
	run(3000, 0);
	expect_agreement();
	w.end[1].paths = 1;
	reach();
}

START_TEST(comes_up)
{
	uint64_t begun = w.now;

	w.end[1].paths = 0;
	begin_end(1);
	begin_end(0);
	while (!w.end[0].kernel.keys.n && w.now < begun + 5000)
		run(1, 0);
	/* two round trips */
	ck_assert_uint_le(w.now - begun, 4 * w.delay + 2);
	expect_agreement();
	ck_assert_uint_eq(w.end[0].kernel.news, 1);
	ck_assert_uint_eq(w.end[1].kernel.news, 1);
}
END_TEST

/* What two ends want of the cipher, either of them the client, and what comes */
static const struct {
	unsigned int one, other;
	int cipher;
} wanted[] = {
	{ 0, 0, BRAID_CIPHER_CHACHA20_POLY1305 },
	{ 0, BD_AES_ABLE, BRAID_CIPHER_CHACHA20_POLY1305 },
	{ 0, BD_AES_ABLE | BD_AES_LIKED, BRAID_CIPHER_CHACHA20_POLY1305 },
	{ 0, BD_AES_ABLE | BD_AES_LIKED | BD_AES_ONLY, -1 },
	{ BD_AES_ABLE, BD_AES_ABLE, BRAID_CIPHER_CHACHA20_POLY1305 },
	{ BD_AES_ABLE, BD_AES_ABLE | BD_AES_LIKED,
	  BRAID_CIPHER_CHACHA20_POLY1305 },
	{ BD_AES_ABLE, BD_AES_ABLE | BD_AES_LIKED | BD_AES_ONLY,
	  BRAID_CIPHER_AES256_GCM },
	{ BD_AES_ABLE | BD_AES_LIKED, BD_AES_ABLE | BD_AES_LIKED,
	  BRAID_CIPHER_AES256_GCM },
};

static void wanted_check(int i, bool turned)
{
	w.end[turned].gate.wants = wanted[i].one;
	w.end[!turned].gate.wants = wanted[i].other;
	/* the first end begins */
	w.end[1].paths = 0;
	begin_end(0);
	begin_end(1);
	run(20000, 0);
	if (wanted[i].cipher < 0) {
		ck_assert_uint_eq(w.end[0].kernel.keys.n, 0);
		ck_assert_uint_eq(w.end[1].kernel.keys.n, 0);
		return;
	}
	expect_agreement();
	ck_assert_int_eq(w.end[0].kernel.cipher, wanted[i].cipher);
	ck_assert_int_eq(w.end[1].kernel.cipher, wanted[i].cipher);
}

START_TEST(cipher_that_both_want)
{
	wanted_check(_i / 2, _i % 2);
}
END_TEST

/* Not told, a machine is able to do AES, and no more than likes it. */
START_TEST(cipher_of_a_configuration)
{
	unsigned int wants = bd_cipher_wanted(BR_CIPHER_AUTO);

	ck_assert_uint_eq(wants & ~BD_AES_LIKED, BD_AES_ABLE);
	ck_assert_uint_eq(bd_cipher_wanted(BR_CIPHER_CHACHA20_POLY1305), 0);
	ck_assert(bd_cipher_wanted(BR_CIPHER_AES256_GCM) & BD_AES_ONLY);
}
END_TEST

/* A source that nobody knows needs one round trip more, and leaves nothing. */
START_TEST(cookie_first)
{
	uint64_t begun = w.now;

	w.end[1].paths = 0;
	w.end[1].known = false;
	begin_end(1);
	begin_end(0);
	run(w.delay, 0);
	ck_assert_uint_eq(w.end[1].gate.n_pending, 0);
	ck_assert_uint_eq(w.end[1].gate.counts.cookies, 1);
	while (!w.end[0].kernel.keys.n && w.now < begun + 5000)
		run(1, 0);
	ck_assert_uint_le(w.now - begun, 6 * w.delay + 2);
	expect_agreement();
}
END_TEST

/* Whatever the channel does, they agree, and data flows. */
START_TEST(bad_channel)
{
	w.seed = _i + 1;
	w.loss = 200;
	w.doubled = 200;
	w.late = 300;
	w.cut = 50;
	begin_end(0);
	begin_end(1);
	run(120000, 0);
	w.loss = 0;
	w.cut = 0;
	run(40000, 0);
	expect_agreement();
}
END_TEST

START_TEST(both_begin)
{
	struct end *low;

	w.seed = _i + 1;
	begin_end(0);
	run(unit_below(&w.seed, 60), 0);
	begin_end(1);
	run(2000, 0);
	expect_agreement();
	ck_assert_uint_eq(w.end[0].kernel.news, 1);
	ck_assert_uint_eq(w.end[1].kernel.news, 1);
	ck_assert(w.end[0].session->client != w.end[1].session->client);
	if (_i)
		return;
	/* exactly at once: it is the lower key's */
	low = memcmp(w.end[0].id.public, w.end[1].id.public, BR_PUBLIC_LEN) < 0 ?
	      &w.end[0] : &w.end[1];
	w.end[0].kernel.keys.n = 0;
	w.end[1].kernel.keys.n = 0;
	bd_session_free(w.end[0].session);
	bd_session_free(w.end[1].session);
	begin_end(0);
	begin_end(1);
	run(2000, 0);
	expect_agreement();
	ck_assert(low->session->client);
}
END_TEST

START_TEST(rekey_under_traffic)
{
	uint8_t first;

	w.seed = _i + 1;
	establish();
	first = w.end[0].session->epoch;
	w.loss = _i ? 200 : 0;
	w.doubled = _i ? 100 : 0;
	w.late = _i ? 200 : 0;
	w.spoiled = 0;
	run(100 * REKEY_MS, 10);
	ck_assert_uint_eq(w.spoiled, 0);
	ck_assert_uint_ge((uint8_t)(w.end[0].session->epoch - first), 95);
	ck_assert_uint_eq(w.end[0].session->epoch, w.end[1].session->epoch);
	/* old epochs have gone */
	run(BD_DRAIN_MS + 1000, 10);
	if (!_i)
		ck_assert_uint_eq(w.end[0].kernel.keys.n, 1);
	expect_agreement();
}
END_TEST

START_TEST(idle_is_quiet)
{
	unsigned int sent;

	establish();
	/* the data of establish() is a reason for one more epoch */
	run(2 * REKEY_MS, 0);
	w.end[0].kernel.news = 1;
	sent = w.end[0].sent + w.end[1].sent;
	run(20 * REKEY_MS, 0);
	ck_assert_uint_eq(w.end[0].sent + w.end[1].sent, sent);
	/* what is used again is renewed soon, and once */
	data_send(&w.end[0]);
	run(2 * BD_IDLE_MS, 0);
	ck_assert_uint_eq(w.end[0].kernel.news, 2);
	run(REKEY_MS / 2, 0);
	ck_assert_uint_eq(w.end[0].kernel.news, 2);
	expect_agreement();
}
END_TEST

/* A way that comes to be is used at once, not when the next attempt is due. */
START_TEST(way_comes)
{
	unsigned int news;

	w.end[0].paths = 0;
	w.end[1].paths = 0;
	begin_end(0);
	begin_end(1);
	run(5000, 0);
	ck_assert_uint_eq(w.end[0].sent + w.end[1].sent, 0);
	w.end[0].paths = 1;
	bd_session_led(w.end[0].session, w.now);
	run(1000, 0);
	expect_agreement();
	/* and another one is no reason for new keys */
	reach();
	news = w.end[0].kernel.news;
	bd_session_led(w.end[0].session, w.now);
	run(5000, 0);
	ck_assert_uint_eq(w.end[0].kernel.news, news);
}
END_TEST

START_TEST(wrong_key)
{
	struct br_identity stranger = { 0 };
	char text[BR_KEY_TEXT];
	struct br_error err;

	ck_assert_int_eq(br_identity_generate(text, &err), 0);
	ck_assert_int_eq(br_identity_parse(text, &stranger, &err), 0);
	w.end[1].paths = 0;
	/* one side knows the other by another key */
	care(&w.end[_i], stranger.public, NULL);
	begin_end(1 - _i);
	run(60000, 0);
	ck_assert_uint_eq(w.end[0].kernel.keys.n, 0);
	ck_assert_uint_eq(w.end[1].kernel.keys.n, 0);
	ck_assert_uint_gt(w.end[1 - _i].gate.counts.failed +
			  w.end[_i].gate.counts.failed, 0);
	br_identity_free(&stranger);
}
END_TEST

/* What was recorded of a good handshake makes nothing when it comes again. */
START_TEST(replay)
{
	static struct flying record[FRAMES];
	unsigned int n = 0, i, j;
	struct kernel before;

	w.end[1].paths = 0;
	begin_end(1);
	begin_end(0);
	for (i = 0; i < 200; i++) {
		for (j = 0; j < w.n_air && n < FRAMES; j++)
			if (w.air[j].at == w.now + w.delay)
				record[n++] = w.air[j];
		run(1, 0);
	}
	expect_agreement();
	reach();
	before = w.end[1].kernel;
	ck_assert_uint_ge(n, 3);
	for (j = 0; j < 3; j++) {
		for (i = 0; i < n; i++)
			if (record[i].to == &w.end[1])
				frame_land(&record[i]);
		run(5000, 0);
	}
	ck_assert_uint_eq(w.end[1].kernel.news, before.news);
	ck_assert_uint_eq(w.end[1].kernel.keys.local, before.keys.local);
	expect_agreement();
}
END_TEST

/* A client that proves no identity is refused, whatever it proposes. */
static int nobody(gnutls_session_t session, const gnutls_datum_t *ca,
		  int n_ca, const gnutls_pk_algorithm_t *algos,
		  int n_algos, struct gnutls_pcert_st **pcert,
		  unsigned int *n_pcert, gnutls_privkey_t *privkey)
{
	(void)session;
	(void)ca;
	(void)n_ca;
	(void)algos;
	(void)n_algos;
	(void)pcert;
	(void)privkey;
	*n_pcert = 0;
	return 0;
}

START_TEST(no_identity)
{
	gnutls_certificate_credentials_t none;
	struct bd_handshake *h;

	w.end[1].paths = 0;
	begin_end(1);
	begin_end(0);
	run(1, 0);
	h = w.end[0].session->h;
	ck_assert_ptr_nonnull(h);
	gnutls_certificate_allocate_credentials(&none);
	gnutls_certificate_set_retrieve_function2(none, nobody);
	bd_dtls_present(h->dtls, none);
	run(10000, 0);
	ck_assert_uint_eq(w.end[1].kernel.keys.n, 0);
	ck_assert_uint_eq(w.end[0].kernel.keys.n, 0);
	ck_assert_uint_gt(w.end[1].gate.counts.failed, 0);
	close_end(&w.end[0]);
	open_end(&w.end[0]);
	gnutls_certificate_free_credentials(none);
}
END_TEST

/* One end starts anew and knows nothing: a new session, at both ends. */
START_TEST(reboot)
{
	uint32_t local;

	establish();
	local = w.end[0].kernel.keys.local;
	close_end(&w.end[_i]);
	memset(&w.end[_i].kernel, 0, sizeof(w.end[_i].kernel));
	open_end(&w.end[_i]);
	/* a hub that has come back does not know where to */
	w.end[_i].paths = _i ? 0 : 1;
	begin_end(_i);
	run(100, 10);
	bd_session_reached(w.end[1 - _i].session, false, w.now);
	run(3000, 0);
	expect_agreement();
	ck_assert_uint_ne(w.end[0].kernel.keys.local, local);
}
END_TEST

/* The daemon dies at any moment; the kernel goes on, and so does its successor. */
START_TEST(killed)
{
	struct bd_past past;
	unsigned int i;

	w.seed = _i + 1;
	establish();
	for (i = 0; i < 40; i++) {
		struct end *e = &w.end[unit_below(&w.seed, 2)];

		w.spoiled = 0;
		run(unit_below(&w.seed, 2 * REKEY_MS), 10);
		/* in the middle of a handshake, every other time */
		if (i % 2) {
			bd_session_spent(w.end[0].session, w.now);
			run(unit_below(&w.seed, 6 * w.delay), 5);
		}
		past = (struct bd_past){
			.pattern = e->session->place.pattern,
			.local = e->session->local,
			.epoch = e->session->epoch,
			.client = e->session->client,
			.age = w.now - e->session->since,
		};
		close_end(e);
		run(unit_below(&w.seed, 3000), 10);
		open_end(e);
		care(e, other(e)->id.public, &past);
		bd_session_reached(e->session, true, w.now);
		run(30000, 10);
		ck_assert_uint_eq(w.spoiled, 0);
		expect_agreement();
	}
}
END_TEST

START_TEST(no_handshake_after_restart)
{
	struct bd_past past;
	unsigned int news;

	establish();
	run(REKEY_MS / 4, 10);
	news = w.end[0].kernel.news;
	past = (struct bd_past){
		.pattern = w.end[0].session->place.pattern,
		.local = w.end[0].session->local,
		.epoch = w.end[0].session->epoch,
		.client = true,
		.age = w.now - w.end[0].session->since,
	};
	close_end(&w.end[0]);
	open_end(&w.end[0]);
	w.end[0].sent = 0;
	care(&w.end[0], w.end[1].id.public, &past);
	bd_session_reached(w.end[0].session, true, w.now);
	run(REKEY_MS / 2, 10);
	ck_assert_uint_eq(w.end[0].sent, 0);
	ck_assert_uint_eq(w.end[0].kernel.news, news);
	run(REKEY_MS / 2, 10);
	ck_assert_uint_eq(w.end[0].kernel.news, news + 1);
}
END_TEST

/* Hellos of strangers cost a bounded number of handshakes; friends get through */
START_TEST(flood)
{
	struct bd_hello hello = { 0 };
	struct br_identity id = { 0 };
	char text[BR_KEY_TEXT];
	struct br_error err;
	struct bd_dtls *d;
	struct bd_frame frame = { 0 };
	unsigned int i;

	br_identity_generate(text, &err);
	br_identity_parse(text, &id, &err);
	d = bd_dtls_new(&id, &hello, NULL, NULL, NULL);
	w.end[1].paths = 0;
	begin_end(1);
	frame.payload = bd_dtls_flight(d)->frame[0];
	frame.len = bd_dtls_flight(d)->len[0];
	frame.way.remote.addr.family = AF_INET;
	br_fill(frame.way.socket, "s");
	w.loss = 1000;
	for (i = 0; i < 20000; i++) {
		frame.sender = i + 1;
		/* even where they claim to be somebody's address */
		bd_gate_frame(&w.end[1].gate, &frame, i & 1, w.now);
	}
	ck_assert_uint_le(w.end[1].gate.n_pending, BD_PENDING_BUSY);
	ck_assert_uint_gt(w.end[1].gate.counts.cookies, 19000);
	w.loss = 0;
	w.n_air = 0;
	begin_end(0);
	run(1000, 0);
	expect_agreement();
	run(2 * BD_HANDSHAKE_MS, 0);
	ck_assert_uint_eq(w.end[1].gate.n_pending, 0);
	bd_dtls_free(d);
	br_identity_free(&id);
}
END_TEST

/* Rubbish for a handshake that is going on does not end it. */
START_TEST(rubbish)
{
	static const uint8_t alert[] = {
		21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40
	};
	uint8_t noise[300];
	struct bd_frame frame = { .payload = alert, .len = sizeof(alert) };
	unsigned int i;

	w.seed = _i + 1;
	w.end[1].paths = 0;
	begin_end(1);
	begin_end(0);
	br_fill(frame.way.socket, "s");
	for (i = 0; i < 20 && !w.end[0].kernel.keys.n; i++) {
		run(5, 0);
		if (!w.end[0].session->h)
			break;
		frame.receiver = w.end[0].session->h->local;
		frame.payload = alert;
		frame.len = sizeof(alert);
		bd_gate_frame(&w.end[0].gate, &frame, true, w.now);
		host_random(NULL, noise, sizeof(noise));
		frame.payload = noise;
		frame.len = 1 + unit_below(&w.seed, sizeof(noise));
		bd_gate_frame(&w.end[0].gate, &frame, true, w.now);
	}
	run(1000, 0);
	expect_agreement();
	ck_assert_uint_eq(w.end[0].gate.counts.failed, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session");
	TCase *tc = tcase_create("session");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, comes_up);
	tcase_add_loop_test(tc, cipher_that_both_want, 0,
			    2 * ARRAY_SIZE(wanted));
	tcase_add_test(tc, cipher_of_a_configuration);
	tcase_add_test(tc, cookie_first);
	tcase_add_loop_test(tc, bad_channel, 0, 30);
	tcase_add_loop_test(tc, both_begin, 0, 30);
	tcase_add_loop_test(tc, rekey_under_traffic, 0, 4);
	tcase_add_test(tc, idle_is_quiet);
	tcase_add_test(tc, way_comes);
	tcase_add_loop_test(tc, wrong_key, 0, 2);
	tcase_add_test(tc, replay);
	tcase_add_test(tc, no_identity);
	tcase_add_loop_test(tc, reboot, 0, 2);
	tcase_add_loop_test(tc, killed, 0, 10);
	tcase_add_test(tc, no_handshake_after_restart);
	tcase_add_test(tc, flood);
	tcase_add_loop_test(tc, rubbish, 0, 10);
	return unit_run(suite);
}
