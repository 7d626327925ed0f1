// SPDX-License-Identifier: GPL-2.0
#include "command.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "port.h"

const struct br_command *br_command_next(struct br_cursor *at)
{
	if (at->command && (++at->command)->object)
		return at->command;
	if (at->command)
		at->group++;
	at->command = at->group->commands;
	return at->command;
}

static int usage_error(struct br_call *call, const char *what,
		       const char *word)
{
	return br_fail(&call->err, BR_USAGE, EINVAL, what, word);
}

const struct br_command *br_command_find(const struct br_group *groups,
					 const char *object, const char *verb)
{
	struct br_cursor at = { groups, NULL };
	const struct br_command *c;

	while ((c = br_command_next(&at))) {
		if (strcmp(c->object, object))
			continue;
		if (!c->verb || (verb && !strcmp(c->verb, verb)))
			return c;
	}
	return NULL;
}

static bool known(const struct br_group *groups, const char *object)
{
	struct br_cursor at = { groups, NULL };
	const struct br_command *c;

	while ((c = br_command_next(&at)))
		if (!strcmp(c->object, object))
			return true;
	return false;
}

bool br_word_positional(const struct br_word *w)
{
	return (w->flags & BR_POSITION) == BR_POSITION;
}

static int word_index(const struct br_command *c, const char *name)
{
	int i;

	for (i = 0; i < BR_WORDS_MAX && c->words[i].name; i++)
		if (!strcmp(c->words[i].name, name))
			return i;
	return -1;
}

int br_keyword_index(const struct br_command *c, const char *name)
{
	int i = word_index(c, name);

	return i >= 0 && br_word_positional(&c->words[i]) ? -1 : i;
}

const char *br_call_text(const struct br_call *call, const char *word)
{
	int i = word_index(call->command, word);

	return i < 0 ? NULL : call->text[i];
}

/* The first word still missing whose keyword may be left out. */
static int bare_index(const struct br_call *call)
{
	const struct br_word *w = call->command->words;
	int i;

	for (i = 0; i < BR_WORDS_MAX && w[i].name; i++)
		if (w[i].flags & BR_BARE && !call->text[i])
			return i;
	return -1;
}

static bool choice_valid(const char *choices, const char *text)
{
	size_t len = strlen(text), n;

	for (; *choices; choices += n + (choices[n] == '|')) {
		n = strcspn(choices, "|");
		if (n == len && !strncmp(choices, text, n))
			return true;
	}
	return false;
}

/*
 * Whether the device exists is for the kernel to say; what cannot be a name
 * is refused here, before any part of the command has been carried out.
 */
static int dev_check(struct br_call *call, const char *text)
{
	if (strlen(text) >= IFNAMSIZ || !*text || strpbrk(text, "/ \t\n:") ||
	    !strcmp(text, ".") || !strcmp(text, ".."))
		return usage_error(call, "dev: '%s' is not a device's name",
				   text);
	return 0;
}

static int socket_check(struct br_call *call, const struct br_word *w,
			const char *text)
{
	struct br_socket scratch = { 0 };

	return br_field_parse(&br_socket_type, w->name, &scratch, text,
			      &call->err);
}

static int prefixes_check(struct br_call *call, const struct br_word *w,
			  const char *text)
{
	struct br_prefix scratch;
	const char *why;

	while (text && !br_prefix_next(&text, &scratch, &why))
		;
	if (!text)
		return 0;
	return br_fail(&call->err, BR_USAGE, EINVAL, "%s: '%.*s' %s", w->name,
		       (int)strcspn(text, ","), text, why);
}

static int ports_check(struct br_call *call, const struct br_word *w,
		       const char *text)
{
	struct br_ports scratch;
	const char *why;

	if (!br_ports_parse(text, &scratch, &why))
		return 0;
	return br_fail(&call->err, BR_USAGE, EINVAL, "%s: '%s' %s", w->name,
		       text, why);
}

static int count_check(struct br_call *call, const struct br_word *w,
		       const char *text)
{
	uint64_t count;

	if (!br_number_parse(text, BR_COUNT_MAX, &count) && count)
		return 0;
	return br_fail(&call->err, BR_USAGE, EINVAL,
		       "%s: '%s' is not a number from 1 to %d", w->name, text,
		       BR_COUNT_MAX);
}

