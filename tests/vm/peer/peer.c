// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
/*
 * peer: what a test guest talks to over the network.
 *
 * A small HTTP/1.0 server on a free port of 127.0.0.1 (QEMU's user network shows it to the guest
 * as 10.0.2.2). Its first line of output is the port. It ends when its standard input ends, so
 * it cannot outlive the script that started it.
 *
 *	GET /data/BYTES/SEED	that many pseudo-random bytes
 *	GET /sum/BYTES/SEED	SHA-256 of the same bytes
 *	PUT /sink		(with Content-Length) answers "BYTES SHA-256" of what arrived
 *
 * A request line without a version (HTTP/0.9) is answered without a head, which is what a plain
 * "nc" wants. BYTES is at most 256 MiB. Each connection has a process of its own; a client that says nothing for 60 s is dropped.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "sha256.h"

#define CHUNK (64 * 1024)	/* multiple of 8: the generator makes words */
#define MAX_BYTES (1ULL << 28)

/* xorshift64*: the same bytes for the same seed. */
static void fill(uint64_t *state, unsigned char *buf, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t v;

		*state ^= *state >> 12;
		*state ^= *state << 25;
		*state ^= *state >> 27;
		v = *state * 0x2545f4914f6cdd1dULL;
		memcpy(buf + i, &v, n - i < 8 ? n - i : 8);
	}
}

static int bare;	/* HTTP/0.9 */

static int send_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t sent = write(fd, p, n);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return -1;
		p += sent;
		n -= sent;
	}
	return 0;
}

static void answer(int fd, int code, const char *text)
{
	char buf[256];
	int n = snprintf(buf, sizeof(buf),
			 "HTTP/1.0 %d %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
			 code, code == 200 ? "OK" : "Error", strlen(text), text);

	if (bare)
		send_all(fd, text, strlen(text));
	else
		send_all(fd, buf, n);
}

static void send_data(int fd, uint64_t bytes, uint64_t seed)
{
	static unsigned char buf[CHUNK];
	uint64_t state = seed * 2 + 1;
	char head[128];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.0 200 OK\r\nContent-Length: %" PRIu64 "\r\n\r\n", bytes);

	if (!bare && send_all(fd, head, n))
		return;
	while (bytes) {
		size_t part = bytes < CHUNK ? bytes : CHUNK;

		fill(&state, buf, part);
		if (send_all(fd, buf, part))
			return;
		bytes -= part;
	}
}

/* "[BYTES ]SHA-256\n" of a buffer as the answer. */
static void send_digest(int fd, const unsigned char *data, size_t n, int with_count)
{
	unsigned char digest[32];
	char text[128];
	int at = 0;

	nl_sha256(data, n, digest);
	if (with_count)
		at = snprintf(text, sizeof(text), "%zu ", n);
	for (int i = 0; i < 32; i++)
		at += snprintf(text + at, sizeof(text) - at, "%02x", digest[i]);
	snprintf(text + at, sizeof(text) - at, "\n");
	answer(fd, 200, text);
}

static void send_sum(int fd, uint64_t bytes, uint64_t seed)
{
	unsigned char *buf = malloc(bytes + 1);
	uint64_t state = seed * 2 + 1;

	if (!buf) {
		answer(fd, 500, "no memory\n");
		return;
	}
	fill(&state, buf, bytes);
	send_digest(fd, buf, bytes, 0);
}

/* @have bytes of the body came together with the request's head. */
static void receive(int fd, uint64_t bytes, const char *body, size_t have)
{
	unsigned char *buf = malloc(bytes + 1);
	uint64_t got = have < bytes ? have : bytes;

	if (!buf) {
		answer(fd, 500, "no memory\n");
		return;
	}
	memcpy(buf, body, got);
	while (got < bytes) {
		ssize_t n = read(fd, buf + got, bytes - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += n;
	}
	send_digest(fd, buf, got, 1);
}

static void serve(int fd)
{
	static char head[8192];
	uint64_t bytes, seed;
	size_t n = 0;
	char *end, *field;

	do {
		ssize_t got = read(fd, head + n, sizeof(head) - 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		n += got;
		head[n] = 0;
		end = strstr(head, "\r\n\r\n");
		bare = !end && strchr(head, '\n') &&
		       !memmem(head, strcspn(head, "\n"), " HTTP/", 6);
	} while (!end && !bare && n < sizeof(head) - 1);
	if (!end && !bare) {
		answer(fd, 400, "request too long\n");
		return;
	}
	if (end)
		end += 4;
	if (sscanf(head, "GET /data/%" SCNu64 "/%" SCNu64, &bytes, &seed) == 2 &&
	    bytes <= MAX_BYTES) {
		send_data(fd, bytes, seed);
	} else if (sscanf(head, "GET /sum/%" SCNu64 "/%" SCNu64, &bytes, &seed) == 2 &&
		   bytes <= MAX_BYTES) {
		send_sum(fd, bytes, seed);
	} else if (end && !strncmp(head, "PUT /sink ", 10)) {
		field = strcasestr(head, "\r\nContent-Length:");
		if (!field || field > end || sscanf(field + 17, "%" SCNu64, &bytes) != 1 ||
		    bytes > MAX_BYTES)
			answer(fd, 411, "a Content-Length (of at most 256 MiB) is needed\n");
		else
			receive(fd, bytes, end, head + n - end);
	} else {
		answer(fd, 404, "GET /data/BYTES/SEED, GET /sum/BYTES/SEED or PUT /sink\n");
	}
}

int main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct timeval idle = { .tv_sec = 60 };
	struct pollfd wait[2];
	socklen_t len = sizeof(at);
	char ignored[64];
	int fd;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);	/* no zombies */
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) || listen(fd, 64) ||
	    getsockname(fd, (void *)&at, &len)) {
		perror("peer");
		return 1;
	}
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	wait[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	wait[1] = (struct pollfd){ .fd = 0, .events = POLLIN };
	for (;;) {
		int c;

		if (poll(wait, 2, -1) < 0)
			continue;
		if (wait[1].revents && read(0, ignored, sizeof(ignored)) <= 0)
			return 0;
		if (!wait[0].revents)
			continue;
		c = accept(fd, NULL, NULL);
		if (c < 0)
			continue;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
			setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof(idle));
			serve(c);
			shutdown(c, SHUT_WR);
			_exit(0);
		}
		close(c);
	}
}
