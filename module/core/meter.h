/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many bytes a second: over the last full second, counted from what comes,
 * without a timer.
 */
#ifndef BRAID_CORE_METER_H
#define BRAID_CORE_METER_H

#include "types.h"

/**
 * struct braid_meter - bytes over time; all zero at first
 * @begun_us: when the running second began
 * @bytes: counted in it
 * @rate: of the second before, bytes per second
 */
struct braid_meter {
	u64 begun_us;
	u64 bytes;
	u64 rate;
};

/* Bytes per second of the running second, which is at least one long. */
static inline u64 braid_meter_running(const struct braid_meter *m, u64 age_us)
{
	return div64_u64(m->bytes * BRAID_USEC_PER_SEC, age_us);
}

static inline void braid_meter_add(struct braid_meter *m, u32 bytes,
				   u64 now_us)
{
	u64 age = now_us - m->begun_us;

	if (age >= BRAID_USEC_PER_SEC) {
		m->rate = braid_meter_running(m, age);
		m->bytes = 0;
		m->begun_us = now_us;
	}
	m->bytes += bytes;
}

/* What ended long ago fades: its bytes are spread over the time since. */
static inline u64 braid_meter_read(const struct braid_meter *m, u64 now_us)
{
	u64 age = now_us - m->begun_us;

	return age >= BRAID_USEC_PER_SEC ? braid_meter_running(m, age) :
					   m->rate;
}

#endif
