/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Can what a path sends leave at all? Its link, its local address and the route
 * to its remote, as they are now. That says nothing about the way beyond them,
 * which only probes can tell.
 */
#ifndef BRAID_REACH_H
#define BRAID_REACH_H

#include "socket.h"

struct braid_path;

/**
 * braid_reach - look at a path's link, local address and route
 * @path: the path; its socket's namespace is there
 * @source: gets the address and port that its packets would carry; unset when
 *	they cannot leave
 * @mtu: gets the largest packet that the link they leave by takes; untouched
 *	when they cannot
 *
 * Under RCU. Return: NULL when they can leave, else why not: a
 * sentence, static storage.
 */
const char *braid_reach(const struct braid_path *path,
			union braid_addr *source, u32 *mtu);

#endif
