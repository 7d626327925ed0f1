// SPDX-License-Identifier: GPL-2.0
/* What braidds tell that the kernel does not know, as a table. */
#include <errno.h>
#include <string.h>

#include "run.h"
#include "text.h"
#include "verbs.h"

static int row_add(const void *from, const struct br_device *device,
		   struct br_list *rows)
{
	void *row = br_list_add(rows);

	if (!row)
		return -ENOMEM;
	memcpy(row, from, rows->type->size);
	*(uint32_t *)br_field_at(br_field_find(rows->type, "dev"), row) =
		device->ifindex;
	br_set_has(rows->type, row, "dev");
	return 0;
}

/* Of one device. @named: somebody asks for this one */
static int rows_add(struct br_call *call, const struct br_device *device,
		    bool named, size_t list, struct br_list *rows)
{
	const struct br_list *told;
	struct br_run run;
	unsigned int i;
	int ret;

	ret = br_run_read(br_call_text(call, "state"), device->name,
			  br_run_clock(), &run, &call->err);
	told = (const struct br_list *)((const char *)&run + list);
	if (!ret && named && !run.found)
		ret = br_fail(&call->err, BR_KERNEL, ENOENT,
			      "%s: no braidd cares for it", device->name);
	for (i = 0; !ret && i < told->n; i++)
		if (row_add(br_list_at(told, i), device, rows))
			ret = br_fail(&call->err, BR_KERNEL, ENOMEM,
				      "out of memory");
	br_run_free(&run);
	return ret;
}

int br_call_run(struct br_call *call, const struct br_type *type, size_t list,
		const char *const *columns)
{
	struct br_list devices = { 0 }, rows = { .type = type };
	const struct br_device *device;
	struct br_nl *nl;
	uint32_t ifindex;
	unsigned int i;
	int ret;

	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = br_nl_dump(nl, BRAID_CMD_DEVICE_GET, &br_device_type, ifindex,
			 &devices, &call->err);
	br_nl_close(nl);
	for (i = 0; !ret && i < devices.n; i++) {
		device = br_list_at(&devices, i);
		if (!ifindex || device->ifindex == ifindex)
			ret = rows_add(call, device, ifindex, list, &rows);
	}
	if (!ret)
		ret = br_call_print(call, &rows, columns);
	br_list_free(&rows);
	br_list_free(&devices);
	return ret;
}
