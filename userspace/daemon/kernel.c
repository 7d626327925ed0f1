// SPDX-License-Identifier: GPL-2.0
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "log.h"
#include "text.h"

/* Frames and events that may wait while we do something else */
#define BUFFER		(1 << 20)

static int listener_open(struct br_nl **nl, struct br_error *err)
{
	int size = BUFFER, fd;

	*nl = br_nl_open(err);
	if (!*nl)
		return -err->code;
	fd = br_nl_fd(*nl);
	/* a smaller one does as well, only sooner not */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return 0;
}

/* After its requests: an answer is waited for. */
static int nonblocking(struct br_nl *nl, struct br_error *err)
{
	int fd = br_nl_fd(nl);

	if (!fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		return 0;
	return br_fail(err, BR_KERNEL, errno, "netlink: %s", strerror(errno));
}

static int all_open(struct bd_kernel *k, struct br_error *err)
{
	int ret;

	k->ask = br_nl_open(err);
	if (!k->ask)
		return -err->code;
	ret = listener_open(&k->events, err);
	if (!ret)
		ret = br_nl_listen(k->events, err);
	if (!ret)
		ret = nonblocking(k->events, err);
	if (!ret)
		ret = listener_open(&k->frames, err);
	if (!ret)
		ret = br_nl_control(k->frames, k->ifindex, err);
	if (!ret)
		ret = nonblocking(k->frames, err);
	return ret;
}

int bd_kernel_open(struct bd_kernel *k, const char *device,
		   struct br_error *err)
{
	int ret;

	*k = (struct bd_kernel){
		.ifindex = if_nametoindex(device),
		.paths = { .type = &br_path_type },
		.stale = true,
	};
	if (!k->ifindex)
		return br_fail(err, BR_KERNEL, ENODEV, "%s: no such device",
			       device);
	ret = all_open(k, err);
	if (ret)
		bd_kernel_close(k);
	return ret;
}

void bd_kernel_close(struct bd_kernel *k)
{
	br_nl_close(k->frames);
	br_nl_close(k->events);
	br_nl_close(k->ask);
	br_list_free(&k->paths);
	*k = (struct bd_kernel){ 0 };
}

static const struct br_list *paths(struct bd_kernel *k)
{
	struct br_error err;

	if (!k->stale)
		return &k->paths;
	br_list_free(&k->paths);
	if (br_nl_dump(k->ask, BRAID_CMD_PATH_GET, &br_path_type, k->ifindex,
		       &k->paths, &err))
		bd_log(BD_WARN, NULL, "the list of ways cannot be read: %s", err.text);
	else
		k->stale = false;
	return &k->paths;
}

bool bd_kernel_knows(struct bd_kernel *k, const struct br_endpoint *remote)
{
	const struct br_list *list = paths(k);
	const struct br_path *path;
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		path = br_list_at(list, i);
		if (path->remote.port == remote->port &&
		    br_addr_equal(&path->remote.addr, &remote->addr))
			return true;
	}
	return false;
}

static int peer_get(struct bd_kernel *k, const char *name, struct br_peer *peer)
{
	struct br_peer ask = { .ifindex = k->ifindex };
	struct br_error err;

	br_fill(ask.name, name);
	br_set_has(&br_peer_type, &ask, "peer");
	memset(peer, 0, sizeof(*peer));
	return br_nl_do(k->ask, BRAID_CMD_PEER_GET, &br_peer_type, &ask, peer,
			&err);
}

bool bd_kernel_reaches(struct bd_kernel *k, const char *name)
{
	struct br_peer peer;
	bool usable = !peer_get(k, name, &peer) && peer.paths_usable;

	br_object_free(&br_peer_type, &peer);
	return usable;
}

/* Data both ways; what is sent again is no news. */
static uint64_t host_traffic(void *data, const char *name)
{
	static const char *const counts[] = {
		"tx-numbered", "rx-in-order", "rx-unordered", "rx-held",
		"rx-late",
	};
	const struct br_counter *c;
	struct br_peer peer;
	uint64_t sum = 0;
	unsigned int i, j;

	if (peer_get(data, name, &peer))
		return 0;
	for (i = 0; i < peer.counters.n; i++) {
		c = &peer.counters.c[i];
		for (j = 0; j < ARRAY_SIZE(counts); j++)
			if (!strcmp(c->name, counts[j]))
				sum += c->value;
	}
	br_object_free(&br_peer_type, &peer);
	return sum;
}

static void host_random(void *data, void *to, size_t len)
{
	(void)data;
	/* as little as this is never interrupted, and the pool is ready */
	while (getrandom(to, len, 0) != (ssize_t)len)
		;
}

/* A socket that is bound to no address answers from where it was asked. */
static bool socket_any(struct bd_kernel *k, const char *name)
{
	struct br_socket ask = { .ifindex = k->ifindex }, have = { 0 };
	struct br_error err;

	br_fill(ask.name, name);
	br_set_has(&br_socket_type, &ask, "socket");
	return !br_nl_do(k->ask, BRAID_CMD_SOCKET_GET, &br_socket_type, &ask,
			 &have, &err) && br_addr_any(&have.local.addr);
}

