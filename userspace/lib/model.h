/* SPDX-License-Identifier: GPL-2.0 */
/*
 * braid's objects as plain structs, and one description of each. The same
 * description encodes requests, decodes answers, parses what a user typed and
 * prints tables and JSON, so that none of these can drift apart.
 */
#ifndef BR_MODEL_H
#define BR_MODEL_H

#include <linux/braid.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

#define BR_NAME		(BRAID_NAME_MAX + 1)
#define BR_IFNAME	16
#define BR_REASON	160
#define BR_ADDRS_MAX	16

/* How a field looks in memory, in netlink, on the command line and in print */
enum br_kind {
	BR_STRING,		/* char[size]; a name */
	BR_WORDS,		/* char[size]; a sentence, read only */
	BR_BOOL,		/* uint8_t, 0 or 1 */
	BR_U8,
	BR_U16,
	BR_U32,
	BR_U64,
	BR_MARK,		/* uint32_t, decimal or 0x... */
	BR_ENUM,		/* uint32_t */
	BR_LINK,		/* uint32_t, an interface index, typed as its name */
	BR_USEC,		/* uint32_t, microseconds */
	BR_RTT,			/* uint32_t, microseconds, 0 when not yet known */
	BR_AGE,			/* uint64_t, microseconds */
	BR_PPM,			/* uint32_t, parts per million */
	BR_RATE,		/* uint64_t, bytes per second, typed in bit/s */
	BR_BYTES,		/* uint64_t */
	BR_BYTES32,		/* uint32_t */
	BR_VOLUME,		/* uint64_t, bytes as providers count them: 20 GB */
	BR_TIME,		/* uint64_t, nanoseconds of CLOCK_REALTIME */
	BR_ENDPOINT,		/* struct br_endpoint; three attributes */
	BR_ADDRS,		/* struct br_addrs; two lists of attributes */
	BR_COUNTERS,		/* struct br_counters; nests */
	BR_DURATIONS,		/* struct br_durations; a nest */
	BR_SECRET,		/* uint8_t[size]; never printed */
	BR_BLOB,		/* struct br_blob; likewise */
	/* in match.c; not in netlink */
	BR_PREFIX,		/* struct br_prefix */
	BR_PORTS,		/* uint16_t[2], first and last */
	BR_COSTS,		/* uint32_t[2], first and last */
	BR_SIZES,		/* uint8_t[2], first and last size class */
	BR_PROTO,		/* uint8_t, an IP protocol */
	BR_DSCP,		/* uint8_t */
	BR_NAMES,		/* struct br_names */
};

/**
 * struct br_field - one field of an object
 * @name: keyword on the command line; '-' becomes '_' in JSON
 * @head: heading of the table's column
 * @kind: what it is
 * @offset: where it is in the object's struct
 * @size: bytes of it there
 * @attr: netlink attribute, 0 for none; the IPv4 one where there are two
 * @attr6: the IPv6 one
 * @attr_port: the port's
 * @names: names of an enum's values, up to NULL
 * @min: smallest number that the kernel takes
 * @max: largest, 0 when any is taken
 */
struct br_field {
	const char *name;
	const char *head;
	enum br_kind kind;
	uint16_t offset;
	uint16_t size;
	uint16_t attr;
	uint16_t attr6;
	uint16_t attr_port;
	const char *const *names;
	uint32_t min;
	uint32_t max;
};

/*
 * BR_FIELD(struct, member, "name", "HEAD", KIND, further members...): the
 * description of a member
 */
#define BR_FIELD(s, m, n, h, k, ...) \
	{ .name = n, .head = h, .kind = k, .offset = offsetof(struct s, m), \
	  .size = sizeof(((struct s *)0)->m), __VA_ARGS__ }

/**
 * struct br_type - description of an object
 * @name: what a user calls it
 * @size: bytes of its struct, whose first member is uint64_t has: bit n is set
 *	when field n holds a value
 * @fields: its fields, at most 64
 * @n: number of them
 * @ifindex: attribute that carries the device, 0 for none; present in all
 *	structs but br_policy as uint32_t ifindex right after has
 */
