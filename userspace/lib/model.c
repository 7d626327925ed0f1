// SPDX-License-Identifier: GPL-2.0
#include "model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Netlink attributes of a field */
#define A(x)	.attr = BRAID_A_##x
#define A6(x)	.attr6 = BRAID_A_##x
#define AP(x)	.attr_port = BRAID_A_##x

static const char *const states[] = {
	[BRAID_PATH_STATE_COLD] = "cold",
	[BRAID_PATH_STATE_PROBING] = "probing",
	[BRAID_PATH_STATE_UP] = "up",
	[BRAID_PATH_STATE_SUSPECT] = "suspect",
	[BRAID_PATH_STATE_DOWN] = "down",
	[BRAID_PATH_STATE_UNVALIDATED] = "unvalidated",
	[BRAID_PATH_STATE_DRAINING] = "draining",
	[BRAID_PATH_STATE_SPENT] = "spent",
	NULL
};

static const char *const healths[] = {
	[BRAID_PATH_HEALTH_PROBING] = "probing",
	[BRAID_PATH_HEALTH_BUSY] = "busy",
	[BRAID_PATH_HEALTH_ACTIVE] = "active",
	[BRAID_PATH_HEALTH_IDLE] = "idle",
	[BRAID_PATH_HEALTH_DORMANT] = "dormant",
	[BRAID_PATH_HEALTH_SUSPECT] = "suspect",
	[BRAID_PATH_HEALTH_DOWN] = "down",
	NULL
};

const char *const br_cipher_names[] = {
	[BRAID_CIPHER_CHACHA20_POLY1305] = "chacha20-poly1305",
	[BRAID_CIPHER_AES256_GCM] = "aes256-gcm",
	NULL
};

static const char *const sources[] = {
	[BRAID_SOURCE_CHECK_STRICT] = "strict",
	[BRAID_SOURCE_CHECK_ANY] = "any",
	NULL
};

static const struct br_field device_fields[] = {
#define F(...) BR_FIELD(br_device, __VA_ARGS__)
	F(name, "dev", "DEVICE", BR_STRING, A(DEVICE_IFNAME)),
	F(policy, "policy", "POLICY", BR_STRING, A(DEVICE_POLICY)),
	F(policy_active, "policy-active", "ACTIVE", BR_STRING,
	  A(DEVICE_POLICY_ACTIVE)),
	F(mtu, "mtu", "MTU", BR_U32, A(DEVICE_MTU)),
	F(mtu_auto, "mtu-auto", "MTU AUTO", BR_BOOL, A(DEVICE_MTU_AUTO)),
	F(peers, "peer-count", "PEERS", BR_U32, A(DEVICE_PEERS)),
	F(event_seq, "event-seq", "EVENTS", BR_U32, A(DEVICE_EVENT_SEQ)),
	F(netns_cookie, "netns-cookie", "NETNS", BR_U64,
	  A(DEVICE_NETNS_COOKIE)),
	F(ifindex, "ifindex", "IFINDEX", BR_U32),
	F(counters, "counters", "COUNTERS", BR_COUNTERS, A(DEVICE_COUNTER)),
#undef F
};

static const struct br_field socket_fields[] = {
#define F(...) BR_FIELD(br_socket, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(name, "socket", "SOCKET", BR_STRING, A(SOCKET_NAME)),
	F(local, "local", "LOCAL", BR_ENDPOINT, A(SOCKET_LOCAL_IPV4),
	  A6(SOCKET_LOCAL_IPV6), AP(SOCKET_LOCAL_PORT)),
	F(link, "link", "LINK", BR_LINK, A(SOCKET_LINK)),
	F(fwmark, "fwmark", "FWMARK", BR_MARK, A(SOCKET_FWMARK)),
	F(listen, "listen", "LISTEN", BR_BOOL, A(SOCKET_LISTEN)),
	F(users, "users", "PATHS", BR_U32, A(SOCKET_USERS)),
	F(owner, "owner", "OWNER", BR_STRING, A(SOCKET_OWNER)),
#undef F
};

