// SPDX-License-Identifier: MIT
/*
 * The part of the ctnetlink client that JavaScript cannot do: sockets in other network namespaces, and receiving off
 * the event loop. It does not interpret conntrack messages: they go in and out as bytes.
 *
 * Functions return a number, or a negative errno on failure; src/socket/native.ts makes errors from them. Threads and
 * locks are libuv's, which Node exports: pthread symbols of a new glibc would prevent loading on older systems.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAPI_VERSION 8
#include <node_api.h>

/* uv.h is not part of node-api-headers. These are the few functions used, with types at least as large as libuv's own. */
typedef unsigned long uv_thread_t;
typedef union { char bytes[64]; long align; } uv_mutex_t;
typedef union { char bytes[64]; long align; } uv_cond_t;
extern int uv_thread_create(uv_thread_t *, void (*)(void *), void *);
extern int uv_thread_join(uv_thread_t *);
extern int uv_mutex_init(uv_mutex_t *);
extern void uv_mutex_destroy(uv_mutex_t *);
extern void uv_mutex_lock(uv_mutex_t *);
extern void uv_mutex_unlock(uv_mutex_t *);
extern int uv_cond_init(uv_cond_t *);
extern void uv_cond_destroy(uv_cond_t *);
extern void uv_cond_signal(uv_cond_t *);
extern void uv_cond_wait(uv_cond_t *, uv_mutex_t *);

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

/* Maximum size of a dump datagram: the kernel never exceeds it, however large the buffer is. */
#define DATAGRAM 32768

/* ---- arguments and results ---- */

#define ARGS(n)                                                      \
	size_t argc = (n);                                           \
	napi_value argv[n];                                          \
	if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc < (n)) \
		return number(env, -EINVAL)

static napi_value number(napi_env env, int64_t value)
{
	napi_value result = NULL;
	napi_create_int64(env, value, &result);
	return result;
}

static bool get_int(napi_env env, napi_value value, int32_t *out)
{
	return napi_get_value_int32(env, value, out) == napi_ok;
}

/* A Uint8Array or Int32Array: its memory and length in bytes. */
static bool get_bytes(napi_env env, napi_value value, void **data, size_t *length)
{
	napi_typedarray_type type;
	size_t count;
	bool is = false;

	if (napi_is_typedarray(env, value, &is) != napi_ok || !is)
		return false;
	if (napi_get_typedarray_info(env, value, &type, &count, data, NULL, NULL) != napi_ok)
		return false;
	if (type == napi_int32_array)
		*length = count * 4;
	else if (type == napi_uint8_array)
		*length = count;
	else
		return false;
	return true;
}

/* ---- work in another network namespace, on a thread that ends afterwards: the process itself never changes its namespace ---- */

enum namespace_work { OPEN_SOCKET, MAKE_NAMESPACE, READ_FILE, WRITE_FILE };

struct namespace_call {
	enum namespace_work work;
	int netns;
	int domain, type, protocol;
	const char *path;
	char *data;
	size_t length;
	int64_t result;
};

static int64_t file_call(const struct namespace_call *call, int flags)
{
	int fd = open(call->path, flags | O_CLOEXEC);
	int64_t result;

	if (fd < 0)
		return -errno;
	result = flags == O_RDONLY ? read(fd, call->data, call->length) : write(fd, call->data, call->length);
	if (result < 0)
		result = -errno;
	close(fd);
	return result;
}

static void namespace_main(void *arg)
{
	struct namespace_call *call = arg;
	char path[64];

	if (call->work == MAKE_NAMESPACE) {
		if (unshare(CLONE_NEWNET) < 0) {
			call->result = -errno;
			return;
		}
		snprintf(path, sizeof(path), "/proc/self/task/%ld/ns/net", (long)syscall(SYS_gettid));
		call->result = open(path, O_RDONLY | O_CLOEXEC);
		if (call->result < 0)
			call->result = -errno;
		return;
	}
	if (call->netns >= 0 && setns(call->netns, CLONE_NEWNET) < 0) {
		call->result = -errno;
		return;
	}
	switch (call->work) {
	case OPEN_SOCKET:
		call->result = socket(call->domain, call->type | SOCK_CLOEXEC, call->protocol);
		if (call->result < 0)
			call->result = -errno;
		break;
	case READ_FILE:
		call->result = file_call(call, O_RDONLY);
		break;
	default:
		call->result = file_call(call, O_WRONLY);
	}
}

