// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "output.h"
#include "text.h"

static struct br_error err;

struct number_case {
	const char *text;
	uint64_t value;
	bool ok;
};

static const struct number_case rates[] = {
	{ "0", 0, true },
	{ "8bit", 1, true },
	{ "20mbit", 2500000, true },
	{ "20Mbit", 2500000, true },
	{ "20mbit/s", 2500000, true },
	{ "2.5gbit", 312500000, true },
	{ "1tbit", 125000000000ULL, true },
	{ "20", 0, false },
	{ "mbit", 0, false },
	{ "-1mbit", 0, false },
	{ "1e9mbit", 0, false },
	{ "nanmbit", 0, false },
	{ "infbit", 0, false },
	{ "0x10mbit", 0, false },
	{ "20 mbit", 0, false },
	{ "20mbits", 0, false },
	{ "1.2.3mbit", 0, false },
	{ ".mbit", 0, false },
	{ "99999999999999999999tbit", 0, false },
	{ "", 0, false },
	{ "/s", 0, false },
};

START_TEST(rate)
{
	const struct number_case *c = &rates[_i];
	uint64_t value = 0;

	ck_assert_msg(!br_rate_parse(c->text, &value) == c->ok, "%s", c->text);
	if (c->ok)
		ck_assert_uint_eq(value, c->value);
}
END_TEST

static const struct number_case volumes[] = {
	{ "0", 0, true }, { "1500000", 1500000, true }, { "7B", 7, true },
	{ "20G", 20000000000ULL, true }, { "20gb", 20000000000ULL, true },
	{ "1.5k", 1500, true }, { "4GiB", 4ULL << 30, true },
	{ "4gi", 4ULL << 30, true }, { "2T", 2000000000000ULL, true },
	{ "9000000T", 0, false }, { "G", 0, false }, { "-1G", 0, false },
	{ "20 G", 0, false }, { "20Gbit", 0, false }, { "1e9", 0, false },
	{ "", 0, false },
};

START_TEST(volume)
{
	const struct number_case *c = &volumes[_i];
	uint64_t value = 0;

	ck_assert_msg(!br_volume_parse(c->text, &value) == c->ok, "%s",
		      c->text);
	if (c->ok)
		ck_assert_uint_eq(value, c->value);
}
END_TEST

static const struct number_case times[] = {
	{ "250ms", 250000, true }, { "1s", 1000000, true },
	{ "7us", 7, true }, { "1.5ms", 1500, true }, { "0", 0, true },
	{ "5", 0, false }, { "5m", 0, false }, { "ms", 0, false },
	{ "-5ms", 0, false },
};

START_TEST(duration)
{
	const struct number_case *c = &times[_i];
	uint64_t value = 0;

	ck_assert_msg(!br_time_parse(c->text, &value) == c->ok, "%s", c->text);
	if (c->ok)
		ck_assert_uint_eq(value, c->value);
}
END_TEST

static const struct number_case sizes[] = {
	{ "1k", 1024, true }, { "1.5m", 1572864, true },
	{ "10G", 10ULL << 30, true }, { "1024t", 1ULL << 50, true },
	{ "0", 0, true }, { "5", 0, false }, { "5kb", 0, false },
	{ "m", 0, false }, { "-1m", 0, false }, { "9000000t", 0, false },
};

START_TEST(size)
{
	const struct number_case *c = &sizes[_i];
	uint64_t value = 0;

	ck_assert_msg(!br_size_parse(c->text, &value) == c->ok, "%s", c->text);
	if (c->ok)
		ck_assert_uint_eq(value, c->value);
}
END_TEST

START_TEST(number)
{
	uint64_t v;

	ck_assert_int_eq(br_number_parse("10", 10, &v), 0);
	ck_assert_uint_eq(v, 10);
	ck_assert_int_eq(br_number_parse("0x1F", 255, &v), 0);
	ck_assert_uint_eq(v, 31);
	ck_assert_int_eq(br_number_parse("010", 255, &v), 0);
	ck_assert_uint_eq(v, 10);
	ck_assert_int_lt(br_number_parse("11", 10, &v), 0);
	ck_assert_int_lt(br_number_parse("-1", UINT64_MAX, &v), 0);
	ck_assert_int_lt(br_number_parse(" 1", UINT64_MAX, &v), 0);
	ck_assert_int_lt(br_number_parse("+1", UINT64_MAX, &v), 0);
	ck_assert_int_lt(br_number_parse("", UINT64_MAX, &v), 0);
	ck_assert_int_lt(br_number_parse("1x", UINT64_MAX, &v), 0);
	ck_assert_int_lt(br_number_parse("99999999999999999999", UINT64_MAX,
					 &v), 0);
}
END_TEST

