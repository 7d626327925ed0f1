// SPDX-License-Identifier: GPL-2.0
#include "movers.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "text.h"

/* What was measured longer ago tells nothing of now; of one that is away */
#define FRESH_US	(BD_MOVER_BAD_MS * 1000ULL)
#define FRESH_AWAY_US	(3 * BD_MOVER_PROBE_MS * 1000ULL)

/* A path of the same peer, NULL for none. */
static const struct br_path *path_in(const struct bd_mover *mv,
				     const struct br_list *paths,
				     const char *name)
{
	const struct br_path *path;
	unsigned int i;

	for (i = 0; i < paths->n; i++) {
		path = br_list_at(paths, i);
		if (!strcmp(path->name, name) && !strcmp(path->peer, mv->peer))
			return path;
	}
	return NULL;
}

/* Return: the reason is another one than it was, and is worth a line */
static bool say(struct bd_mover *mv, const char *format, ...)
{
	char why[BR_REASON];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	if (!strcmp(why, mv->why))
		return false;
	br_fill(mv->why, why);
	mv->all->host->changed(mv->all->host->data);
	return true;
}

static void enter(struct bd_mover *mv, enum bd_mover_state state, uint64_t now)
{
	mv->state = state;
	mv->since = now;
	mv->mark = BD_NEVER;
	mv->all->host->changed(mv->all->host->data);
}

static void set_timer(struct bd_mover *mv, uint64_t at)
{
	bd_timer_set(mv->all->timers, &mv->timer, at);
}

static bool rtt_known(const struct br_path *path, uint64_t fresh_us)
{
	return br_has(&br_path_type, path, "srtt") && path->rtt_age <= fresh_us;
}

static bool loss_known(const struct br_path *path)
{
	return br_has(&br_path_type, path, "loss-ppm") &&
	       path->loss_age <= FRESH_US;
}

/* Return: it carries, and not as it should; @why in words, without numbers that change */
static bool beyond(const struct bd_mover *mv, const struct br_path *path,
		   const char **why)
{
	if (path->state != BRAID_PATH_STATE_UP || path->standby)
		return false;
	*why = "its round trip is longer than MaxRTT";
	if (mv->max_rtt && rtt_known(path, FRESH_US) && path->srtt > mv->max_rtt)
		return true;
	*why = "it loses more than MaxLoss";
	return mv->max_loss && loss_known(path) &&
	       path->loss_ppm > mv->max_loss;
}

/*
 * What it loses is not known while it carries nothing: the probes of the migration
 * that brings it back tell.
 */
static bool well_within(const struct bd_mover *mv, const struct br_path *path)
{
	return path->state == BRAID_PATH_STATE_UP &&
	       rtt_known(path, FRESH_AWAY_US) &&
	       (!mv->max_rtt || path->srtt <= mv->max_rtt / 4 * 3);
}

/* The quickest standby path that is within the limits, NULL for none. */
static const struct br_path *spare(const struct bd_mover *mv,
				   const struct br_list *paths)
{
	const struct br_path *best = NULL, *path;
	unsigned int i;

	for (i = 0; i < paths->n; i++) {
		path = br_list_at(paths, i);
		if (strcmp(path->peer, mv->peer) ||
		    !strcmp(path->name, mv->path) || !path->standby ||
		    path->state != BRAID_PATH_STATE_UP ||
		    (mv->max_rtt && path->srtt > mv->max_rtt) ||
		    (mv->max_loss && loss_known(path) &&
		     path->loss_ppm > mv->max_loss))
			continue;
		if (!best || path->srtt < best->srtt)
			best = path;
	}
	return best;
}

/* --- a migration --- */

static void later(struct bd_mover *mv, uint64_t now)
{
	mv->retry = now + mv->wait;
	mv->wait *= 2;
	if (mv->wait > BD_MOVER_RETRY_MAX_MS)
		mv->wait = BD_MOVER_RETRY_MAX_MS;
}

static void came_to_nothing(struct bd_mover *mv, const char *why, uint64_t now)
{
	mv->failed++;
	enter(mv, mv->state == BD_MOVER_LEAVES ? BD_MOVER_STAYS : BD_MOVER_AWAY,
	      now);
	later(mv, now);
	if (say(mv, "not moved: %s", why))
		bd_log(BD_NOTICE, mv->peer, "path %s: %s", mv->path, mv->why);
}

