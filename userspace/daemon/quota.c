// SPDX-License-Identifier: GPL-2.0
#include "quota.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "log.h"
#include "savefile.h"
#include "text.h"

#define KIND		"quotas"
#define NS_PER_S	1000000000ULL

static int64_t wall_s(const struct bd_quotas *all)
{
	return all->host->wall(all->host->data) / 1000;
}

/* --- the file --- */

static json_t *quota_json(const struct bd_quota *q)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I}",
			 "peer", q->path.peer, "path", q->path.name,
			 "begin", (json_int_t)q->begin,
			 "end", (json_int_t)q->end,
			 "used", (json_int_t)q->used);
}

static void save(struct bd_quotas *all, uint64_t now)
{
	json_t *root, *paths = json_array();
	struct bd_quota *q;
	struct br_error err;
	int ret;

	TAILQ_FOREACH(q, &all->quotas, node)
		json_array_append_new(paths, quota_json(q));
	root = json_pack("{s:s, s:o}", "kind", KIND, "paths", paths);
	ret = root ? br_save_write(all->file, root, NULL, &err) :
		     br_fail(&err, BR_KERNEL, ENOMEM, "out of memory");
	json_decref(root);
	all->saved_at = now;
	if (ret && !all->failed)
		bd_log(BD_WARN, NULL, "%s: a reboot would forget what was used",
		       err.text);
	all->failed = ret;
	if (ret)
		return;
	all->due = false;
	TAILQ_FOREACH(q, &all->quotas, node)
		q->saved = q->used;
}

/* So that little is lost with the power, and a disk is not worn out. */
static bool worth_saving(const struct bd_quotas *all, uint64_t now)
{
	const bool long_ago = now - all->saved_at >= BD_QUOTA_SAVE_MS;
	const struct bd_quota *q;

	/* what cannot be written is tried again, not each second */
	if (all->failed && !long_ago)
		return false;
	if (all->due)
		return true;
	TAILQ_FOREACH(q, &all->quotas, node)
		if (q->used != q->saved &&
		    (long_ago || q->used < q->saved ||
		     q->used - q->saved >= q->limit / BD_QUOTA_PART))
			return true;
	return false;
}

static bool number_get(const json_t *from, const char *name, int64_t *to)
{
	const json_t *value = json_object_get(from, name);

	*to = json_integer_value(value);
	return json_is_integer(value) && *to >= 0;
}

/* What was known of a path is taken over, if it makes sense. */
static void quota_load(struct bd_quota *q, const json_t *root)
{
	const json_t *paths = json_object_get(root, "paths"), *one;
	const char *peer, *path;
	int64_t begin, end, used;
	size_t i;

	json_array_foreach(paths, i, one) {
		peer = json_string_value(json_object_get(one, "peer"));
		path = json_string_value(json_object_get(one, "path"));
		if (!peer || !path || strcmp(peer, q->path.peer) ||
		    strcmp(path, q->path.name) ||
		    !number_get(one, "begin", &begin) ||
		    !number_get(one, "end", &end) || end <= begin ||
		    !number_get(one, "used", &used))
			continue;
		q->begin = begin;
		q->end = end;
		q->used = used;
		q->saved = used;
	}
}

static json_t *file_read(const struct bd_quotas *all)
{
	struct br_error err;
	json_t *root = br_save_read(all->file, KIND, &err);

	if (!root && err.code != ENOENT)
		bd_log(BD_WARN, NULL, "%s: what was used before is not known",
		       err.text);
	return root;
}

/* --- one budget --- */

static void period_take(struct bd_quota *q, int64_t now)
{
	q->begin = br_period_begin(&q->period, now);
	q->end = br_period_end(&q->period, now);
	q->all->due = true;
}

