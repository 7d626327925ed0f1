/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What went wrong, as one sentence for a person and one code for a caller.
 */
#ifndef BR_FAILURE_H
#define BR_FAILURE_H

#ifndef __printf
#define __printf(a, b) \
	__attribute__(( \
		__format__(__printf__, a, b)))
#endif

/* Whose fault it was; braidctl's exit status. Documented in braidctl(8). */
enum br_exit {
	BR_OK = 0,
	BR_USAGE = 1,		/* the command line */
	BR_KERNEL = 2,		/* the kernel refused */
	BR_FILE = 3,		/* a file or what it says */
};

/**
 * struct br_exit_help - what a status means; help and braidctl(8) say it alike
 * @status: the status
 * @help: a few words, NULL after the last one
 */
struct br_exit_help {
	enum br_exit status;
	const char *help;
};

extern const struct br_exit_help br_exits[];

/**
 * struct br_error - why a call failed
 * @exit: whose fault it was
 * @code: positive errno
 * @text: one sentence without a full stop, what and where
 *
 * Only meaningful after a call returned less than 0.
 */
struct br_error {
	enum br_exit exit;
	int code;
	char text[512];
};

/* Fills in an error. Return: -code, so that callers can return it. */
int br_fail(struct br_error *err, enum br_exit exit, int code,
	    const char *fmt, ...) __printf(4, 5);

/* Says where: puts "<text>: " in front of an error. Return: -code. */
int br_where(struct br_error *err, const char *fmt, ...)
	__printf(2, 3);

#endif
