// SPDX-License-Identifier: GPL-2.0
/*
 * eBPF policies: the struct_ops type, its registry, and the calls.
 *
 * A packet reads its device's policy under RCU. The kernel frees a policy's
 * programs an RCU grace period after unreg() at the earliest, so it is enough
 * that unreg() takes the pointer away from every device: a packet sees the old
 * policy or the new one, never none.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "steer.h"

#include <linux/bitops.h>
#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/braid.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>

/* One state, two headers: netlink's and the policies'. */
static_assert(BRAID_STATE_COLD == BRAID_PATH_STATE_COLD);
static_assert(BRAID_STATE_PROBING == BRAID_PATH_STATE_PROBING);
static_assert(BRAID_STATE_UP == BRAID_PATH_STATE_UP);
static_assert(BRAID_STATE_SUSPECT == BRAID_PATH_STATE_SUSPECT);
static_assert(BRAID_STATE_DOWN == BRAID_PATH_STATE_DOWN);
static_assert(BRAID_STATE_UNVALIDATED == BRAID_PATH_STATE_UNVALIDATED);
static_assert(BRAID_STATE_DRAINING == BRAID_PATH_STATE_DRAINING);
static_assert(BRAID_STATE_SPENT == BRAID_PATH_STATE_SPENT);

/*
 * Orders every change of policies and of who uses them. Taken inside RTNL and a
 * device's lock, and inside the lock of BPF links; nothing is taken inside it.
 */
static DEFINE_MUTEX(braid_steer_lock);
static LIST_HEAD(braid_steer_policies);	/* braid_steer_lock */
static LIST_HEAD(braid_steer_devs);	/* braid_steer_lock */
static u32 braid_steer_last_id;		/* braid_steer_lock */
static bool braid_steer_has_btf;	/* written in module init only */

/* The policy of a name, NULL for none. */
static struct braid_steer_policy *braid_steer_find(const char *name)
{
	struct braid_steer_policy *p;

	lockdep_assert_held(&braid_steer_lock);
	list_for_each_entry(p, &braid_steer_policies, node)
		if (!strcmp(p->ops->name, name))
			return p;
	return NULL;
}

static struct braid_steer_policy *braid_steer_find_ops(const void *ops)
{
	struct braid_steer_policy *p;

	lockdep_assert_held(&braid_steer_lock);
	list_for_each_entry(p, &braid_steer_policies, node)
		if (p->ops == ops)
			return p;
	return NULL;
}

static struct braid_steer_policy *
braid_steer_serves(const struct braid_steer_dev *sd)
{
	return rcu_dereference_protected(sd->policy,
					 lockdep_is_held(&braid_steer_lock));
}

static bool braid_steer_name_valid(const char *name)
{
	if (!*name || !strcmp(name, BRAID_POLICY_BUILTIN))
		return false;
	for (; *name; name++)
		if (!isascii(*name) || (!isalnum(*name) && !strchr("-_.", *name)))
			return false;
	return true;
}

/*
 * Moves a device to @to, NULL for the built-in policy, at once. exit() of what
 * it left is due: braid_steer_leave(). On failure nothing has changed.
 */
static int braid_steer_enter(struct braid_steer_dev *sd,
			     struct braid_steer_policy *to)
{
	struct braid_dev_ctx ctx = { .ifindex = sd->dev->ifindex };

	lockdep_assert_held(&braid_steer_lock);
	rcu_read_lock();
	ctx.netns_cookie = dev_net(sd->dev)->net_cookie;
	rcu_read_unlock();
	if (to && to->ops->init && to->ops->init(&ctx))
		return -ECANCELED;
	sd->leaving = braid_steer_serves(sd);
	sd->leaving_ctx = sd->ctx;
	sd->ctx = ctx;
	rcu_assign_pointer(sd->policy, to);
	return 0;
}

/* Tells the policies that devices have left; no call of them is under way. */
static void braid_steer_leave(void)
{
	struct braid_steer_dev *sd;

	lockdep_assert_held(&braid_steer_lock);
	synchronize_net();
	list_for_each_entry(sd, &braid_steer_devs, node) {
		if (sd->leaving && sd->leaving->ops->exit)
			sd->leaving->ops->exit(&sd->leaving_ctx);
		sd->leaving = NULL;
	}
}

