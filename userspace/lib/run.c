// SPDX-License-Identifier: GPL-2.0
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "checkpoint.h"
#include "field.h"
#include "savefile.h"
#include "text.h"

static const struct br_field port_fields[] = {
#define F(...) BR_FIELD(br_port, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(peer, "peer", "PEER", BR_STRING),
	F(path, "path", "PATH", BR_STRING),
	F(socket, "socket", "SOCKET", BR_STRING),
	F(local, "local", "LOCAL", BR_ENDPOINT),
	F(range, "range", "RANGE", BR_WORDS),
	F(moves, "moves", "MOVES", BR_U32),
	F(move_age, "move-age", "MOVED", BR_AGE),
	F(hops, "hops", "HOPS", BR_U32),
	F(failed, "hops-failed", "FAILED", BR_U32),
	F(in_use, "in-use", "IN USE", BR_U32),
	F(reserved, "reserved", "RESERVED", BR_U32),
	F(recent, "recent", "RECENT", BR_U32),
	F(moving, "hop-moving", "MOVING", BR_BOOL),
	F(next, "hop-next", "NEXT", BR_AGE),
	F(left, "hop-left", "LEFT", BR_BYTES),
	F(count, "hop-count", "", BR_BYTES),
	F(why, "hop-why", "WHY NOT", BR_WORDS),
#undef F
};

const struct br_type br_port_type = {
	.name = "port", .size = sizeof(struct br_port), .fields = port_fields,
	.n = ARRAY_SIZE(port_fields),
};

static const struct br_field lookup_fields[] = {
#define F(...) BR_FIELD(br_lookup, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(peer, "peer", "PEER", BR_STRING),
	F(path, "path", "PATH", BR_STRING),
	F(name, "name", "NAME", BR_WORDS),
	F(address, "address", "ADDRESS", BR_ADDRS),
	F(failures, "failures", "FAILURES", BR_U32),
	F(next, "lookup-next", "NEXT", BR_AGE),
	F(why, "lookup-why", "WHY NOT", BR_WORDS),
#undef F
};

const struct br_type br_lookup_type = {
	.name = "lookup", .size = sizeof(struct br_lookup),
	.fields = lookup_fields, .n = ARRAY_SIZE(lookup_fields),
};

static const char *const lookup_names[] = {
	"peer", "path", "name", "address", "failures", "lookup-next",
	"lookup-why", NULL
};

/* What braidd knows; the rest is the kernel's. */
static const char *const port_names[] = {
	"peer", "path", "range", "hops", "hops-failed", "in-use", "reserved",
	"recent", "hop-moving", "hop-next", "hop-left", "hop-count", "hop-why",
	NULL
};

static const char *const place_names[] = {
	"peer", "pattern", "pattern-told", "rounds", "place", "place-age",
	"hold-left", "expected-from", "expected-to", "watched", "hits",
	"misses", "expired", "evicted", "refused", "asks", "place-why", NULL
};

static const char *const mover_names[] = {
	"peer", "path", "max-rtt", "max-loss", "mover", "mover-age", "to",
	"moves", "moves-failed", "mover-why", NULL
};

/*
 * One of the lists. @names: fields that braidd knows; @due: of them, times until
 * something; @age: the time since something, NULL for none
 */
struct rows {
	const char *key;
	const char *const *names;
	const char *due[4];
	const char *age;
};

static const struct rows port_rows = {
	"ports", port_names, { "hop-next" }, NULL
};

static const struct rows lookup_rows = {
	"lookups", lookup_names, { "lookup-next" }, NULL
};

static const struct rows place_rows = {
	"places", place_names,
	{ "hold-left", "expected-from", "expected-to" }, "place-age"
};

static const struct rows mover_rows = {
	"movers", mover_names, { NULL }, "mover-age"
};

/* Two devices of one name may be in two namespaces. */
static json_int_t namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

static json_t *rows_json(const struct br_list *list)
{
	json_t *rows = json_array();
	unsigned int i;

	for (i = 0; i < list->n; i++)
		json_array_append_new(rows, br_object_json(list->type,
					br_list_at(list, i)));
	return rows;
}

uint64_t br_run_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

json_t *br_run_json(const char *device, uint64_t now_ms,
		    const struct br_run *run)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o}",
			 "device", device,
			 "namespace", namespace(),
			 "pid", (json_int_t)getpid(),
			 "written_ms", (json_int_t)now_ms,
			 "ports", rows_json(&run->ports),
			 "lookups", rows_json(&run->lookups),
			 "places", rows_json(&run->places),
			 "movers", rows_json(&run->movers));
}

/* A process of that number may be somebody else by now. */
static bool runs(json_int_t pid)
{
	char name[64], comm[32] = "";
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%lld/comm", (long long)pid);
	file = fopen(name, "re");
	if (!file)
		return false;
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = 0;
	fclose(file);
	return !strcmp(comm, "braidd\n");
}

