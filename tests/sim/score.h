/* SPDX-License-Identifier: GPL-2.0 */
/* What a simulated world achieved, and whether it kept its promises. */
#ifndef SIM_SCORE_H
#define SIM_SCORE_H

#include "world.h"

/* Promises that hold in every scenario; says which one broke. */
bool score_check(const struct world *w);
void score_head(void);
double score_efficiency(const struct world *w);
void score_line(const struct world *w, char *line, size_t room);
void score_detail(struct world *w);

#endif
