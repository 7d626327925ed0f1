// SPDX-License-Identifier: GPL-2.0
#include "scrape.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "log.h"
#include "metrics.h"
#include "session-metrics.h"

#define REQUEST_MAX	8192

/**
 * struct bd_page - a page, for all who get it
 * @users: replies that refer to it, and the server while it is the newest
 * @text: the page
 * @len: bytes of it
 */
struct bd_page {
	unsigned int users;
	char *text;
	size_t len;
};

static void page_put(struct bd_page *page)
{
	if (!page || --page->users)
		return;
	free(page->text);
	free(page);
}

/* --- making a page --- */

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

static int page_write(struct bd_scrape *s, struct br_exposition *x,
		      struct br_error *err)
{
	uint32_t ifindex = s->kernel->ifindex;
	struct br_snapshot all = { 0 };
	uint64_t begun = now_us();
	int ret;

	ret = br_snapshot_read(s->kernel->ask, ifindex, &all, err);
	if (!ret && br_metrics_write(x, &all, ifindex))
		ret = br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	br_snapshot_free(&all);
	if (ret)
		return ret;
	bd_metrics_write(x, s->gate, s->device, s->now());
	bd_metrics_took(x, s->device, now_us() - begun);
	if (br_exposition_end(x))
		return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	return 0;
}

static struct bd_page *page_make(struct bd_scrape *s, bool open_metrics,
				 struct br_error *err)
{
	struct br_exposition x = { .open_metrics = open_metrics };
	struct bd_page *page = calloc(1, sizeof(*page));

	if (!page) {
		br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
		return NULL;
	}
	page->users = 1;
	if (page_write(s, &x, err)) {
		free(x.text);
		free(page);
		return NULL;
	}
	page->text = x.text;
	page->len = x.len;
	return page;
}

/* Whoever asks often asks the kernel no more often for it. */
static struct bd_page *page_get(struct bd_scrape *s, bool open_metrics,
				struct br_error *err)
{
	struct bd_page **page = &s->page[open_metrics];
	uint64_t now = s->now();

	if (*page && now - s->made[open_metrics] < BD_PAGE_MS)
		return *page;
	page_put(*page);
	*page = page_make(s, open_metrics, err);
	s->made[open_metrics] = now;
	return *page;
}

/* --- answering --- */

static void page_sent(const void *text, size_t len, void *page)
{
	(void)text;
	(void)len;
	page_put(page);
}

/* The reply has gone out, or its connection has gone before. */
static void reply_over(struct evhttp_request *req, void *data)
{
	struct bd_scrape *s = data;

	s->busy--;
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), NULL,
				      NULL);
}

static void reply_cut(struct evhttp_connection *connection, void *data)
{
	struct bd_scrape *s = data;

	(void)connection;
	s->busy--;
}

static void header(struct evhttp_request *req, const char *name,
		   const char *value)
{
	evhttp_add_header(evhttp_request_get_output_headers(req), name, value);
}

static void reply_page(struct bd_scrape *s, struct evhttp_request *req,
		       struct bd_page *page, bool open_metrics)
{
	struct evbuffer *to = evhttp_request_get_output_buffer(req);

	header(req, "Content-Type",
	       open_metrics ? BR_TYPE_OPEN_METRICS : BR_TYPE_PROMETHEUS);
	header(req, "Vary", "Accept");
	if (!evbuffer_add_reference(to, page->text, page->len, page_sent, page))
		page->users++;
	s->busy++;
	evhttp_request_set_on_complete_cb(req, reply_over, s);
	evhttp_connection_set_closecb(evhttp_request_get_connection(req),
				      reply_cut, s);
	evhttp_send_reply(req, HTTP_OK, "OK", NULL);
}

static void reply_text(struct evhttp_request *req, int code,
		       const char *reason, const char *text)
{
	struct evbuffer *to = evhttp_request_get_output_buffer(req);

	header(req, "Content-Type", "text/plain; charset=utf-8");
	evbuffer_add_printf(to, "%s\n", text);
	evhttp_send_reply(req, code, reason, NULL);
}

