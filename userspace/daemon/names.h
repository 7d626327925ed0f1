/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Remotes that are names, in the real world: they are looked up in the DNS, and
 * their paths are the kernel's.
 */
#ifndef BD_NAMES_H
#define BD_NAMES_H

#include "braidd.h"

/* After the loop; remotes_host.changed is the daemon's to set. */
void bd_names_open(struct braidd *d);
void bd_names_close(struct braidd *d);

#endif
