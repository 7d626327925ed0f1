// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* pipe2 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Return: 0 or a negative errno */
static int start(char *const *argv, int out, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int ret;

	ret = posix_spawn_file_actions_init(&actions);
	if (ret)
		return -ret;
	ret = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
					       O_RDONLY, 0);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(&actions, out, 2);
	if (!ret)
		ret = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -ret;
}

/* Waits for more of it. Return: 1, or -ETIME */
static int await(int fd, int64_t end)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	int ret;

	do {
		left = end - now_ms();
		ret = left > 0 ? poll(&p, 1, left) : 0;
	} while (ret < 0 && errno == EINTR);
	return ret > 0 ? 1 : -ETIME;
}

/* Up to its end. Return: 0 or a negative errno */
static int copy(int fd, FILE *to)
{
	int64_t end = now_ms() + BR_PROCESS_SECONDS * 1000;
	size_t room = BR_PROCESS_BYTES;
	char buf[4096];
	ssize_t got;

	for (;;) {
		if (await(fd, end) < 0)
			return -ETIME;
		got = read(fd, buf, sizeof(buf));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : 0;
		if ((size_t)got > room) {
			fwrite(buf, 1, room, to);
			return -EFBIG;
		}
		fwrite(buf, 1, got, to);
		room -= got;
	}
}

static int finish(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int br_process_run(char *const *argv, FILE *to)
{
	int fds[2], ret, status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	ret = start(argv, fds[1], &pid);
	close(fds[1]);
	if (ret)
		goto out_close;
	ret = copy(fds[0], to);
	if (ret)
		kill(pid, SIGKILL);
	status = finish(pid);
	if (!ret)
		ret = status;
out_close:
	close(fds[0]);
	return ret;
}
