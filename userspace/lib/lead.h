/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paths to where a name has been found.
 */
#ifndef BR_LEAD_H
#define BR_LEAD_H

#include "config.h"

/*
 * Makes a path of a configuration towards an address, or, if there is one of that
 * name that leads elsewhere, makes it anew: where a path leads cannot change.
 * What somebody has set of it by hand stays so. When the new one cannot be made,
 * the old one is put back.
 * Return: 0, or a negative errno with a sentence
 */
int br_lead(const struct br_config *config, const struct br_config_path *path,
	    const struct br_endpoint *to, struct br_error *err);

#endif