static void frame_mark(struct br_frame *f, const char *const *fields)
{
	for (; *fields; fields++)
		br_set_has(&br_frame_type, f, *fields);
}

static void frame_send(struct bd_kernel *k, struct br_frame *f)
{
	struct br_error err;

	if (!br_nl_do(k->ask, BRAID_CMD_FRAME_SEND, &br_frame_type, f, NULL,
		      &err))
		return;
	bd_log(BD_DEBUG, f->peer[0] ? f->peer : NULL,
	       "a frame was not sent: %s", err.text);
	k->stale |= err.code == ENOENT;
}

/* A handshake goes over spent paths only when there are no others. */
static bool paths_spent(const struct br_list *list, const char *peer)
{
	const struct br_path *path;
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		path = br_list_at(list, i);
		if (!strcmp(path->peer, peer) &&
		    path->state != BRAID_PATH_STATE_SPENT)
			return false;
	}
	return true;
}

static void frame_paths(struct bd_kernel *k, struct br_frame *f,
			const char *peer)
{
	static const char *const fields[] = { "peer", "path", NULL };
	const struct br_list *list = paths(k);
	bool all = paths_spent(list, peer);
	const struct br_path *path;
	unsigned int i;

	frame_mark(f, fields);
	br_fill(f->peer, peer);
	for (i = 0; i < list->n; i++) {
		path = br_list_at(list, i);
		if (strcmp(path->peer, peer) ||
		    (!all && path->state == BRAID_PATH_STATE_SPENT))
			continue;
		br_fill(f->path, path->name);
		frame_send(k, f);
	}
}

static void frame_socket(struct bd_kernel *k, struct br_frame *f,
			 const struct bd_way *way)
{
	static const char *const fields[] = { "socket", "remote", NULL };

	frame_mark(f, fields);
	br_fill(f->socket, way->socket);
	f->remote = way->remote;
	f->local.addr = way->local;
	if (socket_any(k, way->socket))
		br_set_has(&br_frame_type, f, "local");
	frame_send(k, f);
}

static void host_frame(void *data, const struct bd_frame *frame)
{
	static const char *const fields[] = {
		"kind", "receiver-id", "sender-id", "attempt", "payload", NULL
	};
	struct bd_kernel *k = data;
	struct br_frame f = {
		.ifindex = k->ifindex,
		.kind = BRAID_FRAME_KIND_HANDSHAKE,
		.receiver = frame->receiver,
		.sender = frame->sender,
		.attempt = frame->attempt,
		.payload.len = frame->len,
	};

	memcpy(f.payload.data, frame->payload, frame->len);
	frame_mark(&f, fields);
	if (frame->way.socket[0])
		frame_socket(k, &f, &frame->way);
	else
		frame_paths(k, &f, frame->way.peer);
}

static int key_get(struct bd_kernel *k, const char *peer, int epoch,
		   struct br_key *key, struct br_error *err)
{
	struct br_key ask = { .ifindex = k->ifindex, .epoch = epoch };

	br_fill(ask.peer, peer);
	br_set_has(&br_key_type, &ask, "peer");
	if (epoch >= 0)
		br_set_has(&br_key_type, &ask, "epoch");
	memset(key, 0, sizeof(*key));
	return br_nl_do(k->ask, BRAID_CMD_KEY_GET, &br_key_type, &ask, key,
			err);
}

static void keys_add(struct bd_keys *keys, const struct br_key *key,
		     bool sending)
{
	if (sending)
		keys->sending = keys->n;
	keys->local = key->session_local;
	keys->remote = key->session_remote;
	keys->epoch[keys->n++] = key->epoch;
}

/* The older of two first: epochs of a peer follow each other. */
static int host_keys(void *data, const char *peer, struct bd_keys *keys,
		     struct br_error *err)
{
	struct br_key sends, other;
	int ret;

	memset(keys, 0, sizeof(*keys));
	ret = key_get(data, peer, -1, &sends, err);
	if (ret)
		return ret == -ENOKEY || ret == -ENOENT ? 0 : ret;
	if (!key_get(data, peer, (uint8_t)(sends.epoch - 1), &other, err))
		keys_add(keys, &other, false);
	keys_add(keys, &sends, true);
	if (keys->n < BD_EPOCHS &&
	    !key_get(data, peer, (uint8_t)(sends.epoch + 1), &other, err))
		keys_add(keys, &other, false);
	return 0;
}

static int host_key(void *data, int cmd, struct br_key *key,
		    struct br_error *err)
{
	struct bd_kernel *k = data;

	key->ifindex = k->ifindex;
	return br_nl_do(k->ask, cmd, &br_key_type, key, NULL, err);
}

