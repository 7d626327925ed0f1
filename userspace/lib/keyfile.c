// SPDX-License-Identifier: GPL-2.0
#include "keyfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "private.h"

#include "field.h"

/* One page at most, so that one write replaces it all. */
#define FILE_MAX	1024
#define HEX_LEN		(2 * BRAID_KEY_LEN)

static const char comment[] =
	"# Static keys of one end of a braid tunnel, for one use only: labs and tests.\n"
	"# braidctl marks the file as used when it installs them.\n";

void br_key_wipe(struct br_key *key)
{
	explicit_bzero(key, sizeof(*key));
}

static void hex_write(const uint8_t *key, char *text)
{
	static const char digits[] = "0123456789abcdef";
	int i;

	for (i = 0; i < BRAID_KEY_LEN; i++) {
		text[2 * i] = digits[key[i] >> 4];
		text[2 * i + 1] = digits[key[i] & 15];
	}
	text[HEX_LEN] = 0;
}

static int hex_read(const char *text, uint8_t *key)
{
	char pair[3] = "";
	int i;

	if (strlen(text) != HEX_LEN)
		return -EINVAL;
	for (i = 0; i < BRAID_KEY_LEN; i++) {
		memcpy(pair, text + 2 * i, 2);
		if (!isxdigit((unsigned char)pair[0]) ||
		    !isxdigit((unsigned char)pair[1]))
			return -EINVAL;
		key[i] = strtoul(pair, NULL, 16);
	}
	explicit_bzero(pair, sizeof(pair));
	return 0;
}

/* The whole file as text; @buf has FILE_MAX bytes. Return: its length */
static int format(const struct br_key *key, bool used, char *buf)
{
	char tx[HEX_LEN + 1], rx[HEX_LEN + 1];
	int len;

	hex_write(key->tx_key, tx);
	hex_write(key->rx_key, rx);
	len = snprintf(buf, FILE_MAX,
		       "%sused = %s\ncipher = %s\nepoch = %u\n"
		       "session-local = 0x%08x\nsession-remote = 0x%08x\n"
		       "tx-key = %s\nrx-key = %s\n",
		       comment, used ? "yes" : "no ",
		       br_cipher_names[key->cipher], key->epoch,
		       key->session_local, key->session_remote, tx, rx);
	explicit_bzero(tx, sizeof(tx));
	explicit_bzero(rx, sizeof(rx));
	return len;
}

/* The name of a new file is on the disk only after its folder is synced. */
static int sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd, ret = -1;

	if (!copy)
		return -1;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		ret = fsync(fd);
		close(fd);
	}
	free(copy);
	return ret;
}

static int write_whole(int fd, const struct br_key *key, bool used)
{
	char buf[FILE_MAX];
	int len = format(key, used, buf);
	ssize_t put;

	put = pwrite(fd, buf, len, 0);
	explicit_bzero(buf, sizeof(buf));
	if (put >= 0 && put != len)
		errno = ENOSPC;
	/* what a person wrote behind it may be a key, too */
	return put == len && !ftruncate(fd, len) && !fsync(fd) ? 0 : -1;
}

static int create(const char *path, const struct br_key *key,
		  struct br_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return br_fail(err, BR_FILE, errno, "%s: %s", path,
			       strerror(errno));
	if (write_whole(fd, key, false) || sync_folder(path)) {
		br_fail(err, BR_FILE, errno, "%s: %s", path, strerror(errno));
		goto err_unlink;
	}
	close(fd);
	return 0;

err_unlink:
	close(fd);
	unlink(path);
	return -err->code;
}

static int random_bytes(void *to, size_t len)
{
	return getrandom(to, len, 0) == (ssize_t)len ? 0 : -1;
}

/* Session ids are unpredictable and not 0. */
static int random_session(uint32_t *id)
{
	do {
		if (random_bytes(id, sizeof(*id)))
			return -1;
	} while (!*id);
	return 0;
}

