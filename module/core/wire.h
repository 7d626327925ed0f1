/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bytes on the wire: packet header, data header, control TLVs. All
 * integers are big-endian. Documentation/wire-format.rst is the long form.
 */
#ifndef BRAID_CORE_WIRE_H
#define BRAID_CORE_WIRE_H

#include "types.h"

enum braid_wire_len {
	BRAID_HDR_LEN = 12,	/* clear, authenticated as associated data */
	BRAID_DATA_LEN = 8,	/* sealed, ahead of the inner packet */
	BRAID_TAG_LEN = 16,
	BRAID_OVERHEAD = BRAID_HDR_LEN + BRAID_DATA_LEN + BRAID_TAG_LEN,
	BRAID_TLV_LEN = 4,	/* type, length of the value */
	/* values of TLVs: the least, and what each entry of a list adds */
	BRAID_REPORT_LEN = 38,
	BRAID_REPORT_RANGE_LEN = 4,
	BRAID_SCHEDULE_LEN = 10,
	BRAID_SCHEDULE_PATH_LEN = 20,
	BRAID_PROBE_LEN = 26,
	BRAID_STATUS_LEN = 7,
};

enum braid_type {
	BRAID_TYPE_DATA = 1,
	BRAID_TYPE_CONTROL = 2,
	BRAID_TYPE_HANDSHAKE = 3,
};

#define BRAID_LANE_NONE	0xffff	/* no order, goes ahead */
#define BRAID_LANE_AHEAD	0x8000	/* in a lane: proves nothing about its path */
#define BRAID_BACK_FAR	0xffff	/* predecessor unknown or further away */
#define BRAID_MAX_PATHS	32	/* paths of a peer in use at a time */
#define BRAID_MAX_RANGES	32	/* ranges of a report */

/* Largest report and schedule, as whole TLVs. */
#define BRAID_REPORT_MAX	(BRAID_TLV_LEN + BRAID_REPORT_LEN + \
				 (BRAID_MAX_RANGES - 1) * BRAID_REPORT_RANGE_LEN)
#define BRAID_SCHEDULE_MAX	(BRAID_TLV_LEN + BRAID_SCHEDULE_LEN + \
				 BRAID_MAX_PATHS * BRAID_SCHEDULE_PATH_LEN)

/**
 * struct braid_hdr - the clear part of every packet
 * @type: enum braid_type
 * @epoch: key epoch, low 8 bits
 * @path: the sender's id for the path
 * @session: chosen by the receiver
 * @pn: low half of the path's packet number
 */
struct braid_hdr {
	u8 type;
	u8 epoch;
	u16 path;
	u32 session;
	u32 pn;
};

void braid_hdr_write(u8 *p, const struct braid_hdr *h);
/* Returns 0, -EMSGSIZE (shorter than a header) or -EPROTO (unknown type). */
int braid_hdr_read(struct braid_hdr *h, const u8 *p, size_t len);

/**
 * struct braid_data_hdr - the sealed part ahead of an inner packet
 * @gseq: low half of the packet's number in the session
 * @lane: ordering domain, with BRAID_LANE_AHEAD if it went ahead of packets
 *	that wait on its path; or BRAID_LANE_NONE
 * @back: gseq minus the gseq of the lane's previous packet, or BRAID_BACK_FAR
 */
struct braid_data_hdr {
	u32 gseq;
	u16 lane;
	u16 back;
};

void braid_data_write(u8 *p, const struct braid_data_hdr *d);
int braid_data_read(struct braid_data_hdr *d, const u8 *p, size_t len);

/**
 * braid_expand32 - the 64-bit number nearest to @expected with these low bits
 * @expected: highest number seen plus one, 0 at the start
 * @low: low 32 bits from the wire
 *
 * As RFC 9000 appendix A.3 does for shorter numbers.
 */
u64 braid_expand32(u64 expected, u32 low);

enum braid_tlv_type {
	BRAID_TLV_PAD = 0,
	BRAID_TLV_REPORT = 1,
	BRAID_TLV_SCHEDULE = 2,
	BRAID_TLV_PROBE = 3,
	BRAID_TLV_PROBE_REPLY = 4,
	BRAID_TLV_PATH_STATUS = 5,
	BRAID_TLV_ADDRESSES = 6,
	BRAID_TLV_CLOSE = 7,
	BRAID_TLV_OPAQUE = 8,
};

/**
 * struct braid_tlv - one control message inside a control packet
 * @type: enum braid_tlv_type; an unknown one is skipped and counted
 * @len: bytes of @value
 * @value: points into the packet
 */
