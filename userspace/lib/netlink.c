// SPDX-License-Identifier: GPL-2.0
#include "netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "refusal.h"

/* A dump fills what it is given; a request holds at most a list of addresses */
#define ANSWER		32768
#define REQUEST		4096
/* Times to dump again when objects changed meanwhile */
#define RETRIES		5

/**
 * struct br_nl - a client
 * @socket: its socket
 * @family: number of braid's family, GENL_ID_CTRL before it is known
 * @group: number of the group of events, 0 when the family has none
 * @seq: number of the newest request
 * @last: number of the newest event seen, 0 for none
 * @request: the newest request; refusals point into it
 * @answer: what was received last
 */
struct br_nl {
	struct mnl_socket *socket;
	uint16_t family;
	uint32_t group;
	uint32_t seq;
	uint32_t last;
	uint64_t request[REQUEST / 8];
	uint64_t answer[ANSWER / 8];
};

/* What is done with each message of an answer. Return: 0 or a negative errno */
typedef int (*answer_fn)(const struct nlmsghdr *nlh, void *data,
			 struct br_error *err);

/**
 * struct exchange - one request and what becomes of its answer
 * @type: what it is about, for sentences
 * @fn: called for each message of the answer
 * @data: for @fn
 * @changed: objects changed during the dump: it may be inconsistent
 */
struct exchange {
	const struct br_type *type;
	answer_fn fn;
	void *data;
	bool changed;
};

static struct nlmsghdr *request_new(struct br_nl *nl, int cmd, int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->request);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = nl->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++nl->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = nl->family == GENL_ID_CTRL ? 1 : BRAID_FAMILY_VERSION;
	return nlh;
}

/* Return: 1 when the answer is complete, 0 to read on, else negative errno */
static int message_read(struct br_nl *nl, const struct nlmsghdr *nlh,
			struct exchange *x, struct br_error *err)
{
	int ret;

	/* an answer to an earlier request that was given up */
	if (nlh->nlmsg_seq != nl->seq)
		return 0;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		x->changed = true;
	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
		ret = br_refusal_read(nlh, (struct nlmsghdr *)nl->request,
				      x->type, err);
		return ret ? ret : 1;
	}
	return x->fn && nlh->nlmsg_type >= NLMSG_MIN_TYPE ?
	       x->fn(nlh, x->data, err) : 0;
}

static int answer_read(struct br_nl *nl, struct exchange *x,
		       struct br_error *err)
{
	ssize_t got = mnl_socket_recvfrom(nl->socket, nl->answer, ANSWER);
	const struct nlmsghdr *nlh = (struct nlmsghdr *)nl->answer;
	int len = got, ret = 0;

	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0)
		return br_fail(err, BR_KERNEL, errno,
			       "reading the kernel's answer: %s",
			       strerror(errno));
	for (; !ret && mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		ret = message_read(nl, nlh, x, err);
	return ret;
}

/* After a failure in the middle of a dump its rest is skipped by number. */
static int exchange(struct br_nl *nl, struct nlmsghdr *nlh,
		    struct exchange *x, struct br_error *err)
{
	int ret;

	if (mnl_socket_sendto(nl->socket, nlh, nlh->nlmsg_len) < 0)
		return br_fail(err, BR_KERNEL, errno, "asking the kernel: %s",
			       strerror(errno));
	do {
		ret = answer_read(nl, x, err);
	} while (!ret);
	return ret < 0 ? ret : 0;
}

static void group_read(const struct nlattr *nest, struct br_nl *nl)
{
	const char *name = "";
	const struct nlattr *attr;
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
			id = mnl_attr_get_u32(attr);
	}
	if (!strcmp(name, BRAID_MCGRP_EVENTS))
		nl->group = id;
}

static int family_read(const struct nlmsghdr *nlh, void *data,
		       struct br_error *err)
{
	const struct nlattr *attr, *group;
	struct br_nl *nl = data;

	(void)err;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			nl->family = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			mnl_attr_for_each_nested(group, attr)
				group_read(group, nl);
	}
	return 0;
}

static int family_resolve(struct br_nl *nl, struct br_error *err)
{
	struct exchange x = { .fn = family_read, .data = nl };
	struct nlmsghdr *nlh;
	int ret;

	nl->family = GENL_ID_CTRL;
	nlh = request_new(nl, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, BRAID_FAMILY_NAME);
	x.type = &br_event_type;
	ret = exchange(nl, nlh, &x, err);
	if (ret == -ENOENT)
		return br_fail(err, BR_KERNEL, ENOENT,
			"the kernel module is not loaded (modprobe braid)");
	return ret;
}

struct br_nl *br_nl_open(struct br_error *err)
{
	struct br_nl *nl = calloc(1, sizeof(*nl));
	int on = 1;

	if (!nl) {
		br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
		return NULL;
	}
	nl->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->socket ||
	    mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		br_fail(err, BR_KERNEL, errno, "opening a netlink socket: %s",
			strerror(errno));
		goto err_close;
	}
	/* without them refusals are bare numbers, which is no reason to fail */
	mnl_socket_setsockopt(nl->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	if (family_resolve(nl, err))
		goto err_close;
	return nl;

err_close:
	br_nl_close(nl);
	return NULL;
}

