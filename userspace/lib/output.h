/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of objects, as tables for people or JSON for programs. Both come from
 * the objects' descriptions.
 */
#ifndef BR_OUTPUT_H
#define BR_OUTPUT_H

#include <stdio.h>

#include "field.h"

/**
 * struct br_output - where and how to print
 * @file: where
 * @json: one JSON value instead of text
 * @indent: spaces in front of tables
 */
struct br_output {
	FILE *file;
	bool json;
	unsigned int indent;
};

/*
 * A table of the named fields, up to NULL; nothing for an empty list. Text
 * only.
 * Return: 0 or -ENOMEM
 */
int br_table(const struct br_output *out, const struct br_list *list,
	     const char *const *columns);

/* The objects with all their fields; a new reference. */
json_t *br_list_json(const struct br_list *list);

/* Prints and drops a JSON value. Return: 0, or a negative errno */
int br_json_print(const struct br_output *out, json_t *value);

/* The same in one line, for what goes on and on. */
void br_json_line(const struct br_output *out, json_t *value);

/* The table, or in JSON all fields of all objects. */
int br_list_print(const struct br_output *out, const struct br_list *list,
		  const char *const *columns);

#endif
