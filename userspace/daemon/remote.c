// SPDX-License-Identifier: GPL-2.0
#include "remote.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "text.h"

static uint64_t random_below(const struct bd_remote *r, uint64_t n)
{
	const struct bd_remotes_host *host = r->all->host;
	uint64_t value;

	host->random(host->data, &value, sizeof(value));
	return n ? value % n : 0;
}

static void changed(const struct bd_remote *r)
{
	r->all->host->changed(r->all->host->data);
}

/* @first, doubled so often, @most at most */
static uint64_t doubled(uint64_t first, unsigned int times, uint64_t most)
{
	uint64_t value = times < 20 ? first << times : most;

	return value < most ? value : most;
}

/* When it is asked again. */
static uint64_t due(const struct bd_remote *r)
{
	uint64_t at, wait;

	if (r->down == BD_NEVER || r->failures)
		return r->next;
	wait = doubled(BD_REMOTE_DOWN_MS, r->rounds, r->all->interval);
	at = (r->asked > r->down ? r->asked : r->down) + wait;
	return at < r->next ? at : r->next;
}

static void arm(struct bd_remote *r, uint64_t now)
{
	uint64_t at = now + BD_REMOTE_LOOK_MS;

	if (!r->asking && due(r) < at)
		at = due(r);
	bd_timer_set(r->all->timers, &r->timer, at);
}

/* A failure later than @next: more often is no use, and it is no news. */
static void fail(struct bd_remote *r, const char *why, uint64_t now)
{
	uint64_t wait = doubled(BD_REMOTE_RETRY_MS, r->failures,
				BD_REMOTE_RETRY_MAX_MS);

	bd_log(r->failures++ ? BD_DEBUG : BD_WARN, r->peer, "path %s: %s: %s",
	       r->path, r->host, why);
	br_fill(r->why, why);
	r->next = now + wait + random_below(r, wait / 4);
	changed(r);
}

/* The state of the path, with the clock of how long it has been so. */
static enum bd_remote_path look(struct bd_remote *r, struct br_addr *leads,
				uint64_t now)
{
	const struct bd_remotes_host *host = r->all->host;
	enum bd_remote_path path = host->path(host->data, r, leads);

	if (path == BD_REMOTE_DOWN || path == BD_REMOTE_NONE) {
		if (r->down == BD_NEVER)
			r->down = now;
	} else {
		r->down = BD_NEVER;
		r->rounds = 0;
	}
	return path;
}

static void ask(struct bd_remote *r, uint64_t now)
{
	const struct bd_remotes_host *host = r->all->host;
	struct br_error err;

	r->asked = now;
	r->next = now + r->all->interval -
		  random_below(r, r->all->interval / 10);
	if (r->down != BD_NEVER)
		r->rounds++;
	r->asking = !host->ask(host->data, r, &err);
	if (!r->asking)
		fail(r, err.text, now);
}

static void tick(struct bd_timer *timer, uint64_t now)
{
	struct bd_remote *r = container_of(timer, struct bd_remote, timer);
	struct br_addr ignored;

	look(r, &ignored, now);
	if (!r->asking && now >= due(r))
		ask(r, now);
	arm(r, now);
}

/* Its place in the answer, @n when it is not there */
static unsigned int place(const struct bd_remote *r, const struct br_addr *addr)
{
	unsigned int i;

	for (i = 0; i < r->n; i++)
		if (br_addr_equal(&r->addr[i], addr))
			break;
	return i;
}

/*
 * Which of the addresses the path is to lead to, NULL for where it does. One that
 * does not work tries the name's other addresses, each for a while.
 */
static const struct br_addr *choose(struct bd_remote *r, uint64_t now)
{
	struct br_addr leads;
	enum bd_remote_path path = look(r, &leads, now);
	unsigned int at;

	if (path == BD_REMOTE_UP)
		return NULL;
	if (path == BD_REMOTE_NONE)
		return &r->addr[0];
	at = place(r, &leads);
	if (at == r->n) {
		r->rounds = 0;
		return &r->addr[0];
	}
	if (path == BD_REMOTE_COLD || r->n < 2 ||
	    now - r->down < BD_REMOTE_DOWN_MS)
		return NULL;
	return &r->addr[(at + 1) % r->n];
}

static void lead(struct bd_remote *r, const struct br_addr *addr, uint64_t now)
{
	const struct br_endpoint to = { .addr = *addr, .port = r->port };
	const struct bd_remotes_host *host = r->all->host;
	char text[BR_ADDRESS_TEXT], why[BR_REASON];
	struct br_error err;

	br_endpoint_text(&to, text);
	if (host->lead(host->data, r, &to, &err)) {
		snprintf(why, sizeof(why), "%s: %.100s", text, err.text);
		fail(r, why, now);
		return;
	}
	bd_log(BD_NOTICE, r->peer, "path %s: %s is at %s", r->path, r->host,
	       text);
	/* it has its time to come up */
	r->down = now;
	r->failures = 0;
	r->why[0] = 0;
	changed(r);
}

/* Nobody is at 0.0.0.0, which some resolvers say of what they block. */
static bool of_a_host(const struct br_addr *addr)
{
	if (br_addr_any(addr))
		return false;
	if (addr->family == AF_INET)
		return !IN_MULTICAST(ntohl(addr->v4.s_addr));
	return !IN6_IS_ADDR_MULTICAST(&addr->v6) &&
	       !IN6_IS_ADDR_LINKLOCAL(&addr->v6);
}

