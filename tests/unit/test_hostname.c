// SPDX-License-Identifier: GPL-2.0
/* What is taken for a name, and which names there may be. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "hostname.h"
#include "text.h"

static const struct {
	const char *text;
	const char *name;	/* NULL: refused */
	unsigned int port;
} names[] = {
	{ "gw.example.org:5000", "gw.example.org", 5000 },
	{ "gw:1", "gw", 1 }, { "A-1.b_c.:65535", "A-1.b_c.", 65535 },
	{ "1.2.3.a4:7", "1.2.3.a4", 7 }, { "xn--bcher-kva.example:9",
					   "xn--bcher-kva.example", 9 },
	{ "gw.example.org", NULL, 0 },
	{ "gw:", NULL, 0 },
	{ "gw:0", NULL, 0 },
	{ "gw:65536", NULL, 0 },
	{ "gw:x", NULL, 0 },
	{ "gw:5 ", NULL, 0 },
	{ "-gw:5", NULL, 0 },
	{ "gw-:5", NULL, 0 },
	{ "gw..org:5", NULL, 0 },
	{ ".gw:5", NULL, 0 },
	{ "g w:5", NULL, 0 },
	{ "gw.7:5", NULL, 0 },
	{ "gw;rm:5", NULL, 0 },
	{ "b\xfc:5", NULL, 0 },
};

START_TEST(parsed)
{
	const char *text = names[_i].text, *why = NULL;
	char name[BR_HOSTNAME];
	uint16_t port;
	int ret = br_hostname_parse(text, name, &port, &why);

	ck_assert(br_hostname_meant(text));
	ck_assert_msg(!ret == !!names[_i].name, "'%s'", text);
	if (ret) {
		ck_assert_ptr_nonnull(why);
		return;
	}
	ck_assert_str_eq(name, names[_i].name);
	ck_assert_uint_eq(port, names[_i].port);
}
END_TEST

START_TEST(not_meant)
{
	static const char *const addresses[] = {
		"10.0.0.1:5", "10.0.0.1", "10.0.0:5", "300.1.1.1:5", "auto",
		"auto:5", "[fd00::1]:5", "[fd00::zz]:5", "fd00::1", "fe80::z:5",
		"", ":5", "7", "10.0.0.1:abc",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++)
		ck_assert_msg(!br_hostname_meant(addresses[i]), "%s",
			      addresses[i]);
}
END_TEST

/* A label has 63 bytes at most, a name 253. */
START_TEST(lengths)
{
	char text[400], name[BR_HOSTNAME];
	const char *why;
	uint16_t port;
	int i;

	memset(text, 'a', sizeof(text));
	br_copy(text + 63, sizeof(text) - 63, ":5");
	ck_assert(!br_hostname_parse(text, name, &port, &why));
	memset(text, 'a', sizeof(text));
	br_copy(text + 64, sizeof(text) - 64, ":5");
	ck_assert(br_hostname_parse(text, name, &port, &why));
	for (i = 0; i < 253; i++)
		text[i] = i % 50 == 49 ? '.' : 'a';
	br_copy(text + 253, sizeof(text) - 253, ":5");
	ck_assert(!br_hostname_parse(text, name, &port, &why));
	br_copy(text + 253, sizeof(text) - 253, "a:5");
	ck_assert(br_hostname_parse(text, name, &port, &why));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hostname");
	TCase *tc = tcase_create("hostname");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, parsed, 0, ARRAY_SIZE(names));
	tcase_add_test(tc, not_meant);
	tcase_add_test(tc, lengths);
	return unit_run(suite);
}
