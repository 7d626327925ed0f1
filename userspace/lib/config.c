// SPDX-License-Identifier: GPL-2.0
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config-part.h"
#include "config-quota.h"
#include "route.h"

void *br_config_grow(void *array, unsigned int *n, size_t size)
{
	char **items = array;
	char *new = reallocarray(*items, *n + 1, size);

	if (!new)
		return NULL;
	*items = new;
	return memset(new + (*n)++ * size, 0, size);
}

const struct br_ini_section *const br_config_sections[] = {
	&br_config_device_section,
	&br_config_socket_section,
	&br_config_peer_section,
	&br_config_path_section,
	&br_config_class_section,
	&br_config_rule_section,
	NULL
};

static int whole_check(struct br_ini_parser *p)
{
	const struct br_config *c = p->config;
	unsigned int i;

	if (!c->name[0])
		return br_fail(p->err, BR_FILE, EINVAL, "%s: no [Device]",
			       p->path);
	if (c->table != BR_TABLE_MAIN && !c->fwmark)
		return br_fail(p->err, BR_FILE, EINVAL,
			"%s: Table needs FwMark, or the tunnel's own packets would look there, too",
			p->path);
	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i].has_public && !c->private_key_file)
			return br_fail(p->err, BR_FILE, EINVAL,
				"%s: peer %s has a PublicKey: [Device] needs PrivateKeyFile",
				p->path, c->peers[i].peer.name);
	if (c->rules.rules.n && !c->policy[0])
		return br_fail(p->err, BR_FILE, EINVAL,
			"%s: [Rule] needs Policy in [Device]: the built-in policy goes by no rules",
			p->path);
	return br_quota_file(p);
}

int br_config_parse(FILE *file, const char *path, struct br_config *config,
		    struct br_error *err)
{
	struct br_ini_parser p = {
		.file = file, .path = path, .sections = br_config_sections,
		.config = config, .err = err
	};
	int ret;

	*config = (struct br_config){
		.table = BR_TABLE_MAIN, .routes = true, .rekey_us = BR_REKEY_US,
		.resolve_us = BR_RESOLVE_US, .pool_size = BR_POOL_SIZE,
		.hold_us = BR_HOLD_US,
		.cipher = BR_CIPHER_CHACHA20_POLY1305,
	};
	br_ruleset_init(&config->rules);
	ret = br_ini_read(&p);
	if (!ret)
		ret = whole_check(&p);
	if (ret)
		br_config_free(config);
	return ret;
}

int br_config_read(const char *path, struct br_config *config,
		   struct br_error *err)
{
	FILE *file = fopen(path, "re");
	int ret;

	if (!file)
		return br_fail(err, BR_FILE, errno, "%s: %s", path,
			       strerror(errno));
	ret = br_config_parse(file, path, config, err);
	fclose(file);
	return ret;
}

static void texts_free(struct br_config_texts *texts)
{
	unsigned int i;

	for (i = 0; i < texts->n; i++)
		free(texts->text[i]);
	free(texts->text);
}

void br_config_free(struct br_config *config)
{
	unsigned int i;

	for (i = 0; i < config->n_peers; i++) {
		free(config->peers[i].route.p);
		free(config->peers[i].key_file);
	}
	texts_free(&config->post_up);
	texts_free(&config->pre_down);
	for (i = 0; i < config->n_paths; i++) {
		free(config->paths[i].ports);
		free(config->paths[i].host);
	}
	br_ruleset_free(&config->rules);
	free(config->private_key_file);
	free(config->ports);
	free(config->address.p);
	free(config->sockets);
	free(config->peers);
	free(config->paths);
	*config = (struct br_config){ 0 };
}
