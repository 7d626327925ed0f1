// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "verbs.h"

/* A new file, readable by its owner only. */
static int file_write(const char *path, const char *text, struct br_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	int ret = 0;

	if (fd < 0)
		return br_fail(err, BR_FILE, errno, "%s: %s", path,
			       strerror(errno));
	if (write(fd, text, len) != (ssize_t)len || write(fd, "\n", 1) != 1 ||
	    fsync(fd)) {
		ret = br_fail(err, BR_FILE, errno ? errno : EIO, "%s: %s", path,
			      strerror(errno ? errno : EIO));
		unlink(path);
	}
	close(fd);
	return ret;
}

static int public_print(struct br_call *call, const struct br_identity *id)
{
	char text[BR_KEY_TEXT];

	br_public_text(id->public, text);
	if (call->out.json)
		return br_json_print(&call->out, json_pack("{s:s}",
							   "public_key", text));
	fprintf(call->out.file, "%s\n", text);
	return 0;
}

static int generate(struct br_call *call)
{
	struct br_identity id = { 0 };
	char text[BR_KEY_TEXT];
	int ret;

	ret = br_identity_generate(text, &call->err);
	if (!ret)
		ret = br_identity_parse(text, &id, &call->err);
	if (!ret)
		ret = file_write(br_call_text(call, "file"), text, &call->err);
	if (!ret)
		ret = public_print(call, &id);
	explicit_bzero(text, sizeof(text));
	br_identity_free(&id);
	return ret;
}

static int public(struct br_call *call)
{
	struct br_identity id;
	int ret;

	ret = br_identity_read(br_call_text(call, "file"), &id, &call->err);
	if (ret)
		return ret;
	ret = public_print(call, &id);
	br_identity_free(&id);
	return ret;
}

#define THE_FILE \
	{ "file", "FILE", BR_WORD_FILE, BR_REQUIRED | BR_POSITION, NULL }

const struct br_command br_identity_commands[] = {
	{
		"genkey", NULL, NULL, { THE_FILE }, generate,
		"a new private key into a new file; prints the public one",
	},
	{
		"pubkey", NULL, NULL, { THE_FILE }, public,
		"the public key of a private key's file",
	},
	{ NULL }
};
