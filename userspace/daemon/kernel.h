/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's side of a device: keys, frames and events over netlink, and what
 * is remembered of its paths, so that not every frame asks for them.
 */
#ifndef BD_KERNEL_H
#define BD_KERNEL_H

#include "host.h"
#include "netlink.h"
#include "ports.h"
#include "quota.h"

/**
 * struct bd_kernel - a device in the kernel
 * @ifindex: the device
 * @ask: requests and their answers
 * @frames: the controller's: frames that come
 * @events: what happens
 * @paths: the paths of all peers, as they were when last asked for
 * @stale: they are to be asked for again
 */
struct bd_kernel {
	uint32_t ifindex;
	struct br_nl *ask;
	struct br_nl *frames;
	struct br_nl *events;
	struct br_list paths;
	bool stale;
};

/*
 * Becomes the controller of a device and listens to its events.
 * Return: 0, then bd_kernel_close() is due; or a negative errno
 */
int bd_kernel_open(struct bd_kernel *k, const char *device,
		   struct br_error *err);
void bd_kernel_close(struct bd_kernel *k);

/* Fills in what sessions ask of the kernel. */
void bd_kernel_host(struct bd_kernel *k, struct bd_host *host);

/* Likewise for paths whose ports change. */
void bd_kernel_ports_host(struct bd_kernel *k, struct bd_ports_host *host);
/* And for byte budgets. */
void bd_kernel_quota_host(struct bd_kernel *k, struct bd_quota_host *host);

/*
 * The next frame or event, without waiting.
 * Return: 1, or 0 when there is none; else a negative errno
 */
int bd_kernel_frame(struct bd_kernel *k, struct br_frame *frame,
		    struct br_error *err);
int bd_kernel_event(struct bd_kernel *k, struct br_event *event, uint32_t *lost,
		    struct br_error *err);

/* Whether an address and port is that of a path to a peer. */
bool bd_kernel_knows(struct bd_kernel *k, const struct br_endpoint *remote);
/* A path as it is now. Return: 0, or a negative errno */
int bd_kernel_path(struct bd_kernel *k, const char *peer, const char *name,
		   struct br_path *have);
/* Whether a peer has a usable path now; false when it cannot be asked for. */
bool bd_kernel_reaches(struct bd_kernel *k, const char *peer);

#endif
