// SPDX-License-Identifier: GPL-2.0
#include "policy.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpffs.h"
#include "bpfid.h"
#include "field.h"

/* Maps of this prefix are shared by all policies; see bpf/braid_maps.h. */
#define SHARED		"braid_"
#define PIN_PATH	128

static bool verbose;

static int libbpf_print(enum libbpf_print_level level, const char *format,
			va_list args)
{
	return verbose && level != LIBBPF_DEBUG ?
	       vfprintf(stderr, format, args) : 0;
}

void br_policy_verbose(bool on)
{
	verbose = on;
	libbpf_set_print(libbpf_print);
}

/* What -v would say is most of what there is to say of a failure. */
static int refuse(const char *path, const char *what, int code,
		  struct br_error *err)
{
	return br_fail(err, BR_KERNEL, code, "%s: %s: %s%s", path, what,
		       strerror(code), verbose ? "" : " (-v says more)");
}

static bool is_policy(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS;
}

/*
 * The name in a policy's struct, which the kernel goes by. Links are found by
 * the name of the struct_ops map, that is of the variable: both must agree.
 */
static const char *name_of(const struct bpf_object *obj,
			   const struct bpf_map *map)
{
	const struct btf *btf = bpf_object__btf(obj);
	const struct btf_member *m;
	const struct btf_type *t;
	const char *value;
	size_t size;
	int i, id;

	value = bpf_map__initial_value(map, &size);
	id = btf ? btf__find_by_name_kind(btf, "braid_policy",
					  BTF_KIND_STRUCT) : -1;
	if (id < 0 || !value)
		return NULL;
	t = btf__type_by_id(btf, id);
	m = btf_members(t);
	for (i = 0; i < btf_vlen(t); i++, m++)
		if (!strcmp(btf__name_by_offset(btf, m->name_off), "name") &&
		    m->offset / 8 + BR_NAME <= size)
			return value + m->offset / 8;
	return NULL;
}

static int names_check(const char *path, const struct bpf_object *obj,
		       struct br_error *err)
{
	const struct bpf_map *map;
	const char *name;
	int found = 0;

	bpf_object__for_each_map(map, obj) {
		if (!is_policy(map))
			continue;
		name = name_of(obj, map);
		if (!name || !memchr(name, 0, BR_NAME) || br_name_check(name))
			return br_fail(err, BR_FILE, EINVAL,
				       "%s: %s is not a struct braid_policy with a name",
				       path, bpf_map__name(map));
		if (!br_bpf_name_matches(name, bpf_map__name(map)))
			return br_fail(err, BR_FILE, EINVAL,
				       "%s: the policy %s must be in a variable of that name, not %s",
				       path, name, bpf_map__name(map));
		found++;
	}
	if (!found)
		return br_fail(err, BR_FILE, EINVAL, "%s: there is no policy in it",
			       path);
	return 0;
}

/*
 * What an earlier version of braid has left: a map of the same name and another layout.
 * It goes, with its figures, unless a policy still works with it.
 */
static int pin_clear(const char *path, const struct bpf_map *map,
		     const char *pin, struct br_error *err)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_obj_get(pin), link, ret;

	if (fd < 0)
		return 0;
	ret = bpf_map_get_info_by_fd(fd, &info, &len);
	close(fd);
	if (ret || (info.type == bpf_map__type(map) &&
		    info.key_size == bpf_map__key_size(map) &&
		    info.value_size == bpf_map__value_size(map) &&
		    info.max_entries == bpf_map__max_entries(map) &&
		    info.map_flags == bpf_map__map_flags(map)))
		return 0;
	link = br_bpf_link_find(NULL, err);
	if (link == -ENOENT) {
		unlink(pin);
		return 0;
	}
	if (link < 0)
		return link;
	close(link);
	return br_fail(err, BR_FILE, EBUSY,
		       "%s: its map %s has another layout than that of the policies that are loaded: take those away first (braidctl policy list, policy del)",
		       path, bpf_map__name(map));
}

/* libbpf takes a pinned map when it is compatible, else pins the new one. */
static int maps_share(const char *path, struct bpf_object *obj,
		      struct br_error *err)
{
	struct bpf_map *map;
	char pin[PIN_PATH];
	int ret;

	bpf_object__for_each_map(map, obj) {
		if (is_policy(map) || strncmp(bpf_map__name(map), SHARED,
					      strlen(SHARED)))
			continue;
		snprintf(pin, sizeof(pin), "%s/%s", BR_BPFFS_MAPS,
			 bpf_map__name(map));
		ret = pin_clear(path, map, pin, err);
		if (ret)
			return ret;
		ret = bpf_map__set_pin_path(map, pin);
		if (ret)
			return refuse(path, pin, -ret, err);
	}
	return 0;
}

static int attach(const char *path, const struct bpf_object *obj,
		  const struct bpf_map *map, struct br_error *err)
{
	const char *name = name_of(obj, map);
	struct bpf_link *link;
	char pin[PIN_PATH];
	int ret;

	link = bpf_map__attach_struct_ops(map);
	if (!link && errno == EEXIST)
		return br_fail(err, BR_KERNEL, EEXIST,
			       "a policy %s is loaded already", name);
	if (!link)
		return refuse(path, "the module refuses the policy", errno,
			      err);
	snprintf(pin, sizeof(pin), "%s/%s", BR_BPFFS_POLICIES, name);
	/* the name was free in the kernel: what has it here is a dead link */
	unlink(pin);
	ret = bpf_link__pin(link, pin);
	if (ret)
		ret = refuse(path, pin, -ret, err);
	bpf_link__destroy(link);
	return ret;
}

