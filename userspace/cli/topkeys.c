// SPDX-License-Identifier: GPL-2.0
#include "topkeys.h"

#include <string.h>

#include "text.h"

const char br_top_help[] =
	"q quit  s sort  / filter  c clear filter  p pause  + - pace  up down scroll";

void br_top_keys_init(struct br_top_keys *keys, unsigned int seconds)
{
	*keys = (struct br_top_keys){ .seconds = seconds };
}

/* A filter with a mistake in it stays where it is, to be mended. */
static void filter_take(struct br_top_keys *keys)
{
	struct br_error err;

	if (br_flow_filter_parse(&keys->filter, keys->edited, &err)) {
		br_fill(keys->message, err.text);
		return;
	}
	br_fill(keys->text, keys->edited);
	keys->message[0] = 0;
	keys->editing = false;
	keys->skip = 0;
}

static void edit(struct br_top_keys *keys, int key)
{
	size_t len = strlen(keys->edited);

	if (key == BR_KEY_ENTER) {
		filter_take(keys);
	} else if (key == BR_KEY_ESCAPE) {
		keys->editing = false;
		keys->message[0] = 0;
	} else if (key == BR_KEY_BACKSPACE && len) {
		keys->edited[len - 1] = 0;
	} else if (key >= ' ' && key <= '~' && len + 1 < BR_TOP_LINE) {
		keys->edited[len] = key;
		keys->edited[len + 1] = 0;
	}
}

static void filter_clear(struct br_top_keys *keys)
{
	memset(&keys->filter, 0, sizeof(keys->filter));
	keys->text[0] = 0;
	keys->skip = 0;
}

static void choose(struct br_top_keys *keys, int key)
{
	switch (key) {
	case 'q':
		keys->quit = true;
		break;
	case 's':
		keys->order = (keys->order + 1) % BR_FLOW_ORDERS;
		keys->skip = 0;
		break;
	case '/':
		br_fill(keys->edited, keys->text);
		keys->editing = true;
		break;
	case 'c':
		filter_clear(keys);
		break;
	case 'p':
		keys->paused = !keys->paused;
		break;
	case '+':
		keys->seconds -= keys->seconds > 1;
		break;
	case '-':
		keys->seconds += keys->seconds < BR_TOP_PAUSE_MAX;
		break;
	case BR_KEY_UP:
		keys->skip -= keys->skip > 0;
		break;
	case BR_KEY_DOWN:
		keys->skip++;
		break;
	}
}

void br_top_press(struct br_top_keys *keys, int key)
{
	if (keys->editing)
		edit(keys, key);
	else
		choose(keys, key);
}
