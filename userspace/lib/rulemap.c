// SPDX-License-Identifier: GPL-2.0
#include "rulemap.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpfid.h"
#include "rulebits.h"
#include "text.h"

#define LOCK	"/run/braid-rules.lock"

/* A set on its way into the maps, and out of them */
struct packed {
	unsigned int n_rules;
	struct braid_rule_value *rules;
	unsigned int n_classes;
	struct braid_class_value *classes;
	struct br_rulebits bits;
};

static int failed(struct br_error *err, const char *what, int code)
{
	return br_fail(err, BR_KERNEL, code, "%s: %s", what, strerror(code));
}

static int map_find(int *fd, const char *name, size_t key, size_t value,
		    struct br_error *err)
{
	*fd = br_bpf_map_find(name, key, value, err);
	return *fd < 0 ? *fd : 0;
}

static int maps_find(struct br_rulemap *m, struct br_error *err)
{
	int ret;

	ret = map_find(&m->sets, BRAID_MAP_RULESETS, sizeof(m->key),
		       sizeof(struct braid_ruleset_value), err);
	if (!ret)
		ret = map_find(&m->rules, BRAID_MAP_RULES,
			       sizeof(struct braid_rule_id),
			       sizeof(struct braid_rule_value), err);
	if (!ret)
		ret = map_find(&m->classes, BRAID_MAP_CLASSES,
			       sizeof(struct braid_rule_id),
			       sizeof(struct braid_class_value), err);
	if (!ret)
		ret = map_find(&m->trie, BRAID_MAP_RULETRIE,
			       sizeof(struct braid_rule_key),
			       sizeof(struct braid_rule_bits), err);
	if (!ret)
		ret = map_find(&m->gen, BRAID_MAP_RULEGEN, sizeof(uint32_t),
			       sizeof(uint64_t), err);
	return ret;
}

static int device_key(struct br_rulemap *m, struct br_nl *nl, uint32_t ifindex,
		      struct br_error *err)
{
	struct br_device ask = { .ifindex = ifindex }, have = { 0 };
	int ret;

	ret = br_nl_do(nl, BRAID_CMD_DEVICE_GET, &br_device_type, &ask, &have,
		       err);
	m->key.netns = have.netns_cookie;
	m->key.ifindex = ifindex;
	br_object_free(&br_device_type, &have);
	return ret;
}

static int lock_take(struct br_rulemap *m, struct br_error *err)
{
	m->lock = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (m->lock < 0 || flock(m->lock, LOCK_EX))
		return failed(err, LOCK, errno);
	return 0;
}

int br_rulemap_open(struct br_rulemap *m, struct br_nl *nl, uint32_t ifindex,
		    struct br_error *err)
{
	int ret;

	*m = (struct br_rulemap){
		.sets = -1, .rules = -1, .classes = -1, .trie = -1, .gen = -1,
		.lock = -1,
	};
	ret = device_key(m, nl, ifindex, err);
	if (!ret)
		ret = maps_find(m, err);
	if (!ret)
		ret = lock_take(m, err);
	if (ret)
		br_rulemap_close(m);
	return ret;
}