static const struct br_field peer_fields[] = {
#define F(...) BR_FIELD(br_peer, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(name, "peer", "PEER", BR_STRING, A(PEER_NAME)),
	F(address, "address", "ADDRESS", BR_ADDRS, A(PEER_ADDRESS4),
	  A6(PEER_ADDRESS6)),
	F(source, "source", "SOURCE", BR_ENUM, A(PEER_SOURCE_CHECK),
	  .names = sources),
	F(multicast, "multicast", "MULTICAST", BR_BOOL, A(PEER_MULTICAST)),
	F(reorder_cap, "reorder-cap", "REORDER", BR_USEC,
	  A(PEER_REORDER_CAP), .min = 1000, .max = 1000000),
	F(session_local, "session-local", "SESSION", BR_MARK,
	  A(PEER_SESSION_LOCAL)),
	F(session_remote, "session-remote", "REMOTE", BR_MARK,
	  A(PEER_SESSION_REMOTE)),
	F(id, "id", "ID", BR_U32, A(PEER_ID)),
	F(paths, "path-count", "PATHS", BR_U32, A(PEER_PATHS)),
	F(paths_usable, "paths-usable", "USABLE", BR_U32,
	  A(PEER_PATHS_USABLE)),
	F(rate_available, "rate-available", "AVAILABLE", BR_RATE,
	  A(PEER_RATE_AVAILABLE)),
	F(rate_in_use, "rate-in-use", "IN USE", BR_RATE,
	  A(PEER_RATE_IN_USE)),
	F(rate_received, "rate-received", "RECEIVED", BR_RATE,
	  A(PEER_RATE_RECEIVED)),
	F(wakeups, "wakeups", "WAKEUPS", BR_U64, A(PEER_WAKEUPS)),
	F(queue_packets, "queue-packets", "QUEUED", BR_U32,
	  A(PEER_QUEUE_PACKETS)),
	F(held_packets, "held-packets", "HELD", BR_U32,
	  A(PEER_HELD_PACKETS)),
	F(held_bytes, "held-bytes", "HELD BYTES", BR_BYTES32,
	  A(PEER_HELD_BYTES)),
	F(owner, "owner", "OWNER", BR_STRING, A(PEER_OWNER)),
	F(hold, "hold-histogram", "HOLDS", BR_DURATIONS,
	  A(PEER_HOLD_HISTOGRAM)),
	F(failover, "failover-histogram", "FAILOVERS", BR_DURATIONS,
	  A(PEER_FAILOVER_HISTOGRAM)),
	F(counters, "counters", "COUNTERS", BR_COUNTERS, A(PEER_COUNTER)),
#undef F
};