static int word_check(struct br_call *call, const struct br_word *w,
		      const char *text)
{
	switch (w->kind) {
	case BR_WORD_FIELD:
		return br_field_parse(call->command->type, w->name,
				      call->object, text, &call->err);
	case BR_WORD_SOCKET:
		return socket_check(call, w, text);
	case BR_WORD_PREFIXES:
		return prefixes_check(call, w, text);
	case BR_WORD_PORTS:
		return ports_check(call, w, text);
	case BR_WORD_COUNT:
		return count_check(call, w, text);
	case BR_WORD_DEV:
		return dev_check(call, text);
	case BR_WORD_CHOICE:
		if (choice_valid(w->choices, text))
			return 0;
		return br_fail(&call->err, BR_USAGE, EINVAL,
			       "%s: '%s' is not one of %s", w->name, text,
			       w->choices);
	default:
		return *text ? 0 : usage_error(call, "%s: is empty", w->name);
	}
}

static int flag_take(struct br_call *call, int i)
{
	const char *name = call->command->words[i].name;
	const struct br_type *type = call->command->type;
	int ret = 0;

	call->text[i] = name;
	if (type && br_field_find(type, name))
		ret = br_field_parse(type, name, call->object, "yes",
				     &call->err);
	return ret ? ret : 1;
}

/* Return: number of arguments taken, or a negative errno */
static int word_take(struct br_call *call, int argc, char *const *argv)
{
	int i = br_keyword_index(call->command, argv[0]), taken = 1, ret;
	const struct br_word *w;

	/* a value that looks like a keyword needs its own keyword in front */
	if (i < 0) {
		taken = 0;
		i = bare_index(call);
	}
	if (i < 0)
		return usage_error(call, "unexpected word: %s", argv[0]);
	w = &call->command->words[i];
	if (call->text[i])
		return usage_error(call, "%s is given twice", w->name);
	if (w->kind == BR_WORD_FLAG)
		return flag_take(call, i);
	if (argc <= taken)
		return usage_error(call, "%s: its value is missing", w->name);
	ret = word_check(call, w, argv[taken]);
	call->text[i] = argv[taken];
	return ret ? ret : taken + 1;
}

static int required_check(struct br_call *call)
{
	const struct br_command *c = call->command;
	const struct br_word *w = c->words;
	int i;

	for (i = 0; i < BR_WORDS_MAX && w[i].name; i++)
		if (w[i].flags & BR_REQUIRED && !call->text[i])
			return br_fail(&call->err, BR_USAGE, EINVAL,
				       "%s%s%s: %s%s%s is missing",
				       c->object, c->verb ? " " : "",
				       c->verb ? c->verb : "",
				       br_word_positional(&w[i]) ? "" : w[i].name,
				       br_word_positional(&w[i]) ? "" : " ",
				       w[i].value);
	return 0;
}

static int words_parse(struct br_call *call, int argc, char *const *argv)
{
	int ret;

	while (argc) {
		ret = word_take(call, argc, argv);
		if (ret < 0)
			return ret;
		argc -= ret;
		argv += ret;
	}
	return required_check(call);
}

int br_command_parse(const struct br_group *groups, int argc,
		     char *const *argv, struct br_call *call)
{
	const struct br_command *c;
	int skip, ret;

	if (!argc)
		return usage_error(call, "a command is missing%s", "");
	c = br_command_find(groups, argv[0], argc > 1 ? argv[1] : NULL);
	if (!c && !known(groups, argv[0]))
		return usage_error(call, "no such command: %s", argv[0]);
	if (!c)
		return br_fail(&call->err, BR_USAGE, EINVAL,
			       argc > 1 ? "%s: no such verb: %s" :
					  "%s: a verb is missing%s",
			       argv[0], argc > 1 ? argv[1] : "");
	call->command = c;
	if (c->type) {
		call->object = calloc(1, c->type->size);
		if (!call->object)
			return br_fail(&call->err, BR_KERNEL, ENOMEM,
				       "out of memory");
	}
	skip = c->verb ? 2 : 1;
	ret = words_parse(call, argc - skip, argv + skip);
	if (ret) {
		free(call->object);
		call->object = NULL;
	}
	return ret;
}
