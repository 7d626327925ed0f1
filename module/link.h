/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links that go down or come up: paths bound to them need no reports to know.
 */
#ifndef BRAID_LINK_H
#define BRAID_LINK_H

int braid_link_init(void);
void braid_link_exit(void);

#endif