/* Puts every device of @from on @to; on the built-in one if @to refuses. */
static void braid_steer_replace(struct braid_steer_policy *from,
				struct braid_steer_policy *to)
{
	struct braid_steer_dev *sd;

	lockdep_assert_held(&braid_steer_lock);
	list_for_each_entry(sd, &braid_steer_devs, node) {
		if (braid_steer_serves(sd) != from)
			continue;
		if (!braid_steer_enter(sd, to))
			continue;
		netdev_notice(sd->dev, "policy %s refused the device\n",
			      to->ops->name);
		braid_steer_enter(sd, NULL);
	}
}

static struct braid_steer_policy *
braid_steer_policy_new(const struct braid_policy *ops)
{
	struct braid_steer_policy *p;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return NULL;
	p->stats = alloc_percpu(struct braid_steer_stats);
	if (!p->stats) {
		kfree(p);
		return NULL;
	}
	p->ops = ops;
	p->has = BRAID_HAS_STEER;
	if (ops->sent)
		p->has |= BRAID_HAS_SENT;
	if (ops->received)
		p->has |= BRAID_HAS_RECEIVED;
	if (ops->path_event)
		p->has |= BRAID_HAS_PATH_EVENT;
	if (ops->report)
		p->has |= BRAID_HAS_REPORT;
	return p;
}

static void braid_steer_policy_free(struct braid_steer_policy *p)
{
	free_percpu(p->stats);
	kfree(p);
}

static void braid_steer_policy_add(struct braid_steer_policy *p)
{
	lockdep_assert_held(&braid_steer_lock);
	p->id = ++braid_steer_last_id;
	list_add_tail(&p->node, &braid_steer_policies);
}

/* A policy is attached: devices that asked for its name take it. */
static int braid_steer_reg(void *kdata, struct bpf_link *link)
{
	struct braid_steer_policy *p = braid_steer_policy_new(kdata);
	struct braid_steer_dev *sd;
	int err = -EEXIST;

	if (!p)
		return -ENOMEM;
	mutex_lock(&braid_steer_lock);
	if (braid_steer_find(p->ops->name))
		goto out;
	braid_steer_policy_add(p);
	list_for_each_entry(sd, &braid_steer_devs, node)
		if (!strcmp(sd->name, p->ops->name) && braid_steer_enter(sd, p))
			netdev_notice(sd->dev, "policy %s refused the device\n",
				      p->ops->name);
	err = 0;
out:
	mutex_unlock(&braid_steer_lock);
	if (err)
		braid_steer_policy_free(p);
	return err;
}

/* A policy is detached: its devices go on with the built-in one. */
static void braid_steer_unreg(void *kdata, struct bpf_link *link)
{
	struct braid_steer_policy *p;

	mutex_lock(&braid_steer_lock);
	p = braid_steer_find_ops(kdata);
	if (!WARN_ON_ONCE(!p)) {
		list_del(&p->node);
		braid_steer_replace(p, NULL);
		braid_steer_leave();
		braid_steer_policy_free(p);
	}
	mutex_unlock(&braid_steer_lock);
}

/* Another object takes the place of an attached one, under the same name. */
static int braid_steer_update(void *kdata, void *old_kdata,
			      struct bpf_link *link)
{
	struct braid_steer_policy *p = braid_steer_policy_new(kdata);
	struct braid_steer_policy *old;

	if (!p)
		return -ENOMEM;
	mutex_lock(&braid_steer_lock);
	old = braid_steer_find_ops(old_kdata);
	if (!old || strcmp(old->ops->name, p->ops->name)) {
		mutex_unlock(&braid_steer_lock);
		braid_steer_policy_free(p);
		return -EINVAL;
	}
	list_del(&old->node);
	braid_steer_policy_add(p);
	braid_steer_replace(old, p);
	braid_steer_leave();
	mutex_unlock(&braid_steer_lock);
	braid_steer_policy_free(old);
	return 0;
}

