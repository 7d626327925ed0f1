// SPDX-License-Identifier: GPL-2.0
/*
 * Metrics: how they are written, that every field of the kernel's objects is
 * one or is left out on purpose, and that Documentation/metrics.md, the alert
 * rules and the dashboard speak of those that exist and of no others.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "field.h"
#include "metrics.h"
#include "session.h"
#include "session-metrics.h"
#include "text.h"

#define SERIES		256
#define NAME		96

/* --- a page in memory --- */

static char *page;

static struct br_exposition page_begin(bool open_metrics)
{
	return (struct br_exposition){ .open_metrics = open_metrics };
}

static void page_is(struct br_exposition *x, const char *wanted)
{
	ck_assert_str_eq(x->text, wanted);
	free(x->text);
}

static const struct br_metric gauge = {
	"braid_x_seconds", "seconds", BR_GAUGE, "How long",
};

static const struct br_metric counter = {
	"braid_x_bytes", "bytes", BR_COUNTER, "How many",
};

static const struct br_metric info = { "braid_x", NULL, BR_INFO, "What" };

START_TEST(open_metrics)
{
	struct br_exposition x = page_begin(true);

	br_exposition_put(&x, &gauge, NULL, 1500000, 6);
	br_exposition_put(&x, &counter, "a=\"b\"", 7, 0);
	br_exposition_put(&x, &counter, "a=\"c\"", 8, 0);
	br_exposition_put(&x, &info, "a=\"b\"", 1, 0);
	br_exposition_end(&x);
	page_is(&x,
		"# HELP braid_x_seconds How long.\n"
		"# TYPE braid_x_seconds gauge\n"
		"# UNIT braid_x_seconds seconds\n"
		"braid_x_seconds 1.5\n"
		"# HELP braid_x_bytes How many.\n"
		"# TYPE braid_x_bytes counter\n"
		"# UNIT braid_x_bytes bytes\n"
		"braid_x_bytes_total{a=\"b\"} 7\n"
		"braid_x_bytes_total{a=\"c\"} 8\n"
		"# HELP braid_x What.\n"
		"# TYPE braid_x info\n"
		"braid_x_info{a=\"b\"} 1\n"
		"# EOF\n");
}
END_TEST

/* A bucket has what is in those before it; the last one has all. */
START_TEST(histogram)
{
	static const struct br_metric m = {
		"braid_h_seconds", "seconds", BR_HISTOGRAM, "How long",
	};
	const struct br_durations d = {
		.sum = 1000500, .n = 3, .count = { 2, 0, 1 },
	};
	struct br_exposition x = page_begin(true);

	br_exposition_durations(&x, &m, "a=\"b\"", &d);
	br_exposition_durations(&x, &m, NULL, &d);
	page_is(&x,
		"# HELP braid_h_seconds How long.\n"
		"# TYPE braid_h_seconds histogram\n"
		"# UNIT braid_h_seconds seconds\n"
		"braid_h_seconds_bucket{a=\"b\",le=\"0.000256\"} 2\n"
		"braid_h_seconds_bucket{a=\"b\",le=\"0.000512\"} 2\n"
		"braid_h_seconds_bucket{a=\"b\",le=\"+Inf\"} 3\n"
		"braid_h_seconds_sum{a=\"b\"} 1.0005\n"
		"braid_h_seconds_count{a=\"b\"} 3\n"
		"braid_h_seconds_bucket{le=\"0.000256\"} 2\n"
		"braid_h_seconds_bucket{le=\"0.000512\"} 2\n"
		"braid_h_seconds_bucket{le=\"+Inf\"} 3\n"
		"braid_h_seconds_sum 1.0005\n"
		"braid_h_seconds_count 3\n");
}
END_TEST

