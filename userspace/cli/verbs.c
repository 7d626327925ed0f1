// SPDX-License-Identifier: GPL-2.0
#include "verbs.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

int br_call_device(struct br_call *call, uint32_t *ifindex)
{
	const char *dev = br_call_text(call, "dev");

	*ifindex = 0;
	if (!dev)
		return 0;
	*ifindex = if_nametoindex(dev);
	if (!*ifindex)
		return br_fail(&call->err, BR_KERNEL, ENODEV,
			       "%s: no such device", dev);
	/* in all structs the device follows the presence bits */
	if (call->object)
		memcpy((char *)call->object + sizeof(uint64_t), ifindex,
		       sizeof(*ifindex));
	return 0;
}

int br_call_open(struct br_call *call, uint32_t *ifindex, struct br_nl **nl)
{
	int ret = br_call_device(call, ifindex);

	if (ret)
		return ret;
	*nl = br_nl_open(&call->err);
	return *nl ? 0 : -call->err.code;
}

/* "peer siteb of braid0", for the front of a refusal */
static int where(struct br_call *call)
{
	const struct br_command *c = call->command;
	const char *name = br_call_text(call, c->type->name);
	const char *peer = br_call_text(call, "peer");

	if (name && peer && name != peer)
		return br_where(&call->err, "%s: peer %s: %s %s",
				br_call_text(call, "dev"), peer, c->type->name,
				name);
	if (name || peer)
		return br_where(&call->err, "%s: %s %s",
				br_call_text(call, "dev"),
				name ? c->type->name : "peer",
				name ? name : peer);
	return br_where(&call->err, "%s", br_call_text(call, "dev"));
}

int br_call_do(struct br_call *call, int cmd)
{
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = br_nl_do(nl, cmd, call->command->type, call->object, NULL,
		       &call->err);
	br_nl_close(nl);
	return ret ? where(call) : 0;
}

/* Whether all names that the user gave are those of the object. */
static bool wanted(const struct br_call *call, const void *obj)
{
	const struct br_type *type = call->command->type;
	uint64_t has = *(const uint64_t *)call->object;
	const struct br_field *f;
	unsigned int i;

	for (i = 0; i < type->n; i++) {
		f = &type->fields[i];
		if (has >> i & 1 && f->kind == BR_STRING &&
		    strcmp(br_field_at(f, obj),
			   br_field_at(f, call->object)))
			return false;
	}
	return true;
}

static void keep_wanted(const struct br_call *call, struct br_list *list)
{
	unsigned int from, to = 0;

	for (from = 0; from < list->n; from++) {
		if (!wanted(call, br_list_at(list, from))) {
			br_object_free(list->type, br_list_at(list, from));
			continue;
		}
		if (to != from)
			memcpy(br_list_at(list, to), br_list_at(list, from),
			       list->type->size);
		to++;
	}
	list->n = to;
}

int br_call_print(struct br_call *call, struct br_list *list,
		  const char *const *columns)
{
	keep_wanted(call, list);
	if (!list->n && *(uint64_t *)call->object)
		return br_fail(&call->err, BR_KERNEL, ENOENT, "no such %s",
			       list->type->name);
	return br_list_print(&call->out, list, columns);
}

int br_call_show(struct br_call *call, int cmd, const char *const *columns)
{
	const struct br_type *type = call->command->type;
	struct br_list list = { .type = type };
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = br_nl_dump(nl, cmd, type, ifindex, &list, &call->err);
	br_nl_close(nl);
	if (!ret)
		ret = br_call_print(call, &list, columns);
	br_list_free(&list);
	return ret;
}
