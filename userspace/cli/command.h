/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar of braidctl: an object, a verb, then keywords with their values
 * in any order. One table says which there are; parsing, usage, completion and
 * the checks of what is missing all come from it.
 */
#ifndef BR_COMMAND_H
#define BR_COMMAND_H

#include "failure.h"
#include "model.h"
#include "output.h"

/* Largest count */
#define BR_COUNT_MAX	1000
/* Most keywords of one command */
#define BR_WORDS_MAX	16

/* How a keyword is checked and completed */
enum br_word_kind {
	BR_WORD_FIELD,		/* a field of the command's object */
	BR_WORD_SOCKET,		/* a field of a socket; only checked */
	BR_WORD_PREFIXES,	/* a list of addresses with lengths; likewise */
	BR_WORD_PORTS,		/* a list of ports and ranges of them; likewise */
	BR_WORD_COUNT,		/* a number from 1 to BR_COUNT_MAX */
	BR_WORD_DEV,		/* a braid device, by name */
	BR_WORD_FILE,		/* a file */
	BR_WORD_TEXT,		/* anything */
	BR_WORD_CHOICE,		/* one of @choices */
	BR_WORD_FLAG,		/* a keyword without a value; sets a field, too */
};

enum br_word_flags {
	BR_REQUIRED = 1,
	BR_BARE = 2,		/* the keyword may be left out */
	BR_POSITION = 4 | BR_BARE, /* it must be: "a" may be a file's name */
};

/**
 * struct br_word - one keyword of a command
 * @name: the keyword; of a field also the field's name
 * @value: what stands for its value in usage
 * @kind: how it is checked
 * @flags: enum br_word_flags
 * @choices: "a|b|c" of BR_WORD_CHOICE
 */
struct br_word {
	const char *name;
	const char *value;
	enum br_word_kind kind;
	unsigned int flags;
	const char *choices;
};

/**
 * struct br_call - one invocation of a command
 * @command: the command
 * @out: how to print
 * @verbose: -v was given
 * @text: values by the words' order, NULL where absent; a flag's is its name
 * @object: for commands with a type, the parsed fields; freed by the caller
 * @err: filled in by a command that fails
 */
struct br_call {
	const struct br_command *command;
	struct br_output out;
	bool verbose;
	const char *text[BR_WORDS_MAX];
	void *object;
	struct br_error err;
};

/**
 * struct br_command - a command
 * @object: first word
 * @verb: second word, NULL when the object does without
 * @type: whose fields its keywords are, NULL for none
 * @words: its keywords, up to one without name
 * @run: returns 0 or a negative errno with call->err filled in
 * @help: one line
 */
struct br_command {
	const char *object;
	const char *verb;
	const struct br_type *type;
	struct br_word words[BR_WORDS_MAX];
	int (*run)(struct br_call *call);
	const char *help;
};

/**
 * struct br_group - the commands of one source file
 * @commands: up to one without object
 */
struct br_group {
	const struct br_command *commands;
};

/*
 * Finds the command and checks its words; everything a user can do wrong
 * without the kernel's help is refused here.
 * Return: 0, the caller frees call->object; or a negative errno
 */
int br_command_parse(const struct br_group *groups, int argc,
		     char *const *argv, struct br_call *call);

/* Value of a word, NULL when it was not given. */
const char *br_call_text(const struct br_call *call, const char *word);

/* Usage of all commands, or of those of one object. */
void br_usage(const struct br_group *groups, const char *object, FILE *to);

/* Goes through all commands; begins with { groups, NULL }. */
struct br_cursor {
	const struct br_group *group;
	const struct br_command *command;
};

/* The next command, NULL after the last one. No group is empty. */
const struct br_command *br_command_next(struct br_cursor *at);

/* The command of an object and a verb; @verb may be what follows a lone one. */
const struct br_command *br_command_find(const struct br_group *groups,
					 const char *object, const char *verb);

/* Index of the word that a keyword stands for, -1 for none. */
int br_keyword_index(const struct br_command *c, const char *name);

/* Whether the word's place is its only name. */
bool br_word_positional(const struct br_word *w);

#endif