START_TEST(prometheus)
{
	struct br_exposition x = page_begin(false);

	br_exposition_put(&x, &counter, "", 7, 0);
	br_exposition_put(&x, &info, "a=\"b\"", 1, 0);
	br_exposition_end(&x);
	page_is(&x,
		"# HELP braid_x_bytes_total How many.\n"
		"# TYPE braid_x_bytes_total counter\n"
		"braid_x_bytes_total 7\n"
		"# HELP braid_x_info What.\n"
		"# TYPE braid_x_info gauge\n"
		"braid_x_info{a=\"b\"} 1\n");
}
END_TEST

static const struct {
	uint64_t n;
	unsigned int decimals;
	const char *text;
} values[] = {
	{ 0, 0, "0" }, { 0, 6, "0" }, { 1, 6, "0.000001" },
	{ 12345, 6, "0.012345" }, { 1000000, 6, "1" },
	{ 120000000, 6, "120" }, { 1200, 0, "1200" },
	{ UINT64_MAX, 0, "18446744073709551615" },
	{ UINT64_MAX, 6, "18446744073709.551615" },
};

START_TEST(numbers)
{
	struct br_exposition x = page_begin(false);
	char line[64];

	br_exposition_put(&x, &gauge, NULL, values[_i].n, values[_i].decimals);
	snprintf(line, sizeof(line), "\nbraid_x_seconds %s\n", values[_i].text);
	ck_assert_msg(strstr(x.text, line), "%s%s", x.text, line);
	free(x.text);
}
END_TEST

static const struct {
	const char *value;
	const char *text;
} labels[] = {
	{ "", "" }, { "site-b", "site-b" }, { "a\"b", "a\\\"b" },
	{ "a\\b", "a\\\\b" }, { "a\nb", "a\\nb" },
	{ "B\xc3\xbcro \xe2\x82\xac \xf0\x9f\x92\xa1",
	  "B\xc3\xbcro \xe2\x82\xac \xf0\x9f\x92\xa1" },
	/* alone, cut off, overlong, a surrogate, beyond the last one */
	{ "\xff", "\\\\xff" }, { "a\xc3", "a\\\\xc3" },
	{ "\xc0\xaf", "\\\\xc0\\\\xaf" },
	{ "\xe0\x80\xaf", "\\\\xe0\\\\x80\\\\xaf" },
	{ "\xed\xa0\x80", "\\\\xed\\\\xa0\\\\x80" },
	{ "\xf4\x90\x80\x80", "\\\\xf4\\\\x90\\\\x80\\\\x80" },
	{ "\xe2\x82", "\\\\xe2\\\\x82" },
};

START_TEST(label)
{
	char text[128], got[128] = "";
	FILE *file = fmemopen(got, sizeof(got), "w");

	br_label_put(file, false, "a", labels[_i].value);
	br_label_put(file, true, "b", "c");
	fclose(file);
	snprintf(text, sizeof(text), "a=\"%s\",b=\"c\"", labels[_i].text);
	ck_assert_str_eq(got, text);
}
END_TEST

/* --- a snapshot with everything in it --- */

static void *add(struct br_list *list, const struct br_type *type)
{
	void *obj;

	list->type = type;
	obj = br_list_add(list);
	ck_assert_ptr_nonnull(obj);
	*(uint64_t *)obj = ~0ULL >> (64 - type->n);
	return obj;
}

static void counter_add(struct br_counters *counters, const char *name)
{
	counters->c = realloc(counters->c,
			      (counters->n + 1) * sizeof(*counters->c));
	br_fill(counters->c[counters->n].name, name);
	counters->c[counters->n].value = counters->n + 1;
	counters->n++;
}

/* Every rule has a counter that it takes. */
static void counters_fill(struct br_counters *counters,
			  const struct br_type *type)
{
	const struct br_counter_rule *rule;
	char name[BR_NAME];
	unsigned int i;

	for (i = 0; i < br_n_counter_rules; i++) {
		rule = &br_counter_rules[i];
		if (rule->of != type)
			continue;
		br_fill(name, rule->match);
		if (strchr(name, '*'))
			br_copy(strchr(name, '*'), 8, "what");
		counter_add(counters, name);
	}
}

