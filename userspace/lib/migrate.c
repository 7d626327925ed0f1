// SPDX-License-Identifier: GPL-2.0
#include "migrate.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "text.h"

/* For a first answer */
#define ANSWER_US	3000000
/* Between two probes: while waiting for one, and of the train */
#define ASK_US		100000
#define TRAIN_US	50000
/* For what is under way on the old path: a link's queue and two repairs */
#define DRAIN_US	5000000
#define POLL_US		20000
/* Delivery is watched for this long at least, and for four round trips */
#define VERIFY_US	1000000
/* How long a path may be suspected before it counts as failed */
#define SUSPECT_US	200000
/* Fewer packets say nothing about losses. */
#define JUDGE_PACKETS	100
/*
 * Reports and probes go over standby paths as well, so packets are no sign of
 * data. What this end sent shows by what is under way; what the peer sends by
 * its size, which no report has on average.
 */
#define QUIET_US	500000
#define QUIET_PACKETS	25
#define REPORT_BYTES	400

/* Phases of validating */
enum { WAKE, ANSWER, SETTLE, TRAIN, JUDGE };

const char *const br_migrate_steps[] = {
	[BR_MIGRATE_VALIDATE] = "validate",
	[BR_MIGRATE_SWITCH] = "switch",
	[BR_MIGRATE_DRAIN] = "drain",
	[BR_MIGRATE_VERIFY] = "verify",
	[BR_MIGRATE_COMMIT] = "commit",
	[BR_MIGRATE_DONE] = "done",
	[BR_MIGRATE_ROLLBACK] = "rollback",
	[BR_MIGRATE_ROLLED_BACK] = "rolled-back",
	NULL
};

const char *const br_migrate_thens[] = {
	[BR_THEN_STANDBY] = "standby",
	[BR_THEN_COLD] = "cold",
	[BR_THEN_DELETE] = "delete",
	NULL
};

static uint64_t now(const struct br_migration *m)
{
	return m->ops->now(m->ops->data);
}

static int get(struct br_migration *m, const struct br_migrate_end *end,
	       struct br_path *path, struct br_error *err)
{
	int ret;

	memset(path, 0, sizeof(*path));
	ret = m->ops->get(m->ops->data, end->name, path, err);
	return ret ? br_where(err, "path %s", end->name) : 0;
}

static int set(struct br_migration *m, const struct br_migrate_end *end,
	       const char *what, uint8_t value, struct br_error *err)
{
	int ret = m->ops->set(m->ops->data, end->name, what, value, err);

	return ret ? br_where(err, "path %s", end->name) : 0;
}

static int probe(struct br_migration *m, struct br_error *err)
{
	return m->ops->probe(m->ops->data, m->to.name, err);
}

/* Written down before anything is done in the step. */
static int enter(struct br_migration *m, enum br_migrate_step step,
		 struct br_error *err)
{
	m->step = step;
	m->phase = 0;
	m->since = now(m);
	m->mark = m->since;
	return m->ops->journal(m->ops->data, m, err);
}

static void phase(struct br_migration *m, unsigned int next,
		  const struct br_path *to)
{
	m->phase = next;
	m->mark = now(m);
	m->base = *to;
}

static void say(struct br_migration *m, const char *fmt, ...) __printf(2, 3);

static void say(struct br_migration *m, const char *fmt, ...)
{
	size_t len = strlen(m->why);
	va_list ap;

	if (len && len + 2 < sizeof(m->why))
		len += snprintf(m->why + len, sizeof(m->why) - len, "; ");
	va_start(ap, fmt);
	vsnprintf(m->why + len, sizeof(m->why) - len, fmt, ap);
	va_end(ap);
}

/* Back even when the disk is full: an older entry leads back, too. */
static void back(struct br_migration *m, const char *why)
{
	struct br_error ignored;

	say(m, "%s", why);
	enter(m, BR_MIGRATE_ROLLBACK, &ignored);
}

