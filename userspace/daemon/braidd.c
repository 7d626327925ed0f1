// SPDX-License-Identifier: GPL-2.0
#include "braidd.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "apply.h"
#include "change.h"
#include "cipher.h"
#include "log.h"
#include "moves.h"
#include "names.h"
#include "notify.h"
#include "session.h"
#include "state.h"
#include "text.h"

/* Frames or events read before anything else has its turn */
#define BATCH		64
/*
 * Changes within this time are saved together, and within so many times what it
 * takes: with thousands of peers that may be long.
 */
#define SAVE_MS		200
#define SAVE_TIMES	20
#define LOOK_S		5

uint64_t braidd_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

void braidd_rearm(struct braidd *d)
{
	uint64_t at = bd_timers_next(&d->gate.timers), now = braidd_now(), wait;
	struct timeval tv;

	if (at == BD_NEVER) {
		event_del(d->timer);
		return;
	}
	wait = at > now ? at - now : 0;
	tv.tv_sec = wait / 1000;
	tv.tv_usec = wait % 1000 * 1000;
	event_add(d->timer, &tv);
}

static void give_up(struct braidd *d)
{
	d->failed = true;
	event_base_loopbreak(d->base);
}

static void timer_over(evutil_socket_t fd, short what, void *data)
{
	struct braidd *d = data;

	(void)fd;
	(void)what;
	bd_timers_run(&d->gate.timers, braidd_now());
	braidd_rearm(d);
}

static void frame_take(struct braidd *d, const struct br_frame *f)
{
	struct bd_frame frame = {
		.receiver = f->receiver,
		.sender = f->sender,
		.attempt = f->attempt,
		.payload = f->payload.data,
		.len = f->payload.len,
		.way = { .local = f->local.addr, .remote = f->remote },
	};

	if (f->kind != BRAID_FRAME_KIND_HANDSHAKE || !frame.len)
		return;
	memcpy(frame.way.socket, f->socket, sizeof(frame.way.socket));
	bd_gate_frame(&d->gate, &frame, bd_kernel_knows(&d->kernel, &f->remote),
		      braidd_now());
}

static void frames_read(evutil_socket_t fd, short what, void *data)
{
	struct braidd *d = data;
	struct br_frame frame;
	int i, ret = 1;

	(void)fd;
	(void)what;
	for (i = 0; i < BATCH && ret == 1; i++) {
		ret = bd_kernel_frame(&d->kernel, &frame, &d->err);
		if (ret == 1)
			frame_take(d, &frame);
	}
	if (ret < 0)
		give_up(d);
	braidd_rearm(d);
}

/* Events were lost, or nothing was known yet. */
static void reach_all(struct braidd *d)
{
	struct bd_session *s;

	TAILQ_FOREACH(s, &d->gate.sessions, node)
		bd_session_reached(s, bd_kernel_reaches(&d->kernel, s->peer),
				   braidd_now());
}

static void event_take(struct braidd *d, const struct br_event *e)
{
	struct bd_session *s;

	if (e->ifindex != d->kernel.ifindex || !e->peer[0])
		return;
	s = bd_session_find(&d->gate, e->peer);
	if (!s)
		return;
	if (!strcmp(e->what, "peer-up"))
		bd_session_reached(s, true, braidd_now());
	else if (!strcmp(e->what, "peer-down"))
		bd_session_reached(s, false, braidd_now());
	else if (!strcmp(e->what, "key-soft-limit"))
		bd_session_spent(s, braidd_now());
}

static void events_read(evutil_socket_t fd, short what, void *data)
{
	struct braidd *d = data;
	struct br_event event;
	uint32_t lost = 0;
	int i, ret = 1;

	(void)fd;
	(void)what;
	for (i = 0; i < BATCH && ret == 1; i++) {
		ret = bd_kernel_event(&d->kernel, &event, &lost, &d->err);
		if (ret == 1)
			event_take(d, &event);
		if (ret == 1 && lost)
			reach_all(d);
	}
	if (ret < 0)
		give_up(d);
	braidd_rearm(d);
}

