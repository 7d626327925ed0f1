/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files that hold secrets.
 */
#ifndef BR_PRIVATE_H
#define BR_PRIVATE_H

#include "failure.h"

/*
 * Opens a file with @mode unless others could read it or have put it there: a
 * key that they know is none.
 * Return: a file descriptor or a negative errno
 */
int br_private_open(const char *path, int mode, struct br_error *err);

#endif
