// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>

#include "field.h"
#include "netlink.h"
#include "object.h"
#include "pathsock.h"
#include "refusal.h"
#include "text.h"

static uint64_t buffer[512];
static struct br_error err;

static struct nlmsghdr *message(void)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	return nlh;
}

START_TEST(path_goes_there_and_back)
{
	struct br_path out = { .ifindex = 7 }, in = { 0 };
	struct nlmsghdr *nlh = message();
	const struct br_type *type = &br_path_type;

	ck_assert(!br_field_parse(type, "path", &out, "wan1", &err));
	ck_assert(!br_field_parse(type, "peer", &out, "siteb", &err));
	ck_assert(!br_field_parse(type, "remote", &out, "[fd00::2]:7000",
				  &err));
	ck_assert(!br_field_parse(type, "cost", &out, "3", &err));
	ck_assert(!br_field_parse(type, "standby", &out, "yes", &err));
	ck_assert(!br_field_parse(type, "cap", &out, "20mbit", &err));
	ck_assert(br_object_put(nlh, sizeof(buffer), type, &out));
	ck_assert_msg(!br_object_get(nlh, type, &in, &err), "%s", err.text);
	ck_assert_uint_eq(in.ifindex, 7);
	ck_assert(br_has(type, &in, "dev"));
	ck_assert_str_eq(in.name, "wan1");
	ck_assert_str_eq(in.peer, "siteb");
	ck_assert_mem_eq(&in.remote, &out.remote, sizeof(in.remote));
	ck_assert_uint_eq(in.cost, 3);
	ck_assert_uint_eq(in.standby, 1);
	ck_assert_uint_eq(in.cap, 2500000);
	ck_assert(!br_has(type, &in, "cold"));
}
END_TEST

START_TEST(ports_are_big_endian)
{
	struct br_path out = { .remote.port = 0x1234 };
	struct nlmsghdr *nlh = message();
	const struct nlattr *attr;
	const uint8_t *bytes;
	int seen = 0;

	br_set_has(&br_path_type, &out, "remote");
	ck_assert(br_object_put(nlh, sizeof(buffer), &br_path_type, &out));
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		ck_assert_uint_eq(mnl_attr_get_type(attr),
				  BRAID_A_PATH_REMOTE_PORT);
		bytes = mnl_attr_get_payload(attr);
		ck_assert_uint_eq(bytes[0], 0x12);
		ck_assert_uint_eq(bytes[1], 0x34);
		seen++;
	}
	ck_assert_int_eq(seen, 1);
}
END_TEST

START_TEST(peer_with_addresses_and_counters)
{
	struct br_peer out = { .ifindex = 1 }, in = { 0 };
	struct nlmsghdr *nlh = message();
	struct nlattr *nest;
	int i;

	ck_assert(!br_field_parse(&br_peer_type, "address", &out,
				  "10.0.0.2,fd00::2,10.0.0.3", &err));
	ck_assert(br_object_put(nlh, sizeof(buffer), &br_peer_type, &out));
	for (i = 0; i < 3; i++) {
		nest = mnl_attr_nest_start(nlh, BRAID_A_PEER_COUNTER);
		mnl_attr_put_strz(nlh, BRAID_A_COUNTER_NAME, "tx-data");
		mnl_attr_put_u64(nlh, BRAID_A_COUNTER_VALUE, 1ULL << 40);
		mnl_attr_nest_end(nlh, nest);
	}
	ck_assert(!br_object_get(nlh, &br_peer_type, &in, &err));
	ck_assert_uint_eq(in.address.n, 3);
	ck_assert_mem_eq(&in.address.a[1], &out.address.a[1],
			 sizeof(out.address.a[1]));
	ck_assert_uint_eq(in.counters.n, 3);
	ck_assert_str_eq(in.counters.c[2].name, "tx-data");
	ck_assert_uint_eq(in.counters.c[2].value, 1ULL << 40);
	br_object_free(&br_peer_type, &in);
	ck_assert_ptr_null(in.counters.c);
}
END_TEST

