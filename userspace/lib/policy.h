/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policies: loading, finding and removing them. A policy lives by the pin of
 * its link; the maps that all policies share live by pins of their own. Pins
 * are in the initial mount namespace, which `ip netns exec` hides: this file
 * enters it where it may, and finds links and maps by id where not.
 */
#ifndef BR_POLICY_H
#define BR_POLICY_H

#include "netlink.h"

/* Whether libbpf's and the verifier's own words go to stderr. */
void br_policy_verbose(bool on);

/*
 * Loads the policies of an object file. None of them stays when one fails.
 * @names: called with the name of each, may be NULL
 */
int br_policy_load(const char *path, void (*names)(const char *name),
		   struct br_error *err);

/* Detaches a policy; its devices go over to the built-in one at once. */
int br_policy_del(const char *name, struct br_error *err);

/*
 * Loads a policy by name when it is not there yet, from $BRAID_BPF_DIR, the
 * place where braid is installed, or the tree it was built in.
 * Return: 1 when it was loaded here, 0 when it was there, or a negative errno
 */
int br_policy_ensure(struct br_nl *nl, const char *name,
		     struct br_error *err);

#endif