/* For whoever looks; without memory it is not told. */
static json_t *run_json(const struct braidd *d)
{
	uint64_t now = braidd_now();
	json_t *json = NULL;
	struct br_run run;

	br_run_init(&run);
	if (!bd_ports_rows(&d->ports, &d->config, now, &run.ports) &&
	    !bd_remotes_rows(&d->remotes, now, &run.lookups) &&
	    !bd_gate_rows(&d->gate, now, &run.places) &&
	    !bd_movers_rows(&d->movers, now, &run.movers))
		json = br_run_json(d->config.name, now, &run);
	br_run_free(&run);
	return json;
}

static void state_save(evutil_socket_t fd, short what, void *data)
{
	uint64_t begun = braidd_now();
	struct braidd *d = data;
	struct br_error err;

	(void)fd;
	(void)what;
	if (bd_state_save(d->files.state, &d->gate, run_json(d), &err))
		bd_log(BD_WARN, NULL, "%s: a successor will know less",
		       err.text);
	bd_habits_save(&d->habits, &d->gate, false, begun);
	d->save_ms = SAVE_TIMES * (braidd_now() - begun);
}

/* Thousands may change at once, and each writes all of them. */
static void host_changed(void *data)
{
	struct braidd *d = container_of(data, struct braidd, kernel);
	uint64_t ms = d->save_ms > SAVE_MS ? d->save_ms : SAVE_MS;
	struct timeval tv = {
		.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000,
	};

	if (!event_pending(d->save, EV_TIMEOUT, NULL))
		event_add(d->save, &tv);
}

static void look(evutil_socket_t fd, short what, void *data)
{
	struct braidd *d = data;

	(void)fd;
	(void)what;
	bd_notify("WATCHDOG=1");
	bd_scrape_retry(&d->scrape);
	if (if_nametoindex(d->config.name) == d->kernel.ifindex)
		return;
	br_fail(&d->err, BR_KERNEL, ENODEV, "%s has gone", d->config.name);
	give_up(d);
}

/* Sessions for all peers of the configuration that have none yet. */
static int sessions_add(struct braidd *d, struct br_error *err)
{
	const struct br_config *c = &d->config;
	const struct br_config_peer *p;
	struct bd_session *s;
	struct bd_state state;
	struct bd_past past;
	json_t *habits;
	unsigned int i;
	int ret = 0;

	bd_pool_set(&d->gate.pool, c->pool_size, c->hold_us / 1000,
		    braidd_now());
	bd_state_load(&state, d->files.state, braidd_now());
	habits = bd_habits_load(&d->habits);
	for (i = 0; !ret && i < c->n_peers; i++) {
		p = &c->peers[i];
		if (!p->has_public || bd_session_find(&d->gate, p->peer.name))
			continue;
		s = bd_session_new(&d->gate, p->peer.name, p->public,
				   c->rekey_us / 1000,
				   bd_state_past(&state, p->peer.name, &past) ?
				   &past : NULL, braidd_now(), err);
		if (!s) {
			ret = -err->code;
			continue;
		}
		s->place.habit = p->habit;
		if (!s->place.pattern.n)
			bd_habits_take(habits, s->peer, s->key,
				       &s->place.pattern);
	}
	json_decref(habits);
	bd_state_free(&state);
	reach_all(d);
	return ret;
}

/*
 * Sessions of peers that are no more, or that are somebody else now. The kernel
 * forgets the keys of the latter; with the former it has already.
 */
