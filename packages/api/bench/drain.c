// SPDX-License-Identifier: MIT
/*
 * The reader of the benchmark: `drain PORT PATH [CODING]` asks a server on loopback for PATH, in a content coding, receives the answer
 * to its end and looks at nothing but the status. Prints seconds to the first byte and to the last, the bytes, and seconds of processor
 * time.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[256 * 1024];

static double since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - from->tv_sec + (now.tv_nsec - from->tv_nsec) / 1e9;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timespec from;
	struct rusage used;
	double first = -1;
	long long bytes = 0;
	ssize_t received;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int length;

	if (argc < 3)
		return 2;
	address.sin_port = htons(atoi(argv[1]));
	length = snprintf(buffer, sizeof(buffer),
			  "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAccept-Encoding: %s\r\n\r\n", argv[2],
			  argc > 3 ? argv[3] : "identity");
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || send(fd, buffer, length, 0) != length) {
		perror("connect");
		return 1;
	}
	while ((received = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		if (bytes == 0 && (received < 12 || strncmp(buffer + 9, "200", 3) != 0)) {
			fprintf(stderr, "%.*s\n", (int)received, buffer);
			return 1;
		}
		/* The head may come alone: the first byte is the body's. */
		if (first < 0 && (bytes > 0 || strstr(buffer, "\r\n\r\n") + 4 < buffer + received))
			first = since(&from);
		bytes += received;
	}
	getrusage(RUSAGE_SELF, &used);
	printf("%f %f %lld %f\n", first, since(&from), bytes,
	       used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
	return received < 0;
}
