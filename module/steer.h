/* SPDX-License-Identifier: GPL-2.0 */
/*
 * eBPF policies: struct_ops objects of type braid_policy, registered by name,
 * chosen per device, that give every packet its verdict. A device without one
 * has the built-in policy, which answers AUTO.
 */
#ifndef BRAID_STEER_H
#define BRAID_STEER_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include <linux/braid_steer.h>

struct net_device;
struct netlink_ext_ack;

#define BRAID_POLICY_BUILTIN	"built-in"

/* Set in a verdict of the module's when the policy's had nothing usable. */
#define BRAID_VERDICT_REPLACED	BIT_ULL(32)

/**
 * struct braid_steer_paths - what bpf_braid_path() reads; part of a peer
 * @view: one entry a slot. A path is put here with rcu_assign_pointer() when
 *	it is complete, taken away before it is freed, a grace period between.
 */
struct braid_steer_paths {
	struct braid_path_view __rcu *view[BRAID_MAX_SLOTS];
};

/* Programs of a policy, for braid_steer_wants(). */
#define BRAID_HAS_STEER		BIT(0)
#define BRAID_HAS_SENT		BIT(1)
#define BRAID_HAS_RECEIVED	BIT(2)
#define BRAID_HAS_PATH_EVENT	BIT(3)
#define BRAID_HAS_REPORT	BIT(4)

/**
 * struct braid_steer_stats - one CPU's counters of a policy
 * @calls: verdicts asked
 * @invalid: verdicts that became AUTO because nothing in them was usable
 */
struct braid_steer_stats {
	u64 calls;
	u64 invalid;
};

/**
 * struct braid_steer_policy - a registered policy
 * @node: in the list of policies; braid_steer_lock
 * @id: ascending and never used twice, for dumps
 * @has: BRAID_HAS_*: the programs that @ops has
 * @ops: the object's programs; the kernel keeps them for an RCU grace period
 *	after unreg()
 * @stats: per CPU, incremented by its own CPU only
 */
struct braid_steer_policy {
	struct list_head node;
	u32 id;
	u32 has;
	const struct braid_policy *ops;
	struct braid_steer_stats __percpu *stats;
};

/**
 * struct braid_steer_dev - a device's policy; part of struct braid_device
 * @policy: what serves, NULL for the built-in one; written under
 *	braid_steer_lock, read under RCU
 * @dev: the device
 * @node: in the list of devices; braid_steer_lock
 * @name: what was asked for, empty for the built-in one; braid_steer_lock
 * @ctx: what init() of @policy was told; braid_steer_lock
 * @leaving: policy left just now, exit() is due after a grace period;
 *	braid_steer_lock
 * @leaving_ctx: what init() of @leaving was told; braid_steer_lock
 */
struct braid_steer_dev {
	struct braid_steer_policy __rcu *policy;
	struct net_device *dev;
	struct list_head node;
	char name[BRAID_POLICY_NAME];
	struct braid_dev_ctx ctx;
	struct braid_steer_policy *leaving;
	struct braid_dev_ctx leaving_ctx;
};

/**
 * struct braid_policy_info - what a dump tells of a policy
 * @name: its name
 * @devices: devices that it serves, of all namespaces
 * @calls: verdicts asked of it
 * @invalid: verdicts that became AUTO
 */
struct braid_policy_info {
	char name[BRAID_POLICY_NAME];
	u32 devices;
	u64 calls;
	u64 invalid;
};

/* Never fails: without BTF only the built-in policy is to be had. */
void braid_steer_init(void);
/* After the last device; attached policies keep the module in memory. */
void braid_steer_exit(void);

void braid_steer_dev_init(struct braid_steer_dev *sd, struct net_device *dev);
/* No call of the device may be under way or come any more. Sleeps. */
void braid_steer_dev_fini(struct braid_steer_dev *sd);
/*
 * Chooses a policy by name; "" and "built-in" are the built-in one. A name that
 * is not registered is kept: the device takes the policy when it comes. Sleeps.
 */
int braid_steer_set(struct braid_steer_dev *sd, const char *name,
		    struct netlink_ext_ack *extack);
/* What was asked for, "" for the built-in one. */
void braid_steer_name(struct braid_steer_dev *sd, char name[BRAID_POLICY_NAME]);
/* What serves now. */
void braid_steer_active(struct braid_steer_dev *sd,
			char name[BRAID_POLICY_NAME]);
/*
 * One policy a call, the built-in one first. @pos: 0 at first, for the caller
 * to keep. Return: 0, or -ENOENT after the last.
 */
int braid_steer_dump(u32 *pos, struct braid_policy_info *info);

/*
 * The device's verdict on a packet, made sound: its set holds usable slots
 * only, all that may be used for AUTO; exactly one for PIN; none for DROP, or
 * when no path is usable. BRAID_VERDICT_REPLACED may be in it.
 */
u64 braid_steer_verdict(struct braid_steer_dev *sd,
			struct braid_steer_ctx *ctx);
void braid_steer_sent(struct braid_steer_dev *sd, struct braid_sent_ctx *ctx);
void braid_steer_received(struct braid_steer_dev *sd,
			  struct braid_steer_ctx *ctx);
void braid_steer_path_event(struct braid_steer_dev *sd,
			    struct braid_event_ctx *ctx);
void braid_steer_report(struct braid_steer_dev *sd,
			struct braid_event_ctx *ctx);

/* For policies, which call it by its BTF id. */
struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx, u32 slot);

/*
 * Whether the device's policy has one of the programs @what (BRAID_HAS_*), so
 * that a context is worth filling. Right in all but a race.
 */
static inline bool braid_steer_wants(const struct braid_steer_dev *sd, u32 what)
{
	const struct braid_steer_policy *p;
	bool wants;

	rcu_read_lock();
	p = rcu_dereference(sd->policy);
	wants = p && p->has & what;
	rcu_read_unlock();
	return wants;
}

static inline bool braid_steer_wants_sent(const struct braid_steer_dev *sd)
{
	return braid_steer_wants(sd, BRAID_HAS_SENT);
}

static inline bool braid_steer_wants_received(const struct braid_steer_dev *sd)
{
	return braid_steer_wants(sd, BRAID_HAS_RECEIVED);
}

/**
 * braid_sent_add - notes that a path got segments
 * @ctx: zeroed at first
 * @slot: the path
 * @segs: segments
 * @bytes: bytes of them
 *
 * Return: false when @ctx is full: hand it over, clear n_parts and part.
 */
static inline bool braid_sent_add(struct braid_sent_ctx *ctx, u32 slot,
				  u32 segs, u32 bytes)
{
	u32 i;

	for (i = 0; i < ctx->n_parts; i++)
		if (ctx->part[i].slot == slot)
			break;
	if (i == BRAID_SENT_PARTS)
		return false;
	if (i == ctx->n_parts) {
		ctx->part[i].slot = slot;
		ctx->n_parts++;
	}
	ctx->part[i].segs += segs;
	ctx->part[i].bytes += bytes;
	return true;
}

#endif
