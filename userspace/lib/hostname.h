/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of hosts where an address could stand: gw.example.org:4500.
 */
#ifndef BR_HOSTNAME_H
#define BR_HOSTNAME_H

#include <stdbool.h>
#include <stdint.h>

/* With its end; the longest that the DNS has */
#define BR_HOSTNAME	254

/* Whether text is meant as a name: it is no address, and has letters. */
bool br_hostname_meant(const char *text);

/*
 * A name and a port. Labels are letters, digits, '-' and '_'; a dot at the end
 * is allowed. Whether there is such a host is the DNS's to say.
 * Return: 0, or -EINVAL with *why a static phrase that follows "'text' "
 */
int br_hostname_parse(const char *text, char name[BR_HOSTNAME], uint16_t *port,
		      const char **why);

#endif
