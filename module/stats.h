/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of a device: per CPU, one place where each is named and described.
 * Every packet that is dropped counts in exactly one of the drop counters.
 */
#ifndef BRAID_STATS_H
#define BRAID_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>

struct sk_buff;

/* Order and names (stats.c) are those of every listing. */
enum braid_counter {
	/* sending */
	BRAID_CNT_TX_DATA,	/* data packets sealed */
	BRAID_CNT_TX_CONTROL,	/* control packets sealed */
	BRAID_CNT_TX_HANDSHAKE,	/* the controller's handshakes sent */
	BRAID_CNT_TX_OPAQUE,	/* the controller's messages queued */
	BRAID_CNT_TX_READMIT,	/* moved off a dead path */
	BRAID_CNT_TX_REPAIR,	/* lost packets sent again */
	BRAID_CNT_TX_COPY,	/* further copies of a packet, by verdict */
	BRAID_CNT_TX_COPY_SKIPPED,	/* copies that a path was spared */
	BRAID_CNT_TX_COPY_COVERED,	/* lost, another copy made it good */
	BRAID_CNT_TX_ACK_THINNED,	/* replaced by a later acknowledgment */
	BRAID_CNT_TX_PIECES,	/* larger than the path carries */
	BRAID_CNT_TX_MTU_TOLD,	/* senders told of a smaller size */
	BRAID_CNT_REPAIR_LATE,	/* lost, too late to repair */
	BRAID_CNT_VERDICT_INVALID,	/* verdicts turned into AUTO */
	BRAID_CNT_DROP_TX_PROTO,	/* neither IPv4 nor IPv6 */
	BRAID_CNT_DROP_TX_NO_PEER,	/* next hop owned by no peer */
	BRAID_CNT_DROP_TX_MULTICAST,	/* no peer wants multicast */
	BRAID_CNT_DROP_TX_NO_SESSION,	/* peer has no key */
	BRAID_CNT_DROP_TX_NO_PATH,	/* no path of the peer is up */
	BRAID_CNT_DROP_TX_POLICY,	/* verdict DROP */
	BRAID_CNT_DROP_TX_MEMORY,	/* no memory */
	BRAID_CNT_DROP_TX_CODEL,	/* CoDel, standing queue */
	BRAID_CNT_DROP_TX_QUEUE,	/* fair queue full, fattest flow */
	BRAID_CNT_DROP_TX_TOO_BIG,	/* larger than any path carries */
	BRAID_CNT_DROP_TX_GSO,	/* could not be segmented */
	BRAID_CNT_DROP_TX_ROUTE,	/* no route to the remote */
	BRAID_CNT_DROP_TX_LOOP,	/* route leads into the device */
	BRAID_CNT_DROP_TX_LIMIT,	/* hard limit of the key */
	BRAID_CNT_DROP_TX_UNVALIDATED,	/* three-fold limit */
	BRAID_CNT_DROP_TX_GONE,	/* peer or key went meanwhile */
	/* receiving */
	BRAID_CNT_RX_DATA,	/* data packets opened */
	BRAID_CNT_RX_CONTROL,	/* control packets opened */
	BRAID_CNT_RX_HANDSHAKE,	/* handshakes given to the controller */
	BRAID_CNT_RX_OPAQUE,	/* messages given to the controller */
	BRAID_CNT_RX_OPAQUE_LOST,	/* messages that it did not get */
	BRAID_CNT_RX_TLV_UNKNOWN,	/* control messages skipped */
	BRAID_CNT_RX_TLV_INVALID,	/* malformed control messages */
	BRAID_CNT_RX_PROBE_STRAY,	/* probe on no path of ours */
	BRAID_CNT_DROP_RX_SHORT,	/* too short to be ours */
	BRAID_CNT_DROP_RX_LONG,	/* longer than the device takes */
	BRAID_CNT_DROP_RX_TYPE,	/* unknown packet type */
	BRAID_CNT_DROP_RX_HANDSHAKE,	/* nobody takes handshakes */
	BRAID_CNT_DROP_RX_HS_RATE,	/* source sends too many of them */
	BRAID_CNT_DROP_RX_HS_QUEUE,	/* the controller's queue is full */
	BRAID_CNT_DROP_RX_SESSION,	/* unknown session id */
	BRAID_CNT_DROP_RX_EPOCH,	/* no key for the epoch */
	BRAID_CNT_DROP_RX_PATH,	/* path id retired or too many */
	BRAID_CNT_DROP_RX_REPLAY,	/* packet number seen or too old */
	BRAID_CNT_DROP_RX_AUTH,	/* did not authenticate */
	BRAID_CNT_DROP_RX_LIMIT,	/* too many of its key did not */
	BRAID_CNT_DROP_RX_INNER,	/* inner header is malformed */
	BRAID_CNT_DROP_RX_SOURCE,	/* inner source is not the peer's */
	BRAID_CNT_DROP_RX_MULTICAST,	/* from a peer not marked for it */
	BRAID_CNT_DROP_RX_ECN,	/* RFC 6040 says drop */
	BRAID_CNT_DROP_RX_DUPLICATE,	/* copy or needless repair */
	BRAID_CNT_DROP_RX_MEMORY,	/* no memory */
	BRAID_CNT_DROP_RX_QUEUE,	/* delivery queue full */
	BRAID_CNT_DROP_RX_DOWN,	/* device is down */
	BRAID_CNT_DROP_RX_GONE,	/* held when the session went */
	BRAID_CNT_MAX,
};

/**
 * struct braid_counters - one CPU's counters
 * @value: incremented with BH disabled on its own CPU only
 * @syncp: lets 32-bit readers see whole values
 */
struct braid_counters {
	u64_stats_t value[BRAID_CNT_MAX];
	struct u64_stats_sync syncp;
};

struct braid_device;

extern const char *const braid_counter_names[BRAID_CNT_MAX];

struct braid_counters __percpu *braid_counters_alloc(void);
void braid_count_many(struct braid_device *braid, enum braid_counter c,
		      unsigned int n);
/* Sum over all CPUs. */
u64 braid_counter_read(struct braid_device *braid, enum braid_counter c);
/* Counts and frees. */
void braid_drop(struct braid_device *braid, struct sk_buff *skb,
		enum braid_counter why);

struct sk_buff_head;

/* Counts and frees all of a queue that nobody else sees. */
void braid_drop_all(struct braid_device *braid, struct sk_buff_head *list,
		    enum braid_counter why);

static inline void braid_count(struct braid_device *braid, enum braid_counter c)
{
	braid_count_many(braid, c, 1);
}

#endif