static void device_fill(struct br_snapshot *s, uint32_t ifindex,
			const char *name)
{
	struct br_device *device = add(&s->tree.devices, &br_device_type);

	device->ifindex = ifindex;
	br_fill(device->name, name);
	device->mtu = 1384;
	counters_fill(&device->counters, &br_device_type);
}

static void peer_fill(struct br_snapshot *s, uint32_t ifindex, const char *name)
{
	struct br_peer *peer = add(&s->tree.peers, &br_peer_type);
	struct br_key *key;
	int sends;

	peer->ifindex = ifindex;
	br_fill(peer->name, name);
	peer->session_local = 7;
	peer->hold.n = 17;
	peer->failover.n = 17;
	counters_fill(&peer->counters, &br_peer_type);
	for (sends = 0; sends < 2; sends++) {
		key = add(&s->keys, &br_key_type);
		key->ifindex = ifindex;
		br_fill(key->peer, name);
		key->sending = sends;
		key->epoch = 4 + sends;
	}
}

static struct br_path *path_fill(struct br_snapshot *s, uint32_t ifindex,
				 const char *peer, const char *name)
{
	struct br_path *path = add(&s->tree.paths, &br_path_type);
	const char *why;

	path->ifindex = ifindex;
	br_fill(path->peer, peer);
	br_fill(path->name, name);
	path->state = BRAID_PATH_STATE_UP;
	br_fill(path->reason, "in use");
	path->srtt = 12345;
	path->rtts.n = 17;
	path->min_rtt = 12000;
	path->rtt_var = 100;
	path->loss_ppm = 2500;
	br_endpoint_parse("10.0.1.2:7000", &path->remote, &why);
	return path;
}

static void snapshot_fill(struct br_snapshot *s)
{
	struct br_policy *policy;

	*s = (struct br_snapshot){ 0 };
	device_fill(s, 3, "braid0");
	device_fill(s, 4, "braid1");
	peer_fill(s, 3, "b");
	peer_fill(s, 4, "c");
	path_fill(s, 3, "b", "wan1");
	path_fill(s, 3, "b", "wan2");
	path_fill(s, 4, "c", "wan1");
	policy = add(&s->policies, &br_policy_type);
	br_fill(policy->name, "adaptive");
}

static void snapshot_page(const struct br_snapshot *s, uint32_t ifindex,
			  bool open_metrics)
{
	struct br_exposition x = page_begin(open_metrics);

	ck_assert_int_eq(br_metrics_write(&x, s, ifindex), 0);
	ck_assert_int_eq(br_exposition_end(&x), 0);
	page = x.text;
}

static void has_line(const char *line)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	ck_assert_msg(strstr(page, whole), "the page lacks %s:\n%s", line,
		      page);
}

/* What braidd adds: one session that never was and one that is. */
static void daemon_page(struct br_exposition *x)
{
	struct bd_session none = { .peer = "a", .rekey = 120000, .failures = 3 };
	struct bd_session up = {
		.peer = "b", .rekey = 120000, .up = true, .since = 1000,
		.established = 1, .renewals = 7, .failed = 2,
	};
	struct bd_gate gate = { .n_pending = 4, .counts.cookies = 9 };

	TAILQ_INIT(&gate.sessions);
	TAILQ_INSERT_TAIL(&gate.sessions, &none, node);
	TAILQ_INSERT_TAIL(&gate.sessions, &up, node);
	bd_metrics_write(x, &gate, "braid0", 3500);
	bd_metrics_took(x, "braid0", 4200);
}