static void sessions_prune(struct braidd *d, const struct br_config *new)
{
	struct bd_session *s, *next;
	const struct br_config_peer *p;

	for (s = TAILQ_FIRST(&d->gate.sessions); s; s = next) {
		next = TAILQ_NEXT(s, node);
		p = br_config_peer_find(new, s->peer);
		if (p && p->has_public &&
		    !memcmp(p->public, s->key, BR_PUBLIC_LEN)) {
			s->rekey = new->rekey_us / 1000;
			s->place.habit = p->habit;
			continue;
		}
		bd_log(BD_NOTICE, s->peer, "is no longer cared for");
		bd_session_forget(s);
	}
}

/*
 * What is to be done with the paths of the configuration. @reload: somebody has
 * asked for it
 */
static int paths_set(struct braidd *d, bool reload, struct br_error *err)
{
	uint64_t now = braidd_now();
	int ret;

	ret = bd_ports_set(&d->ports, &d->config, d->kernel.ifindex, now);
	if (!ret)
		ret = bd_quotas_set(&d->quotas, &d->config, d->kernel.ifindex,
				    reload, now);
	if (!ret)
		ret = bd_movers_set(&d->movers, &d->config, now);
	if (!ret)
		ret = bd_remotes_set(&d->remotes, &d->config, now);
	if (ret)
		return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	host_changed(&d->kernel);
	return 0;
}

/* The new configuration is in place as far as it goes, or the old one stays. */
static int change(struct braidd *d, struct br_config *new, struct br_error *err)
{
	int ret = br_change_prune(&d->config, new, err);

	if (ret)
		return ret;
	sessions_prune(d, new);
	br_config_free(&d->config);
	d->config = *new;
	*new = (struct br_config){ 0 };
	d->gate.wants = bd_cipher_wanted(d->config.cipher);
	d->kernel.stale = true;
	bd_scrape_at(&d->scrape, &d->config.metrics);
	ret = br_apply_up(&d->config, NULL, err);
	if (!ret)
		ret = sessions_add(d, err);
	return ret ? ret : paths_set(d, true, err);
}

static void reload(evutil_socket_t fd, short what, void *data)
{
	struct braidd *d = data;
	struct br_config new;
	struct br_error err;
	int ret;

	(void)fd;
	(void)what;
	bd_notify("RELOADING=1");
	ret = br_config_read(d->files.config, &new, &err);
	if (!ret) {
		ret = change(d, &new, &err);
		br_config_free(&new);
	}
	if (ret)
		bd_log(BD_ERROR, NULL, "not reloaded: %s", err.text);
	else
		bd_log(BD_NOTICE, NULL, "reloaded");
	bd_notify("READY=1");
	braidd_rearm(d);
}

static void ended(evutil_socket_t fd, short what, void *data)
{
	struct braidd *d = data;

	(void)what;
	bd_log(BD_NOTICE, NULL, "ends by signal %d; the tunnel stays", fd);
	event_base_loopbreak(d->base);
}

static int loop_open(struct braidd *d)
{
	static const struct timeval often = { .tv_sec = LOOK_S };
	static const int signals[] = { SIGTERM, SIGINT };
	unsigned int i;

	d->base = event_base_new();
	if (!d->base)
		goto err_memory;
	d->frames = event_new(d->base, br_nl_fd(d->kernel.frames),
			      EV_READ | EV_PERSIST, frames_read, d);
	d->events = event_new(d->base, br_nl_fd(d->kernel.events),
			      EV_READ | EV_PERSIST, events_read, d);
	d->timer = event_new(d->base, -1, 0, timer_over, d);
	d->save = event_new(d->base, -1, 0, state_save, d);
	d->look = event_new(d->base, -1, EV_PERSIST, look, d);
	d->hangup = evsignal_new(d->base, SIGHUP, reload, d);
	if (!d->frames || !d->events || !d->timer || !d->save || !d->look ||
	    !d->hangup || event_add(d->hangup, NULL) ||
	    event_add(d->frames, NULL) || event_add(d->events, NULL) ||
	    event_add(d->look, &often))
		goto err_memory;
	for (i = 0; i < 2; i++) {
		d->end[i] = evsignal_new(d->base, signals[i], ended, d);
		if (!d->end[i] || event_add(d->end[i], NULL))
			goto err_memory;
	}
	return 0;

err_memory:
	return br_fail(&d->err, BR_KERNEL, ENOMEM, "out of memory");
}

