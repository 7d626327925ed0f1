/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The keys of [Path] that are about its byte budget: braid.conf(5).
 */
#ifndef BR_CONFIG_QUOTA_H
#define BR_CONFIG_QUOTA_H

struct br_config_path;
struct br_ini_parser;

/* Each refuses what cannot be, with file and line. */
int br_quota_period_key(struct br_ini_parser *p, struct br_config_path *path,
			const char *value);
int br_quota_reset_key(struct br_ini_parser *p, struct br_config_path *path,
		       const char *value);
/* The section is read: do its keys fit each other? */
int br_quota_section(struct br_ini_parser *p, struct br_config_path *path);
/* The file is read. */
int br_quota_file(struct br_ini_parser *p);

#endif
