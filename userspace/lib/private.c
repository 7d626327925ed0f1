// SPDX-License-Identifier: GPL-2.0
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int br_private_open(const char *path, int mode, struct br_error *err)
{
	int fd = open(path, mode | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		br_fail(err, BR_FILE, errno, "%s: %s", path, strerror(errno));
		goto err_close;
	}
	if (!S_ISREG(st.st_mode)) {
		br_fail(err, BR_FILE, EINVAL, "%s: not a regular file", path);
		goto err_close;
	}
	if (st.st_mode & 077) {
		br_fail(err, BR_FILE, EPERM,
			"%s: others can read or write it (mode %03o); keys in it are no secret",
			path, st.st_mode & 0777);
		goto err_close;
	}
	if (st.st_uid != geteuid() && st.st_uid) {
		br_fail(err, BR_FILE, EPERM, "%s: belongs to another user",
			path);
		goto err_close;
	}
	return fd;

err_close:
	if (fd >= 0)
		close(fd);
	return -err->code;
}
