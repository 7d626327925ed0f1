/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's refusals, as sentences.
 */
#ifndef BR_REFUSAL_H
#define BR_REFUSAL_H

#include <libmnl/libmnl.h>

#include "failure.h"
#include "model.h"

/**
 * br_refusal_read() - turn a netlink error into a sentence
 * @nlh: an NLMSG_ERROR, or the NLMSG_DONE that ends a dump
 * @request: the refused request, to find out which attribute is meant; may be
 *	NULL
 * @type: what the request was about, NULL when it is none of our objects
 * @err: filled in
 *
 * Return: 0 when it is an acknowledgment, else a negative errno
 */
int br_refusal_read(const struct nlmsghdr *nlh, const struct nlmsghdr *request,
		    const struct br_type *type, struct br_error *err);

#endif
