/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inner traffic. TCP in segments: CUBIC (RFC 9438) with HyStart, SACK, RACK
 * (RFC 8985) and PRR (RFC 6937), or paced after BBR; and datagrams at a
 * constant rate, as a call makes them.
 */
#ifndef SIM_TCP_H
#define SIM_TCP_H

#include "fairq.h"

#define TCP_RING	8192
#define TCP_MSS		1384
#define TCP_BINS	6000	/* of 10 ms */

enum flow_kind {
	FLOW_NONE,
	FLOW_CUBIC,
	FLOW_BBR,
	FLOW_CONSTANT,
};

/**
 * struct flow_config - one source
 * @kind: what it is
 * @rate: FLOW_CONSTANT: bytes per second of inner packets
 * @size: FLOW_CONSTANT: bytes of an inner packet
 * @start_us: begins then
 * @stop_us: ends then, 0 for never
 * @ahead: no lane: goes ahead, by the quickest path
 * @outside: does not use the tunnel but the link of that number plus one
 */
struct flow_config {
	enum flow_kind kind;
	u64 rate;
	u32 size;
	u64 start_us;
	u64 stop_us;
	bool ahead;
	u32 outside;
};

struct segment {
	u64 sent_ns;
	u64 delivered;
	u64 delivered_ns;
	bool sacked;
	bool lost;
	bool again;
};

/* The receiving half. */
struct tcp_sink {
	u64 next;
	bool got[TCP_RING];
	u64 top;
	u32 unacked;
	u64 newest;
	u64 echo_ns;
	struct event delayed;
	/* score */
	u64 bytes;
	u64 last_ns;
	u32 bin[TCP_BINS];
	u64 duplicates;
	u64 out_of_order;
	/* datagrams */
	u64 received;
	u32 delay_ms[2048];
};

struct flow {
	struct flow_config cfg;
	u16 id;
	struct clock *clock;
	/* Sends an inner packet of the flow, or of its way back. */
	void (*xmit)(void *to, struct flow *f, struct inner *in);
	void *to;

	struct segment seg[TCP_RING];
	u64 una;
	u64 next;
	u64 high_sack;
	u32 pipe;
	u32 sacked;
	u32 lost_out;
	double cwnd;
	double ssthresh;
	double srtt_ns;
	double var_ns;
	u64 min_rtt_ns;
	u64 rack_ns;
	u64 rack_rtt_ns;
	bool reordered;
	u32 reo_steps;
	bool recovery;
	u64 recovery_end;
	double prr_delivered;
	double prr_out;
	double prr_flight;
	u64 delivered;
	u64 delivered_ns;
	/* CUBIC */
	double w_max;
	double k;
	double w_est;
	u64 epoch_ns;
	bool lost_once;
	/* HyStart */
	u64 round_end;
	u64 round_rtt_ns;
	u64 last_round_rtt_ns;
	u32 round_n;
	u64 train_ns;
	u64 train_last_ns;
	/* BBR */
	double bw;
	double bw_round[10];
	double full_bw;
	u32 full_n;
	u32 phase;
	u64 phase_ns;
	u64 round;
	u64 pace_ns;

	struct event timer;	/* RTO, or the constant source's clock */
	struct event pacer;
	u64 retransmits;
	u64 timeouts;
	struct tcp_sink sink;
};

void flow_init(struct flow *f, struct clock *c, u16 id,
	       const struct flow_config *cfg);
void flow_fini(struct flow *f);
/* Data reached the far host. */
void flow_data(struct flow *f, struct inner *in);
/* An acknowledgment reached the near host. */
void flow_ack(struct flow *f, struct inner *in);

#endif
