/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What rules match by, as text: networks, ranges of ports, protocols.
 */
#ifndef BR_MATCH_H
#define BR_MATCH_H

#include "model.h"

/*
 * Parses a value of one of the kinds from BR_PREFIX on.
 * Return: 0, or -EINVAL with *why a phrase that follows "'text' "
 */
int br_match_parse(enum br_kind kind, void *to, const char *text,
		   const char **why);

/* The same as text, but for BR_NAMES. Return: @buf of BR_FIELD_TEXT bytes */
const char *br_match_text(enum br_kind kind, const void *at, char *buf);

/* "a,b", "-" for none. Return: a string to free(), NULL without memory */
char *br_names_text(const struct br_names *names);

/* Whether packets of the protocol have ports where rules look for them. */
bool br_proto_has_ports(uint8_t proto);

#endif