/* In the kernel: what is used unless it is negative, and when that ends. */
static void kernel_set(struct bd_quota *q, int64_t used)
{
	const struct bd_quota_host *host = q->all->host;
	struct br_path set = q->path;
	struct br_error err;

	set.quota_reset = q->end * NS_PER_S;
	br_set_has(&br_path_type, &set, "quota-reset");
	if (used >= 0) {
		set.quota_used = used;
		br_set_has(&br_path_type, &set, "quota-used");
	}
	if (host->set(host->data, &set, &err))
		bd_log(BD_WARN, q->path.peer, "path %s: its budget: %s",
		       q->path.name, err.text);
}

/*
 * A path that nobody cares for is new in the kernel: what was used before that
 * is added to what it has counted since.
 */
static void quota_adopt(struct bd_quota *q, struct br_path *have, int64_t now)
{
	if (!q->end)
		period_take(q, now);
	have->quota_used += q->used;
	kernel_set(q, have->quota_used);
}

/* The kernel has gone on counting while nobody was here. */
static void quota_resume(struct bd_quota *q, const struct br_path *have)
{
	q->end = have->quota_reset / NS_PER_S;
	q->begin = br_period_begin(&q->period, q->end - 1);
	q->used = have->quota_used;
}

/*
 * A period is over. What has come since somebody last looked may be of either;
 * it counts for the new one, which errs on the side that costs nothing.
 */
static void quota_renew(struct bd_quota *q, struct br_path *have, int64_t now)
{
	have->quota_used -= have->quota_used < q->used ? have->quota_used :
							 q->used;
	period_take(q, now);
	kernel_set(q, have->quota_used);
	bd_log(BD_NOTICE, q->path.peer, "path %s: its byte budget is renewed",
	       q->path.name);
}

static void quota_say(struct bd_quota *q)
{
	bool out = q->used >= q->limit;

	if (out && !q->out)
		bd_log(BD_NOTICE, q->path.peer,
		       "path %s: its byte budget is used up", q->path.name);
	q->out = out;
}

/* A clock that is set back frees nothing: a period ends at its end. */
static void quota_look(struct bd_quota *q)
{
	const struct bd_quota_host *host = q->all->host;
	int64_t now = wall_s(q->all);
	struct br_path have = { 0 };

	if (host->get(host->data, &q->path, &have) ||
	    !br_has(&br_path_type, &have, "quota"))
		return;
	if (!have.quota_reset)
		quota_adopt(q, &have, now);
	else if (!q->end)
		quota_resume(q, &have);
	if (now >= q->end)
		quota_renew(q, &have, now);
	else if (have.quota_reset &&
		 have.quota_reset != q->end * NS_PER_S)
		kernel_set(q, -1);
	q->used = have.quota_used;
	quota_say(q);
}

/* --- all of them --- */

static void schedule(struct bd_quotas *all, uint64_t now)
{
	int64_t wall = all->host->wall(all->host->data), wait;
	int64_t least = BD_QUOTA_LOOK_MS;
	const struct bd_quota *q;

	if (TAILQ_EMPTY(&all->quotas)) {
		bd_timer_stop(all->timers, &all->timer);
		return;
	}
	TAILQ_FOREACH(q, &all->quotas, node) {
		wait = q->end * 1000 - wall;
		if (wait > 0 && wait < least)
			least = wait;
	}
	bd_timer_set(all->timers, &all->timer, now + least);
}

static void look(struct bd_quotas *all, uint64_t now)
{
	struct bd_quota *q;

	TAILQ_FOREACH(q, &all->quotas, node)
		quota_look(q);
	if (worth_saving(all, now))
		save(all, now);
	schedule(all, now);
}

static void tick(struct bd_timer *timer, uint64_t now)
{
	look(container_of(timer, struct bd_quotas, timer), now);
}

void bd_quotas_init(struct bd_quotas *all, struct bd_timers *timers,
		    const struct bd_quota_host *host, const char *file)
{
	*all = (struct bd_quotas){
		.timers = timers, .host = host, .file = file,
	};
	TAILQ_INIT(&all->quotas);
	bd_timer_init(&all->timer, tick);
}

