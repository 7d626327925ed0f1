// SPDX-License-Identifier: GPL-2.0
/*
 * What a link outside the bond is good for, found out without letting it carry
 * anything: single probes, then some trains of them, whose spacing at the other
 * end tells the rate. A cold path is woken as a standby one, so that nothing is
 * sent over it meanwhile, and put to sleep again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "interrupt.h"
#include "verbs.h"

#define COUNT		20
/* Between two probes; more where four round trips take longer */
#define SPACING_US	100000
#define WAKE_TRIES	30
/* The median of so many; each short enough for any queue. */
#define TRAINS		5
#define TRAIN_PACKETS	48

/**
 * struct test - a test under way
 * @nl: the client
 * @name: the path, by its names alone
 * @was: what it was before
 * @err: why it failed
 */
struct test {
	struct br_nl *nl;
	struct br_path name;
	struct br_path was;
	struct br_error *err;
};

static void wait_us(uint32_t us)
{
	struct timespec t = {
		.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L,
	};

	nanosleep(&t, NULL);
}

static int get(struct test *t, struct br_path *path)
{
	memset(path, 0, sizeof(*path));
	return br_nl_do(t->nl, BRAID_CMD_PATH_GET, &br_path_type, &t->name,
			path, t->err);
}

static int probe(struct test *t)
{
	return br_nl_do(t->nl, BRAID_CMD_PATH_PROBE, &br_path_type, &t->name,
			NULL, t->err);
}

static int probe_train(struct test *t)
{
	struct br_path ask = t->name;

	ask.train = TRAIN_PACKETS;
	br_set_has(&br_path_type, &ask, "train");
	return br_nl_do(t->nl, BRAID_CMD_PATH_PROBE, &br_path_type, &ask, NULL,
			t->err);
}

static int set(struct test *t, const char *what, uint8_t value)
{
	struct br_path path = t->name;

	*(uint8_t *)br_field_at(br_field_find(&br_path_type, what), &path) =
		value;
	br_set_has(&br_path_type, &path, what);
	return br_nl_do(t->nl, BRAID_CMD_PATH_SET, &br_path_type, &path, NULL,
			t->err);
}

/* Standby first: from then on it carries nothing while another path can. */
static int wake(struct test *t)
{
	int ret = 0;

	if (!t->was.standby)
		ret = set(t, "standby", 1);
	if (!ret && t->was.cold)
		ret = set(t, "cold", 0);
	return ret;
}

/* Asleep first, for the same reason. The test's own failure is told. */
static int put_back(struct test *t, int failed)
{
	struct br_error why = *t->err;
	int ret = 0;

	if (t->was.cold)
		ret = set(t, "cold", 1);
	if (!ret && !t->was.standby)
		ret = set(t, "standby", 0);
	if (failed)
		*t->err = why;
	return failed ? failed : ret;
}

/* Until it answers, or plainly does not: that is a result, too. */
static int answer_wait(struct test *t)
{
	struct br_path now;
	int i, ret = 0;

	for (i = 0; !ret && !br_interrupted() && i < WAKE_TRIES; i++) {
		ret = get(t, &now);
		if (ret || now.state == BRAID_PATH_STATE_UP)
			return ret;
		ret = probe(t);
		wait_us(SPACING_US);
	}
	return ret;
}

static uint32_t spacing(const struct br_path *now)
{
	uint32_t quarter = now->srtt / 4;

	return quarter > SPACING_US ? quarter : SPACING_US;
}

