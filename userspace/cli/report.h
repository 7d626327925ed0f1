/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of a report that are not answers of braidctl's own commands. Each
 * writes what it finds, or a sentence about why there is nothing.
 */
#ifndef BR_REPORT_H
#define BR_REPORT_H

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>

/* Where configuration files are looked for unless told otherwise */
#define BR_REPORT_CONFIGS	"/etc/braid"
/* Most words of a command */
#define BR_REPORT_WORDS		16

/**
 * struct br_report_files - names of files, sorted
 * @name: the names
 * @n: how many
 * @all: who owns them
 */
struct br_report_files {
	char **name;
	size_t n;
	glob_t all;
};

/* Return: 0, also when there are none; to be freed also after a failure */
int br_report_glob(struct br_report_files *files, const char *folder,
		   const char *pattern);
void br_report_globfree(struct br_report_files *files);

/* Whether the kernel has braid now; asking for it otherwise would load it. */
bool br_report_loaded(void);
/*
 * Takes a command apart at its spaces. @argv has room for one more, the NULL at
 * its end. Return: how many
 */
int br_report_words(char *text, char **argv);
/* Makes programs found that a user's PATH may not have. */
void br_report_path(void);

void br_report_versions(FILE *to, const char *unused);
void br_report_program(FILE *to, const char *line);
void br_report_bpf(FILE *to, const char *unused);
void br_report_none(FILE *to, const char *folder);
void br_report_config(FILE *to, const char *path);
void br_report_migration(FILE *to, const char *path);
void br_report_kernel_log(FILE *to, const char *unused);
void br_report_journal(FILE *to, const char *unused);
void br_report_sysctl(FILE *to, const char *unused);

#endif