static int braid_steer_validate(void *kdata)
{
	const struct braid_policy *ops = kdata;

	if (ops->steer)
		return 0;
	pr_notice_ratelimited("policy %s refused: it has no steer program\n",
			      ops->name);
	return -EINVAL;
}

static int braid_steer_check_member(const struct btf_type *t,
				    const struct btf_member *member,
				    const struct bpf_prog *prog)
{
	if (!prog->sleepable)
		return 0;
	pr_notice_ratelimited("program %s refused: a policy cannot sleep\n",
			      prog->aux->name);
	return -EINVAL;
}

static int braid_steer_init_member(const struct btf_type *t,
				   const struct btf_member *member,
				   void *kdata, const void *udata)
{
	const struct braid_policy *from = udata;
	struct braid_policy *to = kdata;

	if (__btf_member_bit_offset(t, member) / BITS_PER_BYTE !=
	    offsetof(struct braid_policy, name))
		return 0;
	if (strscpy(to->name, from->name, sizeof(to->name)) < 0 ||
	    !braid_steer_name_valid(to->name)) {
		pr_notice_ratelimited("policy refused: its name must be 1 to %d of letters, digits, - _ and .\n",
				      BRAID_POLICY_NAME - 1);
		return -EINVAL;
	}
	return 1;
}

static int braid_steer_btf_init(struct btf *btf)
{
	braid_steer_has_btf = true;
	return 0;
}

static const struct bpf_func_proto *
braid_steer_func_proto(enum bpf_func_id func_id, const struct bpf_prog *prog)
{
	return bpf_base_func_proto(func_id, prog);
}

static bool braid_steer_valid_access(int off, int size,
				     enum bpf_access_type type,
				     const struct bpf_prog *prog,
				     struct bpf_insn_access_aux *info)
{
	return bpf_tracing_btf_ctx_access(off, size, type, prog, info);
}

static const struct bpf_verifier_ops braid_steer_verifier_ops = {
	.get_func_proto = braid_steer_func_proto,
	.is_valid_access = braid_steer_valid_access,
};

/*
 * Never called: the verifier takes the programs' arguments from them, and
 * kernel CFI their types.
 */
static u64 braid_stub_steer(struct braid_steer_ctx *ctx)
{
	return BRAID_AUTO;
}

static s32 braid_stub_init(struct braid_dev_ctx *ctx)
{
	return 0;
}

static void braid_stub_exit(struct braid_dev_ctx *ctx)
{
}

static void braid_stub_sent(struct braid_sent_ctx *ctx)
{
}

static void braid_stub_received(struct braid_steer_ctx *ctx)
{
}

static void braid_stub_path_event(struct braid_event_ctx *ctx)
{
}

static void braid_stub_report(struct braid_event_ctx *ctx)
{
}

static struct braid_policy braid_steer_stubs = {
	.steer = braid_stub_steer,
	.init = braid_stub_init,
	.exit = braid_stub_exit,
	.sent = braid_stub_sent,
	.received = braid_stub_received,
	.path_event = braid_stub_path_event,
	.report = braid_stub_report,
};

static struct bpf_struct_ops braid_steer_ops = {
	.verifier_ops = &braid_steer_verifier_ops,
	.init = braid_steer_btf_init,
	.check_member = braid_steer_check_member,
	.init_member = braid_steer_init_member,
	.validate = braid_steer_validate,
	.reg = braid_steer_reg,
	.unreg = braid_steer_unreg,
	.update = braid_steer_update,
	.cfi_stubs = &braid_steer_stubs,
	.name = "braid_policy",
	.owner = THIS_MODULE,
};

__bpf_kfunc_start_defs();

/**
 * bpf_braid_path - the path in a slot of a peer
 * @ctx: the peer, first member of a context
 * @slot: the slot
 *
 * Return: the path, or NULL where there is none. Valid until the program
 * returns.
 */