static int64_t in_namespace(struct namespace_call *call)
{
	uv_thread_t thread;
	int error;

	if (call->netns < 0 && call->work != MAKE_NAMESPACE) {
		namespace_main(call);
		return call->result;
	}
	error = uv_thread_create(&thread, namespace_main, call);
	if (error != 0)
		return error;
	uv_thread_join(&thread);
	return call->result;
}

/*
 * ---- netlink sockets that an environment opened and did not close are closed with it: a worker that is terminated runs no `finally` ----
 */

struct kept_socket {
	int fd;
	/* Identifies the socket behind the number (SO_COOKIE, Linux 4.12): if it was closed elsewhere, the number may be reused. */
	uint64_t cookie;
};

struct kept_sockets {
	struct kept_socket *sockets;
	size_t count, room;
};

/* 0 if it is not a socket, or if the kernel has no cookies. */
static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &(socklen_t){ sizeof(cookie) }) < 0 ? 0 : cookie;
}

static void socket_keep(napi_env env, int fd)
{
	struct kept_sockets *kept = NULL;

	if (napi_get_instance_data(env, (void **)&kept) != napi_ok || kept == NULL)
		return;
	if (kept->count == kept->room) {
		size_t room = kept->room == 0 ? 16 : kept->room * 2;
		struct kept_socket *sockets = realloc(kept->sockets, room * sizeof(*sockets));

		if (sockets == NULL)
			return;
		kept->sockets = sockets;
		kept->room = room;
	}
	kept->sockets[kept->count++] = (struct kept_socket){ .fd = fd, .cookie = cookie_of(fd) };
}

/* The descriptor is closed, or other code closes it from now on. */
static void socket_forget(napi_env env, int fd)
{
	struct kept_sockets *kept = NULL;

	if (napi_get_instance_data(env, (void **)&kept) != napi_ok || kept == NULL)
		return;
	for (size_t i = kept->count; i-- > 0;)
		if (kept->sockets[i].fd == fd) {
			kept->sockets[i] = kept->sockets[--kept->count];
			return;
		}
}

static void sockets_close(napi_env env, void *data, void *hint)
{
	struct kept_sockets *kept = data;

	(void)env;
	(void)hint;
	for (size_t i = 0; i < kept->count; i++)
		if (kept->sockets[i].cookie != 0 && cookie_of(kept->sockets[i].fd) == kept->sockets[i].cookie)
			close(kept->sockets[i].fd);
	free(kept->sockets);
	free(kept);
}

/* socket(domain, type, protocol, netns): returns a file descriptor; netns −1 is the process's own namespace. */
static napi_value js_socket(napi_env env, napi_callback_info info)
{
	struct namespace_call call = { .work = OPEN_SOCKET };
	int64_t fd;

	ARGS(4);
	if (!get_int(env, argv[0], &call.domain) || !get_int(env, argv[1], &call.type) ||
	    !get_int(env, argv[2], &call.protocol) || !get_int(env, argv[3], &call.netns))
		return number(env, -EINVAL);
	fd = in_namespace(&call);
	if (fd >= 0 && call.domain == AF_NETLINK)
		socket_keep(env, (int)fd);
	return number(env, fd);
}

/* createNetnsSync(): returns the descriptor of a new namespace, which exists as long as the descriptor. */
static napi_value js_create_netns_sync(napi_env env, napi_callback_info info)
{
	struct namespace_call call = { .work = MAKE_NAMESPACE, .netns = -1 };

	(void)info;
	return number(env, in_namespace(&call));
}

struct netns_creation {
	napi_async_work work;
	napi_deferred deferred;
	struct namespace_call call;
};

static void netns_execute(napi_env env, void *data)
{
	(void)env;
	in_namespace(&((struct netns_creation *)data)->call);
}

