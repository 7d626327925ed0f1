// SPDX-License-Identifier: GPL-2.0
/* Moving a peer's traffic from one path to another. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "interrupt.h"
#include "move.h"
#include "run.h"
#include "text.h"
#include "verbs.h"

/* The caller closes it, whatever is returned. */
static int move_open(struct br_call *call, struct br_move *move)
{
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	move->lock = -1;
	br_fill(move->m.dev, br_call_text(call, "dev"));
	br_fill(move->m.peer, br_call_text(call, "peer"));
	ret = br_call_open(call, &ifindex, &nl);
	return ret ? ret : br_move_open(move, nl, ifindex,
					br_call_text(call, "journal"),
					&call->err);
}

static void move_close(struct br_move *move)
{
	br_move_close(move);
	if (move->nl)
		br_nl_close(move->nl);
}

static void wait_us(uint32_t us)
{
	struct timespec t = {
		.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L,
	};

	nanosleep(&t, NULL);
}

/* To its end, one way or the other. */
static int run(struct br_move *move, struct br_error *err)
{
	struct br_error kept;
	uint32_t us;
	int ret;

	do {
		/* what is being kept already is kept to its end */
		if (br_interrupted() && !br_migrate_over(&move->m))
			br_migrate_abort(&move->m, "interrupted", &kept);
		ret = br_migrate_run(&move->m, &us, err);
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

/* Runs what is in move->m and tells how it went. */
static int finish(struct br_call *call, struct br_move *move)
{
	int ret = run(move, &call->err);

	if (ret)
		return ret;
	ret = print(call, &move->m);
	if (!ret && move->m.step == BR_MIGRATE_ROLLED_BACK)
		ret = br_fail(&call->err, BR_KERNEL, ECANCELED,
			      "rolled back: %s", move->m.why);
	return ret;
}

/* The rule for what another process left, told on the way. */
static int leftover(struct br_call *call, struct br_move *move)
{
	struct br_migration before = move->m;
	int ret = br_move_load(move, &call->err);

	if (ret <= 0)
		return ret;
	br_migrate_resume(&move->m);
	ret = run(move, &call->err);
	if (!ret) {
		fputs("an unfinished migration came first: ", stderr);
		text_print(stderr, &move->m);
	}
	move->m = before;
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
	struct br_move move = { 0 };
	int ret;

	ret = end_name(call, "from", &move.m.from);
	if (!ret)
		ret = end_name(call, "to", &move.m.to);
	if (!ret)
		ret = limits(call, &move.m);
	if (ret)
		return ret;
	br_interrupt_catch();
	ret = move_open(call, &move);
	if (!ret)
		ret = leftover(call, &move);
	if (!ret)
		ret = br_migrate_begin(&move.m, &call->err);
	if (!ret)
		ret = finish(call, &move);
	move_close(&move);
	return ret ? where(call) : 0;
}

/* What resume, abort and show have in common. */
static int left_over(struct br_call *call,
		     int (*act)(struct br_call *call, struct br_move *move))
{
	struct br_move move = { 0 };
	int ret;

	br_interrupt_catch();
	ret = move_open(call, &move);
	if (!ret)
		ret = br_move_load(&move, &call->err);
	if (!ret)
		ret = br_fail(&call->err, BR_KERNEL, ENOENT,
			      "no unfinished migration");
	if (ret > 0)
		ret = act(call, &move);
	move_close(&move);
	return ret ? where(call) : 0;
}

static int do_resume(struct br_call *call, struct br_move *move)
{
	br_migrate_resume(&move->m);
	return finish(call, move);
}

/* Asked for, so that going back is no failure. */
static int do_abort(struct br_call *call, struct br_move *move)
{
	int ret = br_migrate_abort(&move->m, "aborted", &call->err);

	if (!ret)
		ret = run(move, &call->err);
	return ret ? ret : print(call, &move->m);
}

static int do_show(struct br_call *call, struct br_move *move)
{
	return print(call, &move->m);
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

/* What braidd moves by itself */
static int list(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "path", "max-rtt", "max-loss", "mover",
		"mover-age", "to", "moves", "moves-failed", "mover-why", NULL
	};

	return br_call_run(call, &br_mover_type,
			   offsetof(struct br_run, movers), columns);
}

#define PEER	{ "peer", "PEER", BR_WORD_FIELD, BR_REQUIRED, NULL }
#define JOURNAL	{ "journal", "FILE", BR_WORD_FILE, 0, NULL }

const struct br_command br_migration_commands[] = {
	{
		"migration", "list", &br_mover_type,
		{
			BR_WORD_ANY_DEV,
			{ "peer", "PEER", BR_WORD_FIELD, 0, NULL },
			{ "path", "NAME", BR_WORD_FIELD, 0, NULL },
			{ "state", "FILE", BR_WORD_FILE, 0, NULL },
		},
		list, "paths that braidd gives up and takes back by their limits",
	},
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