/* Detaches the first @n policies of an object. */
static void detach(const struct bpf_object *obj, int n)
{
	const struct bpf_map *map;
	char pin[PIN_PATH];

	bpf_object__for_each_map(map, obj) {
		if (!is_policy(map))
			continue;
		if (!n--)
			return;
		snprintf(pin, sizeof(pin), "%s/%s", BR_BPFFS_POLICIES,
			 name_of(obj, map));
		unlink(pin);
	}
}

static int attach_all(const char *path, const struct bpf_object *obj,
		      struct br_error *err)
{
	const struct bpf_map *map;
	int done = 0, ret;

	bpf_object__for_each_map(map, obj) {
		if (!is_policy(map))
			continue;
		ret = attach(path, obj, map, err);
		if (ret) {
			detach(obj, done);
			return ret;
		}
		done++;
	}
	return 0;
}

static int load_object(const char *path, struct bpf_object *obj, struct br_error *err)
{
	struct br_bpffs fs;
	int ret;

	ret = br_bpffs_enter(&fs, err);
	if (ret)
		return ret;
	ret = maps_share(path, obj, err);
	if (ret)
		goto leave;
	ret = bpf_object__load(obj);
	if (ret)
		ret = refuse(path, "the kernel does not load it", -ret, err);
	else
		ret = attach_all(path, obj, err);

leave:
	br_bpffs_leave(&fs);
	return ret;
}

int br_policy_load(const char *path, void (*names)(const char *name),
		   struct br_error *err)
{
	const struct bpf_map *map;
	struct bpf_object *obj;
	int ret;

	libbpf_set_print(libbpf_print);
	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		return br_fail(err, BR_FILE, errno, "%s: %s", path,
			       errno == ENOENT ? "no such file" :
			       "not a BPF object file");
	ret = names_check(path, obj, err);
	if (!ret)
		ret = load_object(path, obj, err);
	if (!ret && names)
		bpf_object__for_each_map(map, obj)
			if (is_policy(map))
				names(name_of(obj, map));
	bpf_object__close(obj);
	return ret;
}

int br_policy_del(const char *name, struct br_error *err)
{
	struct br_error ignored;
	struct br_bpffs fs;
	char pin[PIN_PATH];
	int link, ret = 0;

	link = br_bpf_link_find(name, err);
	if (link < 0)
		return link;
	/* detached first: the pin may be out of reach, or held elsewhere */
	if (bpf_link_detach(link))
		ret = br_fail(err, BR_KERNEL, errno, "policy %s: %s", name,
			      strerror(errno));
	close(link);
	if (ret || br_bpffs_enter(&fs, &ignored))
		return ret;
	snprintf(pin, sizeof(pin), "%s/%s", BR_BPFFS_POLICIES, name);
	unlink(pin);
	br_bpffs_leave(&fs);
	return 0;
}

static int registered(struct br_nl *nl, const char *name,
		      struct br_error *err)
{
	const struct br_policy *p;
	struct br_list list;
	unsigned int i;
	int ret;

	ret = br_nl_dump(nl, BRAID_CMD_POLICY_GET, &br_policy_type, 0, &list,
			 err);
	for (i = 0; !ret && i < list.n; i++) {
		p = br_list_at(&list, i);
		ret = !strcmp(p->name, name);
	}
	br_list_free(&list);
	return ret;
}

/* Beside the program: ../lib/braid/bpf when installed, ../bpf when built. */
static bool beside(const char *name, const char *folder, char *path,
		   size_t size)
{
	char exe[256];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (len <= 0)
		return false;
	exe[len] = 0;
	slash = strrchr(exe, '/');
	if (!slash)
		return false;
	*slash = 0;
	snprintf(path, size, "%s/%s/%s.bpf.o", exe, folder, name);
	return !access(path, R_OK);
}

static bool file_find(const char *name, char *path, size_t size)
{
	const char *dir = getenv("BRAID_BPF_DIR");

	if (dir) {
		snprintf(path, size, "%s/%s.bpf.o", dir, name);
		return !access(path, R_OK);
	}
	return beside(name, "../lib/braid/bpf", path, size) ||
	       beside(name, "../bpf", path, size);
}

/* Two at once may both find it missing: the later one is as content. */
int br_policy_ensure(struct br_nl *nl, const char *name, struct br_error *err)
{
	char path[512];
	int ret = registered(nl, name, err);

	if (ret)
		return ret < 0 ? ret : 0;
	if (!file_find(name, path, sizeof(path)))
		return br_fail(err, BR_FILE, ENOENT,
			"policy %s is not loaded and there is no %s.bpf.o in %s",
			name, name, getenv("BRAID_BPF_DIR") ? :
			"the folder of installed policies");
	ret = br_policy_load(path, NULL, err);
	if (ret == -EEXIST)
		return 0;
	return ret ? ret : 1;
}