START_TEST(the_daemons_page)
{
	struct br_exposition x = page_begin(true);

	daemon_page(&x);
	page = x.text;
	has_line("braid_session_key_age_seconds{device=\"braid0\",peer=\"b\"} 2.5");
	ck_assert_ptr_null(strstr(page, "key_age_seconds{device=\"braid0\",peer=\"a\""));
	has_line("braid_session_rekey_interval_seconds{device=\"braid0\",peer=\"a\"} 120");
	has_line("braid_session_established_total{device=\"braid0\",peer=\"b\"} 1");
	has_line("braid_session_renewals_total{device=\"braid0\",peer=\"b\"} 7");
	has_line("braid_session_handshake_failures_total{device=\"braid0\",peer=\"b\"} 2");
	has_line("braid_session_failed_attempts{device=\"braid0\",peer=\"a\"} 3");
	has_line("braid_gate_pending{device=\"braid0\"} 4");
	has_line("braid_gate_cookies_total{device=\"braid0\"} 9");
	has_line("braid_scrape_duration_seconds{device=\"braid0\"} 0.0042");
	free(page);
}
END_TEST

START_TEST(a_page)
{
	struct br_snapshot s;

	snapshot_fill(&s);
	snapshot_page(&s, 0, true);
	has_line("braid_device_mtu_bytes{device=\"braid0\"} 1384");
	has_line("braid_path_rtt_seconds{device=\"braid0\",peer=\"b\",path=\"wan1\"} 0.012345");
	has_line("braid_path_loss_ratio{device=\"braid1\",peer=\"c\",path=\"wan1\"} 0.0025");
	has_line("braid_path_up{device=\"braid0\",peer=\"b\",path=\"wan2\"} 1");
	has_line("braid_path_status_info{device=\"braid0\",peer=\"b\",path=\"wan1\",state=\"up\",reason=\"in use\"} 1");
	has_line("braid_path_info{device=\"braid0\",peer=\"b\",path=\"wan1\",link=\"\",local=\"auto\",remote=\"10.0.1.2\",socket=\"\"} 1");
	has_line("braid_device_drops_total{device=\"braid0\",direction=\"tx\",reason=\"what\"} 7");
	has_line("braid_device_other_total{device=\"braid0\",counter=\"what\"} 9");
	has_line("braid_key_epoch{device=\"braid0\",peer=\"b\"} 5");
	has_line("braid_key_info{device=\"braid0\",peer=\"b\",cipher=\"chacha20-poly1305\"} 1");
	has_line("braid_policy_calls_total{policy=\"adaptive\"} 0");
	/* the key that only opens is no second series */
	ck_assert_ptr_null(strstr(page, "braid_key_epoch{device=\"braid0\",peer=\"b\"} 4"));
	ck_assert_str_eq(page + strlen(page) - 7, "\n# EOF\n");
	free(page);
	br_snapshot_free(&s);
}
END_TEST

START_TEST(one_device)
{
	struct br_snapshot s;

	snapshot_fill(&s);
	snapshot_page(&s, 4, true);
	ck_assert_ptr_null(strstr(page, "braid0"));
	has_line("braid_peer_session_up{device=\"braid1\",peer=\"c\"} 1");
	free(page);
	br_snapshot_free(&s);
}
END_TEST

/* What is not known is not told; a device may go between two lists. */
START_TEST(what_is_unknown)
{
	struct br_snapshot s;
	struct br_path *path;

	snapshot_fill(&s);
	path = path_fill(&s, 3, "b", "wan3");
	path->srtt = 0;
	path->has &= ~(1ULL << (br_field_find(&br_path_type, "rate") -
				br_path_type.fields));
	path_fill(&s, 99, "gone", "wan1");
	snapshot_page(&s, 0, false);
	ck_assert_ptr_null(strstr(page, "braid_path_rtt_seconds{device=\"braid0\",peer=\"b\",path=\"wan3\""));
	ck_assert_ptr_null(strstr(page, "braid_path_rate_bytes_per_second{device=\"braid0\",peer=\"b\",path=\"wan3\""));
	ck_assert_ptr_null(strstr(page, "gone"));
	free(page);
	br_snapshot_free(&s);
}
END_TEST

