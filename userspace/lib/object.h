/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects in netlink messages, by their descriptions.
 */
#ifndef BR_OBJECT_H
#define BR_OBJECT_H

#include <libmnl/libmnl.h>

#include "failure.h"
#include "model.h"

/*
 * Appends every present field, and the device. @room is what the message's
 * buffer has in all.
 * Return: false when it does not fit
 */
bool br_object_put(struct nlmsghdr *nlh, size_t room,
		   const struct br_type *type, const void *obj);

/*
 * Reads a generic netlink message into a zeroed object. What the kernel sends
 * is checked like what anybody sends: a wrong length is an error. Attributes
 * that this program does not know are skipped: a newer kernel may have them.
 */
int br_object_get(const struct nlmsghdr *nlh, const struct br_type *type,
		  void *obj, struct br_error *err);

/* Keyword for an attribute, NULL when no field has it. */
const char *br_attr_keyword(const struct br_type *type, unsigned int attr);

#endif
