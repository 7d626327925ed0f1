// SPDX-License-Identifier: GPL-2.0
/* Rules and classes of a tunnel that comes up. */
#include <errno.h>
#include <stdlib.h>

#include "rulemap.h"
#include "work.h"

static void tell(struct br_work *w, const struct br_ruleset *had)
{
	const struct br_ruleset *now = &w->config->rules;

	if (w->fresh)
		return;
	w->changes++;
	if (w->told)
		fprintf(w->told, "%s: rules are now %u in %u classes, were %u in %u\n",
			w->config->name, now->rules.n, now->classes.n,
			had->rules.n, had->classes.n);
}

/* @had goes over to what is to be undone. */
static int change(struct br_work *w, struct br_rulemap *map,
		  struct br_ruleset *had)
{
	struct br_made made = {
		.kind = BR_SET_STEERING, .steering = malloc(sizeof(*had)),
	};
	int ret;

	if (!made.steering)
		return br_fail(w->err, BR_KERNEL, ENOMEM, "out of memory");
	ret = br_rulemap_write(map, had, &w->config->rules, w->err);
	if (ret)
		goto err_free;
	*made.steering = *had;
	ret = br_undo_note(&w->undo, &made, w->err);
	if (ret)
		goto err_free;
	tell(w, had);
	br_ruleset_init(had);
	return 0;

err_free:
	free(made.steering);
	return ret;
}

int br_work_steering(struct br_work *w)
{
	struct br_rulemap map;
	struct br_ruleset had;
	int ret;

	if (!w->config->rules.classes.n)
		return 0;
	ret = br_rulemap_open(&map, w->nl, w->ifindex, w->err);
	if (ret)
		return br_where(w->err, "rules");
	ret = br_rulemap_read(&map, &had, w->err);
	if (!ret && !br_ruleset_same(&had, &w->config->rules))
		ret = change(w, &map, &had);
	br_ruleset_free(&had);
	br_rulemap_close(&map);
	return ret ? br_where(w->err, "rules") : 0;
}