START_TEST(the_same_again)
{
	struct br_snapshot s;
	char *first;

	snapshot_fill(&s);
	snapshot_page(&s, 0, true);
	first = page;
	snapshot_page(&s, 0, true);
	ck_assert_str_eq(page, first);
	free(first);
	free(page);
	br_snapshot_free(&s);
}
END_TEST

/* --- the families --- */

struct known {
	const struct br_metric *metric;
	char name[NAME];
};

static struct known known[SERIES];
static unsigned int n_known;

static void know(const struct br_metric *m)
{
	struct known *k;

	if (n_known && known[n_known - 1].metric == m)
		return;
	ck_assert_uint_lt(n_known, SERIES);
	k = &known[n_known++];
	k->metric = m;
	snprintf(k->name, sizeof(k->name), "%s%s", m->name,
		 br_metric_suffix(m));
}

static void know_all(void)
{
	const struct br_family *family;
	unsigned int i;

	n_known = 0;
	for (family = br_families; family->of; family++)
		know(&family->metric);
	for (i = 0; i < br_n_counter_rules; i++)
		know(br_counter_rules[i].metric);
	for (i = 0; bd_metrics[i]; i++)
		know(bd_metrics[i]);
	ck_assert_uint_gt(n_known, 50);
}

static const struct known *known_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < n_known; i++)
		if (!strcmp(known[i].name, name))
			return &known[i];
	return NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(end);

	return strlen(text) > len && !strcmp(text + strlen(text) - len, end);
}

START_TEST(names_and_units)
{
	const struct br_metric *m;
	unsigned int i;

	know_all();
	for (i = 0; i < n_known; i++) {
		m = known[i].metric;
		ck_assert_msg(!strncmp(m->name, "braid_", 6), "%s", m->name);
		ck_assert_msg(strspn(m->name, "abcdefghijklmnopqrstuvwxyz_") ==
			      strlen(m->name), "%s", m->name);
		ck_assert_msg(!m->unit || ends_with(m->name, m->unit), "%s",
			      m->name);
		ck_assert_msg(!ends_with(m->name, "_total") &&
			      !ends_with(m->name, "_info"), "%s", m->name);
		ck_assert_msg(!strpbrk(m->help, "\"\\\n"), "%s", m->help);
		ck_assert_msg(known_find(known[i].name) == &known[i],
			      "%s twice", known[i].name);
	}
}
END_TEST

/* A family's field is there, and has the unit that the name says. */
START_TEST(families_fit_their_fields)
{
	const struct br_family *family;
	const struct br_field *f;
	const char *unit;
	int i;

	for (family = br_families; family->of; family++) {
		for (i = 0; family->labels[i]; i++)
			ck_assert_msg(br_field_find(family->of,
						    family->labels[i]),
				      "%s", family->labels[i]);
		ck_assert_msg((family->metric.type == BR_INFO) ==
			      !(family->field || family->value), "%s",
			      family->metric.name);
		if (!family->field)
			continue;
		f = br_field_find(family->of, family->field);
		ck_assert_msg(f, "%s", family->field);
		unit = br_field_unit(f);
		ck_assert_msg(!unit || (family->metric.unit &&
			      !strcmp(unit, family->metric.unit)), "%s",
			      family->metric.name);
	}
}
END_TEST

