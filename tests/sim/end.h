/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One end of a tunnel: what the module does around module/core, without skbs,
 * sockets and ciphers. send.c is the way out, recv.c the way in.
 */
#ifndef SIM_END_H
#define SIM_END_H

#include "core/loss.h"
#include "core/rate.h"
#include "core/replay.h"
#include "core/reseq.h"
#include "core/sched.h"
#include "core/thin.h"
#include "link.h"
#include "tcp.h"

#define SIM_PATHS	4
#define SIM_OVERHEAD	64	/* outer IPv4, UDP, braid */
#define SIM_LANES	64
#define DELIVERED_WORDS	4096	/* numbers whose delivery is remembered: 2^18 */
#define END_BINS	600	/* of 100 ms */

/**
 * struct knobs - what the module decides besides core, to be tuned here
 * @report_us: least time between two reports, and after a gap
 * @report_div: the shortest round trip over this is the usual time
 * @report_max_us: but no more than this
 * @repair: repairs of one packet, at most
 * @slack_ns: pacing: how much too early is not worth a timer
 * @late_ns: timers of the machine come up to this much late
 * @stall_us: now and then (each 100 to 500 ms) the machine does nothing for
 *	2 ms up to this long, 0 for never
 * @cap_us: the resequencer's longest hold
 * @limit_bytes: the resequencer's bound
 * @records: packets in flight that a path remembers
 * @codel_target_us: instead of the formula, 0 for not
 * @schedule_us: time between schedules
 * @repair_quarters: repair time: quarters of the second shortest round trip
 * @repair_extra_us: and this
 * @thin: acknowledgments of young flows are thinned out
 * @skew_us: paths that are longer by more are left out
 * @margin_us: lateness that makes a path suspect
 */
struct knobs {
	u32 report_us;
	u32 report_div;
	u32 report_max_us;
	u32 repair;
	u64 slack_ns;
	u64 late_ns;
	u32 stall_us;
	u32 cap_us;
	u32 limit_bytes;
	u32 records;
	u32 codel_target_us;
	u32 schedule_us;
	u32 margin_us;
	u32 repair_quarters;
	u32 repair_extra_us;
	u32 skew_us;
	bool thin;
};

/* An inner packet that was stamped. */
struct stamped {
	struct stamped *next;
	struct inner *inner;
	u64 gseq;
	u64 stamped_ns;
	u16 lane;
	u16 back;
	u32 size;
	u32 repairs;
};

struct stamped_list {
	struct stamped *head;
	struct stamped *tail;
};

enum path_state {
	PATH_NEW,
	PATH_UP,
	PATH_SUSPECT,	/* nothing comes back: probes decide */
};

struct end;

/* Acknowledgments of one flow, as the module's braid_ack_flow. */
struct sim_acks {
	struct braid_thin thin;
	struct inner *held;
	struct event due;
	struct end *end;
};

/**
 * struct path - one path of an end, both directions
 * @end: whose
 * @id: index, and id on the wire
 * @out: the link it sends to
 * @state: what we believe of it
 * @loss: packets in flight, and so on for the rest of core
 * @front: band of packets that go ahead
 * @fifo: stamped packets, in order
 * @backlog: bytes in both
 * @ahead: bytes in @front
 * @free_ns: by pacing
 * @active: as the schedule says
 * @since: likewise
 * @lane_us: when a packet with a lane was admitted last
 * @probe_us: when the next probe is due
 * @seen: packets that came, for reports
 * @bytes: received
 * @arrival_us: of the highest number
 * @heard_us: when anything came
 * @dirty: there is something to report
 */
struct path {
	struct end *end;
	u16 id;
	struct link *out;
	enum path_state state;
	struct braid_loss loss;
	struct braid_rtt rtt;
	struct braid_owd owd;
	struct braid_rate rate;
	struct stamped_list front;
	struct stamped_list fifo;
	u32 backlog;
	u32 ahead;
	u64 free_ns;
	bool active;
	u64 since;
	u64 lane_us;
	u64 probe_us;
	u64 probe_wait_us;
	u64 up_us;
	struct braid_replay seen;
	u64 bytes;
	u64 arrival_us;
	u64 heard_us;
	bool dirty;
	u32 win_lost;
	u32 win_sent;
	u64 sent_bytes;
	u64 repaired;
	u64 suspected;
	u32 rate_log[END_BINS];	/* kbit/s each 100 ms */
};

/**
 * struct end - one end
 * @offset_us: its clock minus the simulation's
 * @deliver: gets inner packets
 */
struct end {
	struct clock *clock;
	struct knobs knobs;
	const char *name;
	u64 offset_us;
	struct path path[SIM_PATHS];
	u32 n_paths;
	struct fairq fq;
	struct braid_pipe pipe;
	struct sim_acks acks[SIM_FLOWS];
	u64 thinned;
	u64 gseq;
	u64 lane_last[SIM_LANES];
	struct stamped_list readmit;
	u64 repair_credit;
	u32 flight_us;
	u64 flight_until_us;
	u64 peer_us;
	u64 reported_us;
	u32 schedule_seq;
	u64 schedule_us;
	bool schedule_due;
	struct event timer;
	u64 timer_ns;
	struct event report_timer;
	struct event reseq_timer;
	struct event tick;
	struct event stall;
	bool stalled;
	struct packet *held;
	struct packet *held_tail;
	bool pumping;
	bool again;

	struct braid_reseq reseq;
	struct braid_lane lane[SIM_LANES];
	u64 seen[BRAID_SEEN_WORDS];
	void (*deliver)(void *to, struct inner *in);
	void *to;

	/* checks and score */
	u64 delivered[DELIVERED_WORDS];
	u64 lane_next[SIM_LANES];
	u64 late;
	u64 twice;
	u64 reports;
	u64 repairs;
	u64 data_packets;
	u64 control_bytes;
	u64 replayed;
};

static inline u64 end_us(const struct end *e)
{
	return e->clock->now_ns / NSEC_PER_USEC + e->offset_us;
}

static inline u64 end_ns(const struct end *e)
{
	return e->clock->now_ns + e->offset_us * NSEC_PER_USEC;
}

void end_init(struct end *e, struct clock *c, const struct knobs *k,
	      const char *name, u64 offset_us);
void end_add_path(struct end *e, struct link *out);
void end_start(struct end *e);
void end_fini(struct end *e);
/* An inner packet to be carried. */
void end_xmit(struct end *e, struct inner *in);
/* An outer packet that came. */
void end_receive(struct end *e, struct packet *p);

/* send.c for recv.c and back */
void send_pump(struct end *e);
void send_tick(struct end *e);
void send_report_taken(struct end *e, const struct braid_report *r);
void send_control(struct path *p, const u8 *tlvs, u32 len);
u32 send_ways(struct end *e, struct braid_way *way);
u32 send_ways_ahead(struct end *e, struct braid_way *way);
void send_probe_reply(struct path *p, const struct braid_probe *probe);
void recv_init(struct end *e);
void recv_fini(struct end *e);

struct packet *packet_new(void);
void packet_put(struct packet *p);

#endif
