// SPDX-License-Identifier: GPL-2.0
#include "savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

#define MAGIC		"braid-checkpoint "
#define DIGEST		32
#define HEAD_MAX	128

/* The first line of a file of this version whose rest is @body */
static int head_make(unsigned int version, const char *body, size_t len,
		     char *head)
{
	unsigned char digest[DIGEST];
	gnutls_hash_hd_t hash;
	unsigned int i;
	int n;

	n = snprintf(head, HEAD_MAX, MAGIC "%u\n", version);
	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256))
		return -ENOMEM;
	gnutls_hash(hash, head, n);
	gnutls_hash(hash, body, len);
	gnutls_hash_deinit(hash, digest);
	n = snprintf(head, HEAD_MAX, MAGIC "%u sha256 ", version);
	for (i = 0; i < DIGEST; i++)
		n += snprintf(head + n, HEAD_MAX - n, "%02x", digest[i]);
	n += snprintf(head + n, HEAD_MAX - n, "\n");
	return n;
}

char *br_save_render(const json_t *root, size_t *len)
{
	char *body = json_dumps(root, JSON_INDENT(1)), *text = NULL;
	char head[HEAD_MAX];
	size_t size;
	int n;

	if (!body)
		return NULL;
	/* the NUL at its end becomes the last line's end */
	size = strlen(body) + 1;
	body[size - 1] = '\n';
	n = head_make(BR_SAVE_VERSION, body, size, head);
	if (n > 0)
		text = malloc(n + size);
	if (text) {
		memcpy(text, head, n);
		memcpy(text + n, body, size);
		*len = n + size;
	}
	free(body);
	return text;
}

static int refuse(struct br_error *err, const char *why)
{
	return br_fail(err, BR_FILE, EINVAL, "%s", why);
}

/* Return: the version, or a negative errno */
static long version_read(const char *text, size_t len, struct br_error *err)
{
	size_t at = strlen(MAGIC);
	long version = 0;

	if (len < at || memcmp(text, MAGIC, at))
		return refuse(err, "not a file that braid saved: it does not begin with '" MAGIC "'");
	while (at < len && text[at] >= '0' && text[at] <= '9' &&
	       version < 1000000)
		version = 10 * version + text[at++] - '0';
	if (!version || at == len || text[at] != ' ')
		return refuse(err, "damaged: no version in its first line");
	if (version > BR_SAVE_VERSION)
		return br_fail(err, BR_FILE, EPROTONOSUPPORT,
			       "written by a newer braid: its version is %ld, this program reads versions up to %d",
			       version, BR_SAVE_VERSION);
	return version;
}

static json_t *body_parse(const char *body, size_t len, const char *kind,
			  struct br_error *err)
{
	json_error_t why;
	json_t *root = json_loadb(body, len, JSON_REJECT_DUPLICATES, &why);
	const char *is;

	if (!root) {
		br_fail(err, BR_FILE, EINVAL, "line %d: %s", why.line + 1,
			why.text);
		return NULL;
	}
	is = json_string_value(json_object_get(root, "kind"));
	if (is && !strcmp(is, kind))
		return root;
	br_fail(err, BR_FILE, EINVAL, "it is a %s, not a %s",
		is ? is : "file of no kind", kind);
	json_decref(root);
	return NULL;
}

json_t *br_save_parse(const char *text, size_t len, const char *kind,
		      struct br_error *err)
{
	long version = version_read(text, len, err);
	const char *body = version > 0 ? memchr(text, '\n', len) : NULL;
	char head[HEAD_MAX];
	int n;

	if (version < 0)
		return NULL;
	if (!body++) {
		refuse(err, "damaged: its first line has no end");
		return NULL;
	}
	n = head_make(version, body, len - (body - text), head);
	if (n != body - text || memcmp(head, text, n)) {
		refuse(err, "damaged: what it says does not match its checksum");
		return NULL;
	}
	return body_parse(body, len - n, kind, err);
}

/* Return: bytes read, or a negative errno */
static ssize_t read_all(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = read(fd, text + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += n;
	}
	return len;
}

/* Return: its text, to be freed; NULL with @err filled in */
static char *text_read(const char *path, size_t *len, struct br_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = NULL;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st)) {
		br_fail(err, BR_FILE, errno, "%s", strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		refuse(err, "not a regular file");
	} else if (st.st_size > BR_SAVE_MAX) {
		refuse(err, "too large for a file that braid saved");
	} else {
		text = malloc(st.st_size + 1);
		n = text ? read_all(fd, text, st.st_size) : -ENOMEM;
	}
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		br_fail(err, BR_FILE, -n, "%s", strerror(-n));
		free(text);
		return NULL;
	}
	*len = n;
	return text;
}

json_t *br_save_read(const char *path, const char *kind, struct br_error *err)
{
	json_t *root = NULL;
	size_t len;
	char *text = text_read(path, &len, err);

	if (text)
		root = br_save_parse(text, len, kind, err);
	free(text);
	if (!root)
		br_where(err, "%s", path);
	return root;
}

/* Only a test's hook ever stops a writer. */
static bool dies(const struct br_save_hook *hook, const char *step)
{
	return hook && hook->step(hook->data, step);
}

static int put(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= n;
	}
	return 0;
}

/* In two halves, so that the test can die with one of them on the disk. */
static int temporary_write(const char *path, const char *text, size_t len,
			   const struct br_save_hook *hook)
{
	int fd, ret;

	if (dies(hook, "open"))
		return -ECANCELED;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return -errno;
	ret = dies(hook, "write") ? -ECANCELED : put(fd, text, len / 2);
	if (!ret)
		ret = dies(hook, "write more") ? -ECANCELED :
		      put(fd, text + len / 2, len - len / 2);
	if (!ret && dies(hook, "sync"))
		ret = -ECANCELED;
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

/* The rename is only certain once the folder is on the disk. */
static int folder_sync(const char *path)
{
	char copy[PATH_MAX];
	int fd, ret = 0;

	br_fill(copy, path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd))
		ret = -errno;
	close(fd);
	return ret;
}

static int replace(const char *path, const char *text, size_t len,
		   const struct br_save_hook *hook)
{
	char new[PATH_MAX];
	struct stat st;
	int ret;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return -EINVAL;
	if (snprintf(new, sizeof(new), "%s.new", path) >= (int)sizeof(new))
		return -ENAMETOOLONG;
	ret = temporary_write(new, text, len, hook);
	if (!ret && dies(hook, "rename"))
		return -ECANCELED;
	if (!ret && rename(new, path))
		ret = -errno;
	if (ret && ret != -ECANCELED)
		unlink(new);
	if (!ret && dies(hook, "sync the folder"))
		return -ECANCELED;
	return ret ? ret : folder_sync(path);
}

int br_save_write(const char *path, const json_t *root,
		  const struct br_save_hook *hook, struct br_error *err)
{
	size_t len;
	char *text = br_save_render(root, &len);
	int ret = text ? replace(path, text, len, hook) : -ENOMEM;

	free(text);
	if (ret == -EINVAL)
		return br_fail(err, BR_FILE, EINVAL, "%s: not a regular file",
			       path);
	return ret ? br_fail(err, BR_FILE, -ret, "%s: %s", path,
			     strerror(-ret)) : 0;
}