static int check(const struct br_migration *m, const struct br_path *from,
		 struct br_error *err)
{
	if (!strcmp(m->from.name, m->to.name))
		return br_fail(err, BR_USAGE, EINVAL,
			       "from and to are the same path");
	if (from->standby || from->cold)
		return br_fail(err, BR_KERNEL, EINVAL,
			       "path %s is %s: it carries nothing that could be moved",
			       m->from.name, from->cold ? "cold" : "standby");
	return 0;
}

int br_migrate_begin(struct br_migration *m, struct br_error *err)
{
	struct br_path from, to;
	int ret;

	ret = get(m, &m->from, &from, err);
	if (!ret)
		ret = check(m, &from, err);
	if (!ret)
		ret = get(m, &m->to, &to, err);
	if (ret)
		return ret;
	m->from.standby = from.standby;
	m->from.cold = from.cold;
	m->to.standby = to.standby;
	m->to.cold = to.cold;
	m->why[0] = 0;
	return enter(m, BR_MIGRATE_VALIDATE, err);
}

/* Standby first: awake it carries nothing yet. */
static int wake(struct br_migration *m, const struct br_path *to,
		struct br_error *err)
{
	int ret = 0;

	if (m->to.cold) {
		ret = set(m, &m->to, "standby", 1, err);
		if (!ret)
			ret = set(m, &m->to, "cold", 0, err);
	}
	phase(m, ANSWER, to);
	return ret;
}

/* What is asked within the time that answers take is not counted twice. */
static uint32_t settle(const struct br_path *to)
{
	return to->srtt + 4 * to->rtt_var + ASK_US;
}

static int first_answer(struct br_migration *m, const struct br_path *to,
			uint32_t *wait_us, struct br_error *err)
{
	if (to->state == BRAID_PATH_STATE_UP) {
		*wait_us = settle(to);
		phase(m, SETTLE, to);
		return 0;
	}
	if (now(m) - m->mark > ANSWER_US)
		return br_fail(err, BR_KERNEL, EHOSTUNREACH,
			       "path %s does not answer within %d s (%s)",
			       m->to.name, ANSWER_US / 1000000, to->reason);
	*wait_us = ASK_US;
	return probe(m, err);
}

/* A slow link is not to be filled with probes: three on their way at most. */
static uint32_t spacing(const struct br_path *to)
{
	uint32_t third = (to->srtt + 4 * to->rtt_var) / 3;

	return third > TRAIN_US ? third : TRAIN_US;
}

static int train(struct br_migration *m, const struct br_path *to,
		 uint32_t *wait_us, struct br_error *err)
{
	if (m->probes < BR_MIGRATE_PROBES) {
		m->probes++;
		*wait_us = spacing(to);
		return probe(m, err);
	}
	*wait_us = settle(to);
	m->phase = JUDGE;
	return 0;
}

static int judge(struct br_migration *m, const struct br_path *to,
		 struct br_error *err)
{
	uint64_t sent = to->probes_sent - m->base.probes_sent;
	uint64_t answered = to->probes_answered - m->base.probes_answered;

	m->probes = sent;
	m->answered = answered < sent ? answered : sent;
	m->rtt = to->srtt;
	if (to->state != BRAID_PATH_STATE_UP)
		return br_fail(err, BR_KERNEL, EHOSTUNREACH,
			       "path %s is not up: %s", m->to.name, to->reason);
	if (1000000 * (sent - m->answered) > m->max_loss * sent)
		return br_fail(err, BR_KERNEL, EIO,
			       "path %s is not good enough: %u of %u probes answered",
			       m->to.name, m->answered, m->probes);
	if (m->max_rtt && m->rtt > m->max_rtt)
		return br_fail(err, BR_KERNEL, EIO,
			       "path %s is not good enough: its round trip is %u us, more than %u",
			       m->to.name, m->rtt, m->max_rtt);
	return enter(m, BR_MIGRATE_SWITCH, err);
}

static int validate(struct br_migration *m, uint32_t *wait_us,
		    struct br_error *err)
{
	struct br_path to;
	int ret = get(m, &m->to, &to, err);

