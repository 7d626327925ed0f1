/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checkpoints: what devices have, with what was learned and with migrations
 * under way, to be looked at or to be restored. Keys are never in one.
 */
#ifndef BR_CHECKPOINT_H
#define BR_CHECKPOINT_H

#include <jansson.h>

#include "netlink.h"

/* Where journals of migrations are */
#define BR_JOURNALS	"/run/braid/migrate"

/*
 * Name of a peer's journal; the namespace's cookie tells devices of the same
 * number apart. @to has PATH_MAX bytes.
 */
void br_journal_name(char *to, uint64_t netns_cookie, uint32_t ifindex,
		     const char *peer);

/*
 * A checkpoint of one device, or (ifindex 0) of all in the namespace; for
 * br_save_write(). A new reference, NULL with @err filled in.
 */
json_t *br_checkpoint_make(struct br_nl *nl, uint32_t ifindex,
			   struct br_error *err);

/**
 * struct br_restored - what a restore did
 * @made: sockets, peers and paths that were not there
 * @set: those that were, and were set to what the checkpoint says
 */
struct br_restored {
	unsigned int made;
	unsigned int set;
};

/*
 * Makes what is missing and sets what is there, on devices that exist; more
 * than the checkpoint has is left alone. Of a migration that was under way the
 * paths become what they were before it, unless it had been verified. @dev:
 * only that device, NULL for all. When anything fails all is put back.
 */
int br_checkpoint_restore(struct br_nl *nl, const json_t *checkpoint,
			  const char *dev, struct br_restored *done,
			  struct br_error *err);

/*
 * Takes the named fields, up to NULL, out of an object as br_object_json()
 * made it. Those that are not there stay absent.
 */
int br_object_load(const struct br_type *type, const json_t *json,
		   const char *const *names, void *obj, struct br_error *err);

#endif
