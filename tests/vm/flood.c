// SPDX-License-Identifier: GPL-2.0
/*
 * flood PORT ADDRESS STATUS
 *	fills a tunnel: TCP and UDP to PORT of ADDRESS, as much TCP as goes, and
 *	takes the same from there, until it is ended
 *
 * One at each end. A connection that does not get on is broken off and made anew,
 * so that traffic is back at once after the tunnel was away. None outlives its
 * program: it ends with a reset, since one that waits for a peer that cannot
 * answer holds its network namespace for minutes. STATUS always has the bytes of
 * TCP and the datagrams that have arrived: read without starting a program.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../bench/clock.h"

#define PATIENCE_MS	1000		/* for TCP to get on */
#define TICK_NS		20000000LL	/* a batch of datagrams each */
#define DATAGRAMS	4		/* in a batch */
#define DATAGRAM	1200
#define CHUNK		65536

/**
 * struct flood - both directions
 * @remote: the other one's address and port
 * @listener: where the other one connects to
 * @in: the connection from there, -1 for none
 * @out: the one to there, -1 for none
 * @udp: both ways
 * @status: the file for what has arrived
 * @bytes: TCP's
 * @datagrams: UDP's
 */
struct flood {
	struct sockaddr_in remote;
	int listener;
	int in;
	int out;
	int udp;
	int status;
	uint64_t bytes;
	uint64_t datagrams;
};

static char chunk[CHUNK];

/* Resets instead of waiting, also when the program is killed. */
static void prepare(int fd)
{
	const struct linger now = { .l_onoff = 1 };
	const unsigned int patience = PATIENCE_MS;

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
		       sizeof(patience)))
		err(1, "setsockopt");
}

static int bound(int type, in_port_t port)
{
	const struct sockaddr_in any = {
		.sin_family = AF_INET,
		.sin_port = port,
	};
	const int one = 1;
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)))
		err(1, "port %u", ntohs(port));
	return fd;
}

static void connect_out(struct flood *flood)
{
	const struct sockaddr *remote = (struct sockaddr *)&flood->remote;

	flood->out = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (flood->out < 0)
		err(1, "socket");
	prepare(flood->out);
	if (connect(flood->out, remote, sizeof(flood->remote)) &&
	    errno != EINPROGRESS) {
		close(flood->out);
		flood->out = -1;
	}
}

static void accept_in(struct flood *flood)
{
	int fd = accept4(flood->listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (flood->in >= 0)
		close(flood->in);
	flood->in = fd;
	prepare(fd);
}

/* Until it would block; closes a connection that is broken. */
static void take_in(struct flood *flood)
{
	ssize_t n;

	while ((n = read(flood->in, chunk, sizeof(chunk))) > 0)
		flood->bytes += n;
	if (n < 0 && errno == EAGAIN)
		return;
	close(flood->in);
	flood->in = -1;
}

static void fill_out(struct flood *flood)
{
	ssize_t n;

	while ((n = write(flood->out, chunk, sizeof(chunk))) > 0)
		;
	if (n < 0 && errno == EAGAIN)
		return;
	close(flood->out);
	flood->out = -1;
}

static void take_datagrams(struct flood *flood)
{
	/* What a socket was told by ICMP comes as an error: gone when read. */
	while (recv(flood->udp, chunk, sizeof(chunk), 0) > 0)
		flood->datagrams++;
}

/* What cannot be sent now is not missed: there is no tunnel, or it is full. */
static void send_datagrams(struct flood *flood)
{
	const struct sockaddr *remote = (struct sockaddr *)&flood->remote;
	int i;

	for (i = 0; i < DATAGRAMS; i++)
		if (sendto(flood->udp, chunk, DATAGRAM, 0, remote,
			   sizeof(flood->remote)) < 0)
			break;
}

static void tell(const struct flood *flood)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%llu %llu\n",
			 (unsigned long long)flood->bytes,
			 (unsigned long long)flood->datagrams);

	if (pwrite(flood->status, line, n, 0) != n)
		err(1, "status");
}

static void run(struct flood *flood)
{
	int64_t tick = now_ns();

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = flood->listener, .events = POLLIN },
			{ .fd = flood->in, .events = POLLIN },
			{ .fd = flood->out, .events = POLLOUT },
			{ .fd = flood->udp, .events = POLLIN },
		};

		if (poll(fds, 4, TICK_NS / 1000000) < 0)
			err(1, "poll");
		if (fds[1].revents)
			take_in(flood);
		if (fds[0].revents)
			accept_in(flood);
		if (fds[2].revents)
			fill_out(flood);
		if (fds[3].revents)
			take_datagrams(flood);
		if (now_ns() - tick < TICK_NS)
			continue;
		tick = now_ns();
		send_datagrams(flood);
		if (flood->out < 0)
			connect_out(flood);
		tell(flood);
	}
}

int main(int argc, char **argv)
{
	struct flood flood = { .in = -1, .out = -1 };

	if (argc != 4)
		errx(2, "usage: flood PORT ADDRESS STATUS");
	flood.remote.sin_family = AF_INET;
	flood.remote.sin_port = htons(atoi(argv[1]));
	if (inet_pton(AF_INET, argv[2], &flood.remote.sin_addr) != 1)
		errx(2, "no address: %s", argv[2]);
	/* Not emptied: whoever reads it always finds figures. */
	flood.status = open(argv[3], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (flood.status < 0)
		err(1, "%s", argv[3]);
	signal(SIGPIPE, SIG_IGN);
	flood.listener = bound(SOCK_STREAM, flood.remote.sin_port);
	flood.udp = bound(SOCK_DGRAM, flood.remote.sin_port);
	if (listen(flood.listener, 4))
		err(1, "listen");
	run(&flood);
}
