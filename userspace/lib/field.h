/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of fields as text and as JSON, and out of what a user typed.
 */
#ifndef BR_FIELD_H
#define BR_FIELD_H

#include <jansson.h>

#include "failure.h"
#include "model.h"

/* Enough for any field but lists. */
#define BR_FIELD_TEXT	256

/*
 * Sets a field from text and marks it as present. The sentence of a refusal
 * names the keyword and the value, not the place it came from.
 */
int br_field_parse(const struct br_type *type, const char *name, void *obj,
		   const char *text, struct br_error *err);

/* The same with a sentence about the value alone: "'x' is not a number" */
int br_field_value(const struct br_type *type, const char *name, void *obj,
		   const char *text, struct br_error *err);

/*
 * As a person reads it: "12.3 ms", "-" for what is absent.
 * Return: a string to free(), NULL without memory
 */
char *br_field_text(const struct br_type *type, const struct br_field *f,
		    const void *obj);

/* Return: a new reference, NULL for what is absent or secret */
json_t *br_field_json(const struct br_type *type, const struct br_field *f,
		      const void *obj);

/* Name in JSON: '-' as '_', and the unit of times. @buf has BR_NAME bytes. */
const char *br_field_key(const struct br_field *f, char *buf);

/*
 * A field as a number in base units, *n / 10^decimals: seconds, bytes, a share
 * of 1; of a yes or no 1 or 0.
 * Return: decimals, or -1 for what is absent, not yet known or no number
 */
int br_field_number(const struct br_type *type, const struct br_field *f,
		    const void *obj, uint64_t *n);
/* That unit, as in "seconds"; NULL for plain numbers and what is none. */
const char *br_field_unit(const struct br_field *f);

/* All present fields of an object; a new reference. */
json_t *br_object_json(const struct br_type *type, const void *obj);

/* Units, as in "20mbit", "250ms", "2.5%", "0x1f". Return 0 or -EINVAL. */
int br_rate_parse(const char *text, uint64_t *bytes_per_second);
int br_time_parse(const char *text, uint64_t *microseconds);
int br_share_parse(const char *text, uint64_t *ppm);
/* "90s", "30min", "12h", "30d" */
int br_span_parse(const char *text, uint64_t *seconds);
/* "1500000", "20G" and "20GB" (powers of ten), "4Gi" and "4GiB" (of two) */
int br_volume_parse(const char *text, uint64_t *bytes);
/* "10g": k, m, g and t are powers of 1024 */
int br_size_parse(const char *text, uint64_t *bytes);
int br_number_parse(const char *text, uint64_t max, uint64_t *value);
/* A name: 1 to 31 printable bytes without space, '/' and ','. */
int br_name_check(const char *text);

/* Formatters write at most BR_FIELD_TEXT bytes and return @buf. */
const char *br_rate_text(uint64_t bytes_per_second, char *buf);
const char *br_usec_text(uint64_t microseconds, char *buf);
const char *br_age_text(uint64_t microseconds, char *buf);
const char *br_bytes_text(uint64_t bytes, char *buf);
/* In powers of ten: "20.0 GB" */
const char *br_volume_text(uint64_t bytes, char *buf);

#endif
