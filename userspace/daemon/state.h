/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a daemon leaves to its successor, so that it need not begin anew: how old
 * each session's keys are and who began them. The keys are the kernel's, and
 * nothing here opens anything.
 */
#ifndef BD_STATE_H
#define BD_STATE_H

#include "gate.h"
#include "session.h"

struct json_t;

/*
 * Writes what is known of all sessions into a file, at once or not at all
 * (br_save_write()). Times in it are the sessions', by a clock that goes on while
 * nobody runs.
 * @run: what whoever looks may want to know, br_run_json(); dropped
 */
int bd_state_save(const char *path, const struct bd_gate *gate,
		  struct json_t *run, struct br_error *err);

/**
 * struct bd_state - what a file said
 * @root: its JSON
 * @now: when it is read
 */
struct bd_state {
	struct json_t *root;
	uint64_t now;
};

/* One that is not there says nothing; nor does one that is damaged, which is logged. */
void bd_state_load(struct bd_state *state, const char *path, uint64_t now);
/* Return: whether it says something of a peer */
bool bd_state_past(const struct bd_state *state, const char *peer,
		   struct bd_past *past);
void bd_state_free(struct bd_state *state);

#endif
