// SPDX-License-Identifier: GPL-2.0
#include "redact.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "inifile.h"
#include "text.h"

#define BLANK	" \t\r\n"

/**
 * struct redaction - a file being shown
 * @path: its name
 * @to: where it is shown
 * @section: the one being read, NULL when there is no such section
 */
struct redaction {
	const char *path;
	FILE *to;
	const struct br_ini_section *section;
};

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, BLANK);
	len = strlen(text);
	while (len && strchr(BLANK, text[len - 1]))
		text[--len] = 0;
	return text;
}

/* As libinih does: a ';' after a space begins a comment. */
static void comment_cut(char *value)
{
	char *at = value;

	if (*value == ';')
		*value = 0;
	while ((at = strchr(at, ';'))) {
		if (at > value && strchr(BLANK, at[-1]))
			*at = 0;
		else
			at++;
	}
}

static bool is_file(const struct redaction *r, const char *name)
{
	const char *slash = strrchr(r->path, '/');
	char path[PATH_MAX];
	int n;

	if (!*name)
		return false;
	n = snprintf(path, sizeof(path), "%.*s%s",
		     slash && *name != '/' ? (int)(slash - r->path + 1) : 0,
		     r->path, name);
	return n > 0 && n < (int)sizeof(path) && !access(path, F_OK);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && !strcmp(text + len - n, end);
}

/*
 * By the key's name and not by a list: a key that braid learns later must not
 * be shown because nobody thought of this place.
 */
static bool harmless(const struct redaction *r, const struct br_ini_key *key,
		     const char *value)
{
	uint8_t public[BR_PUBLIC_LEN];

	/* commands may have passwords in them */
	if (key->raw)
		return false;
	if (!strcmp(key->name, "PublicKey"))
		return !br_public_parse(value, public);
	if (ends_with(key->name, "File"))
		return is_file(r, value);
	return !strstr(key->name, "Key") && !strstr(key->name, "Secret") &&
	       !strstr(key->name, "Password") && !strstr(key->name, "Token");
}

static const struct br_ini_key *key_find(const struct redaction *r,
					 const char *name)
{
	const struct br_ini_key *key = r->section ? r->section->keys : NULL;

	for (; key && key->name; key++)
		if (!strcmp(key->name, name))
			return key;
	return NULL;
}

static void not_shown(const struct redaction *r)
{
	fprintf(r->to, "(a line that is not shown: braid does not know it)\n");
}

static void section_show(struct redaction *r, const char *text)
{
	size_t len = strcspn(text, "]");
	const struct br_ini_section *const *s;

	r->section = NULL;
	for (s = br_config_sections; *s; s++)
		if (text[len] && len == strlen((*s)->name) + 1 &&
		    !strncmp((*s)->name, text + 1, len - 1))
			r->section = *s;
	if (r->section)
		fprintf(r->to, "[%s]\n", r->section->name);
	else
		not_shown(r);
}

static void key_show(struct redaction *r, char *text)
{
	char *value = strpbrk(text, "=:");
	const struct br_ini_key *key;

	if (!value) {
		not_shown(r);
		return;
	}
	*value++ = 0;
	key = key_find(r, trim(text));
	if (!key) {
		not_shown(r);
		return;
	}
	comment_cut(value);
	value = trim(value);
	fprintf(r->to, "%s = %s\n", key->name, harmless(r, key, value) ?
		value : "(taken out)");
}

static void line_show(struct redaction *r, char *text)
{
	text = trim(text);
	if (!*text)
		fputc('\n', r->to);
	else if (*text == '#' || *text == ';')
		fprintf(r->to, "# (a comment)\n");
	else if (*text == '[')
		section_show(r, text);
	else
		key_show(r, text);
}

void br_redact(FILE *from, const char *path, FILE *to)
{
	struct redaction r = { .path = path, .to = to };
	size_t room = 0;
	char *line = NULL;

	while (getline(&line, &room, from) >= 0)
		line_show(&r, line);
	/* what was in it is freed memory now, and may come back elsewhere */
	if (line)
		explicit_bzero(line, room);
	free(line);
}

void br_redact_journal(const char *line, FILE *to)
{
	const char *said = strstr(line, "]: ");

	said = said ? said + 3 : line;
	if (*said == '/' || strstr(said, "not reloaded: "))
		fprintf(to, "%.*s(a refused configuration: not shown)\n",
			(int)(said - line), line);
	else
		fprintf(to, "%s\n", line);
}
