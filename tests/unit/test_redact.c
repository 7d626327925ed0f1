// SPDX-License-Identifier: GPL-2.0
/*
 * What a report shows of files and logs that others have written: nothing that
 * could be a key, in whatever place it stands.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "inifile.h"
#include "kernellog.h"
#include "process.h"
#include "redact.h"
#include "text.h"

#define SECRET	"q7ZcXhW2Vb0mHkT9nYd3LfRjPs5uEaGo1iKwMxQtCv8="

static char shown[16384];

static FILE *shown_open(void)
{
	FILE *to;

	shown[0] = 0;
	to = fmemopen(shown, sizeof(shown), "w");
	ck_assert_ptr_nonnull(to);
	return to;
}

static const char *redact(const char *text)
{
	FILE *from = fmemopen((void *)text, strlen(text), "r");
	FILE *to = shown_open();

	ck_assert_ptr_nonnull(from);
	br_redact(from, TOP "/Documentation/examples/x.conf", to);
	fclose(from);
	fclose(to);
	return shown;
}

static const char *pick(const char *text)
{
	FILE *to = shown_open();

	br_kernel_log_pick(text, to);
	fclose(to);
	return shown;
}

static const char *journal(const char *line)
{
	FILE *to = shown_open();

	br_redact_journal(line, to);
	fclose(to);
	return shown;
}

START_TEST(what_is_harmless_is_shown)
{
	uint8_t public[BR_PUBLIC_LEN] = { 7 };
	char key[BR_KEY_TEXT], text[256];

	ck_assert_str_eq(redact("[Device]\nName = braid0\n\n  MTU=1400 ; low\n"),
			 "[Device]\nName = braid0\n\nMTU = 1400\n");
	ck_assert_str_eq(redact("[Path] # first\nKeepAlive: 25s\n"),
			 "[Path]\nKeepAlive = 25s\n");
	/* a file that there is, from the configuration's folder on */
	ck_assert_str_eq(redact("[Peer]\nKeyFile = hub.conf\n"),
			 "[Peer]\nKeyFile = hub.conf\n");
	snprintf(text, sizeof(text), "[Peer]\nPublicKey = %s\n",
		 br_public_text(public, key));
	ck_assert_str_eq(redact(text), text);
}
END_TEST

START_TEST(secrets_are_not)
{
	static const char *const places[] = {
		SECRET "\n", "[Peer]\n" SECRET "\n", "[" SECRET "]\n",
		"[Peer]\n[" SECRET "\n", "# " SECRET "\n", "; " SECRET "\n",
		"[Peer]\nPrivateKey = " SECRET "\n",
		"[Peer]\nKeyFile = " SECRET "\n",
		"[Device]\nPrivateKeyFile = " SECRET "\n",
		"[Device]\nPostUp = ip x key " SECRET "\n",
		"[Device]\nPreDown = curl -u me:" SECRET " https://x\n",
		"[Peer]\nPublicKey = x" SECRET "\n",
		"[Peer]\nName = site-b ; " SECRET "\n",
		"[Device]\nPresharedKey = " SECRET "\n",
		"[Nothing]\nName = " SECRET "\n",
		"Name = " SECRET "\n",
		"[Peer]\nname = " SECRET "\n",
		"\xef\xbb\xbf" SECRET "\n", "\t" SECRET,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		redact(places[i]);
		ck_assert_msg(!strstr(shown, "q7ZcXhW2"), "shown: %s from %s",
			      shown, places[i]);
		ck_assert_int_gt(strlen(shown), 0);
	}
}
END_TEST

/* Line numbers in refusals must fit what is shown. */
START_TEST(as_many_lines)
{
	const char *at = redact("# a\n\n[Peer]\nx\nName = b\nPostUp = y\n[Z]\n");
	int n = 0;

	for (; *at; at++)
		n += *at == '\n';
	ck_assert_int_eq(n, 7);
}
END_TEST