static void take(struct bd_remote *r, const struct br_addr *addr,
		 unsigned int n)
{
	unsigned int i;

	r->n = 0;
	for (i = 0; i < n && r->n < BD_REMOTE_ADDRS; i++)
		if (of_a_host(&addr[i]) && place(r, &addr[i]) == r->n)
			r->addr[r->n++] = addr[i];
}

void bd_remote_found(struct bd_remote *r, const struct br_addr *addr,
		     unsigned int n, uint64_t now)
{
	const struct br_addr *to;

	r->asking = false;
	take(r, addr, n);
	if (!r->n) {
		fail(r, "none of its addresses is a host's", now);
		arm(r, now);
		return;
	}
	to = choose(r, now);
	if (to) {
		lead(r, to, now);
	} else {
		r->failures = 0;
		r->why[0] = 0;
		changed(r);
	}
	arm(r, now);
}

void bd_remote_lost(struct bd_remote *r, const char *why, uint64_t now)
{
	r->asking = false;
	fail(r, why, now);
	arm(r, now);
}

void bd_remotes_init(struct bd_remotes *all, struct bd_timers *timers,
		     const struct bd_remotes_host *host)
{
	*all = (struct bd_remotes){ .timers = timers, .host = host };
	TAILQ_INIT(&all->list);
}

static void forget(struct bd_remote *r)
{
	const struct bd_remotes_host *host = r->all->host;

	if (r->asking)
		host->forget(host->data, r);
	TAILQ_REMOVE(&r->all->list, r, node);
	bd_timer_stop(r->all->timers, &r->timer);
	free(r);
}

void bd_remotes_fini(struct bd_remotes *all)
{
	while (!TAILQ_EMPTY(&all->list))
		forget(TAILQ_FIRST(&all->list));
}

static bool same(const struct bd_remote *r, const struct br_config *c,
		 const struct br_config_path *path)
{
	return path->host && !strcmp(path->path.peer, r->peer) &&
	       !strcmp(path->path.name, r->path) &&
	       !strcmp(path->host, r->host) &&
	       path->path.remote.port == r->port &&
	       br_config_path_family(c, path) == r->family;
}

static bool wanted(const struct bd_remote *r, const struct br_config *c)
{
	unsigned int i;

	for (i = 0; i < c->n_paths; i++)
		if (same(r, c, &c->paths[i]))
			return true;
	return false;
}

static int add(struct bd_remotes *all, const struct br_config *c,
	       const struct br_config_path *path, uint64_t now)
{
	struct bd_remote *r;

	TAILQ_FOREACH(r, &all->list, node)
		if (same(r, c, path))
			return 0;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->all = all;
	br_fill(r->peer, path->path.peer);
	br_fill(r->path, path->path.name);
	br_fill(r->host, path->host);
	r->port = path->path.remote.port;
	r->family = br_config_path_family(c, path);
	r->down = BD_NEVER;
	r->next = now;
	bd_timer_init(&r->timer, tick);
	TAILQ_INSERT_TAIL(&all->list, r, node);
	bd_timer_set(all->timers, &r->timer, now);
	return 0;
}

int bd_remotes_set(struct bd_remotes *all, const struct br_config *c,
		   uint64_t now)
{
	struct bd_remote *r, *next;
	unsigned int i;
	int ret = 0;

	all->interval = c->resolve_us / 1000;
	for (r = TAILQ_FIRST(&all->list); r; r = next) {
		next = TAILQ_NEXT(r, node);
		if (!wanted(r, c))
			forget(r);
		else if (r->next > now + all->interval)
			r->next = now + all->interval;
	}
	for (i = 0; !ret && i < c->n_paths; i++)
		if (c->paths[i].host)
			ret = add(all, c, &c->paths[i], now);
	return ret;
}

static void addresses_fill(struct br_lookup *row, const struct bd_remote *r)
{
	row->address.n = r->n;
	memcpy(row->address.a, r->addr, r->n * sizeof(r->addr[0]));
	if (r->n)
		br_set_has(&br_lookup_type, row, "address");
}

int bd_remotes_rows(const struct bd_remotes *all, uint64_t now,
		    struct br_list *rows)
{
	static const char *const names[] = {
		"peer", "path", "name", "failures", "lookup-next", "lookup-why"
	};
	const struct bd_remote *r;
	struct br_lookup *row;
	unsigned int i;
	uint64_t at;

	*rows = (struct br_list){ .type = &br_lookup_type };
	TAILQ_FOREACH(r, &all->list, node) {
		row = br_list_add(rows);
		if (!row)
			return -ENOMEM;
		for (i = 0; i < ARRAY_SIZE(names); i++)
			br_set_has(&br_lookup_type, row, names[i]);
		br_fill(row->peer, r->peer);
		br_fill(row->path, r->path);
		snprintf(row->name, sizeof(row->name), "%s:%u", r->host,
			 r->port);
		row->failures = r->failures;
		at = due(r);
		row->next = at > now ? (at - now) * 1000 : 0;
		br_fill(row->why, r->why);
		addresses_fill(row, r);
	}
	return 0;
}
