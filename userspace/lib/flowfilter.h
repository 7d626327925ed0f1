/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which flows somebody wants to see: words with values, all of which must hold.
 */
#ifndef BR_FLOWFILTER_H
#define BR_FLOWFILTER_H

#include "failure.h"
#include "flow.h"

/**
 * struct br_flow_filter - what is asked for; all zero takes every flow
 * @peer: name of the peer, empty for any
 * @proto: name or number of the protocol, likewise
 * @class: class, likewise
 * @path: path that carried some of it, likewise
 * @host: network of one of its ends, without family for any
 * @port: port of one of its ends, 0 for any
 */
struct br_flow_filter {
	char peer[BR_NAME];
	char proto[BR_NAME];
	char class[BR_NAME];
	char path[BR_NAME];
	struct br_prefix host;
	uint16_t port;
};

/* The words that br_flow_filter_set() knows, up to NULL. */
extern const char *const br_flow_filter_words[];

/* Asks for one thing more. Return: 0, or -EINVAL with the filter unchanged */
int br_flow_filter_set(struct br_flow_filter *filter, const char *word,
		       const char *value, struct br_error *err);

/* A filter out of "proto tcp port 443"; "" takes all. Likewise. */
int br_flow_filter_parse(struct br_flow_filter *filter, const char *text,
			 struct br_error *err);

bool br_flow_filter_takes(const struct br_flow_filter *filter,
			  const struct br_flow *flow);

/* Removes what is not wanted from a list of flows. */
void br_flow_filter_apply(const struct br_flow_filter *filter,
			  struct br_list *flows);

#endif
