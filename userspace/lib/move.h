/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A migration as a process carries it out: the kernel's paths, a journal in a file,
 * and a lock, so that one process works at a peer's migration at a time. The journal
 * tells the next one where it was.
 */
#ifndef BR_MOVE_H
#define BR_MOVE_H

#include <limits.h>

#include "migrate.h"
#include "netlink.h"

/**
 * struct br_move - a migration in this process; it must stay where it is
 * @m: the migration
 * @ops: what it does, in the kernel and the journal
 * @nl: the client, the caller's
 * @ifindex: the device
 * @journal: file of its journal
 * @lock: of the file that is locked meanwhile, -1 for none
 */
struct br_move {
	struct br_migration m;
	struct br_migrate_ops ops;
	struct br_nl *nl;
	uint32_t ifindex;
	char journal[PATH_MAX];
	int lock;
};

/*
 * Gets ready to migrate the peer @move->m.peer of the device @move->m.dev. @journal:
 * its file, NULL for the usual one. br_move_close() is due whatever is returned.
 * Return: 0, or a negative errno: -EBUSY while another process does
 */
int br_move_open(struct br_move *move, struct br_nl *nl, uint32_t ifindex,
		 const char *journal, struct br_error *err);
void br_move_close(struct br_move *move);

/*
 * Looks for a migration that nobody has finished.
 * Return: 1 when there is one, now in @move->m; 0 when there is none; or a negative
 * errno
 */
int br_move_load(struct br_move *move, struct br_error *err);

#endif
