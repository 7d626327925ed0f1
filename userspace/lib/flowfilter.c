// SPDX-License-Identifier: GPL-2.0
#include "flowfilter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "text.h"

const char *const br_flow_filter_words[] = {
	"peer", "proto", "class", "path", "host", "port", NULL
};

static int text_set(char *to, const char *word, const char *value,
		    struct br_error *err)
{
	if (!*value || strlen(value) >= BR_NAME)
		return br_fail(err, BR_USAGE, EINVAL, "%s: '%s' is no name",
			       word, value);
	br_copy(to, BR_NAME, value);
	return 0;
}

/* An address alone is a network of one. */
static int host_set(struct br_prefix *to, const char *value,
		    struct br_error *err)
{
	struct br_prefix host;
	const char *why;
	int ret;

	if (strchr(value, '/')) {
		ret = br_prefix_parse(value, &host, &why);
	} else {
		ret = br_addr_parse(value, &host.addr, &why);
		host.len = 8 * br_addr_len(&host.addr);
	}
	if (ret || host.addr.family == AF_UNSPEC)
		return br_fail(err, BR_USAGE, EINVAL,
			       "host: '%s' is not an address or a network",
			       value);
	*to = host;
	return 0;
}

static int port_set(uint16_t *to, const char *value, struct br_error *err)
{
	uint64_t port;

	if (br_number_parse(value, UINT16_MAX, &port) || !port)
		return br_fail(err, BR_USAGE, EINVAL,
			       "port: '%s' is not a port from 1 to 65535",
			       value);
	*to = port;
	return 0;
}

int br_flow_filter_set(struct br_flow_filter *filter, const char *word,
		       const char *value, struct br_error *err)
{
	if (!strcmp(word, "peer"))
		return text_set(filter->peer, word, value, err);
	if (!strcmp(word, "proto"))
		return text_set(filter->proto, word, value, err);
	if (!strcmp(word, "class"))
		return text_set(filter->class, word, value, err);
	if (!strcmp(word, "path"))
		return text_set(filter->path, word, value, err);
	if (!strcmp(word, "host"))
		return host_set(&filter->host, value, err);
	if (!strcmp(word, "port"))
		return port_set(&filter->port, value, err);
	return br_fail(err, BR_USAGE, EINVAL,
		       "flows are not told apart by '%s', but by peer, proto, class, path, host and port",
		       word);
}

int br_flow_filter_parse(struct br_flow_filter *filter, const char *text,
			 struct br_error *err)
{
	struct br_flow_filter new = { .port = 0 };
	char *copy = strdup(text), *rest = NULL, *word, *value;
	int ret = 0;

	if (!copy)
		return br_fail(err, BR_KERNEL, ENOMEM, "out of memory");
	word = strtok_r(copy, " \t", &rest);
	for (; !ret && word; word = strtok_r(NULL, " \t", &rest)) {
		value = strtok_r(NULL, " \t", &rest);
		ret = value ? br_flow_filter_set(&new, word, value, err) :
			      br_fail(err, BR_USAGE, EINVAL,
				      "%s: the value is missing", word);
	}
	if (!ret)
		*filter = new;
	free(copy);
	return ret;
}

static bool same(const char *wanted, const char *is)
{
	return !*wanted || !strcmp(wanted, is);
}

static bool carried(const struct br_flow *flow, const char *path)
{
	unsigned int i;

	for (i = 0; i < flow->slots.n; i++)
		if (!strcmp(flow->slots.c[i].name, path))
			return true;
	return !*path;
}

bool br_flow_filter_takes(const struct br_flow_filter *f,
			  const struct br_flow *flow)
{
	if (!same(f->peer, flow->peer) || !same(f->proto, flow->proto) ||
	    !same(f->class, flow->class) || !carried(flow, f->path))
		return false;
	if (f->host.addr.family != AF_UNSPEC &&
	    !br_prefix_covers(&f->host, &flow->near.addr) &&
	    !br_prefix_covers(&f->host, &flow->far.addr))
		return false;
	return !f->port || flow->near.port == f->port ||
	       flow->far.port == f->port;
}

void br_flow_filter_apply(const struct br_flow_filter *filter,
			  struct br_list *flows)
{
	unsigned int i, kept = 0;

	for (i = 0; i < flows->n; i++) {
		if (!br_flow_filter_takes(filter, br_list_at(flows, i)))
			br_object_free(flows->type, br_list_at(flows, i));
		else if (kept++ != i)
			memcpy(br_list_at(flows, kept - 1),
			       br_list_at(flows, i), flows->type->size);
	}
	flows->n = kept;
}
