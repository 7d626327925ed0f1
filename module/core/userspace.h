/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What module/core takes from the kernel's headers, for userspace builds.
 * Same names, same meaning; written anew.
 */
#ifndef BRAID_CORE_USERSPACE_H
#define BRAID_CORE_USERSPACE_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#ifndef U64_MAX
#define U64_MAX		UINT64_MAX
#endif
#ifndef U16_MAX
#define U16_MAX		UINT16_MAX
#endif
#ifndef U32_MAX
#define U32_MAX		UINT32_MAX
#endif
#ifndef S64_MAX
#define S64_MAX		INT64_MAX
#endif

#define BITS_PER_BYTE	8
#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define min(a, b) ({			\
	__typeof__(a) _a = (a);		\
	__typeof__(b) _b = (b);		\
	_a < _b ? _a : _b; })
#define max(a, b) ({			\
	__typeof__(a) _a = (a);		\
	__typeof__(b) _b = (b);		\
	_a > _b ? _a : _b; })
#define min_t(t, a, b)	min((t)(a), (t)(b))
#define max_t(t, a, b)	max((t)(a), (t)(b))
#define clamp_t(t, v, lo, hi)	({	\
	t _v = (v);			\
	t _lo = (lo);			\
	t _hi = (hi);			\
	_v < _lo ? _lo : _v > _hi ? _hi : _v; })

#define container_of(ptr, type, member)	\
	((type *)((char *)(ptr) - offsetof(type, member)))

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c)
{
	return (u64)((__uint128_t)a * b / c);
}

static inline int fls64(u64 v)
{
	return v ? 64 - __builtin_clzll(v) : 0;
}

static inline unsigned int hweight64(u64 v)
{
	return __builtin_popcountll(v);
}

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *h)
{
	h->next = h;
	h->prev = h;
}

static inline bool list_empty(const struct list_head *h)
{
	return h->next == h;
}

/* Puts @e behind @at. */
static inline void list_add(struct list_head *e, struct list_head *at)
{
	e->next = at->next;
	e->prev = at;
	at->next->prev = e;
	at->next = e;
}

static inline void list_add_tail(struct list_head *e, struct list_head *h)
{
	list_add(e, h->prev);
}

static inline void list_del(struct list_head *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
}

static inline void list_del_init(struct list_head *e)
{
	list_del(e);
	INIT_LIST_HEAD(e);
}

#define list_entry(p, type, member)	container_of(p, type, member)
#define list_first_entry(h, type, member)	\
	list_entry((h)->next, type, member)
#define list_last_entry(h, type, member)	\
	list_entry((h)->prev, type, member)
#define list_for_each_entry(p, h, member)				\
	for (p = list_first_entry(h, __typeof__(*p), member);		\
	     &p->member != (h);						\
	     p = list_entry(p->member.next, __typeof__(*p), member))
#define list_for_each_entry_safe(p, n, h, member)			\
	for (p = list_first_entry(h, __typeof__(*p), member),		\
	     n = list_entry(p->member.next, __typeof__(*p), member);	\
	     &p->member != (h);						\
	     p = n, n = list_entry(n->member.next, __typeof__(*n), member))
#define list_for_each_entry_reverse(p, h, member)			\
	for (p = list_last_entry(h, __typeof__(*p), member);		\
	     &p->member != (h);						\
	     p = list_entry(p->member.prev, __typeof__(*p), member))

#endif
