/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's log says of braid.
 */
#ifndef BR_KERNELLOG_H
#define BR_KERNELLOG_H

#include <stdio.h>

/*
 * Lines of a log that name braid, and those between a report's beginning and
 * its end, of whatever it is: a warning's call trace says who it was about only
 * somewhere in the middle. Priorities in front are left out.
 */
void br_kernel_log_pick(const char *text, FILE *to);

/* The same out of the running kernel's log. Return: 0 or a negative errno */
int br_kernel_log(FILE *to);

#endif
