/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a braidd tells of itself in the file that it leaves to its successor, for
 * whoever looks meanwhile: the ports of its paths, the names it looks up, which
 * peers it keeps a place for, and which paths it moves by itself.
 */
#ifndef BR_RUN_H
#define BR_RUN_H

#include <jansson.h>

#include "failure.h"
#include "hostname.h"
#include "model.h"
#include "mover.h"
#include "place.h"

/* Where such files are, and how they are called: braidd-CONFIG.state */
#define BR_RUN_FOLDER	"/run/braid"
#define BR_RUN_PREFIX	"braidd-"
#define BR_RUN_SUFFIX	".state"
/* Their kind, see savefile.h */
#define BR_RUN_KIND	"state"

/* Ranges in words: the file tells the port, or the kernel chooses one */
#define BR_RANGE_FIXED	"fixed"
#define BR_RANGE_ANY	"any"
#define BR_RANGE	1024

/**
 * struct br_port - the local port of a path
 * @peer: whose path it is
 * @path: its name
 * @socket: its socket
 * @local: address and port in use
 * @range: out of which ports are drawn: a list, or BR_RANGE_*
 * @moves: how often it moved, for whatever reason
 * @move_age: since it last did
 * @hops: how often braidd moved it, since that began
 * @failed: how often it tried to and could not
 * @in_use: ports it drew that somebody had, in all
 * @reserved: ports of the range that the kernel kept for others at the newest draw
 * @recent: ports of it that were held back then, used lately
 * @moving: it is between two ports
 * @next: until the next hop is due by time
 * @left: bytes until it is by what the path carries
 * @count: what that had carried when @left was true
 * @why: the newest hop came to nothing
 */
struct br_port {
	uint64_t has;
	uint32_t ifindex;
	char peer[BR_NAME];
	char path[BR_NAME];
	char socket[BR_NAME];
	struct br_endpoint local;
	char range[BR_RANGE];
	uint32_t moves;
	uint64_t move_age;
	uint32_t hops;
	uint32_t failed;
	uint32_t in_use;
	uint32_t reserved;
	uint32_t recent;
	uint8_t moving;
	uint64_t next;
	uint64_t left;
	uint64_t count;
	char why[BR_REASON];
};

extern const struct br_type br_port_type;

/**
 * struct br_lookup - a path's remote that is a name
 * @peer: whose path it is
 * @path: its name
 * @name: the remote, with its port
 * @address: what it was found to be, the last time it was found
 * @failures: lookups that failed since then
 * @next: until the next one
 * @why: the newest failed, or its path could not be made
 */
struct br_lookup {
	uint64_t has;
	uint32_t ifindex;
	char peer[BR_NAME];
	char path[BR_NAME];
	char name[BR_HOSTNAME + 8];
	struct br_addrs address;
	uint32_t failures;
	uint64_t next;
	char why[BR_REASON];
};

extern const struct br_type br_lookup_type;

/**
 * struct br_run - a braidd that runs
 * @found: there is one
 * @ports: of its paths, what it knows of them; struct br_port
 * @lookups: of its names; struct br_lookup
 * @places: of its peers; struct br_place
 * @movers: of its paths with limits; struct br_mover
 */
struct br_run {
	bool found;
	struct br_list ports;
	struct br_list lookups;
	struct br_list places;
	struct br_list movers;
};

/* Nothing is known, and the lists are of the right types. */
void br_run_init(struct br_run *run);

/* The clock of these times: CLOCK_BOOTTIME, in milliseconds */
uint64_t br_run_clock(void);

/*
 * What goes into the file; a new reference. @now_ms: of CLOCK_BOOTTIME, from
 * which what is due in the rows counts.
 */
json_t *br_run_json(const char *device, uint64_t now_ms,
		    const struct br_run *run);

/*
 * Looks for the braidd of a device in this namespace, in its usual place or in
 * @file. That there is none is no failure; a @file that cannot be read is. The
 * caller frees @run also then.
 * @now_ms: of CLOCK_BOOTTIME, from which what is due counts afterwards
 */
int br_run_read(const char *file, const char *device, uint64_t now_ms,
		struct br_run *run, struct br_error *err);
void br_run_free(struct br_run *run);

/* What it knows of a path's port, NULL for nothing. */
const struct br_port *br_run_port(const struct br_run *run, const char *peer,
				  const char *path);

#endif
