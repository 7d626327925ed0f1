/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Remotes that are names: when each is looked up, and when its path is led to
 * where it was found. A path that is up is left where it is, whatever the name
 * says now. Addresses, time and randomness come from outside.
 */
#ifndef BD_REMOTE_H
#define BD_REMOTE_H

#include <sys/queue.h>

#include "config.h"
#include "hostname.h"
#include "run.h"
#include "timer.h"

/* Addresses of one name that are looked at */
#define BD_REMOTE_ADDRS		8
/* How often to see whether the path is up */
#define BD_REMOTE_LOOK_MS	5000
/* After a failure: twice as long each time, up to the second */
#define BD_REMOTE_RETRY_MS	1000
#define BD_REMOTE_RETRY_MAX_MS	60000
/* A path that is not up for so long is looked up anew; then twice as long */
#define BD_REMOTE_DOWN_MS	20000

/* What has become of a remote's path */
enum bd_remote_path {
	BD_REMOTE_NONE,		/* it is not there */
	BD_REMOTE_DOWN,		/* it does not work, or not yet */
	BD_REMOTE_COLD,		/* nobody tries whether it does */
	BD_REMOTE_UP,
};

struct bd_remote;

/**
 * struct bd_remotes_host - what remotes ask of the world
 * @random: unpredictable bytes
 * @ask: looks a name up; bd_remote_found() or bd_remote_lost() is called later,
 *	never from within. A negative errno with a sentence when it cannot be asked
 * @forget: its answer is no longer waited for
 * @path: what has become of its path, and where that leads
 * @lead: makes the path, or leads it elsewhere; likewise
 * @changed: what bd_remotes_rows() tells is other than it was
 * @data: for all of them
 */
struct bd_remotes_host {
	void (*random)(void *data, void *to, size_t len);
	int (*ask)(void *data, struct bd_remote *remote, struct br_error *err);
	void (*forget)(void *data, struct bd_remote *remote);
	enum bd_remote_path (*path)(void *data, const struct bd_remote *remote,
				    struct br_addr *leads);
	int (*lead)(void *data, const struct bd_remote *remote,
		    const struct br_endpoint *to, struct br_error *err);
	void (*changed)(void *data);
	void *data;
};

struct bd_remotes;

/**
 * struct bd_remote - a path whose remote is a name
 * @node: in the list of all
 * @all: those
 * @peer: whose path it is
 * @path: its name
 * @host: the remote's name
 * @port: its port
 * @family: which addresses serve, AF_UNSPEC for both kinds
 * @asking: an answer is waited for
 * @asked: when it was asked last
 * @next: when it is asked again, whatever becomes of the path
 * @n: addresses in the newest answer that had any
 * @addr: they
 * @failures: lookups that failed, in a row
 * @down: since when the path is not up, BD_NEVER while it is, or while it is cold
 * @rounds: lookups since then
 * @why: the newest lookup failed, or the path could not be made; empty if not
 * @timer: the next look
 */
struct bd_remote {
	TAILQ_ENTRY(bd_remote) node;
	struct bd_remotes *all;
	char peer[BR_NAME];
	char path[BR_NAME];
	char host[BR_HOSTNAME];
	uint16_t port;
	sa_family_t family;
	bool asking;
	uint64_t asked;
	uint64_t next;
	unsigned int n;
	struct br_addr addr[BD_REMOTE_ADDRS];
	unsigned int failures;
	uint64_t down;
	unsigned int rounds;
	char why[BR_REASON];
	struct bd_timer timer;
};

/**
 * struct bd_remotes - all remotes of a device that are names
 * @list: they
 * @timers: of the daemon
 * @host: the world
 * @interval: how often names are looked up while all is well, in ms
 */
struct bd_remotes {
	TAILQ_HEAD(, bd_remote) list;
	struct bd_timers *timers;
	const struct bd_remotes_host *host;
	uint64_t interval;
};

void bd_remotes_init(struct bd_remotes *all, struct bd_timers *timers,
		     const struct bd_remotes_host *host);
void bd_remotes_fini(struct bd_remotes *all);
/*
 * Cares for the names of a configuration, and for no others. Those that it cared
 * for already go on as they are.
 * Return: 0 or -ENOMEM
 */
int bd_remotes_set(struct bd_remotes *all, const struct br_config *config,
		   uint64_t now);

/* The answer: at least one address. What is no host's is left aside. */
void bd_remote_found(struct bd_remote *r, const struct br_addr *addr,
		     unsigned int n, uint64_t now);
/* There is none. */
void bd_remote_lost(struct bd_remote *r, const char *why, uint64_t now);

/*
 * What is known of them, a row of br_lookup_type for each; the caller frees the
 * list.
 * Return: 0 or -ENOMEM
 */
int bd_remotes_rows(const struct bd_remotes *all, uint64_t now,
		    struct br_list *rows);

#endif