START_TEST(more_addresses_than_fit)
{
	struct nlmsghdr *nlh = message();
	struct br_peer in = { 0 };
	int i;

	for (i = 0; i < BR_ADDRS_MAX + 5; i++)
		mnl_attr_put_u32(nlh, BRAID_A_PEER_ADDRESS4, i);
	ck_assert(!br_object_get(nlh, &br_peer_type, &in, &err));
	ck_assert_uint_eq(in.address.n, BR_ADDRS_MAX);
}
END_TEST

/* Attributes of a length that none of ours has, of every type */
START_TEST(wrong_lengths)
{
	static const struct br_type *const types[] = {
		&br_device_type, &br_socket_type, &br_peer_type,
		&br_path_type, &br_key_type, &br_policy_type, &br_event_type,
	};
	static const char zeros[64];
	uint64_t obj[512];
	unsigned int attr, len, t;
	struct nlmsghdr *nlh;

	for (t = 0; t < ARRAY_SIZE(types); t++)
		for (attr = 0; attr < 48; attr++)
			for (len = 0; len < 40; len++) {
				nlh = message();
				mnl_attr_put(nlh, attr, len, zeros);
				ck_assert_uint_le(types[t]->size, sizeof(obj));
				memset(obj, 0, sizeof(obj));
				br_object_get(nlh, types[t], obj, &err);
				br_object_free(types[t], obj);
			}
	nlh = message();
	mnl_attr_put(nlh, BRAID_A_PATH_COST, 3, zeros);
	memset(obj, 0, sizeof(obj));
	ck_assert_int_eq(br_object_get(nlh, &br_path_type, obj, &err),
			 -EBADMSG);
	ck_assert_int_eq(err.exit, BR_KERNEL);
}
END_TEST

START_TEST(strings_without_end)
{
	struct nlmsghdr *nlh = message();
	char longer[2 * BR_NAME];
	struct br_path in = { 0 };

	memset(longer, 'x', sizeof(longer));
	mnl_attr_put(nlh, BRAID_A_PATH_NAME, sizeof(longer), longer);
	mnl_attr_put(nlh, BRAID_A_PATH_PEER, 3, "abc");
	ck_assert(!br_object_get(nlh, &br_path_type, &in, &err));
	ck_assert_uint_eq(strlen(in.name), BR_NAME - 1);
	ck_assert_str_eq(in.peer, "abc");
}
END_TEST

START_TEST(too_small_a_buffer)
{
	struct br_peer out = { .ifindex = 1 };
	struct nlmsghdr *nlh = message();

	ck_assert(!br_field_parse(&br_peer_type, "address", &out,
				  "10.0.0.2,fd00::2", &err));
	ck_assert(!br_object_put(nlh, 40, &br_peer_type, &out));
}
END_TEST

/* An error as the kernel sends it: capped, with attributes behind it */
static struct nlmsghdr *refusal(int code, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nlmsgerr *e;

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = flags;
	e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));
	e->error = -code;
	e->msg.nlmsg_len = sizeof(e->msg);
	return nlh;
}

START_TEST(refusal_names_the_attribute)
{
	uint64_t other[64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(other), *nlh;
	size_t offset;

	mnl_nlmsg_put_extra_header(request, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(request, BRAID_A_PATH_IFINDEX, 1);
	offset = request->nlmsg_len;
	mnl_attr_put_u32(request, BRAID_A_PATH_COST, 1);
	nlh = refusal(ERANGE, NLM_F_ACK_TLVS | NLM_F_CAPPED);
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "too dear");
	mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, offset);
	ck_assert_int_eq(br_refusal_read(nlh, request, &br_path_type, &err),
			 -ERANGE);
	ck_assert_str_eq(err.text, "cost: too dear");
	ck_assert_int_eq(err.exit, BR_KERNEL);

	nlh = refusal(EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED);
	mnl_attr_put_u32(nlh, NLMSGERR_ATTR_MISS_TYPE, BRAID_A_PATH_NAME);
	br_refusal_read(nlh, request, &br_path_type, &err);
	ck_assert_str_eq(err.text, "path: is missing");
	mnl_attr_put_u32(nlh, NLMSGERR_ATTR_MISS_TYPE, BRAID_A_PATH_IFINDEX);
	br_refusal_read(nlh, request, &br_path_type, &err);
	ck_assert_str_eq(err.text, "dev: is missing");
}
END_TEST