void br_rulemap_close(struct br_rulemap *m)
{
	const int fds[] = { m->sets, m->rules, m->classes, m->trie, m->gen,
			    m->lock };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int classes_read(struct br_rulemap *m, struct br_ruleset *set,
			const struct braid_ruleset_value *at,
			struct br_error *err)
{
	struct braid_rule_id id = { .set = at->set };
	struct braid_class_value value;
	int ret = 0;

	for (; !ret && id.index < at->classes; id.index++) {
		if (bpf_map_lookup_elem(m->classes, &id, &value))
			return failed(err, BRAID_MAP_CLASSES, errno);
		ret = br_ruleset_class_unpack(set, &value, err);
	}
	return ret;
}

static int rules_read(struct br_rulemap *m, struct br_ruleset *set,
		      const struct braid_ruleset_value *at,
		      struct br_error *err)
{
	struct braid_rule_id id = { .set = at->set };
	struct braid_rule_value value;
	int ret = 0;

	for (; !ret && id.index < at->rules; id.index++) {
		if (bpf_map_lookup_elem(m->rules, &id, &value))
			return failed(err, BRAID_MAP_RULES, errno);
		ret = br_ruleset_rule_unpack(set, &value, err);
	}
	return ret;
}

/* What all of them say of the device, and how often each class is used. */
static void owners_set(struct br_ruleset *set, uint32_t ifindex)
{
	struct br_steer_class *class;
	struct br_steer_rule *rule;
	unsigned int i, j;

	for (j = 0; j < set->classes.n; j++) {
		class = br_list_at(&set->classes, j);
		class->ifindex = ifindex;
		class->rules = 0;
		for (i = 0; i < set->rules.n; i++) {
			rule = br_list_at(&set->rules, i);
			rule->ifindex = ifindex;
			class->rules += !strcmp(rule->class, class->name);
		}
	}
}

int br_rulemap_read(struct br_rulemap *m, struct br_ruleset *set,
		    struct br_error *err)
{
	struct braid_ruleset_value at;
	int ret;

	br_ruleset_init(set);
	if (bpf_map_lookup_elem(m->sets, &m->key, &at))
		return errno == ENOENT ? 0 :
		       failed(err, BRAID_MAP_RULESETS, errno);
	ret = classes_read(m, set, &at, err);
	if (!ret)
		ret = rules_read(m, set, &at, err);
	owners_set(set, m->key.ifindex);
	return ret;
}

static void packed_free(struct packed *p)
{
	free(p->rules);
	free(p->classes);
	br_rulebits_free(&p->bits);
}

static int pack(const struct br_ruleset *set, uint32_t number,
		struct packed *p, struct br_error *err)
{
	unsigned int i;
	int ret = -ENOMEM;

	*p = (struct packed){
		.n_rules = set->rules.n, .n_classes = set->classes.n,
		.rules = calloc(set->rules.n + 1, sizeof(*p->rules)),
		.classes = calloc(set->classes.n + 1, sizeof(*p->classes)),
	};
	if (!p->rules || !p->classes)
		goto out;
	for (i = 0; i < p->n_rules; i++)
		br_ruleset_rule_pack(set, br_list_at(&set->rules, i),
				     &p->rules[i]);
	for (i = 0; i < p->n_classes; i++)
		br_ruleset_class_pack(br_list_at(&set->classes, i),
				      &p->classes[i]);
	ret = br_rulebits_make(p->rules, p->n_rules, number, &p->bits);
out:
	if (ret == -E2BIG)
		return br_fail(err, BR_USAGE, E2BIG,
			"the rules take more than %u entries: ranges of ports take several each",
			BR_RULEBITS_MAX);
	return ret ? br_fail(err, BR_KERNEL, ENOMEM, "out of memory") : 0;
}

/* Removes what there is of a set; what is not there is none the worse. */
static void set_remove(struct br_rulemap *m, const struct packed *p,
		       uint32_t number)
{
	struct braid_rule_id id = { .set = number };
	size_t i;

	for (i = 0; i < p->bits.n; i++) {
		p->bits.entry[i].key.set = number;
		bpf_map_delete_elem(m->trie, &p->bits.entry[i].key);
	}
	for (id.index = 0; id.index < p->n_rules; id.index++)
		bpf_map_delete_elem(m->rules, &id);
	for (id.index = 0; id.index < p->n_classes; id.index++)
		bpf_map_delete_elem(m->classes, &id);
}

static int put(int map, const char *name, const void *key, const void *value,
	       struct br_error *err)
{
	if (!bpf_map_update_elem(map, key, value, BPF_ANY))
		return 0;
	if (errno == E2BIG || errno == ENOSPC)
		return br_fail(err, BR_KERNEL, errno,
			       "there is no room for more rules in %s", name);
	return failed(err, name, errno);
}

static int set_put(struct br_rulemap *m, const struct packed *p,
		   uint32_t number, struct br_error *err)
{
	struct braid_rule_id id = { .set = number };
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < p->bits.n; i++)
		ret = put(m->trie, BRAID_MAP_RULETRIE, &p->bits.entry[i].key,
			  &p->bits.entry[i].bits, err);
	for (id.index = 0; !ret && id.index < p->n_rules; id.index++)
		ret = put(m->rules, BRAID_MAP_RULES, &id, &p->rules[id.index],
			  err);
	for (id.index = 0; !ret && id.index < p->n_classes; id.index++)
		ret = put(m->classes, BRAID_MAP_CLASSES, &id,
			  &p->classes[id.index], err);
	return ret;
}

/* Turns the device to a set; without rules and classes it needs none. */
static int turn(struct br_rulemap *m, const struct packed *p, uint32_t number,
		struct br_error *err)
{
	struct braid_ruleset_value value = {
		.set = number, .rules = p->n_rules, .classes = p->n_classes,
		.entries = p->bits.n,
	};
	uint32_t at = 0;
	uint64_t gen = 0;
	int ret = 0;

	if (p->n_rules || p->n_classes)
		ret = put(m->sets, BRAID_MAP_RULESETS, &m->key, &value, err);
	else if (bpf_map_delete_elem(m->sets, &m->key) && errno != ENOENT)
		ret = failed(err, BRAID_MAP_RULESETS, errno);
	if (ret)
		return ret;
	bpf_map_lookup_elem(m->gen, &at, &gen);
	gen++;
	bpf_map_update_elem(m->gen, &at, &gen, BPF_ANY);
	return 0;
}

/* A number that is nobody's, not even of somebody who died while writing. */
static uint32_t number_new(void)
{
	uint32_t number = 0;

	while (!number)
		if (getrandom(&number, sizeof(number), 0) < 0)
			number = getpid();
	return number;
}

/* Programs run in RCU read-side sections: waits until all are over. */
static void programs_wait(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(100000);
}

int br_rulemap_write(struct br_rulemap *m, const struct br_ruleset *old,
		     const struct br_ruleset *set, struct br_error *err)
{
	struct braid_ruleset_value at = { 0 };
	struct packed was = { 0 }, is = { 0 };
	uint32_t number = number_new();
	int ret;

	bpf_map_lookup_elem(m->sets, &m->key, &at);
	ret = pack(old, at.set, &was, err);
	if (!ret)
		ret = pack(set, number, &is, err);
	if (!ret)
		ret = set_put(m, &is, number, err);
	if (!ret)
		ret = turn(m, &is, number, err);
	if (ret) {
		set_remove(m, &is, number);
	} else if (at.set) {
		programs_wait();
		set_remove(m, &was, at.set);
	}
	packed_free(&was);
	packed_free(&is);
	return ret;
}

void br_rulemap_forget(struct br_nl *nl, uint32_t ifindex)
{
	struct br_ruleset old, none;
	struct br_error ignored;
	struct br_rulemap m;

	if (br_rulemap_open(&m, nl, ifindex, &ignored))
		return;
	br_ruleset_init(&none);
	if (!br_rulemap_read(&m, &old, &ignored) &&
	    (old.rules.n || old.classes.n))
		br_rulemap_write(&m, &old, &none, &ignored);
	br_ruleset_free(&old);
	br_rulemap_close(&m);
}
