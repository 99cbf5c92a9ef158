// SPDX-License-Identifier: MIT
/*
 * What a C program needs at the least, to compare with: `bare dump [SRC]` asks for all entries (or those of one IPv4 source, by
 * CTA_FILTER) and receives them without looking at them; `bare fill N` makes N entries and `bare delete N` deletes them, one by one, many
 * to a send. Each prints the seconds it took. Works on the network namespace that it is started in.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WINDOW 256
#define FILTER_IP_SRC 1 /* CTA_FILTER_F_CTA_IP_SRC, net/netfilter/nf_internals.h */

static unsigned char message[WINDOW * 256];
static size_t length;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct nlmsghdr *begin(int type, int flags, unsigned int sequence)
{
	struct nlmsghdr *header = (void *)(message + length);
	struct nfgenmsg *generic = NLMSG_DATA(header);

	memset(header, 0, NLMSG_LENGTH(sizeof(*generic)));
	header->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = sequence;
	generic->nfgen_family = AF_INET;
	generic->version = 1;
	length += NLMSG_LENGTH(sizeof(*generic));
	return header;
}

static void end(struct nlmsghdr *header)
{
	header->nlmsg_len = message + length - (unsigned char *)header;
}

static struct nlattr *put(int type, const void *data, size_t size)
{
	struct nlattr *attribute = (void *)(message + length);

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + size;
	memset(message + length + NLA_HDRLEN, 0, NLA_ALIGN(size));
	if (size > 0)
		memcpy(message + length + NLA_HDRLEN, data, size);
	length += NLA_HDRLEN + NLA_ALIGN(size);
	return attribute;
}

static struct nlattr *nest(int type)
{
	return put(type | NLA_F_NESTED, NULL, 0);
}

static void close_nest(struct nlattr *attribute)
{
	attribute->nla_len = message + length - (unsigned char *)attribute;
}

static void put_u32(int type, unsigned int value)
{
	value = htonl(value);
	put(type, &value, 4);
}

static void put_tuple(int type, unsigned int src, unsigned int dst, unsigned char protocol, unsigned short sport, unsigned short dport)
{
	struct nlattr *tuple = nest(type), *inner = nest(CTA_TUPLE_IP);

	put_u32(CTA_IP_V4_SRC, src);
	put_u32(CTA_IP_V4_DST, dst);
	close_nest(inner);
	inner = nest(CTA_TUPLE_PROTO);
	put(CTA_PROTO_NUM, &protocol, 1);
	sport = htons(sport);
	dport = htons(dport);
	put(CTA_PROTO_SRC_PORT, &sport, 2);
	put(CTA_PROTO_DST_PORT, &dport, 2);
	close_nest(inner);
	close_nest(tuple);
}

/* 250 entries for each source; a quarter UDP, of the rest half ESTABLISHED and half TIME_WAIT. */
static void put_entry(unsigned int i, int last)
{
	unsigned char protocol = i % 4 == 3 ? 17 : 6;
	unsigned char state = i % 2 ? 3 : 7;
	unsigned int src = 0x0a000000 + 1 + i / 250, dst = 0xc6120000 + 1 + i % 1000;
	unsigned short sport = 1024 + i % 250, dport = protocol == 17 ? 53 : i % 3 ? 443 : 80;
	struct nlmsghdr *header = begin(IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL | (last ? NLM_F_ACK : 0), i + 1);

	put_tuple(CTA_TUPLE_ORIG, src, dst, protocol, sport, dport);
	put_tuple(CTA_TUPLE_REPLY, dst, src, protocol, dport, sport);
	put_u32(CTA_TIMEOUT, 3600);
	put_u32(CTA_STATUS, 2 | 4 | 8);
	put_u32(CTA_MARK, i % 16);
	if (protocol == 6) {
		struct nlattr *info = nest(CTA_PROTOINFO), *tcp = nest(CTA_PROTOINFO_TCP);

		put(CTA_PROTOINFO_TCP_STATE, &state, 1);
		close_nest(tcp);
		close_nest(info);
	}
	end(header);
}

static void put_delete(unsigned int i, int last)
{
	unsigned char protocol = i % 4 == 3 ? 17 : 6;
	unsigned short dport = protocol == 17 ? 53 : i % 3 ? 443 : 80;
	struct nlmsghdr *header = begin(IPCTNL_MSG_CT_DELETE, last ? NLM_F_ACK : 0, i + 1);

	put_tuple(CTA_TUPLE_ORIG, 0x0a000000 + 1 + i / 250, 0xc6120000 + 1 + i % 1000, protocol, 1024 + i % 250, dport);
	end(header);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void change(int fd, unsigned int count, void (*put)(unsigned int, int))
{
	static char answer[65536];
	double from = now();

	for (unsigned int i = 0; i < count;) {
		length = 0;
		for (int n = 0; n < WINDOW && i < count; n++, i++)
			put(i, n == WINDOW - 1 || i == count - 1);
		if (send(fd, message, length, 0) < 0)
			fail("send");
		for (;;) {
			ssize_t received = recv(fd, answer, sizeof(answer), 0);
			struct nlmsghdr *header = (void *)answer;
			struct nlmsgerr *error = NLMSG_DATA(header);

			if (received < 0)
				fail("recv");
			if (header->nlmsg_type == NLMSG_ERROR && error->error != 0) {
				errno = -error->error;
				fail("change");
			}
			if (header->nlmsg_seq == i)
				break;
		}
	}
	printf("%.6f\n", now() - from);
}

static void dump(int fd, const char *src)
{
	static char answer[65536];
	double from;
	unsigned long bytes = 0, entries = 0;
	struct nlmsghdr *header = begin(IPCTNL_MSG_CT_GET, NLM_F_DUMP, 1);

	if (src != NULL) {
		unsigned int address, flags = FILTER_IP_SRC;
		struct nlattr *outer = nest(CTA_TUPLE_ORIG), *inner = nest(CTA_TUPLE_IP);

		inet_pton(AF_INET, src, &address);
		put(CTA_IP_V4_SRC, &address, 4);
		close_nest(inner);
		close_nest(outer);
		outer = nest(CTA_FILTER);
		put(CTA_FILTER_ORIG_FLAGS, &flags, 4);
		flags = 0;
		put(CTA_FILTER_REPLY_FLAGS, &flags, 4);
		close_nest(outer);
	}
	end(header);
	from = now();
	if (send(fd, message, length, 0) < 0)
		fail("send");
	for (int over = 0; !over;) {
		ssize_t received = recv(fd, answer, sizeof(answer), 0);

		if (received < 0)
			fail("recv");
		bytes += received;
		for (header = (void *)answer; NLMSG_OK(header, received); header = NLMSG_NEXT(header, received)) {
			if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
				over = 1;
			else
				entries++;
		}
	}
	printf("%.6f %lu %lu\n", now() - from, entries, bytes);
}

int main(int argc, char **argv)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		fail("socket");
	if (argc == 3 && strcmp(argv[1], "fill") == 0)
		change(fd, atoi(argv[2]), put_entry);
	else if (argc == 3 && strcmp(argv[1], "delete") == 0)
		change(fd, atoi(argv[2]), put_delete);
	else if (argc >= 2 && strcmp(argv[1], "dump") == 0)
		dump(fd, argc > 2 ? argv[2] : NULL);
	else
		return 2;
	return 0;
}
