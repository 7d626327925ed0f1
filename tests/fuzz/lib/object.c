// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as netlink messages: objects of every type, and refusals. The
 * first byte chooses; what could be read must be printable.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "object.h"
#include "refusal.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct br_type *const types[] = {
	&br_device_type, &br_socket_type, &br_peer_type, &br_path_type,
	&br_key_type, &br_policy_type, &br_event_type,
};

static void object(const struct nlmsghdr *nlh, const struct br_type *type)
{
	void *obj = calloc(1, type->size);
	struct br_error err;
	unsigned int i;

	if (!obj)
		return;
	if (!br_object_get(nlh, type, obj, &err)) {
		json_decref(br_object_json(type, obj));
		for (i = 0; i < type->n; i++)
			free(br_field_text(type, &type->fields[i], obj));
	}
	br_object_free(type, obj);
	free(obj);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct br_error err;
	struct nlmsghdr *nlh;
	uint8_t choice;

	if (size < 1 + NLMSG_HDRLEN + sizeof(int) || size > 4096)
		return 0;
	choice = *data++;
	/* messages end aligned, which libmnl takes for granted */
	size = (size - 1) & ~(NLMSG_ALIGNTO - 1);
	/* a buffer of its own, so that a step outside of it is seen */
	nlh = malloc(size);
	if (!nlh)
		return 0;
	memcpy(nlh, data, size);
	nlh->nlmsg_len = size;
	if (choice % 8 < ARRAY_SIZE(types)) {
		object(nlh, types[choice % 8]);
	} else {
		nlh->nlmsg_type = choice & 8 ? NLMSG_ERROR : NLMSG_DONE;
		br_refusal_read(nlh, NULL, types[choice >> 4 & 3], &err);
	}
	free(nlh);
	return 0;
}
