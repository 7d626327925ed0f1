// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keyfile.h"
#include "verbs.h"

/*
 * Everything that can be refused without the key is refused before the file
 * is spent: the device and the peer must be there.
 */
static int peer_check(struct br_call *call)
{
	struct br_peer peer = { 0 }, reply = { 0 };
	struct br_nl *nl;
	int ret;

	ret = br_call_device(call, &peer.ifindex);
	if (ret)
		return ret;
	nl = br_nl_open(&call->err);
	if (!nl)
		return -call->err.code;
	snprintf(peer.name, sizeof(peer.name), "%s",
		 br_call_text(call, "peer"));
	br_set_has(&br_peer_type, &peer, "peer");
	ret = br_nl_do(nl, BRAID_CMD_PEER_GET, &br_peer_type, &peer, &reply,
		       &call->err);
	br_object_free(&br_peer_type, &reply);
	br_nl_close(nl);
	return ret ? br_where(&call->err, "%s: peer %s",
			      br_call_text(call, "dev"), peer.name) : 0;
}

static int set(struct br_call *call)
{
	const char *file = br_call_text(call, "file");
	struct br_key *key = call->object, taken;
	int ret;

	ret = peer_check(call);
	if (ret)
		return ret;
	ret = br_keyfile_take(file, &taken, &call->err);
	if (ret)
		return ret;
	taken.has |= key->has;
	snprintf(taken.peer, sizeof(taken.peer), "%s", key->peer);
	*key = taken;
	ret = br_call_do(call, BRAID_CMD_KEY_NEW);
	br_key_wipe(&taken);
	br_key_wipe(key);
	if (ret)
		br_where(&call->err, "%s is spent now", file);
	return ret;
}

static int del(struct br_call *call)
{
	return br_call_do(call, BRAID_CMD_KEY_DEL);
}

/* A peer without a key is left out, unless it was the one asked for. */
static int key_read(struct br_call *call, struct br_nl *nl,
		    const struct br_peer *peer, struct br_list *keys)
{
	struct br_key ask = { .ifindex = peer->ifindex }, *key;
	int ret;

	snprintf(ask.peer, sizeof(ask.peer), "%s", peer->name);
	br_set_has(&br_key_type, &ask, "peer");
	key = br_list_add(keys);
	if (!key)
		return br_fail(&call->err, BR_KERNEL, ENOMEM, "out of memory");
	ret = br_nl_do(nl, BRAID_CMD_KEY_GET, &br_key_type, &ask, key,
		       &call->err);
	if (ret)
		keys->n--;
	if (ret == -EPERM || br_call_text(call, "peer"))
		return ret;
	return 0;
}

static int keys_read(struct br_call *call, struct br_nl *nl, uint32_t ifindex,
		     struct br_list *keys)
{
	const char *only = br_call_text(call, "peer");
	struct br_list peers;
	struct br_peer *peer;
	unsigned int i;
	int ret;

	ret = br_nl_dump(nl, BRAID_CMD_PEER_GET, &br_peer_type, ifindex,
			 &peers, &call->err);
	for (i = 0; !ret && i < peers.n; i++) {
		peer = br_list_at(&peers, i);
		if (!only || !strcmp(only, peer->name))
			ret = key_read(call, nl, peer, keys);
	}
	br_list_free(&peers);
	return ret;
}

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "cipher", "epoch", "session-local",
		"session-remote", "packets", "failures", NULL
	};
	struct br_list keys = { .type = &br_key_type };
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = br_call_device(call, &ifindex);
	if (ret)
		return ret;
	nl = br_nl_open(&call->err);
	if (!nl)
		return -call->err.code;
	ret = keys_read(call, nl, ifindex, &keys);
	if (!ret)
		ret = br_list_print(&call->out, &keys, columns);
	br_list_free(&keys);
	br_nl_close(nl);
	return ret;
}

static int generate(struct br_call *call)
{
	return br_keyfile_generate(br_call_text(call, "a"),
				   br_call_text(call, "b"), &call->err);
}

#define PEER(flags)	{ "peer", "PEER", BR_WORD_FIELD, flags, NULL }

const struct br_command br_key_commands[] = {
	{
		"key", "set", &br_key_type,
		{
			BR_WORD_THE_DEV, PEER(BR_REQUIRED),
			{ "file", "FILE", BR_WORD_FILE, BR_REQUIRED, NULL },
		},
		set, "install static keys; the file is good for this once",
	},
	{
		"key", "show", &br_key_type, { BR_WORD_ANY_DEV, PEER(0) },
		show, "what may be told of keys; never the keys",
	},
	{
		"key", "del", &br_key_type,
		{ BR_WORD_THE_DEV, PEER(BR_REQUIRED) },
		del, "forget a peer's keys",
	},
	{
		"genkey", "static", NULL,
		{
			{ "a", "FILE-A", BR_WORD_FILE,
			  BR_REQUIRED | BR_POSITION, NULL },
			{ "b", "FILE-B", BR_WORD_FILE,
			  BR_REQUIRED | BR_POSITION, NULL },
		},
		generate, "new static keys, one file for each end (labs, tests)",
	},
	{ NULL }
};