static const struct br_field path_fields[] = {
#define F(...) BR_FIELD(br_path, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(peer, "peer", "PEER", BR_STRING, A(PATH_PEER)),
	F(name, "path", "PATH", BR_STRING, A(PATH_NAME)),
	F(state, "state", "STATE", BR_ENUM, A(PATH_STATE), .names = states),
	F(reason, "reason", "REASON", BR_WORDS, A(PATH_REASON)),
	F(state_age, "state-age", "SINCE", BR_AGE, A(PATH_STATE_AGE)),
	F(socket, "socket", "SOCKET", BR_STRING, A(PATH_SOCKET)),
	F(local, "local", "LOCAL", BR_ENDPOINT, A(PATH_LOCAL_IPV4),
	  A6(PATH_LOCAL_IPV6), AP(PATH_LOCAL_PORT)),
	F(remote, "remote", "REMOTE", BR_ENDPOINT, A(PATH_REMOTE_IPV4),
	  A6(PATH_REMOTE_IPV6), AP(PATH_REMOTE_PORT)),
	F(link, "link", "LINK", BR_LINK, A(PATH_LINK)),
	F(cost, "cost", "COST", BR_U32, A(PATH_COST)),
	F(standby, "standby", "STANDBY", BR_BOOL, A(PATH_STANDBY)),
	F(cold, "cold", "COLD", BR_BOOL, A(PATH_COLD)),
	F(cap, "cap", "CAP", BR_RATE, A(PATH_CAP)),
	F(keepalive, "keepalive", "KEEPALIVE", BR_USEC, A(PATH_KEEPALIVE),
	  .min = 1000000, .max = 3600000000),
	F(id, "id", "ID", BR_U32, A(PATH_ID)),
	F(slot, "slot", "SLOT", BR_U32, A(PATH_SLOT)),
	F(srtt, "srtt", "RTT", BR_RTT, A(PATH_SRTT)),
	F(min_rtt, "min-rtt", "MIN RTT", BR_RTT, A(PATH_MIN_RTT)),
	F(rtt_var, "rtt-var", "RTT VAR", BR_RTT, A(PATH_RTT_VAR)),
	F(rtt_age, "rtt-age", "RTT AGE", BR_AGE, A(PATH_RTT_AGE)),
	F(owd, "owd", "OWD", BR_USEC, A(PATH_OWD)),
	F(jitter, "jitter", "JITTER", BR_USEC, A(PATH_JITTER)),
	F(queue_delay, "queue-delay", "QDELAY", BR_USEC,
	  A(PATH_QUEUE_DELAY)),
	F(loss_ppm, "loss-ppm", "LOSS", BR_PPM, A(PATH_LOSS_PPM)),
	F(loss_age, "loss-age", "LOSS AGE", BR_AGE, A(PATH_LOSS_AGE)),
	F(rate, "rate", "RATE", BR_RATE, A(PATH_RATE)),
	F(rate_age, "rate-age", "RATE AGE", BR_AGE, A(PATH_RATE_AGE)),
	F(rate_phase, "rate-phase", "PHASE", BR_STRING, A(PATH_RATE_PHASE)),
	F(pmtu, "pmtu", "PMTU", BR_U32, A(PATH_PMTU)),
	F(pmtu_phase, "pmtu-phase", "PMTU PHASE", BR_STRING,
	  A(PATH_PMTU_PHASE)),
	F(pmtu_probes, "pmtu-probes", "PMTU PROBES", BR_U64,
	  A(PATH_PMTU_PROBES)),
	F(train, "train", "", BR_U32, A(PATH_TRAIN)),
	F(capacity, "capacity", "CAPACITY", BR_RATE, A(PATH_CAPACITY)),
	F(queue_bytes, "queue-bytes", "QUEUE", BR_BYTES32,
	  A(PATH_QUEUE_BYTES)),
	F(inflight_bytes, "inflight-bytes", "INFLIGHT", BR_BYTES32,
	  A(PATH_INFLIGHT_BYTES)),
	F(tx_packets, "tx-packets", "TX PACKETS", BR_U64,
	  A(PATH_TX_PACKETS)),
	F(tx_bytes, "tx-bytes", "TX", BR_BYTES, A(PATH_TX_BYTES)),
	F(rx_packets, "rx-packets", "RX PACKETS", BR_U64,
	  A(PATH_RX_PACKETS)),
	F(rx_bytes, "rx-bytes", "RX", BR_BYTES, A(PATH_RX_BYTES)),
	F(lost_packets, "lost-packets", "LOST", BR_U64,
	  A(PATH_LOST_PACKETS)),
	F(repaired_packets, "repaired-packets", "REPAIRS", BR_U64,
	  A(PATH_REPAIRED_PACKETS)),
	F(probes_sent, "probes-sent", "PROBES", BR_U64, A(PATH_PROBES_SENT)),
	F(probes_answered, "probes-answered", "ANSWERED", BR_U64,
	  A(PATH_PROBES_ANSWERED)),
	F(socket_next, "socket-next", "NEXT SOCKET", BR_STRING,
	  A(PATH_SOCKET_NEXT)),
	F(socket_previous, "socket-previous", "OLD SOCKET", BR_STRING,
	  A(PATH_SOCKET_PREVIOUS)),
	F(peer_followed, "peer-followed", "FOLLOWED", BR_BOOL,
	  A(PATH_PEER_FOLLOWED)),
	F(moves, "moves", "MOVES", BR_U32, A(PATH_MOVES)),
	F(move_age, "move-age", "MOVED", BR_AGE, A(PATH_MOVE_AGE)),
	F(health, "health", "HEALTH", BR_ENUM, A(PATH_HEALTH),
	  .names = healths),
	F(health_age, "health-age", "SINCE", BR_AGE, A(PATH_HEALTH_AGE)),
	F(health_reason, "health-reason", "WHY", BR_WORDS,
	  A(PATH_HEALTH_REASON)),
	F(probe_interval, "probe-interval", "INTERVAL", BR_USEC,
	  A(PATH_PROBE_INTERVAL)),
	F(probe_next, "probe-next", "NEXT", BR_AGE, A(PATH_PROBE_NEXT)),
	F(probes_replied, "probes-replied", "REPLIED", BR_U64,
	  A(PATH_PROBES_REPLIED)),
	F(probe_bytes, "probe-bytes", "PROBE BYTES", BR_BYTES,
	  A(PATH_PROBE_BYTES)),
	F(quota, "quota", "QUOTA", BR_VOLUME, A(PATH_QUOTA)),
	F(quota_used, "quota-used", "USED", BR_VOLUME, A(PATH_QUOTA_USED)),
	F(quota_reset, "quota-reset", "RESET", BR_TIME, A(PATH_QUOTA_RESET)),
	F(owner, "owner", "OWNER", BR_STRING, A(PATH_OWNER)),
	F(rtts, "rtt-histogram", "RTTS", BR_DURATIONS, A(PATH_RTT_HISTOGRAM)),
	F(peer_standby, "peer-standby", "PEER STANDBY", BR_BOOL,
	  A(PATH_PEER_STANDBY)),
#undef F
};