void br_nl_close(struct br_nl *nl)
{
	if (!nl)
		return;
	if (nl->socket)
		mnl_socket_close(nl->socket);
	/* the last request may have held keys */
	explicit_bzero(nl->request, sizeof(nl->request));
	free(nl);
}

int br_nl_fd(const struct br_nl *nl)
{
	return mnl_socket_get_fd(nl->socket);
}

struct reply {
	const struct br_type *type;
	void *obj;
};

static int reply_read(const struct nlmsghdr *nlh, void *data,
		      struct br_error *err)
{
	struct reply *r = data;

	return br_object_get(nlh, r->type, r->obj, err);
}

int br_nl_do(struct br_nl *nl, int cmd, const struct br_type *type,
	     const void *request, void *reply, struct br_error *err)
{
	struct reply r = { .type = type, .obj = reply };
	struct exchange x = { .type = type, .data = &r };
	struct nlmsghdr *nlh = request_new(nl, cmd, NLM_F_ACK);
	int ret;

	if (!br_object_put(nlh, REQUEST, type, request))
		return br_fail(err, BR_USAGE, E2BIG, "too much for one %s",
			       type->name);
	if (reply)
		x.fn = reply_read;
	ret = exchange(nl, nlh, &x, err);
	if (type == &br_key_type)
		explicit_bzero(nl->request, sizeof(nl->request));
	return ret;
}

static int item_read(const struct nlmsghdr *nlh, void *data,
		     struct br_error *err)
{
	struct br_list *list = data;
	void *obj = br_list_add(list);

	if (!obj)
		return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	return br_object_get(nlh, list->type, obj, err);
}

int br_nl_dump(struct br_nl *nl, int cmd, const struct br_type *type,
	       uint32_t ifindex, struct br_list *list, struct br_error *err)
{
	struct exchange x = { .type = type, .fn = item_read, .data = list };
	struct nlmsghdr *nlh;
	int tries, ret;

	*list = (struct br_list){ .type = type };
	for (tries = 0; tries < RETRIES; tries++) {
		x.changed = false;
		br_list_free(list);
		nlh = request_new(nl, cmd, NLM_F_ACK | NLM_F_DUMP);
		if (ifindex)
			mnl_attr_put_u32(nlh, type->ifindex, ifindex);
		ret = exchange(nl, nlh, &x, err);
		if (ret || !x.changed)
			return ret;
	}
	return br_fail(err, BR_KERNEL, EAGAIN,
		       "%ss change faster than they can be read", type->name);
}

/* The newest number of any device is the namespace's. */
static int baseline(struct br_nl *nl, struct br_error *err)
{
	const struct br_device *device;
	struct br_list list;
	int ret;

	ret = br_nl_dump(nl, BRAID_CMD_DEVICE_GET, &br_device_type, 0, &list,
			 err);
	if (!ret && list.n) {
		device = br_list_at(&list, 0);
		nl->last = device->event_seq;
	}
	br_list_free(&list);
	return ret;
}

int br_nl_listen(struct br_nl *nl, struct br_error *err)
{
	int ret;

	if (!nl->group)
		return br_fail(err, BR_KERNEL, ENOENT,
			       "this kernel module has no events");
	ret = baseline(nl, err);
	if (ret)
		return ret;
	if (mnl_socket_setsockopt(nl->socket, NETLINK_ADD_MEMBERSHIP,
				  &nl->group, sizeof(nl->group)) < 0)
		return br_fail(err, BR_KERNEL, errno, "listening to events: %s",
			       strerror(errno));
	return 0;
}

uint32_t br_event_gap(uint32_t last, uint32_t seq)
{
	return last ? seq - last - 1 : 0;
}

/*
 * Waits for what the kernel tells unasked, each thing in a message of its own.
 * What did not fit any more (ENOBUFS) is lost and needs no answer here.
 */
static int notice_read(struct br_nl *nl, const struct br_type *type, void *obj,
		       struct br_error *err)
{
	const struct nlmsghdr *nlh = (struct nlmsghdr *)nl->answer;
	ssize_t got;

	do {
		got = mnl_socket_recvfrom(nl->socket, nl->answer, ANSWER);
		if (got < 0 && errno != ENOBUFS)
			return br_fail(err, BR_KERNEL, errno,
				       "waiting for %ss: %s", type->name,
				       strerror(errno));
	} while (got < 0 || !mnl_nlmsg_ok(nlh, got) ||
		 nlh->nlmsg_type != nl->family);
	memset(obj, 0, type->size);
	return br_object_get(nlh, type, obj, err);
}

/* The next event's number tells how many were lost. */
int br_nl_event(struct br_nl *nl, struct br_event *event, uint32_t *lost,
		struct br_error *err)
{
	int ret = notice_read(nl, &br_event_type, event, err);

	if (ret)
		return ret;
	*lost = br_event_gap(nl->last, event->seq);
	nl->last = event->seq;
	return 0;
}

int br_nl_control(struct br_nl *nl, uint32_t ifindex, struct br_error *err)
{
	struct br_device device = { .ifindex = ifindex };

	return br_nl_do(nl, BRAID_CMD_CONTROLLER_SET, &br_device_type, &device,
			NULL, err);
}

int br_nl_frame(struct br_nl *nl, struct br_frame *frame, struct br_error *err)
{
	return notice_read(nl, &br_frame_type, frame, err);
}
