// SPDX-License-Identifier: GPL-2.0
#include "limit.h"

#include <bpf/bpf.h>
#include <linux/braid_steer.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../bpf/limits.h"
#include "bpfid.h"
#include "field.h"
#include "mapnames.h"
#include "text.h"

const char *br_limit_text(uint32_t why, char *buf)
{
	static const char *const names[] = { "rtt", "jitter", "loss", "rate" };
	unsigned int i;
	size_t len;

	buf[0] = 0;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		len = strlen(buf);
		if (why >> i & 1)
			snprintf(buf + len, BR_NAME - len, "%s%s",
				 len ? "+" : "", names[i]);
	}
	return buf;
}

static struct br_steer_class *class_of(struct br_list *classes, uint64_t hash)
{
	struct br_steer_class *class;
	unsigned int i;

	for (i = 0; i < classes->n; i++) {
		class = br_list_at(classes, i);
		if (braid_name_hash(class->name) == hash)
			return class;
	}
	return NULL;
}

/* A path that went since, or another one in its place, is none that was left. */
static void tell(const struct br_mapnames *n, const struct braid_limit_key *key,
		 const struct braid_limit_value *v, struct br_steer_class *class)
{
	const char *slots[BRAID_MAX_SLOTS];
	size_t len = strlen(class->left);
	char peer[BR_NAME], why[BR_NAME], age[BR_FIELD_TEXT];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	br_mapnames_peer(n, key->ifindex, key->peer, peer);
	br_mapnames_slots(n, key->ifindex, peer, slots);
	if (key->slot >= BRAID_MAX_SLOTS || !slots[key->slot])
		return;
	br_age_text((now.tv_sec * 1000000000ULL + now.tv_nsec -
		     v->turned_ns) / 1000, age);
	snprintf(class->left + len, sizeof(class->left) - len,
		 "%s%s %s (%s, %s)", len ? ", " : "", peer, slots[key->slot],
		 br_limit_text(v->why, why), age);
}

static void map_walk(int map, const struct br_mapnames *n, uint32_t ifindex,
		     struct br_list *classes)
{
	struct braid_limit_key key, *last = NULL;
	struct braid_limit_value value;
	struct br_steer_class *class;
	unsigned int steps;

	for (steps = 0; steps < 2 * BRAID_LIMITS_LIMIT; steps++) {
		if (bpf_map_get_next_key(map, last, &key))
			return;
		last = &key;
		class = class_of(classes, key.class);
		if (class &&
		    br_mapnames_ours(n, key.netns, key.ifindex, ifindex) &&
		    !bpf_map_lookup_elem(map, &key, &value) && value.out)
			tell(n, &key, &value, class);
	}
}

int br_limits_tell(struct br_nl *nl, uint32_t ifindex, struct br_list *classes,
		   struct br_error *err)
{
	struct br_mapnames names = { 0 };
	struct br_error none;
	int map, ret;

	map = br_bpf_map_find(BRAID_MAP_LIMITS, sizeof(struct braid_limit_key),
			      sizeof(struct braid_limit_value), &none);
	if (map < 0)
		return 0;
	ret = br_mapnames_read(nl, ifindex, &names, err);
	if (!ret)
		map_walk(map, &names, ifindex, classes);
	br_mapnames_free(&names);
	close(map);
	return ret;
}
