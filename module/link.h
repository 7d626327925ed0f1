/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What paths need of the outside, watched: links, addresses and routes of the
 * namespace where the device was made. A path that has lost one of them is down
 * at once, one that got it back is probed at once.
 */
#ifndef BRAID_LINK_H
#define BRAID_LINK_H

#include <linux/list.h>
#include <linux/workqueue.h>

struct braid_device;
struct braid_path;
struct net;

/**
 * struct braid_links - a device's watch
 * @node: in its namespace's list, empty when not watching; that list's lock
 * @work: looks at all paths again, in process context; comes by itself now and
 *	then, since only the best route to somewhere is told of
 * @due: something was told; set anywhere, cleared by @work
 * @routes: generation of the routes at the last look; device's lock
 * @wait: until it comes by itself, in jiffies; device's lock
 * @rest: jiffies before which it does not run again: a storm of route changes
 *	takes a tenth of a CPU at most; written by @work, read anywhere
 */
struct braid_links {
	struct list_head node;
	struct delayed_work work;
	bool due;
	u32 routes;
	unsigned long wait;
	unsigned long rest;
};

void braid_links_init(struct braid_device *braid);
/* Begins to watch @net. RTNL. */
void braid_links_start(struct braid_device *braid, struct net *net);
/* Its namespace goes; @work may still run. RTNL. */
void braid_links_stop(struct braid_device *braid, struct net *net);
/* Stops, and waits. Device's lock not held; sleeps. */
void braid_links_fini(struct braid_device *braid);
/* A path is new: what is missing for it, if anything? Device's lock. */
void braid_link_check(struct braid_path *path);

int braid_link_init(void);
void braid_link_exit(void);

#endif
