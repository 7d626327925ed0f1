// SPDX-License-Identifier: GPL-2.0
/* A terminal's view of paths and flows, kept up to date. */
#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "text.h"
#include "topkeys.h"
#include "tree.h"
#include "verbs.h"

/* So long does an Escape wait for what would make a cursor key of it. */
#define ESCAPE_MS	50

/**
 * struct row - a path as it is shown
 * @has: the fields of row_fields that hold a value
 * @ifindex: its device
 * @path: what the kernel tells of it
 * @out: bytes per second sent since the last look
 * @in: bytes per second received
 */
struct row {
	uint64_t has;
	uint32_t ifindex;
	struct br_path path;
	uint64_t out;
	uint64_t in;
};

/* What is shown of paths: fields of a path by name, and our own. */
static const char *const columns[] = {
	"dev", "peer", "path", "state", "out", "in", "srtt", "jitter",
	"loss-ppm", "queue-delay", "rate", "cost", "reason", NULL
};

static struct br_field row_fields[ARRAY_SIZE(columns) - 1];

static const struct br_type row_type = {
	.name = "path", .size = sizeof(struct row), .fields = row_fields,
	.n = ARRAY_SIZE(row_fields),
};

static const struct br_field own_fields[] = {
	{
		.name = "out", .head = "OUT", .kind = BR_RATE,
		.offset = offsetof(struct row, out), .size = sizeof(uint64_t),
	}, {
		.name = "in", .head = "IN", .kind = BR_RATE,
		.offset = offsetof(struct row, in), .size = sizeof(uint64_t),
	},
};

/**
 * struct top - all of it
 * @keys: what the user chose
 * @nl: to the kernel
 * @ifindex: the device, 0 for all
 * @tree: what there is
 * @before: what there was at the look before, for rates
 * @rows: the paths, made of these two
 * @flows: the flows that are wanted, in their order
 * @at_us: when @tree was read, CLOCK_MONOTONIC
 * @err: why there are no flows
 */
struct top {
	struct br_top_keys keys;
	struct br_nl *nl;
	uint32_t ifindex;
	struct br_tree tree;
	struct br_tree before;
	struct br_list rows;
	struct br_list flows;
	uint64_t at_us;
	struct br_error err;
};

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

static void row_fields_make(void)
{
	const struct br_field *f;
	unsigned int i;

	for (i = 0; i < row_type.n; i++) {
		f = br_field_find(&br_path_type, columns[i]);
		if (f) {
			row_fields[i] = *f;
			row_fields[i].offset += offsetof(struct row, path);
		} else {
			row_fields[i] = own_fields[strcmp(columns[i], "out") != 0];
		}
	}
}

/* The bits of a path's fields, at our places. */
static uint64_t row_has(const struct br_path *path)
{
	const struct br_field *f;
	uint64_t has = 0;
	unsigned int i;

	for (i = 0; i < row_type.n; i++) {
		f = br_field_find(&br_path_type, columns[i]);
		if (!f || path->has >> (f - br_path_type.fields) & 1)
			has |= 1ULL << i;
	}
	return has;
}

static const struct br_path *path_before(const struct top *t,
					 const struct br_path *path)
{
	const struct br_path *old;
	unsigned int i;

	for (i = 0; i < t->before.paths.n; i++) {
		old = br_list_at(&t->before.paths, i);
		if (old->ifindex == path->ifindex && old->id == path->id &&
		    !strcmp(old->peer, path->peer) &&
		    !strcmp(old->name, path->name))
			return old;
	}
	return NULL;
}

static uint64_t per_second(uint64_t now, uint64_t before, uint64_t us)
{
	return us && now > before ?
	       (uint64_t)((now - before) * 1e6 / us) : 0;
}

static int rows_make(struct top *t, uint64_t us)
{
	const struct br_path *path, *old;
	struct row *row;
	unsigned int i;

	free(t->rows.items);
	t->rows = (struct br_list){ .type = &row_type };
	for (i = 0; i < t->tree.paths.n; i++) {
		path = br_list_at(&t->tree.paths, i);
		old = path_before(t, path);
		row = br_list_add(&t->rows);
		if (!row)
			return -ENOMEM;
		row->has = row_has(path);
		row->ifindex = path->ifindex;
		row->path = *path;
		if (!old)
			continue;
		row->out = per_second(path->tx_bytes, old->tx_bytes, us);
		row->in = per_second(path->rx_bytes, old->rx_bytes, us);
	}
	return 0;
}

/* Without a policy that keeps flows there are none, and the reason is shown. */
static void flows_read(struct top *t)
{
	br_list_free(&t->flows);
	t->err.text[0] = 0;
	if (br_flow_list(t->nl, t->ifindex, &t->flows, &t->err))
		return;
	br_flow_filter_apply(&t->keys.filter, &t->flows);
	br_flow_sort(&t->flows, t->keys.order);
}

static int look(struct top *t, struct br_error *err)
{
	uint64_t last_us = t->at_us;
	int ret;

	br_tree_free(&t->before);
	t->before = t->tree;
	memset(&t->tree, 0, sizeof(t->tree));
	ret = br_tree_read(t->nl, t->ifindex, &t->tree, err);
	t->at_us = now_us();
	if (!ret)
		ret = rows_make(t, last_us ? t->at_us - last_us : 0);
	if (!ret)
		flows_read(t);
	return ret;
}

static void top_free(struct top *t)
{
	br_tree_free(&t->tree);
	br_tree_free(&t->before);
	free(t->rows.items);
	br_list_free(&t->flows);
	if (t->nl)
		br_nl_close(t->nl);
}