	if (ret)
		return ret;
	switch (m->phase) {
	case WAKE:
		return wake(m, &to, err);
	case ANSWER:
		return first_answer(m, &to, wait_us, err);
	case SETTLE:
		m->probes = 0;
		phase(m, TRAIN, &to);
		return 0;
	case TRAIN:
		return train(m, &to, wait_us, err);
	default:
		return judge(m, &to, err);
	}
}

/* Whether the new path has failed since it was validated */
static int watch(struct br_migration *m, struct br_path *to,
		 struct br_error *err)
{
	int ret = get(m, &m->to, to, err);

	if (ret)
		return ret;
	if (to->state == BRAID_PATH_STATE_UP ||
	    (to->state == BRAID_PATH_STATE_SUSPECT &&
	     to->state_age < SUSPECT_US))
		return 0;
	return br_fail(err, BR_KERNEL, EHOSTDOWN, "path %s failed: %s",
		       m->to.name, to->reason);
}

/* The new path joins before the old one leaves: one is always there. */
static int switch_over(struct br_migration *m, struct br_error *err)
{
	struct br_path from, to;
	int ret = watch(m, &to, err);

	if (!ret)
		ret = get(m, &m->from, &from, err);
	if (!ret && to.cold)
		ret = set(m, &m->to, "cold", 0, err);
	if (!ret)
		ret = set(m, &m->to, "standby", 0, err);
	if (!ret)
		ret = set(m, &m->from, "standby", 1, err);
	if (ret)
		return ret;
	m->left = (uint64_t)from.queue_bytes + from.inflight_bytes;
	m->old = from;
	return enter(m, BR_MIGRATE_DRAIN, err);
}

static int drain_old(struct br_migration *m, uint32_t *wait_us,
		     struct br_error *err)
{
	struct br_path from, to;
	int ret = watch(m, &to, err);

	if (!ret)
		ret = get(m, &m->from, &from, err);
	if (ret)
		return ret;
	m->drain = now(m) - m->since;
	m->lost = from.lost_packets - m->old.lost_packets;
	if (!from.queue_bytes && !from.inflight_bytes)
		return enter(m, BR_MIGRATE_VERIFY, err);
	if (m->drain > DRAIN_US)
		return br_fail(err, BR_KERNEL, ETIMEDOUT,
			       "path %s does not drain: %u bytes wait, %u are under way after %d s",
			       m->from.name, from.queue_bytes,
			       from.inflight_bytes, DRAIN_US / 1000000);
	*wait_us = POLL_US;
	return 0;
}

/* Delivered is what the peer reports, or where nothing was sent, a probe. */
static int delivery(struct br_migration *m, const struct br_path *to,
		    uint64_t window, struct br_error *err)
{
	uint64_t sent = to->tx_packets - m->base.tx_packets;
	uint64_t lost = to->lost_packets - m->base.lost_packets;
	bool reported = br_has(&br_path_type, to, "loss-age") &&
			to->loss_age < window;

	if (!reported && to->probes_answered == m->base.probes_answered)
		return br_fail(err, BR_KERNEL, EIO,
			       "nothing is known to arrive over path %s",
			       m->to.name);
	if (sent >= JUDGE_PACKETS && 1000000 * lost > m->max_loss * sent)
		return br_fail(err, BR_KERNEL, EIO,
			       "path %s turned bad: %llu of %llu packets lost",
			       m->to.name, (unsigned long long)lost,
			       (unsigned long long)sent);
	m->delivered = sent > lost ? sent - lost : 0;
	return enter(m, BR_MIGRATE_COMMIT, err);
}

static int verify(struct br_migration *m, uint32_t *wait_us,
		  struct br_error *err)
{
	struct br_path to;
	uint64_t window;
	int ret = watch(m, &to, err);

	if (ret)
		return ret;
	if (!m->phase) {
		phase(m, 1, &to);
		return probe(m, err);
	}
	window = 4 * (uint64_t)to.srtt;
	if (window < VERIFY_US)
		window = VERIFY_US;
	if (now(m) - m->mark >= window)
		return delivery(m, &to, window, err);
	*wait_us = POLL_US;
	return 0;
}

