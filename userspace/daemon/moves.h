/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Joins paths that move by themselves with the kernel and the journals.
 */
#ifndef BD_MOVES_H
#define BD_MOVES_H

#include "braidd.h"

/* Before the loop is; bd_movers_fini() ends it. */
void bd_moves_open(struct braidd *d);

#endif