static void netns_complete(napi_env env, napi_status status, void *data)
{
	struct netns_creation *creation = data;

	napi_resolve_deferred(env, creation->deferred, number(env, status == napi_cancelled ? -ECANCELED : creation->call.result));
	if (creation->work != NULL)
		napi_delete_async_work(env, creation->work);
	free(creation);
}

/* createNetns(): returns a promise of such a descriptor. While the host destroys many namespaces, creating one takes seconds. */
static napi_value js_create_netns(napi_env env, napi_callback_info info)
{
	struct netns_creation *creation = calloc(1, sizeof(*creation));
	napi_value promise, name;

	(void)info;
	if (creation == NULL)
		return number(env, -ENOMEM);
	creation->call = (struct namespace_call){ .work = MAKE_NAMESPACE, .netns = -1, .result = -ENOMEM };
	if (napi_create_promise(env, &creation->deferred, &promise) != napi_ok) {
		free(creation);
		return number(env, -ENOMEM);
	}
	napi_create_string_utf8(env, "network namespace", NAPI_AUTO_LENGTH, &name);
	if (napi_create_async_work(env, NULL, name, netns_execute, netns_complete, creation, &creation->work) != napi_ok ||
	    napi_queue_async_work(env, creation->work) != napi_ok)
		netns_complete(env, napi_generic_failure, creation);
	return promise;
}

static napi_value namespace_file(napi_env env, napi_callback_info info, enum namespace_work work)
{
	struct namespace_call call = { .work = work };
	char path[256];
	size_t length;
	void *data;

	ARGS(3);
	if (!get_int(env, argv[0], &call.netns) || !get_bytes(env, argv[2], &data, &call.length) ||
	    napi_get_value_string_utf8(env, argv[1], path, sizeof(path), &length) != napi_ok)
		return number(env, -EINVAL);
	call.path = path;
	call.data = data;
	return number(env, in_namespace(&call));
}

/* readFile(netns, path, bytes): length. /proc/sys/net shows the namespace of the thread that opens it. */
static napi_value js_read_file(napi_env env, napi_callback_info info)
{
	return namespace_file(env, info, READ_FILE);
}

/* writeFile(netns, path, bytes): length. */
static napi_value js_write_file(napi_env env, napi_callback_info info)
{
	return namespace_file(env, info, WRITE_FILE);
}

/* ---- plain system calls ---- */

static napi_value with_address(napi_env env, napi_callback_info info, int (*call)(int, const struct sockaddr *, socklen_t))
{
	int fd;
	void *data;
	size_t length;

	ARGS(2);
	if (!get_int(env, argv[0], &fd) || !get_bytes(env, argv[1], &data, &length))
		return number(env, -EINVAL);
	return number(env, call(fd, data, (socklen_t)length) < 0 ? -errno : 0);
}

static napi_value js_bind(napi_env env, napi_callback_info info)
{
	return with_address(env, info, bind);
}

static napi_value js_connect(napi_env env, napi_callback_info info)
{
	return with_address(env, info, connect);
}

static napi_value js_setsockopt(napi_env env, napi_callback_info info)
{
	int fd, level, name, value;

	ARGS(4);
	if (!get_int(env, argv[0], &fd) || !get_int(env, argv[1], &level) || !get_int(env, argv[2], &name) ||
	    !get_int(env, argv[3], &value))
		return number(env, -EINVAL);
	return number(env, setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0);
}

static napi_value js_getsockopt(napi_env env, napi_callback_info info)
{
	int fd, level, name, value = 0;
	socklen_t length = sizeof(value);

	ARGS(3);
	if (!get_int(env, argv[0], &fd) || !get_int(env, argv[1], &level) || !get_int(env, argv[2], &name))
		return number(env, -EINVAL);
	return number(env, getsockopt(fd, level, name, &value, &length) < 0 ? -errno : value);
}

static napi_value js_close(napi_env env, napi_callback_info info)
{
	int fd;

	ARGS(1);
	if (!get_int(env, argv[0], &fd))
		return number(env, -EINVAL);
	socket_forget(env, fd);
	return number(env, close(fd) < 0 ? -errno : 0);
}

