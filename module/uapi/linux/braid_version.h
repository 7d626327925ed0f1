/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The version of module, programs and packages: they are one.
 */
#ifndef _UAPI_LINUX_BRAID_VERSION_H
#define _UAPI_LINUX_BRAID_VERSION_H

#define BRAID_VERSION	"0.1.0"

#endif
