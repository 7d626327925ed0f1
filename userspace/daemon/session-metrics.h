/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the daemon knows and the kernel does not, as metrics: sessions and the
 * gate. Documentation/metrics.md has all of them.
 */
#ifndef BD_SESSION_METRICS_H
#define BD_SESSION_METRICS_H

#include "exposition.h"
#include "gate.h"

/* Every family, up to NULL */
extern const struct br_metric *const bd_metrics[];

/* All of them but that of the scrape itself. */
void bd_metrics_write(struct br_exposition *x, const struct bd_gate *gate,
		      const char *device, uint64_t now);
/* What reading the kernel and writing the page took: the last one of a page. */
void bd_metrics_took(struct br_exposition *x, const char *device,
		     uint64_t microseconds);

#endif
