// SPDX-License-Identifier: GPL-2.0
#include "apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "policy.h"
#include "rulemap.h"
#include "text.h"
#include "total.h"
#include "work.h"

static int device_up(struct br_work *w)
{
	const struct br_config *c = w->config;
	struct br_made made = { .kind = BR_MADE_DEVICE, .device = c->name };
	int ret;

	ret = br_rt_link_find(w->rt, c->name, &w->ifindex, w->err);
	if (ret != -ENODEV)
		return ret;
	ret = br_rt_link_add(w->rt, c->name, c->mtu, w->err);
	if (!ret)
		ret = br_undo_note(&w->undo, &made, w->err);
	w->fresh = !ret;
	if (!ret)
		ret = br_rt_link_find(w->rt, c->name, &w->ifindex, w->err);
	return ret;
}

static int mtu_set(struct br_work *w, uint32_t had)
{
	const struct br_config *c = w->config;
	struct br_link_change change = { .mtu = c->mtu, .up = 1 };
	struct br_made made = {
		.kind = BR_SET_MTU, .of = c->name, .mtu = had,
	};
	int ret;

	ret = br_rt_link_change(w->rt, c->name, &change, w->err);
	if (ret || w->fresh || !c->mtu || c->mtu == had)
		return ret;
	w->changes++;
	if (w->told)
		fprintf(w->told, "%s: mtu is now %u, was %u\n", c->name,
			c->mtu, had);
	return br_undo_note(&w->undo, &made, w->err);
}

static int policy_load(struct br_work *w)
{
	struct br_made made = {
		.kind = BR_MADE_POLICY, .device = w->config->policy,
	};
	int ret;

	if (!w->config->policy[0])
		return 0;
	ret = br_policy_ensure(w->nl, w->config->policy, w->err);
	return ret <= 0 ? ret : br_undo_note(&w->undo, &made, w->err);
}

static int device_set(struct br_work *w, const struct br_device *have,
		      struct br_device *wanted)
{
	struct br_made made = { .kind = BR_SET_DEVICE };
	int ret;

	if (!br_work_diff(w, &br_device_type, "device", have, wanted,
			  &made.settings))
		return 0;
	ret = br_nl_do(w->nl, BRAID_CMD_DEVICE_SET, &br_device_type, wanted,
		       NULL, w->err);
	return ret ? ret : br_undo_note(&w->undo, &made, w->err);
}

static int policy_set(struct br_work *w, const struct br_device *have)
{
	struct br_device wanted = { .ifindex = w->ifindex };

	br_fill(wanted.policy, w->config->policy);
	br_set_has(&br_device_type, &wanted, "policy");
	return device_set(w, have, &wanted);
}

/*
 * A size that the file asks for stays, even when it is that of the paths. When
 * it is another, the line that tells of it tells this, too.
 */
static int auto_set(struct br_work *w, const struct br_device *have)
{
	struct br_device wanted = {
		.ifindex = w->ifindex, .mtu_auto = !w->config->mtu,
	};
	FILE *told = w->told;
	int ret;

	br_set_has(&br_device_type, &wanted, "mtu-auto");
	if (w->config->mtu && w->config->mtu != have->mtu)
		w->told = NULL;
	ret = device_set(w, have, &wanted);
	w->told = told;
	return ret;
}

/*
 * The device's own settings: policy, whether the MTU follows the paths, MTU, up.
 * In this order: to set an MTU is to keep it, also when it is undone.
 */
static int settings_up(struct br_work *w)
{
	struct br_device ask = { .ifindex = w->ifindex }, have = { 0 };
	FILE *told = w->told;
	int ret;

	ret = br_nl_do(w->nl, BRAID_CMD_DEVICE_GET, &br_device_type, &ask,
		       &have, w->err);
	if (!ret)
		ret = policy_load(w);
	/* of a new device nothing has changed */
	if (w->fresh)
		w->told = NULL;
	if (!ret)
		ret = policy_set(w, &have);
	if (!ret)
		ret = auto_set(w, &have);
	w->told = told;
	if (!ret)
		ret = mtu_set(w, have.mtu);
	br_object_free(&br_device_type, &have);
	return ret;
}

