// SPDX-License-Identifier: GPL-2.0
#include "control.h"

#include "device.h"
#include "frame.h"
#include "peer.h"
#include "probe.h"
#include "report.h"
#include "schedule.h"
#include "transmit.h"

bool braid_control_probing(const u8 *tlvs, size_t len)
{
	struct braid_tlv tlv;

	while (braid_tlv_next(&tlv, &tlvs, &len) > 0)
		if (tlv.type != BRAID_TLV_PAD && tlv.type != BRAID_TLV_PROBE &&
		    tlv.type != BRAID_TLV_PROBE_REPLY)
			return false;
	return true;
}

/*
 * All are about the path that they came on; "available" and "standby" say where it
 * is, too, by where they come from: see struct braid_hop.
 */
static void braid_status_take(struct braid_path *path,
			      const struct braid_path_status *status,
			      u64 now_us)
{
	switch (status->status) {
	case BRAID_STATUS_AVAILABLE:
	case BRAID_STATUS_STANDBY:
	case BRAID_STATUS_RETIRED:
		braid_standby_told(path, status);
		break;
	case BRAID_STATUS_SPENT:
		braid_quota_told(path, now_us);
		break;
	}
}

static void braid_status_receive(struct braid_peer *peer,
				 const struct braid_tlv *tlv,
				 const struct braid_origin *from, u64 now_us)
{
	struct braid_path_status status;
	struct braid_path *path;

	if (braid_status_read(&status, tlv->value, tlv->len)) {
		braid_count(peer->braid, BRAID_CNT_RX_TLV_INVALID);
		return;
	}
	spin_lock_bh(&peer->lock);
	path = braid_path_by_origin(peer, from) ?:
	       braid_hop_by_origin(peer, from);
	if (path)
		braid_status_take(path, &status, now_us);
	spin_unlock_bh(&peer->lock);
}

void braid_control_receive(struct braid_session *s, const u8 *tlvs, size_t len,
			   const struct braid_origin *from, u64 now_us)
{
	struct braid_device *braid = s->peer->braid;
	bool probed = false;
	struct braid_tlv tlv;
	int more;

	while ((more = braid_tlv_next(&tlv, &tlvs, &len)) > 0) {
		switch (tlv.type) {
		case BRAID_TLV_PAD:
			break;
		case BRAID_TLV_REPORT:
			braid_report_receive(s->peer, tlv.value, tlv.len,
					     now_us);
			break;
		case BRAID_TLV_SCHEDULE:
			braid_schedule_receive(s, tlv.value, tlv.len, now_us);
			break;
		case BRAID_TLV_PROBE:
			/* One a packet: each costs an answer. */
			if (!probed)
				braid_probe_receive(s, &tlv, from, now_us);
			else
				braid_count(braid, BRAID_CNT_RX_TLV_INVALID);
			probed = true;
			break;
		case BRAID_TLV_PROBE_REPLY:
			braid_probe_replied(s, &tlv, now_us);
			break;
		case BRAID_TLV_PATH_STATUS:
			braid_status_receive(s->peer, &tlv, from, now_us);
			break;
		case BRAID_TLV_OPAQUE:
			braid_opaque_receive(s, &tlv, from);
			break;
		default:
			braid_count(braid, BRAID_CNT_RX_TLV_UNKNOWN);
		}
	}
	if (more < 0)
		braid_count(braid, BRAID_CNT_RX_TLV_INVALID);
	braid_pump(s->peer);
}
