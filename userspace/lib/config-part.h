/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the files of braid.conf's sections, config-*.c, hang together. For nobody
 * else.
 */
#ifndef BR_CONFIG_PART_H
#define BR_CONFIG_PART_H

#include "config.h"
#include "inifile.h"

extern const struct br_ini_section br_config_device_section;
extern const struct br_ini_section br_config_socket_section;
extern const struct br_ini_section br_config_peer_section;
extern const struct br_ini_section br_config_path_section;
extern const struct br_ini_section br_config_class_section;
extern const struct br_ini_section br_config_rule_section;

/*
 * One more element, zeroed, of the growing array at *@array, which has *@n of
 * @size bytes. Return: NULL without memory
 */
void *br_config_grow(void *array, unsigned int *n, size_t size);

/* Values that several sections have; each refuses with file and line. */

/* Appends "10.0.0.1/24, fd00::1/64". */
int br_config_prefixes_add(struct br_ini_parser *p,
			   struct br_config_prefixes *list, const char *value);
/* A file, beside the configuration's own unless it begins with a slash. */
int br_config_file_name(struct br_ini_parser *p, const char *value, char **to);
/* A list of ports and ranges; *@ports is made if need be. */
int br_config_ports_parse(struct br_ini_parser *p, const char *value,
			  struct br_ports **ports);

#endif
