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

/* X(enumerator, name that users see): the order is that of every listing. */
#define BRAID_COUNTERS(X)						\
	/* sending */							\
	X(TX_DATA, "tx-data")			/* data packets sealed */ \
	X(TX_CONTROL, "tx-control")		/* control packets sealed */ \
	X(TX_READMIT, "tx-readmit")		/* moved off a dead path */ \
	X(TX_REPAIR, "tx-repair")		/* lost packets sent again */ \
	X(REPAIR_LATE, "repair-late")		/* lost, too late to repair */ \
	X(VERDICT_INVALID, "verdict-invalid")	/* verdicts turned into AUTO */ \
	X(DROP_TX_PROTO, "drop-tx-protocol")	/* neither IPv4 nor IPv6 */ \
	X(DROP_TX_NO_PEER, "drop-tx-no-peer")	/* next hop owned by no peer */ \
	X(DROP_TX_MULTICAST, "drop-tx-multicast") /* no peer wants multicast */ \
	X(DROP_TX_NO_SESSION, "drop-tx-no-session") /* peer has no key */ \
	X(DROP_TX_NO_PATH, "drop-tx-no-path")	/* no path of the peer is up */ \
	X(DROP_TX_POLICY, "drop-tx-policy")	/* verdict DROP */	\
	X(DROP_TX_MEMORY, "drop-tx-memory")	/* no memory */		\
	X(DROP_TX_CODEL, "drop-tx-codel")	/* CoDel, standing queue */ \
	X(DROP_TX_QUEUE, "drop-tx-queue")	/* fair queue full, fattest flow */ \
	X(DROP_TX_TOO_BIG, "drop-tx-too-big")	/* larger than the MTU */ \
	X(DROP_TX_GSO, "drop-tx-gso")		/* could not be segmented */ \
	X(DROP_TX_ROUTE, "drop-tx-route")	/* no route to the remote */ \
	X(DROP_TX_LOOP, "drop-tx-loop")		/* route leads into the device */ \
	X(DROP_TX_LIMIT, "drop-tx-key-limit")	/* hard limit of the key */ \
	X(DROP_TX_UNVALIDATED, "drop-tx-unvalidated") /* three-fold limit */ \
	X(DROP_TX_GONE, "drop-tx-gone")		/* peer or key went meanwhile */ \
	/* receiving */							\
	X(RX_DATA, "rx-data")			/* data packets opened */ \
	X(RX_CONTROL, "rx-control")		/* control packets opened */ \
	X(RX_TLV_UNKNOWN, "rx-tlv-unknown")	/* control messages skipped */ \
	X(RX_TLV_INVALID, "rx-tlv-invalid")	/* malformed control messages */ \
	X(RX_PROBE_STRAY, "rx-probe-stray")	/* probe on no path of ours */ \
	X(DROP_RX_SHORT, "drop-rx-short")	/* too short to be ours */ \
	X(DROP_RX_LONG, "drop-rx-long")		/* longer than the device takes */ \
	X(DROP_RX_TYPE, "drop-rx-type")		/* unknown packet type */ \
	X(DROP_RX_HANDSHAKE, "drop-rx-handshake") /* nobody takes handshakes */ \
	X(DROP_RX_SESSION, "drop-rx-session")	/* unknown session id */ \
	X(DROP_RX_EPOCH, "drop-rx-epoch")	/* no key for the epoch */ \
	X(DROP_RX_PATH, "drop-rx-path")		/* path id retired or too many */ \
	X(DROP_RX_REPLAY, "drop-rx-replay")	/* packet number seen or too old */ \
	X(DROP_RX_AUTH, "drop-rx-auth")		/* did not authenticate */ \
	X(DROP_RX_INNER, "drop-rx-inner")	/* inner header is malformed */ \
	X(DROP_RX_SOURCE, "drop-rx-source")	/* inner source is not the peer's */ \
	X(DROP_RX_ECN, "drop-rx-ecn")		/* RFC 6040 says drop */ \
	X(DROP_RX_DUPLICATE, "drop-rx-duplicate") /* copy or needless repair */ \
	X(DROP_RX_MEMORY, "drop-rx-memory")	/* no memory */		\
	X(DROP_RX_QUEUE, "drop-rx-queue")	/* delivery queue full */ \
	X(DROP_RX_DOWN, "drop-rx-down")		/* device is down */ \
	X(DROP_RX_GONE, "drop-rx-gone")		/* held when the session went */

enum braid_counter {
#define BRAID_COUNTER_ENUM(e, name) BRAID_CNT_##e,
	BRAID_COUNTERS(BRAID_COUNTER_ENUM)
#undef BRAID_COUNTER_ENUM
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