START_TEST(name)
{
	ck_assert_int_eq(br_name_check("wan1"), 0);
	ck_assert_int_eq(br_name_check("0123456789012345678901234567890"), 0);
	ck_assert_int_lt(br_name_check("01234567890123456789012345678901"), 0);
	ck_assert_int_lt(br_name_check(""), 0);
	ck_assert_int_lt(br_name_check("a b"), 0);
	ck_assert_int_lt(br_name_check("a/b"), 0);
	ck_assert_int_lt(br_name_check("a,b"), 0);
	ck_assert_int_lt(br_name_check("a\nb"), 0);
	ck_assert_int_lt(br_name_check("\xc3\xa4"), 0);
}
END_TEST

START_TEST(units_as_text)
{
	char buf[BR_FIELD_TEXT];

	ck_assert_str_eq(br_rate_text(0, buf), "0 bit/s");
	ck_assert_str_eq(br_rate_text(2500000, buf), "20.0 Mbit/s");
	ck_assert_str_eq(br_rate_text(12500000, buf), "100 Mbit/s");
	ck_assert_str_eq(br_rate_text(124, buf), "992 bit/s");
	ck_assert_str_eq(br_usec_text(999, buf), "999 us");
	ck_assert_str_eq(br_usec_text(12345, buf), "12.3 ms");
	ck_assert_str_eq(br_usec_text(1500000, buf), "1.50 s");
	ck_assert_str_eq(br_age_text(61000000, buf), "1m01s");
	ck_assert_str_eq(br_age_text(7260000000ULL, buf), "2h01m");
	ck_assert_str_eq(br_age_text(90000000000ULL, buf), "1d01h");
	ck_assert_str_eq(br_bytes_text(1023, buf), "1023 B");
	ck_assert_str_eq(br_bytes_text(1536, buf), "1.5 KiB");
	ck_assert_str_eq(br_bytes_text(UINT64_MAX, buf), "16777216 TiB");
	ck_assert_str_eq(br_volume_text(999, buf), "999 B");
	ck_assert_str_eq(br_volume_text(20000000000ULL, buf), "20.0 GB");
	ck_assert_str_eq(br_volume_text(1234567, buf), "1.2 MB");
}
END_TEST

/* What is typed comes out again, as text and as JSON. */
START_TEST(parse_and_print)
{
	const struct br_type *type = &br_path_type;
	struct br_path path = { 0 };
	static const char want[] =
		"{\"cap\":2500000,\"path\":\"wan1\",\"remote\":\"[fd00::2]:4500\",\"standby\":true}";
	json_t *object;
	char *text;

	ck_assert_int_eq(br_field_parse(type, "path", &path, "wan1", &err), 0);
	ck_assert_int_eq(br_field_parse(type, "remote", &path,
					"[fd00::2]:4500", &err), 0);
	ck_assert_int_eq(br_field_parse(type, "standby", &path, "yes", &err),
			 0);
	ck_assert_int_eq(br_field_parse(type, "cap", &path, "20mbit", &err),
			 0);
	ck_assert(br_has(type, &path, "cap"));
	ck_assert(!br_has(type, &path, "cost"));
	text = br_field_text(type, br_field_find(type, "cap"), &path);
	ck_assert_str_eq(text, "20.0 Mbit/s");
	free(text);
	text = br_field_text(type, br_field_find(type, "cost"), &path);
	ck_assert_str_eq(text, "-");
	free(text);
	object = br_object_json(type, &path);
	text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	ck_assert_str_eq(text, want);
	free(text);
	json_decref(object);
}
END_TEST

