/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The client of braid's generic netlink family.
 */
#ifndef BR_NETLINK_H
#define BR_NETLINK_H

#include "failure.h"
#include "model.h"

struct br_nl;

/*
 * Opens a socket to the family; the kernel loads the module when it can.
 * Return: the client, to be closed by the caller; NULL with @err filled in
 */
struct br_nl *br_nl_open(struct br_error *err);
void br_nl_close(struct br_nl *nl);

/* For poll(), of a client that listens to events. */
int br_nl_fd(const struct br_nl *nl);

/**
 * br_nl_do() - one request and its answer
 * @nl: the client
 * @cmd: BRAID_CMD_*
 * @type: type of both objects
 * @request: what to send: its present fields and its device
 * @reply: zeroed, filled in with the answer; NULL when none is expected. The
 *	caller frees what it owns.
 * @err: why not; holds the kernel's sentence and the keyword it is about
 *
 * Return: 0 or a negative errno
 */
int br_nl_do(struct br_nl *nl, int cmd, const struct br_type *type,
	     const void *request, void *reply, struct br_error *err);

/*
 * All objects of a type, of one device or (ifindex 0) of the namespace. The
 * caller frees the list also after a failure.
 */
int br_nl_dump(struct br_nl *nl, int cmd, const struct br_type *type,
	       uint32_t ifindex, struct br_list *list, struct br_error *err);

/* Joins the group of events. From here on the client serves nothing else. */
int br_nl_listen(struct br_nl *nl, struct br_error *err);

/*
 * Waits for the next event. @lost: number of events that came in between and
 * were lost: whoever keeps state dumps again.
 */
int br_nl_event(struct br_nl *nl, struct br_event *event, uint32_t *lost,
		struct br_error *err);

/*
 * Makes the client a device's controller: handshakes and opaque messages of
 * other controllers come here, until the client is closed. It serves nothing
 * else from here on. Refused while there is another one.
 */
int br_nl_control(struct br_nl *nl, uint32_t ifindex, struct br_error *err);

/* Waits for the next of them. Some may have been lost before it. */
int br_nl_frame(struct br_nl *nl, struct br_frame *frame,
		struct br_error *err);

/*
 * How many events lie between the last one seen and @seq. @last 0: none seen
 * yet. The numbers wrap around.
 */
uint32_t br_event_gap(uint32_t last, uint32_t seq);

#endif
