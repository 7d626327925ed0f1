// SPDX-License-Identifier: GPL-2.0
/*
 * rxsample sink PORT SECONDS SKIP [TABLE]
 *	takes one TCP connection and reads it for SECONDS
 * rxsample source ADDRESS PORT SECONDS
 *	fills one for SECONDS
 * rxsample device DEVICE SECONDS SKIP [TABLE]
 *	watches what a device of this network namespace receives
 *
 * With --mptcp before them sink and source use multipath TCP: all the subflows
 * that the namespace's path manager makes.
 *
 * Goodput, stalls and recovery are judged where the data arrives: a sender's
 * figures say what it has handed to its socket. TABLE gets one line for every
 * 10 ms, the start of that interval (CLOCK_MONOTONIC, in ms; /proc/uptime is the
 * same clock) and the bytes that arrived in it; until the end it holds only the
 * start, from the first byte on. Standard output gets a summary
 * in JSON over the time after the first SKIP seconds; times count from the
 * first byte. A stall is the longest time in which nothing arrived in order.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define STEP_NS		10000000LL	/* one line of the table */
#define ACCEPT_MS	30000		/* for the connection to come */

static int protocol = IPPROTO_TCP;	/* or IPPROTO_MPTCP */

/**
 * struct sample - what arrived, and when
 * @table: file for the intervals, NULL for none
 * @bucket: bytes per interval
 * @buckets: how many intervals are watched
 * @start: the first byte's time, 0 before it
 * @skip: left out at the beginning
 * @end: @start plus the time to watch
 * @last: when something arrived last
 * @stall: longest gap between two arrivals after @skip
 * @stall_at: when that gap began
 * @bytes: all that arrived after @skip
 */
struct sample {
	const char *table;
	uint64_t *bucket;
	size_t buckets;
	int64_t start;
	int64_t skip;
	int64_t length;
	int64_t last;
	int64_t stall;
	int64_t stall_at;
	uint64_t bytes;
};

static int64_t end_of(const struct sample *s)
{
	return s->start + s->length;
}

static void sample_init(struct sample *s, const char *length, const char *skip,
			const char *table)
{
	memset(s, 0, sizeof(*s));
	s->table = table;
	s->length = figure(length) * SEC_NS;
	s->skip = figure(skip) * SEC_NS;
	if (s->skip >= s->length)
		errx(2, "nothing is left after the first %s s", skip);
	s->buckets = s->length / STEP_NS + 1;
	s->bucket = calloc(s->buckets, sizeof(*s->bucket));
	if (!s->bucket)
		err(1, "calloc");
}

/* A gap counts with the part of it that lies after the skipped time. */
static void sample_gap(struct sample *s, int64_t from, int64_t to)
{
	if (from < s->start + s->skip)
		from = s->start + s->skip;
	if (to - from > s->stall) {
		s->stall = to - from;
		s->stall_at = from;
	}
}

/* The first @n intervals, or all that were watched. */
static void sample_table(const struct sample *s, size_t n)
{
	FILE *f;
	size_t i;

	if (!s->table)
		return;
	f = fopen(s->table, "w");
	if (!f)
		err(1, "%s", s->table);
	for (i = 0; i + 1 < s->buckets && i < n; i++)
		fprintf(f, "%lld %llu\n",
			(long long)(s->start / 1000000 + (int64_t)i * 10),
			(unsigned long long)s->bucket[i]);
	if (fclose(f))
		err(1, "%s", s->table);
}

static void sample_begin(struct sample *s, int64_t now)
{
	s->start = now;
	s->last = now;
	sample_table(s, 1);
}

static void sample_add(struct sample *s, int64_t now, uint64_t bytes)
{
	if (!bytes)
		return;
	if (!s->start)
		sample_begin(s, now);
	if (now >= end_of(s))
		return;
	s->bucket[(now - s->start) / STEP_NS] += bytes;
	if (now >= s->start + s->skip)
		s->bytes += bytes;
	sample_gap(s, s->last, now);
	s->last = now;
}

/* @closed: the sender had enough before the time was over. */
static void sample_report(struct sample *s, int closed)
{
	double span = (s->length - s->skip) / 1e9;

	if (!s->start)
		errx(1, "nothing arrived");
	sample_gap(s, s->last, end_of(s));
	sample_table(s, s->buckets);
	printf("{\"start_ms\": %lld, \"seconds\": %.3f, \"bytes\": %llu, ",
	       (long long)(s->start / 1000000), span,
	       (unsigned long long)s->bytes);
	printf("\"mbit\": %.3f, \"stall_ms\": %.1f, \"stall_at_ms\": %lld, ",
	       s->bytes * 8 / span / 1e6, s->stall / 1e6,
	       (long long)(s->stall_at / 1000000));
	printf("\"closed_early\": %s}\n", closed ? "true" : "false");
}