START_TEST(lists)
{
	const struct br_type *type = &br_peer_type;
	struct br_peer peer = { 0 };
	char many[BR_ADDRS_MAX * 9 + 16] = "10.0.0.1";
	char *text;
	int i;

	ck_assert_int_eq(br_field_parse(type, "address", &peer,
					"10.99.0.2,fd00::2", &err), 0);
	ck_assert_uint_eq(peer.address.n, 2);
	text = br_field_text(type, br_field_find(type, "address"), &peer);
	ck_assert_str_eq(text, "10.99.0.2,fd00::2");
	free(text);
	ck_assert_int_lt(br_field_parse(type, "address", &peer, "10.0.0.1,",
					&err), 0);
	ck_assert_int_lt(br_field_parse(type, "address", &peer, ",10.0.0.1",
					&err), 0);
	ck_assert_int_lt(br_field_parse(type, "address", &peer, "", &err), 0);
	for (i = 0; i < BR_ADDRS_MAX; i++)
		strcat(many, ",1.2.3.4");
	ck_assert_int_lt(br_field_parse(type, "address", &peer, many, &err),
			 0);
	ck_assert_ptr_nonnull(strstr(err.text, "too many"));
}
END_TEST

START_TEST(refusals_name_the_keyword)
{
	struct br_peer peer = { 0 };
	struct br_path path = { 0 };

	br_field_parse(&br_peer_type, "source", &peer, "maybe", &err);
	ck_assert_str_eq(err.text,
			 "source: 'maybe' is not one of strict, any");
	br_field_parse(&br_path_type, "cap", &path, "20", &err);
	ck_assert_str_eq(err.text, "cap: '20' is not a rate with its unit (kbit, mbit, gbit)");
	br_field_parse(&br_path_type, "cost", &path, "4294967296", &err);
	ck_assert_str_eq(err.text, "cost: '4294967296' is not a number");
	br_field_parse(&br_path_type, "remote", &path, "1.2.3.4:x", &err);
	ck_assert_str_eq(err.text,
			 "remote: '1.2.3.4:x' has a port that is not a number up to 65535");
	ck_assert_int_eq(path.has, 0);
}
END_TEST

/* A secret has no way out. */
START_TEST(keys_are_not_printed)
{
	struct br_key key = { .has = ~0ULL >> (64 - br_key_type.n) };
	json_t *object;
	char *text;

	memset(key.tx_key, 'k', sizeof(key.tx_key));
	text = br_field_text(&br_key_type,
			     br_field_find(&br_key_type, "tx-key"), &key);
	ck_assert_str_eq(text, "(hidden)");
	free(text);
	object = br_object_json(&br_key_type, &key);
	ck_assert_ptr_null(json_object_get(object, "tx_key"));
	ck_assert_ptr_null(json_object_get(object, "rx_key"));
	json_decref(object);
}
END_TEST

static const struct br_type *const types[] = {
	&br_device_type, &br_socket_type, &br_peer_type, &br_path_type,
	&br_key_type, &br_policy_type, &br_event_type,
};

/* Every field of every type can be printed, empty and full, and is distinct. */
START_TEST(every_field)
{
	const struct br_type *type = types[_i];
	uint64_t *obj = calloc(1, type->size);
	struct br_list list = { .type = type, .items = (char *)obj, .n = 1 };
	struct br_output out = { .file = fopen("/dev/null", "w") };
	const char *columns[65] = { NULL };
	char key[BR_NAME];
	unsigned int i;

	ck_assert_uint_le(type->n, 64);
	for (i = 0; i < type->n; i++) {
		ck_assert_ptr_eq(br_field_find(type, type->fields[i].name),
				 &type->fields[i]);
		ck_assert_uint_le(type->fields[i].offset +
				  type->fields[i].size, type->size);
		br_field_key(&type->fields[i], key);
		columns[i] = type->fields[i].name;
	}
	ck_assert_int_eq(br_list_print(&out, &list, columns), 0);
	*obj = type->n == 64 ? ~0ULL : (1ULL << type->n) - 1;
	ck_assert_int_eq(br_list_print(&out, &list, columns), 0);
	out.json = true;
	ck_assert_int_eq(br_list_print(&out, &list, columns), 0);
	fclose(out.file);
	free(obj);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("field");
	TCase *tc = tcase_create("field");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, rate, 0, ARRAY_SIZE(rates));
	tcase_add_loop_test(tc, volume, 0, ARRAY_SIZE(volumes));
	tcase_add_loop_test(tc, duration, 0, ARRAY_SIZE(times));
	tcase_add_loop_test(tc, size, 0, ARRAY_SIZE(sizes));
	tcase_add_test(tc, number);
	tcase_add_test(tc, name);
	tcase_add_test(tc, units_as_text);
	tcase_add_test(tc, parse_and_print);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, refusals_name_the_keyword);
	tcase_add_test(tc, keys_are_not_printed);
	tcase_add_loop_test(tc, every_field, 0, ARRAY_SIZE(types));
	return unit_run(suite);
}
