/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How closely a path is watched. Probes cost packets, wake radios and hold the
 * bindings of NATs; so they follow what the path does. Data measures a path
 * better than any probe. Where there is none, the interval grows slowly to the
 * longest silence that the way allows (RFC 4787, REQ-5: a NAT may forget a UDP
 * binding after two minutes, and many do after 30 s; RFC 8085, 3.5: no more
 * often than each 15 s where that serves). Intervals are shortened at random, so
 * that paths and peers do not fall into step (RFC 8085, 3.1.3 and RFC 7675).
 */
#ifndef BRAID_CORE_HEALTH_H
#define BRAID_CORE_HEALTH_H

#include "types.h"

/* Interval of a path under full watch. */
#define BRAID_HEALTH_WATCH_US		BRAID_USEC_PER_SEC
/* Least spacing of quick probes, and most while a path is suspect or down. */
#define BRAID_HEALTH_QUICK_US		(40 * BRAID_USEC_PER_MSEC)
#define BRAID_HEALTH_DOWN_US		(500 * BRAID_USEC_PER_MSEC)
/* Until the first answer: quick at first, then at most ten seconds. */
#define BRAID_HEALTH_FIRST_US		(100 * BRAID_USEC_PER_MSEC)
#define BRAID_HEALTH_PROBING_US		(10 * BRAID_USEC_PER_SEC)
/* Probes of a path that has just come up: one sample of its delay is none. */
#define BRAID_HEALTH_TRAIN		4
/*
 * Longest silence unless told otherwise: 30 s, the shortest lifetime of UDP
 * bindings that is common (Linux before the second packet, many carriers), less
 * what a packet takes.
 */
#define BRAID_HEALTH_KEEPALIVE_US	(29 * BRAID_USEC_PER_SEC)
#define BRAID_HEALTH_KEEPALIVE_MIN_US	(1 * BRAID_USEC_PER_SEC)
#define BRAID_HEALTH_KEEPALIVE_MAX_US	(3600 * BRAID_USEC_PER_SEC)
/* An end that only answers tries its own way once in so many keepalives. */
#define BRAID_HEALTH_OWN		3
/* No interval: nothing is probed. */
#define BRAID_HEALTH_NONE		(~0ULL)

/**
 * enum braid_health_state - what the path does, hence how it is watched
 * @BRAID_HEALTH_PROBING: no probe was answered yet: from 100 ms to 10 s
 * @BRAID_HEALTH_BUSY: carries data, and reports tell of it: no probes
 * @BRAID_HEALTH_ACTIVE: others carry data, or its own is not reported: each
 *	second
 * @BRAID_HEALTH_IDLE: the peer gets no data: from one second to the keepalive
 * @BRAID_HEALTH_DORMANT: cold: no probes
 * @BRAID_HEALTH_SUSPECT: a probe timeout apart, 40 to 500 ms
 * @BRAID_HEALTH_DOWN: half a second while data waits for paths, else from that
 *	to the keepalive
 *
 * The order is that of the netlink attribute.
 */
enum braid_health_state {
	BRAID_HEALTH_PROBING,
	BRAID_HEALTH_BUSY,
	BRAID_HEALTH_ACTIVE,
	BRAID_HEALTH_IDLE,
	BRAID_HEALTH_DORMANT,
	BRAID_HEALTH_SUSPECT,
	BRAID_HEALTH_DOWN,
	BRAID_HEALTH_STATES,
};

/* What is believed of the path: see enum braid_path_state. */
enum braid_health_life {
	BRAID_HEALTH_LIFE_NEW,
	BRAID_HEALTH_LIFE_UP,
	BRAID_HEALTH_LIFE_COLD,
	BRAID_HEALTH_LIFE_SUSPECT,
	BRAID_HEALTH_LIFE_DOWN,
};

/**
 * struct braid_health_seen - what is seen of a path and its peer
 * @life: is it alive?
 * @data: data was sent on it in the last two seconds
 * @silent: for a second data was sent on it and no report told of any
 * @wanted: data was sent to the peer in the last two seconds, on any path
 */
struct braid_health_seen {
	enum braid_health_life life;
	bool data;
	bool silent;
	bool wanted;
};

/**
 * struct braid_health - the watch of one path
 * @state: what it does
 * @since_us: since when
 * @wait_us: interval of its probes now, not yet shortened at random; in states
 *	without probes, until it is looked at again, or BRAID_HEALTH_NONE
 * @keepalive_us: longest silence while idle
 * @train: quick probes that are still to be sent
 */
struct braid_health {
	enum braid_health_state state;
	u64 since_us;
	u64 wait_us;
	u32 keepalive_us;
	u32 train;
};

/* A path begins: PROBING. The keepalive stays. */
void braid_health_start(struct braid_health *h, u64 now_us);
/* Somebody asks for a probe: intervals begin anew, one probe goes anyway. */
void braid_health_ask(struct braid_health *h);

/**
 * braid_health_update - what does the path do now?
 * @h: its watch
 * @seen: what is seen of it
 * @now_us: our clock
 * @delay_us: until its next probe, when the state has changed:
 *	BRAID_HEALTH_NONE for never
 *
 * Return: the state has changed.
 */
bool braid_health_update(struct braid_health *h,
			 const struct braid_health_seen *seen, u64 now_us,
			 u64 *delay_us);

/**
 * braid_health_next - a probe went
 * @h: its watch
 * @wanted: as in struct braid_health_seen
 * @pto_us: probe timeout (RFC 9002) of the path
 * @random: any number
 *
 * An interval is never longer than 1.5 times the one before, the random part
 * included, except after a train.
 *
 * Return: until the next one.
 */
u64 braid_health_next(struct braid_health *h, bool wanted, u32 pto_us,
		      u32 random);

/**
 * braid_health_answered - a probe of the peer's was answered
 * @h: its watch
 * @proven_us: when an answer or a report last proved our own way
 * @now_us: our clock
 * @random: any number
 * @delay_us: until our next probe
 *
 * On an idle path that serves in place of a probe of ours: it held the NAT's
 * binding, and who probed has the answer. The next turn is ours, so that both
 * ends' ways are proven in time; a peer that probes more often than we do cannot
 * put off ours for ever.
 *
 * Return: it does serve.
 */
bool braid_health_answered(struct braid_health *h, u64 proven_us, u64 now_us,
			   u32 random, u64 *delay_us);

/* A new keepalive; an interval that is longer ends with it. */
void braid_health_keepalive(struct braid_health *h, u32 keepalive_us);

/* Is a probe sent when its time has come? */
static inline bool braid_health_probes(const struct braid_health *h)
{
	return h->train || (h->state != BRAID_HEALTH_BUSY &&
			    h->state != BRAID_HEALTH_DORMANT);
}

/* Why it is watched so, one sentence. */
const char *braid_health_why(const struct braid_health *h);

#endif