struct br_type {
	const char *name;
	size_t size;
	const struct br_field *fields;
	unsigned int n;
	uint16_t ifindex;
};

struct br_counter {
	char name[BR_NAME];
	uint64_t value;
};

/* Owned by the object: br_object_free() */
struct br_counters {
	unsigned int n;
	struct br_counter *c;
};

/* More than the kernel has buckets */
#define BR_BUCKETS	32

/**
 * struct br_durations - how long something took, each time
 * @sum: of all of them, microseconds
 * @n: buckets in use
 * @count: bucket i has those of at most br_bucket_limit(i) that the one before
 *	it does not have; the last one has the rest
 */
struct br_durations {
	uint64_t sum;
	unsigned int n;
	uint64_t count[BR_BUCKETS];
};

/* Microseconds */
static inline uint64_t br_bucket_limit(unsigned int i)
{
	return 256ULL << i;
}

struct br_addrs {
	unsigned int n;
	struct br_addr a[BR_ADDRS_MAX];
};

/* Bytes that only their reader understands */
struct br_blob {
	uint16_t len;
	uint8_t data[BRAID_FRAME_MAX];
};

struct br_device {
	uint64_t has;
	uint32_t ifindex;
	char name[BR_IFNAME];
	char policy[BR_NAME];
	char policy_active[BR_NAME];
	uint32_t mtu;
	uint8_t mtu_auto;
	uint32_t peers;
	uint32_t event_seq;
	uint64_t netns_cookie;
	struct br_counters counters;
};

struct br_socket {
	uint64_t has;
	uint32_t ifindex;
	char name[BR_NAME];
	struct br_endpoint local;
	uint32_t link;
	uint32_t fwmark;
	uint8_t listen;
	uint32_t users;
	char owner[BR_NAME];
};

struct br_peer {
	uint64_t has;
	uint32_t ifindex;
	char name[BR_NAME];
	struct br_addrs address;
	uint32_t source;
	uint8_t multicast;
	uint32_t reorder_cap;
	uint32_t session_local;
	uint32_t session_remote;
	uint32_t id;
	uint32_t paths;
	uint32_t paths_usable;
	uint64_t rate_available;
	uint64_t rate_in_use;
	uint64_t rate_received;
	uint64_t wakeups;
	uint32_t queue_packets;
	uint32_t held_packets;
	uint32_t held_bytes;
	char owner[BR_NAME];
	struct br_durations hold;
	struct br_durations failover;
	struct br_counters counters;
};

struct br_path {
	uint64_t has;
	uint32_t ifindex;
	char peer[BR_NAME];
	char name[BR_NAME];
	char socket[BR_NAME];
	struct br_endpoint local;
	struct br_endpoint remote;
	uint32_t link;
	uint32_t cost;
	uint8_t standby;
	uint8_t cold;
	uint64_t cap;
	uint32_t keepalive;
	uint32_t id;
	uint32_t slot;
	uint32_t state;
	char reason[BR_REASON];
	uint64_t state_age;
	uint32_t srtt;
	uint32_t min_rtt;
	uint32_t rtt_var;
	uint64_t rtt_age;
	uint32_t owd;
	uint32_t jitter;
	uint32_t queue_delay;
	uint32_t loss_ppm;
	uint64_t loss_age;
	uint64_t rate;
	uint64_t rate_age;
	char rate_phase[BR_NAME];
	uint32_t pmtu;
	char pmtu_phase[BR_NAME];
	uint64_t pmtu_probes;
	uint32_t train;
	uint64_t capacity;
	uint32_t queue_bytes;
	uint32_t inflight_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t lost_packets;
	uint64_t repaired_packets;
	uint64_t probes_sent;
	uint64_t probes_answered;
	char socket_next[BR_NAME];
	char socket_previous[BR_NAME];
	uint8_t peer_followed;
	uint32_t moves;
	uint64_t move_age;
	uint32_t health;
	uint64_t health_age;
	char health_reason[BR_REASON];
	uint32_t probe_interval;
	uint64_t probe_next;
	uint64_t probes_replied;
	uint64_t probe_bytes;
	uint64_t quota;
	uint64_t quota_used;
	uint64_t quota_reset;
	char owner[BR_NAME];
	struct br_durations rtts;
	uint8_t peer_standby;
};