/* Commands find the device's name in BRAID_DEVICE. */
static int run(const struct br_config *c,
	       const struct br_config_texts *commands, const char *key,
	       struct br_error *err)
{
	unsigned int i;
	int status;

	setenv("BRAID_DEVICE", c->name, 1);
	for (i = 0; i < commands->n; i++) {
		status = system(commands->text[i]);
		if (status == -1)
			return br_fail(err, BR_FILE, errno, "%s: %s", key,
				       strerror(errno));
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			return br_fail(err, BR_FILE, ECANCELED,
				       "%s: '%s' failed (%d)", key,
				       commands->text[i],
				       WIFEXITED(status) ?
				       WEXITSTATUS(status) : -1);
	}
	return 0;
}

static int all_up(struct br_work *w)
{
	const struct br_config *c = w->config;
	unsigned int i;
	int ret;

	ret = br_work_keys_check(w);
	if (!ret)
		ret = device_up(w);
	if (ret)
		return ret;
	w->nl = br_nl_open(w->err);
	if (!w->nl)
		return -w->err->code;
	ret = settings_up(w);
	for (i = 0; !ret && i < c->address.n; i++)
		ret = br_work_address(w, &c->address.p[i]);
	if (!ret)
		ret = br_work_peers(w);
	if (!ret)
		ret = br_work_rules(w);
	if (!ret)
		ret = br_work_steering(w);
	if (!ret)
		ret = br_work_keys(w);
	/* a second up of a tunnel that is up changes nothing, commands least */
	if (!ret && w->fresh)
		ret = run(c, &c->post_up, "PostUp", w->err);
	return ret;
}

static void told_print(const struct br_work *w, const char *text, FILE *told)
{
	if (!w->fresh && !w->changes)
		fprintf(told, "%s: already up\n", w->config->name);
	else if (text)
		fputs(text, told);
}

int br_apply_up(const struct br_config *config, FILE *told,
		struct br_error *err)
{
	struct br_work w = { .config = config, .err = err };
	char *text = NULL;
	size_t len;
	int ret;

	w.rt = br_rt_open(err);
	if (!w.rt)
		return -err->code;
	/* only told when it is not undone; without memory not at all */
	w.told = told ? open_memstream(&text, &len) : NULL;
	ret = all_up(&w);
	if (ret) {
		br_where(err, "%s", config->name);
		br_undo_all(&w.undo, w.nl, w.rt, w.ifindex);
	}
	br_undo_forget(&w.undo);
	br_nl_close(w.nl);
	br_rt_close(w.rt);
	if (w.told)
		fclose(w.told);
	if (!ret && told)
		told_print(&w, text, told);
	free(text);
	return ret;
}

/* What policies know of the device would stay behind. */
static void steering_down(uint32_t ifindex)
{
	struct br_error ignored;
	struct br_nl *nl = br_nl_open(&ignored);

	if (!nl)
		return;
	br_rulemap_forget(nl, ifindex);
	br_total_forget(nl, ifindex, false);
	br_nl_close(nl);
}

/* Return: 0; or why the device, or a command, could not be done with */
static int device_down(const struct br_config *config, struct br_rt *rt,
		       uint32_t ifindex, struct br_error *err)
{
	struct br_error why;
	int ret, failed;

	/* a command that fails is told of, and keeps nothing up */
	failed = run(config, &config->pre_down, "PreDown", &why);
	steering_down(ifindex);
	ret = br_rt_link_del(rt, config->name, err);
	if (!ret && failed) {
		*err = why;
		ret = failed;
	}
	return ret;
}

int br_apply_down(const struct br_config *config, struct br_error *err)
{
	struct br_rt *rt = br_rt_open(err);
	unsigned int rules;
	uint32_t ifindex;
	int ret;

	if (!rt)
		return -err->code;
	ret = br_rt_link_find(rt, config->name, &ifindex, err);
	if (!ret)
		ret = device_down(config, rt, ifindex, err);
	else if (ret != -ENODEV)
		goto out_close;
	rules = br_rules_down(config, rt);
	/* somebody deleted the device alone */
	if (ret == -ENODEV && rules)
		ret = 0;
out_close:
	br_rt_close(rt);
	return ret ? br_where(err, "%s", config->name) : 0;
}
