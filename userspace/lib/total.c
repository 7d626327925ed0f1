// SPDX-License-Identifier: GPL-2.0
#include "total.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/braid_steer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bpf/braid_maps.h"
#include "bpfid.h"
#include "mapnames.h"
#include "text.h"

#define F(...) BR_FIELD(br_total, __VA_ARGS__)

static const struct br_field fields[] = {
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(what, "what", "WHAT", BR_STRING),
	F(name, "name", "NAME", BR_WORDS),
	F(out_packets, "out-packets", "OUT PACKETS", BR_U64),
	F(out_segments, "out-segments", "OUT SEGMENTS", BR_U64),
	F(out_bytes, "out-bytes", "SENT", BR_BYTES),
	F(in_packets, "in-packets", "IN PACKETS", BR_U64),
	F(in_segments, "in-segments", "IN SEGMENTS", BR_U64),
	F(in_bytes, "in-bytes", "RECEIVED", BR_BYTES),
};

#define BOTH_WAYS	0x1ff
#define OUT_ONLY	0x3f

const struct br_type br_total_type = {
	.name = "total", .size = sizeof(struct br_total), .fields = fields,
	.n = ARRAY_SIZE(fields),
};

/* A key of any of the maps: all begin with the device */
union key {
	struct {
		__u64 netns;
		__u32 ifindex;
		__u32 peer;
	};
	struct braid_sum_key sum;
	struct braid_name_key name;
	struct braid_path_key path;
};

union value {
	struct braid_sum sum;
	struct braid_path_value path;
};

/**
 * struct source - a map
 * @map: its name
 * @what: what it has totals of
 * @key_size: bytes
 * @value_size: bytes
 * @limit: most entries
 */
static const struct source {
	const char *map;
	const char *what;
	uint32_t key_size;
	uint32_t value_size;
	unsigned int limit;
} sources[] = {
	{ BRAID_MAP_SUM_DEV, "device", sizeof(struct braid_sum_key),
	  sizeof(struct braid_sum), BRAID_SUM_DEV_LIMIT },
	{ BRAID_MAP_SUM_PEER, "peer", sizeof(struct braid_sum_key),
	  sizeof(struct braid_sum), BRAID_SUM_LIMIT },
	{ BRAID_MAP_SUM_CLASS, "class", sizeof(struct braid_name_key),
	  sizeof(struct braid_sum), BRAID_SUM_LIMIT },
	{ BRAID_MAP_SUM_POL, "policy", sizeof(struct braid_name_key),
	  sizeof(struct braid_sum), BRAID_SUM_LIMIT },
	{ BRAID_MAP_PATHS, "path", sizeof(struct braid_path_key),
	  sizeof(struct braid_path_value), BRAID_PATH_LIMIT },
};

static bool is(const struct source *s, const char *map)
{
	return !strcmp(s->map, map);
}

static void path_set(struct br_total *t, const struct br_mapnames *n,
		     const union key *key, const union value *v)
{
	const char *slots[BRAID_MAX_SLOTS];
	char peer[BR_NAME];

	br_mapnames_peer(n, key->ifindex, key->peer, peer);
	br_mapnames_slots(n, key->ifindex, peer, slots);
	if (key->path.slot < BRAID_MAX_SLOTS && slots[key->path.slot])
		snprintf(t->name, sizeof(t->name), "%s %s", peer,
			 slots[key->path.slot]);
	else
		snprintf(t->name, sizeof(t->name), "%s #%u", peer,
			 key->path.slot);
	t->out_packets = v->path.packets;
	t->out_segments = v->path.segments;
	t->out_bytes = v->path.bytes;
	t->has = OUT_ONLY;
}

static void sum_set(struct br_total *t, const union value *v)
{
	t->out_packets = v->sum.out_packets;
	t->out_segments = v->sum.out_segments;
	t->out_bytes = v->sum.out_bytes;
	t->in_packets = v->sum.in_packets;
	t->in_segments = v->sum.in_segments;
	t->in_bytes = v->sum.in_bytes;
	t->has = BOTH_WAYS;
}