START_TEST(refusal_without_words)
{
	struct nlmsghdr *nlh = refusal(ENOENT, NLM_F_CAPPED);

	ck_assert_int_eq(br_refusal_read(nlh, NULL, &br_peer_type, &err),
			 -ENOENT);
	ck_assert_str_eq(err.text, "no such peer");
	nlh = refusal(EEXIST, 0);
	br_refusal_read(nlh, NULL, &br_path_type, &err);
	ck_assert_str_eq(err.text, "this path exists already");
	nlh = refusal(EPERM, 0);
	br_refusal_read(nlh, NULL, NULL, &err);
	ck_assert_str_eq(err.text, "not permitted (needs CAP_NET_ADMIN)");
	ck_assert_int_eq(br_refusal_read(refusal(0, 0), NULL, NULL, &err), 0);
}
END_TEST

/* Lengths that point outside of the message are not followed. */
START_TEST(refusal_that_lies)
{
	struct nlmsghdr *nlh = refusal(EINVAL, NLM_F_ACK_TLVS);
	struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	e->msg.nlmsg_len = 1 << 30;
	ck_assert_int_eq(br_refusal_read(nlh, NULL, &br_path_type, &err),
			 -EINVAL);
	e->msg.nlmsg_len = 0;
	ck_assert_int_eq(br_refusal_read(nlh, NULL, &br_path_type, &err),
			 -EINVAL);
	nlh = refusal(EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED);
	mnl_attr_put(nlh, NLMSGERR_ATTR_MSG, 3, "abc");
	br_refusal_read(nlh, NULL, &br_path_type, &err);
	ck_assert_str_eq(err.text, "Invalid argument");
	nlh->nlmsg_len = NLMSG_HDRLEN + 2;
	ck_assert_int_lt(br_refusal_read(nlh, NULL, &br_path_type, &err), 0);
}
END_TEST

START_TEST(event_gaps)
{
	ck_assert_uint_eq(br_event_gap(0, 17), 0);
	ck_assert_uint_eq(br_event_gap(17, 18), 0);
	ck_assert_uint_eq(br_event_gap(17, 20), 2);
	ck_assert_uint_eq(br_event_gap(UINT32_MAX, 0), 0);
	ck_assert_uint_eq(br_event_gap(UINT32_MAX, 1), 1);
}
END_TEST

START_TEST(sockets_are_shared)
{
	struct br_socket have = { .local.port = 7000, .owner = "path" };
	struct br_socket wanted = { .has = 0 };

	have.local.addr.family = AF_INET;
	ck_assert(br_pathsock_fits(&have, &wanted));
	wanted.local.port = 7000;
	ck_assert(br_pathsock_fits(&have, &wanted));
	wanted.local.port = 7001;
	ck_assert(!br_pathsock_fits(&have, &wanted));
	wanted.local.port = 0;
	wanted.link = 3;
	ck_assert(!br_pathsock_fits(&have, &wanted));
	have.link = 3;
	ck_assert(br_pathsock_fits(&have, &wanted));
	have.fwmark = 1;
	ck_assert(!br_pathsock_fits(&have, &wanted));
	wanted.fwmark = 1;
	wanted.local.addr.family = AF_INET6;
	ck_assert(!br_pathsock_fits(&have, &wanted));
	have.local.addr.family = AF_INET6;
	ck_assert(br_pathsock_fits(&have, &wanted));
	/* a user's own socket serves only who asks for its port */
	br_fill(have.owner, "");
	ck_assert(!br_pathsock_fits(&have, &wanted));
	wanted.local.port = 7000;
	ck_assert(br_pathsock_fits(&have, &wanted));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("object");
	TCase *tc = tcase_create("object");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, path_goes_there_and_back);
	tcase_add_test(tc, ports_are_big_endian);
	tcase_add_test(tc, peer_with_addresses_and_counters);
	tcase_add_test(tc, more_addresses_than_fit);
	tcase_add_test(tc, wrong_lengths);
	tcase_add_test(tc, strings_without_end);
	tcase_add_test(tc, too_small_a_buffer);
	tcase_add_test(tc, refusal_names_the_attribute);
	tcase_add_test(tc, refusal_without_words);
	tcase_add_test(tc, refusal_that_lies);
	tcase_add_test(tc, event_gaps);
	tcase_add_test(tc, sockets_are_shared);
	return unit_run(suite);
}
