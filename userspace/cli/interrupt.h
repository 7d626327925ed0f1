/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A command that changes things for a time puts them back, whatever the user
 * does: it asks now and then whether somebody wants it to end.
 */
#ifndef BR_INTERRUPT_H
#define BR_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP are only noted. */
void br_interrupt_catch(void);
/* One of them came. */
bool br_interrupted(void);

#endif
