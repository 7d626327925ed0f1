/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon's metrics over HTTP, for Prometheus.
 */
#ifndef BD_SCRAPE_H
#define BD_SCRAPE_H

#include <event2/event.h>

#include "gate.h"
#include "kernel.h"

struct evhttp;
struct evhttp_bound_socket;
struct bd_page;

/* Replies that may be under way at once; more are told to come again */
#define BD_SCRAPES_MAX	8
/* Scrapes within this time get the same page */
#define BD_PAGE_MS	500
/* Without progress for so long, a connection is closed */
#define BD_SCRAPE_S	5

/**
 * struct bd_scrape - the server
 * @base: the loop
 * @kernel: what it tells of
 * @gate: likewise
 * @device: name of the device
 * @now: the clock of the sessions, in milliseconds
 * @at: where it listens, or would: port 0 for nowhere
 * @http: libevent's server, NULL while it does not listen
 * @bound: its socket
 * @rest: ends a pause in accepting, made when file descriptors ran out
 * @page: the newest page in each format, NULL for none
 * @made: when it was made
 * @busy: replies that are not yet sent
 * @failed: that it cannot listen has been said
 */
struct bd_scrape {
	struct event_base *base;
	struct bd_kernel *kernel;
	const struct bd_gate *gate;
	const char *device;
	uint64_t (*now)(void);
	struct br_endpoint at;
	struct evhttp *http;
	struct evhttp_bound_socket *bound;
	struct event *rest;
	struct bd_page *page[2];
	uint64_t made[2];
	unsigned int busy;
	bool failed;
};

/*
 * Listens there from now on, and nowhere else; port 0: nowhere. What cannot be
 * bound is said and tried again by bd_scrape_retry(): the tunnel does not
 * depend on it. base, kernel, gate, device and now are set by the caller.
 */
void bd_scrape_at(struct bd_scrape *s, const struct br_endpoint *at);
void bd_scrape_retry(struct bd_scrape *s);
void bd_scrape_close(struct bd_scrape *s);

#endif