static void host_probe(void *data, const char *peer)
{
	struct bd_kernel *k = data;
	const struct br_list *list = paths(k);
	const struct br_path *path;
	struct br_error err;
	struct br_path ask;
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		path = br_list_at(list, i);
		if (strcmp(path->peer, peer) || path->cold)
			continue;
		ask = (struct br_path){ .ifindex = k->ifindex };
		br_fill(ask.peer, peer);
		br_fill(ask.name, path->name);
		br_set_has(&br_path_type, &ask, "peer");
		br_set_has(&br_path_type, &ask, "path");
		/* one that has gone needs none */
		br_nl_do(k->ask, BRAID_CMD_PATH_PROBE, &br_path_type, &ask,
			 NULL, &err);
	}
}

static unsigned int host_paths(void *data, const char *peer)
{
	const struct br_list *list = paths(data);
	unsigned int i, n = 0;

	for (i = 0; i < list->n; i++)
		n += !strcmp(((struct br_path *)br_list_at(list, i))->peer,
			     peer);
	return n;
}

/*
 * By the names of its paths as they were last known, which is good enough: a list of
 * all paths for each peer that comes back would take a hub long when all do at once.
 */
static void host_whence(void *data, const char *peer, struct br_addr *from)
{
	struct bd_kernel *k = data;
	const struct br_path *path;
	struct br_path have;
	unsigned int i;

	*from = (struct br_addr){ .family = AF_UNSPEC };
	for (i = 0; i < k->paths.n; i++) {
		path = br_list_at(&k->paths, i);
		if (strcmp(path->peer, peer) ||
		    bd_kernel_path(k, peer, path->name, &have) ||
		    have.state != BRAID_PATH_STATE_UP)
			continue;
		*from = have.remote.addr;
		return;
	}
}

void bd_kernel_host(struct bd_kernel *k, struct bd_host *host)
{
	host->random = host_random;
	host->frame = host_frame;
	host->keys = host_keys;
	host->key = host_key;
	host->probe = host_probe;
	host->paths = host_paths;
	host->traffic = host_traffic;
	host->whence = host_whence;
	host->data = k;
}

static int ports_begin(void *data, const struct br_path *path,
		       const struct br_ports *ports,
		       struct br_port_tally *tally, struct br_error *err)
{
	struct bd_kernel *k = data;

	return br_hop_begin(k->ask, path, ports, tally, err);
}

static int ports_go_on(void *data, const struct br_path *path,
		       struct br_hop *hop, uint64_t now, struct br_error *err)
{
	struct bd_kernel *k = data;

	return br_hop_go_on(k->ask, path, hop, now, err);
}

int bd_kernel_path(struct bd_kernel *k, const char *peer, const char *name,
		   struct br_path *have)
{
	struct br_path ask = { .ifindex = k->ifindex };
	struct br_error ignored;

	memset(have, 0, sizeof(*have));
	br_fill(ask.peer, peer);
	br_fill(ask.name, name);
	br_set_has(&br_path_type, &ask, "peer");
	br_set_has(&br_path_type, &ask, "path");
	return br_nl_do(k->ask, BRAID_CMD_PATH_GET, &br_path_type, &ask, have,
			&ignored);
}

static int ports_bytes(void *data, const struct br_path *path, uint64_t *bytes)
{
	struct br_path have;
	int ret = bd_kernel_path(data, path->peer, path->name, &have);

	*bytes = have.tx_bytes + have.rx_bytes;
	return ret;
}

void bd_kernel_ports_host(struct bd_kernel *k, struct bd_ports_host *host)
{
	*host = (struct bd_ports_host){
		.random = host_random,
		.begin = ports_begin,
		.go_on = ports_go_on,
		.bytes = ports_bytes,
		.data = k,
	};
}

static int64_t quota_wall(void *data)
{
	struct timespec now;

	(void)data;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int quota_get(void *data, const struct br_path *name,
		     struct br_path *have)
{
	struct bd_kernel *k = data;
	struct br_error ignored;

	return br_nl_do(k->ask, BRAID_CMD_PATH_GET, &br_path_type, name, have,
			&ignored);
}

static int quota_set(void *data, struct br_path *set, struct br_error *err)
{
	struct bd_kernel *k = data;

	return br_nl_do(k->ask, BRAID_CMD_PATH_SET, &br_path_type, set, NULL,
			err);
}

void bd_kernel_quota_host(struct bd_kernel *k, struct bd_quota_host *host)
{
	*host = (struct bd_quota_host){
		.wall = quota_wall,
		.get = quota_get,
		.set = quota_set,
		.data = k,
	};
}

int bd_kernel_frame(struct bd_kernel *k, struct br_frame *frame,
		    struct br_error *err)
{
	int ret = br_nl_frame(k->frames, frame, err);

	return ret ? (ret == -EAGAIN ? 0 : ret) : 1;
}

int bd_kernel_event(struct bd_kernel *k, struct br_event *event, uint32_t *lost,
		    struct br_error *err)
{
	int ret = br_nl_event(k->events, event, lost, err);

	if (ret)
		return ret == -EAGAIN ? 0 : ret;
	/* whatever happens to a path may mean that one is new */
	k->stale |= *lost || event->path[0];
	return 1;
}