static void loop_close(struct braidd *d)
{
	struct event *all[] = {
		d->frames, d->events, d->timer, d->save, d->look, d->hangup,
		d->end[0], d->end[1],
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i])
			event_free(all[i]);
	if (d->base)
		event_base_free(d->base);
}

static void metrics_begin(struct braidd *d)
{
	d->scrape = (struct bd_scrape){
		.base = d->base, .kernel = &d->kernel, .gate = &d->gate,
		.device = d->config.name, .now = braidd_now,
	};
	bd_scrape_at(&d->scrape, &d->config.metrics);
}

static int run(struct braidd *d)
{
	/* what is used up is known before there are keys to use it with */
	int ret = paths_set(d, false, &d->err);

	if (!ret)
		ret = sessions_add(d, &d->err);
	if (ret)
		return ret;
	metrics_begin(d);
	bd_log(BD_NOTICE, NULL, "%s: cares for %u peers", d->config.name,
	       d->config.n_peers);
	bd_notify("READY=1");
	braidd_rearm(d);
	event_base_dispatch(d->base);
	bd_scrape_close(&d->scrape);
	state_save(-1, 0, d);
	bd_habits_save(&d->habits, &d->gate, true, braidd_now());
	return d->failed ? -d->err.code : 0;
}

static int gate_run(struct braidd *d)
{
	struct bd_session *s;
	int ret;

	bd_kernel_host(&d->kernel, &d->host);
	d->host.changed = host_changed;
	if (bd_gate_init(&d->gate, &d->host, &d->id,
			 bd_cipher_wanted(d->config.cipher)))
		return br_fail(&d->err, BR_KERNEL, ENOMEM, "out of memory");
	bd_kernel_ports_host(&d->kernel, &d->ports_host);
	d->ports_host.changed = host_changed;
	d->remotes_host.changed = host_changed;
	bd_ports_init(&d->ports, &d->gate.timers, &d->ports_host);
	bd_kernel_quota_host(&d->kernel, &d->quota_host);
	bd_quotas_init(&d->quotas, &d->gate.timers, &d->quota_host,
		       d->files.quota);
	bd_moves_open(d);
	ret = loop_open(d);
	bd_names_open(d);
	if (!ret)
		ret = run(d);
	bd_names_close(d);
	bd_ports_fini(&d->ports);
	bd_quotas_fini(&d->quotas);
	bd_movers_fini(&d->movers);
	while ((s = TAILQ_FIRST(&d->gate.sessions)))
		bd_session_free(s);
	bd_gate_fini(&d->gate);
	loop_close(d);
	return ret;
}

static int device_run(struct braidd *d)
{
	int ret = br_apply_up(&d->config, NULL, &d->err);

	if (!ret)
		ret = bd_kernel_open(&d->kernel, d->config.name, &d->err);
	if (ret)
		return ret;
	ret = gate_run(d);
	bd_kernel_close(&d->kernel);
	return ret;
}

int braidd_run(struct braidd *d, const struct braidd_files *files)
{
	int ret;

	*d = (struct braidd){
		.files = *files,
		.habits = { .path = files->habits },
	};
	ret = br_config_read(files->config, &d->config, &d->err);
	if (ret)
		return ret;
	if (!d->config.private_key_file)
		ret = br_fail(&d->err, BR_FILE, EINVAL,
			"%s: [Device] has no PrivateKeyFile: there is nothing to do",
			files->config);
	if (!ret)
		ret = br_identity_read(d->config.private_key_file, &d->id,
				       &d->err);
	if (!ret)
		ret = device_run(d);
	bd_habits_free(&d->habits);
	br_identity_free(&d->id);
	br_config_free(&d->config);
	return ret;
}
