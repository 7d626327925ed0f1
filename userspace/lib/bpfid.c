// SPDX-License-Identifier: GPL-2.0
#include "bpfid.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

/* The C library's kernel headers are older than what we ask the kernel. */

/* struct bpf_link_info of Linux 6.4, for BPF_LINK_TYPE_STRUCT_OPS */
struct link_info {
	uint32_t type;
	uint32_t id;
	uint32_t prog_id;
	uint32_t pad;
	uint32_t map_id;
	uint32_t rest[15];
};

/* struct bpf_map_info of Linux 6.9: btf_vmlinux_id is where there was a gap */
static uint32_t map_btf_id(const struct bpf_map_info *info)
{
	uint32_t id;

	memcpy(&id, (const char *)info +
	       offsetof(struct bpf_map_info, map_extra) - sizeof(id),
	       sizeof(id));
	return id;
}

bool br_bpf_name_matches(const char *policy, const char *variable)
{
	size_t i;

	for (i = 0; i < BPF_OBJ_NAME_LEN - 1; i++) {
		if (!policy[i] || !variable[i])
			break;
		if (policy[i] != variable[i] &&
		    (variable[i] != '_' || isalnum((unsigned char)policy[i])))
			return false;
	}
	return i == BPF_OBJ_NAME_LEN - 1 || policy[i] == variable[i];
}

/* Other modules have struct_ops, too: the type must be of braid's BTF. */
static bool of_braid(uint32_t btf_id)
{
	int fd = btf_id ? bpf_btf_get_fd_by_id(btf_id) : -1;
	char name[64] = "";
	struct bpf_btf_info info = {
		.name = (uintptr_t)name, .name_len = sizeof(name)
	};
	uint32_t len = sizeof(info);
	bool ours;

	if (fd < 0)
		return false;
	ours = !bpf_btf_get_info_by_fd(fd, &info, &len) &&
	       !strcmp(name, "braid");
	close(fd);
	return ours;
}

static bool map_is(uint32_t id, const char *policy)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_map_get_fd_by_id(id);
	bool same;

	if (fd < 0)
		return false;
	same = !bpf_map_get_info_by_fd(fd, &info, &len) &&
	       (!policy || br_bpf_name_matches(policy, info.name)) &&
	       of_braid(map_btf_id(&info));
	close(fd);
	return same;
}

static bool link_is(int fd, const char *policy)
{
	struct link_info info = { 0 };
	uint32_t len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       info.type == BPF_LINK_TYPE_STRUCT_OPS && info.map_id &&
	       map_is(info.map_id, policy);
}

/* The kernel hands out ids of others only to those who may do anything. */
static int ids_refused(struct br_error *err)
{
	return br_fail(err, BR_KERNEL, errno,
		       "looking for BPF objects: %s (needs CAP_SYS_ADMIN)",
		       strerror(errno));
}

int br_bpf_link_find(const char *policy, struct br_error *err)
{
	uint32_t id = 0;
	int fd;

	while (!bpf_link_get_next_id(id, &id)) {
		fd = bpf_link_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (link_is(fd, policy))
			return fd;
		close(fd);
	}
	if (errno != ENOENT)
		return ids_refused(err);
	return br_fail(err, BR_KERNEL, ENOENT, "no policy%s%s is loaded",
		       policy ? " " : "", policy ? policy : "");
}

static bool map_fits(int fd, const char *name, uint32_t key_size,
		     uint32_t value_size)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	return !bpf_map_get_info_by_fd(fd, &info, &len) &&
	       !strcmp(info.name, name) && info.key_size == key_size &&
	       info.value_size == value_size;
}

int br_bpf_map_find(const char *name, uint32_t key_size, uint32_t value_size,
		    struct br_error *err)
{
	int fd, found = -1;
	uint32_t id = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		fd = bpf_map_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (!map_fits(fd, name, key_size, value_size)) {
			close(fd);
			continue;
		}
		if (found >= 0)
			close(found);
		found = fd;
	}
	if (found >= 0)
		return found;
	if (errno != ENOENT)
		return ids_refused(err);
	return br_fail(err, BR_KERNEL, ENOENT,
		       "there is no map %s: no policy was loaded yet", name);
}

#define F(m, h, k)	BR_FIELD(br_bpf_object, m, #m, h, k)

static const struct br_field object_fields[] = {
	F(kind, "KIND", BR_STRING),
	F(id, "ID", BR_U32),
	F(name, "NAME", BR_STRING),
	F(type, "TYPE", BR_STRING),
	F(bytes, "BYTES", BR_U32),
	F(entries, "ENTRIES", BR_U32),
};

#define OF_PROGRAM	0x17	/* no type, no entries */
#define OF_MAP		0x3f

const struct br_type br_bpf_object_type = {
	.name = "object", .size = sizeof(struct br_bpf_object),
	.fields = object_fields, .n = ARRAY_SIZE(object_fields),
};

/* Return: 0 or -ENOMEM, also for one that is not ours */
static int program_take(struct br_list *list, int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	struct br_bpf_object *o;

	if (bpf_prog_get_info_by_fd(fd, &info, &len) ||
	    info.type != BPF_PROG_TYPE_STRUCT_OPS ||
	    !of_braid(info.attach_btf_obj_id))
		return 0;
	o = br_list_add(list);
	if (!o)
		return -ENOMEM;
	o->has = OF_PROGRAM;
	br_fill(o->kind, "program");
	o->id = info.id;
	br_fill(o->name, info.name);
	o->bytes = info.xlated_prog_len;
	return 0;
}

/* Those that policies share are known by their names. */
static int map_take(struct br_list *list, int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);
	struct br_bpf_object *o;
	const char *type;

	if (bpf_map_get_info_by_fd(fd, &info, &len) ||
	    (strncmp(info.name, "braid_", 6) && !of_braid(map_btf_id(&info))))
		return 0;
	o = br_list_add(list);
	if (!o)
		return -ENOMEM;
	type = libbpf_bpf_map_type_str(info.type);
	o->has = OF_MAP;
	br_fill(o->kind, "map");
	o->id = info.id;
	br_fill(o->name, info.name);
	br_fill(o->type, type ? type : "?");
	o->bytes = info.key_size + info.value_size;
	o->entries = info.max_entries;
	return 0;
}

/* Those of one kind: how ids are gone through, opened and looked at. */
static int objects_take(struct br_list *list,
			int (*next)(uint32_t id, uint32_t *next_id),
			int (*get)(uint32_t id),
			int (*take)(struct br_list *list, int fd),
			struct br_error *err)
{
	uint32_t id = 0;
	int fd, ret;

	while (!next(id, &id)) {
		fd = get(id);
		/* gone in between, if it is not a right that is missing */
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return ids_refused(err);
		ret = take(list, fd);
		close(fd);
		if (ret)
			return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	}
	return errno == ENOENT ? 0 : ids_refused(err);
}

int br_bpf_list(struct br_list *list, struct br_error *err)
{
	int ret;

	*list = (struct br_list){ .type = &br_bpf_object_type };
	ret = objects_take(list, bpf_prog_get_next_id, bpf_prog_get_fd_by_id,
			   program_take, err);
	if (!ret)
		ret = objects_take(list, bpf_map_get_next_id,
				   bpf_map_get_fd_by_id, map_take, err);
	return ret;
}