/* --- the picture --- */

/* Lines of a table from @y on, at most @room. Return: the line behind them */
static int table_draw(const struct br_list *list, const char *const *names,
		      int y, int room, unsigned int skip)
{
	struct br_output out = { .indent = 0 };
	char *text = NULL, *line, *rest = NULL;
	unsigned int at;
	size_t size;

	out.file = open_memstream(&text, &size);
	if (!out.file)
		return y;
	br_table(&out, list, names);
	fclose(out.file);
	line = strtok_r(text, "\n", &rest);
	for (at = 0; line && room > 0; at++, line = strtok_r(NULL, "\n", &rest)) {
		if (at && at <= skip)
			continue;
		attrset(at ? A_NORMAL : A_BOLD);
		mvaddnstr(y++, 0, line, COLS);
		room--;
	}
	attrset(A_NORMAL);
	free(text);
	return y;
}

static void head_draw(const struct top *t)
{
	const struct br_device *device;
	unsigned int i;

	move(0, 0);
	for (i = 0; i < t->tree.devices.n; i++) {
		device = br_list_at(&t->tree.devices, i);
		if (!t->ifindex || t->ifindex == device->ifindex)
			printw("%s: policy %s, %u peers; ", device->name,
			       device->policy_active, device->peers);
	}
	printw("%u flows by %s, each %u s%s", t->flows.n,
	       br_flow_order_names[t->keys.order], t->keys.seconds,
	       t->keys.paused ? ", paused" : "");
	if (t->keys.text[0])
		printw(", only %s", t->keys.text);
}

static void foot_draw(const struct top *t)
{
	attron(A_REVERSE);
	if (t->keys.editing && t->keys.message[0])
		mvprintw(LINES - 2, 0, "%.*s", COLS, t->keys.message);
	if (t->keys.editing)
		mvprintw(LINES - 1, 0, "filter: %.*s", COLS - 9,
			 t->keys.edited);
	else
		mvaddnstr(LINES - 1, 0, br_top_help, COLS);
	attroff(A_REVERSE);
}

static void draw(const struct top *t)
{
	static const char *const flow_columns[] = {
		"peer", "proto", "near", "far", "class", "out-rate", "in-rate",
		"idle", "repaired", "verdict", "share", NULL
	};
	int y;

	erase();
	head_draw(t);
	/* half of the screen is for flows, however many paths there are */
	y = table_draw(&t->rows, columns, 2, LINES / 2 - 2, 0) + 1;
	if (t->err.text[0])
		mvprintw(y, 0, "%.*s", COLS, t->err.text);
	else
		table_draw(&t->flows, flow_columns, y, LINES - y - 2,
			   t->keys.skip);
	foot_draw(t);
	refresh();
}

/* --- the terminal --- */

static int key_of(int key)
{
	switch (key) {
	case '\n':
	case '\r':
	case KEY_ENTER:
		return BR_KEY_ENTER;
	case 27:
		return BR_KEY_ESCAPE;
	case KEY_BACKSPACE:
	case 127:
	case '\b':
		return BR_KEY_BACKSPACE;
	case KEY_UP:
		return BR_KEY_UP;
	case KEY_DOWN:
		return BR_KEY_DOWN;
	}
	return key;
}

/* Until the user has had enough, or somebody ends us. */
static int run(struct top *t, struct br_error *err)
{
	uint64_t due_us = 0, now;
	int ret, key;

	while (!t->keys.quit && !br_interrupted()) {
		now = now_us();
		if (now >= due_us && !t->keys.paused) {
			ret = look(t, err);
			if (ret)
				return ret;
			due_us = now + t->keys.seconds * 1000000ULL;
		}
		draw(t);
		timeout(t->keys.paused ? 1000 : (due_us - now) / 1000 + 1);
		key = getch();
		if (key == ERR)
			continue;
		br_top_press(&t->keys, key_of(key));
		if (!t->keys.editing)
			flows_read(t);
	}
	return 0;
}

static int screen(struct top *t, struct br_error *err)
{
	SCREEN *screen = newterm(NULL, stdout, stdin);
	int ret;

	if (!screen)
		return br_fail(err, BR_USAGE, ENOTTY,
			       "TERM says '%s', which is not known here",
			       getenv("TERM") ? getenv("TERM") : "");
	set_escdelay(ESCAPE_MS);
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	/* after newterm(), which would catch them itself */
	br_interrupt_catch();
	ret = run(t, err);
	endwin();
	delscreen(screen);
	return ret;
}

static int show_top(struct br_call *call)
{
	const char *seconds = br_call_text(call, "pace");
	struct top t = { .at_us = 0 };
	int ret;

	if (call->out.json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return br_fail(&call->err, BR_USAGE, ENOTTY,
			       "top needs a terminal; programs use show and flow show");
	ret = br_call_open(call, &t.ifindex, &t.nl);
	if (ret)
		return ret;
	setlocale(LC_CTYPE, "");
	row_fields_make();
	br_top_keys_init(&t.keys, seconds ? atoi(seconds) : 1);
	ret = screen(&t, &call->err);
	top_free(&t);
	return ret;
}

const struct br_command br_top_commands[] = {
	{
		"top", NULL, NULL,
		{
			BR_WORD_ANY_DEV,
			{ "pace", "SECONDS", BR_WORD_COUNT, 0, NULL },
		},
		show_top, "paths and busiest flows on the terminal, kept up to date",
	},
	{ NULL }
};