static void total_set(struct br_total *t, const struct source *s,
		      const struct br_mapnames *n, const union key *key,
		      const union value *v)
{
	char name[BR_NAME] = "";

	t->ifindex = key->ifindex;
	br_fill(t->what, s->what);
	if (is(s, BRAID_MAP_PATHS)) {
		path_set(t, n, key, v);
		return;
	}
	if (is(s, BRAID_MAP_SUM_PEER))
		br_mapnames_peer(n, key->ifindex, key->peer, name);
	else if (!is(s, BRAID_MAP_SUM_DEV))
		br_copy(name, sizeof(name), key->name.name);
	br_fill(t->name, name);
	sum_set(t, v);
}

static int map_walk(int map, const struct source *s,
		    const struct br_mapnames *n, uint32_t ifindex,
		    struct br_list *list)
{
	union key key, *last = NULL;
	struct br_total *t;
	unsigned int steps;
	union value value;

	for (steps = 0; steps < 2 * s->limit; steps++) {
		if (bpf_map_get_next_key(map, last, &key))
			return 0;
		last = &key;
		if (!br_mapnames_ours(n, key.netns, key.ifindex, ifindex) ||
		    bpf_map_lookup_elem(map, &key, &value))
			continue;
		t = br_list_add(list);
		if (!t)
			return -ENOMEM;
		total_set(t, s, n, &key, &value);
	}
	return 0;
}

int br_total_list(struct br_nl *nl, uint32_t ifindex, struct br_list *list,
		  struct br_error *err)
{
	struct br_mapnames names = { 0 };
	const struct source *s;
	unsigned int i;
	int map, ret;

	*list = (struct br_list){ .type = &br_total_type };
	ret = br_mapnames_read(nl, ifindex, &names, err);
	for (i = 0; !ret && i < ARRAY_SIZE(sources); i++) {
		s = &sources[i];
		map = br_bpf_map_find(s->map, s->key_size, s->value_size, err);
		if (map < 0) {
			ret = map;
			break;
		}
		ret = map_walk(map, s, &names, ifindex, list);
		if (ret)
			br_fail(err, BR_KERNEL, -ret, "out of memory");
		close(map);
	}
	br_mapnames_free(&names);
	return ret;
}

/* Peers that are there have a name. */
static bool peer_gone(const struct br_mapnames *n, const union key *key)
{
	char name[BR_NAME];

	br_mapnames_peer(n, key->ifindex, key->peer, name);
	return name[0] == '#';
}

/* The walk goes on from an entry before it is deleted. */
static void map_forget(int map, const struct source *s,
		       const struct br_mapnames *n, uint32_t ifindex,
		       bool peers)
{
	union key key, next;
	unsigned int steps;
	bool more;

	more = !bpf_map_get_next_key(map, NULL, &next);
	for (steps = 0; more && steps < 2 * s->limit; steps++) {
		key = next;
		more = !bpf_map_get_next_key(map, &key, &next);
		if (br_mapnames_ours(n, key.netns, key.ifindex, ifindex) &&
		    (!peers || peer_gone(n, &key)))
			bpf_map_delete_elem(map, &key);
	}
}

void br_total_forget(struct br_nl *nl, uint32_t ifindex, bool peers)
{
	struct br_mapnames names = { 0 };
	const struct source *s;
	struct br_error none;
	unsigned int i;
	int map;

	if (br_mapnames_read(nl, ifindex, &names, &none))
		goto out;
	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		s = &sources[i];
		/* paths go by themselves */
		if (is(s, BRAID_MAP_PATHS) ||
		    (peers && !is(s, BRAID_MAP_SUM_PEER)))
			continue;
		map = br_bpf_map_find(s->map, s->key_size, s->value_size,
				      &none);
		if (map < 0)
			continue;
		map_forget(map, s, &names, ifindex, peers);
		close(map);
	}

out:
	br_mapnames_free(&names);
}