static int random_key(struct br_key *key)
{
	return random_bytes(key->tx_key, BRAID_KEY_LEN) ||
	       random_bytes(key->rx_key, BRAID_KEY_LEN) ? -1 : 0;
}

static int random_ids(struct br_key *key)
{
	return random_session(&key->session_local) ||
	       random_session(&key->session_remote) ? -1 : 0;
}

/* The other end's view: what one sends the other receives. */
static void crosswise(const struct br_key *a, struct br_key *b)
{
	*b = *a;
	memcpy(b->tx_key, a->rx_key, BRAID_KEY_LEN);
	memcpy(b->rx_key, a->tx_key, BRAID_KEY_LEN);
	b->session_local = a->session_remote;
	b->session_remote = a->session_local;
}


/* "name = value" lines; a value ends at space or line end. */
static const char *value_of(const char *text, const char *name, char *buf,
			    size_t size)
{
	size_t len = strlen(name), n;
	const char *line;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) || strncmp(line + len, " = ", 3))
			continue;
		line += len + 3;
		n = strcspn(line, "\n ");
		if (n >= size)
			return NULL;
		memcpy(buf, line, n);
		buf[n] = 0;
		return buf;
	}
	return NULL;
}

static int number_of(const char *text, const char *name, uint64_t max,
		     uint64_t *value)
{
	char buf[16];

	return value_of(text, name, buf, sizeof(buf)) ?
	       br_number_parse(buf, max, value) : -EINVAL;
}

static int cipher_of(const char *text, uint32_t *cipher)
{
	char buf[32];

	if (!value_of(text, "cipher", buf, sizeof(buf)))
		return -EINVAL;
	for (*cipher = 0; br_cipher_names[*cipher]; (*cipher)++)
		if (!strcmp(br_cipher_names[*cipher], buf))
			return 0;
	return -EINVAL;
}

static int session_of(const char *text, const char *name, uint32_t *id)
{
	char buf[16];
	char *end;

	if (!value_of(text, name, buf, sizeof(buf)) || strncmp(buf, "0x", 2))
		return -EINVAL;
	*id = strtoul(buf, &end, 16);
	return *end || !*id ? -EINVAL : 0;
}

static int key_of(const char *text, const char *name, uint8_t *key)
{
	char buf[HEX_LEN + 1] = "";
	int ret = -EINVAL;

	if (value_of(text, name, buf, sizeof(buf)))
		ret = hex_read(buf, key);
	explicit_bzero(buf, sizeof(buf));
	return ret;
}

/*
 * Return: 0, or -EINVAL when it is no such file, -EALREADY when it is used:
 * then all but the keys is there
 */
static int parse(const char *text, struct br_key *key)
{
	uint64_t epoch;
	char used[8];

	if (!value_of(text, "used", used, sizeof(used)) ||
	    (strcmp(used, "yes") && strcmp(used, "no")) ||
	    cipher_of(text, &key->cipher) ||
	    number_of(text, "epoch", UINT8_MAX, &epoch) ||
	    session_of(text, "session-local", &key->session_local) ||
	    session_of(text, "session-remote", &key->session_remote) ||
	    key_of(text, "tx-key", key->tx_key) ||
	    key_of(text, "rx-key", key->rx_key))
		return -EINVAL;
	key->epoch = epoch;
	if (!strcmp(used, "yes"))
		return -EALREADY;
	return memcmp(key->tx_key, key->rx_key, BRAID_KEY_LEN) ? 0 : -EINVAL;
}

/* Return: as parse() */
static int read_file(int fd, struct br_key *key)
{
	char text[FILE_MAX + 1];
	ssize_t len = pread(fd, text, FILE_MAX, 0);
	int ret = -EINVAL;

	memset(key, 0, sizeof(*key));
	if (len >= 0) {
		text[len] = 0;
		ret = parse(text, key);
	}
	explicit_bzero(text, sizeof(text));
	return ret;
}

