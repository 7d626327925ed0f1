/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, system "braid". They cost a static branch each while nobody
 * listens. Names and fields are for people and their scripts: they may gain
 * fields, and lose none without a word in Documentation/tracing.md.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM braid

#if !defined(BRAID_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BRAID_TRACE_H

#include <linux/tracepoint.h>

#include "core/reseq.h"
#include "core/wire.h"
#include "device.h"
#include "path.h"
#include "peer.h"
#include "probe.h"
#include "queue.h"
#include "receive.h"
#include "session.h"

TRACE_DEFINE_ENUM(BRAID_IN_DELIVERED);
TRACE_DEFINE_ENUM(BRAID_IN_HELD);
TRACE_DEFINE_ENUM(BRAID_IN_DUPLICATE);
TRACE_DEFINE_ENUM(BRAID_HOLE_FILLED);
TRACE_DEFINE_ENUM(BRAID_HOLE_PROVEN);
TRACE_DEFINE_ENUM(BRAID_HOLE_TIMER);
TRACE_DEFINE_ENUM(BRAID_HOLE_OVERFLOW);
TRACE_DEFINE_ENUM(BRAID_PROBE_SENT);
TRACE_DEFINE_ENUM(BRAID_PROBE_ANSWERED);
TRACE_DEFINE_ENUM(BRAID_PROBE_CAME);
TRACE_DEFINE_ENUM(BRAID_PATH_STATE_COLD);
TRACE_DEFINE_ENUM(BRAID_PATH_STATE_PROBING);
TRACE_DEFINE_ENUM(BRAID_PATH_STATE_UP);
TRACE_DEFINE_ENUM(BRAID_PATH_STATE_SUSPECT);
TRACE_DEFINE_ENUM(BRAID_PATH_STATE_DOWN);
TRACE_DEFINE_ENUM(BRAID_PATH_STATE_UNVALIDATED);
TRACE_DEFINE_ENUM(BRAID_PATH_STATE_DRAINING);
TRACE_DEFINE_ENUM(BRAID_PATH_STATE_SPENT);

#define braid_show_state(state)						\
	__print_symbolic(state,						\
		{ BRAID_PATH_STATE_COLD,	"cold" },		\
		{ BRAID_PATH_STATE_PROBING,	"probing" },		\
		{ BRAID_PATH_STATE_UP,		"up" },			\
		{ BRAID_PATH_STATE_SUSPECT,	"suspect" },		\
		{ BRAID_PATH_STATE_DOWN,	"down" },		\
		{ BRAID_PATH_STATE_UNVALIDATED,	"unvalidated" },	\
		{ BRAID_PATH_STATE_DRAINING,	"draining" },		\
		{ BRAID_PATH_STATE_SPENT,	"spent" })

/*
 * A data packet leaves by a path: it has its number and is sealed next. It has
 * waited since it came to the fair queue, a repaired one since it first did.
 */
TRACE_EVENT(braid_packet_out,
	TP_PROTO(const struct braid_path *path, const struct sk_buff *skb,
		 const struct braid_tx_cb *cb, u64 pn),
	TP_ARGS(path, skb, cb, pn),
	TP_STRUCT__entry(
		__string(dev, path->peer->braid->dev->name)
		__string(peer, path->peer->name)
		__string(path, path->name)
		__field(u64, pn)
		__field(u64, gseq)
		__field(u32, slot)
		__field(u32, len)
		__field(u32, waited_us)
		__field(u16, lane)
		__field(u8, kind)
		__field(u8, repairs)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(peer);
		__assign_str(path);
		__entry->pn = pn;
		__entry->gseq = cb->gseq;
		__entry->slot = path->slot;
		__entry->len = skb->len;
		__entry->waited_us = codel_time_to_us(codel_get_time() -
						      cb->codel_us);
		__entry->lane = cb->lane;
		__entry->kind = cb->kind;
		__entry->repairs = cb->repairs;
	),
	TP_printk("dev=%s peer=%s path=%s slot=%u pn=%llu gseq=%llu lane=%u len=%u kind=%s repairs=%u waited_us=%u",
		  __get_str(dev), __get_str(peer), __get_str(path),
		  __entry->slot, __entry->pn, __entry->gseq, __entry->lane,
		  __entry->len,
		  __print_symbolic(__entry->kind,
				   { BRAID_KIND_AUTO,	"auto" },
				   { BRAID_KIND_PIN,		"pin" },
				   { BRAID_KIND_STRIPE,	"stripe" },
				   { BRAID_KIND_COPY,	"copy" }),
		  __entry->repairs, __entry->waited_us)
);

/* A data packet came, was opened, and the resequencer has judged it. */
TRACE_EVENT(braid_packet_in,
	TP_PROTO(const struct braid_session *s, u16 path_id, u64 pn,
		 const struct braid_item *item, u32 len, int fate),
	TP_ARGS(s, path_id, pn, item, len, fate),
	TP_STRUCT__entry(
		__string(dev, s->peer->braid->dev->name)
		__string(peer, s->peer->name)
		__field(u64, pn)
		__field(u64, gseq)
		__field(u32, len)
		__field(u16, path_id)
		__field(u16, lane)
		__field(u16, back)
		__field(u8, fate)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(peer);
		__entry->pn = pn;
		__entry->gseq = item->gseq;
		__entry->len = len;
		__entry->path_id = path_id;
		__entry->lane = item->lane;
		__entry->back = item->back;
		__entry->fate = fate;
	),
	TP_printk("dev=%s peer=%s path_id=%u pn=%llu gseq=%llu lane=%u back=%u len=%u fate=%s",
		  __get_str(dev), __get_str(peer), __entry->path_id,
		  __entry->pn, __entry->gseq, __entry->lane, __entry->back,
		  __entry->len,
		  __print_symbolic(__entry->fate,
				   { BRAID_IN_DELIVERED,	"delivered" },
				   { BRAID_IN_HELD,		"held" },
				   { BRAID_IN_DUPLICATE,	"duplicate" }))
);

