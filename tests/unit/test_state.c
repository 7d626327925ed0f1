// SPDX-License-Identifier: GPL-2.0
/* What a daemon leaves to its successor, read again, whole and damaged. */
#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "state.h"
#include "text.h"

static struct bd_gate gate;
static struct bd_session up, down;
static struct br_error err;
static char file[64];

static void setup(void)
{
	int fd;

	br_fill(file, "/tmp/braid-state-XXXXXX");
	fd = mkstemp(file);
	ck_assert_int_ge(fd, 0);
	close(fd);
	unlink(file);
	TAILQ_INIT(&gate.sessions);
	up = (struct bd_session){
		.peer = "b", .up = true, .local = 0xfffffffe, .epoch = 255,
		.client = true, .since = 5000,
	};
	bd_pattern_init(&up.place.pattern, true, 100);
	bd_pattern_gone(&up.place.pattern, 3100);
	bd_pattern_back(&up.place.pattern, true, 3150);
	down = (struct bd_session){ .peer = "c", .local = 77 };
	bd_pattern_init(&down.place.pattern, true, 100);
	bd_pattern_gone(&down.place.pattern, 4000);
	TAILQ_INSERT_TAIL(&gate.sessions, &up, node);
	TAILQ_INSERT_TAIL(&gate.sessions, &down, node);
}

static void teardown(void)
{
	unlink(file);
}

/* Whether the file says something of @peer at @now */
static bool past(const char *peer, uint64_t now, struct bd_past *p)
{
	struct bd_state state;
	bool says;

	bd_state_load(&state, file, now);
	says = bd_state_past(&state, peer, p);
	bd_state_free(&state);
	return says;
}

START_TEST(comes_back)
{
	struct bd_past p;

	ck_assert(!past("b", 6000, &p));
	ck_assert_msg(!bd_state_save(file, &gate, json_object(), &err), "%s",
		      err.text);
	ck_assert(past("b", 6500, &p));
	ck_assert_uint_eq(p.local, 0xfffffffe);
	ck_assert_uint_eq(p.epoch, 255);
	ck_assert(p.client);
	ck_assert_uint_eq(p.age, 1500);
	ck_assert(!past("d", 6500, &p));
}
END_TEST

/* How peers came and went is known on, also of one without a session. */
START_TEST(patterns)
{
	const struct bd_round *r;
	struct bd_past p;

	ck_assert(!bd_state_save(file, &gate, json_object(), &err));
	ck_assert(past("b", 6500, &p));
	ck_assert(p.pattern.here);
	ck_assert_uint_eq(p.pattern.since, 3150);
	ck_assert_uint_eq(p.pattern.n, 1);
	r = bd_pattern_round(&p.pattern, 0);
	ck_assert_uint_eq(r->here, 3000);
	ck_assert_uint_eq(r->away, 50);
	ck_assert(r->moved);
	ck_assert(past("c", 6500, &p));
	ck_assert_uint_eq(p.local, 0);
	ck_assert(!p.pattern.here);
	ck_assert_uint_eq(p.pattern.since, 4000);
	ck_assert_uint_eq(p.pattern.stayed, 3900);
	/* of a clock that has begun anew nothing can be said */
	ck_assert(past("c", 3000, &p));
	ck_assert(p.pattern.here);
	ck_assert_uint_eq(p.pattern.since, 3000);
}
END_TEST

/* After a reboot that clock begins anew. */
START_TEST(from_the_future)
{
	struct bd_past p;

	ck_assert(!bd_state_save(file, &gate, json_object(), &err));
	ck_assert(past("b", 100, &p));
	ck_assert_uint_eq(p.age, 0);
}
END_TEST

/* A bit that has changed, anywhere, and the file says nothing. */
START_TEST(damaged)
{
	char text[4096];
	struct bd_past p;
	size_t len, i;
	FILE *f;

	/* each time it is said, and so it should be */
	bd_log_open(BD_WARN, false);
	ck_assert(!bd_state_save(file, &gate, json_object(), &err));
	f = fopen(file, "re");
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_lt(len, sizeof(text));
	for (i = 0; i < 2 * len; i++) {
		f = fopen(file, "we");
		if (i < len)
			text[i] ^= 1 << i % 8;
		fwrite(text, 1, i < len ? len : i - len, f);
		fclose(f);
		if (i < len)
			text[i] ^= 1 << i % 8;
		ck_assert_msg(!past("b", 6000, &p), "%zu", i);
	}
}
END_TEST

START_TEST(nowhere)
{
	ck_assert_int_lt(bd_state_save("/nowhere/at/all", &gate, json_object(),
				       &err), 0);
	ck_assert_str_eq(err.text, "/nowhere/at/all: No such file or directory");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state");
	TCase *t = tcase_create("state");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, comes_back);
	tcase_add_test(t, patterns);
	tcase_add_test(t, from_the_future);
	tcase_add_test(t, damaged);
	tcase_add_test(t, nowhere);
	suite_add_tcase(s, t);
	return unit_run(s);
}
