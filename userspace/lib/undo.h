/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was made and how to unmake it, newest first.
 */
#ifndef BR_UNDO_H
#define BR_UNDO_H

#include "netlink.h"
#include "route.h"
#include "ruleset.h"

enum br_made_kind {
	BR_MADE_DEVICE,
	BR_MADE_ADDRESS,
	BR_MADE_SOCKET,
	BR_MADE_PEER,
	BR_MADE_PATH,
	BR_MADE_ROUTE,
	BR_MADE_RULE,
	BR_MADE_POLICY,
	BR_SET_MTU,
	BR_SET_DEVICE,
	BR_SET_PEER,
	BR_SET_PATH,
	BR_SET_STEERING,
};

/**
 * struct br_made - one thing that was made, or set to another value
 * @kind: what it is
 * @device: name of the device; of a policy that was loaded
 * @of: the device whose MTU was changed
 * @mtu: what it was before
 * @settings: what the device had before
 * @prefix: the address
 * @socket: the socket, named
 * @peer: the peer, named; what it had before
 * @path: the path, named; what it had before
 * @route: the route
 * @rule: the rule
 * @steering: the rules and classes of the device before, owned
 */
struct br_made {
	enum br_made_kind kind;
	union {
		const char *device;
		struct {
			const char *of;
			uint32_t mtu;
		};
		struct br_device settings;
		struct br_prefix prefix;
		struct br_socket socket;
		struct br_peer peer;
		struct br_path path;
		struct br_route route;
		struct br_rule rule;
		struct br_ruleset *steering;
	};
};

struct br_undo {
	unsigned int n;
	struct br_made *made;
};

/* Return: 0 or -ENOMEM with @err filled in; then the thing is not noted */
int br_undo_note(struct br_undo *undo, const struct br_made *made,
		 struct br_error *err);

/* Unmakes everything; what cannot be is left and not spoken of. */
void br_undo_all(struct br_undo *undo, struct br_nl *nl, struct br_rt *rt,
		 uint32_t ifindex);
void br_undo_forget(struct br_undo *undo);

#endif
