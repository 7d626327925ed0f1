// SPDX-License-Identifier: GPL-2.0
#include "object.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

static bool addr_put(struct nlmsghdr *nlh, size_t room,
		     const struct br_field *f, const struct br_addr *addr)
{
	uint16_t attr = addr->family == AF_INET6 ? f->attr6 : f->attr;

	return !br_addr_len(addr) ||
	       mnl_attr_put_check(nlh, room, attr, br_addr_len(addr),
				  &addr->v6);
}

static bool endpoint_put(struct nlmsghdr *nlh, size_t room,
			 const struct br_field *f,
			 const struct br_endpoint *end)
{
	if (!addr_put(nlh, room, f, &end->addr))
		return false;
	return !end->port ||
	       mnl_attr_put_u16_check(nlh, room, f->attr_port,
				      htons(end->port));
}

static bool addrs_put(struct nlmsghdr *nlh, size_t room,
		      const struct br_field *f, const struct br_addrs *addrs)
{
	unsigned int i;

	for (i = 0; i < addrs->n; i++)
		if (!addr_put(nlh, room, f, &addrs->a[i]))
			return false;
	return true;
}

static bool blob_put(struct nlmsghdr *nlh, size_t room,
		     const struct br_field *f, const struct br_blob *blob)
{
	return mnl_attr_put_check(nlh, room, f->attr, blob->len, blob->data);
}

/* Counters, sentences and times come from the kernel only. */
static bool field_put(struct nlmsghdr *nlh, size_t room,
		      const struct br_field *f, const void *at)
{
	switch (f->kind) {
	case BR_ENDPOINT:
		return endpoint_put(nlh, room, f, at);
	case BR_ADDRS:
		return addrs_put(nlh, room, f, at);
	case BR_COUNTERS:
	case BR_DURATIONS:
		return true;
	case BR_BLOB:
		return blob_put(nlh, room, f, at);
	case BR_STRING:
	case BR_WORDS:
		return mnl_attr_put_strz_check(nlh, room, f->attr, at);
	default:
		return mnl_attr_put_check(nlh, room, f->attr, f->size, at);
	}
}

/* Every struct but br_policy's use has the device right after "has". */
static uint32_t *device_of(const void *obj)
{
	return (uint32_t *)((char *)obj + sizeof(uint64_t));
}

bool br_object_put(struct nlmsghdr *nlh, size_t room,
		   const struct br_type *type, const void *obj)
{
	uint64_t has = *(const uint64_t *)obj;
	const struct br_field *f;
	unsigned int i;

	if (type->ifindex && *device_of(obj) &&
	    !mnl_attr_put_u32_check(nlh, room, type->ifindex, *device_of(obj)))
		return false;
	for (i = 0; i < type->n; i++) {
		f = &type->fields[i];
		if (has >> i & 1 && f->attr &&
		    !field_put(nlh, room, f, br_field_at(f, obj)))
			return false;
	}
	return true;
}

static int addr_get(const struct br_field *f, const struct nlattr *attr,
		    struct br_addr *addr)
{
	size_t len = mnl_attr_get_payload_len(attr);

	addr->family = mnl_attr_get_type(attr) == f->attr ? AF_INET : AF_INET6;
	if (len != br_addr_len(addr))
		return -EBADMSG;
	memcpy(&addr->v6, mnl_attr_get_payload(attr), len);
	return 0;
}

static int endpoint_get(const struct br_field *f, const struct nlattr *attr,
			struct br_endpoint *end)
{
	if (mnl_attr_get_type(attr) != f->attr_port)
		return addr_get(f, attr, &end->addr);
	if (mnl_attr_get_payload_len(attr) != sizeof(uint16_t))
		return -EBADMSG;
	end->port = ntohs(mnl_attr_get_u16(attr));
	return 0;
}

static int addrs_get(const struct br_field *f, const struct nlattr *attr,
		     struct br_addrs *addrs)
{
	/* nobody types more than fit; what a hub learns may be longer */
	if (addrs->n == BR_ADDRS_MAX)
		return 0;
	return addr_get(f, attr, &addrs->a[addrs->n++]);
}

/* A string with or without its NUL; too long a one is cut. */
static int string_get(const struct br_field *f, const struct nlattr *attr,
		      char *to)
{
	size_t len = strnlen(mnl_attr_get_payload(attr),
			     mnl_attr_get_payload_len(attr));

	if (len >= f->size)
		len = f->size - 1;
	memcpy(to, mnl_attr_get_payload(attr), len);
	to[len] = 0;
	return 0;
}

/*
 * The kernel pads no u64, so that it may lie on four bytes; an integer that
 * is wider or narrower than ours is taken when its value fits.
 */
static int integer_get(const struct br_field *f, const struct nlattr *attr,
		       void *to)
{
	const void *from = mnl_attr_get_payload(attr);
	uint64_t wide = 0;

	switch (mnl_attr_get_payload_len(attr)) {
	case 1:
		wide = *(const uint8_t *)from;
		break;
	case 2:
		wide = mnl_attr_get_u16(attr);
		break;
	case 4:
		wide = mnl_attr_get_u32(attr);
		break;
	case 8:
		memcpy(&wide, from, sizeof(wide));
		break;
	default:
		return -EBADMSG;
	}
	if (f->size < 8 && wide >> (8 * f->size))
		return -EBADMSG;
	if (f->size == 1)
		*(uint8_t *)to = wide;
	else if (f->size == 2)
		*(uint16_t *)to = wide;
	else if (f->size == 4)
		*(uint32_t *)to = wide;
	else
		*(uint64_t *)to = wide;
	return 0;
}

