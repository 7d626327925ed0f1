/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a service manager wants to hear (sd_notify(3)).
 */
#ifndef BD_NOTIFY_H
#define BD_NOTIFY_H

/* "READY=1" and the like; nothing happens where nobody listens. */
void bd_notify(const char *text);

#endif
