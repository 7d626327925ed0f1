/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Local UDP ports that nobody can guess (RFC 6056): drawn uniformly from what a
 * user allows, without those that are reserved, were used lately or are in use.
 */
#ifndef BR_PORT_H
#define BR_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/* Draws that may meet a port in use before it is given up */
#define BR_PORT_TRIES	32
/* Ports used lately that are not taken again so soon */
#define BR_PORT_RECENT	64

/**
 * struct br_ports - a set of ports
 * @bits: bit n is set when port n is in it
 */
struct br_ports {
	uint64_t bits[65536 / 64];
};

static inline bool br_ports_has(const struct br_ports *p, uint16_t port)
{
	return p->bits[port / 64] >> port % 64 & 1;
}

/* Ports FROM to TO, both included, are put in or taken out. */
void br_ports_set(struct br_ports *p, uint16_t from, uint16_t to, bool in);
unsigned int br_ports_count(const struct br_ports *p);

/*
 * "40000-50000,51820,!45000-45010": ports and ranges, after a '!' without them,
 * in this order. Return: 0, or -EINVAL with *why a static phrase
 */
int br_ports_parse(const char *text, struct br_ports *p, const char **why);

/* The set as above, sorted. Return: to be freed, NULL without memory */
char *br_ports_text(const struct br_ports *p);

/* Takes out what the kernel keeps for others (ip_local_reserved_ports). */
int br_ports_unreserve(struct br_ports *p, struct br_error *err);

/**
 * struct br_port_tally - what stood in the way of a draw
 * @reserved: ports of the set that the kernel keeps for others
 * @recent: ports of it that were held back since they were used lately
 * @in_use: ports that were drawn, and that somebody had
 */
struct br_port_tally {
	unsigned int reserved;
	unsigned int recent;
	unsigned int in_use;
};

/**
 * struct br_port_draw - drawing ports out of a set
 * @allowed: the set; outlives it
 * @recent: the last ports that were taken, a ring
 * @n: how many were ever taken
 * @tally: of the newest draw, but for reserved ports
 * @random: unpredictable bytes
 * @take: opens @port: 0, -EADDRINUSE when somebody has it, or another error
 * @data: for both
 */
struct br_port_draw {
	const struct br_ports *allowed;
	uint16_t recent[BR_PORT_RECENT];
	unsigned int n;
	struct br_port_tally tally;
	void (*random)(void *data, void *to, size_t len);
	int (*take)(void *data, uint16_t port, struct br_error *err);
	void *data;
};

/*
 * Takes a port. Where few are allowed, those used lately are taken again once
 * there is no other.
 * Return: the port, or a negative errno with a sentence
 */
int br_port_take(struct br_port_draw *draw, struct br_error *err);

#endif