static json_int_t number(const json_t *json, const char *name)
{
	return json_integer_value(json_object_get(json, name));
}

static bool of_device(const json_t *json, const char *device)
{
	const char *is = json_string_value(json_object_get(json, "device"));

	return is && !strcmp(is, device) &&
	       number(json, "namespace") == namespace() &&
	       runs(number(json, "pid"));
}

static uint64_t *time_at(const struct br_type *type, const char *name,
			 void *row)
{
	return br_field_at(br_field_find(type, name), row);
}

/*
 * What was due when it was written, in so long, is due sooner now; what was so old
 * is older.
 */
static void row_age(const struct rows *rows, const struct br_type *type,
		    uint64_t elapsed_us, void *row)
{
	const char *const *due;
	uint64_t *left;

	for (due = rows->due; *due; due++) {
		left = time_at(type, *due, row);
		*left -= *left < elapsed_us ? *left : elapsed_us;
	}
	if (rows->age)
		*time_at(type, rows->age, row) += elapsed_us;
}

static int rows_load(const json_t *json, const struct rows *rows,
		     uint64_t elapsed_us, struct br_list *list,
		     struct br_error *err)
{
	const json_t *array = json_object_get(json, rows->key);
	void *row;
	size_t i;
	int ret;

	for (i = 0; i < json_array_size(array); i++) {
		row = br_list_add(list);
		if (!row)
			return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
		ret = br_object_load(list->type, json_array_get(array, i),
				     rows->names, row, err);
		if (ret)
			return ret;
		row_age(rows, list->type, elapsed_us, row);
	}
	return 0;
}

static int run_load(const json_t *json, uint64_t now_ms, struct br_run *run,
		    struct br_error *err)
{
	uint64_t written = number(json, "written_ms");
	uint64_t elapsed_us = written < now_ms ? (now_ms - written) * 1000 : 0;
	int ret;

	run->found = true;
	ret = rows_load(json, &port_rows, elapsed_us, &run->ports, err);
	if (!ret)
		ret = rows_load(json, &lookup_rows, elapsed_us, &run->lookups,
				err);
	if (!ret)
		ret = rows_load(json, &place_rows, elapsed_us, &run->places,
				err);
	if (!ret)
		ret = rows_load(json, &mover_rows, elapsed_us, &run->movers,
				err);
	return ret;
}

/* Return: whether the file is of the braidd that is looked for, or -errno */
static int file_read(const char *path, const char *device, uint64_t now_ms,
		     struct br_run *run, struct br_error *err)
{
	json_t *root = br_save_read(path, BR_RUN_KIND, err);
	const json_t *json = json_object_get(root, "run");
	int ret = root ? 0 : -err->code;

	if (json && of_device(json, device)) {
		ret = run_load(json, now_ms, run, err);
		ret = ret ? br_where(err, "%s", path) : 1;
	}
	json_decref(root);
	return ret;
}

static bool named_so(const char *name)
{
	size_t len = strlen(name), end = strlen(BR_RUN_SUFFIX);

	return !strncmp(name, BR_RUN_PREFIX, strlen(BR_RUN_PREFIX)) &&
	       len > end && !strcmp(name + len - end, BR_RUN_SUFFIX);
}

/* Files that are not for us, or not of the one, are none of our business. */
static void folder_search(const char *device, uint64_t now_ms,
			  struct br_run *run)
{
	DIR *folder = opendir(BR_RUN_FOLDER);
	const struct dirent *entry;
	struct br_error ignored;
	char path[512];

	while (folder && !run->found && (entry = readdir(folder))) {
		if (!named_so(entry->d_name))
			continue;
		snprintf(path, sizeof(path), BR_RUN_FOLDER "/%s",
			 entry->d_name);
		file_read(path, device, now_ms, run, &ignored);
	}
	if (folder)
		closedir(folder);
}

void br_run_init(struct br_run *run)
{
	*run = (struct br_run){
		.ports = { .type = &br_port_type },
		.lookups = { .type = &br_lookup_type },
		.places = { .type = &br_place_type },
		.movers = { .type = &br_mover_type },
	};
}

int br_run_read(const char *file, const char *device, uint64_t now_ms,
		struct br_run *run, struct br_error *err)
{
	int ret = 0;

	br_run_init(run);
	if (file)
		ret = file_read(file, device, now_ms, run, err);
	else
		folder_search(device, now_ms, run);
	return ret < 0 ? ret : 0;
}

void br_run_free(struct br_run *run)
{
	br_list_free(&run->ports);
	br_list_free(&run->lookups);
	br_list_free(&run->places);
	br_list_free(&run->movers);
}

const struct br_port *br_run_port(const struct br_run *run, const char *peer,
				  const char *path)
{
	const struct br_port *row;
	unsigned int i;

	for (i = 0; i < run->ports.n; i++) {
		row = br_list_at(&run->ports, i);
		if (!strcmp(row->peer, peer) && !strcmp(row->path, path))
			return row;
	}
	return NULL;
}