/* What is asked within the time that answers take is not to be counted twice. */
static void settle(const struct br_path *now)
{
	wait_us(now->srtt + 4 * now->rtt_var + SPACING_US);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Of those that told one; 0 when none did. */
static uint64_t median(uint64_t *capacity, unsigned int n)
{
	unsigned int unknown = 0;

	qsort(capacity, n, sizeof(*capacity), compare);
	while (unknown < n && !capacity[unknown])
		unknown++;
	return unknown < n ? capacity[(unknown + n) / 2] : 0;
}

/* A path that does not answer has no capacity: that is told by the probes. */
static int capacity(struct test *t, struct br_path *result)
{
	uint64_t found[TRAINS] = { 0 };
	struct br_path now = *result;
	int i, ret = 0;

	for (i = 0; !ret && !br_interrupted() && i < TRAINS; i++) {
		if (now.state != BRAID_PATH_STATE_UP)
			break;
		ret = probe_train(t);
		settle(&now);
		if (!ret)
			ret = get(t, &now);
		found[i] = now.capacity;
	}
	result->capacity = median(found, TRAINS);
	if (result->capacity)
		br_set_has(&br_path_type, result, "capacity");
	else
		br_unset(&br_path_type, result, "capacity");
	return ret;
}

static int singles(struct test *t, unsigned int count, struct br_path *result)
{
	struct br_path before, after;
	uint64_t sent, answered;
	int ret;

	ret = get(t, &before);
	if (ret)
		return ret;
	settle(&before);
	ret = get(t, &before);
	for (; !ret && !br_interrupted() && count; count--) {
		ret = probe(t);
		wait_us(spacing(&before));
	}
	settle(&before);
	if (!ret)
		ret = get(t, &after);
	if (ret)
		return ret;
	sent = after.probes_sent - before.probes_sent;
	answered = after.probes_answered - before.probes_answered;
	*result = after;
	result->probes_sent = sent;
	result->probes_answered = answered < sent ? answered : sent;
	if (sent)
		result->loss_ppm = 1000000 * (sent - result->probes_answered) /
				   sent;
	return 0;
}

static int refuse(struct test *t)
{
	struct br_peer ask = { .ifindex = t->name.ifindex }, peer = { 0 };
	bool key;
	int ret;

	memcpy(ask.name, t->name.peer, sizeof(ask.name));
	br_set_has(&br_peer_type, &ask, "peer");
	ret = br_nl_do(t->nl, BRAID_CMD_PEER_GET, &br_peer_type, &ask, &peer,
		       t->err);
	key = peer.session_local;
	br_object_free(&br_peer_type, &peer);
	if (ret)
		return ret;
	if (!key)
		return br_fail(t->err, BR_KERNEL, ENOKEY,
			       "the peer has no key, nothing can be sent");
	if (!t->was.standby && !t->was.cold)
		return br_fail(t->err, BR_KERNEL, EBUSY,
			"it is in the bond, where it is measured all the time (path show); make it standby or cold first");
	return 0;
}

static int run(struct test *t, unsigned int count, struct br_path *result)
{
	int ret = get(t, &t->was);

	if (!ret)
		ret = refuse(t);
	if (ret)
		return ret;
	br_interrupt_catch();
	ret = wake(t);
	if (!ret)
		ret = answer_wait(t);
	if (!ret)
		ret = singles(t, count, result);
	if (!ret)
		ret = capacity(t, result);
	ret = put_back(t, ret);
	if (!ret && br_interrupted())
		ret = br_fail(t->err, BR_KERNEL, EINTR, "interrupted");
	return ret;
}

static int print(struct br_call *call, const struct br_path *result)
{
	static const char *const columns[] = {
		"dev", "peer", "path", "probes-sent", "probes-answered",
		"loss-ppm", "min-rtt", "srtt", "jitter", "pmtu",
		"capacity", NULL
	};
	struct br_list list = { .type = &br_path_type };
	struct br_path *row = br_list_add(&list);
	int ret = -ENOMEM;

	if (row) {
		*row = *result;
		ret = br_list_print(&call->out, &list, columns);
	}
	br_list_free(&list);
	return ret;
}

int br_path_test(struct br_call *call)
{
	struct test t = { .err = &call->err };
	struct br_path result;
	const char *count = br_call_text(call, "count");
	uint32_t ifindex;
	int ret;

	ret = br_call_device(call, &ifindex);
	if (ret)
		return ret;
	t.name = *(struct br_path *)call->object;
	t.nl = br_nl_open(&call->err);
	if (!t.nl)
		return -call->err.code;
	ret = run(&t, count ? atoi(count) : COUNT, &result);
	br_nl_close(t.nl);
	if (ret)
		return br_where(&call->err, "%s: peer %s: path %s",
				br_call_text(call, "dev"), t.name.peer,
				t.name.name);
	return print(call, &result);
}