static int64_t send_all(int fd, const void *data, size_t length)
{
	ssize_t sent;

	do
		sent = send(fd, data, length, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

/* One datagram within the time; −EMSGSIZE when it did not fit. */
static int64_t receive_one(int fd, void *data, size_t length, int timeout)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };
	ssize_t received;
	int ready;

	for (;;) {
		received = recv(fd, data, length, MSG_DONTWAIT | MSG_TRUNC);
		if (received >= 0)
			return (size_t)received > length ? -EMSGSIZE : received;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		ready = poll(&waiting, 1, timeout);
		if (ready == 0)
			return -ETIMEDOUT;
		if (ready < 0 && errno != EINTR)
			return -errno;
	}
}

/* send(fd, bytes): length. */
static napi_value js_send(napi_env env, napi_callback_info info)
{
	int fd;
	void *data;
	size_t length;

	ARGS(2);
	if (!get_int(env, argv[0], &fd) || !get_bytes(env, argv[1], &data, &length))
		return number(env, -EINVAL);
	return number(env, send_all(fd, data, length));
}

/* receive(fd, bytes, milliseconds): length of one datagram. */
static napi_value js_receive(napi_env env, napi_callback_info info)
{
	int fd, timeout;
	void *data;
	size_t length;

	ARGS(3);
	if (!get_int(env, argv[0], &fd) || !get_bytes(env, argv[1], &data, &length) || !get_int(env, argv[2], &timeout))
		return number(env, -EINVAL);
	return number(env, receive_one(fd, data, length, timeout));
}

/* ---- exchange: a send and its answers, on libuv's pool ---- */

struct exchange {
	napi_async_work work;
	napi_deferred deferred;
	napi_ref request_ref, response_ref;
	int fd, timeout;
	uint32_t sequence;
	void *request, *response;
	size_t request_length, response_length;
	int64_t result;
};

/* Whether a datagram ends the request with this sequence number: an acknowledgement, an error, or the end of a dump. */
static bool is_end(const char *data, size_t length, uint32_t sequence)
{
	size_t at = 0;

	while (length - at >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr header;

		memcpy(&header, data + at, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > length - at)
			break;
		if (header.nlmsg_seq == sequence && (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE))
			return true;
		if (NLMSG_ALIGN(header.nlmsg_len) >= length - at)
			break;
		at += NLMSG_ALIGN(header.nlmsg_len);
	}
	return false;
}

static void exchange_execute(napi_env env, void *data)
{
	struct exchange *exchange = data;
	size_t filled = 0;
	bool ended = false;

	(void)env;
	exchange->result = send_all(exchange->fd, exchange->request, exchange->request_length);
	while (exchange->result >= 0 && !ended) {
		char *into = (char *)exchange->response + filled;

		exchange->result = receive_one(exchange->fd, into, exchange->response_length - filled, exchange->timeout);
		if (exchange->result < 0)
			return;
		ended = is_end(into, (size_t)exchange->result, exchange->sequence);
		filled += NLMSG_ALIGN((size_t)exchange->result);
	}
	if (exchange->result >= 0)
		exchange->result = (int64_t)filled;
}

static void exchange_complete(napi_env env, napi_status status, void *data)
{
	struct exchange *exchange = data;

	if (status == napi_cancelled)
		exchange->result = -ECANCELED;
	napi_delete_reference(env, exchange->request_ref);
	napi_delete_reference(env, exchange->response_ref);
	if (exchange->work != NULL)
		napi_delete_async_work(env, exchange->work);
	napi_resolve_deferred(env, exchange->deferred, number(env, exchange->result));
	free(exchange);
}