/* Fields that are no metric, and why not. */
static const struct {
	const struct br_type *type;
	const char *field;
} left_out[] = {
	/* labels everywhere */
	{ &br_device_type, "dev" }, { &br_device_type, "ifindex" },
	{ &br_peer_type, "dev" }, { &br_peer_type, "peer" },
	{ &br_path_type, "dev" }, { &br_path_type, "peer" },
	{ &br_path_type, "path" }, { &br_key_type, "dev" },
	{ &br_key_type, "peer" }, { &br_policy_type, "policy" },
	/* whole families */
	{ &br_device_type, "counters" }, { &br_peer_type, "counters" },
	/* secrets */
	{ &br_key_type, "tx-key" }, { &br_key_type, "rx-key" },
	/* new with every session: as labels they would never end */
	{ &br_key_type, "session-local" }, { &br_key_type, "session-remote" },
	{ &br_peer_type, "session-remote" },
	/* told by braid_peer_session_up and by there being a braid_key_info */
	{ &br_peer_type, "session-local" }, { &br_key_type, "sending" },
	/* the module's own business */
	{ &br_device_type, "event-seq" }, { &br_device_type, "netns-cookie" },
	{ &br_peer_type, "id" }, { &br_peer_type, "owner" },
	{ &br_path_type, "id" }, { &br_path_type, "slot" },
	{ &br_path_type, "owner" },
	/* only asked for, never told */
	{ &br_path_type, "train" },
	/* change with every step of a search */
	{ &br_path_type, "rate-phase" }, { &br_path_type, "pmtu-phase" },
	{ &br_path_type, "socket-next" }, { &br_path_type, "socket-previous" },
	{ &br_path_type, "peer-followed" }, { &br_path_type, "move-age" },
	/* how closely it is watched, by what the state and the rates tell */
	{ &br_path_type, "health" }, { &br_path_type, "health-age" },
	{ &br_path_type, "health-reason" }, { &br_path_type, "keepalive" },
	{ &br_path_type, "probe-interval" }, { &br_path_type, "probe-next" },
};

static bool is_left_out(const struct br_type *type, const char *field)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(left_out); i++)
		if (left_out[i].type == type &&
		    !strcmp(left_out[i].field, field))
			return true;
	return false;
}

static bool is_told(const struct br_type *type, const char *field)
{
	const struct br_family *family;
	int i;

	for (family = br_families; family->of; family++) {
		if (family->of != type)
			continue;
		if (family->field && !strcmp(family->field, field))
			return true;
		for (i = 0; family->labels[i]; i++)
			if (!strcmp(family->labels[i], field))
				return true;
	}
	return false;
}

START_TEST(every_field)
{
	static const struct br_type *const types[] = {
		&br_device_type, &br_peer_type, &br_path_type, &br_key_type,
		&br_policy_type,
	};
	const char *name;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		for (j = 0; j < types[i]->n; j++) {
			name = types[i]->fields[j].name;
			ck_assert_msg(is_told(types[i], name) !=
				      is_left_out(types[i], name),
				      "%s of a %s: a metric (metrics.c) or left out (here)?",
				      name, types[i]->name);
		}
	for (i = 0; i < ARRAY_SIZE(left_out); i++)
		ck_assert_msg(br_field_find(left_out[i].type,
					    left_out[i].field),
			      "there is no %s", left_out[i].field);
}
END_TEST

/* A full snapshot has samples of all families. */
START_TEST(every_family_is_produced)
{
	struct br_snapshot s;
	char line[NAME + 16];
	struct br_exposition x = page_begin(true);
	unsigned int i;

	know_all();
	snapshot_fill(&s);
	ck_assert_int_eq(br_metrics_write(&x, &s, 0), 0);
	daemon_page(&x);
	page = x.text;
	for (i = 0; i < n_known; i++) {
		snprintf(line, sizeof(line), "\n%s%s{", known[i].name,
			 known[i].metric->type == BR_HISTOGRAM ? "_bucket" : "");
		ck_assert_msg(strstr(page, line), "no sample of %s",
			      known[i].name);
	}
	free(page);
	br_snapshot_free(&s);
}
END_TEST

/* --- what speaks of them --- */

static char *slurp(const char *name)
{
	char path[512], *text;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), TOP "/%s", name);
	file = fopen(path, "re");
	ck_assert_msg(file, "%s cannot be read", path);
	text = malloc(1 << 20);
	len = fread(text, 1, (1 << 20) - 1, file);
	ck_assert_uint_lt(len, (1 << 20) - 1);
	text[len] = 0;
	fclose(file);
	return text;
}

