/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Remotes of a configuration that are names, resolved once and waited for. A
 * daemon that must not wait has dns.h of its own.
 */
#ifndef BR_RESOLVE_H
#define BR_RESOLVE_H

#include "config.h"

/*
 * Finds the addresses of the paths of peers whose keys are in files; the first
 * that the system's resolver gives is taken. Paths of peers with a PublicKey are
 * left without: they are braidd's.
 * Return: 0, or a negative errno with a sentence for the first that has none
 */
int br_resolve_static(struct br_config *config, struct br_error *err);

#endif