static void went(struct bd_mover *mv, uint64_t now)
{
	mv->wait = BD_MOVER_RETRY_MS;
	if (mv->state == BD_MOVER_LEAVES) {
		mv->moves++;
		mv->probed = now;
		mv->good = mv->relapse ? 2 * mv->good : BD_MOVER_GOOD_MS;
		if (mv->good > BD_MOVER_GOOD_MAX_MS)
			mv->good = BD_MOVER_GOOD_MAX_MS;
		enter(mv, BD_MOVER_AWAY, now);
		bd_log(BD_NOTICE, mv->peer, "path %s: given up for %s: %s",
		       mv->path, mv->to, mv->why);
	} else {
		enter(mv, BD_MOVER_STAYS, now);
		bd_log(BD_NOTICE, mv->peer, "path %s: taken back from %s",
		       mv->path, mv->to);
		mv->to[0] = 0;
		mv->why[0] = 0;
	}
}

static void go_on(struct bd_mover *mv, uint64_t now)
{
	const struct bd_mover_host *host = mv->all->host;
	struct br_error err;
	char why[sizeof(err.text)];
	uint32_t wait_us;
	bool done;
	int ret;

	ret = br_migrate_run(mv->m, &wait_us, &err);
	if (!ret) {
		set_timer(mv, now + wait_us / 1000 + 1);
		return;
	}
	done = ret > 0 && mv->m->step == BR_MIGRATE_DONE;
	br_fill(why, ret < 0 ? err.text : mv->m->why);
	host->close(host->data, mv->m);
	mv->m = NULL;
	if (mv->state == BD_MOVER_BEGINS)
		bd_log(BD_NOTICE, mv->peer, "an unfinished migration was %s",
		       done ? "finished" : "undone");
	else if (done)
		went(mv, now);
	else
		came_to_nothing(mv, why, now);
	set_timer(mv, now + BD_MOVER_LOOK_MS);
}

/* Return: one may be begun, it is in @mv->m; else somebody left one, or works at one */
static bool ready(struct bd_mover *mv, uint64_t now)
{
	const struct bd_mover_host *host = mv->all->host;
	bool unfinished = false;
	struct br_error err;

	mv->m = host->open(host->data, mv->peer, &unfinished, &err);
	if (!mv->m) {
		if (say(mv, "not moved: %s", err.text))
			bd_log(BD_INFO, mv->peer, "path %s: %s", mv->path,
			       mv->why);
		set_timer(mv, now + BD_MOVER_LOOK_MS);
		return false;
	}
	if (!unfinished)
		return true;
	enter(mv, BD_MOVER_BEGINS, now);
	br_migrate_resume(mv->m);
	go_on(mv, now);
	return false;
}

/* What one end of a migration is made, in the kernel. */
static void standby_set(struct bd_mover *mv, const char *name, uint8_t value)
{
	const struct br_migrate_ops *ops = mv->m->ops;
	struct br_error err;

	/* what has gone needs nothing */
	if (ops->set(ops->data, name, "standby", value, &err) &&
	    err.code != ENOENT)
		bd_log(BD_WARN, mv->peer, "path %s: %s", name, err.text);
}

/* Without a migration: what carries instead is no more, or no longer wanted. */
static void put_back(struct bd_mover *mv, uint64_t now)
{
	const struct bd_mover_host *host = mv->all->host;

	if (!ready(mv, now))
		return;
	standby_set(mv, mv->path, 0);
	standby_set(mv, mv->to, 1);
	host->close(host->data, mv->m);
	mv->m = NULL;
	enter(mv, BD_MOVER_STAYS, now);
	say(mv, "%s", "");
	mv->to[0] = 0;
}

static void move(struct bd_mover *mv, enum bd_mover_state state,
		 const char *from, const char *to, uint64_t now)
{
	const struct bd_mover_host *host = mv->all->host;
	struct br_error err;

	if (!ready(mv, now))
		return;
	br_fill(mv->m->from.name, from);
	br_fill(mv->m->to.name, to);
	mv->m->then = BR_THEN_STANDBY;
	mv->m->max_rtt = mv->max_rtt;
	mv->m->max_loss = mv->max_loss ? mv->max_loss : BR_MIGRATE_LOSS_PPM;
	enter(mv, state, now);
	if (!br_migrate_begin(mv->m, &err)) {
		go_on(mv, now);
		return;
	}
	host->close(host->data, mv->m);
	mv->m = NULL;
	came_to_nothing(mv, err.text, now);
	set_timer(mv, now + BD_MOVER_LOOK_MS);
}

/* --- what is seen of the path --- */

static bool lasted(struct bd_mover *mv, bool is, uint64_t for_ms, uint64_t now)
{
	if (!is)
		mv->mark = BD_NEVER;
	else if (mv->mark == BD_NEVER)
		mv->mark = now;
	return is && now - mv->mark >= for_ms && now >= mv->retry;
}