struct braid_tlv {
	u16 type;
	u16 len;
	const u8 *value;
};

/*
 * Takes the next TLV off *@p. Returns 1, 0 at the end, -EBADMSG when one runs
 * past the end (what came before it stays valid).
 */
int braid_tlv_next(struct braid_tlv *tlv, const u8 **p, size_t *left);

/*
 * The braid_*_write functions below write one whole TLV and return its size,
 * or -ENOSPC (no room) or -EINVAL (ranges or a count that the wire cannot
 * carry) without touching @buf. The braid_*_read functions take a value
 * and return 0 or -EBADMSG; after an error the target holds no promise.
 */

/* Fills all of @room; -ENOSPC when it is too small or too large for that. */
int braid_pad_write(u8 *buf, size_t room);

/**
 * struct braid_range - a run of received packet numbers
 * @first: lowest
 * @last: highest, inclusive
 */
struct braid_range {
	u64 first;
	u64 last;
};

/**
 * struct braid_report - what arrived under one path id
 * @path: the data sender's id for the path
 * @arrival_us: the receiver's clock when range[0].last arrived
 * @held_us: from that arrival to the sending of this report
 * @bytes: bytes received under the path id, all in all, outer IP included
 * @ce: packets that were marked Congestion Experienced on the way, all in all
 * @n: number of ranges, 1 to BRAID_MAX_RANGES
 * @range: highest first, disjoint, not adjacent, within 65,535 of the highest
 */
struct braid_report {
	u16 path;
	u64 arrival_us;
	u32 held_us;
	u64 bytes;
	u32 ce;
	u16 n;
	struct braid_range range[BRAID_MAX_RANGES];
};

int braid_report_write(u8 *buf, size_t room, const struct braid_report *r);
int braid_report_read(struct braid_report *r, const u8 *value, size_t len);

/**
 * struct braid_sched_path - what the sender says of one of its paths
 * @path: its id
 * @active: true: in use from @gseq on; false: idle since @gseq, that is no
 *	packet with a lane and a gseq of @gseq or above is sent on it until it
 *	is said to be active again
 * @gseq: see @active
 * @owd_us: its one-way delay over that of the quickest path
 * @jitter_us: deviation of its one-way delay
 */
struct braid_sched_path {
	u16 path;
	bool active;
	u64 gseq;
	u32 owd_us;
	u32 jitter_us;
};

/**
 * struct braid_schedule - the sender's paths, all of them
 * @seq: number of the message; an older one is ignored
 * @repair_us: time within which a lost packet would come again, 0 for never
 * @n: number of paths
 * @path: the paths
 */
struct braid_schedule {
	u32 seq;
	u32 repair_us;
	u16 n;
	struct braid_sched_path path[BRAID_MAX_PATHS];
};

int braid_schedule_write(u8 *buf, size_t room, const struct braid_schedule *s);
int braid_schedule_read(struct braid_schedule *s, const u8 *value, size_t len);

/**
 * struct braid_probe - a probe or the reply to one
 * @id: chosen by the prober, unpredictable; the reply repeats it
 * @path: id of the path it was sent on; the reply repeats it
 * @time_us: the prober's clock; the reply repeats it
 * @peer_us: in a reply, the replier's clock when the probe arrived
 */
struct braid_probe {
	u64 id;
	u16 path;
	u64 time_us;
	u64 peer_us;
};

int braid_probe_write(u8 *buf, size_t room, const struct braid_probe *p,
		      bool reply);
int braid_probe_read(struct braid_probe *p, const u8 *value, size_t len);

/* A message of the controllers, of which this side knows nothing. */
int braid_opaque_write(u8 *buf, size_t room, const u8 *data, u16 len);

/**
 * struct braid_path_status - what the sender intends with one of its paths
 * @path: its id
 * @seq: number of the statement, per path
 * @status: enum braid_status
 */
struct braid_path_status {
	u16 path;
	u32 seq;
	u8 status;
};

enum braid_status {
	BRAID_STATUS_AVAILABLE = 1,
	BRAID_STATUS_STANDBY = 2,
	BRAID_STATUS_DRAINING = 3,
	BRAID_STATUS_RETIRED = 4,
	BRAID_STATUS_SPENT = 5,
};

int braid_status_write(u8 *buf, size_t room, const struct braid_path_status *s);
int braid_status_read(struct braid_path_status *s, const u8 *value, size_t len);

#endif
