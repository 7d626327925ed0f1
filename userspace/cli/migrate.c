// SPDX-License-Identifier: GPL-2.0
/*
 * Moving a peer's traffic from one path to another. One process works at a
 * peer's migration at a time; its journal tells the next one where it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "checkpoint.h"
#include "interrupt.h"
#include "migrate.h"
#include "pathsock.h"
#include "savefile.h"
#include "text.h"
#include "verbs.h"

#define RUN		"/run/braid"

/**
 * struct work - a migration as this process sees it
 * @nl: the client
 * @m: the migration
 * @ifindex: the device
 * @journal: file of its journal
 * @lock: of the file that is locked meanwhile, -1 for none
 */
struct work {
	struct br_nl *nl;
	struct br_migration m;
	uint32_t ifindex;
	char journal[PATH_MAX];
	int lock;
};

static struct br_path named(const struct work *w, const char *name)
{
	struct br_path path = { .ifindex = w->ifindex };

	br_fill(path.peer, w->m.peer);
	br_fill(path.name, name);
	br_set_has(&br_path_type, &path, "peer");
	br_set_has(&br_path_type, &path, "path");
	return path;
}

static uint64_t op_now(void *data)
{
	struct timespec t;

	(void)data;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

static int op_get(void *data, const char *name, struct br_path *to,
		  struct br_error *err)
{
	struct work *w = data;
	struct br_path path = named(w, name);

	return br_nl_do(w->nl, BRAID_CMD_PATH_GET, &br_path_type, &path, to,
			err);
}

static int op_set(void *data, const char *name, const char *what,
		  uint8_t value, struct br_error *err)
{
	struct work *w = data;
	struct br_path path = named(w, name);

	*(uint8_t *)br_field_at(br_field_find(&br_path_type, what), &path) =
		value;
	br_set_has(&br_path_type, &path, what);
	return br_nl_do(w->nl, BRAID_CMD_PATH_SET, &br_path_type, &path, NULL,
			err);
}

static int op_probe(void *data, const char *name, struct br_error *err)
{
	struct work *w = data;
	struct br_path path = named(w, name);

	return br_nl_do(w->nl, BRAID_CMD_PATH_PROBE, &br_path_type, &path,
			NULL, err);
}

static int op_del(void *data, const char *name, struct br_error *err)
{
	struct work *w = data;
	struct br_path path = named(w, name);

	return br_pathsock_del(w->nl, &path, err);
}

static int op_journal(void *data, const struct br_migration *m,
		      struct br_error *err)
{
	struct work *w = data;
	json_t *json;
	int ret;

	if (br_migrate_over(m)) {
		if (unlink(w->journal) && errno != ENOENT)
			return br_fail(err, BR_FILE, errno, "%s: %s",
				       w->journal, strerror(errno));
		return 0;
	}
	json = br_migration_json(m);
	if (!json)
		return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	ret = br_save_write(w->journal, json, NULL, err);
	json_decref(json);
	return ret;
}

/* The namespace's cookie tells devices of the same name apart. */
static int journal_name(struct work *w, const char *given,
			struct br_error *err)
{
	struct br_device ask = { .ifindex = w->ifindex }, device = { 0 };
	int ret;

	if (given) {
		br_fill(w->journal, given);
		return 0;
	}
	ret = br_nl_do(w->nl, BRAID_CMD_DEVICE_GET, &br_device_type, &ask,
		       &device, err);
	br_object_free(&br_device_type, &device);
	if (ret)
		return ret;
	br_journal_name(w->journal, device.netns_cookie, w->ifindex,
			w->m.peer);
	if ((mkdir(RUN, 0755) && errno != EEXIST) ||
	    (mkdir(BR_JOURNALS, 0700) && errno != EEXIST))
		return br_fail(err, BR_FILE, errno, "%s: %s", BR_JOURNALS,
			       strerror(errno));
	return 0;
}

/* Two moves of one peer at once would each undo the other's. */
static int lock_take(struct work *w, struct br_error *err)
{
	char name[PATH_MAX];

	if (snprintf(name, sizeof(name), "%s.lock", w->journal) >=
	    (int)sizeof(name))
		return br_fail(err, BR_FILE, ENAMETOOLONG, "%s: too long",
			       w->journal);
	w->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (w->lock < 0)
		return br_fail(err, BR_FILE, errno, "%s: %s", name,
			       strerror(errno));
	if (!flock(w->lock, LOCK_EX | LOCK_NB))
		return 0;
	return br_fail(err, BR_KERNEL, EBUSY,
		       "another process migrates this peer right now");
}

static const struct br_migrate_ops ops = {
	.now = op_now, .get = op_get, .set = op_set, .probe = op_probe,
	.del = op_del, .journal = op_journal,
};

/* The caller closes it, whatever is returned. @o keeps w->m.ops. */
static int work_open(struct br_call *call, struct work *w,
		     struct br_migrate_ops *o)
{
	int ret;

	w->lock = -1;
	*o = ops;
	o->data = w;
	w->m.ops = o;
	br_fill(w->m.dev, br_call_text(call, "dev"));
	br_fill(w->m.peer, br_call_text(call, "peer"));
	ret = br_call_open(call, &w->ifindex, &w->nl);
	if (ret)
		return ret;
	ret = journal_name(w, br_call_text(call, "journal"), &call->err);
	return ret ? ret : lock_take(w, &call->err);
}

/* The lock's file stays: who unlinked it could not know who waits for it. */
static void work_close(struct work *w)
{
	if (w->lock >= 0)
		close(w->lock);
	if (w->nl)
		br_nl_close(w->nl);
}

/* Return: 1 when there is an unfinished one, now in w->m; 0 when there is none */
static int journal_load(struct work *w, struct br_error *err)
{
	struct br_migration m = w->m;
	json_t *json = br_save_read(w->journal, "migration", err);
	int ret;

	if (!json)
		return err->code == ENOENT ? 0 : -err->code;
	ret = br_migration_load(&m, json, err);
	json_decref(json);
	if (ret)
		return br_where(err, "%s", w->journal);
	if (strcmp(m.dev, w->m.dev) || strcmp(m.peer, w->m.peer))
		return br_fail(err, BR_FILE, EINVAL,
			       "%s: it is about peer %s of %s", w->journal,
			       m.peer, m.dev);
	w->m = m;
	return 1;
}

static void wait_us(uint32_t us)
{
	struct timespec t = {
		.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L,
	};

	nanosleep(&t, NULL);
}

/* To its end, one way or the other. */
static int run(struct work *w, struct br_error *err)
{
	struct br_error kept;
	uint32_t us;
	int ret;

	do {
		/* what is being kept already is kept to its end */
		if (br_interrupted() && !br_migrate_over(&w->m))
			br_migrate_abort(&w->m, "interrupted", &kept);
		ret = br_migrate_run(&w->m, &us, err);
		if (!ret)
			wait_us(us);
	} while (!ret);
	return ret < 0 ? ret : 0;
}

static void text_print(FILE *to, const struct br_migration *m)
{
	fprintf(to, "%s to %s: %s", m->from.name, m->to.name,
		br_migrate_steps[m->step]);
	if (m->probes)
		fprintf(to, "; %u of %u probes answered, round trip %.1f ms",
			m->answered, m->probes, m->rtt / 1e3);
	if (m->step == BR_MIGRATE_DONE)
		fprintf(to, "; %llu bytes drained in %.0f ms, %llu packets of them lost; %llu packets delivered while that was verified",
			(unsigned long long)m->left, m->drain / 1e3,
			(unsigned long long)m->lost,
			(unsigned long long)m->delivered);
	if (m->why[0])
		fprintf(to, "; %s", m->why);
	fputc('\n', to);
}

static int print(struct br_call *call, const struct br_migration *m)
{
	if (call->out.json)
		return br_json_print(&call->out, br_migration_json(m));
	text_print(call->out.file, m);
	return 0;
}

/* Runs what is in w->m and tells how it went. */
static int finish(struct br_call *call, struct work *w)
{
	int ret = run(w, &call->err);

	if (ret)
		return ret;
	ret = print(call, &w->m);
	if (!ret && w->m.step == BR_MIGRATE_ROLLED_BACK)
		ret = br_fail(&call->err, BR_KERNEL, ECANCELED,
			      "rolled back: %s", w->m.why);
	return ret;
}

/* The rule for what another process left, told on the way. */
static int leftover(struct br_call *call, struct work *w)
{
	struct br_migration before = w->m;
	int ret = journal_load(w, &call->err);

	if (ret <= 0)
		return ret;
	br_migrate_resume(&w->m);
	ret = run(w, &call->err);
	if (!ret) {
		fputs("an unfinished migration came first: ", stderr);
		text_print(stderr, &w->m);
	}
	w->m = before;
	return ret;
}

static int limits(struct br_call *call, struct br_migration *m)
{
	const char *rtt = br_call_text(call, "max-rtt");
	const char *loss = br_call_text(call, "max-loss");
	const char *old = br_call_text(call, "old");
	uint64_t value;
	int i;

	m->max_loss = BR_MIGRATE_LOSS_PPM;
	for (i = 0; old && br_migrate_thens[i]; i++)
		if (!strcmp(br_migrate_thens[i], old))
			m->then = i;
	if (rtt) {
		if (br_time_parse(rtt, &value) || !value || value > UINT32_MAX)
			return br_fail(&call->err, BR_USAGE, EINVAL,
				       "max-rtt: '%s' is not a time, such as 50ms",
				       rtt);
		m->max_rtt = value;
	}
	if (loss) {
		if (br_number_parse(loss, 100, &value))
			return br_fail(&call->err, BR_USAGE, EINVAL,
				       "max-loss: '%s' is not a percentage from 0 to 100",
				       loss);
		m->max_loss = value * 10000;
	}
	return 0;
}

static int end_name(struct br_call *call, const char *word,
		    struct br_migrate_end *end)
{
	const char *text = br_call_text(call, word);

	if (br_name_check(text))
		return br_fail(&call->err, BR_USAGE, EINVAL,
			       "%s: '%s' is not a name", word, text);
	br_fill(end->name, text);
	return 0;
}

static int where(struct br_call *call)
{
	return br_where(&call->err, "%s: peer %s", br_call_text(call, "dev"),
			br_call_text(call, "peer"));
}

int br_path_migrate(struct br_call *call)
{
	struct work w = { 0 };
	struct br_migrate_ops o;
	int ret;

	ret = end_name(call, "from", &w.m.from);
	if (!ret)
		ret = end_name(call, "to", &w.m.to);
	if (!ret)
		ret = limits(call, &w.m);
	if (ret)
		return ret;
	br_interrupt_catch();
	ret = work_open(call, &w, &o);
	if (!ret)
		ret = leftover(call, &w);
	if (!ret)
		ret = br_migrate_begin(&w.m, &call->err);
	if (!ret)
		ret = finish(call, &w);
	work_close(&w);
	return ret ? where(call) : 0;
}

/* What resume, abort and show have in common. */
static int left_over(struct br_call *call,
		     int (*act)(struct br_call *call, struct work *w))
{
	struct work w = { 0 };
	struct br_migrate_ops o;
	int ret;

	br_interrupt_catch();
	ret = work_open(call, &w, &o);
	if (!ret)
		ret = journal_load(&w, &call->err);
	if (!ret)
		ret = br_fail(&call->err, BR_KERNEL, ENOENT,
			      "no unfinished migration");
	if (ret > 0)
		ret = act(call, &w);
	work_close(&w);
	return ret ? where(call) : 0;
}

static int do_resume(struct br_call *call, struct work *w)
{
	br_migrate_resume(&w->m);
	return finish(call, w);
}

/* Asked for, so that going back is no failure. */
static int do_abort(struct br_call *call, struct work *w)
{
	int ret = br_migrate_abort(&w->m, "aborted", &call->err);

	if (!ret)
		ret = run(w, &call->err);
	return ret ? ret : print(call, &w->m);
}

static int do_show(struct br_call *call, struct work *w)
{
	return print(call, &w->m);
}

static int resume(struct br_call *call)
{
	return left_over(call, do_resume);
}

static int abort_it(struct br_call *call)
{
	return left_over(call, do_abort);
}

static int show(struct br_call *call)
{
	return left_over(call, do_show);
}

#define PEER	{ "peer", "PEER", BR_WORD_FIELD, BR_REQUIRED, NULL }
#define JOURNAL	{ "journal", "FILE", BR_WORD_FILE, 0, NULL }

const struct br_command br_migration_commands[] = {
	{
		"migration", "show", &br_peer_type,
		{ BR_WORD_THE_DEV, PEER, JOURNAL },
		show, "where a migration is that was interrupted",
	},
	{
		"migration", "resume", &br_peer_type,
		{ BR_WORD_THE_DEV, PEER, JOURNAL },
		resume, "finish it; before the switch: go back",
	},
	{
		"migration", "abort", &br_peer_type,
		{ BR_WORD_THE_DEV, PEER, JOURNAL },
		abort_it, "go back to what was before it",
	},
	{ NULL }
};