TRACE_EVENT(braid_path_state,
	TP_PROTO(const struct braid_path *path, u32 old),
	TP_ARGS(path, old),
	TP_STRUCT__entry(
		__string(dev, path->peer->braid->dev->name)
		__string(peer, path->peer->name)
		__string(path, path->name)
		__string(reason, path->reason)
		__field(u32, slot)
		__field(u32, old)
		__field(u32, state)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(peer);
		__assign_str(path);
		__assign_str(reason);
		__entry->slot = path->slot;
		__entry->old = old;
		__entry->state = path->state;
	),
	TP_printk("dev=%s peer=%s path=%s slot=%u old=%s state=%s reason=\"%s\"",
		  __get_str(dev), __get_str(peer), __get_str(path),
		  __entry->slot, braid_show_state(__entry->old),
		  braid_show_state(__entry->state), __get_str(reason))
);

/* Packets that waited for missing ones go up; first_gseq is the first of them. */
TRACE_EVENT(braid_hole,
	TP_PROTO(const struct braid_session *s, int end, u64 holes,
		 u32 released, u64 first_gseq),
	TP_ARGS(s, end, holes, released, first_gseq),
	TP_STRUCT__entry(
		__string(dev, s->peer->braid->dev->name)
		__string(peer, s->peer->name)
		__field(u64, holes)
		__field(u64, first_gseq)
		__field(u32, released)
		__field(u32, held)
		__field(u8, end)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(peer);
		__entry->holes = holes;
		__entry->first_gseq = first_gseq;
		__entry->released = released;
		__entry->held = s->reseq.held;
		__entry->end = end;
	),
	TP_printk("dev=%s peer=%s end=%s holes=%llu released=%u first_gseq=%llu held=%u",
		  __get_str(dev), __get_str(peer),
		  __print_symbolic(__entry->end,
				   { BRAID_HOLE_FILLED,		"filled" },
				   { BRAID_HOLE_PROVEN,		"proven" },
				   { BRAID_HOLE_TIMER,		"timer" },
				   { BRAID_HOLE_OVERFLOW,	"overflow" }),
		  __entry->holes, __entry->released, __entry->first_gseq,
		  __entry->held)
);

/* A packet that was sent on this path, and is not reported, goes again. */
TRACE_EVENT(braid_repair,
	TP_PROTO(const struct braid_path *path, const struct sk_buff *skb,
		 const struct braid_tx_cb *cb),
	TP_ARGS(path, skb, cb),
	TP_STRUCT__entry(
		__string(dev, path->peer->braid->dev->name)
		__string(peer, path->peer->name)
		__string(path, path->name)
		__field(u64, gseq)
		__field(u32, slot)
		__field(u32, len)
		__field(u32, age_us)
		__field(u16, lane)
		__field(u8, repairs)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(peer);
		__assign_str(path);
		__entry->gseq = cb->gseq;
		__entry->slot = path->slot;
		__entry->len = skb->len;
		__entry->age_us = braid_now_us() - cb->stamped_us;
		__entry->lane = cb->lane;
		__entry->repairs = cb->repairs;
	),
	TP_printk("dev=%s peer=%s path=%s slot=%u gseq=%llu lane=%u len=%u repairs=%u age_us=%u",
		  __get_str(dev), __get_str(peer), __get_str(path),
		  __entry->slot, __entry->gseq, __entry->lane, __entry->len,
		  __entry->repairs, __entry->age_us)
);

/* Keys came, went, or took over; of the keys themselves nothing is told. */
TRACE_EVENT(braid_key,
	TP_PROTO(const struct braid_session *s, const char *what, u32 epoch),
	TP_ARGS(s, what, epoch),
	TP_STRUCT__entry(
		__string(dev, s->peer->braid->dev->name)
		__string(peer, s->peer->name)
		__string(what, what)
		__field(u32, session)
		__field(u32, epoch)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(peer);
		__assign_str(what);
		__entry->session = s->local;
		__entry->epoch = epoch;
	),
	TP_printk("dev=%s peer=%s what=%s session=0x%08x epoch=%u",
		  __get_str(dev), __get_str(peer), __get_str(what),
		  __entry->session, __entry->epoch)
);

/* rtt_us is of an answer only. */
TRACE_EVENT(braid_probe,
	TP_PROTO(const struct braid_path *path, int step, u64 id, u32 rtt_us),
	TP_ARGS(path, step, id, rtt_us),
	TP_STRUCT__entry(
		__string(dev, path->peer->braid->dev->name)
		__string(peer, path->peer->name)
		__string(path, path->name)
		__field(u64, id)
		__field(u32, slot)
		__field(u32, rtt_us)
		__field(u32, unanswered)
		__field(u8, step)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(peer);
		__assign_str(path);
		__entry->id = id;
		__entry->slot = path->slot;
		__entry->rtt_us = rtt_us;
		__entry->unanswered = path->unanswered;
		__entry->step = step;
	),
	TP_printk("dev=%s peer=%s path=%s slot=%u step=%s id=0x%016llx rtt_us=%u unanswered=%u",
		  __get_str(dev), __get_str(peer), __get_str(path),
		  __entry->slot,
		  __print_symbolic(__entry->step,
				   { BRAID_PROBE_SENT,		"sent" },
				   { BRAID_PROBE_ANSWERED,	"answered" },
				   { BRAID_PROBE_CAME,		"came" }),
		  __entry->id, __entry->rtt_us, __entry->unanswered)
);

#endif

/* Found through -I module, in the links that the module is built from, too. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