static bool wants_open_metrics(struct evhttp_request *req)
{
	const char *accept;

	accept = evhttp_find_header(evhttp_request_get_input_headers(req),
				    "Accept");
	return accept && strcasestr(accept, "application/openmetrics-text");
}

static void asked(struct evhttp_request *req, void *data)
{
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	bool open_metrics = wants_open_metrics(req);
	struct bd_scrape *s = data;
	struct bd_page *page;
	struct br_error err;

	if (!path || strcmp(path, "/metrics")) {
		reply_text(req, HTTP_NOTFOUND, "Not Found",
			   "braidd has /metrics and nothing else");
		return;
	}
	if (s->busy >= BD_SCRAPES_MAX) {
		reply_text(req, HTTP_SERVUNAVAIL, "Service Unavailable",
			   "too many scrapes are under way");
		return;
	}
	page = page_get(s, open_metrics, &err);
	if (page)
		reply_page(s, req, page, open_metrics);
	else
		reply_text(req, HTTP_SERVUNAVAIL, "Service Unavailable",
			   err.text);
}

/* --- listening --- */

static void rested(evutil_socket_t fd, short what, void *data)
{
	struct bd_scrape *s = data;

	(void)fd;
	(void)what;
	evconnlistener_enable(evhttp_bound_socket_get_listener(s->bound));
}

/* Out of file descriptors: trying again at once would be all that we did. */
static void accept_failed(struct evconnlistener *listener, void *data)
{
	static const struct timeval pause = { .tv_sec = 1 };
	struct bd_scrape *s = data;

	evconnlistener_disable(listener);
	event_add(s->rest, &pause);
}

static struct evhttp *server_new(struct bd_scrape *s)
{
	struct evhttp *http = evhttp_new(s->base);

	if (!http)
		return NULL;
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(http, REQUEST_MAX);
	evhttp_set_max_body_size(http, REQUEST_MAX);
	evhttp_set_timeout(http, BD_SCRAPE_S);
	evhttp_set_gencb(http, asked, s);
	return http;
}

static int listen_try(struct bd_scrape *s)
{
	char host[BR_ADDRESS_TEXT];

	s->rest = event_new(s->base, -1, 0, rested, s);
	s->http = server_new(s);
	if (!s->rest || !s->http)
		return -ENOMEM;
	br_addr_text(&s->at.addr, host);
	s->bound = evhttp_bind_socket_with_handle(s->http, host, s->at.port);
	if (!s->bound)
		return errno ? -errno : -EADDRNOTAVAIL;
	evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(s->bound),
				    accept_failed);
	return 0;
}

void bd_scrape_close(struct bd_scrape *s)
{
	int i;

	/* first the replies, which refer to pages */
	if (s->http)
		evhttp_free(s->http);
	if (s->rest)
		event_free(s->rest);
	for (i = 0; i < 2; i++) {
		page_put(s->page[i]);
		s->page[i] = NULL;
	}
	s->http = NULL;
	s->bound = NULL;
	s->rest = NULL;
}

void bd_scrape_retry(struct bd_scrape *s)
{
	char text[BR_ADDRESS_TEXT];
	int ret;

	if (s->http || !s->at.port)
		return;
	br_endpoint_text(&s->at, text);
	ret = listen_try(s);
	if (!ret) {
		bd_log(BD_INFO, NULL, "metrics at http://%s/metrics", text);
		s->failed = false;
		return;
	}
	bd_scrape_close(s);
	if (!s->failed)
		bd_log(BD_WARN, NULL, "metrics at %s: %s; trying on", text,
		       strerror(-ret));
	s->failed = true;
}

void bd_scrape_at(struct bd_scrape *s, const struct br_endpoint *at)
{
	if (s->http && s->at.port == at->port &&
	    br_addr_equal(&s->at.addr, &at->addr))
		return;
	bd_scrape_close(s);
	s->at = *at;
	s->failed = false;
	bd_scrape_retry(s);
}