/* exchange(fd, request, response, sequence, milliseconds): a promise of the length of all answers, up to the one that ends the request `sequence`. */
static napi_value js_exchange(napi_env env, napi_callback_info info)
{
	struct exchange *exchange;
	napi_value promise, name;

	ARGS(5);
	exchange = calloc(1, sizeof(*exchange));
	if (exchange == NULL)
		return number(env, -ENOMEM);
	if (!get_int(env, argv[0], &exchange->fd) ||
	    !get_bytes(env, argv[1], &exchange->request, &exchange->request_length) ||
	    !get_bytes(env, argv[2], &exchange->response, &exchange->response_length) ||
	    napi_get_value_uint32(env, argv[3], &exchange->sequence) != napi_ok || !get_int(env, argv[4], &exchange->timeout) ||
	    napi_create_promise(env, &exchange->deferred, &promise) != napi_ok) {
		free(exchange);
		return number(env, -EINVAL);
	}
	/* Whole words, so that padding behind an answer never leads past the end. */
	exchange->response_length &= ~(size_t)3;
	napi_create_reference(env, argv[1], 1, &exchange->request_ref);
	napi_create_reference(env, argv[2], 1, &exchange->response_ref);
	napi_create_string_utf8(env, "netlink exchange", NAPI_AUTO_LENGTH, &name);
	if (napi_create_async_work(env, NULL, name, exchange_execute, exchange_complete, exchange, &exchange->work) != napi_ok ||
	    napi_queue_async_work(env, exchange->work) != napi_ok) {
		exchange->result = -ENOMEM;
		exchange_complete(env, napi_generic_failure, exchange);
	}
	return promise;
}

/* ---- streams: dumps and events, each on a thread of its own ---- */

#define SLOTS 64

/* Minimum bytes of a receive buffer that a datagram takes up (sizeof(struct sk_buff) and its data are more). */
#define QUEUED 256

/* A buffer that JavaScript gave to be filled, with room for the place of each datagram in it. */
struct slot {
	uint8_t *data;
	size_t size;
	int32_t *marks;
	size_t marks_size;
	napi_ref data_ref, marks_ref;
};

struct stream {
	int fd, wake;
	bool dump;
	/*
	 * Events were lost. recvmsg reports it before it returns the events that are still queued, and the kernel queues nothing
	 * more until the queue is empty. So the loss is reported after them. `older` is how many datagrams may still be from before.
	 */
	bool lost;
	size_t older, capacity;
	uint32_t sequence;
	uint8_t *request;
	size_t request_length;
	uv_thread_t thread;
	uv_mutex_t mutex;
	uv_cond_t given;
	struct slot slots[SLOTS];
	unsigned first, count;
	volatile bool closing;
	bool joined, torn_down;
	napi_env env;
	napi_threadsafe_function deliver;
};

/* What the thread reports to JavaScript: a slot is filled, something failed, or the stream is over. */
struct delivery {
	struct slot slot;
	bool filled, over;
	int32_t length;
	int32_t error;
};

static void stream_close(struct stream *stream)
{
	uint64_t one = 1;

	uv_mutex_lock(&stream->mutex);
	stream->closing = true;
	uv_cond_signal(&stream->given);
	if (stream->wake >= 0 && write(stream->wake, &one, sizeof(one)) < 0) {
		/* A full eventfd already wakes the reader. */
	}
	uv_mutex_unlock(&stream->mutex);
}

/* The thread polls no more: its descriptor is closed now, and not only when the handle is garbage-collected. */
static void stream_over(struct stream *stream)
{
	uv_mutex_lock(&stream->mutex);
	stream->closing = true;
	if (stream->wake >= 0)
		close(stream->wake);
	stream->wake = -1;
	uv_mutex_unlock(&stream->mutex);
}

/* Returns the next buffer to fill; false if the stream is being closed. */
static bool stream_take(struct stream *stream, struct slot *slot)
{
	bool taken = false;

	uv_mutex_lock(&stream->mutex);
	while (!stream->closing && stream->count == 0)
		uv_cond_wait(&stream->given, &stream->mutex);
	if (!stream->closing) {
		*slot = stream->slots[stream->first];
		stream->first = (stream->first + 1) % SLOTS;
		stream->count--;
		taken = true;
	}
	uv_mutex_unlock(&stream->mutex);
	return taken;
}

/* False if the environment is being destroyed and nothing listens any more. */
static bool stream_tell(struct stream *stream, struct delivery delivery)
{
	struct delivery *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		return false;
	*copy = delivery;
	if (napi_call_threadsafe_function(stream->deliver, copy, napi_tsfn_nonblocking) == napi_ok)
		return true;
	free(copy);
	return false;
}