struct br_key {
	uint64_t has;
	uint32_t ifindex;
	char peer[BR_NAME];
	uint32_t cipher;
	uint8_t epoch;
	uint8_t tx_key[BRAID_KEY_LEN];
	uint8_t rx_key[BRAID_KEY_LEN];
	uint32_t session_local;
	uint32_t session_remote;
	uint64_t packets;
	uint64_t failures;
	uint8_t sending;
	uint64_t limit_packets;
	uint64_t limit_failures;
};

struct br_policy {
	uint64_t has;
	uint32_t ifindex;
	char name[BR_NAME];
	uint32_t devices;
	uint64_t calls;
	uint64_t invalid;
};

struct br_frame {
	uint64_t has;
	uint32_t ifindex;
	uint32_t kind;
	char socket[BR_NAME];
	struct br_endpoint local;
	struct br_endpoint remote;
	char peer[BR_NAME];
	char path[BR_NAME];
	uint32_t receiver;
	uint32_t sender;
	uint16_t attempt;
	struct br_blob payload;
};

struct br_event {
	uint64_t has;
	uint32_t ifindex;
	uint32_t seq;
	uint64_t time;
	char what[BR_NAME];
	char dev[BR_IFNAME];
	char peer[BR_NAME];
	char path[BR_NAME];
	uint8_t epoch;
	char reason[BR_REASON];
};

/* Names with commas between them */
#define BR_NAMES_MAX	8

struct br_names {
	unsigned int n;
	char name[BR_NAMES_MAX][BR_NAME];
};

/* What is done with flows; bpf/rule_maps.h says what the members mean. */
struct br_steer_class {
	uint64_t has;
	uint32_t ifindex;
	char name[BR_NAME];
	struct br_names paths;
	uint32_t cost[2];
	uint32_t verdict;
	uint32_t fallback;
	uint32_t max_rtt;
	uint32_t max_jitter;
	uint32_t max_loss;
	uint64_t min_rate;
	uint32_t rules;
	char left[BR_REASON];
};

/* Which flows are of a class. */
struct br_steer_rule {
	uint64_t has;
	uint32_t ifindex;
	uint32_t pref;
	struct br_prefix from;
	struct br_prefix to;
	uint8_t proto;
	uint16_t sport[2];
	uint16_t dport[2];
	uint8_t dscp;
	uint32_t mark;
	uint8_t size[2];
	char class[BR_NAME];
	uint64_t hits;
};

extern const struct br_type br_steer_class_type;
extern const struct br_type br_steer_rule_type;
extern const struct br_type br_device_type;
extern const struct br_type br_socket_type;
extern const struct br_type br_peer_type;
extern const struct br_type br_path_type;
extern const struct br_type br_key_type;
extern const struct br_type br_policy_type;
extern const struct br_type br_frame_type;
extern const struct br_type br_event_type;

/* By BRAID_CIPHER_*, up to NULL */
extern const char *const br_cipher_names[];

/* NULL when the type has no such field. */
const struct br_field *br_field_find(const struct br_type *type,
				     const char *name);

bool br_has(const struct br_type *type, const void *obj, const char *name);
void br_set_has(const struct br_type *type, void *obj, const char *name);
/* It is not known after all: not printed, not sent. */
void br_unset(const struct br_type *type, void *obj, const char *name);

static inline void *br_field_at(const struct br_field *f, const void *obj)
{
	return (char *)obj + f->offset;
}

/* Frees what an object owns, not the object. */
void br_object_free(const struct br_type *type, void *obj);

/**
 * struct br_list - objects of one type
 * @type: their type
 * @items: an array of their structs
 * @n: number of them
 * @room: number there is memory for
 */
struct br_list {
	const struct br_type *type;
	char *items;
	unsigned int n;
	unsigned int room;
};

/* Return: a zeroed new object at the end of the list, NULL without memory */
void *br_list_add(struct br_list *list);
void *br_list_at(const struct br_list *list, unsigned int i);
void br_list_free(struct br_list *list);

#endif