static int read_key(int fd, const char *path, struct br_key *key,
		    struct br_error *err)
{
	int ret = read_file(fd, key);

	if (ret == -EALREADY)
		return br_fail(err, BR_FILE, EALREADY,
			"%s: used already; static keys are for one use, make new ones for both ends (braidctl genkey static)",
			path);
	if (ret)
		return br_fail(err, BR_FILE, EINVAL, "%s: not a key file",
			       path);
	return 0;
}

/* What is left on the disk: used, without keys. */
static int mark_used(int fd, const char *path, const struct br_key *key,
		     struct br_error *err)
{
	struct br_key blank = *key;
	int ret = 0;

	memset(blank.tx_key, 0, BRAID_KEY_LEN);
	memset(blank.rx_key, 0, BRAID_KEY_LEN);
	if (write_whole(fd, &blank, true) || sync_folder(path))
		ret = br_fail(err, BR_FILE, errno,
			      "%s: cannot be marked as used: %s", path,
			      strerror(errno));
	return ret;
}

int br_keyfile_take(const char *path, struct br_key *key, struct br_error *err)
{
	int fd = br_private_open(path, O_RDWR, err);
	int ret;

	if (fd < 0)
		return fd;
	/* two at once would both find it unused */
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		ret = br_fail(err, BR_FILE, errno, "%s: in use: %s", path,
			      strerror(errno));
		goto out_close;
	}
	ret = read_key(fd, path, key, err);
	if (!ret)
		ret = mark_used(fd, path, key, err);
	if (ret) {
		br_key_wipe(key);
		goto out_close;
	}
	br_set_has(&br_key_type, key, "tx-key");
	br_set_has(&br_key_type, key, "rx-key");
	br_set_has(&br_key_type, key, "session-local");
	br_set_has(&br_key_type, key, "session-remote");
	br_set_has(&br_key_type, key, "cipher");
	br_set_has(&br_key_type, key, "epoch");
out_close:
	close(fd);
	return ret;
}

int br_keyfile_check(const char *path, struct br_error *err)
{
	int fd = br_private_open(path, O_RDONLY, err);
	struct br_key key;
	int ret;

	if (fd < 0)
		return fd;
	ret = read_key(fd, path, &key, err);
	br_key_wipe(&key);
	close(fd);
	return ret;
}

/* The session that @key continues: its ids, and the epoch after the old one. */
static int continue_from(const char *path, struct br_key *key,
			 struct br_error *err)
{
	int fd = br_private_open(path, O_RDONLY, err);
	struct br_key old;
	int ret;

	if (fd < 0)
		return fd;
	ret = read_file(fd, &old);
	close(fd);
	if (ret && ret != -EALREADY) {
		ret = br_fail(err, BR_FILE, EINVAL, "%s: not a key file", path);
		goto out_wipe;
	}
	key->session_local = old.session_local;
	key->session_remote = old.session_remote;
	key->epoch = old.epoch + 1;
	ret = 0;
out_wipe:
	br_key_wipe(&old);
	return ret;
}

int br_keyfile_generate(const char *a, const char *b, const char *after,
			uint32_t cipher, struct br_error *err)
{
	struct br_key one = { .cipher = cipher }, other = { 0 };
	int ret = after ? continue_from(after, &one, err) : 0;

	if (ret)
		return ret;
	if (random_key(&one) || (!after && random_ids(&one))) {
		ret = br_fail(err, BR_KERNEL, errno, "no randomness: %s",
			      strerror(errno));
		goto out_wipe;
	}
	crosswise(&one, &other);
	ret = create(a, &one, err);
	if (ret)
		goto out_wipe;
	ret = create(b, &other, err);
	if (ret)
		unlink(a);
out_wipe:
	br_key_wipe(&one);
	br_key_wipe(&other);
	return ret;
}
