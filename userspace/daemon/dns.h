/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses of names, from /etc/hosts and the name servers of /etc/resolv.conf,
 * asked for in the loop: nothing waits for an answer. Both files are read anew
 * when something is asked and nothing else is under way, so that what DHCP writes
 * there counts.
 */
#ifndef BD_DNS_H
#define BD_DNS_H

#include <event2/event.h>
#include <sys/queue.h>

#include "address.h"
#include "failure.h"

/* Addresses of one answer that are told */
#define BD_DNS_ADDRS	16

struct bd_dns_query;
struct evdns_base;

/**
 * struct bd_dns - questions
 * @loop: the loop
 * @resolver: libevent's, NULL until something was asked
 * @queries: what is under way
 * @answer: takes an answer; @n 0: there is none, and @why says why
 * @data: for @answer
 */
struct bd_dns {
	struct event_base *loop;
	struct evdns_base *resolver;
	LIST_HEAD(, bd_dns_query) queries;
	void (*answer)(void *data, void *who, const struct br_addr *addr,
		       unsigned int n, const char *why);
	void *data;
};

void bd_dns_open(struct bd_dns *dns, struct event_base *loop,
		 void (*answer)(void *data, void *who,
				const struct br_addr *addr, unsigned int n,
				const char *why), void *data);
/* What is under way is not answered any more. Before the loop goes. */
void bd_dns_close(struct bd_dns *dns);

/*
 * Asks for a host's addresses; @family AF_UNSPEC for both kinds. The answer comes
 * out of the loop, never from within. Those that this machine has no route to
 * come last.
 * Return: 0, or a negative errno with a sentence
 */
int bd_dns_ask(struct bd_dns *dns, const char *host, sa_family_t family,
	       void *who, struct br_error *err);
/* @who is not told any more. */
void bd_dns_forget(struct bd_dns *dns, const void *who);

#endif
