// SPDX-License-Identifier: GPL-2.0
/*
 * Peers that come and go, and whose keys wait for them: what braidd tells. The
 * kernel knows nothing of it.
 */
#include <errno.h>

#include "run.h"
#include "text.h"
#include "verbs.h"

static int place_add(const struct br_place *place,
		     const struct br_device *device, struct br_list *rows)
{
	struct br_place *row = br_list_add(rows);

	if (!row)
		return -ENOMEM;
	*row = *place;
	row->ifindex = device->ifindex;
	br_set_has(&br_place_type, row, "dev");
	return 0;
}

/* Of one device. @named: somebody asks for this one */
static int rows_add(struct br_call *call, const struct br_device *device,
		    bool named, struct br_list *rows)
{
	struct br_run run;
	unsigned int i;
	int ret;

	ret = br_run_read(br_call_text(call, "state"), device->name,
			  br_run_clock(), &run, &call->err);
	if (!ret && named && !run.found)
		ret = br_fail(&call->err, BR_KERNEL, ENOENT,
			      "%s: no braidd cares for its peers",
			      device->name);
	for (i = 0; !ret && i < run.places.n; i++)
		if (place_add(br_list_at(&run.places, i), device, rows))
			ret = br_fail(&call->err, BR_KERNEL, ENOMEM,
				      "out of memory");
	br_run_free(&run);
	return ret;
}

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "pattern", "rounds", "place", "place-age",
		"hold-left", "expected-from", "expected-to", "watched", "hits",
		"misses", "place-why", NULL
	};
	struct br_list devices = { 0 }, rows = { .type = &br_place_type };
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
			ret = rows_add(call, device, ifindex, &rows);
	}
	if (!ret)
		ret = br_call_print(call, &rows, columns);
	br_list_free(&rows);
	br_list_free(&devices);
	return ret;
}

const struct br_command br_pool_commands[] = {
	{
		"pool", "show", &br_place_type,
		{
			BR_WORD_ANY_DEV,
			{ "peer", "PEER", BR_WORD_FIELD, 0, NULL },
			{ "state", "FILE", BR_WORD_FILE, 0, NULL },
		},
		show, "peers that come and go: how, and whose keys wait for them",
	},
	{ NULL }
};
