// SPDX-License-Identifier: GPL-2.0
/*
 * What may follow a command that is being typed. The shell only knows that a
 * file's name may; all else is printed here.
 */
#include "complete.h"

#include <string.h>

#include "field.h"

static void names_complete(const struct br_group *groups, const char *object,
			   FILE *to)
{
	struct br_cursor at = { groups, NULL };
	const struct br_command *c;
	const char *last = "";

	while ((c = br_command_next(&at))) {
		if (object && strcmp(c->object, object))
			continue;
		if (!object && strcmp(c->object, last))
			fprintf(to, "%s\n", c->object);
		if (object && c->verb)
			fprintf(to, "%s\n", c->verb);
		last = c->object;
	}
}

static void choices_complete(const char *choices, FILE *to)
{
	size_t n;

	for (; choices && *choices; choices += n + (choices[n] == '|')) {
		n = strcspn(choices, "|");
		fprintf(to, "%.*s\n", (int)n, choices);
	}
}

/* A new object's name is the user's to invent. */
static bool invented(const struct br_command *c, const struct br_word *w)
{
	return c->verb && !strcmp(c->verb, "add") &&
	       !strcmp(c->object, w->name);
}

static void field_complete(const struct br_completion *so_far,
			   const struct br_word *w, FILE *to)
{
	const struct br_field *f = br_field_find(so_far->command->type,
						 w->name);
	int i;

	if (!f)
		return;
	if (f->kind == BR_BOOL)
		fprintf(to, "yes\nno\n");
	else if (f->kind == BR_LINK)
		so_far->names("link", so_far, to);
	else if (f->kind == BR_STRING && !invented(so_far->command, w))
		so_far->names(w->name, so_far, to);
	else if (f->kind == BR_NAMES)
		so_far->names("path", so_far, to);
	for (i = 0; f->names && f->names[i]; i++)
		fprintf(to, "%s\n", f->names[i]);
}

static void value_complete(const struct br_completion *so_far,
			   const struct br_word *w, FILE *to)
{
	switch (w->kind) {
	case BR_WORD_FIELD:
		field_complete(so_far, w, to);
		break;
	case BR_WORD_DEV:
		if (!invented(so_far->command, w))
			so_far->names("dev", so_far, to);
		break;
	case BR_WORD_TEXT:
	case BR_WORD_SOCKET:
		so_far->names(w->name, so_far, to);
		break;
	case BR_WORD_FILE:
		fprintf(to, "<file>\n");
		break;
	default:
		choices_complete(w->choices, to);
	}
}

/* Keywords that are still free */
static void keywords_complete(const struct br_completion *so_far, FILE *to)
{
	const struct br_word *w = so_far->command->words;
	bool bare = false;
	int i;

	for (i = 0; i < BR_WORDS_MAX && w[i].name; i++) {
		if (so_far->text[i])
			continue;
		if (w[i].flags & BR_BARE && !bare) {
			value_complete(so_far, &w[i], to);
			bare = true;
		}
		if (!br_word_positional(&w[i]))
			fprintf(to, "%s\n", w[i].name);
	}
}

static int bare_free(const struct br_completion *so_far)
{
	const struct br_word *w = so_far->command->words;
	int i;

	for (i = 0; i < BR_WORDS_MAX && w[i].name; i++)
		if (w[i].flags & BR_BARE && !so_far->text[i])
			return i;
	return -1;
}

/*
 * Takes in the words before the last one.
 * Return: index of the word whose value the last one is, BR_WORDS_MAX when it
 * is none, -1 when the command is wrong already
 */
static int words_take(struct br_completion *so_far, int argc,
		      char *const *argv)
{
	const struct br_command *c = so_far->command;
	int i, w;

	for (i = 0; i < argc - 1; i++) {
		w = br_keyword_index(c, argv[i]);
		if (w < 0)
			w = bare_free(so_far);
		else if (c->words[w].kind != BR_WORD_FLAG && ++i == argc - 1)
			return w;
		if (w < 0)
			return -1;
		so_far->text[w] = argv[i];
	}
	return BR_WORDS_MAX;
}

void br_complete(const struct br_group *groups, int argc, char *const *argv,
		 br_names_fn names, FILE *to)
{
	struct br_completion so_far = { .names = names };
	const struct br_command *c;
	int skip, w;

	if (argc <= 1) {
		names_complete(groups, NULL, to);
		return;
	}
	c = br_command_find(groups, argv[0], argv[1]);
	if (!c || (c->verb && argc == 2)) {
		if (argc == 2)
			names_complete(groups, argv[0], to);
		return;
	}
	so_far.command = c;
	skip = c->verb ? 2 : 1;
	w = words_take(&so_far, argc - skip, argv + skip);
	if (w == BR_WORDS_MAX)
		keywords_complete(&so_far, to);
	else if (w >= 0)
		value_complete(&so_far, &c->words[w], to);
}
