/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paths that change their local port now and then, each at a time of its own, or
 * after so many bytes, or whatever comes first. A path whose port is told in the
 * configuration stays there.
 */
#ifndef BD_PORTS_H
#define BD_PORTS_H

#include <sys/queue.h>

#include "config.h"
#include "hop.h"
#include "run.h"
#include "timer.h"

/* Where bytes count: how often to see how many there were, by how fast they come */
#define BD_LOOK_MIN_MS	100
#define BD_LOOK_MAX_MS	2000

/**
 * struct bd_ports_host - what moving paths ask of the world
 * @random: unpredictable bytes
 * @begin: br_hop_begin()
 * @go_on: br_hop_go_on()
 * @bytes: what a path has carried so far, both ways; a negative errno while there
 *	is no such path
 * @changed: what bd_ports_rows() tells is other than it was
 * @data: for all of them
 */
struct bd_ports_host {
	void (*random)(void *data, void *to, size_t len);
	int (*begin)(void *data, const struct br_path *path,
		     const struct br_ports *ports,
		     struct br_port_tally *tally, struct br_error *err);
	int (*go_on)(void *data, const struct br_path *path,
		     struct br_hop *hop, uint64_t now, struct br_error *err);
	int (*bytes)(void *data, const struct br_path *path, uint64_t *bytes);
	void (*changed)(void *data);
	void *data;
};

struct bd_ports;

/**
 * struct bd_hopper - a path that hops
 * @node: in the list of all
 * @all: those
 * @path: its peer and name
 * @ports: out of which its ports are drawn
 * @any: @ports says nothing, the kernel chooses
 * @hop: the move under way
 * @moving: there is one
 * @due: when the next move is, BD_NEVER when time does not matter
 * @left: bytes until then, where they matter
 * @known: @count holds
 * @count: bytes that the path had carried when last looked at
 * @looked: when that was
 * @hops: ports it has had
 * @failures: moves that came to nothing, in a row
 * @failed: and in all
 * @in_use: ports drawn that somebody had, in all
 * @tally: of the newest draw
 * @why: the newest move came to nothing; empty when it did not
 * @timer: the next move, or the next look at the one under way or at the bytes
 */
struct bd_hopper {
	TAILQ_ENTRY(bd_hopper) node;
	struct bd_ports *all;
	struct br_path path;
	struct br_ports ports;
	bool any;
	struct br_hop hop;
	bool moving;
	uint64_t due;
	uint64_t left;
	bool known;
	uint64_t count;
	uint64_t looked;
	unsigned int hops;
	unsigned int failures;
	unsigned int failed;
	unsigned int in_use;
	struct br_port_tally tally;
	char why[BR_REASON];
	struct bd_timer timer;
};

/**
 * struct bd_ports - all paths of a device that hop
 * @hoppers: they
 * @timers: of the daemon
 * @host: the world
 * @interval: from the end of a move to the next, in ms; 0 for any time
 * @jitter: so much later or earlier, at most
 * @bytes: likewise, in bytes that the path carries
 * @bytes_jitter: so many more or fewer, at most
 */
struct bd_ports {
	TAILQ_HEAD(, bd_hopper) hoppers;
	struct bd_timers *timers;
	const struct bd_ports_host *host;
	uint64_t interval;
	uint64_t jitter;
	uint64_t bytes;
	uint64_t bytes_jitter;
};

void bd_ports_init(struct bd_ports *all, struct bd_timers *timers,
		   const struct bd_ports_host *host);
void bd_ports_fini(struct bd_ports *all);
/*
 * Cares for the paths of a configuration, and for no others. Those that it cared
 * for already go on as they are, unless time or bytes are others now.
 * Return: 0 or -ENOMEM
 */
int bd_ports_set(struct bd_ports *all, const struct br_config *config,
		 uint32_t ifindex, uint64_t now);

/*
 * What is known of the ports of a configuration's paths, a row of br_port_type
 * for each; the caller frees the list.
 * Return: 0 or -ENOMEM
 */
int bd_ports_rows(const struct bd_ports *all, const struct br_config *config,
		  uint64_t now, struct br_list *rows);

#endif
