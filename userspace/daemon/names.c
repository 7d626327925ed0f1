// SPDX-License-Identifier: GPL-2.0
#include "names.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "lead.h"
#include "session.h"
#include "text.h"

static struct braidd *daemon_of(void *kernel)
{
	return container_of(kernel, struct braidd, kernel);
}

static int host_ask(void *data, struct bd_remote *r, struct br_error *err)
{
	return bd_dns_ask(&daemon_of(data)->dns, r->host, r->family, r, err);
}

static void host_forget(void *data, struct bd_remote *r)
{
	bd_dns_forget(&daemon_of(data)->dns, r);
}

/* One that is only suspected may be what carries. */
static enum bd_remote_path host_path(void *data, const struct bd_remote *r,
				     struct br_addr *leads)
{
	struct br_path have;

	if (bd_kernel_path(data, r->peer, r->path, &have))
		return BD_REMOTE_NONE;
	*leads = have.remote.addr;
	switch (have.state) {
	case BRAID_PATH_STATE_COLD:
		return BD_REMOTE_COLD;
	case BRAID_PATH_STATE_UP:
	case BRAID_PATH_STATE_SUSPECT:
	case BRAID_PATH_STATE_DRAINING:
		return BD_REMOTE_UP;
	default:
		return BD_REMOTE_DOWN;
	}
}

static const struct br_config_path *path_find(const struct br_config *c,
					      const struct bd_remote *r)
{
	unsigned int i;

	for (i = 0; i < c->n_paths; i++)
		if (!strcmp(c->paths[i].path.peer, r->peer) &&
		    !strcmp(c->paths[i].path.name, r->path))
			return &c->paths[i];
	return NULL;
}

static int host_lead(void *data, const struct bd_remote *r,
		     const struct br_endpoint *to, struct br_error *err)
{
	struct braidd *d = daemon_of(data);
	const struct br_config_path *path = path_find(&d->config, r);
	struct bd_session *s;
	int ret;

	if (!path)
		return br_fail(err, BR_FILE, ENOENT, "it is no more");
	ret = br_lead(&d->config, path, to, err);
	d->kernel.stale = true;
	s = ret ? NULL : bd_session_find(&d->gate, r->peer);
	if (s)
		bd_session_led(s, braidd_now());
	return ret;
}

static void answer(void *data, void *who, const struct br_addr *addr,
		   unsigned int n, const char *why)
{
	struct braidd *d = data;

	if (n)
		bd_remote_found(who, addr, n, braidd_now());
	else
		bd_remote_lost(who, why, braidd_now());
	braidd_rearm(d);
}

void bd_names_open(struct braidd *d)
{
	struct bd_remotes_host *host = &d->remotes_host;

	host->random = d->host.random;
	host->ask = host_ask;
	host->forget = host_forget;
	host->path = host_path;
	host->lead = host_lead;
	host->data = &d->kernel;
	bd_dns_open(&d->dns, d->base, answer, d);
	bd_remotes_init(&d->remotes, &d->gate.timers, host);
}

void bd_names_close(struct braidd *d)
{
	bd_remotes_fini(&d->remotes);
	bd_dns_close(&d->dns);
}
