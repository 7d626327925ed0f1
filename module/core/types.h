/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few types and helpers that module/core uses, for the kernel and for
 * userspace (unit tests, fuzzers, simulator). Nothing else of either world
 * may be included from module/core.
 */
#ifndef BRAID_CORE_TYPES_H
#define BRAID_CORE_TYPES_H

#ifdef __KERNEL__

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#else

#include "userspace.h"

#endif

#define BRAID_USEC_PER_MSEC	1000ULL
#define BRAID_USEC_PER_SEC	1000000ULL

/* A moment that never comes. */
#define BRAID_NEVER		(~0ULL)

static inline void braid_put16(u8 *p, u16 v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void braid_put32(u8 *p, u32 v)
{
	braid_put16(p, v >> 16);
	braid_put16(p + 2, v);
}

static inline void braid_put64(u8 *p, u64 v)
{
	braid_put32(p, v >> 32);
	braid_put32(p + 4, v);
}

static inline u16 braid_get16(const u8 *p)
{
	return (u16)p[0] << 8 | p[1];
}

static inline u32 braid_get32(const u8 *p)
{
	return (u32)braid_get16(p) << 16 | braid_get16(p + 2);
}

static inline u64 braid_get64(const u8 *p)
{
	return (u64)braid_get32(p) << 32 | braid_get32(p + 4);
}

#endif
