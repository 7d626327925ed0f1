/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The controller of one device: its configuration, its sessions, its loop.
 */
#ifndef BD_BRAIDD_H
#define BD_BRAIDD_H

#include <event2/event.h>

#include "config.h"
#include "dns.h"
#include "gate.h"
#include "habits.h"
#include "identity.h"
#include "kernel.h"
#include "movers.h"
#include "ports.h"
#include "quota.h"
#include "remote.h"
#include "scrape.h"

/**
 * struct braidd_files - what the daemon reads and writes
 * @config: the configuration
 * @state: what is left to a successor
 * @quota: what is used of byte budgets, kept over reboots
 * @habits: how peers come and go, likewise
 */
struct braidd_files {
	const char *config;
	const char *state;
	const char *quota;
	const char *habits;
};

/**
 * struct braidd - the daemon
 * @files: see there
 * @config: what the file said
 * @id: who we are
 * @kernel: the device
 * @host: what sessions see of it
 * @gate: the sessions
 * @habits: what is kept of how their peers come and go
 * @scrape: tells metrics
 * @ports_host: what moving paths see of the kernel
 * @ports: the paths whose ports change
 * @quota_host: what byte budgets see of the kernel
 * @quotas: the paths that have one
 * @movers_host: what paths that move by themselves see of the kernel
 * @movers: those
 * @dns: looks names up
 * @remotes_host: what remotes see of it and of the kernel
 * @remotes: those that are names
 * @base: the loop
 * @frames: frames can be read
 * @events: events can be read
 * @timer: the gate's next timer is due
 * @save: writes the state, a moment after something changed
 * @save_ms: how long that is to wait, at least
 * @look: now and then, whether all is as it should be
 * @hangup: reload
 * @end: signals that end it
 * @failed: why the loop ended is in @err
 * @err: see @failed
 */
struct braidd {
	struct braidd_files files;
	struct br_config config;
	struct br_identity id;
	struct bd_kernel kernel;
	struct bd_host host;
	struct bd_gate gate;
	struct bd_habits habits;
	struct bd_scrape scrape;
	struct bd_ports_host ports_host;
	struct bd_ports ports;
	struct bd_quota_host quota_host;
	struct bd_quotas quotas;
	struct bd_mover_host movers_host;
	struct bd_movers movers;
	struct bd_dns dns;
	struct bd_remotes_host remotes_host;
	struct bd_remotes remotes;
	struct event_base *base;
	struct event *frames;
	struct event *events;
	struct event *timer;
	struct event *save;
	uint64_t save_ms;
	struct event *look;
	struct event *hangup;
	struct event *end[2];
	bool failed;
	struct br_error err;
};

/* A clock that nobody sets, and that goes on while the machine sleeps; in ms. */
uint64_t braidd_now(void);
/* After whatever may have set a timer. */
void braidd_rearm(struct braidd *d);

/*
 * Brings up what a file says and keeps it until a signal ends it. What is there
 * already is taken over, and it stays when the daemon ends.
 * Return: 0, or a negative errno with @d->err filled in
 */
int braidd_run(struct braidd *d, const struct braidd_files *files);

#endif
