/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small things that C lacks.
 */
#ifndef BR_TEXT_H
#define BR_TEXT_H

#include <stddef.h>
#include <stdio.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif
#ifndef container_of
#define container_of(ptr, type, member)	\
	((type *)((char *)(ptr) - offsetof(type, member)))
#endif

/* Copies a string; what does not fit is cut. Return: @to */
static inline char *br_copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
	return to;
}

/* The same into an array. */
#define br_fill(array, text)	br_copy(array, sizeof(array), text)

#endif
