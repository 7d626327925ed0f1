// SPDX-License-Identifier: GPL-2.0
#include "lead.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "pathsock.h"
#include "text.h"
#include "work.h"

/* The path as a request names it */
static struct br_path named(const struct br_work *w, const struct br_path *path)
{
	struct br_path ask = { .ifindex = w->ifindex };

	br_fill(ask.peer, path->peer);
	br_fill(ask.name, path->name);
	br_set_has(&br_path_type, &ask, "peer");
	br_set_has(&br_path_type, &ask, "path");
	return ask;
}

static int path_get(struct br_work *w, const struct br_path *path,
		    struct br_path *have)
{
	struct br_path ask = named(w, path);

	memset(have, 0, sizeof(*have));
	return br_nl_do(w->nl, BRAID_CMD_PATH_GET, &br_path_type, &ask, have,
			w->err);
}

static void settings_keep(const struct br_path *have, struct br_path *path)
{
	static const char *const names[] = {
		"cost", "standby", "cold", "cap", "keepalive"
	};
	const struct br_field *f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!br_has(&br_path_type, have, names[i]))
			continue;
		f = br_field_find(&br_path_type, names[i]);
		memcpy(br_field_at(f, path), br_field_at(f, have), f->size);
		br_set_has(&br_path_type, path, names[i]);
	}
	/* no cap is not one of nothing */
	if (!path->cap)
		br_unset(&br_path_type, path, "cap");
}

static int make(struct br_work *w, const struct br_config_path *path,
		const struct br_endpoint *to)
{
	struct br_config_path new = *path;

	new.path.remote = *to;
	br_set_has(&br_path_type, &new.path, "remote");
	return br_work_path(w, &new);
}

static int make_anew(struct br_work *w, const struct br_config_path *path,
		     const struct br_path *have, const struct br_endpoint *to)
{
	struct br_path del = named(w, have);
	struct br_config_path new = *path;
	struct br_error why;
	int ret;

	settings_keep(have, &new.path);
	ret = br_pathsock_del(w->nl, &del, w->err);
	if (ret)
		return ret;
	ret = make(w, &new, to);
	if (ret) {
		why = *w->err;
		make(w, &new, &have->remote);
		*w->err = why;
	}
	return ret;
}

static int lead(struct br_work *w, const struct br_config_path *path,
		const struct br_endpoint *to)
{
	struct br_path have;
	int ret = path_get(w, &path->path, &have);

	if (ret == -ENOENT)
		return make(w, path, to);
	if (ret || (have.remote.port == to->port &&
		    br_addr_equal(&have.remote.addr, &to->addr)))
		return ret;
	return make_anew(w, path, &have, to);
}

int br_lead(const struct br_config *config, const struct br_config_path *path,
	    const struct br_endpoint *to, struct br_error *err)
{
	/* nothing is told, and there is nothing to compare with */
	struct br_work w = { .config = config, .fresh = true, .err = err };
	int ret;

	w.ifindex = if_nametoindex(config->name);
	if (!w.ifindex)
		return br_fail(err, BR_KERNEL, ENODEV, "%s: no such device",
			       config->name);
	w.nl = br_nl_open(err);
	if (!w.nl)
		return -err->code;
	ret = lead(&w, path, to);
	br_undo_forget(&w.undo);
	br_nl_close(w.nl);
	return ret;
}
