/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Completion of commands, from the table that parses them.
 */
#ifndef BR_COMPLETE_H
#define BR_COMPLETE_H

#include <stdio.h>

#include "command.h"

struct br_completion;

/*
 * Prints the names that there are of a noun ("dev", "peer", "link"...), one a
 * line; nothing for a word that names nothing.
 */
typedef void (*br_names_fn)(const char *noun,
			    const struct br_completion *so_far, FILE *to);

/**
 * struct br_completion - a command that is being typed
 * @command: which
 * @text: values so far by the words' order, NULL where absent
 * @names: asks for names
 */
struct br_completion {
	const struct br_command *command;
	const char *text[BR_WORDS_MAX];
	br_names_fn names;
};

/*
 * Prints what may follow the given words, one a line; the last of them is
 * being typed and may be empty. "<file>" stands for files' names.
 */
void br_complete(const struct br_group *groups, int argc, char *const *argv,
		 br_names_fn names, FILE *to);

/* Of the objects that the kernel has; says nothing when it cannot be asked. */
void br_live_names(const char *noun, const struct br_completion *so_far,
		   FILE *to);

#endif
