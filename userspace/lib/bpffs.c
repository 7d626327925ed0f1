// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* setns */
#include "bpffs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Whether we are in the mount namespace of the first process already. */
static bool initial(void)
{
	struct stat ours, first;

	return !stat("/proc/self/ns/mnt", &ours) &&
	       !stat("/proc/1/ns/mnt", &first) &&
	       ours.st_ino == first.st_ino && ours.st_dev == first.st_dev;
}

/* Not being allowed to is no failure here: there may be a BPF fs, too. */
static void switch_to_initial(struct br_bpffs *b)
{
	int first = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);

	b->home = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	b->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (first >= 0 && b->home >= 0 && b->cwd >= 0 &&
	    !setns(first, CLONE_NEWNS))
		goto out_close;
	if (b->home >= 0)
		close(b->home);
	if (b->cwd >= 0)
		close(b->cwd);
	b->home = -1;
out_close:
	if (first >= 0)
		close(first);
}

static int folder(const char *path, struct br_error *err)
{
	if (!mkdir(path, 0700) || errno == EEXIST)
		return 0;
	return br_fail(err, BR_KERNEL, errno, "%s: %s", path, strerror(errno));
}

int br_bpffs_enter(struct br_bpffs *b, struct br_error *err)
{
	struct statfs fs;
	int ret;

	b->home = -1;
	if (!initial())
		switch_to_initial(b);
	if ((statfs(BR_BPFFS, &fs) ||
	     (unsigned long)fs.f_type != BPF_FS_MAGIC) &&
	    mount("bpffs", BR_BPFFS, "bpf", 0, "mode=0700")) {
		ret = br_fail(err, BR_KERNEL, errno,
			      "mounting a BPF filesystem at %s: %s", BR_BPFFS,
			      strerror(errno));
		goto err_leave;
	}
	ret = folder(BR_BPFFS "/braid", err);
	if (!ret)
		ret = folder(BR_BPFFS_POLICIES, err);
	if (!ret)
		ret = folder(BR_BPFFS_MAPS, err);
	if (!ret)
		return 0;

err_leave:
	br_bpffs_leave(b);
	return ret;
}

/* Nothing can be done about a failure but to stay where we are. */
void br_bpffs_leave(struct br_bpffs *b)
{
	if (b->home < 0)
		return;
	if (setns(b->home, CLONE_NEWNS) || fchdir(b->cwd))
		errno = 0;
	close(b->home);
	close(b->cwd);
	b->home = -1;
}