/* IPv6 sockets take IPv4 as well. */
static int listen_on(const char *port)
{
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(atoi(port)),
		.sin6_addr = IN6ADDR_ANY_INIT,
	};
	int one = 1, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1))
		err(1, "port %s", port);
	return fd;
}

static void sink(const char *port, struct sample *s)
{
	struct pollfd p = { .events = POLLIN };
	int64_t now, limit;
	int closed = 0;
	ssize_t n;

	p.fd = listen_on(port);
	if (poll(&p, 1, ACCEPT_MS) != 1)
		errx(1, "nobody connects to port %s", port);
	p.fd = accept4(p.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (p.fd < 0)
		err(1, "accept");
	limit = now_ns() + ACCEPT_MS * 1000000LL;
	while ((now = now_ns()) < (s->start ? end_of(s) : limit)) {
		if (poll(&p, 1, STEP_NS / 1000000) <= 0)
			continue;
		/* MSG_TRUNC: TCP throws the bytes away without copying them. */
		n = recv(p.fd, NULL, 1 << 20, MSG_TRUNC);
		if (!n) {
			closed = 1;
			break;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			err(1, "recv");
		if (n > 0)
			sample_add(s, now_ns(), n);
	}
	sample_report(s, closed);
}

static int connect_to(const char *address, const char *port)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in a4 = { .sin_family = AF_INET };
	int v6 = inet_pton(AF_INET6, address, &a6.sin6_addr) == 1;
	int fd;

	if (!v6 && inet_pton(AF_INET, address, &a4.sin_addr) != 1)
		errx(2, "not an address: %s", address);
	a4.sin_port = a6.sin6_port = htons(atoi(port));
	fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		err(1, "socket");
	if (connect(fd, v6 ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4,
		    v6 ? sizeof(a6) : sizeof(a4)))
		err(1, "connect to %s port %s", address, port);
	return fd;
}

/*
 * The other end may stop first: that is no failure, nor is a full window at the
 * end. A reset before the time is over is one.
 */
static void source(const char *address, const char *port, double length)
{
	static char block[128 << 10];
	int fd = connect_to(address, port);
	int64_t end = now_ns() + length * SEC_NS, left;
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	signal(SIGPIPE, SIG_IGN);
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		err(1, "fcntl");
	while ((left = end - now_ns()) > 0) {
		if (poll(&p, 1, left / 1000000 + 1) <= 0)
			continue;
		if (send(fd, block, sizeof(block), MSG_NOSIGNAL) >= 0 ||
		    errno == EAGAIN || errno == EINTR)
			continue;
		/* The receiver counts from the first byte, a little later. */
		if (left < SEC_NS && (errno == ECONNRESET || errno == EPIPE))
			break;
		err(1, "send, %.1f s before the end", left / 1e9);
	}
	close(fd);
}

/* The bytes a device has received so far. */
static uint64_t received(int fd, const char *device)
{
	static char buf[1 << 16];
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);
	size_t len = strlen(device);
	char *line;

	if (n < 0)
		err(1, "/proc/self/net/dev");
	buf[n] = 0;
	for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n")) {
		line += strspn(line, " ");
		if (!strncmp(line, device, len) && line[len] == ':')
			return strtoull(line + len + 1, NULL, 10);
	}
	errx(1, "no device %s", device);
}

static void watch(const char *device, struct sample *s)
{
	int fd = open("/proc/self/net/dev", O_RDONLY | O_CLOEXEC);
	struct timespec next;
	uint64_t before, after;

	if (fd < 0)
		err(1, "/proc/self/net/dev");
	clock_gettime(CLOCK_MONOTONIC, &next);
	/* Here the time counts from the beginning, not from a first byte. */
	sample_begin(s, next.tv_sec * SEC_NS + next.tv_nsec);
	before = received(fd, device);
	while (now_ns() < end_of(s)) {
		next.tv_nsec += STEP_NS;
		if (next.tv_nsec >= SEC_NS) {
			next.tv_nsec -= SEC_NS;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		after = received(fd, device);
		sample_add(s, now_ns(), after - before);
		before = after;
	}
	sample_report(s, 0);
}

int main(int argc, char **argv)
{
	struct sample s;

	if (argc > 1 && !strcmp(argv[1], "--mptcp")) {
		protocol = IPPROTO_MPTCP;
		argv++;
		argc--;
	}
	if ((argc == 5 || argc == 6) && !strcmp(argv[1], "sink")) {
		sample_init(&s, argv[3], argv[4], argv[5]);
		sink(argv[2], &s);
	} else if ((argc == 5 || argc == 6) && !strcmp(argv[1], "device")) {
		sample_init(&s, argv[3], argv[4], argv[5]);
		watch(argv[2], &s);
	} else if (argc == 5 && !strcmp(argv[1], "source")) {
		source(argv[2], argv[3], figure(argv[4]));
	} else {
		errx(2, "usage: rxsample [--mptcp] sink PORT SECONDS SKIP [TABLE] | source ADDRESS PORT SECONDS | device DEVICE SECONDS SKIP [TABLE]");
	}
	return 0;
}