/* "| `braid_path_up` | gauge |" of every family, and of nothing else */
START_TEST(documentation)
{
	char *text = slurp("Documentation/metrics.md"), line[NAME + 32];
	const struct known *k;
	unsigned int i, rows = 0;
	char *at, *end;

	know_all();
	for (i = 0; i < n_known; i++) {
		snprintf(line, sizeof(line), "\n| `%s` | %s | ", known[i].name,
			 br_metric_type(known[i].metric));
		ck_assert_msg(strstr(text, line), "metrics.md lacks '%s'",
			      line + 1);
	}
	for (at = text; (at = strstr(at, "\n| `braid_")); at = end) {
		at += strlen("\n| `");
		end = strchr(at, '`');
		ck_assert_ptr_nonnull(end);
		*end++ = 0;
		k = known_find(at);
		ck_assert_msg(k, "there is no %s, but in metrics.md", at);
		rows++;
	}
	ck_assert_uint_eq(rows, n_known);
	free(text);
}
END_TEST

/* The same of one of its samples, as those of a histogram are called */
static const struct known *sample_find(char *name)
{
	static const char *const ends[] = { "_bucket", "_sum", "_count" };
	const struct known *k = known_find(name);
	unsigned int i;

	for (i = 0; !k && i < ARRAY_SIZE(ends); i++) {
		if (!ends_with(name, ends[i]))
			continue;
		name[strlen(name) - strlen(ends[i])] = 0;
		k = known_find(name);
		if (k && k->metric->type != BR_HISTOGRAM)
			k = NULL;
	}
	return k;
}

/* Every braid_... that a file speaks of is a sample's name. */
static void speaks_of_what_there_is(const char *file)
{
	char *text = slurp(file), name[NAME];
	unsigned int seen = 0;
	const char *at;
	size_t len;

	know_all();
	for (at = text; (at = strstr(at, "braid_")); at += len) {
		len = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
		ck_assert_uint_lt(len, sizeof(name));
		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		ck_assert_msg(sample_find(name), "%s: there is no %s", file,
			      name);
		seen++;
	}
	ck_assert_uint_gt(seen, 10);
	free(text);
}

#define MONITORING	"userspace/monitoring/braid-"

START_TEST(alerts)
{
	speaks_of_what_there_is(MONITORING "alerts.yml");
	speaks_of_what_there_is(MONITORING "alerts-test.yml");
}
END_TEST

START_TEST(dashboard)
{
	json_t *root, *panel, *panels;
	json_error_t error;
	size_t i;

	speaks_of_what_there_is(MONITORING "dashboard.json");
	root = json_load_file(TOP "/" MONITORING "dashboard.json", 0, &error);
	ck_assert_msg(root, "line %d: %s", error.line, error.text);
	panels = json_object_get(root, "panels");
	ck_assert_uint_gt(json_array_size(panels), 10);
	json_array_foreach(panels, i, panel)
		ck_assert_uint_gt(json_array_size(json_object_get(panel,
								  "targets")),
				  0);
	json_decref(root);
}
END_TEST

/* An alert has a test that raises it, and a section that is linked to. */
static void alert_is_kept(const char *name, const char *rules,
			  const char *tests, const char *book)
{
	char wanted[256], anchor[NAME];
	int i;

	snprintf(wanted, sizeof(wanted), "alertname: %s\n        exp_alerts:\n",
		 name);
	ck_assert_msg(strstr(tests, wanted), "no test raises %s", name);
	snprintf(wanted, sizeof(wanted), "\n## %s\n", name);
	ck_assert_msg(strstr(book, wanted), "alerts.md lacks %s", name);
	for (i = 0; name[i]; i++)
		anchor[i] = name[i] | 0x20;
	anchor[i] = 0;
	snprintf(wanted, sizeof(wanted), "runbook: 'alerts.md#%s'\n", anchor);
	ck_assert_msg(strstr(rules, wanted), "%s does not link to its section",
		      name);
}