/* The id of the sender's namespace, if NETLINK_LISTEN_ALL_NSID requests it; −1 for our own. */
static int32_t nsid_of(struct msghdr *message)
{
	struct cmsghdr *control;
	int32_t nsid = -1;

	for (control = CMSG_FIRSTHDR(message); control != NULL; control = CMSG_NXTHDR(message, control))
		if (control->cmsg_level == SOL_NETLINK && control->cmsg_type == NETLINK_LISTEN_ALL_NSID)
			memcpy(&nsid, CMSG_DATA(control), sizeof(nsid));
	return nsid;
}

/* Fills a buffer with the available datagrams, and waits for the first. Sets `over` at the end of a dump, or on a final error. */
static void stream_fill(struct stream *stream, struct slot *slot, struct delivery *delivery)
{
	struct pollfd waiting[2] = { { .fd = stream->fd, .events = POLLIN }, { .fd = stream->wake, .events = POLLIN } };
	size_t filled = 0;
	size_t datagrams = 0;

	while (slot->size - filled >= DATAGRAM && 1 + 2 * (datagrams + 1) <= slot->marks_size / 4) {
		char control[256];
		struct iovec vector = { .iov_base = slot->data + filled, .iov_len = slot->size - filled };
		struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
		ssize_t received = recvmsg(stream->fd, &message, MSG_DONTWAIT | MSG_TRUNC);

		if (received < 0 && errno == EINTR)
			continue;
		if (received < 0 && errno == ENOBUFS && !stream->dump) {
			/* The queue was empty and overflowed again: the earlier loss is reported now, this one after the queued events. */
			if (stream->lost)
				delivery->error = ENOBUFS;
			stream->older = stream->capacity;
			stream->lost = true;
			if (delivery->error != 0)
				break;
			continue;
		}
		if (stream->lost && ((received < 0 && errno == EAGAIN) || stream->older == 0)) {
			stream->lost = false;
			delivery->error = ENOBUFS;
			if (received < 0)
				break;
		}
		if (received < 0 && errno == EAGAIN) {
			if (filled > 0)
				break;
			if (poll(waiting, 2, -1) < 0 && errno != EINTR) {
				delivery->error = errno;
				delivery->over = true;
				break;
			}
			if (stream->closing)
				break;
			continue;
		}
		if (received < 0 || (size_t)received > vector.iov_len) {
			delivery->error = received < 0 ? errno : EMSGSIZE;
			/* A multicast socket that lost events continues; a dump that lost anything is useless. */
			delivery->over = stream->dump || delivery->error != EMSGSIZE;
			break;
		}
		slot->marks[1 + 2 * datagrams] = (int32_t)filled;
		slot->marks[2 + 2 * datagrams] = nsid_of(&message);
		datagrams++;
		if (stream->older > 0)
			stream->older--;
		if (stream->dump && is_end((char *)slot->data + filled, (size_t)received, stream->sequence))
			delivery->over = true;
		/* Messages are padded to 4 bytes, and so is what follows them. */
		filled += NLMSG_ALIGN((size_t)received);
		if (delivery->over || delivery->error != 0 || stream->closing)
			break;
	}
	slot->marks[0] = (int32_t)datagrams;
	delivery->length = (int32_t)filled;
}

static void stream_main(void *data)
{
	struct stream *stream = data;
	bool listening = true;
	struct delivery last = { .over = true };

	if (stream->request_length > 0) {
		/* The kernel builds the first part of a dump in this call: with a selective filter it may walk the whole table. */
		int64_t sent = send_all(stream->fd, stream->request, stream->request_length);

		if (sent < 0)
			last.error = (int32_t)-sent;
	}
	while (listening && last.error == 0) {
		struct delivery delivery = { .filled = true };

		if (!stream_take(stream, &delivery.slot))
			break;
		stream_fill(stream, &delivery.slot, &delivery);
		bool over = delivery.over;

		delivery.over = false;
		listening = stream_tell(stream, delivery);
		if (over)
			break;
	}
	close(stream->fd);
	stream_over(stream);
	if (listening)
		listening = stream_tell(stream, last);
	if (listening)
		napi_release_threadsafe_function(stream->deliver, napi_tsfn_release);
}

