/*
 * What a delete by source costs at the least: a dump that the kernel filters, and deletes of what it brings, 128 to a send, of which only the last
 * is acknowledged. `delete-batch ADDRESS…` prints seconds and entries. Works on the network namespace that it is started in.
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

#define WINDOW 128
#define FILTER_IP_SRC 1 /* CTA_FILTER_F_CTA_IP_SRC, net/netfilter/nf_internals.h */
#define SLOT 160

static unsigned char out[WINDOW * SLOT];
static size_t length;
static unsigned int sequence = 1;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct nlmsghdr *begin(int type, int flags)
{
	struct nlmsghdr *header = (void *)(out + length);
	struct nfgenmsg *generic = NLMSG_DATA(header);

	memset(header, 0, NLMSG_LENGTH(sizeof(*generic)));
	header->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = ++sequence;
	generic->nfgen_family = AF_INET;
	generic->version = 1;
	length += NLMSG_LENGTH(sizeof(*generic));
	return header;
}

static void end(struct nlmsghdr *header)
{
	header->nlmsg_len = out + length - (unsigned char *)header;
}

static struct nlattr *put(int type, const void *data, size_t size)
{
	struct nlattr *attribute = (void *)(out + length);

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + size;
	if (size)
		memcpy(out + length + NLA_HDRLEN, data, size);
	length += NLA_ALIGN(NLA_HDRLEN + size);
	return attribute;
}

static void close_nest(struct nlattr *nest)
{
	nest->nla_type |= NLA_F_NESTED;
	nest->nla_len = out + length - (unsigned char *)nest;
}

/* Tuple and id of every entry that comes, as the attributes stood. */
static unsigned char *kept;
static size_t kept_size, kept_room, kept_count;

static void keep(const struct nlattr *attribute)
{
	size_t size = NLA_ALIGN(attribute->nla_len);

	if (kept_size + size > kept_room)
		kept = realloc(kept, kept_room = kept_room * 2 + (1 << 20));
	memcpy(kept + kept_size, attribute, size);
	kept_size += size;
}

static void dump(int fd, const char *src)
{
	static char answer[65536];
	unsigned int address, flags = FILTER_IP_SRC;
	struct nlmsghdr *header;
	struct nlattr *outer, *inner;

	length = 0;
	header = begin(IPCTNL_MSG_CT_GET, NLM_F_DUMP);
	inet_pton(AF_INET, src, &address);
	outer = put(CTA_TUPLE_ORIG, NULL, 0);
	inner = put(CTA_TUPLE_IP, NULL, 0);
	put(CTA_IP_V4_SRC, &address, 4);
	close_nest(inner);
	close_nest(outer);
	outer = put(CTA_FILTER, NULL, 0);
	put(CTA_FILTER_ORIG_FLAGS, &flags, 4);
	flags = 0;
	put(CTA_FILTER_REPLY_FLAGS, &flags, 4);
	close_nest(outer);
	end(header);
	if (send(fd, out, length, 0) < 0)
		fail("send");
	for (;;) {
		ssize_t left = recv(fd, answer, sizeof(answer), 0);

		if (left < 0)
			fail("recv");
		for (header = (void *)answer; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			struct nlattr *attribute = (void *)((char *)NLMSG_DATA(header) + sizeof(struct nfgenmsg));
			char *stop = (char *)header + header->nlmsg_len;

			if (header->nlmsg_type == NLMSG_DONE)
				return;
			if (header->nlmsg_type == NLMSG_ERROR)
				fail("dump");
			for (; (char *)attribute < stop; attribute = (void *)((char *)attribute + NLA_ALIGN(attribute->nla_len))) {
				int type = attribute->nla_type & NLA_TYPE_MASK;

				if (type == CTA_TUPLE_ORIG || type == CTA_ID)
					keep(attribute);
			}
			kept_count++;
		}
	}
}

static void delete_kept(int fd)
{
	static char answer[65536];
	size_t at = 0;

	for (size_t i = 0; i < kept_count;) {
		unsigned int last = 0;

		length = 0;
		for (int n = 0; n < WINDOW && i < kept_count; n++, i++) {
			struct nlmsghdr *header = begin(IPCTNL_MSG_CT_DELETE, n == WINDOW - 1 || i == kept_count - 1 ? NLM_F_ACK : 0);

			for (int part = 0; part < 2; part++) {
				size_t size = NLA_ALIGN(((struct nlattr *)(kept + at))->nla_len);

				memcpy(out + length, kept + at, size);
				length += size;
				at += size;
			}
			end(header);
			last = header->nlmsg_seq;
		}
		if (send(fd, out, length, 0) < 0)
			fail("send");
		for (;;) {
			struct nlmsghdr *header = (void *)answer;

			if (recv(fd, answer, sizeof(answer), 0) < 0)
				fail("recv");
			if (header->nlmsg_seq == last)
				break;
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct timespec from, to;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	if (fd < 0 || connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		fail("socket");
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 1; i < argc; i++)
		dump(fd, argv[i]);
	delete_kept(fd);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.6f %zu\n", (to.tv_sec - from.tv_sec) + (to.tv_nsec - from.tv_nsec) / 1e9, kept_count);
	return 0;
}
