/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files of commands, and what they share.
 */
#ifndef BR_VERBS_H
#define BR_VERBS_H

#include "command.h"
#include "netlink.h"

extern const struct br_command br_dev_commands[];
extern const struct br_command br_socket_commands[];
extern const struct br_command br_peer_commands[];
extern const struct br_command br_path_commands[];
extern const struct br_command br_pool_commands[];
extern const struct br_command br_port_commands[];
extern const struct br_command br_health_commands[];
extern const struct br_command br_key_commands[];
extern const struct br_command br_identity_commands[];
extern const struct br_command br_show_commands[];
extern const struct br_command br_monitor_commands[];
extern const struct br_command br_counters_commands[];
extern const struct br_command br_metrics_commands[];
extern const struct br_command br_config_commands[];
extern const struct br_command br_policy_commands[];
extern const struct br_command br_flow_commands[];
extern const struct br_command br_top_commands[];
extern const struct br_command br_migration_commands[];
extern const struct br_command br_checkpoint_commands[];
extern const struct br_command br_rule_commands[];
extern const struct br_command br_report_commands[];

/* All of them */
extern const struct br_group br_groups[];

/**
 * struct br_option - an option in front of the command
 * @letter: 0 after the last one
 * @help: what it is for
 */
struct br_option {
	char letter;
	const char *help;
};

extern const struct br_option br_options[];

/* Options, commands (all, or those of one object) and exit statuses. */
void br_help(const char *object, FILE *to);

/* The words nearly every command begins with */
#define BR_WORD_THE_DEV \
	{ "dev", "DEVICE", BR_WORD_DEV, BR_REQUIRED | BR_BARE, NULL }
#define BR_WORD_ANY_DEV	{ "dev", "DEVICE", BR_WORD_DEV, BR_BARE, NULL }

/*
 * Index of the device that the command names; 0 when it names none. The
 * object's device is set as well.
 */
int br_call_device(struct br_call *call, uint32_t *ifindex);

/* The same, and a connection to the kernel, to be closed with br_nl_close(). */
int br_call_open(struct br_call *call, uint32_t *ifindex, struct br_nl **nl);

/* Verbs of files of their own */
int br_path_test(struct br_call *call);
int br_path_migrate(struct br_call *call);

/*
 * Prints what braidds tell: the rows of the list at offset @list in struct br_run, which
 * are of @type and have a "dev", of the named device or of all.
 */
int br_call_run(struct br_call *call, const struct br_type *type, size_t list,
		const char *const *columns);

/* Sends call->object, whose device is the one that the command names. */
int br_call_do(struct br_call *call, int cmd);

/*
 * Lists the objects of the named device, or all, and keeps those whose fields
 * equal all that are present in call->object. Refused when a device was named
 * together with an object that is not there.
 */
int br_call_show(struct br_call *call, int cmd, const char *const *columns);

/* The same of objects that somebody has listed already. */
int br_call_print(struct br_call *call, struct br_list *list,
		  const char *const *columns);

#endif
