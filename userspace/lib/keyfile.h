/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Static keys: two files, one for each end, good for one use only. After a
 * restart the packet counters begin anew, and the same key would meet the same
 * nonces again; so a file is marked as used, on the disk, before its keys go
 * anywhere, and the keys in it are wiped.
 */
#ifndef BR_KEYFILE_H
#define BR_KEYFILE_H

#include "failure.h"
#include "model.h"

/*
 * Writes new keys into two new files, readable by their owner only. Neither
 * file is left behind when it fails.
 * @after: a file of the same end as @a, used or not: the keys are the next
 *	epoch of its session; NULL for a new session
 * @cipher: BRAID_CIPHER_*
 */
int br_keyfile_generate(const char *a, const char *b, const char *after,
			uint32_t cipher, struct br_error *err);

/*
 * Takes the keys out of a file for installation: @key gets what the file says,
 * the file is marked as used and synced before this returns. From then on
 * nobody can take it again, whatever becomes of the installation. The caller
 * wipes @key after use: br_key_wipe().
 */
int br_keyfile_take(const char *path, struct br_key *key,
		    struct br_error *err);

/* Only tells whether br_keyfile_take() would succeed. */
int br_keyfile_check(const char *path, struct br_error *err);

void br_key_wipe(struct br_key *key);

#endif