static void forget(struct bd_quota *q)
{
	TAILQ_REMOVE(&q->all->quotas, q, node);
	q->all->due = true;
	free(q);
}

void bd_quotas_fini(struct bd_quotas *all)
{
	struct bd_quota *q;
	bool any = all->due;

	TAILQ_FOREACH(q, &all->quotas, node) {
		quota_look(q);
		any |= q->used != q->saved;
	}
	if (any)
		save(all, all->saved_at);
	bd_timer_stop(all->timers, &all->timer);
	while (!TAILQ_EMPTY(&all->quotas))
		forget(TAILQ_FIRST(&all->quotas));
}

static const struct br_config_path *wanted(const struct br_config *c,
					   const struct bd_quota *q)
{
	unsigned int i;

	for (i = 0; i < c->n_paths; i++)
		if (!strcmp(c->paths[i].path.peer, q->path.peer) &&
		    !strcmp(c->paths[i].path.name, q->path.name) &&
		    c->paths[i].path.quota)
			return &c->paths[i];
	return NULL;
}

/* The file says nothing of a budget any more; the path may have gone, too. */
static void drop(struct bd_quota *q)
{
	const struct bd_quota_host *host = q->all->host;
	struct br_path set = q->path;
	struct br_error ignored;

	br_set_has(&br_path_type, &set, "quota");
	br_set_has(&br_path_type, &set, "quota-reset");
	host->set(host->data, &set, &ignored);
	forget(q);
}

static struct bd_quota *find(struct bd_quotas *all, const struct br_path *path)
{
	struct bd_quota *q;

	TAILQ_FOREACH(q, &all->quotas, node)
		if (!strcmp(path->peer, q->path.peer) &&
		    !strcmp(path->name, q->path.name))
			return q;
	return NULL;
}

static struct bd_quota *add(struct bd_quotas *all, const struct br_path *path,
			    uint32_t ifindex, const json_t *file)
{
	struct bd_quota *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->all = all;
	q->path.ifindex = ifindex;
	br_fill(q->path.peer, path->peer);
	br_fill(q->path.name, path->name);
	br_set_has(&br_path_type, &q->path, "peer");
	br_set_has(&br_path_type, &q->path, "path");
	quota_load(q, file);
	TAILQ_INSERT_TAIL(&all->quotas, q, node);
	return q;
}

/* Another period counts on with what is used, until its own end. */
static void settle(struct bd_quota *q, const struct br_config_path *path,
		   bool reload)
{
	int64_t now = wall_s(q->all);
	bool other = q->period.kind != BR_PERIOD_NONE &&
		     memcmp(&q->period, &path->period, sizeof(q->period));

	q->limit = path->path.quota;
	q->period = path->period;
	if (other || (reload && q->end && now < q->begin))
		period_take(q, now);
}

int bd_quotas_set(struct bd_quotas *all, const struct br_config *c,
		  uint32_t ifindex, bool reload, uint64_t now)
{
	const struct br_config_path *path;
	struct bd_quota *q, *next;
	json_t *file = NULL;
	unsigned int i;
	int ret = 0;

	for (q = TAILQ_FIRST(&all->quotas); q; q = next) {
		next = TAILQ_NEXT(q, node);
		if (!wanted(c, q))
			drop(q);
	}
	for (i = 0; !ret && i < c->n_paths; i++) {
		path = &c->paths[i];
		if (!path->path.quota)
			continue;
		q = find(all, &path->path);
		if (!q && !file)
			file = file_read(all);
		if (!q)
			q = add(all, &path->path, ifindex, file);
		if (q)
			settle(q, path, reload);
		else
			ret = -ENOMEM;
	}
	json_decref(file);
	if (!TAILQ_EMPTY(&all->quotas) || all->due)
		look(all, now);
	return ret;
}