static bool peer_sends(const struct br_migration *m,
		       const struct br_path *from)
{
	uint64_t packets = from->rx_packets - m->old.rx_packets;

	return packets > QUIET_PACKETS &&
	       from->rx_bytes - m->old.rx_bytes > REPORT_BYTES * packets;
}

static int retire(struct br_migration *m, const struct br_path *from,
		  struct br_error *err)
{
	if (m->used || peer_sends(m, from))
		return br_fail(err, BR_KERNEL, EBUSY, "%s still sends over it",
			       m->used ? "the policy" : "the peer");
	if (m->then == BR_THEN_DELETE)
		return m->ops->del(m->ops->data, m->from.name, err);
	return set(m, &m->from, "cold", 1, err);
}

/* From here on nothing leads back: the new path has proven itself. */
static int commit(struct br_migration *m, uint32_t *wait_us,
		  struct br_error *err)
{
	struct br_path from;
	int ret = get(m, &m->from, &from, err);

	/* deleted already, by the one who was interrupted */
	if (ret == -ENOENT || m->then == BR_THEN_STANDBY)
		return enter(m, BR_MIGRATE_DONE, err);
	if (!ret && !m->phase) {
		m->old = from;
		m->used = false;
		phase(m, 1, &from);
	}
	m->used |= from.queue_bytes || from.inflight_bytes;
	if (!ret && now(m) - m->mark < QUIET_US) {
		*wait_us = POLL_US;
		return 0;
	}
	if (!ret)
		ret = retire(m, &from, err);
	if (ret)
		say(m, "path %s stays standby: %s", m->from.name, err->text);
	return enter(m, BR_MIGRATE_DONE, err);
}

static int ends_back(struct br_migration *m, const struct br_migrate_end *end,
		     struct br_error *err)
{
	int ret = 0;

	if (end->cold)
		ret = set(m, end, "cold", 1, err);
	if (!ret)
		ret = set(m, end, "standby", end->standby, err);
	return ret == -ENOENT ? 0 : ret;
}

/*
 * The old path first, so that there is always one. Where it cannot carry, the
 * new one is kept for what it is worth.
 */
static int rollback(struct br_migration *m, struct br_error *err)
{
	struct br_path from;
	int ret = ends_back(m, &m->from, err);

	if (!ret)
		ret = get(m, &m->from, &from, err);
	if (ret && ret != -ENOENT)
		return ret;
	if (ret || from.state != BRAID_PATH_STATE_UP) {
		say(m, "path %s is no longer usable, so path %s was kept",
		    m->from.name, m->to.name);
		ret = 0;
	} else {
		ret = ends_back(m, &m->to, err);
	}
	return ret ? ret : enter(m, BR_MIGRATE_ROLLED_BACK, err);
}

static int step(struct br_migration *m, uint32_t *wait_us,
		struct br_error *err)
{
	switch (m->step) {
	case BR_MIGRATE_VALIDATE:
		return validate(m, wait_us, err);
	case BR_MIGRATE_SWITCH:
		return switch_over(m, err);
	case BR_MIGRATE_DRAIN:
		return drain_old(m, wait_us, err);
	case BR_MIGRATE_VERIFY:
		return verify(m, wait_us, err);
	case BR_MIGRATE_COMMIT:
		return commit(m, wait_us, err);
	case BR_MIGRATE_ROLLBACK:
		return rollback(m, err);
	default:
		return 0;
	}
}

int br_migrate_run(struct br_migration *m, uint32_t *wait_us,
		   struct br_error *err)
{
	enum br_migrate_step at = m->step;
	int ret;

	*wait_us = 0;
	ret = step(m, wait_us, err);
	if (br_migrate_over(m))
		return ret ? ret : 1;
	/* a journal that cannot be written is a failure as well */
	if (ret && at >= BR_MIGRATE_COMMIT)
		return ret;
	if (ret)
		back(m, err->text);
	return 0;
}

