// SPDX-License-Identifier: GPL-2.0
#include "refusal.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

#include "object.h"

/* What the kernel takes for an error number at most */
#define MAX_ERRNO	4095

/**
 * struct details - what an extended acknowledgment says
 * @text: the kernel's sentence, NULL for none
 * @offset: of the bad attribute in the request, 0 for none
 * @missing: number of a missing attribute, 0 for none
 */
struct details {
	const char *text;
	uint32_t offset;
	uint32_t missing;
};

static void detail_read(const struct nlattr *attr, struct details *d)
{
	size_t len = mnl_attr_get_payload_len(attr);
	const char *text = mnl_attr_get_payload(attr);

	switch (mnl_attr_get_type(attr)) {
	case NLMSGERR_ATTR_MSG:
		if (len && !text[len - 1])
			d->text = text;
		break;
	case NLMSGERR_ATTR_OFFS:
		if (len == sizeof(uint32_t))
			d->offset = mnl_attr_get_u32(attr);
		break;
	case NLMSGERR_ATTR_MISS_TYPE:
		if (len == sizeof(uint32_t))
			d->missing = mnl_attr_get_u32(attr);
		break;
	default:
		break;
	}
}

/* @skip: bytes of the message's own header, which the attributes follow */
static void details_read(const struct nlmsghdr *nlh, size_t skip,
			 struct details *d)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (nlh->nlmsg_type == NLMSG_ERROR &&
	    !(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		if (e->msg.nlmsg_len < sizeof(e->msg) ||
		    e->msg.nlmsg_len > mnl_nlmsg_get_payload_len(nlh))
			return;
		skip += MNL_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	}
	if (mnl_nlmsg_get_payload_len(nlh) < skip)
		return;
	mnl_attr_for_each(attr, nlh, skip)
		detail_read(attr, d);
}

/* Which keyword of the request the kernel points at, NULL for none. */
static const char *culprit(const struct details *d,
			   const struct nlmsghdr *request,
			   const struct br_type *type)
{
	const struct nlattr *attr;

	if (!type)
		return NULL;
	if (d->missing)
		return br_attr_keyword(type, d->missing);
	if (!d->offset || !request)
		return NULL;
	mnl_attr_for_each(attr, request, sizeof(struct genlmsghdr))
		if ((const char *)attr - (const char *)request == d->offset)
			return br_attr_keyword(type, mnl_attr_get_type(attr));
	return NULL;
}

/* Codes without a sentence, said with the object they are about. */
static const char *reason(int code, const struct br_type *type, char *buf,
			  size_t size)
{
	const char *what = type ? type->name : "object";

	switch (code) {
	case EPERM:
		return "not permitted (needs CAP_NET_ADMIN)";
	case ENODEV:
		return "no such device";
	case ENOENT:
		snprintf(buf, size, "no such %s", what);
		return buf;
	case EEXIST:
		snprintf(buf, size, "this %s exists already", what);
		return buf;
	default:
		return strerror(code);
	}
}

int br_refusal_read(const struct nlmsghdr *nlh, const struct nlmsghdr *request,
		    const struct br_type *type, struct br_error *err)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t size = nlh->nlmsg_type == NLMSG_ERROR ? sizeof(*e) :
						       sizeof(int);
	struct details d = { 0 };
	const char *keyword;
	char buf[64];
	int code;

	if (mnl_nlmsg_get_payload_len(nlh) < size)
		return nlh->nlmsg_type == NLMSG_ERROR ?
		       br_fail(err, BR_KERNEL, EBADMSG,
			       "the kernel's answer is too short") : 0;
	if (e->error >= 0)
		return 0;
	code = e->error < -MAX_ERRNO ? EBADMSG : -e->error;
	details_read(nlh, size, &d);
	br_fail(err, BR_KERNEL, code, "%s", d.text ? d.text :
		d.missing ? "is missing" : reason(code, type, buf, sizeof(buf)));
	keyword = culprit(&d, request, type);
	if (keyword)
		br_where(err, "%s", keyword);
	return -code;
}
