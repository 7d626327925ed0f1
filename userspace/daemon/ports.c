// SPDX-License-Identifier: GPL-2.0
#include "ports.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "text.h"

/* Uniform, 0 to @most: what does not divide evenly is drawn again. */
static uint64_t draw(const struct bd_ports_host *host, uint64_t most)
{
	uint64_t n = most + 1, limit = UINT64_MAX - UINT64_MAX % n, r;

	do {
		host->random(host->data, &r, sizeof(r));
	} while (r >= limit);
	return r % n;
}

static uint64_t around(const struct bd_ports_host *host, uint64_t middle,
		       uint64_t jitter)
{
	return middle - jitter + draw(host, 2 * jitter);
}

/*
 * How many bytes came since the last look. A path that was made anew counts from
 * nothing.
 */
static uint64_t came(struct bd_hopper *h, uint64_t now)
{
	const struct bd_ports_host *host = h->all->host;
	uint64_t count, before = h->count;
	bool known = h->known;

	h->known = !host->bytes(host->data, &h->path, &count);
	h->looked = now;
	if (!h->known)
		return 0;
	h->count = count;
	if (!known)
		return 0;
	return count < before ? count : count - before;
}

/*
 * Half of the time that what is left takes at the rate since the last look: so
 * looks come closer as the end does, and are few while nothing is sent.
 */
static uint64_t look_wait(const struct bd_hopper *h, uint64_t bytes,
			  uint64_t elapsed)
{
	uint64_t rate = elapsed ? bytes / elapsed : 0, wait;

	if (!rate)
		return BD_LOOK_MAX_MS;
	wait = h->left / rate / 2;
	if (wait < BD_LOOK_MIN_MS)
		return BD_LOOK_MIN_MS;
	return wait < BD_LOOK_MAX_MS ? wait : BD_LOOK_MAX_MS;
}

static void arm(struct bd_hopper *h, uint64_t look)
{
	bd_timer_set(h->all->timers, &h->timer,
		     h->due < look ? h->due : look);
}

static void schedule(struct bd_hopper *h, uint64_t now)
{
	const struct bd_ports *all = h->all;

	h->due = BD_NEVER;
	if (all->interval)
		h->due = now + around(all->host, all->interval, all->jitter);
	if (all->bytes) {
		h->left = around(all->host, all->bytes, all->bytes_jitter);
		came(h, now);
		arm(h, now + BD_LOOK_MAX_MS);
	} else {
		arm(h, BD_NEVER);
	}
}

/* Whether the time has come, or the bytes have; if not, when to look again. */
static bool due(struct bd_hopper *h, uint64_t now)
{
	uint64_t elapsed = now - h->looked, bytes;

	if (now >= h->due)
		return true;
	bytes = came(h, now);
	h->left -= bytes < h->left ? bytes : h->left;
	if (!h->left)
		return true;
	arm(h, now + look_wait(h, bytes, elapsed));
	return false;
}

static int begin(struct bd_hopper *h, struct br_error *err)
{
	const struct bd_ports_host *host = h->all->host;
	struct br_port_tally tally = { 0 };

	h->hop = (struct br_hop){ 0 };
	h->moving = !host->begin(host->data, &h->path,
				 h->any ? NULL : &h->ports, &tally, err);
	h->tally = tally;
	h->in_use += tally.in_use;
	return h->moving ? 1 : -err->code;
}

static int go_on(struct bd_hopper *h, uint64_t now, struct br_error *err)
{
	const struct bd_ports_host *host = h->all->host;

	return host->go_on(host->data, &h->path, &h->hop, now, err);
}

/* The first of many failures is told, the others only to who looks. */
static void failed(struct bd_hopper *h, const char *why)
{
	bd_log(h->failures++ ? BD_DEBUG : BD_WARN, h->path.peer,
	       "path %s keeps its port: %s", h->path.name, why);
	snprintf(h->why, sizeof(h->why), "%.*s", (int)sizeof(h->why) - 1,
		 why);
	h->failed++;
}

static void hopped(struct bd_hopper *h)
{
	bd_log(BD_DEBUG, h->path.peer, "path %s has another port",
	       h->path.name);
	h->why[0] = 0;
	h->failures = 0;
	h->hops++;
}

static void tick(struct bd_timer *timer, uint64_t now)
{
	struct bd_hopper *h = container_of(timer, struct bd_hopper, timer);
	struct br_error err;
	int ret;

	if (!h->moving && !due(h, now))
		return;
	ret = h->moving ? go_on(h, now, &err) : begin(h, &err);
	if (ret > 0) {
		bd_timer_set(h->all->timers, timer, now + BR_HOP_POLL_MS);
		return;
	}
	h->moving = false;
	if (ret)
		failed(h, err.text);
	else
		hopped(h);
	schedule(h, now);
	h->all->host->changed(h->all->host->data);
}

void bd_ports_init(struct bd_ports *all, struct bd_timers *timers,
		   const struct bd_ports_host *host)
{
	*all = (struct bd_ports){ .timers = timers, .host = host };
	TAILQ_INIT(&all->hoppers);
}

static void forget(struct bd_hopper *h)
{
	TAILQ_REMOVE(&h->all->hoppers, h, node);
	bd_timer_stop(h->all->timers, &h->timer);
	free(h);
}

void bd_ports_fini(struct bd_ports *all)
{
	while (!TAILQ_EMPTY(&all->hoppers))
		forget(TAILQ_FIRST(&all->hoppers));
}

/* A port that the file tells, or the socket that it names, is to stay. */
static bool hops(const struct br_config *c, const struct br_config_path *path)
{
	return (c->port_hop_us || c->port_hop_bytes) && !path->path.cold &&
	       !path->path.socket[0] && !path->wanted.socket.local.port;
}

