// SPDX-License-Identifier: GPL-2.0
#include "config-quota.h"

#include <errno.h>

#include "config.h"
#include "inifile.h"

int br_quota_period_key(struct br_ini_parser *p, struct br_config_path *path,
			const char *value)
{
	return br_period_parse(value, &path->period) ?
	       br_ini_refuse(p, "'%s' is not month, week, day, or a time from 1s to 366d",
			     value) : 0;
}

int br_quota_reset_key(struct br_ini_parser *p, struct br_config_path *path,
		       const char *value)
{
	return br_period_reset_parse(value, &path->reset) ?
	       br_ini_refuse(p, "'%s' is not a day of a month (1 to 31) or of a week (mon to sun), a time (HH:MM), or both",
			     value) : 0;
}

/* A month's reset has a day, a week's a weekday, a day's a time alone. */
static int reset_take(struct br_ini_parser *p, struct br_config_path *path)
{
	if (path->period.kind == BR_PERIOD_NONE)
		path->period.kind = BR_PERIOD_MONTH;
	if (path->period.kind != path->reset.kind)
		return br_fail(p->err, BR_FILE, EINVAL,
			"path %s: QuotaReset does not fit QuotaPeriod: a month has a day (1 to 31), a week a weekday, a day only a time, and nothing else has any",
			path->path.name);
	path->period = path->reset;
	return 0;
}

int br_quota_section(struct br_ini_parser *p, struct br_config_path *path)
{
	if ((br_ini_has(p, "QuotaPeriod") || br_ini_has(p, "QuotaReset")) &&
	    !br_ini_has(p, "Quota"))
		return br_fail(p->err, BR_FILE, EINVAL,
			"path %s: QuotaPeriod and QuotaReset need Quota",
			path->path.name);
	return br_ini_has(p, "QuotaReset") ? reset_take(p, path) : 0;
}

/* Only braidd renews; without it a budget is renewed by hand. */
int br_quota_file(struct br_ini_parser *p)
{
	struct br_config *c = p->config;
	struct br_config_path *path;
	unsigned int i;

	for (i = 0; i < c->n_paths; i++) {
		path = &c->paths[i];
		if (!path->path.quota)
			continue;
		if (!c->private_key_file &&
		    path->period.kind != BR_PERIOD_NONE)
			return br_fail(p->err, BR_FILE, EINVAL,
				"%s: path %s: QuotaPeriod needs braidd, and so PrivateKeyFile in [Device]",
				p->path, path->path.name);
		if (c->private_key_file &&
		    path->period.kind == BR_PERIOD_NONE)
			br_period_parse("month", &path->period);
	}
	return 0;
}