static const struct br_field key_fields[] = {
#define F(...) BR_FIELD(br_key, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(peer, "peer", "PEER", BR_STRING, A(KEY_PEER)),
	F(cipher, "cipher", "CIPHER", BR_ENUM, A(KEY_CIPHER),
	  .names = br_cipher_names),
	F(epoch, "epoch", "EPOCH", BR_U8, A(KEY_EPOCH)),
	F(tx_key, "tx-key", "", BR_SECRET, A(KEY_TX_KEY)),
	F(rx_key, "rx-key", "", BR_SECRET, A(KEY_RX_KEY)),
	F(session_local, "session-local", "SESSION", BR_MARK,
	  A(KEY_SESSION_LOCAL)),
	F(session_remote, "session-remote", "REMOTE", BR_MARK,
	  A(KEY_SESSION_REMOTE)),
	F(packets, "packets", "PACKETS", BR_U64, A(KEY_PACKETS)),
	F(failures, "failures", "FAILURES", BR_U64, A(KEY_FAILURES)),
	F(sending, "sending", "SENDING", BR_BOOL, A(KEY_SENDING)),
	F(limit_packets, "limit-packets", "MOST PACKETS", BR_U64,
	  A(KEY_LIMIT_PACKETS)),
	F(limit_failures, "limit-failures", "MOST FAILURES", BR_U64,
	  A(KEY_LIMIT_FAILURES)),
#undef F
};

static const struct br_field policy_fields[] = {
#define F(...) BR_FIELD(br_policy, __VA_ARGS__)
	F(name, "policy", "POLICY", BR_STRING, A(POLICY_NAME)),
	F(devices, "devices", "DEVICES", BR_U32, A(POLICY_DEVICES)),
	F(calls, "calls", "CALLS", BR_U64, A(POLICY_CALLS)),
	F(invalid, "invalid", "INVALID", BR_U64, A(POLICY_INVALID)),
#undef F
};

static const char *const kinds[] = {
	[BRAID_FRAME_KIND_HANDSHAKE] = "handshake",
	[BRAID_FRAME_KIND_OPAQUE] = "opaque",
	NULL
};

static const struct br_field frame_fields[] = {
#define F(...) BR_FIELD(br_frame, __VA_ARGS__)
	F(ifindex, "dev", "DEVICE", BR_LINK),
	F(kind, "kind", "KIND", BR_ENUM, A(FRAME_KIND), .names = kinds),
	F(socket, "socket", "SOCKET", BR_STRING, A(FRAME_SOCKET)),
	F(local, "local", "LOCAL", BR_ENDPOINT, A(FRAME_LOCAL_IPV4),
	  A6(FRAME_LOCAL_IPV6), AP(FRAME_LOCAL_PORT)),
	F(remote, "remote", "REMOTE", BR_ENDPOINT, A(FRAME_REMOTE_IPV4),
	  A6(FRAME_REMOTE_IPV6), AP(FRAME_REMOTE_PORT)),
	F(peer, "peer", "PEER", BR_STRING, A(FRAME_PEER)),
	F(path, "path", "PATH", BR_STRING, A(FRAME_PATH)),
	F(receiver, "receiver-id", "RECEIVER", BR_U32, A(FRAME_RECEIVER_ID)),
	F(sender, "sender-id", "SENDER", BR_U32, A(FRAME_SENDER_ID)),
	F(attempt, "attempt", "ATTEMPT", BR_U16, A(FRAME_ATTEMPT)),
	F(payload, "payload", "", BR_BLOB, A(FRAME_PAYLOAD)),
#undef F
};

