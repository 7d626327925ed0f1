// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyfile.h"
#include "text.h"

static char folder[32];
static char a[64], b[64];
static struct br_error err;

static void setup(void)
{
	br_fill(folder, "/tmp/braid-test-key-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(a, sizeof(a), "%s/a", folder);
	snprintf(b, sizeof(b), "%s/b", folder);
}

static void teardown(void)
{
	unlink(a);
	unlink(b);
	rmdir(folder);
}

static void generate(void)
{
	ck_assert_msg(!br_keyfile_generate(a, b, NULL,
					   BRAID_CIPHER_CHACHA20_POLY1305,
					   &err), "%s", err.text);
}

static void slurp(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t len;

	ck_assert_ptr_nonnull(file);
	len = fread(text, 1, size - 1, file);
	text[len] = 0;
	fclose(file);
}

static void spill(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0600);
}

START_TEST(ends_fit_together)
{
	struct br_key x, y;
	struct stat st;

	umask(0);
	generate();
	ck_assert_int_eq(stat(a, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(stat(b, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_msg(!br_keyfile_take(a, &x, &err), "%s", err.text);
	ck_assert_msg(!br_keyfile_take(b, &y, &err), "%s", err.text);
	ck_assert_mem_eq(x.tx_key, y.rx_key, BRAID_KEY_LEN);
	ck_assert_mem_eq(x.rx_key, y.tx_key, BRAID_KEY_LEN);
	ck_assert_mem_ne(x.tx_key, x.rx_key, BRAID_KEY_LEN);
	ck_assert_uint_eq(x.session_local, y.session_remote);
	ck_assert_uint_eq(x.session_remote, y.session_local);
	ck_assert_uint_ne(x.session_local, 0);
	ck_assert_uint_ne(x.session_remote, 0);
	ck_assert(br_has(&br_key_type, &x, "tx-key"));
	ck_assert(br_has(&br_key_type, &x, "session-local"));
}
END_TEST

START_TEST(one_use_only)
{
	char text[2048], hex[2 * BRAID_KEY_LEN + 1];
	struct br_key key;
	int i;

	generate();
	ck_assert_int_eq(br_keyfile_check(a, &err), 0);
	ck_assert_int_eq(br_keyfile_take(a, &key, &err), 0);
	for (i = 0; i < BRAID_KEY_LEN; i++)
		sprintf(hex + 2 * i, "%02x", key.tx_key[i]);
	slurp(a, text, sizeof(text));
	ck_assert_ptr_null(strstr(text, hex));
	ck_assert_ptr_nonnull(strstr(text, "used = yes"));
	ck_assert_int_lt(br_keyfile_take(a, &key, &err), 0);
	ck_assert_int_eq(err.exit, BR_FILE);
	ck_assert_ptr_nonnull(strstr(err.text, "used already"));
	ck_assert_int_lt(br_keyfile_check(a, &err), 0);
	/* a refused take hands out nothing */
	for (i = 0; i < BRAID_KEY_LEN; i++)
		ck_assert_uint_eq(key.tx_key[i], 0);
}
END_TEST

START_TEST(files_are_not_overwritten)
{
	spill(b, "precious");
	ck_assert_int_lt(br_keyfile_generate(a, b, NULL, 0, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, b));
	ck_assert_int_lt(access(a, F_OK), 0);
	ck_assert_int_eq(access(b, F_OK), 0);
}
END_TEST

START_TEST(others_must_not_read)
{
	struct br_key key;

	generate();
	chmod(a, 0640);
	ck_assert_int_lt(br_keyfile_take(a, &key, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "mode 640"));
	chmod(a, 0604);
	ck_assert_int_lt(br_keyfile_take(a, &key, &err), 0);
	chmod(a, 0600);
	ck_assert_int_eq(br_keyfile_take(a, &key, &err), 0);
}
END_TEST

/* The next epoch of a session, out of a file that may be used already. */
START_TEST(next_epoch)
{
	struct br_key old, next, other;
	char c[64], d[64];
	int i;

	snprintf(c, sizeof(c), "%s/c", folder);
	snprintf(d, sizeof(d), "%s/d", folder);
	generate();
	ck_assert_int_lt(br_keyfile_generate(c, d, "/nowhere", 0, &err), 0);
	for (i = 0; i < 2; i++) {
		ck_assert_msg(!br_keyfile_generate(c, d, a,
						   BRAID_CIPHER_AES256_GCM,
						   &err), "%s", err.text);
		ck_assert_int_eq(br_keyfile_take(c, &next, &err), 0);
		ck_assert_int_eq(br_keyfile_take(d, &other, &err), 0);
		unlink(c);
		unlink(d);
		if (!i)
			ck_assert_int_eq(br_keyfile_take(a, &old, &err), 0);
		ck_assert_uint_eq(next.epoch, old.epoch + 1);
		ck_assert_uint_eq(other.epoch, old.epoch + 1);
		ck_assert_uint_eq(next.cipher, BRAID_CIPHER_AES256_GCM);
		ck_assert_uint_eq(other.cipher, BRAID_CIPHER_AES256_GCM);
		ck_assert_uint_eq(next.session_local, old.session_local);
		ck_assert_uint_eq(next.session_remote, old.session_remote);
		ck_assert_uint_eq(other.session_local, old.session_remote);
		ck_assert_mem_ne(next.tx_key, old.tx_key, BRAID_KEY_LEN);
		ck_assert_mem_eq(next.tx_key, other.rx_key, BRAID_KEY_LEN);
	}
	spill(b, "nonsense");
	ck_assert_int_lt(br_keyfile_generate(c, d, b, 0, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "not a key file"));
	ck_assert_int_lt(access(c, F_OK), 0);
}
END_TEST

/* Two at once: the second is refused, and the file is still good after that. */
START_TEST(one_taker_at_a_time)
{
	struct br_key key;
	int fd;

	generate();
	fd = open(a, O_RDWR);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_lt(br_keyfile_take(a, &key, &err), 0);
	close(fd);
	ck_assert_int_eq(br_keyfile_take(a, &key, &err), 0);
}
END_TEST

#define HEAD	"used = no\ncipher = aes256-gcm\nepoch = 7\n" \
		"session-local = 0x1\nsession-remote = 0x2\n"

START_TEST(no_key_files)
{
	static const char *const texts[] = {
		"", "used = no\n", "used = maybe\n", "nonsense",
		"used = no\nsession-local = 0x1\nsession-remote = 0x2\n"
		"tx-key = 00\nrx-key = 01\n",
		"used = no\nsession-local = 1\nsession-remote = 0x2\n",
		"used = no\nsession-local = 0x0\nsession-remote = 0x2\n",
		HEAD "tx-key = 00\nrx-key = 01\n",
		"used = no\ncipher = rot13\nepoch = 0\n",
		"used = no\ncipher = aes256-gcm\nepoch = 256\n",
	};
	char same[512], hex[65];
	struct br_key key;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		spill(a, texts[i]);
		ck_assert_int_lt(br_keyfile_take(a, &key, &err), 0);
		ck_assert_ptr_nonnull(strstr(err.text, "not a key file"));
	}
	/* both directions under one key would share nonces */
	memset(hex, '7', 64);
	hex[64] = 0;
	snprintf(same, sizeof(same),
		 HEAD "tx-key = %s\nrx-key = %s\n", hex, hex);
	spill(a, same);
	ck_assert_int_lt(br_keyfile_take(a, &key, &err), 0);
	hex[0] = 'g';
	snprintf(same, sizeof(same),
		 HEAD "tx-key = %s\nrx-key = %064d\n", hex, 1);
	spill(a, same);
	ck_assert_int_lt(br_keyfile_take(a, &key, &err), 0);
	hex[0] = 'f';
	snprintf(same, sizeof(same),
		 HEAD "tx-key = %s\nrx-key = %064d\n", hex, 1);
	spill(a, same);
	ck_assert_msg(!br_keyfile_take(a, &key, &err), "%s", err.text);
	ck_assert_uint_eq(key.epoch, 7);
	ck_assert_uint_eq(key.cipher, BRAID_CIPHER_AES256_GCM);
	ck_assert_int_lt(br_keyfile_take(folder, &key, &err), 0);
	ck_assert_int_lt(br_keyfile_take("/nowhere", &key, &err), 0);
}
END_TEST

/* Whatever stood behind the keys is gone with them. */
START_TEST(nothing_is_left_behind)
{
	struct br_key key;
	char text[2048];

	generate();
	slurp(a, text, sizeof(text));
	strcat(text, "# my notes: more secrets\n");
	spill(a, text);
	ck_assert_int_eq(br_keyfile_take(a, &key, &err), 0);
	slurp(a, text, sizeof(text));
	ck_assert_ptr_null(strstr(text, "notes"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("key");
	TCase *tc = tcase_create("key");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, ends_fit_together);
	tcase_add_test(tc, one_use_only);
	tcase_add_test(tc, files_are_not_overwritten);
	tcase_add_test(tc, others_must_not_read);
	tcase_add_test(tc, next_epoch);
	tcase_add_test(tc, one_taker_at_a_time);
	tcase_add_test(tc, no_key_files);
	tcase_add_test(tc, nothing_is_left_behind);
	return unit_run(suite);
}
