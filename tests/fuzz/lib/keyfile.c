// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a key file: refused with a sentence and left as it is, or taken
 * once and not again.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyfile.h"

#define MOST	8192

static char path[64];

static void put(const uint8_t *data, size_t size)
{
	int fd;

	if (!path[0])
		snprintf(path, sizeof(path), "/dev/shm/braid-fuzz-%d", getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd))
		abort();
}

static void must_be(const uint8_t *data, size_t size)
{
	static uint8_t now[MOST + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, now, sizeof(now)) != (ssize_t)size ||
	    memcmp(now, data, size))
		abort();
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct br_error err = { .text = "" };
	struct br_key key;
	int good;

	if (size > MOST)
		return 0;
	put(data, size);
	good = !br_keyfile_check(path, &err);
	must_be(data, size);
	if (good != !br_keyfile_take(path, &key, &err))
		abort();
	if (good) {
		br_key_wipe(&key);
		err.text[0] = 0;
		if (!br_keyfile_take(path, &key, &err))
			abort();
	} else {
		must_be(data, size);
	}
	if (!err.text[0])
		abort();
	unlink(path);
	return 0;
}