__bpf_kfunc struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx,
						   u32 slot)
{
	if (slot >= BRAID_MAX_SLOTS || !ctx->paths)
		return NULL;
	return rcu_dereference(ctx->paths->view[slot]);
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(braid_steer_kfunc_ids)
BTF_ID_FLAGS(func, bpf_braid_path, KF_RET_NULL | KF_TRUSTED_ARGS)
BTF_KFUNCS_END(braid_steer_kfunc_ids)

static const struct btf_kfunc_id_set braid_steer_kfuncs = {
	.owner = THIS_MODULE,
	.set = &braid_steer_kfunc_ids,
};

void braid_steer_init(void)
{
	int err;

	err = register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS,
					&braid_steer_kfuncs);
	if (!err)
		err = register_bpf_struct_ops(&braid_steer_ops, braid_policy);
	if (err || !braid_steer_has_btf)
		pr_notice("no eBPF policies (%d): this kernel or module has no BTF; the built-in policy serves\n",
			  err);
}

void braid_steer_exit(void)
{
	WARN_ON_ONCE(!list_empty(&braid_steer_devs));
	WARN_ON_ONCE(!list_empty(&braid_steer_policies));
}

void braid_steer_dev_init(struct braid_steer_dev *sd, struct net_device *dev)
{
	memset(sd, 0, sizeof(*sd));
	sd->dev = dev;
	mutex_lock(&braid_steer_lock);
	list_add_tail(&sd->node, &braid_steer_devs);
	mutex_unlock(&braid_steer_lock);
}

void braid_steer_dev_fini(struct braid_steer_dev *sd)
{
	mutex_lock(&braid_steer_lock);
	if (braid_steer_serves(sd)) {
		braid_steer_enter(sd, NULL);
		braid_steer_leave();
	}
	list_del(&sd->node);
	mutex_unlock(&braid_steer_lock);
}

int braid_steer_set(struct braid_steer_dev *sd, const char *name,
		    struct netlink_ext_ack *extack)
{
	struct braid_steer_policy *p = NULL;
	int err = 0;

	if (!strcmp(name, BRAID_POLICY_BUILTIN))
		name = "";
	if (*name && (strlen(name) >= BRAID_POLICY_NAME ||
		      !braid_steer_name_valid(name))) {
		NL_SET_ERR_MSG(extack,
			       "a policy's name is at most 31 letters, digits, - _ and .");
		return -EINVAL;
	}
	mutex_lock(&braid_steer_lock);
	if (*name)
		p = braid_steer_find(name);
	if (p != braid_steer_serves(sd)) {
		err = braid_steer_enter(sd, p);
		if (err) {
			NL_SET_ERR_MSG(extack, "the policy refused the device");
			goto out;
		}
		if (sd->leaving)
			braid_steer_leave();
	}
	strscpy(sd->name, name, sizeof(sd->name));
out:
	mutex_unlock(&braid_steer_lock);
	return err;
}

void braid_steer_name(struct braid_steer_dev *sd, char name[BRAID_POLICY_NAME])
{
	mutex_lock(&braid_steer_lock);
	strscpy(name, sd->name, BRAID_POLICY_NAME);
	mutex_unlock(&braid_steer_lock);
}

void braid_steer_active(struct braid_steer_dev *sd,
			char name[BRAID_POLICY_NAME])
{
	const struct braid_steer_policy *p;

	mutex_lock(&braid_steer_lock);
	p = braid_steer_serves(sd);
	strscpy(name, p ? p->ops->name : BRAID_POLICY_BUILTIN,
		BRAID_POLICY_NAME);
	mutex_unlock(&braid_steer_lock);
}

/* Fills @info for @p, NULL for the built-in policy, which counts nothing. */
static void braid_steer_info(const struct braid_steer_policy *p,
			     struct braid_policy_info *info)
{
	const struct braid_steer_stats *stats;
	const struct braid_steer_dev *sd;
	int cpu;

	lockdep_assert_held(&braid_steer_lock);
	memset(info, 0, sizeof(*info));
	strscpy(info->name, p ? p->ops->name : BRAID_POLICY_BUILTIN,
		sizeof(info->name));
	list_for_each_entry(sd, &braid_steer_devs, node)
		if (braid_steer_serves(sd) == p)
			info->devices++;
	if (!p)
		return;
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(p->stats, cpu);
		info->calls += READ_ONCE(stats->calls);
		info->invalid += READ_ONCE(stats->invalid);
	}
}

