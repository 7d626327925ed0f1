/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Brings a configured tunnel up and down.
 */
#ifndef BR_APPLY_H
#define BR_APPLY_H

#include "config.h"
#include "route.h"

/*
 * Makes what the configuration says and is not there yet. When it fails, all
 * that this call has made or changed is undone, in reverse order; a static key
 * that was installed stays spent.
 * @told: what changes of a tunnel that was there, or that nothing does; may be
 *	NULL
 */
int br_apply_up(const struct br_config *config, FILE *told,
		struct br_error *err);

/*
 * Removes the device and with it everything in it, then the rules, also those
 * that are left of a device that has gone.
 */
int br_apply_down(const struct br_config *config, struct br_error *err);

/* The route to a peer's i-th network. */
struct br_route br_apply_route(const struct br_config *config,
			       const struct br_config_peer *peer,
			       unsigned int i, uint32_t ifindex);

#endif