START_TEST(run_book)
{
	char *rules = slurp(MONITORING "alerts.yml");
	char *tests = slurp(MONITORING "alerts-test.yml");
	char *book = slurp("Documentation/alerts.md");
	unsigned int n = 0, sections = 0;
	char name[NAME];
	const char *at;

	for (at = rules; (at = strstr(at, "- alert: ")); n++) {
		at += strlen("- alert: ");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, "\n"),
			 at);
		alert_is_kept(name, rules, tests, book);
	}
	for (at = book; (at = strstr(at, "\n## ")); at++)
		sections++;
	ck_assert_uint_eq(n, sections);
	ck_assert_uint_gt(n, 10);
	free(rules);
	free(tests);
	free(book);
}
END_TEST

/* promtool ARGUMENT...: as scripts/setup unpacked it */
static int judge(const char *arguments)
{
	const char *cache = getenv("BRAID_CACHE"), *home = getenv("HOME");
	char command[1024];

	snprintf(command, sizeof(command),
		 "%s%s/prometheus/promtool %s >/dev/null 2>&1",
		 cache ? cache : home ? home : "", cache ? "" : "/.cache/braid",
		 arguments);
	return system(command);
}

START_TEST(alerts_do_what_they_should)
{
	ck_assert_int_eq(judge("check rules " TOP "/" MONITORING
				  "alerts.yml"), 0);
	ck_assert_int_eq(judge("test rules " TOP "/" MONITORING
				  "alerts-test.yml"), 0);
	ck_assert_int_ne(judge("test rules " TOP "/" MONITORING
				  "alerts.yml"), 0);
}
END_TEST

/* A page of everything, to a judge from outside; and a broken one. */
START_TEST(promtool_takes_the_page)
{
	char file[] = "/tmp/braid-metrics-XXXXXX", arguments[128];
	FILE *out = fdopen(mkstemp(file), "w");
	struct br_exposition x = { 0 };
	struct br_snapshot s;
	int good, bad;

	ck_assert_ptr_nonnull(out);
	snprintf(arguments, sizeof(arguments), "check metrics <%s", file);
	snapshot_fill(&s);
	ck_assert_int_eq(br_metrics_write(&x, &s, 0), 0);
	daemon_page(&x);
	fputs(x.text, out);
	fflush(out);
	good = judge(arguments);
	fputs("braid_x{a=\"b} 1\n", out);
	fclose(out);
	free(x.text);
	bad = judge(arguments);
	unlink(file);
	br_snapshot_free(&s);
	ck_assert_int_eq(good, 0);
	ck_assert_int_ne(bad, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *tc = tcase_create("metrics");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, open_metrics);
	tcase_add_test(tc, prometheus);
	tcase_add_test(tc, histogram);
	tcase_add_loop_test(tc, numbers, 0, ARRAY_SIZE(values));
	tcase_add_loop_test(tc, label, 0, ARRAY_SIZE(labels));
	tcase_add_test(tc, the_daemons_page);
	tcase_add_test(tc, a_page);
	tcase_add_test(tc, one_device);
	tcase_add_test(tc, what_is_unknown);
	tcase_add_test(tc, the_same_again);
	tcase_add_test(tc, names_and_units);
	tcase_add_test(tc, families_fit_their_fields);
	tcase_add_test(tc, every_field);
	tcase_add_test(tc, every_family_is_produced);
	tcase_add_test(tc, documentation);
	tcase_add_test(tc, alerts);
	tcase_add_test(tc, run_book);
	tcase_add_test(tc, dashboard);
	tcase_add_test(tc, alerts_do_what_they_should);
	tcase_add_test(tc, promtool_takes_the_page);
	return unit_run(suite);
}
