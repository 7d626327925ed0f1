/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How large a packet a path carries, found by probing (RFC 8899, datagram
 * packetization layer path MTU discovery). Sizes are of the outer IP packet.
 * Probes are authenticated by what carries them; what nobody authenticates
 * (ICMP) can only cause a probe.
 */
#ifndef BRAID_CORE_PMTU_H
#define BRAID_CORE_PMTU_H

#include "types.h"

/* Unanswered probes of a size until it is taken not to pass. */
#define BRAID_PMTU_PROBES	3
/* As long as nothing at all is answered, probes double their wait so often. */
#define BRAID_PMTU_DOUBLINGS	6
/* A path that carries less than its link is asked for more this often. */
#define BRAID_PMTU_RAISE_US	(600 * BRAID_USEC_PER_SEC)
/* Claims of unknown origin are listened to no more often than this. */
#define BRAID_PMTU_CLAIM_US	(10 * BRAID_USEC_PER_SEC)
/* The search ends when it knows the size this exactly. */
#define BRAID_PMTU_STEP		4
/* Large packets lost in a row, none delivered, that make the size suspect. */
#define BRAID_PMTU_LOSSES	8

/* Taken to pass without proof; no probe and no silence leads below it. */
enum braid_pmtu_base {
	BRAID_PMTU_BASE4 = 1200,
	BRAID_PMTU_BASE6 = 1280,	/* IPv6 promises so much */
};

enum braid_pmtu_phase {
	BRAID_PMTU_WAIT,	/* not started */
	BRAID_PMTU_SEARCH,	/* looks for the largest size that passes */
	BRAID_PMTU_VERIFY,	/* asks whether the known size still passes */
	BRAID_PMTU_FOUND,	/* knows */
};

/**
 * struct braid_pmtu - what is known of a path's size
 * @phase: see there
 * @base: taken to pass without proof
 * @link: largest size that the link here takes, 0 while unknown
 * @size: largest size that passes
 * @top: smallest size that does not, or @link plus one
 * @hint: a size that somebody claims to be the right one, 0 for none
 * @probe: size that is being asked for
 * @tries: probes of @probe sent
 * @small: a small packet came through after the last of these
 * @proven: @size was answered, not assumed
 * @known: a search has ended with @size: what is asked for now may only be more
 * @accused: the losses of large packets are why @size is verified
 * @doubt: and it was not answered at once: @base is used until that is clear
 * @flushed: large packets were given up together with all else that flew
 * @run: large packets lost since the last that was delivered
 * @run_size: smallest of them
 * @raise_us: when more may be asked for
 * @claim_us: when somebody's claim is listened to again
 * @due_us: when something is to be done next, or BRAID_NEVER
 */
struct braid_pmtu {
	enum braid_pmtu_phase phase;
	u32 base;
	u32 link;
	u32 size;
	u32 top;
	u32 hint;
	u32 probe;
	u32 tries;
	bool small;
	bool proven;
	bool known;
	bool accused;
	bool doubt;
	bool flushed;
	u32 run;
	u32 run_size;
	u64 raise_us;
	u64 claim_us;
	u64 due_us;
};

void braid_pmtu_init(struct braid_pmtu *p, bool ipv6);

/* The link takes @link: when that is new, so is the search. */
void braid_pmtu_link(struct braid_pmtu *p, u32 link, u64 now_us);
/* The path is there again: what was known of it is verified or searched. */
void braid_pmtu_start(struct braid_pmtu *p, u64 now_us);
/* Somebody whom we trust wants to know whether more passes by now. */
void braid_pmtu_raise(struct braid_pmtu *p, u64 now_us);

/**
 * braid_pmtu_poll - is a probe due?
 * @p: state
 * @busy: data flows; without it nobody profits from asking for more
 * @wait_us: how long to wait for the answer
 * @now_us: now
 *
 * Return: the size of the probe to send now, or 0. What passes may have
 * changed.
 */
u32 braid_pmtu_poll(struct braid_pmtu *p, bool busy, u64 wait_us, u64 now_us);

/*
 * The probe just polled is the last of its size: a small one goes after it. The
 * size is given up only when that came through.
 */
static inline bool braid_pmtu_last(const struct braid_pmtu *p)
{
	return p->tries >= BRAID_PMTU_PROBES;
}

/* A probe of @size came through. */
void braid_pmtu_answered(struct braid_pmtu *p, u32 size, u64 now_us);
/* The small packet after the last one came through. */
void braid_pmtu_small(struct braid_pmtu *p);

/*
 * Somebody unknown claims that @size is the most that passes: asks for what is
 * known to pass, and for @size should that have changed. False: not listened to.
 */
bool braid_pmtu_hint(struct braid_pmtu *p, u32 size, u64 now_us);

/* A data packet of @size was reported, or is lost. */
void braid_pmtu_delivered(struct braid_pmtu *p, u32 size);
void braid_pmtu_lost(struct braid_pmtu *p, u32 size, u64 now_us);
/* It was given up since the path was thought dead; and small packets pass. */
void braid_pmtu_flushed(struct braid_pmtu *p, u32 size);
void braid_pmtu_cleared(struct braid_pmtu *p, u64 now_us);

/* What may be sent in one piece now. */
static inline u32 braid_pmtu_now(const struct braid_pmtu *p)
{
	return p->doubt ? min(p->base, p->size) : p->size;
}

/* And what may be staked on a packet that was lost once already. */
static inline u32 braid_pmtu_sure(const struct braid_pmtu *p)
{
	return p->phase == BRAID_PMTU_VERIFY ? min(p->base, p->size) :
					       braid_pmtu_now(p);
}

/* Its size is no more than a guess that will soon be better. */
static inline bool braid_pmtu_open(const struct braid_pmtu *p)
{
	return !p->known || p->doubt;
}

const char *braid_pmtu_phase_name(const struct braid_pmtu *p);

/**
 * struct braid_pmtu_way - a path among which a flow's packets are spread
 * @mtu: largest inner packet that it carries
 * @rate: its rate, 0 for unknown
 */
struct braid_pmtu_way {
	u32 mtu;
	u64 rate;
};

/**
 * braid_pmtu_best - the inner packet size that carries most over all paths
 * @way: the paths
 * @n: how many
 *
 * Smaller packets may use more paths, larger ones have less overhead. Return:
 * one of the sizes, 0 when there is no path.
 */
u32 braid_pmtu_best(const struct braid_pmtu_way *way, unsigned int n);

#endif
