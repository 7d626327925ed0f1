// SPDX-License-Identifier: GPL-2.0
/* What changes of a tunnel that was there: noted for undoing, and told. */
#include "work.h"

#include <stdlib.h>
#include <string.h>

#include "field.h"

int br_work_made(struct br_work *w, const struct br_made *made,
		 const char *what, const char *name)
{
	int ret = br_undo_note(&w->undo, made, w->err);

	if (ret || w->fresh)
		return ret;
	w->changes++;
	if (w->told)
		fprintf(w->told, "%s: %s %s is new\n", w->config->name, what,
			name);
	return 0;
}

/* Addresses come in the kernel's order. */
static bool addrs_same(const struct br_addrs *a, const struct br_addrs *b)
{
	unsigned int i, j;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		for (j = 0; j < b->n; j++)
			if (br_addr_equal(&a->a[i], &b->a[j]))
				break;
		if (j == b->n)
			return false;
	}
	return true;
}

/* Tells of a field that is to change. Return: whether it is */
static bool differs(struct br_work *w, const struct br_type *type,
		    const struct br_field *f, const char *what,
		    const void *have, const void *wanted)
{
	uint64_t from, to;
	char *old, *new;
	bool is;

	if (f->kind == BR_ADDRS &&
	    addrs_same(br_field_at(f, have), br_field_at(f, wanted)))
		return false;
	old = br_field_text(type, f, have);
	new = br_field_text(type, f, wanted);
	is = !old || !new || strcmp(old, new);
	/* to a person two numbers may look the same */
	if (br_field_number(type, f, have, &from) >= 0 &&
	    br_field_number(type, f, wanted, &to) >= 0)
		is |= from != to;
	if (is && w->told)
		fprintf(w->told, "%s: %s: %s is now %s, was %s\n",
			w->config->name, what, f->name, new ? new : "?",
			old ? old : "?");
	free(old);
	free(new);
	return is;
}

/* A name says which object is meant. */
static bool is_name(const struct br_type *type, const struct br_field *f,
		    const void *have, const void *wanted)
{
	return f->kind == BR_STRING && type != &br_device_type &&
	       !strcmp(br_field_at(f, have), br_field_at(f, wanted));
}

unsigned int br_work_diff(struct br_work *w, const struct br_type *type,
			  const char *what, const void *have, void *wanted,
			  void *old)
{
	uint64_t *has = wanted, keep = 0;
	const struct br_field *f;
	unsigned int i, n = 0;

	for (i = 0; i < type->n; i++) {
		f = &type->fields[i];
		if (!(*has >> i & 1))
			continue;
		if (is_name(type, f, have, wanted)) {
			keep |= 1ULL << i;
		} else if (differs(w, type, f, what, have, wanted)) {
			keep |= 1ULL << i;
			n++;
		}
	}
	*has = keep;
	memcpy(old, have, type->size);
	*(uint64_t *)old = keep;
	w->changes += n;
	return n;
}
