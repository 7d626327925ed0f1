// SPDX-License-Identifier: GPL-2.0
#include "sched.h"

#define NSEC_PER_USEC	1000LL
#define NSEC_PER_SEC	1000000000ULL

#define CODEL_TARGET_US		5000
#define CODEL_INTERVAL_US	100000
#define PIPE_STEP_US		BRAID_USEC_PER_SEC

/* Time that @bytes (below 2^32) take. */
static u64 span_ns(u64 bytes, u64 rate)
{
	return div64_u64(bytes * NSEC_PER_SEC, rate);
}

/* Until a packet that is admitted now would begin to leave. */
static u64 wait_ns(const struct braid_way *w, u64 now_ns)
{
	u64 ns = span_ns(w->backlog, w->rate);

	if (w->free_ns > now_ns)
		ns += w->free_ns - now_ns;
	return ns;
}

/* From then to its arrival, on a scale that all ways share. */
static s64 delay_ns(const struct braid_way *w, u32 size)
{
	return w->owd_us * NSEC_PER_USEC + (s64)span_ns(size, w->rate);
}

static s64 largest_delay(const struct braid_way *way, u32 set, u32 size)
{
	s64 d, largest = 0;
	bool any = false;
	u32 i;

	for (i = 0; i < 32; i++) {
		if (!(set >> i & 1))
			continue;
		d = delay_ns(&way[i], size);
		if (!any || d > largest)
			largest = d;
		any = true;
	}
	return largest;
}

u32 braid_sched_near(const struct braid_way *way, u32 set, u32 most_us)
{
	s64 least = S64_MAX;
	u32 i, near = 0;

	for (i = 0; i < 32; i++)
		if (set >> i & 1)
			least = min(least, way[i].owd_us);
	for (i = 0; i < 32; i++)
		if (set >> i & 1 && way[i].owd_us - least <= (s64)most_us)
			near |= 1U << i;
	return near;
}

/*
 * With w the wait and d the delay, a path admits while w <= largest d - d +
 * 1 ms, that is while w + d, its arrival, is at most the largest d + 1 ms:
 * the same bound for all paths. So the earliest arrival decides alone. A
 * full set, in turn, has w + d alike on all paths, and that is why packets
 * then arrive in the order in which they were admitted.
 */
int braid_sched_pick(const struct braid_way *way, u32 set, u32 size,
		     u64 now_ns, u64 *wake_ns)
{
	s64 bound, arrival, best_arrival = 0;
	int best = -ENETUNREACH;
	u32 i;

	if (!set)
		return -ENETUNREACH;
	bound = largest_delay(way, set, size) + (s64)BRAID_ADMIT_NS;
	for (i = 0; i < 32; i++) {
		if (!(set >> i & 1))
			continue;
		arrival = (s64)wait_ns(&way[i], now_ns) +
			  delay_ns(&way[i], size);
		if (best < 0 || arrival < best_arrival) {
			best = i;
			best_arrival = arrival;
		}
	}
	if (best_arrival <= bound)
		return best;
	*wake_ns = now_ns + (u64)(best_arrival - bound);
	return -EAGAIN;
}

int braid_sched_any(const struct braid_way *way, u32 set, u32 size, u64 now_ns,
		    u64 *wake_ns)
{
	u64 wait, soonest = BRAID_NEVER;
	s64 arrival, best_arrival = 0;
	int best = -ENETUNREACH;
	u32 i;

	for (i = 0; i < 32; i++) {
		if (!(set >> i & 1))
			continue;
		wait = wait_ns(&way[i], now_ns);
		soonest = min(soonest, wait);
		if (wait > BRAID_ADMIT_NS)
			continue;
		arrival = (s64)wait + delay_ns(&way[i], size);
		if (best < 0 || arrival < best_arrival) {
			best = i;
			best_arrival = arrival;
		}
	}
	if (best >= 0 || !set)
		return best;
	*wake_ns = now_ns + soonest - BRAID_ADMIT_NS;
	return -EAGAIN;
}

int braid_sched_quickest(const struct braid_way *way, u32 set, u64 now_ns)
{
	s64 arrival, best_arrival = 0;
	int best = -ENETUNREACH;
	u32 i;

	for (i = 0; i < 32; i++) {
		if (!(set >> i & 1))
			continue;
		arrival = (s64)wait_ns(&way[i], now_ns) + delay_ns(&way[i], 0);
		if (best < 0 || arrival < best_arrival) {
			best = i;
			best_arrival = arrival;
		}
	}
	return best;
}

u32 braid_sched_skew(const struct braid_way *way, u32 set, u32 slot)
{
	s64 skew = largest_delay(way, set, 0) - delay_ns(&way[slot], 0);

	if (skew <= 0)
		return 0;
	return min_t(u64, div_u64(skew, NSEC_PER_USEC), U32_MAX);
}

static void pipe_update(struct braid_pipe *pipe, u64 bytes, u64 now_us)
{
	if (bytes >= pipe->bytes - pipe->bytes / 16) {
		pipe->bytes = max(pipe->bytes, bytes);
		pipe->at_us = now_us;
	} else if (now_us >= pipe->at_us + BRAID_PIPE_US) {
		pipe->bytes -= pipe->bytes / 16;
		pipe->at_us += PIPE_STEP_US;
	}
}

void braid_sched_codel(struct braid_pipe *pipe, u64 rate, u32 rtt_us,
		       u64 now_us, u32 *target_us, u32 *interval_us)
{
	u32 target = max_t(u32, rtt_us / 5 * 2, CODEL_TARGET_US);
	u64 held_us, more_us;

	rate = max(rate, 1ULL);
	pipe_update(pipe, mul_u64_u64_div_u64(rate, rtt_us + target,
					      BRAID_USEC_PER_SEC), now_us);
	held_us = mul_u64_u64_div_u64(pipe->bytes, BRAID_USEC_PER_SEC, rate);
	if (held_us > (rtt_us + target) * 9 / 8) {
		more_us = min_t(u64, held_us * 5 / 4 - rtt_us,
				BRAID_PIPE_QUEUE_US);
		target = max_t(u64, target, more_us);
	}
	*target_us = target;
	*interval_us = max_t(u32, max_t(u32, 6 * rtt_us, 4 * (rtt_us + target)),
			     CODEL_INTERVAL_US);
}

u64 braid_pace_next(u64 free_ns, u64 now_ns, u32 size, u64 rate)
{
	if (now_ns > free_ns + BRAID_PACE_CREDIT_NS)
		free_ns = now_ns - BRAID_PACE_CREDIT_NS;
	return free_ns + span_ns(size, rate);
}
