// SPDX-License-Identifier: GPL-2.0
#include "handshake.h"

#include "gate.h"

static void arm(struct bd_handshake *h)
{
	uint64_t at = h->resend < h->ends ? h->resend : h->ends;

	bd_timer_set(&h->gate->timers, &h->timer, at);
}

void bd_handshake_send(struct bd_handshake *h, uint64_t now)
{
	const struct bd_flight *flight = bd_dtls_flight(h->dtls);
	const struct bd_host *host = h->gate->host;
	struct bd_frame frame = {
		.way = h->way,
		.receiver = h->remote,
		.sender = h->local,
		.attempt = h->attempt,
	};
	unsigned int i;

	for (i = 0; i < flight->n; i++) {
		frame.payload = flight->frame[i];
		frame.len = flight->len[i];
		host->frame(host->data, &frame);
	}
	h->resend = h->client ? now + h->wait : BD_NEVER;
	h->repeated = now;
	arm(h);
}

bool bd_handshake_input(struct bd_handshake *h, const struct bd_frame *frame,
			uint64_t now)
{
	struct bd_way here = h->way;

	if (bd_dtls_input(h->dtls, frame->payload, frame->len)) {
		/* whoever got this far is where this came from */
		h->way = frame->way;
		h->heard = true;
		if (h->client && frame->sender)
			h->remote = frame->sender;
		h->wait = BD_RESEND_MS;
		return true;
	}
	if (h->client || now < h->repeated + BD_REPEAT_MS)
		return false;
	/* our answer was lost; the way it took may be the reason */
	h->way = frame->way;
	bd_handshake_send(h, now);
	h->way = here;
	return false;
}

bool bd_handshake_tick(struct bd_handshake *h, uint64_t now)
{
	if (now >= h->ends)
		return false;
	h->wait *= 2;
	if (h->wait > BD_RESEND_MAX_MS)
		h->wait = BD_RESEND_MAX_MS;
	/* a second silence: the way that answered may be dead by now */
	if (h->remote && h->wait > 2 * BD_RESEND_MS)
		h->way.socket[0] = 0;
	bd_handshake_send(h, now);
	return true;
}