static void slot_release(napi_env env, struct slot *slot)
{
	if (slot->data_ref != NULL)
		napi_delete_reference(env, slot->data_ref);
	if (slot->marks_ref != NULL)
		napi_delete_reference(env, slot->marks_ref);
	slot->data_ref = slot->marks_ref = NULL;
}

static void stream_deliver(napi_env env, napi_value callback, void *context, void *data)
{
	struct delivery *delivery = data;
	napi_value argv[3], undefined;

	(void)context;
	if (env != NULL) {
		if (delivery->filled)
			slot_release(env, &delivery->slot);
		argv[0] = number(env, delivery->length);
		argv[1] = number(env, delivery->error);
		napi_get_boolean(env, delivery->over, &argv[2]);
		napi_get_undefined(env, &undefined);
		if (napi_call_function(env, undefined, callback, 3, argv, NULL) == napi_pending_exception) {
			napi_value thrown;

			/* Before Node 22, an exception here is only a warning. */
			if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
				napi_fatal_exception(env, thrown);
		}
	}
	free(delivery);
}

static void stream_join(struct stream *stream)
{
	if (stream->joined)
		return;
	stream->joined = true;
	stream_close(stream);
	uv_thread_join(&stream->thread);
}

/* When a worker is terminated or the process ends, the thread must end before its environment does. */
static void stream_teardown(void *data)
{
	struct stream *stream = data;

	stream->torn_down = true;
	stream_join(stream);
}

static void stream_finalize(napi_env env, void *data, void *hint)
{
	struct stream *stream = data;

	(void)hint;
	if (!stream->torn_down)
		napi_remove_env_cleanup_hook(env, stream_teardown, stream);
	stream_join(stream);
	for (unsigned i = 0; i < stream->count; i++)
		slot_release(env, &stream->slots[(stream->first + i) % SLOTS]);
	uv_mutex_destroy(&stream->mutex);
	uv_cond_destroy(&stream->given);
	free(stream->request);
	free(stream);
}

/*
 * stream(fd, request, dump, callback): returns an external. The stream owns fd from now on. It sends the request, if it has
 * any bytes, and fills the given buffers in order. It calls callback(length, errno, over) once for each, and once with `over`
 * when the thread has ended and fd is closed.
 */
static napi_value js_stream(napi_env env, napi_callback_info info)
{
	struct stream *stream;
	napi_value name, external;
	void *request;
	int buffer = 0;

	ARGS(4);
	stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return number(env, -ENOMEM);
	stream->env = env;
	if (!get_int(env, argv[0], &stream->fd) || !get_bytes(env, argv[1], &request, &stream->request_length) ||
	    napi_get_value_bool(env, argv[2], &stream->dump) != napi_ok)
		goto invalid;
	stream->request = malloc(stream->request_length + 1);
	stream->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stream->request == NULL || stream->wake < 0)
		goto invalid;
	memcpy(stream->request, request, stream->request_length);
	if (stream->request_length >= sizeof(struct nlmsghdr))
		stream->sequence = ((struct nlmsghdr *)stream->request)->nlmsg_seq;
	getsockopt(stream->fd, SOL_SOCKET, SO_RCVBUF, &buffer, &(socklen_t){ sizeof(buffer) });
	stream->capacity = (size_t)buffer / QUEUED;
	uv_mutex_init(&stream->mutex);
	uv_cond_init(&stream->given);
	napi_create_string_utf8(env, "netlink stream", NAPI_AUTO_LENGTH, &name);
	if (napi_create_threadsafe_function(env, argv[3], NULL, name, 0, 1, NULL, NULL, stream, stream_deliver,
					    &stream->deliver) != napi_ok)
		goto unthreaded;
	napi_unref_threadsafe_function(env, stream->deliver);
	napi_add_env_cleanup_hook(env, stream_teardown, stream);
	if (uv_thread_create(&stream->thread, stream_main, stream) != 0) {
		napi_remove_env_cleanup_hook(env, stream_teardown, stream);
		napi_release_threadsafe_function(stream->deliver, napi_tsfn_abort);
		goto unthreaded;
	}
	socket_forget(env, stream->fd);
	napi_create_external(env, stream, stream_finalize, NULL, &external);
	return external;
