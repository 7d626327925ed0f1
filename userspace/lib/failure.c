// SPDX-License-Identifier: GPL-2.0
#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct br_exit_help br_exits[] = {
	{ BR_OK, "done" },
	{ BR_USAGE, "the command line is wrong" },
	{ BR_KERNEL, "the kernel refused, or cannot be asked" },
	{ BR_FILE, "a file cannot be used, or says something wrong" },
	{ BR_OK, NULL }
};

int br_fail(struct br_error *err, enum br_exit exit, int code,
	    const char *fmt, ...)
{
	va_list ap;

	err->exit = exit;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -code;
}

int br_where(struct br_error *err, const char *fmt, ...)
{
	char old[sizeof(err->text)];
	va_list ap;
	int len;

	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	len = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(err->text))
		return -err->code;
	/* too long a sentence is cut, which -Wformat-truncation wants seen */
	if (snprintf(err->text + len, sizeof(err->text) - len, ": %s", old) < 0)
		err->text[len] = 0;
	return -err->code;
}
