// SPDX-License-Identifier: GPL-2.0
#include "inifile.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"

int br_ini_located(struct br_ini_parser *p, unsigned int line)
{
	p->failed = true;
	p->err->exit = BR_FILE;
	if (p->key)
		br_where(p->err, "%s", p->key->name);
	return br_where(p->err, "%s:%u", p->path, line);
}

int br_ini_no_memory(struct br_ini_parser *p)
{
	p->failed = true;
	return br_fail(p->err, BR_FILE, ENOMEM, "out of memory");
}

bool br_ini_has(const struct br_ini_parser *p, const char *name)
{
	unsigned int i;

	for (i = 0; p->section->keys[i].name; i++)
		if (!strcmp(p->section->keys[i].name, name))
			return p->seen >> i & 1;
	return false;
}

int br_ini_require(struct br_ini_parser *p, const char *name)
{
	if (br_ini_has(p, name))
		return 0;
	br_fail(p->err, BR_FILE, EINVAL, "[%s] has no %s", p->section->name,
		name);
	return br_ini_located(p, p->begun);
}

static int section_end(struct br_ini_parser *p)
{
	int ret = p->section ? p->section->end(p) : 0;

	p->section = NULL;
	return ret;
}

/* "[Name]" at the start of a line; libinih tells of sections by their keys. */
static int section_begin(struct br_ini_parser *p, const char *line)
{
	size_t len = strcspn(line + 1, "]\r\n");
	const struct br_ini_section *const *s;
	int ret;

	ret = section_end(p);
	if (ret)
		return ret;
	if (line[1 + len] != ']')
		return br_ini_refuse(p, "a section's name ends with ']'");
	for (s = p->sections; *s; s++)
		if (strlen((*s)->name) == len &&
		    !strncmp((*s)->name, line + 1, len))
			break;
	if (!*s)
		return br_ini_refuse(p, "unknown section [%.*s]", (int)len, line + 1);
	p->section = *s;
	p->seen = 0;
	p->begun = p->line;
	p->object = NULL;
	return (*s)->begin(p);
}

/*
 * Gives libinih a line without the space in front of it, which it would take
 * for the continuation of the line above, and keeps the line as it was.
 */
static char *line_read(char *to, int room, void *stream)
{
	struct br_ini_parser *p = stream;
	const char *text;
	ssize_t got;
	size_t len;

	if (p->failed)
		return NULL;
	got = getline(&p->raw, &p->room, p->file);
	if (got < 0)
		return NULL;
	p->line++;
	if ((size_t)got != strlen(p->raw)) {
		br_ini_refuse(p, "a zero byte");
		return NULL;
	}
	text = p->raw;
	if (p->line == 1 && !strncmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	text += strspn(text, " \t");
	len = strlen(text);
	p->cut = len >= (size_t)room;
	if (p->cut)
		len = room - 1;
	memcpy(to, text, len);
	to[len] = 0;
	if (text[0] == '[' && section_begin(p, text))
		return NULL;
	return to;
}

int br_ini_field(struct br_ini_parser *p, const struct br_type *type,
		 const char *name, void *object, const char *value)
{
	if (br_field_value(type, name, object, value, p->err))
		return br_ini_located(p, p->line);
	return 0;
}

static int key_set(struct br_ini_parser *p, const char *value)
{
	const struct br_ini_key *key = p->key;

	if (p->cut && !key->raw)
		return br_ini_refuse(p, "the line is too long");
	if (!value[0])
		return br_ini_refuse(p, "has no value");
	if (key->set)
		return key->set(p, value);
	return br_ini_field(p, p->section->type, key->field, p->object, value);
}

/* libinih's: 0 means an error, and it reads on all the same. */
static int key_read(void *data, const char *section, const char *name,
		    const char *value)
{
	struct br_ini_parser *p = data;
	const struct br_ini_key *key;
	unsigned int i = 0;
	int ret;

	(void)section;
	if (p->failed)
		return 0;
	if (!p->section)
		return !br_ini_refuse(p, "'%s' stands before any section", name);
	for (key = p->section->keys; key->name; key++, i++)
		if (!strcmp(key->name, name))
			break;
	if (!key->name)
		return !br_ini_refuse(p, "unknown key %s in [%s]", name,
			       p->section->name);
	if (p->seen >> i & 1 && !key->many)
		return !br_ini_refuse(p, "%s is given twice", name);
	p->seen |= 1U << i;
	p->key = key;
	ret = key_set(p, value);
	p->key = NULL;
	return !ret;
}

int br_ini_read(struct br_ini_parser *p)
{
	int bad = ini_parse_stream(line_read, p, key_read, p);
	int ret = p->failed ? -p->err->code : 0;

	if (!ret && bad) {
		p->line = bad;
		ret = br_ini_refuse(p, "neither a [Section] nor Key = Value");
	}
	if (!ret)
		ret = section_end(p);
	free(p->raw);
	return ret;
}
