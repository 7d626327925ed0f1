/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of sections with keys, over libinih: which sections and keys there
 * are stands in a table, everything else is refused by file and line.
 */
#ifndef BR_INIFILE_H
#define BR_INIFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "failure.h"
#include "model.h"

struct br_config;
struct br_ini_parser;

/* Most keys of one section */
#define BR_INI_KEYS	24

/**
 * struct br_ini_key - a key of a section
 * @name: as it is written
 * @field: of the section's object it sets, for those without @set
 * @set: for all others
 * @many: it may be given several times
 * @raw: @set looks at the line itself: ';' begins no comment, length is free
 */
struct br_ini_key {
	const char *name;
	const char *field;
	int (*set)(struct br_ini_parser *p, const char *value);
	bool many;
	bool raw;
};

/**
 * struct br_ini_section - a section of the file
 * @name: as it is written
 * @begin: makes room for another one
 * @end: checks it when the next one begins
 * @type: of its object
 * @keys: its keys, up to one without name
 */
struct br_ini_section {
	const char *name;
	int (*begin)(struct br_ini_parser *p);
	int (*end)(struct br_ini_parser *p);
	const struct br_type *type;
	struct br_ini_key keys[BR_INI_KEYS];
};

/* Those of braid.conf(5), defined in config.c; up to NULL */
extern const struct br_ini_section *const br_config_sections[];

/**
 * struct br_ini_parser - the state of reading a file
 * @file: the file
 * @path: its name
 * @sections: which there may be, up to NULL
 * @config: what is filled in
 * @section: the section being read, NULL before the first
 * @object: its object, for keys that are fields
 * @key: the key being read, NULL between keys
 * @seen: bit n is set when the section had its key n
 * @line: number of the line being read
 * @begun: number of the section's first line
 * @raw: the line being read; libinih takes a ';' in a command for a comment
 * @room: bytes of @raw
 * @cut: the line is longer than libinih takes
 * @failed: @err is filled in, the rest of the file is skipped
 * @err: why
 */
struct br_ini_parser {
	FILE *file;
	const char *path;
	const struct br_ini_section *const *sections;
	struct br_config *config;
	const struct br_ini_section *section;
	void *object;
	const struct br_ini_key *key;
	uint32_t seen;
	unsigned int line;
	unsigned int begun;
	char *raw;
	size_t room;
	bool cut;
	bool failed;
	struct br_error *err;
};

/*
 * Reads it all. Whoever calls sets file, path, sections, config and err.
 * Return: 0 or a negative errno
 */
int br_ini_read(struct br_ini_parser *p);

/* Refuses the line being read; br_ini_refuse(p, "format", ...). */
#define br_ini_refuse(p, ...) \
	(br_fail((p)->err, BR_FILE, EINVAL, __VA_ARGS__), \
	 br_ini_located(p, (p)->line))

/* Puts file, line and key in front of the refusal in p->err. */
int br_ini_located(struct br_ini_parser *p, unsigned int line);
int br_ini_no_memory(struct br_ini_parser *p);

/* Sets a field of an object from the key being read; refuses what it must. */
int br_ini_field(struct br_ini_parser *p, const struct br_type *type,
		 const char *name, void *object, const char *value);

/* Whether the section had the key so far; refuses when not. */
bool br_ini_has(const struct br_ini_parser *p, const char *name);
int br_ini_require(struct br_ini_parser *p, const char *name);

#endif
