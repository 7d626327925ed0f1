/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other programs, for what they print.
 */
#ifndef BR_PROCESS_H
#define BR_PROCESS_H

#include <stdio.h>

/* What one may print, and how long it may take */
#define BR_PROCESS_BYTES	(512 << 10)
#define BR_PROCESS_SECONDS	10

/*
 * Runs a program without input and copies what it prints, errors included.
 * @argv: its words, up to NULL; the first one is looked for in PATH
 *
 * Return: its exit status, 128 when a signal ended it; -ENOENT when it is not
 * installed; -EFBIG and -ETIME when it was ended for what the limits say, with
 * what it had printed so far copied
 */
int br_process_run(char *const *argv, FILE *to);

#endif
