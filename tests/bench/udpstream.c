// SPDX-License-Identifier: GPL-2.0
/*
 * udpstream source ADDRESS PORT SECONDS MBIT SIZE
 *	sends datagrams of SIZE bytes at a constant rate (of payload)
 * udpstream sink PORT SECONDS SKIP
 *	takes them, and prints what came of those sent after the first SKIP
 *	seconds: loss, how many came behind a later one, and one-way delays
 *
 * Both ends run on one machine: CLOCK_MONOTONIC is the same for both, so a
 * datagram that carries the time at which it was due tells its delay. Due, not
 * sent: what a source that woke up late adds is part of the delay.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define TICK_NS		1000000LL	/* what is due is sent this often */
#define FIRST_MS	30000		/* for the first datagram to come */
#define SIZE_MAX_UDP	1472
#define PACKETS_MAX	(1 << 24)

/* At the front of each datagram, in the host's order: both ends are one. */
struct stamp {
	uint64_t seq;
	int64_t due;
};

/**
 * struct tally - what came
 * @delay: of every datagram that counts, us
 * @seen: which numbers came, a bit each
 * @n: entries in @delay
 * @doubles: how many came a second time
 * @overtaken: how many came behind a later one
 * @first: lowest number that counts, valid when @n is not 0
 * @last: highest number seen
 * @bytes: payload of what counts
 */
struct tally {
	uint32_t *delay;
	uint8_t *seen;
	size_t n;
	size_t doubles;
	size_t overtaken;
	uint64_t first;
	uint64_t last;
	uint64_t bytes;
};

static void sleep_until(int64_t ns)
{
	struct timespec ts = { ns / SEC_NS, ns % SEC_NS };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static int connect_to(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(2, "not an address: %s", address);
	to.sin_port = htons(atoi(port));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "%s port %s", address, port);
	return fd;
}

/* A full queue of the own host loses the datagram, as it does to any program. */
static void source(int fd, double length, double mbit, size_t size)
{
	static char block[SIZE_MAX_UDP];
	double gap = size * 8e3 / mbit;
	int64_t start = now_ns(), end = start + length * SEC_NS, tick = start;
	struct stamp *stamp = (struct stamp *)block;

	for (stamp->due = start; stamp->due < end; tick += TICK_NS) {
		sleep_until(tick);
		while (stamp->due <= now_ns() && stamp->due < end) {
			if (send(fd, block, size, 0) < 0 && errno != ENOBUFS &&
			    errno != ECONNREFUSED)
				err(1, "send");
			stamp->seq++;
			stamp->due = start + stamp->seq * gap;
		}
	}
}

static int listen_on(const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20;

	at.sin_port = htons(atoi(port));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		err(1, "port %s", port);
	return fd;
}

static void tally_add(struct tally *t, const struct stamp *stamp, int64_t now,
		      size_t bytes)
{
	uint8_t bit = 1 << stamp->seq % 8;

	if (stamp->seq >= PACKETS_MAX)
		errx(1, "more than %d datagrams", PACKETS_MAX);
	if (t->seen[stamp->seq / 8] & bit) {
		t->doubles++;
		return;
	}
	t->seen[stamp->seq / 8] |= bit;
	if (!t->n || stamp->seq < t->first)
		t->first = stamp->seq;
	if (stamp->seq > t->last)
		t->last = stamp->seq;
	else
		t->overtaken += t->n != 0;
	t->bytes += bytes;
	t->delay[t->n++] = (now - stamp->due) / 1000;
}

static void sink(int fd, struct tally *t, double length, double skip)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char block[SIZE_MAX_UDP];
	int64_t start = 0, now, due;
	struct stamp stamp;
	ssize_t n;

	if (poll(&p, 1, FIRST_MS) != 1)
		errx(1, "nothing arrived");
	do {
		now = now_ns();
		if (poll(&p, 1, 10) <= 0)
			continue;
		n = recv(fd, block, sizeof(block), 0);
		now = now_ns();
		if (n < (ssize_t)sizeof(stamp))
			errx(1, "a datagram too short");
		memcpy(&stamp, block, sizeof(stamp));
		due = stamp.due;
		if (!start)
			start = due;
		if (due >= start + skip * SEC_NS &&
		    due < start + length * SEC_NS)
			tally_add(t, &stamp, now, n);
		/* a second for the last ones to come */
	} while (!start || now < start + (length + 1) * SEC_NS);
}

static int by_size(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double share_ms(const struct tally *t, double share)
{
	return t->delay[(size_t)((t->n - 1) * share)] / 1e3;
}

static void report(struct tally *t, double span)
{
	uint64_t sent = t->last - t->first + 1;

	if (!t->n)
		errx(1, "nothing arrived after the time left out");
	qsort(t->delay, t->n, sizeof(*t->delay), by_size);
	printf("{\"sent\": %llu, \"arrived\": %zu, \"doubles\": %zu, ",
	       (unsigned long long)sent, t->n, t->doubles);
	printf("\"overtaken\": %zu, ", t->overtaken);
	printf("\"loss_percent\": %.4f, \"mbit\": %.3f, ",
	       100.0 * (sent - t->n) / sent, t->bytes * 8 / span / 1e6);
	printf("\"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f}\n",
	       share_ms(t, .5), share_ms(t, .99), share_ms(t, 1));
}

int main(int argc, char **argv)
{
	struct tally t = { 0 };
	double size;

	if (argc == 7 && !strcmp(argv[1], "source")) {
		size = figure(argv[6]);
		if (size < sizeof(struct stamp) || size > SIZE_MAX_UDP ||
		    !figure(argv[5]))
			errx(2, "not a rate and a size: %s %s", argv[5], argv[6]);
		source(connect_to(argv[2], argv[3]), figure(argv[4]),
		       figure(argv[5]), size);
	} else if (argc == 5 && !strcmp(argv[1], "sink")) {
		t.delay = calloc(PACKETS_MAX, sizeof(*t.delay));
		t.seen = calloc(PACKETS_MAX / 8, 1);
		if (!t.delay || !t.seen)
			err(1, "calloc");
		sink(listen_on(argv[2]), &t, figure(argv[3]), figure(argv[4]));
		report(&t, figure(argv[3]) - figure(argv[4]));
	} else {
		errx(2, "usage: udpstream source ADDRESS PORT SECONDS MBIT SIZE | sink PORT SECONDS SKIP");
	}
	return 0;
}
