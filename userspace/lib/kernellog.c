// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* memmem */
#include "kernellog.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

/* Actions of syslog(2) */
#define READ_ALL	3
#define SIZE_BUFFER	10
/* More of a report than that is something else that has no end. */
#define TRACE_LINES	200

static bool has(const char *line, size_t len, const char *word)
{
	return memmem(line, len, word, strlen(word));
}

static bool begins(const char *line, size_t len)
{
	return has(line, len, "[ cut here ]") || has(line, len, "BUG: ");
}

static bool ends(const char *line, size_t len)
{
	return has(line, len, "[ end trace ");
}

void br_kernel_log_pick(const char *text, FILE *to)
{
	unsigned int trace = 0;
	size_t len, skip;
	bool last;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (begins(text, len))
			trace = TRACE_LINES;
		last = ends(text, len);
		if (trace || has(text, len, "braid")) {
			skip = text[0] == '<' ? strcspn(text, ">") + 1 : 0;
			if (skip > len)
				skip = 0;
			fprintf(to, "%.*s\n", (int)(len - skip), text + skip);
		}
		if (trace)
			trace = last ? 0 : trace - 1;
	}
}

int br_kernel_log(FILE *to)
{
	int size = klogctl(SIZE_BUFFER, NULL, 0), got, ret = 0;
	char *text;

	if (size < 0)
		return -errno;
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	got = klogctl(READ_ALL, text, size);
	if (got < 0) {
		ret = -errno;
		goto out_free;
	}
	text[got] = 0;
	br_kernel_log_pick(text, to);
out_free:
	free(text);
	return ret;
}
