// SPDX-License-Identifier: GPL-2.0
/* How peers come and go, written and read again over a reboot. */
#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "habits.h"
#include "savefile.h"
#include "session.h"
#include "text.h"

static struct bd_gate gate;
static struct bd_session often, never;
static struct bd_habits habits;
static uint8_t key[BR_PUBLIC_LEN];
static char file[64];

static void setup(void)
{
	br_fill(file, "/tmp/braid-habits-XXXXXX");
	close(mkstemp(file));
	unlink(file);
	habits = (struct bd_habits){ .path = file };
	TAILQ_INIT(&gate.sessions);
	often = (struct bd_session){ .peer = "b" };
	never = (struct bd_session){ .peer = "c" };
	TAILQ_INSERT_TAIL(&gate.sessions, &often, node);
	TAILQ_INSERT_TAIL(&gate.sessions, &never, node);
	bd_pattern_init(&often.place.pattern, true, 0);
	bd_pattern_init(&never.place.pattern, true, 0);
}

static void teardown(void)
{
	unlink(file);
	bd_habits_free(&habits);
}

/* It goes after 50 s and is back after 10, from elsewhere. */
static void comes_back(uint64_t now)
{
	bd_pattern_gone(&often.place.pattern, now - 10000);
	bd_pattern_back(&often.place.pattern, true, now);
}

static bool written(void)
{
	struct stat st;
	bool there = !stat(file, &st);

	unlink(file);
	return there;
}

/* Rounds that are known of @peer after a reboot */
static struct bd_pattern known(const char *peer)
{
	json_t *root = bd_habits_load(&habits);
	struct bd_pattern p;

	bd_pattern_init(&p, false, 7);
	bd_habits_take(root, peer, key, &p);
	json_decref(root);
	return p;
}

START_TEST(over_a_reboot)
{
	const struct bd_round *r;
	struct bd_pattern p;
	int i;

	for (i = 1; i <= BD_ROUNDS + 2; i++)
		comes_back(i * 60000);
	bd_habits_save(&habits, &gate, true, 600000);
	p = known("b");
	ck_assert_uint_eq(p.n, BD_ROUNDS);
	r = bd_pattern_round(&p, 0);
	ck_assert_uint_eq(r->here, 50000);
	ck_assert_uint_eq(r->away, 10000);
	ck_assert(r->moved);
	ck_assert(!p.here);
	ck_assert_uint_eq(p.since, 7);
	ck_assert_uint_eq(known("c").n, 0);
	ck_assert_uint_eq(known("nobody").n, 0);
	key[0]++;
	ck_assert_msg(!known("b").n, "somebody else is called so now");
}
END_TEST

START_TEST(not_too_often)
{
	uint64_t now = BD_HABITS_SAVE_MS;

	comes_back(now);
	bd_habits_save(&habits, &gate, false, now);
	ck_assert(written());
	comes_back(now + 1000);
	bd_habits_save(&habits, &gate, false, now + BD_HABITS_SAVE_MS - 1);
	ck_assert(!written());
	bd_habits_save(&habits, &gate, false, now + BD_HABITS_SAVE_MS);
	ck_assert(written());
	bd_habits_save(&habits, &gate, true, now + 2 * BD_HABITS_SAVE_MS);
	ck_assert_msg(!written(), "nothing is new");
	comes_back(now + 2 * BD_HABITS_SAVE_MS);
	bd_habits_save(&habits, &gate, true, now + BD_HABITS_SAVE_MS + 1);
	ck_assert_msg(written(), "at the end at once");
}
END_TEST

/* Nothing is known of a file that is damaged, and what is no round is none. */
START_TEST(bad_files)
{
	char text[BR_KEY_TEXT];
	json_t *root = json_pack("{s:s, s:{s:{s:s, s:[[i, i, b], [s, i, b], i, [i, I, b]]}}}",
				 "kind", "habits", "peers", "b", "key",
				 br_public_text(key, text), "rounds", 1, 2, 1,
				 "x", 2, 1, 7, 1, (json_int_t)-5, 0);
	struct br_error err;
	struct bd_pattern p;
	FILE *f;

	ck_assert_ptr_nonnull(root);
	ck_assert(!br_save_write(file, root, NULL, &err));
	json_decref(root);
	p = known("b");
	ck_assert_uint_eq(p.n, 1);
	ck_assert_uint_eq(bd_pattern_round(&p, 0)->away, 2);
	f = fopen(file, "a");
	fputs(" ", f);
	fclose(f);
	ck_assert_uint_eq(known("b").n, 0);
	unlink(file);
	ck_assert_uint_eq(known("b").n, 0);
	/* what cannot be written is no reason to stop, and is tried again */
	habits.path = "/nowhere/at/all";
	comes_back(60000);
	bd_habits_save(&habits, &gate, true, 60000);
	ck_assert(habits.failed);
	habits.path = file;
	bd_habits_save(&habits, &gate, true, 60001);
	ck_assert(!habits.failed);
	ck_assert(written());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("habits");
	TCase *tc = tcase_create("habits");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, over_a_reboot);
	tcase_add_test(tc, not_too_often);
	tcase_add_test(tc, bad_files);
	return unit_run(suite);
}