static void leave(struct bd_mover *mv, const struct br_list *paths,
		  const char *why, uint64_t now)
{
	const struct br_path *to = spare(mv, paths);

	if (!to) {
		if (say(mv, "%s, and no standby path is good enough: it goes on",
			why))
			bd_log(BD_NOTICE, mv->peer, "path %s: %s", mv->path,
			       mv->why);
		return;
	}
	mv->relapse = mv->moves && now - mv->since < BD_MOVER_LAST_MS;
	br_fill(mv->to, to->name);
	say(mv, "%s", why);
	move(mv, BD_MOVER_LEAVES, mv->path, mv->to, now);
}

static void look_stays(struct bd_mover *mv, const struct br_list *paths,
		       const struct br_path *path, uint64_t now)
{
	const char *why = "";
	bool is = beyond(mv, path, &why);

	if (!is && mv->why[0]) {
		bd_log(BD_NOTICE, mv->peer, "path %s: within its limits again",
		       mv->path);
		say(mv, "%s", "");
	}
	if (lasted(mv, is, BD_MOVER_BAD_MS, now))
		leave(mv, paths, why, now);
}

static void look_away(struct bd_mover *mv, const struct br_list *paths,
		      const struct br_path *path, uint64_t now)
{
	const struct bd_mover_host *host = mv->all->host;

	/* somebody else has put it back */
	if (!path->standby) {
		enter(mv, BD_MOVER_STAYS, now);
		say(mv, "%s", "");
		return;
	}
	if (!path_in(mv, paths, mv->to)) {
		put_back(mv, now);
		return;
	}
	if (now - mv->probed >= BD_MOVER_PROBE_MS) {
		host->probe(host->data, mv->peer, mv->path);
		mv->probed = now;
	}
	if (lasted(mv, well_within(mv, path), mv->good, now))
		move(mv, BD_MOVER_RETURNS, mv->to, mv->path, now);
}

/*
 * The file says that it carries, and it does not: whoever was here before gave it up
 * for one that the file calls standby and that is not.
 */
static void look_begins(struct bd_mover *mv, const struct br_list *paths,
			const struct br_path *path, uint64_t now)
{
	const struct bd_mover_host *host = mv->all->host;
	const struct br_config *c = mv->all->config;
	const struct br_path *wanted, *to;
	unsigned int i;

	if (!ready(mv, now))
		return;
	host->close(host->data, mv->m);
	mv->m = NULL;
	enter(mv, BD_MOVER_STAYS, now);
	say(mv, "%s", "");
	for (i = 0; path->standby && i < c->n_paths; i++) {
		wanted = &c->paths[i].path;
		to = strcmp(wanted->peer, mv->peer) || !wanted->standby ?
		     NULL : path_in(mv, paths, wanted->name);
		if (!to || to->standby)
			continue;
		br_fill(mv->to, to->name);
		enter(mv, BD_MOVER_AWAY, now);
		return;
	}
}

static void look(struct bd_mover *mv, const struct br_list *paths, uint64_t now)
{
	const struct br_path *path = path_in(mv, paths, mv->path);

	if (!path)
		return;
	if (mv->state == BD_MOVER_BEGINS)
		look_begins(mv, paths, path, now);
	else if (mv->state == BD_MOVER_STAYS)
		look_stays(mv, paths, path, now);
	else
		look_away(mv, paths, path, now);
}

static void tick(struct bd_timer *timer, uint64_t now)
{
	struct bd_mover *mv = container_of(timer, struct bd_mover, timer);
	const struct bd_mover_host *host = mv->all->host;
	struct br_list paths = { 0 };

	if (mv->m) {
		go_on(mv, now);
		return;
	}
	set_timer(mv, now + BD_MOVER_LOOK_MS);
	if (!host->paths(host->data, &paths))
		look(mv, &paths, now);
	br_list_free(&paths);
}

/* --- all of them --- */

void bd_movers_init(struct bd_movers *all, struct bd_timers *timers,
		    const struct bd_mover_host *host)
{
	*all = (struct bd_movers){ .timers = timers, .host = host };
	TAILQ_INIT(&all->movers);
}

static void forget(struct bd_mover *mv)
{
	struct bd_movers *all = mv->all;

	if (mv->m)
		all->host->close(all->host->data, mv->m);
	bd_timer_stop(all->timers, &mv->timer);
	TAILQ_REMOVE(&all->movers, mv, node);
	free(mv);
}