int br_migrate_abort(struct br_migration *m, const char *why,
		     struct br_error *err)
{
	if (m->step == BR_MIGRATE_COMMIT || br_migrate_over(m))
		return br_fail(err, BR_KERNEL, EBUSY,
			       "path %s has taken over already: it was verified",
			       m->to.name);
	if (m->step != BR_MIGRATE_ROLLBACK)
		back(m, why);
	return 0;
}

void br_migrate_resume(struct br_migration *m)
{
	m->phase = 0;
	m->since = now(m);
	m->mark = m->since;
	if (m->step == BR_MIGRATE_VALIDATE)
		back(m, "interrupted before the switch");
	else if (m->step == BR_MIGRATE_DRAIN || m->step == BR_MIGRATE_VERIFY)
		m->step = BR_MIGRATE_SWITCH;
}

bool br_migrate_over(const struct br_migration *m)
{
	return m->step == BR_MIGRATE_DONE || m->step == BR_MIGRATE_ROLLED_BACK;
}

static json_t *end_json(const struct br_migrate_end *end)
{
	return json_pack("{s:s, s:b, s:b}", "path", end->name,
			 "standby", end->standby, "cold", end->cold);
}

json_t *br_migration_json(const struct br_migration *m)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"kind", "migration", "dev", m->dev, "peer", m->peer,
		"from", end_json(&m->from), "to", end_json(&m->to),
		"old", br_migrate_thens[m->then],
		"max_rtt_us", (json_int_t)m->max_rtt,
		"max_loss_ppm", (json_int_t)m->max_loss,
		"step", br_migrate_steps[m->step], "why", m->why,
		"rtt_us", (json_int_t)m->rtt,
		"probes_sent", (json_int_t)m->probes,
		"probes_answered", (json_int_t)m->answered,
		"left_bytes", (json_int_t)m->left,
		"lost_packets", (json_int_t)m->lost,
		"drain_us", (json_int_t)m->drain,
		"delivered_packets", (json_int_t)m->delivered);
}

static int name_load(const json_t *json, const char *key, char *to,
		     size_t size)
{
	const char *text = json_string_value(json_object_get(json, key));

	if (!text || !*text || strlen(text) >= size)
		return -EINVAL;
	br_copy(to, size, text);
	return 0;
}

static int end_load(const json_t *json, const char *key,
		    struct br_migrate_end *end)
{
	json = json_object_get(json, key);
	end->standby = json_is_true(json_object_get(json, "standby"));
	end->cold = json_is_true(json_object_get(json, "cold"));
	return name_load(json, "path", end->name, sizeof(end->name));
}

/* Return: index of the word, -EINVAL when it is none of them */
static int word_load(const json_t *json, const char *key,
		     const char *const *words)
{
	const char *text = json_string_value(json_object_get(json, key));
	int i;

	for (i = 0; text && words[i]; i++)
		if (!strcmp(words[i], text))
			return i;
	return -EINVAL;
}

static uint32_t number_load(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

int br_migration_load(struct br_migration *m, const json_t *json,
		      struct br_error *err)
{
	const char *why = json_string_value(json_object_get(json, "why"));
	int then = word_load(json, "old", br_migrate_thens);
	int at = word_load(json, "step", br_migrate_steps);

	if (then < 0 || at < 0 || end_load(json, "from", &m->from) ||
	    end_load(json, "to", &m->to) ||
	    name_load(json, "peer", m->peer, sizeof(m->peer)) ||
	    name_load(json, "dev", m->dev, sizeof(m->dev)))
		return br_fail(err, BR_FILE, EINVAL,
			       "it names no device, peer, paths or step");
	m->then = then;
	m->step = at;
	br_fill(m->why, why ? why : "");
	m->max_rtt = number_load(json, "max_rtt_us");
	m->max_loss = number_load(json, "max_loss_ppm");
	m->rtt = number_load(json, "rtt_us");
	m->probes = number_load(json, "probes_sent");
	m->answered = number_load(json, "probes_answered");
	m->left = number_load(json, "left_bytes");
	m->lost = number_load(json, "lost_packets");
	m->drain = number_load(json, "drain_us");
	m->delivered = number_load(json, "delivered_packets");
	return 0;
}
