// SPDX-License-Identifier: GPL-2.0
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "text.h"

/* --- what is made of more than one field --- */

static bool path_up(const void *obj, uint64_t *n)
{
	const struct br_path *path = obj;

	*n = path->state == BRAID_PATH_STATE_UP;
	return br_has(&br_path_type, obj, "state");
}

static bool path_spent(const void *obj, uint64_t *n)
{
	const struct br_path *path = obj;

	*n = path->state == BRAID_PATH_STATE_SPENT;
	return br_has(&br_path_type, obj, "state");
}

static bool peer_keyed(const void *obj, uint64_t *n)
{
	*n = ((const struct br_peer *)obj)->session_local != 0;
	return true;
}

/* --- the families --- */

#define FAMILY(n, u, t, h, o, ...) \
	{ .metric = { .name = n, .unit = u, .type = t, .help = h }, \
	  .of = &br_##o##_type, __VA_ARGS__ }
#define FROM(f)		.field = f
#define BY(f)		.value = f
#define TELLS(...)	.labels = { __VA_ARGS__ }

const struct br_family br_families[] = {
	FAMILY("braid_device", NULL, BR_INFO,
	       "The device and the policy it wants and has", device,
	       TELLS("policy", "policy-active", "mtu-auto")),
	FAMILY("braid_device_mtu_bytes", "bytes", BR_GAUGE,
	       "Largest packet that the device takes", device, FROM("mtu")),
	FAMILY("braid_device_peers", NULL, BR_GAUGE, "Peers of the device",
	       device, FROM("peer-count")),

	FAMILY("braid_peer", NULL, BR_INFO,
	       "The peer, its tunnel addresses and settings", peer,
	       TELLS("address", "source", "multicast")),
	FAMILY("braid_peer_session_up", NULL, BR_GAUGE,
	       "Whether there are keys for the peer", peer, BY(peer_keyed)),
	FAMILY("braid_peer_paths", NULL, BR_GAUGE, "Paths to the peer", peer,
	       FROM("path-count")),
	FAMILY("braid_peer_paths_usable", NULL, BR_GAUGE,
	       "Paths to the peer that can carry data now", peer,
	       FROM("paths-usable")),
	FAMILY("braid_peer_wakeups", NULL, BR_COUNTER,
	       "Times that the module's clock for the peer went off", peer,
	       FROM("wakeups")),
	FAMILY("braid_peer_available_bytes_per_second", "bytes_per_second",
	       BR_GAUGE, "Sum of the rates that the usable paths are known for",
	       peer, FROM("rate-available")),
	FAMILY("braid_peer_sent_bytes_per_second", "bytes_per_second", BR_GAUGE,
	       "Inner bytes sent in the last full second", peer,
	       FROM("rate-in-use")),
	FAMILY("braid_peer_received_bytes_per_second", "bytes_per_second",
	       BR_GAUGE, "Inner bytes received in the last full second", peer,
	       FROM("rate-received")),
	FAMILY("braid_peer_queue_packets", NULL, BR_GAUGE,
	       "Packets that wait in the fair queue", peer,
	       FROM("queue-packets")),
	FAMILY("braid_peer_held_packets", NULL, BR_GAUGE,
	       "Packets that came and wait for earlier ones", peer,
	       FROM("held-packets")),
	FAMILY("braid_peer_held_bytes", "bytes", BR_GAUGE,
	       "Bytes of the packets that wait for earlier ones", peer,
	       FROM("held-bytes")),
	FAMILY("braid_peer_reorder_cap_seconds", "seconds", BR_GAUGE,
	       "Longest that a packet may wait for earlier ones", peer,
	       FROM("reorder-cap")),

	FAMILY("braid_peer_hold_seconds", "seconds", BR_HISTOGRAM,
	       "Waits of packets that came before earlier ones", peer,
	       FROM("hold-histogram")),
	FAMILY("braid_peer_failover_seconds", "seconds", BR_HISTOGRAM,
	       "Ages of what was under way on a path when it went again elsewhere",
	       peer, FROM("failover-histogram")),

	FAMILY("braid_path", NULL, BR_INFO,
	       "The path, its link and the addresses of its ends", path,
	       TELLS("link", "local", "remote", "socket")),
	FAMILY("braid_path_status", NULL, BR_INFO,
	       "State of the path and why it is used or not", path,
	       TELLS("state", "reason")),
	FAMILY("braid_path_up", NULL, BR_GAUGE,
	       "Whether the path's state is up", path, BY(path_up)),
	FAMILY("braid_path_state_age_seconds", "seconds", BR_GAUGE,
	       "Time since the state changed", path, FROM("state-age")),
	FAMILY("braid_path_standby", NULL, BR_GAUGE,
	       "Whether the path is used only when no other is usable", path,
	       FROM("standby")),
	FAMILY("braid_path_peer_standby", NULL, BR_GAUGE,
	       "Whether the peer says that of what it sends; on a path that was made for a probe, it holds here too",
	       path, FROM("peer-standby")),
	FAMILY("braid_path_cold", NULL, BR_GAUGE,
	       "Whether the path is not probed while it is not used", path,
	       FROM("cold")),
	FAMILY("braid_path_cost", NULL, BR_GAUGE,
	       "Cost that the configuration gives the path", path,
	       FROM("cost")),
	FAMILY("braid_path_cap_bytes_per_second", "bytes_per_second", BR_GAUGE,
	       "Most that the path may send, 0 for no limit", path,
	       FROM("cap")),
	FAMILY("braid_path_quota_bytes", "bytes", BR_GAUGE,
	       "Byte budget of the path, outer bytes both ways", path,
	       FROM("quota")),
	FAMILY("braid_path_quota_used_bytes", "bytes", BR_GAUGE,
	       "Bytes of the budget that are used", path, FROM("quota-used")),
	FAMILY("braid_path_quota_reset_timestamp_seconds", "seconds", BR_GAUGE,
	       "When the budget is renewed, since 1970", path,
	       FROM("quota-reset")),
	FAMILY("braid_path_spent", NULL, BR_GAUGE,
	       "Whether the path is out of use for a used-up byte budget",
	       path, BY(path_spent)),
	FAMILY("braid_path_rtt_seconds", "seconds", BR_GAUGE,
	       "Smoothed round-trip time", path, FROM("srtt")),
	FAMILY("braid_path_rtt_sample_seconds", "seconds", BR_HISTOGRAM,
	       "Samples of the round-trip time", path,
	       FROM("rtt-histogram")),
	FAMILY("braid_path_min_rtt_seconds", "seconds", BR_GAUGE,
	       "Lowest round-trip time of late", path, FROM("min-rtt")),
	FAMILY("braid_path_rtt_deviation_seconds", "seconds", BR_GAUGE,
	       "Mean deviation of the round-trip time", path, FROM("rtt-var")),
	FAMILY("braid_path_rtt_age_seconds", "seconds", BR_GAUGE,
	       "Time since the round-trip time was measured", path,
	       FROM("rtt-age")),
	FAMILY("braid_path_relative_delay_seconds", "seconds", BR_GAUGE,
	       "One-way delay beyond that of the peer's quickest path", path,
	       FROM("owd")),
	FAMILY("braid_path_jitter_seconds", "seconds", BR_GAUGE,
	       "Deviation of the one-way delay", path, FROM("jitter")),
	FAMILY("braid_path_queue_delay_seconds", "seconds", BR_GAUGE,
	       "Delay at the link beyond the smallest of late", path,
	       FROM("queue-delay")),
	FAMILY("braid_path_loss_ratio", "ratio", BR_GAUGE,
	       "Share of sent packets that are lost", path, FROM("loss-ppm")),
	FAMILY("braid_path_loss_age_seconds", "seconds", BR_GAUGE,
	       "Time since the loss was measured", path, FROM("loss-age")),
	FAMILY("braid_path_rate_bytes_per_second", "bytes_per_second", BR_GAUGE,
	       "Rate that the path is known to carry", path, FROM("rate")),
	FAMILY("braid_path_rate_age_seconds", "seconds", BR_GAUGE,
	       "Time since the rate was measured", path, FROM("rate-age")),
	FAMILY("braid_path_capacity_bytes_per_second", "bytes_per_second",
	       BR_GAUGE, "What the last train of probes found", path,
	       FROM("capacity")),
	FAMILY("braid_path_mtu_bytes", "bytes", BR_GAUGE,
	       "Largest outer packet that the path carries", path,
	       FROM("pmtu")),
	FAMILY("braid_path_queue_bytes", "bytes", BR_GAUGE,
	       "Bytes that wait in the path's own queue", path,
	       FROM("queue-bytes")),
	FAMILY("braid_path_inflight_bytes", "bytes", BR_GAUGE,
	       "Bytes sent and not yet reported", path,
	       FROM("inflight-bytes")),
	FAMILY("braid_path_sent_packets", NULL, BR_COUNTER,
	       "Packets sent over the path", path, FROM("tx-packets")),
	FAMILY("braid_path_sent_bytes", "bytes", BR_COUNTER,
	       "Bytes sent over the path", path, FROM("tx-bytes")),
	FAMILY("braid_path_received_packets", NULL, BR_COUNTER,
	       "Packets received over the path", path, FROM("rx-packets")),
	FAMILY("braid_path_received_bytes", "bytes", BR_COUNTER,
	       "Bytes received over the path", path, FROM("rx-bytes")),
	FAMILY("braid_path_lost_packets", NULL, BR_COUNTER,
	       "Packets sent over the path and known lost", path,
	       FROM("lost-packets")),
	FAMILY("braid_path_repaired_packets", NULL, BR_COUNTER,
	       "Packets lost elsewhere and sent again over the path", path,
	       FROM("repaired-packets")),
	FAMILY("braid_path_moves", NULL, BR_COUNTER,
	       "Times that the path's ports have changed, at either end", path,
	       FROM("moves")),
	FAMILY("braid_path_probe_bytes", "bytes", BR_COUNTER,
	       "Bytes of probes and replies sent, outer IP header included",
	       path, FROM("probe-bytes")),
	FAMILY("braid_path_probes_replied", NULL, BR_COUNTER,
	       "Replies sent to the peer's probes", path,
	       FROM("probes-replied")),
	FAMILY("braid_path_probes_sent", NULL, BR_COUNTER,
	       "Probes sent over the path", path, FROM("probes-sent")),
	FAMILY("braid_path_probes_answered", NULL, BR_COUNTER,
	       "Probes over the path that were answered", path,
	       FROM("probes-answered")),
	FAMILY("braid_path_mtu_probes", NULL, BR_COUNTER,
	       "Packets sent to find what size the path carries", path,
	       FROM("pmtu-probes")),

	FAMILY("braid_key", NULL, BR_INFO, "The key that seals to the peer",
	       key, TELLS("cipher")),
	FAMILY("braid_key_epoch", NULL, BR_GAUGE,
	       "Epoch of that key, from 0 to 255 and around", key,
	       FROM("epoch")),
	FAMILY("braid_key_packets", NULL, BR_COUNTER,
	       "Packets sealed with that key", key, FROM("packets")),
	FAMILY("braid_key_failures", NULL, BR_COUNTER,
	       "Packets that did not open with that key", key,
	       FROM("failures")),
	FAMILY("braid_key_packet_limit", NULL, BR_GAUGE,
	       "Packets that one key may seal", key, FROM("limit-packets")),
	FAMILY("braid_key_failure_limit", NULL, BR_GAUGE,
	       "Failures after which a key opens nothing more", key,
	       FROM("limit-failures")),

	FAMILY("braid_policy_devices", NULL, BR_GAUGE,
	       "Devices that the policy serves", policy, FROM("devices")),
	FAMILY("braid_policy_calls", NULL, BR_COUNTER,
	       "Verdicts that the policy gave", policy, FROM("calls")),
	FAMILY("braid_policy_invalid", NULL, BR_COUNTER,
	       "Verdicts of the policy in which nothing was usable", policy,
	       FROM("invalid")),
	{ .of = NULL }
};

/* --- the kernel's counters: new ones have a place, too --- */

static const struct br_metric device_packets = {
	"braid_device_packets", NULL, BR_COUNTER,
	"Packets sealed or opened, and handshakes",
};

static const struct br_metric device_drops = {
	"braid_device_drops", NULL, BR_COUNTER, "Packets dropped, by reason",
};

static const struct br_metric device_other = {
	"braid_device_other", NULL, BR_COUNTER,
	"All other counters of the device, by name",
};

static const struct br_metric peer_numbered = {
	"braid_peer_sent_packets", NULL, BR_COUNTER,
	"Data packets numbered for the peer, repairs and copies not counted",
};

static const struct br_metric peer_received = {
	"braid_peer_received_packets", NULL, BR_COUNTER,
	"Data packets of the peer, by how they came in their order",
};

static const struct br_metric peer_holes = {
	"braid_peer_holes", NULL, BR_COUNTER,
	"Holes that were no longer waited for, by the reason",
};

static const struct br_metric peer_held_max = {
	"braid_peer_held_max_bytes", "bytes", BR_GAUGE,
	"Most bytes that ever waited for earlier packets in this session",
};

static const struct br_metric peer_failures = {
	"braid_peer_auth_failures", NULL, BR_COUNTER,
	"Packets for the session that did not authenticate",
};

static const struct br_metric peer_other = {
	"braid_peer_other", NULL, BR_COUNTER,
	"All other counters of the peer, by name",
};

#define DEVICE(m, l, f)	{ &br_device_type, m, l, &device_##f }
#define PEER(m, l, f)	{ &br_peer_type, m, l, &peer_##f }

const struct br_counter_rule br_counter_rules[] = {
	DEVICE("tx-data", "direction=\"tx\",kind=\"data\"", packets),
	DEVICE("tx-control", "direction=\"tx\",kind=\"control\"", packets),
	DEVICE("tx-handshake", "direction=\"tx\",kind=\"handshake\"", packets),
	DEVICE("rx-data", "direction=\"rx\",kind=\"data\"", packets),
	DEVICE("rx-control", "direction=\"rx\",kind=\"control\"", packets),
	DEVICE("rx-handshake", "direction=\"rx\",kind=\"handshake\"", packets),
	DEVICE("drop-tx-*", "direction=\"tx\",reason", drops),
	DEVICE("drop-rx-*", "direction=\"rx\",reason", drops),
	DEVICE("*", "counter", other),
	PEER("tx-numbered", "", numbered),
	PEER("rx-in-order", "order=\"in-order\"", received),
	PEER("rx-unordered", "order=\"none\"", received),
	PEER("rx-held", "order=\"held\"", received),
	PEER("rx-late", "order=\"late\"", received),
	PEER("rx-duplicate", "order=\"duplicate\"", received),
	PEER("rx-too-old", "order=\"too-old\"", received),
	PEER("holes-*", "reason", holes),
	PEER("held-bytes-max", "", held_max),
	PEER("auth-failures", "", failures),
	PEER("*", "counter", other),
};

const unsigned int br_n_counter_rules = ARRAY_SIZE(br_counter_rules);

/* --- objects and their labels --- */

/**
 * struct row - an object and the labels that say which one it is
 * @obj: the object
 * @labels: device="braid0",peer="b",...; to be freed
 */
struct row {
	const void *obj;
	char *labels;
};

/* The rows of one type */
struct rows {
	const struct br_type *type;
	struct row *row;
	unsigned int n;
};

static void rows_free(struct rows *rows)
{
	while (rows->n)
		free(rows->row[--rows->n].labels);
	free(rows->row);
	rows->row = NULL;
}

static uint32_t ifindex_of(const void *obj)
{
	return *(const uint32_t *)((const char *)obj + sizeof(uint64_t));
}

/* Names that say which one it is, from the device down */
static char *labels_make(const struct br_type *type, const void *obj,
			 const struct br_device *device)
{
	static const char *const names[] = { "peer", "path", "policy" };
	const struct br_field *f;
	char *text = NULL;
	unsigned int i;
	size_t size;
	FILE *file;

	file = open_memstream(&text, &size);
	if (!file)
		return NULL;
	if (device)
		br_label_put(file, false, "device", device->name);
	for (i = 0; type != &br_device_type && i < ARRAY_SIZE(names); i++) {
		f = br_field_find(type, names[i]);
		if (f)
			br_label_put(file, ftell(file) > 0, names[i],
				     br_field_at(f, obj));
	}
	return fclose(file) ? NULL : text;
}

/* Of a peer's keys, the one that seals; all of the others. */
static bool row_wanted(const struct br_type *type, const void *obj,
		       const struct br_device *device)
{
	if (type == &br_policy_type)
		return true;
	/* its device may have gone between two lists */
	if (!device)
		return false;
	return type != &br_key_type || ((const struct br_key *)obj)->sending;
}

static int rows_make(struct rows *rows, const struct br_list *list,
		     const struct br_tree *tree, uint32_t ifindex)
{
	const struct br_type *type = list->type;
	const struct br_device *device = NULL;
	const void *obj;
	unsigned int i;
	char *labels;

	*rows = (struct rows){ .type = type };
	if (!list->n)
		return 0;
	rows->row = calloc(list->n, sizeof(*rows->row));
	if (!rows->row)
		return -ENOMEM;
	for (i = 0; i < list->n; i++) {
		obj = br_list_at(list, i);
		if (type->ifindex)
			device = br_tree_device(tree, ifindex_of(obj));
		if (!row_wanted(type, obj, device) ||
		    (type->ifindex && ifindex && ifindex != ifindex_of(obj)))
			continue;
		labels = labels_make(type, obj, device);
		if (!labels)
			return -ENOMEM;
		rows->row[rows->n++] = (struct row){ obj, labels };
	}
	return 0;
}

/* --- writing --- */

/* Ports come and go, and every label value is a series of its own: addresses. */
static char *label_text(const struct br_type *type, const struct br_field *f,
			const void *obj)
{
	const struct br_endpoint *end = br_field_at(f, obj);
	char buf[BR_ADDRESS_TEXT];

	if (f->kind != BR_ENDPOINT)
		return br_field_text(type, f, obj);
	return strdup(br_addr_text(&end->addr, buf));
}

/*
 * What says "-" to a person is empty here: the name of a policy that is not
 * there, a link that the path is not bound to.
 */
static int info_put(struct br_exposition *x, const struct br_family *family,
		    const struct row *row)
{
	char key[BR_NAME], *value, *text = NULL;
	const struct br_field *f;
	unsigned int i;
	size_t size;
	FILE *file;

	file = open_memstream(&text, &size);
	if (!file)
		return -ENOMEM;
	fputs(row->labels, file);
	for (i = 0; family->labels[i]; i++) {
		f = br_field_find(family->of, family->labels[i]);
		value = label_text(family->of, f, row->obj);
		if (value)
			br_label_put(file, true, br_field_key(f, key),
				     strcmp(value, "-") ? value : "");
		free(value);
	}
	if (fclose(file))
		return -ENOMEM;
	br_exposition_put(x, &family->metric, text, 1, 0);
	free(text);
	return 0;
}

static int family_row(struct br_exposition *x, const struct br_family *family,
		      const struct br_field *f, const struct row *row)
{
	int decimals = 0;
	uint64_t n;

	if (family->metric.type == BR_INFO)
		return info_put(x, family, row);
	if (family->metric.type == BR_HISTOGRAM) {
		if (br_has(family->of, row->obj, family->field))
			br_exposition_durations(x, &family->metric, row->labels,
						br_field_at(f, row->obj));
		return 0;
	}
	if (f)
		decimals = br_field_number(family->of, f, row->obj, &n);
	else if (!family->value(row->obj, &n))
		return 0;
	if (decimals >= 0)
		br_exposition_put(x, &family->metric, row->labels, n, decimals);
	return 0;
}

static int families_put(struct br_exposition *x, const struct rows *rows)
{
	const struct br_family *family;
	const struct br_field *f;
	unsigned int i;
	int ret = 0;

	for (family = br_families; family->of; family++) {
		if (family->of != rows->type)
			continue;
		f = family->field ? br_field_find(family->of, family->field) :
				    NULL;
		for (i = 0; !ret && i < rows->n; i++)
			ret = family_row(x, family, f, &rows->row[i]);
	}
	return ret;
}

/* How much of the name the rule matches; -1 when it does not fit. */
static int rule_match(const struct br_counter_rule *rule, const char *name)
{
	size_t len = strcspn(rule->match, "*");

	if (strncmp(rule->match, name, len))
		return -1;
	return rule->match[len] || !name[len] ? (int)len : -1;
}

static const struct br_counter_rule *rule_of(const struct br_type *type,
					     const char *name)
{
	unsigned int i;

	for (i = 0; i < br_n_counter_rules; i++)
		if (br_counter_rules[i].of == type &&
		    rule_match(&br_counter_rules[i], name) >= 0)
			return &br_counter_rules[i];
	return NULL;
}

static int counter_put(struct br_exposition *x,
		       const struct br_counter_rule *rule, const char *labels,
		       const struct br_counter *c)
{
	const char *rest = c->name + rule_match(rule, c->name);
	char *text = NULL;
	size_t size;
	FILE *file;

	if (!rule->labels[0]) {
		br_exposition_put(x, rule->metric, labels, c->value, 0);
		return 0;
	}
	file = open_memstream(&text, &size);
	if (!file)
		return -ENOMEM;
	fputs(labels, file);
	if (strchr(rule->match, '*'))
		br_label_put(file, true, rule->labels, rest);
	else
		fprintf(file, ",%s", rule->labels);
	if (fclose(file))
		return -ENOMEM;
	br_exposition_put(x, rule->metric, text, c->value, 0);
	free(text);
	return 0;
}

/* The counters of one object that belong to a family */
static int counters_row(struct br_exposition *x, const struct br_metric *metric,
			const struct br_type *type, const struct row *row)
{
	const struct br_counter_rule *rule;
	const struct br_counters *counters;
	unsigned int i;
	int ret = 0;

	counters = br_field_at(br_field_find(type, "counters"), row->obj);
	for (i = 0; !ret && i < counters->n; i++) {
		rule = rule_of(type, counters->c[i].name);
		if (rule && rule->metric == metric)
			ret = counter_put(x, rule, row->labels,
					  &counters->c[i]);
	}
	return ret;
}

static int counters_put(struct br_exposition *x, const struct rows *rows)
{
	const struct br_metric *last = NULL;
	const struct br_counter_rule *rule;
	unsigned int i, j;
	int ret = 0;

	for (i = 0; i < br_n_counter_rules; i++) {
		rule = &br_counter_rules[i];
		if (rule->of != rows->type || rule->metric == last)
			continue;
		last = rule->metric;
		for (j = 0; !ret && j < rows->n; j++)
			ret = counters_row(x, last, rows->type, &rows->row[j]);
	}
	return ret;
}

int br_metrics_write(struct br_exposition *x, const struct br_snapshot *s,
		     uint32_t ifindex)
{
	const struct br_list *lists[] = {
		&s->tree.devices, &s->tree.peers, &s->tree.paths, &s->keys,
		&s->policies,
	};
	struct rows rows;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(lists); i++) {
		ret = rows_make(&rows, lists[i], &s->tree, ifindex);
		if (!ret)
			ret = families_put(x, &rows);
		if (!ret)
			ret = counters_put(x, &rows);
		rows_free(&rows);
	}
	return ret;
}

/* --- reading --- */

int br_snapshot_read(struct br_nl *nl, uint32_t ifindex, struct br_snapshot *s,
		     struct br_error *err)
{
	int ret;

	ret = br_tree_read(nl, ifindex, &s->tree, err);
	if (!ret)
		ret = br_nl_dump(nl, BRAID_CMD_KEY_GET, &br_key_type, ifindex,
				 &s->keys, err);
	if (!ret)
		ret = br_nl_dump(nl, BRAID_CMD_POLICY_GET, &br_policy_type, 0,
				 &s->policies, err);
	return ret;
}

void br_snapshot_free(struct br_snapshot *s)
{
	br_tree_free(&s->tree);
	br_list_free(&s->keys);
	br_list_free(&s->policies);
}
