/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One tunnel on its way up: what the files that bring it up share.
 */
#ifndef BR_WORK_H
#define BR_WORK_H

#include <stdio.h>

#include "config.h"
#include "netlink.h"
#include "route.h"
#include "undo.h"

/**
 * struct br_work - one tunnel coming up
 * @config: what is wanted
 * @nl: braid's family; opened after the device, whose making loads the module
 * @rt: rtnetlink
 * @ifindex: the device
 * @fresh: the device was made here
 * @undo: what was made or changed here
 * @told: where changes to what was there are told, NULL for nowhere
 * @changes: how many there were
 * @err: why it failed
 */
struct br_work {
	const struct br_config *config;
	struct br_nl *nl;
	struct br_rt *rt;
	uint32_t ifindex;
	bool fresh;
	struct br_undo undo;
	FILE *told;
	unsigned int changes;
	struct br_error *err;
};

/* Sockets, peers, paths, and the peers' routes. */
int br_work_peers(struct br_work *w);
/*
 * One path, if it is not there. One whose remote is a name that has no address yet
 * is left out.
 */
int br_work_path(struct br_work *w, const struct br_config_path *from);
/*
 * Rules and classes, when the file has any, in the place of those that are
 * there: also of those that somebody has added by hand.
 */
int br_work_steering(struct br_work *w);
/* Static keys, which cost their files: last of all. */
int br_work_keys(struct br_work *w);
/* Whether the files of keys could be taken; makes nothing. */
int br_work_keys_check(struct br_work *w);

/*
 * Which of the wanted fields are others than the object has; each is told.
 * @what: names the object, for example "path wan1"
 * @old: set to the object with those fields alone present, for undoing
 * Return: number of them; @wanted keeps only these fields and its names
 */
unsigned int br_work_diff(struct br_work *w, const struct br_type *type,
			  const char *what, const void *have, void *wanted,
			  void *old);

/* Notes what was made, and tells of it when the device was there before. */
int br_work_made(struct br_work *w, const struct br_made *made,
		 const char *what, const char *name);

int br_work_address(struct br_work *w, const struct br_prefix *addr);
/* The routes of a peer's networks. */
int br_work_routes(struct br_work *w, const struct br_config_peer *peer);
/* The rules of a table of its own. */
int br_work_rules(struct br_work *w);
/* Return: how many of them there were */
unsigned int br_rules_down(const struct br_config *c, struct br_rt *rt);

#endif