/* Each key of a file is either shown, or one of those known to be private. */
START_TEST(every_key)
{
	static const char *const private[] = {
		"PostUp", "PreDown", "PrivateKeyFile", "KeyFile", "PublicKey"
	};
	const struct br_ini_section *const *at;
	const struct br_ini_section *s;
	const struct br_ini_key *k;
	char text[128];
	bool taken;
	size_t i;

	for (at = br_config_sections; (s = *at); at++) {
		for (k = s->keys; k->name; k++) {
			snprintf(text, sizeof(text), "[%s]\n%s = some-value\n",
				 s->name, k->name);
			for (i = 0, taken = false; i < ARRAY_SIZE(private); i++)
				taken |= !strcmp(private[i], k->name);
			ck_assert_msg(!!strstr(redact(text), "some-value") ==
				      !taken, "%s: %s", k->name, shown);
		}
	}
}
END_TEST

START_TEST(of_the_journal)
{
	ck_assert_str_eq(journal("2026 gw braidd[7]: b: handshake 1 failed: no answer"),
			 "2026 gw braidd[7]: b: handshake 1 failed: no answer\n");
	journal("2026 gw braidd[7]: not reloaded: /etc/x:3: '" SECRET "' is");
	ck_assert_ptr_null(strstr(shown, SECRET));
	journal("2026 gw braidd[7]: /etc/x:3: unknown key " SECRET);
	ck_assert_ptr_null(strstr(shown, SECRET));
	ck_assert_ptr_nonnull(strstr(shown, "gw braidd[7]: (a refused"));
}
END_TEST

START_TEST(of_the_kernel_log)
{
	ck_assert_str_eq(pick("<6>[ 1.0] eth0: up\n<5>[ 2.0] braid0: up\n"),
			 "[ 2.0] braid0: up\n");
	/* a trace is about us when its middle says so */
	ck_assert_str_eq(pick("<4>[ 1.0] --[ cut here ]--\n<4>WARNING: x\n"
			      "<4>Modules: braid\n<4>--[ end trace 0 ]--\n"
			      "<6>eth0: down\n"),
			 "[ 1.0] --[ cut here ]--\nWARNING: x\n"
			 "Modules: braid\n--[ end trace 0 ]--\n");
	ck_assert_str_eq(pick("braid without an end"), "braid without an end\n");
	ck_assert_str_eq(pick(""), "");
}
END_TEST

START_TEST(programs)
{
	char *const echo[] = { "sh", "-c", "echo out; echo err >&2; exit 3",
			       NULL };
	char *const killed[] = { "sh", "-c", "kill -9 $$", NULL };
	char *const absent[] = { "there-is-no-such-program", NULL };
	char *const reads[] = { "cat", NULL };
	FILE *to = shown_open();

	ck_assert_int_eq(br_process_run(echo, to), 3);
	ck_assert_int_eq(br_process_run(killed, to), 128);
	ck_assert_int_eq(br_process_run(absent, to), -ENOENT);
	ck_assert_int_eq(br_process_run(reads, to), 0);
	fclose(to);
	ck_assert_str_eq(shown, "out\nerr\n");
}
END_TEST

START_TEST(programs_without_an_end)
{
	char *const prints[] = { "yes", NULL };
	FILE *to = tmpfile();

	ck_assert_ptr_nonnull(to);
	ck_assert_int_eq(br_process_run(prints, to), -EFBIG);
	ck_assert_int_eq(ftell(to), BR_PROCESS_BYTES);
	fclose(to);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redact");
	TCase *tc = tcase_create("redact");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_is_harmless_is_shown);
	tcase_add_test(tc, secrets_are_not);
	tcase_add_test(tc, as_many_lines);
	tcase_add_test(tc, every_key);
	tcase_add_test(tc, of_the_journal);
	tcase_add_test(tc, of_the_kernel_log);
	tcase_add_test(tc, programs);
	tcase_add_test(tc, programs_without_an_end);
	return unit_run(suite);
}