unthreaded:
	uv_mutex_destroy(&stream->mutex);
	uv_cond_destroy(&stream->given);
invalid:
	if (stream->wake > 0)
		close(stream->wake);
	free(stream->request);
	free(stream);
	return number(env, -EINVAL);
}

/* give(stream, bytes, marks): a buffer to fill. `marks` gets the number of datagrams, then offset and nsid of each. */
static napi_value js_give(napi_env env, napi_callback_info info)
{
	struct stream *stream;
	struct slot slot = { 0 };
	void *marks;
	bool taken = false;

	ARGS(3);
	if (napi_get_value_external(env, argv[0], (void **)&stream) != napi_ok ||
	    !get_bytes(env, argv[1], (void **)&slot.data, &slot.size) || !get_bytes(env, argv[2], &marks, &slot.marks_size))
		return number(env, -EINVAL);
	if (slot.size < DATAGRAM || slot.marks_size < 3 * 4)
		return number(env, -EINVAL);
	/* Whole words, so that padding behind a datagram never leads past the end. */
	slot.size &= ~(size_t)3;
	slot.marks = marks;
	napi_create_reference(env, argv[1], 1, &slot.data_ref);
	napi_create_reference(env, argv[2], 1, &slot.marks_ref);
	uv_mutex_lock(&stream->mutex);
	if (!stream->closing && stream->count < SLOTS) {
		stream->slots[(stream->first + stream->count) % SLOTS] = slot;
		stream->count++;
		taken = true;
		uv_cond_signal(&stream->given);
	}
	uv_mutex_unlock(&stream->mutex);
	if (!taken)
		slot_release(env, &slot);
	return number(env, taken ? 0 : -EAGAIN);
}

/* hold(stream, alive): sets whether the stream keeps the event loop alive. Not allowed after `over`: the callback is freed then. */
static napi_value js_hold(napi_env env, napi_callback_info info)
{
	struct stream *stream;
	bool alive;

	ARGS(2);
	if (napi_get_value_external(env, argv[0], (void **)&stream) != napi_ok ||
	    napi_get_value_bool(env, argv[1], &alive) != napi_ok)
		return number(env, -EINVAL);
	if (alive)
		napi_ref_threadsafe_function(env, stream->deliver);
	else
		napi_unref_threadsafe_function(env, stream->deliver);
	return number(env, 0);
}

/* end(stream): asks the thread to end, which it confirms with `over`. Can be called at any time and repeatedly. */
static napi_value js_end(napi_env env, napi_callback_info info)
{
	struct stream *stream;

	ARGS(1);
	if (napi_get_value_external(env, argv[0], (void **)&stream) != napi_ok)
		return number(env, -EINVAL);
	stream_close(stream);
	return number(env, 0);
}

NAPI_MODULE_INIT()
{
	struct kept_sockets *kept = calloc(1, sizeof(*kept));
	static const struct { const char *name; napi_callback call; } functions[] = {
		{ "socket", js_socket },         { "createNetns", js_create_netns }, { "readFile", js_read_file },
		{ "createNetnsSync", js_create_netns_sync },
		{ "writeFile", js_write_file },  { "bind", js_bind },                { "connect", js_connect },
		{ "setsockopt", js_setsockopt }, { "getsockopt", js_getsockopt },    { "close", js_close },
		{ "send", js_send },             { "receive", js_receive },          { "exchange", js_exchange },
		{ "stream", js_stream },         { "give", js_give },                { "end", js_end },
		{ "hold", js_hold },
	};

	if (kept == NULL || napi_set_instance_data(env, kept, sockets_close, NULL) != napi_ok) {
		free(kept);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		napi_value function;

		if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function) != napi_ok ||
		    napi_set_named_property(env, exports, functions[i].name, function) != napi_ok)
			return NULL;
	}
	return exports;
}
