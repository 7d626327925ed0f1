/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files that outlive a crash: checkpoints, journals of migrations, and what a
 * daemon keeps of byte budgets and of itself. One line and a JSON object that a
 * person can read:
 *
 *	braid-checkpoint 1 sha256 <64 hexadecimal digits>
 *	{ "kind": "checkpoint", ... }
 *
 * The 1 is the version of the format. The checksum (SHA-256, FIPS 180-4) is
 * over "braid-checkpoint 1\n" and all that follows the first line. It finds
 * damage; it is no proof of who wrote the file. Keys are never in it.
 */
#ifndef BR_SAVEFILE_H
#define BR_SAVEFILE_H

#include <jansson.h>

#include "failure.h"

/* Newest version of the format; lower ones are read, higher ones refused. */
#define BR_SAVE_VERSION	1
/* Bytes of the largest file that is read */
#define BR_SAVE_MAX	(16 << 20)

/**
 * struct br_save_hook - for tests: dies at a step of writing
 * @step: called before each step with its name; anything but 0 stops the
 *	writer right there, as a crash does: nothing is cleaned up
 * @data: for @step
 */
struct br_save_hook {
	int (*step)(void *data, const char *name);
	void *data;
};

/*
 * Replaces a file as a whole: a temporary one beside it, synced, renamed, the
 * folder synced. Whatever interrupts it, the old file or the new one is there.
 * @path must be a regular file or not exist. @hook may be NULL. For one writer
 * at a time.
 */
int br_save_write(const char *path, const json_t *root,
		  const struct br_save_hook *hook, struct br_error *err);

/*
 * Reads a file of that kind (the object's "kind").
 * Return: a new reference, NULL with @err filled in; err->code is ENOENT when
 * there is no such file
 */
json_t *br_save_read(const char *path, const char *kind, struct br_error *err);

/* Text of a file; to be freed. NULL without memory */
char *br_save_render(const json_t *root, size_t *len);
/* What a file's text says; as br_save_read(), without a file's name. */
json_t *br_save_parse(const char *text, size_t len, const char *kind,
		      struct br_error *err);

#endif
