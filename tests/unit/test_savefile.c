// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "savefile.h"
#include "text.h"

static char folder[64], path[80];
static struct br_error err;

static json_t *object(const char *what)
{
	return json_pack("{s:s, s:s, s:[i, i]}", "kind", "checkpoint",
			 "what", what, "numbers", 1, 2);
}

static void setup(void)
{
	br_fill(folder, "/tmp/braid-savefile-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
}

static void teardown(void)
{
	char new[90];

	snprintf(new, sizeof(new), "%s.new", path);
	unlink(new);
	unlink(path);
	rmdir(folder);
}

/* What the file says it is, NULL when it is refused. */
static const char *is(char *buf, size_t size)
{
	json_t *root = br_save_read(path, "checkpoint", &err);

	if (!root)
		return NULL;
	br_copy(buf, size,
		json_string_value(json_object_get(root, "what")));
	json_decref(root);
	return buf;
}

static int save(const char *what, const struct br_save_hook *hook)
{
	json_t *root = object(what);
	int ret = br_save_write(path, root, hook, &err);

	json_decref(root);
	return ret;
}

START_TEST(what_was_saved_is_read)
{
	char buf[16];
	struct stat st;

	ck_assert_int_eq(save("one", NULL), 0);
	ck_assert_str_eq(is(buf, sizeof(buf)), "one");
	ck_assert_int_eq(save("two", NULL), 0);
	ck_assert_str_eq(is(buf, sizeof(buf)), "two");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(not_files)
{
	json_t *root = object("x");
	char buf[16];

	ck_assert_ptr_null(is(buf, sizeof(buf)));
	ck_assert_int_eq(err.code, ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_int_lt(br_save_write("/dev/null", root, NULL, &err), 0);
	ck_assert_str_eq(err.text, "/dev/null: not a regular file");
	ck_assert_int_lt(br_save_write("/nowhere/x", root, NULL, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/x"));
	ck_assert_ptr_null(br_save_read("/dev/zero", "checkpoint", &err));
	json_decref(root);
}
END_TEST

/* Refused with a sentence, and not taken for something else. */
static void refused(const char *text, size_t len, const char *how, size_t at)
{
	json_t *root;

	err.text[0] = 0;
	root = br_save_parse(text, len, "checkpoint", &err);
	ck_assert_msg(!root, "%s at byte %zu is not noticed", how, at);
	ck_assert_msg(err.text[0], "%s at byte %zu: no sentence", how, at);
}

START_TEST(every_damage_is_noticed)
{
	json_t *root = object("whole"), *again;
	size_t len, i;
	int bit;
	char *text = br_save_render(root, &len);

	ck_assert_ptr_nonnull(text);
	again = br_save_parse(text, len, "checkpoint", &err);
	ck_assert(json_equal(root, again));
	json_decref(again);
	for (i = 0; i < len; i++) {
		for (bit = 0; bit < 8; bit++) {
			text[i] ^= 1 << bit;
			refused(text, len, "a flipped bit", i);
			text[i] ^= 1 << bit;
		}
		refused(text, i, "the end", i);
	}
	free(text);
	json_decref(root);
}
END_TEST

START_TEST(more_than_was_saved_is_noticed)
{
	json_t *root = object("whole");
	size_t len;
	char *text = br_save_render(root, &len);

	text = realloc(text, len + 1);
	ck_assert_ptr_nonnull(text);
	text[len] = '\n';
	refused(text, len + 1, "another line", len);
	free(text);
	json_decref(root);
}
END_TEST

START_TEST(newer_versions_and_other_kinds)
{
	static const char newer[] = "braid-checkpoint 2 crc128 00\n\1\2\3";
	static const char other[] = "[Device]\nName = braid0\n";
	json_t *root = object("whole");
	size_t len;
	char *text = br_save_render(root, &len);

	refused(newer, sizeof(newer) - 1, "a newer version", 0);
	ck_assert_str_eq(err.text,
			 "written by a newer braid: its version is 2, this program reads versions up to 1");
	refused(other, sizeof(other) - 1, "another file", 0);
	ck_assert_ptr_nonnull(strstr(err.text, "not a file that braid saved"));
	ck_assert_ptr_null(br_save_parse(text, len, "migration", &err));
	ck_assert_str_eq(err.text, "it is a checkpoint, not a migration");
	free(text);
	json_decref(root);
}
END_TEST

/* Dies before the step whose number comes down to 0. */
static int countdown(void *data, const char *name)
{
	int *left = data;

	ck_assert_ptr_nonnull(name);
	return (*left)-- == 0;
}

START_TEST(a_crash_at_any_step_leaves_the_old_or_the_new)
{
	int left, i, ret, old = 0, new = 0;
	struct br_save_hook hook = { countdown, &left };
	char buf[16];

	for (i = 0;; i++) {
		ck_assert_int_eq(save("old", NULL), 0);
		left = i;
		ret = save("new", &hook);
		ck_assert_ptr_nonnull(is(buf, sizeof(buf)));
		if (!ret)
			break;
		old += !strcmp(buf, "old");
		new += !strcmp(buf, "new");
		/* what the dead one left is in nobody's way */
		ck_assert_int_eq(save("next", NULL), 0);
		ck_assert_str_eq(is(buf, sizeof(buf)), "next");
	}
	ck_assert_str_eq(is(buf, sizeof(buf)), "new");
	/* open, write, write more, sync, rename; then the folder */
	ck_assert_int_eq(i, 6);
	ck_assert_int_eq(old, 5);
	ck_assert_int_eq(new, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("savefile");
	TCase *t = tcase_create("savefile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_was_saved_is_read);
	tcase_add_test(t, not_files);
	tcase_add_test(t, every_damage_is_noticed);
	tcase_add_test(t, more_than_was_saved_is_noticed);
	tcase_add_test(t, newer_versions_and_other_kinds);
	tcase_add_test(t, a_crash_at_any_step_leaves_the_old_or_the_new);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return unit_run(s);
}
