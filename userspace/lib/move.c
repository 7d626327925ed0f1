// SPDX-License-Identifier: GPL-2.0
#include "move.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "checkpoint.h"
#include "pathsock.h"
#include "savefile.h"
#include "text.h"

#define RUN		"/run/braid"

static struct br_path named(const struct br_move *move, const char *name)
{
	struct br_path path = { .ifindex = move->ifindex };

	br_fill(path.peer, move->m.peer);
	br_fill(path.name, name);
	br_set_has(&br_path_type, &path, "peer");
	br_set_has(&br_path_type, &path, "path");
	return path;
}

static uint64_t op_now(void *data)
{
	struct timespec t;

	(void)data;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

static int op_get(void *data, const char *name, struct br_path *to,
		  struct br_error *err)
{
	struct br_move *move = data;
	struct br_path path = named(move, name);

	return br_nl_do(move->nl, BRAID_CMD_PATH_GET, &br_path_type, &path, to,
			err);
}

static int op_set(void *data, const char *name, const char *what,
		  uint8_t value, struct br_error *err)
{
	struct br_move *move = data;
	struct br_path path = named(move, name);

	*(uint8_t *)br_field_at(br_field_find(&br_path_type, what), &path) =
		value;
	br_set_has(&br_path_type, &path, what);
	return br_nl_do(move->nl, BRAID_CMD_PATH_SET, &br_path_type, &path, NULL,
			err);
}

static int op_probe(void *data, const char *name, struct br_error *err)
{
	struct br_move *move = data;
	struct br_path path = named(move, name);

	return br_nl_do(move->nl, BRAID_CMD_PATH_PROBE, &br_path_type, &path,
			NULL, err);
}

static int op_del(void *data, const char *name, struct br_error *err)
{
	struct br_move *move = data;
	struct br_path path = named(move, name);

	return br_pathsock_del(move->nl, &path, err);
}

static int op_journal(void *data, const struct br_migration *m,
		      struct br_error *err)
{
	struct br_move *move = data;
	json_t *json;
	int ret;

	if (br_migrate_over(m)) {
		if (unlink(move->journal) && errno != ENOENT)
			return br_fail(err, BR_FILE, errno, "%s: %s",
				       move->journal, strerror(errno));
		return 0;
	}
	json = br_migration_json(m);
	if (!json)
		return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	ret = br_save_write(move->journal, json, NULL, err);
	json_decref(json);
	return ret;
}

/*
 * What root makes here is of whoever has the folder above it: a braidd that is not root
 * has to be able to use it, too. It is closed.
 */
static void hand_over(int fd)
{
	struct stat st;

	if (fd < 0)
		return;
	/* where it fails, whoever cannot use it says so */
	if (!geteuid() && !stat(RUN, &st))
		(void)!fchown(fd, st.st_uid, st.st_gid);
	close(fd);
}

/* The namespace's cookie tells devices of the same name apart. */
static int journal_name(struct br_move *move, const char *given,
			struct br_error *err)
{
	struct br_device ask = { .ifindex = move->ifindex }, device = { 0 };
	int ret;

	if (given) {
		br_fill(move->journal, given);
		return 0;
	}
	ret = br_nl_do(move->nl, BRAID_CMD_DEVICE_GET, &br_device_type, &ask,
		       &device, err);
	br_object_free(&br_device_type, &device);
	if (ret)
		return ret;
	br_journal_name(move->journal, device.netns_cookie, move->ifindex,
			move->m.peer);
	if ((mkdir(RUN, 0755) && errno != EEXIST) ||
	    (mkdir(BR_JOURNALS, 0700) && errno != EEXIST))
		return br_fail(err, BR_FILE, errno, "%s: %s", BR_JOURNALS,
			       strerror(errno));
	hand_over(open(BR_JOURNALS, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	return 0;
}

/* Two moves of one peer at once would each undo the other's. */
static int lock_take(struct br_move *move, struct br_error *err)
{
	char name[PATH_MAX];

	if (snprintf(name, sizeof(name), "%s.lock", move->journal) >=
	    (int)sizeof(name))
		return br_fail(err, BR_FILE, ENAMETOOLONG, "%s: too long",
			       move->journal);
	move->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (move->lock < 0)
		return br_fail(err, BR_FILE, errno, "%s: %s", name,
			       strerror(errno));
	hand_over(dup(move->lock));
	if (!flock(move->lock, LOCK_EX | LOCK_NB))
		return 0;
	return br_fail(err, BR_KERNEL, EBUSY,
		       "another process migrates this peer right now");
}

static const struct br_migrate_ops kernel_ops = {
	.now = op_now, .get = op_get, .set = op_set, .probe = op_probe,
	.del = op_del, .journal = op_journal,
};

int br_move_open(struct br_move *move, struct br_nl *nl, uint32_t ifindex,
		 const char *journal, struct br_error *err)
{
	int ret;

	move->lock = -1;
	move->nl = nl;
	move->ifindex = ifindex;
	move->ops = kernel_ops;
	move->ops.data = move;
	move->m.ops = &move->ops;
	ret = journal_name(move, journal, err);
	return ret ? ret : lock_take(move, err);
}

/* The lock's file stays: who unlinked it could not know who waits for it. */
void br_move_close(struct br_move *move)
{
	if (move->lock >= 0)
		close(move->lock);
	move->lock = -1;
}

int br_move_load(struct br_move *move, struct br_error *err)
{
	struct br_migration m = move->m;
	json_t *json = br_save_read(move->journal, "migration", err);
	int ret;

	if (!json)
		return err->code == ENOENT ? 0 : -err->code;
	ret = br_migration_load(&m, json, err);
	json_decref(json);
	if (ret)
		return br_where(err, "%s", move->journal);
	if (strcmp(m.dev, move->m.dev) || strcmp(m.peer, move->m.peer))
		return br_fail(err, BR_FILE, EINVAL,
			       "%s: it is about peer %s of %s", move->journal,
			       m.peer, m.dev);
	move->m = m;
	return 1;
}