static int counter_get(const struct nlattr *nest, struct br_counters *counters)
{
	static const struct br_field name = { .size = BR_NAME };
	static const struct br_field value = { .size = sizeof(uint64_t) };
	struct br_counter *c, *new;
	const struct nlattr *attr;
	int ret = 0;

	new = reallocarray(counters->c, counters->n + 1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	counters->c = new;
	c = memset(&new[counters->n++], 0, sizeof(*new));
	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == BRAID_A_COUNTER_NAME)
			string_get(&name, attr, c->name);
		else if (mnl_attr_get_type(attr) == BRAID_A_COUNTER_VALUE)
			ret = integer_get(&value, attr, &c->value);
		if (ret)
			return ret;
	}
	return 0;
}

/* No module of ours has more buckets than there is room for. */
static int buckets_get(const struct nlattr *attr, struct br_durations *d)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (!len || len > sizeof(d->count) || len % sizeof(*d->count))
		return -EBADMSG;
	d->n = len / sizeof(*d->count);
	memcpy(d->count, mnl_attr_get_payload(attr), len);
	return 0;
}

static int durations_get(const struct nlattr *nest, struct br_durations *d)
{
	static const struct br_field sum = { .size = sizeof(d->sum) };
	const struct nlattr *attr;
	int ret = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == BRAID_A_HISTOGRAM_SUM)
			ret = integer_get(&sum, attr, &d->sum);
		else if (mnl_attr_get_type(attr) == BRAID_A_HISTOGRAM_COUNTS)
			ret = buckets_get(attr, d);
		if (ret)
			return ret;
	}
	return d->n ? 0 : -EBADMSG;
}

static int blob_get(const struct nlattr *attr, struct br_blob *blob)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len > sizeof(blob->data))
		return -EBADMSG;
	blob->len = len;
	memcpy(blob->data, mnl_attr_get_payload(attr), len);
	return 0;
}

static int field_get(const struct br_field *f, const struct nlattr *attr,
		     void *to)
{
	switch (f->kind) {
	case BR_ENDPOINT:
		return endpoint_get(f, attr, to);
	case BR_ADDRS:
		return addrs_get(f, attr, to);
	case BR_COUNTERS:
		return counter_get(attr, to);
	case BR_DURATIONS:
		return durations_get(attr, to);
	case BR_STRING:
	case BR_WORDS:
		return string_get(f, attr, to);
	case BR_SECRET:
		return 0;
	case BR_BLOB:
		return blob_get(attr, to);
	default:
		return integer_get(f, attr, to);
	}
}

static const struct br_field *field_of(const struct br_type *type,
				       unsigned int attr)
{
	const struct br_field *f;

	for (f = type->fields; f < type->fields + type->n; f++)
		if (f->attr == attr || (f->attr6 && f->attr6 == attr) ||
		    (f->attr_port && f->attr_port == attr))
			return attr ? f : NULL;
	return NULL;
}

const char *br_attr_keyword(const struct br_type *type, unsigned int attr)
{
	const struct br_field *f = field_of(type, attr);

	if (f)
		return f->name;
	return attr && attr == type->ifindex ? "dev" : NULL;
}

/* The device's field has no attribute of its own: it is found by its place. */
static void device_get(const struct br_type *type, void *obj, uint32_t ifindex)
{
	unsigned int i;

	*device_of(obj) = ifindex;
	for (i = 0; i < type->n; i++)
		if (type->fields[i].offset == sizeof(uint64_t))
			*(uint64_t *)obj |= 1ULL << i;
}

static int attr_get(const struct nlattr *attr, const struct br_type *type,
		    void *obj)
{
	unsigned int number = mnl_attr_get_type(attr);
	const struct br_field *f = field_of(type, number);
	int ret;

	if (type->ifindex && number == type->ifindex) {
		if (mnl_attr_get_payload_len(attr) != sizeof(uint32_t))
			return -EBADMSG;
		device_get(type, obj, mnl_attr_get_u32(attr));
		return 0;
	}
	if (!f)
		return 0;
	ret = field_get(f, attr, br_field_at(f, obj));
	if (!ret)
		*(uint64_t *)obj |= 1ULL << (f - type->fields);
	return ret;
}

int br_object_get(const struct nlmsghdr *nlh, const struct br_type *type,
		  void *obj, struct br_error *err)
{
	const struct nlattr *attr;
	int ret;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return br_fail(err, BR_KERNEL, EBADMSG,
			       "the kernel's answer is too short");
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		ret = attr_get(attr, type, obj);
		if (ret)
			return br_fail(err, BR_KERNEL, -ret,
				       "the kernel's %s has a bad attribute %u",
				       type->name, mnl_attr_get_type(attr));
	}
	return 0;
}
