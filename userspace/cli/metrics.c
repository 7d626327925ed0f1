// SPDX-License-Identifier: GPL-2.0
/* What braidd tells Prometheus of the kernel, without braidd. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"
#include "verbs.h"

static int metrics(struct br_call *call)
{
	const char *format = br_call_text(call, "format");
	struct br_exposition x = { 0 };
	struct br_snapshot s = { 0 };
	struct br_nl *nl;
	uint32_t ifindex;
	int ret;

	x.open_metrics = format && !strcmp(format, "openmetrics");
	ret = br_call_open(call, &ifindex, &nl);
	if (ret)
		return ret;
	ret = br_snapshot_read(nl, ifindex, &s, &call->err);
	br_nl_close(nl);
	if (!ret && ifindex && !br_tree_device(&s.tree, ifindex))
		ret = br_fail(&call->err, BR_KERNEL, ENODEV,
			      "%s: not a braid device",
			      br_call_text(call, "dev"));
	if (!ret)
		ret = br_metrics_write(&x, &s, ifindex);
	if (!ret)
		ret = br_exposition_end(&x);
	if (!ret)
		fwrite(x.text, 1, x.len, call->out.file);
	free(x.text);
	br_snapshot_free(&s);
	return ret;
}

const struct br_command br_metrics_commands[] = {
	{
		"metrics", NULL, NULL,
		{
			BR_WORD_ANY_DEV,
			{ "format", "prometheus|openmetrics", BR_WORD_CHOICE,
			  0, "prometheus|openmetrics" },
		},
		metrics, "all figures as Prometheus reads them",
	},
	{ NULL }
};
