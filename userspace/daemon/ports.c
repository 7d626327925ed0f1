// SPDX-License-Identifier: GPL-2.0
#include "ports.h"

#include <errno.h>
#include <stddef.h>
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

static void schedule(struct bd_hopper *h, uint64_t now)
{
	const struct bd_ports *all = h->all;

	bd_timer_set(all->timers, &h->timer, now + all->interval - all->jitter +
					     draw(all->host, 2 * all->jitter));
}

static int begin(struct bd_hopper *h, struct br_error *err)
{
	const struct bd_ports_host *host = h->all->host;

	h->hop = (struct br_hop){ 0 };
	h->moving = !host->begin(host->data, &h->path,
				 h->any ? NULL : &h->ports, err);
	return h->moving ? 1 : -err->code;
}

static int go_on(struct bd_hopper *h, uint64_t now, struct br_error *err)
{
	const struct bd_ports_host *host = h->all->host;

	return host->go_on(host->data, &h->path, &h->hop, now, err);
}

static void tick(struct bd_timer *timer, uint64_t now)
{
	struct bd_hopper *h = (struct bd_hopper *)
		((char *)timer - offsetof(struct bd_hopper, timer));
	struct br_error err;
	int ret = h->moving ? go_on(h, now, &err) : begin(h, &err);

	if (ret > 0) {
		bd_timer_set(h->all->timers, timer, now + BR_HOP_POLL_MS);
		return;
	}
	h->moving = false;
	if (ret) {
		/* the first of many is told, the others only to who looks */
		bd_log(h->failures++ ? BD_DEBUG : BD_WARN, h->path.peer,
		       "path %s keeps its port: %s", h->path.name, err.text);
	} else {
		h->failures = 0;
		h->hops++;
		bd_log(BD_DEBUG, h->path.peer, "path %s has another port",
		       h->path.name);
	}
	schedule(h, now);
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
	return c->port_hop_us && !path->path.cold && !path->path.socket[0] &&
	       !path->wanted.socket.local.port;
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

static int add(struct bd_ports *all, const struct br_config *c,
	       const struct br_config_path *path, uint32_t ifindex,
	       uint64_t now)
{
	struct bd_hopper *h;

	TAILQ_FOREACH(h, &all->hoppers, node)
		if (!strcmp(path->path.peer, h->path.peer) &&
		    !strcmp(path->path.name, h->path.name))
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

int bd_ports_set(struct bd_ports *all, const struct br_config *c,
		 uint32_t ifindex, uint64_t now)
{
	const uint64_t interval = c->port_hop_us / 1000;
	const uint64_t jitter = c->port_hop_jitter_us / 1000;
	bool other = interval != all->interval || jitter != all->jitter;
	const struct br_config_path *path;
	struct bd_hopper *h, *next;
	unsigned int i;
	int ret = 0;

	all->interval = interval;
	all->jitter = jitter;
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
