// SPDX-License-Identifier: GPL-2.0
#include "session-metrics.h"

#include <stdlib.h>

#include "session.h"
#include "text.h"

static const struct br_metric key_age = {
	"braid_session_key_age_seconds", "seconds", BR_GAUGE,
	"Time since the newest keys were made",
};

static const struct br_metric interval = {
	"braid_session_rekey_interval_seconds", "seconds", BR_GAUGE,
	"Time after which keys that are used are made anew",
};

static const struct br_metric established = {
	"braid_session_established", NULL, BR_COUNTER,
	"Sessions that came to be with the peer",
};

static const struct br_metric renewals = {
	"braid_session_renewals", NULL, BR_COUNTER,
	"Epochs made anew within a session",
};

static const struct br_metric failures = {
	"braid_session_handshake_failures", NULL, BR_COUNTER,
	"Handshakes begun here that failed",
};

static const struct br_metric in_a_row = {
	"braid_session_failed_attempts", NULL, BR_GAUGE,
	"Handshakes begun here that failed since one succeeded",
};

static const struct br_metric hits = {
	"braid_pool_hits", NULL, BR_COUNTER,
	"Returns of the peer that found its keys where they were",
};

static const struct br_metric misses = {
	"braid_pool_misses", NULL, BR_COUNTER,
	"Returns of the peer that needed a new session",
};

static const struct br_metric held = {
	"braid_pool_held", NULL, BR_GAUGE,
	"Peers that are away and whose keys are held",
};

static const struct br_metric size = {
	"braid_pool_size", NULL, BR_GAUGE,
	"Peers whose keys are held at most",
};

static const struct br_metric expired = {
	"braid_pool_expired", NULL, BR_COUNTER,
	"Peers let go since they did not come back in time",
};

static const struct br_metric evicted = {
	"braid_pool_evicted", NULL, BR_COUNTER,
	"Peers let go for another one that was expected sooner",
};

static const struct br_metric unheld = {
	"braid_pool_refused", NULL, BR_COUNTER,
	"Peers that went and were not held at all",
};

static const struct br_metric pending = {
	"braid_gate_pending", NULL, BR_GAUGE,
	"Handshakes begun elsewhere that are going on",
};

static const struct br_metric stray = {
	"braid_gate_stray_frames", NULL, BR_COUNTER,
	"Frames for a handshake that is not there",
};

static const struct br_metric cookies = {
	"braid_gate_cookies", NULL, BR_COUNTER,
	"Hellos of strangers answered with a cookie",
};

static const struct br_metric full = {
	"braid_gate_full", NULL, BR_COUNTER,
	"Hellos not answered since too many handshakes were going on",
};

static const struct br_metric failed = {
	"braid_gate_failures", NULL, BR_COUNTER,
	"Handshakes of either end that failed",
};

static const struct br_metric refused = {
	"braid_gate_refused", NULL, BR_COUNTER,
	"Of the failed, those of a key that no peer has",
};

static const struct br_metric took = {
	"braid_scrape_duration_seconds", "seconds", BR_GAUGE,
	"Time that braidd needed for this page",
};

const struct br_metric *const bd_metrics[] = {
	&key_age, &interval, &established, &renewals, &failures, &in_a_row,
	&hits, &misses, &pending, &stray, &cookies, &full, &failed, &refused, &held, &size,
	&expired, &evicted, &unheld, &took, NULL
};

static uint64_t session_value(const struct br_metric *m,
			      const struct bd_session *s, uint64_t now)
{
	if (m == &key_age)
		return now > s->since ? now - s->since : 0;
	if (m == &interval)
		return s->rekey;
	if (m == &established)
		return s->established;
	if (m == &renewals)
		return s->renewals;
	if (m == &hits)
		return s->place.counts.hits;
	if (m == &misses)
		return s->place.counts.misses;
	return m == &failures ? s->failed : s->failures;
}

/* @m with the labels of the device and, where there is one, of the peer */
static void put(struct br_exposition *x, const struct br_metric *m,
		const char *device, const char *peer, uint64_t n,
		unsigned int decimals)
{
	char *labels = NULL;
	size_t size;
	FILE *file = open_memstream(&labels, &size);

	/* without memory the sample is missing, as if it were not known */
	if (!file)
		return;
	br_label_put(file, false, "device", device);
	if (peer)
		br_label_put(file, true, "peer", peer);
	if (!fclose(file))
		br_exposition_put(x, m, labels, n, decimals);
	free(labels);
}

/* Milliseconds are told in seconds; what was never made has no age. */
static void sessions_put(struct br_exposition *x, const struct bd_gate *gate,
			 const char *device, uint64_t now)
{
	const struct bd_session *s;
	const struct br_metric *m;
	unsigned int i;

	for (i = 0; bd_metrics[i] != &pending; i++) {
		m = bd_metrics[i];
		TAILQ_FOREACH(s, &gate->sessions, node)
			if (m != &key_age || s->up)
				put(x, m, device, s->peer,
				    session_value(m, s, now), m->unit ? 3 : 0);
	}
}

void bd_metrics_write(struct br_exposition *x, const struct bd_gate *gate,
		      const char *device, uint64_t now)
{
	const struct bd_gate_counts *c = &gate->counts;
	const struct {
		const struct br_metric *metric;
		uint64_t value;
	} counts[] = {
		{ &pending, gate->n_pending }, { &stray, c->stray },
		{ &cookies, c->cookies }, { &full, c->full },
		{ &failed, c->failed }, { &refused, c->refused },
		{ &held, gate->pool.n }, { &size, gate->pool.size },
		{ &expired, gate->pool.expired },
		{ &evicted, gate->pool.evicted },
		{ &unheld, gate->pool.refused },
	};
	unsigned int i;

	sessions_put(x, gate, device, now);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		put(x, counts[i].metric, device, NULL, counts[i].value, 0);
}

void bd_metrics_took(struct br_exposition *x, const char *device,
		     uint64_t microseconds)
{
	put(x, &took, device, NULL, microseconds, 6);
}
