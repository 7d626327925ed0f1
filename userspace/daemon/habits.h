/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How peers come and go, kept over reboots: only durations, which mean the same by a
 * clock that has begun anew. What of it a disk has may be some minutes old, since
 * nobody needs the last round for what the ones before it tell.
 */
#ifndef BD_HABITS_H
#define BD_HABITS_H

#include "failure.h"
#include "gate.h"
#include "identity.h"
#include "pattern.h"

struct json_t;

/* Returns of peers wear out a disk no more often than this */
#define BD_HABITS_SAVE_MS	(10 * 60 * 1000ULL)

/**
 * struct bd_habits - the file
 * @path: where it is
 * @text: what it is known to say, NULL for nothing; owned
 * @saved_at: when that was last looked at
 * @failed: it could not be written, and that was said
 */
struct bd_habits {
	const char *path;
	char *text;
	uint64_t saved_at;
	bool failed;
};

/* The rounds of a pattern as JSON, and back: each is added to @p. */
struct json_t *bd_rounds_json(const struct bd_pattern *p);
void bd_rounds_take(struct bd_pattern *p, const struct json_t *rounds);

/* Writes them when they are others by now, now and then or (@end) at once. */
void bd_habits_save(struct bd_habits *habits, const struct bd_gate *gate,
		    bool end, uint64_t now);

/*
 * What the file said; NULL for one that is not there or is damaged, which is logged.
 * The caller lets go of it.
 */
struct json_t *bd_habits_load(const struct bd_habits *habits);
/*
 * Adds the rounds of a peer to a pattern of which nothing is known. @key: the peer's;
 * whoever has its name now is another one with another key.
 */
void bd_habits_take(const struct json_t *root, const char *peer,
		    const uint8_t key[BR_PUBLIC_LEN], struct bd_pattern *p);
void bd_habits_free(struct bd_habits *habits);

#endif
