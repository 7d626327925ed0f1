/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One configuration becomes another while its tunnel is up.
 */
#ifndef BR_CHANGE_H
#define BR_CHANGE_H

#include "config.h"

/*
 * Takes away what @old has and @new no longer has, or has otherwise; then
 * br_apply_up() makes the rest. What both have stays untouched. Name, Table and
 * FwMark cannot change: that is refused before anything is done.
 */
int br_change_prune(const struct br_config *old, const struct br_config *new,
		    struct br_error *err);

#endif