void bd_movers_fini(struct bd_movers *all)
{
	while (!TAILQ_EMPTY(&all->movers))
		forget(TAILQ_FIRST(&all->movers));
}

/* Its limits are no more while it is being moved; what was verified is kept. */
static void undo(struct bd_mover *mv)
{
	struct br_error err;
	uint32_t wait_us;

	if (br_migrate_abort(mv->m, "its limits are no more", &err) ||
	    br_migrate_run(mv->m, &wait_us, &err) < 0)
		bd_log(BD_NOTICE, mv->peer, "path %s: %s", mv->path, err.text);
}

static bool limited(const struct br_config_path *path)
{
	return (path->max_rtt || path->max_loss) && !path->path.standby;
}

static const struct br_config_path *wanted(const struct br_config *c,
					   const struct bd_mover *mv)
{
	unsigned int i;

	for (i = 0; i < c->n_paths; i++)
		if (!strcmp(c->paths[i].path.peer, mv->peer) &&
		    !strcmp(c->paths[i].path.name, mv->path) &&
		    limited(&c->paths[i]))
			return &c->paths[i];
	return NULL;
}

static struct bd_mover *find(const struct bd_movers *all,
			     const struct br_path *path)
{
	struct bd_mover *mv;

	TAILQ_FOREACH(mv, &all->movers, node)
		if (!strcmp(path->peer, mv->peer) &&
		    !strcmp(path->name, mv->path))
			return mv;
	return NULL;
}

static struct bd_mover *add(struct bd_movers *all, const struct br_path *path,
			    uint64_t now)
{
	struct bd_mover *mv = calloc(1, sizeof(*mv));

	if (!mv)
		return NULL;
	mv->all = all;
	br_fill(mv->peer, path->peer);
	br_fill(mv->path, path->name);
	mv->since = now;
	mv->mark = BD_NEVER;
	mv->good = BD_MOVER_GOOD_MS;
	mv->wait = BD_MOVER_RETRY_MS;
	bd_timer_init(&mv->timer, tick);
	TAILQ_INSERT_TAIL(&all->movers, mv, node);
	set_timer(mv, now + BD_MOVER_LOOK_MS);
	return mv;
}

int bd_movers_set(struct bd_movers *all, const struct br_config *c,
		  uint64_t now)
{
	const struct br_config_path *path;
	struct bd_mover *mv, *next;
	unsigned int i;

	all->config = c;
	for (mv = TAILQ_FIRST(&all->movers); mv; mv = next) {
		next = TAILQ_NEXT(mv, node);
		if (wanted(c, mv))
			continue;
		if (mv->m)
			undo(mv);
		else if (mv->state == BD_MOVER_AWAY)
			put_back(mv, now);
		forget(mv);
	}
	for (i = 0; i < c->n_paths; i++) {
		path = &c->paths[i];
		if (!limited(path))
			continue;
		mv = find(all, &path->path);
		if (!mv)
			mv = add(all, &path->path, now);
		if (!mv)
			return -ENOMEM;
		mv->max_rtt = path->max_rtt;
		mv->max_loss = path->max_loss;
	}
	return 0;
}

static const char *const state_names[] = {
	[BD_MOVER_BEGINS] = "begins",
	[BD_MOVER_STAYS] = "stays",
	[BD_MOVER_LEAVES] = "leaves",
	[BD_MOVER_AWAY] = "away",
	[BD_MOVER_RETURNS] = "returns",
};

static void row_fill(const struct bd_mover *mv, uint64_t now,
		     struct br_mover *row)
{
	static const char *const names[] = {
		"peer", "path", "max-rtt", "max-loss", "mover", "mover-age",
		"to", "moves", "moves-failed", "mover-why",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		br_set_has(&br_mover_type, row, names[i]);
	br_fill(row->peer, mv->peer);
	br_fill(row->path, mv->path);
	row->max_rtt = mv->max_rtt;
	row->max_loss = mv->max_loss;
	br_fill(row->state, state_names[mv->state]);
	row->since = (now - mv->since) * 1000;
	br_fill(row->to, mv->to);
	row->moves = mv->moves;
	row->failed = mv->failed;
	br_fill(row->why, mv->why);
}

int bd_movers_rows(const struct bd_movers *all, uint64_t now,
		   struct br_list *rows)
{
	const struct bd_mover *mv;
	struct br_mover *row;

	TAILQ_FOREACH(mv, &all->movers, node) {
		row = br_list_add(rows);
		if (!row)
			return -ENOMEM;
		row_fill(mv, now, row);
	}
	return 0;
}
