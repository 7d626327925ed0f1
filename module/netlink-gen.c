// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/braid.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <linux/braid.h>

/* Integer value ranges */
static const struct netlink_range_validation braid_a_peer_reorder_cap_range = {
	.min	= 1000ULL,
	.max	= 1000000ULL,
};

static const struct netlink_range_validation braid_a_path_keepalive_range = {
	.min	= 1000000ULL,
	.max	= 3600000000ULL,
};

static const struct netlink_range_validation braid_a_path_quota_range = {
	.max	= 9223372036854775807ULL,
};

static const struct netlink_range_validation braid_a_path_quota_used_range = {
	.max	= 9223372036854775807ULL,
};

/* BRAID_CMD_DEVICE_GET - do */
static const struct nla_policy braid_device_get_nl_policy[BRAID_A_DEVICE_IFINDEX + 1] = {
	[BRAID_A_DEVICE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* BRAID_CMD_DEVICE_SET - do */
static const struct nla_policy braid_device_set_nl_policy[BRAID_A_DEVICE_MTU_AUTO + 1] = {
	[BRAID_A_DEVICE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_DEVICE_POLICY] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_DEVICE_MTU_AUTO] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* BRAID_CMD_SOCKET_NEW - do */
static const struct nla_policy braid_socket_new_nl_policy[BRAID_A_SOCKET_OWNER + 1] = {
	[BRAID_A_SOCKET_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_SOCKET_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_SOCKET_LOCAL_IPV4] = { .type = NLA_U32, },
	[BRAID_A_SOCKET_LOCAL_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[BRAID_A_SOCKET_LOCAL_PORT] = { .type = NLA_U16, },
	[BRAID_A_SOCKET_LINK] = { .type = NLA_U32, },
	[BRAID_A_SOCKET_FWMARK] = { .type = NLA_U32, },
	[BRAID_A_SOCKET_LISTEN] = NLA_POLICY_MAX(NLA_U8, 1),
	[BRAID_A_SOCKET_OWNER] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* BRAID_CMD_SOCKET_GET - do */
static const struct nla_policy braid_socket_get_do_nl_policy[BRAID_A_SOCKET_NAME + 1] = {
	[BRAID_A_SOCKET_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_SOCKET_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* BRAID_CMD_SOCKET_GET - dump */
static const struct nla_policy braid_socket_get_dump_nl_policy[BRAID_A_SOCKET_IFINDEX + 1] = {
	[BRAID_A_SOCKET_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* BRAID_CMD_SOCKET_DEL - do */
static const struct nla_policy braid_socket_del_nl_policy[BRAID_A_SOCKET_NAME + 1] = {
	[BRAID_A_SOCKET_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_SOCKET_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* BRAID_CMD_PEER_NEW - do */
static const struct nla_policy braid_peer_new_nl_policy[BRAID_A_PEER_OWNER + 1] = {
	[BRAID_A_PEER_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_PEER_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PEER_ADDRESS4] = { .type = NLA_U32, },
	[BRAID_A_PEER_ADDRESS6] = NLA_POLICY_EXACT_LEN(16),
	[BRAID_A_PEER_SOURCE_CHECK] = NLA_POLICY_MAX(NLA_U32, 1),
	[BRAID_A_PEER_MULTICAST] = NLA_POLICY_MAX(NLA_U8, 1),
	[BRAID_A_PEER_REORDER_CAP] = NLA_POLICY_FULL_RANGE(NLA_U32, &braid_a_peer_reorder_cap_range),
	[BRAID_A_PEER_OWNER] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* BRAID_CMD_PEER_SET - do */
static const struct nla_policy braid_peer_set_nl_policy[BRAID_A_PEER_OWNER + 1] = {
	[BRAID_A_PEER_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_PEER_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PEER_ADDRESS4] = { .type = NLA_U32, },
	[BRAID_A_PEER_ADDRESS6] = NLA_POLICY_EXACT_LEN(16),
	[BRAID_A_PEER_SOURCE_CHECK] = NLA_POLICY_MAX(NLA_U32, 1),
	[BRAID_A_PEER_MULTICAST] = NLA_POLICY_MAX(NLA_U8, 1),
	[BRAID_A_PEER_REORDER_CAP] = NLA_POLICY_FULL_RANGE(NLA_U32, &braid_a_peer_reorder_cap_range),
	[BRAID_A_PEER_OWNER] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* BRAID_CMD_PEER_GET - do */
static const struct nla_policy braid_peer_get_do_nl_policy[BRAID_A_PEER_NAME + 1] = {
	[BRAID_A_PEER_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_PEER_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* BRAID_CMD_PEER_GET - dump */
static const struct nla_policy braid_peer_get_dump_nl_policy[BRAID_A_PEER_IFINDEX + 1] = {
	[BRAID_A_PEER_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* BRAID_CMD_PEER_DEL - do */
static const struct nla_policy braid_peer_del_nl_policy[BRAID_A_PEER_NAME + 1] = {
	[BRAID_A_PEER_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_PEER_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* BRAID_CMD_PATH_NEW - do */
static const struct nla_policy braid_path_new_nl_policy[BRAID_A_PATH_QUOTA_RESET + 1] = {
	[BRAID_A_PATH_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_PATH_PEER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_SOCKET] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_REMOTE_IPV4] = { .type = NLA_U32, },
	[BRAID_A_PATH_REMOTE_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[BRAID_A_PATH_REMOTE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[BRAID_A_PATH_COST] = { .type = NLA_U32, },
	[BRAID_A_PATH_STANDBY] = NLA_POLICY_MAX(NLA_U8, 1),
	[BRAID_A_PATH_COLD] = NLA_POLICY_MAX(NLA_U8, 1),
	[BRAID_A_PATH_CAP] = { .type = NLA_U64, },
	[BRAID_A_PATH_OWNER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_KEEPALIVE] = NLA_POLICY_FULL_RANGE(NLA_U32, &braid_a_path_keepalive_range),
	[BRAID_A_PATH_QUOTA] = NLA_POLICY_FULL_RANGE(NLA_U64, &braid_a_path_quota_range),
	[BRAID_A_PATH_QUOTA_USED] = NLA_POLICY_FULL_RANGE(NLA_U64, &braid_a_path_quota_used_range),
	[BRAID_A_PATH_QUOTA_RESET] = { .type = NLA_U64, },
};

/* BRAID_CMD_PATH_SET - do */
static const struct nla_policy braid_path_set_nl_policy[BRAID_A_PATH_QUOTA_RESET + 1] = {
	[BRAID_A_PATH_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_PATH_PEER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_SOCKET] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_COST] = { .type = NLA_U32, },
	[BRAID_A_PATH_STANDBY] = NLA_POLICY_MAX(NLA_U8, 1),
	[BRAID_A_PATH_COLD] = NLA_POLICY_MAX(NLA_U8, 1),
	[BRAID_A_PATH_CAP] = { .type = NLA_U64, },
	[BRAID_A_PATH_KEEPALIVE] = NLA_POLICY_FULL_RANGE(NLA_U32, &braid_a_path_keepalive_range),
	[BRAID_A_PATH_QUOTA] = NLA_POLICY_FULL_RANGE(NLA_U64, &braid_a_path_quota_range),
	[BRAID_A_PATH_QUOTA_USED] = NLA_POLICY_FULL_RANGE(NLA_U64, &braid_a_path_quota_used_range),
	[BRAID_A_PATH_QUOTA_RESET] = { .type = NLA_U64, },
};

/* BRAID_CMD_PATH_GET - do */
static const struct nla_policy braid_path_get_do_nl_policy[BRAID_A_PATH_NAME + 1] = {
	[BRAID_A_PATH_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_PATH_PEER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* BRAID_CMD_PATH_GET - dump */
static const struct nla_policy braid_path_get_dump_nl_policy[BRAID_A_PATH_IFINDEX + 1] = {
	[BRAID_A_PATH_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* BRAID_CMD_PATH_DEL - do */
static const struct nla_policy braid_path_del_nl_policy[BRAID_A_PATH_NAME + 1] = {
	[BRAID_A_PATH_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_PATH_PEER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
};

/* BRAID_CMD_PATH_PROBE - do */
static const struct nla_policy braid_path_probe_nl_policy[BRAID_A_PATH_TRAIN + 1] = {
	[BRAID_A_PATH_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_PATH_PEER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_PATH_TRAIN] = NLA_POLICY_RANGE(NLA_U32, 2, 128),
};

/* BRAID_CMD_KEY_NEW - do */
static const struct nla_policy braid_key_new_nl_policy[BRAID_A_KEY_LIMIT_FAILURES + 1] = {
	[BRAID_A_KEY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_KEY_PEER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_KEY_CIPHER] = NLA_POLICY_MAX(NLA_U32, 1),
	[BRAID_A_KEY_EPOCH] = { .type = NLA_U8, },
	[BRAID_A_KEY_TX_KEY] = NLA_POLICY_EXACT_LEN(32),
	[BRAID_A_KEY_RX_KEY] = NLA_POLICY_EXACT_LEN(32),
	[BRAID_A_KEY_SESSION_LOCAL] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_KEY_SESSION_REMOTE] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_KEY_LIMIT_PACKETS] = NLA_POLICY_MIN(NLA_U64, 1),
	[BRAID_A_KEY_LIMIT_FAILURES] = NLA_POLICY_MIN(NLA_U64, 1),
};

/* BRAID_CMD_KEY_GET - do */
static const struct nla_policy braid_key_get_do_nl_policy[BRAID_A_KEY_EPOCH + 1] = {
	[BRAID_A_KEY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_KEY_PEER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_KEY_EPOCH] = { .type = NLA_U8, },
};

/* BRAID_CMD_KEY_GET - dump */
static const struct nla_policy braid_key_get_dump_nl_policy[BRAID_A_KEY_IFINDEX + 1] = {
	[BRAID_A_KEY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* BRAID_CMD_KEY_SWAP - do */
static const struct nla_policy braid_key_swap_nl_policy[BRAID_A_KEY_EPOCH + 1] = {
	[BRAID_A_KEY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_KEY_PEER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_KEY_EPOCH] = { .type = NLA_U8, },
};

/* BRAID_CMD_KEY_DEL - do */
static const struct nla_policy braid_key_del_nl_policy[BRAID_A_KEY_EPOCH + 1] = {
	[BRAID_A_KEY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_KEY_PEER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_KEY_EPOCH] = { .type = NLA_U8, },
};

/* BRAID_CMD_CONTROLLER_SET - do */
static const struct nla_policy braid_controller_set_nl_policy[BRAID_A_DEVICE_IFINDEX + 1] = {
	[BRAID_A_DEVICE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* BRAID_CMD_CONTROLLER_DEL - do */
static const struct nla_policy braid_controller_del_nl_policy[BRAID_A_DEVICE_IFINDEX + 1] = {
	[BRAID_A_DEVICE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* BRAID_CMD_FRAME_SEND - do */
static const struct nla_policy braid_frame_send_nl_policy[BRAID_A_FRAME_PAYLOAD + 1] = {
	[BRAID_A_FRAME_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[BRAID_A_FRAME_KIND] = NLA_POLICY_MAX(NLA_U32, 1),
	[BRAID_A_FRAME_SOCKET] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_FRAME_LOCAL_IPV4] = { .type = NLA_U32, },
	[BRAID_A_FRAME_LOCAL_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[BRAID_A_FRAME_REMOTE_IPV4] = { .type = NLA_U32, },
	[BRAID_A_FRAME_REMOTE_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[BRAID_A_FRAME_REMOTE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[BRAID_A_FRAME_PEER] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_FRAME_PATH] = { .type = NLA_NUL_STRING, .len = 31, },
	[BRAID_A_FRAME_RECEIVER_ID] = { .type = NLA_U32, },
	[BRAID_A_FRAME_SENDER_ID] = { .type = NLA_U32, },
	[BRAID_A_FRAME_ATTEMPT] = { .type = NLA_U16, },
	[BRAID_A_FRAME_PAYLOAD] = { .type = NLA_BINARY, },
};

/* Ops table for braid */
static const struct genl_split_ops braid_nl_ops[] = {
	{
		.cmd		= BRAID_CMD_DEVICE_GET,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_device_get_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_device_get_nl_policy,
		.maxattr	= BRAID_A_DEVICE_IFINDEX,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= BRAID_CMD_DEVICE_GET,
		.dumpit	= braid_nl_device_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= BRAID_CMD_DEVICE_SET,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_device_set_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_device_set_nl_policy,
		.maxattr	= BRAID_A_DEVICE_MTU_AUTO,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_SOCKET_NEW,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_socket_new_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_socket_new_nl_policy,
		.maxattr	= BRAID_A_SOCKET_OWNER,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_SOCKET_GET,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_socket_get_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_socket_get_do_nl_policy,
		.maxattr	= BRAID_A_SOCKET_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_SOCKET_GET,
		.dumpit		= braid_nl_socket_get_dumpit,
		.policy		= braid_socket_get_dump_nl_policy,
		.maxattr	= BRAID_A_SOCKET_IFINDEX,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= BRAID_CMD_SOCKET_DEL,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_socket_del_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_socket_del_nl_policy,
		.maxattr	= BRAID_A_SOCKET_NAME,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_PEER_NEW,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_peer_new_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_peer_new_nl_policy,
		.maxattr	= BRAID_A_PEER_OWNER,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_PEER_SET,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_peer_set_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_peer_set_nl_policy,
		.maxattr	= BRAID_A_PEER_OWNER,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_PEER_GET,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_peer_get_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_peer_get_do_nl_policy,
		.maxattr	= BRAID_A_PEER_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_PEER_GET,
		.dumpit		= braid_nl_peer_get_dumpit,
		.policy		= braid_peer_get_dump_nl_policy,
		.maxattr	= BRAID_A_PEER_IFINDEX,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= BRAID_CMD_PEER_DEL,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_peer_del_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_peer_del_nl_policy,
		.maxattr	= BRAID_A_PEER_NAME,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_PATH_NEW,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_path_new_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_path_new_nl_policy,
		.maxattr	= BRAID_A_PATH_QUOTA_RESET,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_PATH_SET,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_path_set_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_path_set_nl_policy,
		.maxattr	= BRAID_A_PATH_QUOTA_RESET,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_PATH_GET,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_path_get_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_path_get_do_nl_policy,
		.maxattr	= BRAID_A_PATH_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_PATH_GET,
		.dumpit		= braid_nl_path_get_dumpit,
		.policy		= braid_path_get_dump_nl_policy,
		.maxattr	= BRAID_A_PATH_IFINDEX,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= BRAID_CMD_PATH_DEL,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_path_del_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_path_del_nl_policy,
		.maxattr	= BRAID_A_PATH_NAME,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_PATH_PROBE,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_path_probe_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_path_probe_nl_policy,
		.maxattr	= BRAID_A_PATH_TRAIN,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_KEY_NEW,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_key_new_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_key_new_nl_policy,
		.maxattr	= BRAID_A_KEY_LIMIT_FAILURES,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_KEY_GET,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_key_get_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_key_get_do_nl_policy,
		.maxattr	= BRAID_A_KEY_EPOCH,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_KEY_GET,
		.dumpit		= braid_nl_key_get_dumpit,
		.policy		= braid_key_get_dump_nl_policy,
		.maxattr	= BRAID_A_KEY_IFINDEX,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= BRAID_CMD_KEY_SWAP,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_key_swap_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_key_swap_nl_policy,
		.maxattr	= BRAID_A_KEY_EPOCH,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_KEY_DEL,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_key_del_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_key_del_nl_policy,
		.maxattr	= BRAID_A_KEY_EPOCH,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= BRAID_CMD_POLICY_GET,
		.dumpit	= braid_nl_policy_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= BRAID_CMD_CONTROLLER_SET,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_controller_set_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_controller_set_nl_policy,
		.maxattr	= BRAID_A_DEVICE_IFINDEX,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_CONTROLLER_DEL,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_controller_del_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_controller_del_nl_policy,
		.maxattr	= BRAID_A_DEVICE_IFINDEX,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= BRAID_CMD_FRAME_SEND,
		.pre_doit	= braid_nl_pre_doit,
		.doit		= braid_nl_frame_send_doit,
		.post_doit	= braid_nl_post_doit,
		.policy		= braid_frame_send_nl_policy,
		.maxattr	= BRAID_A_FRAME_PAYLOAD,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

static const struct genl_multicast_group braid_nl_mcgrps[] = {
	[BRAID_NLGRP_EVENTS] = { "events", },
};

struct genl_family braid_nl_family __ro_after_init = {
	.name		= BRAID_FAMILY_NAME,
	.version	= BRAID_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= braid_nl_ops,
	.n_split_ops	= ARRAY_SIZE(braid_nl_ops),
	.mcgrps		= braid_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(braid_nl_mcgrps),
};
