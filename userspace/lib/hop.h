/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Moving a path to another local port while it carries traffic: a new socket at
 * a port nobody can guess, the kernel's move once it is answered there, the old
 * socket closed when what was under way has come.
 */
#ifndef BR_HOP_H
#define BR_HOP_H

#include "netlink.h"
#include "port.h"

/* A new port that stays unanswered for so long is given up */
#define BR_HOP_TRY_MS		10000
/* The old port is kept at least so long after the peer has followed */
#define BR_HOP_DRAIN_MS		1000
/* How often to see what has become of a move */
#define BR_HOP_POLL_MS		100

/**
 * struct br_hop - a move as far as it has come; all zero to begin with
 * @since_ms: when the present step began
 * @step: the present step
 */
struct br_hop {
	uint64_t since_ms;
	enum br_hop_step {
		BR_HOP_REST,		/* nothing moves */
		BR_HOP_TRIES,		/* the new port is not answered yet */
		BR_HOP_MOVED,		/* it is; the peer uses the old one */
		BR_HOP_DRAINS,		/* it does not any more */
	} step;
};

/* What is to be done about a move */
enum br_hop_act {
	BR_HOP_NOTHING,		/* there is none */
	BR_HOP_WAIT,		/* look again in BR_HOP_POLL_MS */
	BR_HOP_GIVE_UP,		/* the new socket is of no use */
	BR_HOP_CLOSE,		/* the old one is no longer needed */
};

/*
 * Decides by what the kernel says of the path now. @rtt_us: the largest round
 * trip of the peer's paths; an old port is kept for twice as long, or for
 * BR_HOP_DRAIN_MS if that is longer. One that the peer still sends to is kept.
 */
enum br_hop_act br_hop_decide(struct br_hop *hop, const struct br_path *path,
			      uint32_t rtt_us, uint64_t now_ms);

/*
 * Begins to move a path (device, peer and name) to a socket like its own at a
 * port of @ports, or of the kernel's choice when that is NULL. A socket that is
 * still held from an earlier move is let go of if it can be. @tally: what stood in
 * the way of the draw, left alone when there was none; NULL when nobody asks.
 * Return: 0, or a negative errno with a sentence: -EBUSY, the peer still sends to
 * the port before that
 */
int br_hop_begin(struct br_nl *nl, const struct br_path *path,
		 const struct br_ports *ports, struct br_port_tally *tally,
		 struct br_error *err);

/*
 * Looks at a path and does what is due.
 * Return: 1 while there is more to be done, 0 at the end; -ETIMEDOUT when a move
 * was given up, or another negative errno, with a sentence
 */
int br_hop_go_on(struct br_nl *nl, const struct br_path *path,
		 struct br_hop *hop, uint64_t now_ms, struct br_error *err);

#endif
