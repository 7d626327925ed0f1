// SPDX-License-Identifier: GPL-2.0
/*
 * The local ports of paths: what the kernel uses, and what braidd, where one
 * runs, is about to do.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "run.h"
#include "text.h"
#include "verbs.h"

/* What was left when it was written is less by what came since. */
static void left_fill(struct br_port *row, const struct br_path *path)
{
	uint64_t count = path->tx_bytes + path->rx_bytes, came;

	came = count < row->count ? count : count - row->count;
	row->left -= came < row->left ? came : row->left;
	br_unset(&br_port_type, row, "hop-count");
}

/* What the kernel says goes over what braidd wrote of the same path. */
static void row_fill(struct br_port *row, const struct br_path *path,
		     const struct br_port *known)
{
	static const char *const names[] = {
		"dev", "peer", "path", "socket", "local", "moves"
	};
	unsigned int i;

	if (known)
		*row = *known;
	left_fill(row, path);
	row->ifindex = path->ifindex;
	br_fill(row->peer, path->peer);
	br_fill(row->path, path->name);
	br_fill(row->socket, path->socket);
	row->local = path->local;
	row->moves = path->moves;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		br_set_has(&br_port_type, row, names[i]);
	if (!path->moves)
		return;
	row->move_age = path->move_age;
	br_set_has(&br_port_type, row, "move-age");
}

/* Paths come device by device. */
static int rows_add(struct br_call *call, const struct br_list *paths,
		    struct br_list *rows)
{
	const char *file = br_call_text(call, "state");
	struct br_run run = { 0 };
	const struct br_path *path;
	uint32_t device = 0;
	char name[IF_NAMESIZE];
	struct br_port *row;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < paths->n; i++) {
		path = br_list_at(paths, i);
		if (path->ifindex != device) {
			device = path->ifindex;
			br_run_free(&run);
			ret = br_run_read(file, if_indextoname(device, name) ?
					  name : "", br_run_clock(), &run,
					  &call->err);
		}
		row = ret ? NULL : br_list_add(rows);
		if (row)
			row_fill(row, path, br_run_port(&run, path->peer,
							path->name));
		else if (!ret)
			ret = br_fail(&call->err, BR_KERNEL, ENOMEM,
				      "out of memory");
	}
	br_run_free(&run);
	return ret;
}

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "path", "local", "range", "moves", "move-age",
		"hops", "hops-failed", "in-use", "reserved", "recent",
		"hop-next", "hop-left", "hop-why", NULL
	};
	struct br_list paths = { 0 }, rows = { .type = &br_port_type };
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = br_nl_dump(nl, BRAID_CMD_PATH_GET, &br_path_type, ifindex,
			 &paths, &call->err);
	br_nl_close(nl);
	if (!ret)
		ret = rows_add(call, &paths, &rows);
	if (!ret)
		ret = br_call_print(call, &rows, columns);
	br_list_free(&rows);
	br_list_free(&paths);
	return ret;
}

const struct br_command br_port_commands[] = {
	{
		"port", "show", &br_port_type,
		{
			BR_WORD_ANY_DEV,
			{ "peer", "PEER", BR_WORD_FIELD, 0, NULL },
			{ "path", "NAME", BR_WORD_FIELD, 0, NULL },
			{ "state", "FILE", BR_WORD_FILE, 0, NULL },
		},
		show, "local ports of paths: where from, moved when, due when",
	},
	{ NULL }
};