static const struct br_field event_fields[] = {
#define F(...) BR_FIELD(br_event, __VA_ARGS__)
	F(seq, "seq", "SEQ", BR_U32, A(EVENT_SEQ)),
	F(time, "time", "TIME", BR_TIME, A(EVENT_TIME)),
	F(what, "what", "EVENT", BR_STRING, A(EVENT_WHAT)),
	F(dev, "dev", "DEVICE", BR_STRING, A(EVENT_IFNAME)),
	F(peer, "peer", "PEER", BR_STRING, A(EVENT_PEER)),
	F(path, "path", "PATH", BR_STRING, A(EVENT_PATH)),
	F(epoch, "epoch", "EPOCH", BR_U8, A(EVENT_EPOCH)),
	F(reason, "reason", "REASON", BR_WORDS, A(EVENT_REASON)),
#undef F
};

#define TYPE(noun, device_attr) \
	static_assert(ARRAY_SIZE(noun##_fields) <= 64, "bits of \"has\""); \
	const struct br_type br_##noun##_type = { \
		.name = #noun, \
		.size = sizeof(struct br_##noun), \
		.fields = noun##_fields, \
		.n = ARRAY_SIZE(noun##_fields), \
		.ifindex = device_attr, \
	}

TYPE(device, BRAID_A_DEVICE_IFINDEX);
TYPE(socket, BRAID_A_SOCKET_IFINDEX);
TYPE(peer, BRAID_A_PEER_IFINDEX);
TYPE(path, BRAID_A_PATH_IFINDEX);
TYPE(key, BRAID_A_KEY_IFINDEX);
TYPE(policy, 0);
TYPE(frame, BRAID_A_FRAME_IFINDEX);
TYPE(event, BRAID_A_EVENT_IFINDEX);

const struct br_field *br_field_find(const struct br_type *type,
				     const char *name)
{
	unsigned int i;

	for (i = 0; i < type->n; i++)
		if (!strcmp(type->fields[i].name, name))
			return &type->fields[i];
	return NULL;
}

bool br_has(const struct br_type *type, const void *obj, const char *name)
{
	const struct br_field *f = br_field_find(type, name);

	return f && *(const uint64_t *)obj & 1ULL << (f - type->fields);
}

void br_set_has(const struct br_type *type, void *obj, const char *name)
{
	const struct br_field *f = br_field_find(type, name);

	if (f)
		*(uint64_t *)obj |= 1ULL << (f - type->fields);
}

void br_unset(const struct br_type *type, void *obj, const char *name)
{
	const struct br_field *f = br_field_find(type, name);

	if (f)
		*(uint64_t *)obj &= ~(1ULL << (f - type->fields));
}

void br_object_free(const struct br_type *type, void *obj)
{
	struct br_counters *counters;
	unsigned int i;

	for (i = 0; i < type->n; i++) {
		if (type->fields[i].kind != BR_COUNTERS)
			continue;
		counters = br_field_at(&type->fields[i], obj);
		free(counters->c);
		counters->c = NULL;
		counters->n = 0;
	}
}

void *br_list_add(struct br_list *list)
{
	unsigned int room = list->room ? 2 * list->room : 8;
	char *items;

	if (list->n == list->room) {
		items = reallocarray(list->items, room, list->type->size);
		if (!items)
			return NULL;
		list->items = items;
		list->room = room;
	}
	return memset(br_list_at(list, list->n++), 0, list->type->size);
}

void *br_list_at(const struct br_list *list, unsigned int i)
{
	return list->items + i * list->type->size;
}

void br_list_free(struct br_list *list)
{
	unsigned int i;

	for (i = 0; i < list->n; i++)
		br_object_free(list->type, br_list_at(list, i));
	free(list->items);
	list->items = NULL;
	list->n = 0;
	list->room = 0;
}
