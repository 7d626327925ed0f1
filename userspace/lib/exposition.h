/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Metrics as text: OpenMetrics 1.0 (draft-ietf-opsawg-openmetrics), or the
 * older format of Prometheus (0.0.4), which node_exporter's textfile collector
 * and promtool read. They differ in the names of the heads, in units and in how
 * a page ends.
 */
#ifndef BR_EXPOSITION_H
#define BR_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"

enum br_metric_type {
	BR_GAUGE,
	BR_COUNTER,	/* its sample ends with _total */
	BR_INFO,	/* labels that tell something, value 1; ends with _info */
	BR_HISTOGRAM,	/* of seconds: _bucket, _sum and _count */
};

/**
 * struct br_metric - a family of samples
 * @name: without what the type adds; ends with the unit
 * @unit: in base units, NULL for a plain number
 * @type: its type
 * @help: one sentence without a full stop
 */
struct br_metric {
	const char *name;
	const char *unit;
	enum br_metric_type type;
	const char *help;
};

/**
 * struct br_exposition - a page that is being written
 * @open_metrics: which format
 * @text: the page so far, NULL or ending in a 0; whoever made this frees it. Not a
 *	stream of stdio: one in memory of twenty megabytes is filled with zeros
 *	and copied again and again
 * @len: bytes of it
 * @room: bytes that it has room for
 * @failed: there was no memory for some of it
 * @family: whose head was written last
 * @suffix: of its samples' names
 * @suffix_len: bytes of that
 * @name_len: bytes of its name
 *
 * All but @open_metrics zero to begin with.
 */
struct br_exposition {
	bool open_metrics;
	char *text;
	size_t len;
	size_t room;
	bool failed;
	const struct br_metric *family;
	const char *suffix;
	size_t suffix_len;
	size_t name_len;
};

/* Content types of the formats, in HTTP */
#define BR_TYPE_PROMETHEUS	"text/plain; version=0.0.4; charset=utf-8"
#define BR_TYPE_OPEN_METRICS \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/*
 * What the type adds to the name of a sample: "_total", "_info" or nothing; of a
 * histogram nothing either, since each sample has another one.
 */
const char *br_metric_suffix(const struct br_metric *m);
/* "gauge", "counter", "info" or "histogram" */
const char *br_metric_type(const struct br_metric *m);

/*
 * One sample, n / 10^decimals, behind the head of its family where that is not
 * yet written: samples of a family follow each other. @labels as they stand
 * between the braces, escaped, NULL or empty for none.
 */
void br_exposition_put(struct br_exposition *x, const struct br_metric *m,
		       const char *labels, uint64_t n, unsigned int decimals);

/* All samples of a histogram; @labels as above. */
void br_exposition_durations(struct br_exposition *x, const struct br_metric *m,
			     const char *labels, const struct br_durations *d);

/*
 * A label with its value escaped, behind a comma when @comma is set. Bytes that
 * are not UTF-8 come out as \xNN, so that two values never become one.
 */
void br_label_put(FILE *file, bool comma, const char *name, const char *value);

/*
 * The end of the page.
 * Return: 0, or -ENOMEM where some of it is missing
 */
int br_exposition_end(struct br_exposition *x);

#endif
