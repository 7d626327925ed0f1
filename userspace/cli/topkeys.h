/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the user of `braidctl top` has chosen, key by key. No terminal in it.
 */
#ifndef BR_TOPKEYS_H
#define BR_TOPKEYS_H

#include "flowfilter.h"

#define BR_TOP_LINE	128
/* Seconds between two looks. */
#define BR_TOP_PAUSE_MAX	60

/* Keys beyond characters. */
enum br_top_key {
	BR_KEY_ENTER = 256,
	BR_KEY_ESCAPE,
	BR_KEY_BACKSPACE,
	BR_KEY_UP,
	BR_KEY_DOWN,
};

/**
 * struct br_top_keys - the user's choices
 * @order: which flows come first
 * @filter: which flows are shown
 * @text: the filter as it was typed
 * @edited: the line that is being typed, while @editing
 * @editing: a filter is being typed
 * @paused: the picture stands still
 * @quit: that was all
 * @seconds: from one look to the next
 * @skip: flows above the first one that is shown
 * @message: what was wrong with the last line, empty for nothing
 */
struct br_top_keys {
	enum br_flow_order order;
	struct br_flow_filter filter;
	char text[BR_TOP_LINE];
	char edited[BR_TOP_LINE];
	bool editing;
	bool paused;
	bool quit;
	unsigned int seconds;
	unsigned int skip;
	char message[sizeof(((struct br_error *)NULL)->text)];
};

void br_top_keys_init(struct br_top_keys *keys, unsigned int seconds);

/* @key: a character, or enum br_top_key; others do nothing. */
void br_top_press(struct br_top_keys *keys, int key);

/* What the keys do, for the last line. */
extern const char br_top_help[];

#endif
