// SPDX-License-Identifier: GPL-2.0
#include "moves.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "move.h"
#include "text.h"

static int host_paths(void *data, struct br_list *paths)
{
	struct bd_kernel *k = data;
	struct br_error err;

	return br_nl_dump(k->ask, BRAID_CMD_PATH_GET, &br_path_type, k->ifindex,
			  paths, &err);
}

static void host_probe(void *data, const char *peer, const char *name)
{
	struct bd_kernel *k = data;
	struct br_path path = { .ifindex = k->ifindex };
	struct br_error ignored;

	br_fill(path.peer, peer);
	br_fill(path.name, name);
	br_set_has(&br_path_type, &path, "peer");
	br_set_has(&br_path_type, &path, "path");
	br_nl_do(k->ask, BRAID_CMD_PATH_PROBE, &br_path_type, &path, NULL,
		 &ignored);
}

static void host_close(void *data, struct br_migration *m)
{
	struct br_move *move = container_of(m, struct br_move, m);

	(void)data;
	br_move_close(move);
	free(move);
}

static struct br_migration *host_open(void *data, const char *peer,
				      bool *unfinished, struct br_error *err)
{
	struct braidd *d = container_of(data, struct braidd, kernel);
	struct br_move *move = calloc(1, sizeof(*move));
	int ret;

	if (!move) {
		br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
		return NULL;
	}
	br_fill(move->m.dev, d->config.name);
	br_fill(move->m.peer, peer);
	ret = br_move_open(move, d->kernel.ask, d->kernel.ifindex, NULL, err);
	if (!ret)
		ret = br_move_load(move, err);
	if (ret < 0) {
		host_close(data, &move->m);
		return NULL;
	}
	*unfinished = ret;
	return &move->m;
}

void bd_moves_open(struct braidd *d)
{
	d->movers_host = (struct bd_mover_host){
		.paths = host_paths, .probe = host_probe, .open = host_open,
		.close = host_close, .changed = d->host.changed,
		.data = &d->kernel,
	};
	bd_movers_init(&d->movers, &d->gate.timers, &d->movers_host);
}