int braid_steer_dump(u32 *pos, struct braid_policy_info *info)
{
	struct braid_steer_policy *p;
	int err = -ENOENT;

	mutex_lock(&braid_steer_lock);
	if (!*pos) {
		braid_steer_info(NULL, info);
		*pos = 1;
		err = 0;
		goto out;
	}
	/* Ids ascend along the list, from 1: @pos is the next one to tell. */
	list_for_each_entry(p, &braid_steer_policies, node) {
		if (p->id < *pos)
			continue;
		braid_steer_info(p, info);
		*pos = p->id + 1;
		err = 0;
		break;
	}
out:
	mutex_unlock(&braid_steer_lock);
	return err;
}

/* A policy's verdict, cut down to what may be used. */
static u64 braid_steer_sane(const struct braid_peer_ctx *peer, u64 v)
{
	u32 set = BRAID_VERDICT_SET(v) & peer->usable;
	u8 flags = BRAID_VERDICT_FLAGS(v) &
		   (BRAID_UNORDERED | BRAID_NOREPAIR | BRAID_WITHIN);
	u32 first = peer->usable & ~peer->standby;

	switch (BRAID_VERDICT_KIND(v)) {
	case BRAID_KIND_AUTO:
		return BRAID_VERDICT(BRAID_KIND_AUTO, flags, 0);
	case BRAID_KIND_DROP:
		return BRAID_DROP;
	case BRAID_KIND_PIN:
		set &= -set;
		break;
	case BRAID_KIND_STRIPE:
	case BRAID_KIND_COPY:
		if (first)
			set &= first;
		break;
	default:
		set = 0;
	}
	if (!set)
		return BRAID_VERDICT(BRAID_KIND_AUTO, flags, 0) |
			BRAID_VERDICT_REPLACED;
	return BRAID_VERDICT(BRAID_VERDICT_KIND(v), flags, set);
}

/*
 * Counters are u64 and this_cpu_inc() everywhere: the JIT has struct_ops
 * trampolines on 64-bit machines only.
 */
u64 braid_steer_verdict(struct braid_steer_dev *sd,
			struct braid_steer_ctx *ctx)
{
	const struct braid_peer_ctx *peer = &ctx->peer;
	const struct braid_steer_policy *p;
	u64 v = BRAID_AUTO;

	if (!peer->usable)
		return v;
	rcu_read_lock();
	p = rcu_dereference(sd->policy);
	if (p) {
		v = braid_steer_sane(peer, p->ops->steer(ctx));
		this_cpu_inc(p->stats->calls);
		if (v & BRAID_VERDICT_REPLACED)
			this_cpu_inc(p->stats->invalid);
	}
	rcu_read_unlock();
	if (BRAID_VERDICT_KIND(v) == BRAID_KIND_AUTO)
		v |= peer->usable & ~peer->standby ?: peer->usable;
	return v;
}

void braid_steer_sent(struct braid_steer_dev *sd, struct braid_sent_ctx *ctx)
{
	const struct braid_steer_policy *p;

	rcu_read_lock();
	p = rcu_dereference(sd->policy);
	if (p && p->has & BRAID_HAS_SENT)
		p->ops->sent(ctx);
	rcu_read_unlock();
}

void braid_steer_received(struct braid_steer_dev *sd,
			  struct braid_steer_ctx *ctx)
{
	const struct braid_steer_policy *p;

	rcu_read_lock();
	p = rcu_dereference(sd->policy);
	if (p && p->has & BRAID_HAS_RECEIVED)
		p->ops->received(ctx);
	rcu_read_unlock();
}

void braid_steer_path_event(struct braid_steer_dev *sd,
			    struct braid_event_ctx *ctx)
{
	const struct braid_steer_policy *p;

	rcu_read_lock();
	p = rcu_dereference(sd->policy);
	if (p && p->has & BRAID_HAS_PATH_EVENT)
		p->ops->path_event(ctx);
	rcu_read_unlock();
}

void braid_steer_report(struct braid_steer_dev *sd,
			struct braid_event_ctx *ctx)
{
	const struct braid_steer_policy *p;

	rcu_read_lock();
	p = rcu_dereference(sd->policy);
	if (p && p->has & BRAID_HAS_REPORT)
		p->ops->report(ctx);
	rcu_read_unlock();
}
