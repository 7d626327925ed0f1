// SPDX-License-Identifier: GPL-2.0
/* Names of what is there, for completion. */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "complete.h"
#include "netlink.h"
#include "rulemap.h"
#include "text.h"

/* Where the names come from that a word takes; it may be called otherwise. */
static const struct noun {
	const char *name;
	int cmd;
	const struct br_type *type;
} nouns[] = {
	{ "dev", BRAID_CMD_DEVICE_GET, &br_device_type },
	{ "socket", BRAID_CMD_SOCKET_GET, &br_socket_type },
	{ "peer", BRAID_CMD_PEER_GET, &br_peer_type },
	{ "path", BRAID_CMD_PATH_GET, &br_path_type },
	{ "from", BRAID_CMD_PATH_GET, &br_path_type },
	{ "to", BRAID_CMD_PATH_GET, &br_path_type },
	{ "policy", BRAID_CMD_POLICY_GET, &br_policy_type },
};

static const char *typed(const struct br_completion *so_far, const char *word)
{
	const struct br_word *w = so_far->command->words;
	int i;

	for (i = 0; i < BR_WORDS_MAX && w[i].name; i++)
		if (!strcmp(w[i].name, word))
			return so_far->text[i];
	return NULL;
}

static void links(FILE *to)
{
	struct if_nameindex *list = if_nameindex(), *i;

	for (i = list; i && i->if_index; i++)
		fprintf(to, "%s\n", i->if_name);
	if_freenameindex(list);
}

static const struct br_field *name_field(const struct noun *n)
{
	return br_field_find(n->type, n->type == &br_device_type ?
			     "dev" : n->type->name);
}

/* A name that stands for another peer's path is none; the first of its kind */
static bool fits(const struct br_completion *so_far, const struct noun *n,
		 const struct br_list *list, unsigned int at)
{
	const struct br_field *f = name_field(n);
	const char *peer = typed(so_far, "peer");
	const char *name;
	unsigned int i;

	if (n->type == &br_path_type && peer &&
	    strcmp(((struct br_path *)br_list_at(list, at))->peer, peer))
		return false;
	name = br_field_at(f, br_list_at(list, at));
	for (i = 0; i < at; i++)
		if (!strcmp(br_field_at(f, br_list_at(list, i)), name))
			return false;
	return *name;
}

static void print(const struct br_completion *so_far, const struct noun *n,
		  const struct br_list *list, FILE *to)
{
	const struct br_field *f = name_field(n);
	unsigned int i;

	for (i = 0; i < list->n; i++)
		if (fits(so_far, n, list, i))
			fprintf(to, "%s\n", (const char *)
				br_field_at(f, br_list_at(list, i)));
}

static void dump(const struct br_completion *so_far, const struct noun *n,
		 FILE *to)
{
	const char *dev = n->type->ifindex ? typed(so_far, "dev") : NULL;
	struct br_list list = { 0 };
	struct br_error ignored;
	struct br_nl *nl = br_nl_open(&ignored);

	if (!nl)
		return;
	/* devices are dumped whole */
	if (n->type == &br_device_type || !dev || if_nametoindex(dev))
		if (!br_nl_dump(nl, n->cmd, n->type,
				n->type == &br_device_type || !dev ? 0 :
				if_nametoindex(dev), &list, &ignored))
			print(so_far, n, &list, to);
	br_list_free(&list);
	br_nl_close(nl);
}

/* They are in maps, not in netlink. */
static void classes(const struct br_completion *so_far, FILE *to)
{
	const char *dev = typed(so_far, "dev");
	struct br_error ignored;
	struct br_nl *nl = dev ? br_nl_open(&ignored) : NULL;
	const struct br_steer_class *class;
	struct br_ruleset set;
	struct br_rulemap map;
	unsigned int i;

	if (!nl)
		return;
	if (!br_rulemap_open(&map, nl, if_nametoindex(dev), &ignored)) {
		br_rulemap_read(&map, &set, &ignored);
		for (i = 0; i < set.classes.n; i++) {
			class = br_list_at(&set.classes, i);
			fprintf(to, "%s\n", class->name);
		}
		br_ruleset_free(&set);
		br_rulemap_close(&map);
	}
	br_nl_close(nl);
}

void br_live_names(const char *noun, const struct br_completion *so_far,
		   FILE *to)
{
	unsigned int i;

	if (!strcmp(noun, "link"))
		links(to);
	if (!strcmp(noun, "class"))
		classes(so_far, to);
	for (i = 0; i < ARRAY_SIZE(nouns); i++)
		if (!strcmp(nouns[i].name, noun))
			dump(so_far, &nouns[i], to);
}