static const struct br_config_path *wanted(const struct br_config *c,
					   const struct bd_hopper *h)
{
	unsigned int i;

	for (i = 0; i < c->n_paths; i++)
		if (!strcmp(c->paths[i].path.peer, h->path.peer) &&
		    !strcmp(c->paths[i].path.name, h->path.name) &&
		    hops(c, &c->paths[i]))
			return &c->paths[i];
	return NULL;
}

static void ports_set(struct bd_hopper *h, const struct br_config *c,
		      const struct br_config_path *path)
{
	const struct br_ports *ports = path->ports ? path->ports : c->ports;

	h->any = !ports;
	if (ports)
		h->ports = *ports;
}

static struct bd_hopper *find(const struct bd_ports *all,
			      const struct br_path *path)
{
	struct bd_hopper *h;

	TAILQ_FOREACH(h, &all->hoppers, node)
		if (!strcmp(path->peer, h->path.peer) &&
		    !strcmp(path->name, h->path.name))
			return h;
	return NULL;
}

static int add(struct bd_ports *all, const struct br_config *c,
	       const struct br_config_path *path, uint32_t ifindex,
	       uint64_t now)
{
	struct bd_hopper *h;

	if (find(all, &path->path))
		return 0;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->all = all;
	h->path.ifindex = ifindex;
	br_fill(h->path.peer, path->path.peer);
	br_fill(h->path.name, path->path.name);
	ports_set(h, c, path);
	bd_timer_init(&h->timer, tick);
	TAILQ_INSERT_TAIL(&all->hoppers, h, node);
	schedule(h, now);
	return 0;
}

/* Return: whether they are others than they were */
static bool limits_set(struct bd_ports *all, const struct br_config *c)
{
	const struct bd_ports was = *all;

	all->interval = c->port_hop_us / 1000;
	all->jitter = c->port_hop_jitter_us / 1000;
	all->bytes = c->port_hop_bytes;
	all->bytes_jitter = c->port_hop_bytes_jitter;
	return all->interval != was.interval || all->jitter != was.jitter ||
	       all->bytes != was.bytes || all->bytes_jitter != was.bytes_jitter;
}

int bd_ports_set(struct bd_ports *all, const struct br_config *c,
		 uint32_t ifindex, uint64_t now)
{
	bool other = limits_set(all, c);
	const struct br_config_path *path;
	struct bd_hopper *h, *next;
	unsigned int i;
	int ret = 0;

	for (h = TAILQ_FIRST(&all->hoppers); h; h = next) {
		next = TAILQ_NEXT(h, node);
		path = wanted(c, h);
		if (!path) {
			forget(h);
			continue;
		}
		ports_set(h, c, path);
		if (other && !h->moving)
			schedule(h, now);
	}
	for (i = 0; !ret && i < c->n_paths; i++)
		if (hops(c, &c->paths[i]))
			ret = add(all, c, &c->paths[i], ifindex, now);
	return ret;
}

static void has(struct br_port *row, const char *const *names)
{
	for (; *names; names++)
		br_set_has(&br_port_type, row, *names);
}

static int range_fill(struct br_port *row, const struct br_config *c,
		      const struct br_config_path *path)
{
	const struct br_ports *ports = path->ports ? path->ports : c->ports;
	char *text;

	br_set_has(&br_port_type, row, "range");
	if (path->path.socket[0] || path->wanted.socket.local.port) {
		br_fill(row->range, BR_RANGE_FIXED);
		return 0;
	}
	if (!ports) {
		br_fill(row->range, BR_RANGE_ANY);
		return 0;
	}
	text = br_ports_text(ports);
	if (!text)
		return -ENOMEM;
	if (snprintf(row->range, sizeof(row->range), "%s", text) >=
	    (int)sizeof(row->range))
		memcpy(row->range + sizeof(row->range) - 4, "...", 4);
	free(text);
	return 0;
}

static void hopper_fill(struct br_port *row, const struct bd_hopper *h,
			uint64_t now)
{
	static const char *const names[] = {
		"hops", "hops-failed", "in-use", "reserved", "recent",
		"hop-moving", "hop-why", NULL
	};

	has(row, names);
	row->hops = h->hops;
	row->failed = h->failed;
	row->in_use = h->in_use;
	row->reserved = h->tally.reserved;
	row->recent = h->tally.recent;
	row->moving = h->moving;
	br_fill(row->why, h->why);
	if (h->moving)
		return;
	if (h->due != BD_NEVER) {
		row->next = h->due > now ? (h->due - now) * 1000 : 0;
		br_set_has(&br_port_type, row, "hop-next");
	}
	if (!h->all->bytes || !h->known)
		return;
	row->left = h->left;
	row->count = h->count;
	br_set_has(&br_port_type, row, "hop-left");
	br_set_has(&br_port_type, row, "hop-count");
}

int bd_ports_rows(const struct bd_ports *all, const struct br_config *c,
		  uint64_t now, struct br_list *rows)
{
	static const char *const names[] = { "peer", "path", NULL };
	const struct bd_hopper *h;
	struct br_port *row;
	unsigned int i;

	*rows = (struct br_list){ .type = &br_port_type };
	for (i = 0; i < c->n_paths; i++) {
		row = br_list_add(rows);
		if (!row || range_fill(row, c, &c->paths[i]))
			return -ENOMEM;
		has(row, names);
		br_fill(row->peer, c->paths[i].path.peer);
		br_fill(row->path, c->paths[i].path.name);
		h = find(all, &c->paths[i].path);
		if (h)
			hopper_fill(row, h, now);
	}
	return 0;
}
