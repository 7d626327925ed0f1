// SPDX-License-Identifier: GPL-2.0
#include "dns.h"

#include <errno.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

#define RESOLV_CONF	"/etc/resolv.conf"

/**
 * struct bd_dns_query - a question under way
 * @node: in the list of all
 * @dns: whose
 * @who: who asked, NULL when he does not want to know any more
 * @deliver: tells him, out of the loop
 * @n: addresses in the answer
 * @addr: they
 * @why: there are none
 */
struct bd_dns_query {
	LIST_ENTRY(bd_dns_query) node;
	struct bd_dns *dns;
	void *who;
	struct event *deliver;
	unsigned int n;
	struct br_addr addr[BD_DNS_ADDRS];
	const char *why;
};

/* What libevent says of name servers that do not answer is told in its place. */
static void quiet(int warning, const char *text)
{
	if (warning)
		bd_log(BD_DEBUG, NULL, "%s", text);
}

/* What is behind other codes differs with how many servers were asked. */
static const char *reason(int ret)
{
	switch (ret) {
	case EVUTIL_EAI_NONAME:
	case EVUTIL_EAI_NODATA:
		return "there is no such name, or it has no address that serves";
	case EVUTIL_EAI_MEMORY:
		return "out of memory";
	default:
		return "no name server has an answer";
	}
}

/*
 * The files as they are now. A resolv.conf that is not there leaves a name server
 * on this machine, and the hosts.
 */
static void files_read(struct evdns_base *resolver)
{
	evdns_base_clear_nameservers_and_suspend(resolver);
	evdns_base_clear_host_addresses(resolver);
	evdns_base_search_clear(resolver);
	evdns_base_resolv_conf_parse(resolver, DNS_OPTIONS_ALL, RESOLV_CONF);
	evdns_base_resume(resolver);
}

static void query_free(struct bd_dns_query *q)
{
	LIST_REMOVE(q, node);
	event_free(q->deliver);
	free(q);
}

static void deliver(evutil_socket_t fd, short what, void *data)
{
	struct bd_dns_query *q = data;
	struct bd_dns *dns = q->dns;

	(void)fd;
	(void)what;
	if (q->who)
		dns->answer(dns->data, q->who, q->addr, q->n, q->why);
	query_free(q);
}

/* No packet is sent: the kernel only says whether it would know where to. */
static bool routed(const struct sockaddr *to, socklen_t len)
{
	int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ret = fd >= 0 && !connect(fd, to, len);

	if (fd >= 0)
		close(fd);
	return ret;
}

static void address_add(struct bd_dns_query *q, const struct sockaddr *sa)
{
	struct br_addr *to = &q->addr[q->n++];

	*to = (struct br_addr){ .family = sa->sa_family };
	if (sa->sa_family == AF_INET)
		to->v4 = ((const struct sockaddr_in *)sa)->sin_addr;
	else
		to->v6 = ((const struct sockaddr_in6 *)sa)->sin6_addr;
}

static void addresses_add(struct bd_dns_query *q,
			  const struct evutil_addrinfo *found, bool reachable)
{
	const struct evutil_addrinfo *i;

	for (i = found; i && q->n < BD_DNS_ADDRS; i = i->ai_next)
		if ((i->ai_family == AF_INET || i->ai_family == AF_INET6) &&
		    routed(i->ai_addr, i->ai_addrlen) == reachable)
			address_add(q, i->ai_addr);
}

/* From within evdns_getaddrinfo() itself when /etc/hosts has the name. */
static void resolved(int ret, struct evutil_addrinfo *found, void *data)
{
	static const struct timeval now = { 0 };
	struct bd_dns_query *q = data;

	if (ret) {
		q->why = reason(ret);
	} else {
		addresses_add(q, found, true);
		addresses_add(q, found, false);
		q->why = "it has no address";
	}
	if (found)
		evutil_freeaddrinfo(found);
	event_add(q->deliver, &now);
}

void bd_dns_open(struct bd_dns *dns, struct event_base *loop,
		 void (*answer)(void *data, void *who,
				const struct br_addr *addr, unsigned int n,
				const char *why), void *data)
{
	*dns = (struct bd_dns){ .loop = loop, .answer = answer, .data = data };
	LIST_INIT(&dns->queries);
	evdns_set_log_fn(quiet);
}

void bd_dns_close(struct bd_dns *dns)
{
	if (dns->resolver)
		evdns_base_free(dns->resolver, 0);
	dns->resolver = NULL;
	while (!LIST_EMPTY(&dns->queries))
		query_free(LIST_FIRST(&dns->queries));
}

int bd_dns_ask(struct bd_dns *dns, const char *host, sa_family_t family,
	       void *who, struct br_error *err)
{
	/* one entry an address, not one a protocol */
	struct evutil_addrinfo hints = {
		.ai_family = family, .ai_socktype = SOCK_DGRAM,
		.ai_protocol = IPPROTO_UDP,
	};
	struct bd_dns_query *q = calloc(1, sizeof(*q));

	if (q)
		q->deliver = event_new(dns->loop, -1, 0, deliver, q);
	if (!dns->resolver)
		dns->resolver = evdns_base_new(dns->loop, 0);
	if (!q || !q->deliver || !dns->resolver)
		goto err_free;
	if (LIST_EMPTY(&dns->queries))
		files_read(dns->resolver);
	q->dns = dns;
	q->who = who;
	LIST_INSERT_HEAD(&dns->queries, q, node);
	/* with a port, for connect() to take */
	evdns_getaddrinfo(dns->resolver, host, "9", &hints, resolved, q);
	return 0;

err_free:
	if (q && q->deliver)
		event_free(q->deliver);
	free(q);
	return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
}

void bd_dns_forget(struct bd_dns *dns, const void *who)
{
	struct bd_dns_query *q;

	LIST_FOREACH(q, &dns->queries, node)
		if (q->who == who)
			q->who = NULL;
}
