// SPDX-License-Identifier: GPL-2.0
#include "output.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

/* Words are read from the left, numbers compared from the right. */
static int flags_of(const struct br_field *f)
{
	switch (f->kind) {
	case BR_STRING:
	case BR_WORDS:
	case BR_BOOL:
	case BR_ENUM:
	case BR_LINK:
	case BR_TIME:
	case BR_ENDPOINT:
	case BR_ADDRS:
		return 0;
	default:
		return SCOLS_FL_RIGHT;
	}
}

static int line_add(struct libscols_table *table, const struct br_type *type,
		    const void *obj, const char *const *columns)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	unsigned int i;
	char *text;

	if (!line)
		return -ENOMEM;
	for (i = 0; columns[i]; i++) {
		text = br_field_text(type, br_field_find(type, columns[i]),
				     obj);
		if (!text || scols_line_refer_data(line, i, text)) {
			free(text);
			return -ENOMEM;
		}
	}
	return 0;
}

static struct libscols_table *table_make(const struct br_list *list,
					 const char *const *columns)
{
	struct libscols_table *table = scols_new_table();
	const struct br_field *f;
	unsigned int i;

	if (!table)
		return NULL;
	for (i = 0; columns[i]; i++) {
		f = br_field_find(list->type, columns[i]);
		if (!f || !scols_table_new_column(table, f->head, 0,
						  flags_of(f)))
			goto err_unref;
	}
	for (i = 0; i < list->n; i++)
		if (line_add(table, list->type, br_list_at(list, i), columns))
			goto err_unref;
	return table;

err_unref:
	scols_unref_table(table);
	return NULL;
}

/* libsmartcols has no margin, so that lines are put behind one here. */
static void indented(const struct br_output *out, const char *text)
{
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		fprintf(out->file, "%*s%.*s\n", (int)out->indent, "", (int)len,
			text);
	}
}

int br_table(const struct br_output *out, const struct br_list *list,
	     const char *const *columns)
{
	struct libscols_table *table;
	char *text = NULL;

	if (!list->n)
		return 0;
	table = table_make(list, columns);
	if (!table)
		return -ENOMEM;
	/* columns are as wide as they are: whoever pipes wants all of it */
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	if (!scols_print_table_to_string(table, &text) && text)
		indented(out, text);
	free(text);
	scols_unref_table(table);
	return 0;
}

json_t *br_list_json(const struct br_list *list)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < list->n; i++)
		json_array_append_new(array, br_object_json(list->type,
				      br_list_at(list, i)));
	return array;
}

int br_json_print(const struct br_output *out, json_t *value)
{
	int ret = value ? json_dumpf(value, out->file, JSON_INDENT(2)) : -1;

	json_decref(value);
	fputc('\n', out->file);
	return ret || ferror(out->file) ? -EIO : 0;
}

void br_json_line(const struct br_output *out, json_t *value)
{
	json_dumpf(value, out->file, JSON_COMPACT);
	json_decref(value);
	fputc('\n', out->file);
}

int br_list_print(const struct br_output *out, const struct br_list *list,
		  const char *const *columns)
{
	if (out->json)
		return br_json_print(out, br_list_json(list));
	return br_table(out, list, columns);
}
