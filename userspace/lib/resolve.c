// SPDX-License-Identifier: GPL-2.0
#include "resolve.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

static void address_take(const struct addrinfo *found, struct br_addr *to)
{
	*to = (struct br_addr){ .family = found->ai_family };
	if (found->ai_family == AF_INET)
		to->v4 = ((struct sockaddr_in *)found->ai_addr)->sin_addr;
	else
		to->v6 = ((struct sockaddr_in6 *)found->ai_addr)->sin6_addr;
}

static int resolve(const struct br_config *c, struct br_config_path *path,
		   struct br_error *err)
{
	struct addrinfo hints = {
		.ai_family = br_config_path_family(c, path),
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_ADDRCONFIG,
	};
	struct addrinfo *found;
	int ret = getaddrinfo(path->host, NULL, &hints, &found);

	if (ret)
		return br_fail(err, BR_FILE, ENOENT, "%s: path %s: %s: %s",
			       c->name, path->path.name, path->host,
			       gai_strerror(ret));
	address_take(found, &path->path.remote.addr);
	br_set_has(&br_path_type, &path->path, "remote");
	freeaddrinfo(found);
	return 0;
}

int br_resolve_static(struct br_config *c, struct br_error *err)
{
	struct br_config_path *path;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < c->n_paths; i++) {
		path = &c->paths[i];
		if (path->host &&
		    !br_config_peer_find(c, path->path.peer)->has_public)
			ret = resolve(c, path, err);
	}
	return ret;
}
