/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paths together with their sockets: a path shares a socket that fits, or
 * gets one of its own, which goes with its last path.
 */
#ifndef BR_PATHSOCK_H
#define BR_PATHSOCK_H

#include "netlink.h"
#include "port.h"

/* Cookie of sockets that were made for paths and go with them */
#define BR_SOCKET_OWNER		"path"

/*
 * Adds a path. When it names no socket, one with the wanted local address,
 * port, link and mark is shared or made; path->socket gets its name. When it
 * fails nothing is left behind. @ports: out of which one that is made gets a
 * port when none is wanted; NULL for the kernel's choice.
 */
int br_pathsock_add(struct br_nl *nl, struct br_path *path,
		    const struct br_socket *wanted,
		    const struct br_ports *ports, struct br_error *err);

/* Deletes a path, and its socket when it was made for paths and is free now. */
int br_pathsock_del(struct br_nl *nl, const struct br_path *path,
		    struct br_error *err);

/*
 * Makes a socket that differs from a path's in its port only, out of @ports as
 * above. @path: as the kernel has it; @name gets the new one's name; @tally what
 * stood in the way, also when it fails, or NULL.
 * Return: 0, or a negative errno with a sentence
 */
int br_pathsock_like(struct br_nl *nl, const struct br_path *path,
		     const struct br_ports *ports, char name[BR_NAME],
		     struct br_port_tally *tally, struct br_error *err);

/* Closes a socket that was made for paths, if none uses it any more. */
void br_pathsock_release(struct br_nl *nl, uint32_t ifindex, const char *name);

/*
 * Whether a socket serves for a wanted one. A port that nobody asked for fits
 * any; a socket that a user made with a port of his own choice is not taken
 * for a path that asked for none.
 */
bool br_pathsock_fits(const struct br_socket *have,
		      const struct br_socket *wanted);

#endif
