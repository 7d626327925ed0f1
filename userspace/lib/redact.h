/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A configuration file for the eyes of others. What is shown is what is known
 * to be harmless, a section or a key that there is with a value that is no
 * secret; all else is left out, since a line that braid does not understand may
 * be a key in the wrong place, and a comment may be anything.
 */
#ifndef BR_REDACT_H
#define BR_REDACT_H

#include <stdio.h>

/*
 * As many lines as the file has, so that a refusal's line number still fits.
 * @path: the file's name; those of key files are relative to it, and are shown
 *	when there is such a file: a key pasted there is no file's name
 */
void br_redact(FILE *from, const char *path, FILE *to);

/*
 * A line of braidd's journal, without what a refused configuration said:
 * sentences of that kind repeat what stands in the file.
 */
void br_redact_journal(const char *line, FILE *to);

#endif
