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

	ret = br_call_open(call, &peer.ifindex, &nl);
	if (ret)
		return ret;
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
	taken.limit_packets = key->limit_packets;
	taken.limit_failures = key->limit_failures;
	snprintf(taken.peer, sizeof(taken.peer), "%s", key->peer);
	*key = taken;
	ret = br_call_do(call, BRAID_CMD_KEY_NEW);
	br_key_wipe(&taken);
	br_key_wipe(key);
	if (ret)
		br_where(&call->err, "%s is spent now", file);
	return ret;
}

static int swap(struct br_call *call)
{
	return br_call_do(call, BRAID_CMD_KEY_SWAP);
}

static int del(struct br_call *call)
{
	return br_call_do(call, BRAID_CMD_KEY_DEL);
}

/* All of a peer's epochs, out of those of all peers. */
static int keys_pick(struct br_call *call, const struct br_list *all,
		     const char *peer, struct br_list *keys)
{
	struct br_key *from, *to;
	unsigned int i;

	for (i = 0; i < all->n; i++) {
		from = br_list_at(all, i);
		if (peer && strcmp(peer, from->peer))
			continue;
		to = br_list_add(keys);
		if (!to)
			return br_fail(&call->err, BR_KERNEL, ENOMEM,
				       "out of memory");
		*to = *from;
	}
	return 0;
}

/* A peer without a key is left out, unless it was the one asked for. */
static int keys_read(struct br_call *call, struct br_nl *nl, uint32_t ifindex,
		     struct br_list *keys)
{
	const char *only = br_call_text(call, "peer");
	struct br_key ask = { .ifindex = ifindex };
	struct br_list all;
	int ret;

	ret = br_nl_dump(nl, BRAID_CMD_KEY_GET, &br_key_type, ifindex, &all,
			 &call->err);
	if (!ret)
		ret = keys_pick(call, &all, only, keys);
	br_list_free(&all);
	if (ret || !only || keys->n)
		return ret;
	/* the kernel knows why there is none */
	snprintf(ask.peer, sizeof(ask.peer), "%s", only);
	br_set_has(&br_key_type, &ask, "peer");
	return br_nl_do(nl, BRAID_CMD_KEY_GET, &br_key_type, &ask, &ask,
			&call->err);
}

static int show(struct br_call *call)
{
	static const char *const columns[] = {
		"dev", "peer", "cipher", "epoch", "sending", "session-local",
		"session-remote", "packets", "limit-packets", "failures",
		"limit-failures", NULL
	};
	struct br_list keys = { .type = &br_key_type };
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = keys_read(call, nl, ifindex, &keys);
	if (!ret)
		ret = br_list_print(&call->out, &keys, columns);
	br_list_free(&keys);
	br_nl_close(nl);
	return ret;
}

static int generate(struct br_call *call)
{
	const struct br_key *wanted = call->object;

	return br_keyfile_generate(br_call_text(call, "a"),
				   br_call_text(call, "b"),
				   br_call_text(call, "after"), wanted->cipher,
				   &call->err);
}

#define PEER(flags)	{ "peer", "PEER", BR_WORD_FIELD, flags, NULL }
#define EPOCH(flags)	{ "epoch", "N", BR_WORD_FIELD, flags, NULL }

const struct br_command br_key_commands[] = {
	{
		"key", "set", &br_key_type,
		{
			BR_WORD_THE_DEV, PEER(BR_REQUIRED),
			{ "file", "FILE", BR_WORD_FILE, BR_REQUIRED, NULL },
			{ "limit-packets", "N", BR_WORD_FIELD, 0, NULL },
			{ "limit-failures", "N", BR_WORD_FIELD, 0, NULL },
		},
		set, "install static keys; the file is good for this once",
	},
	{
		"key", "swap", &br_key_type,
		{ BR_WORD_THE_DEV, PEER(BR_REQUIRED), EPOCH(BR_REQUIRED) },
		swap, "seal under the keys of a newer epoch from now on",
	},
	{
		"key", "show", &br_key_type, { BR_WORD_ANY_DEV, PEER(0) },
		show, "what may be told of keys; never the keys",
	},
	{
		"key", "del", &br_key_type,
		{ BR_WORD_THE_DEV, PEER(BR_REQUIRED), EPOCH(0) },
		del, "forget a peer's keys, or those of one epoch",
	},
	{
		"genkey", "static", &br_key_type,
		{
			{ "a", "FILE-A", BR_WORD_FILE,
			  BR_REQUIRED | BR_POSITION, NULL },
			{ "b", "FILE-B", BR_WORD_FILE,
			  BR_REQUIRED | BR_POSITION, NULL },
			{ "cipher", "CIPHER", BR_WORD_FIELD, 0, NULL },
			{ "after", "FILE-A", BR_WORD_FILE, 0, NULL },
		},
		generate, "new static keys, one file for each end (labs, tests)",
	},
	{ NULL }
};
