/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/http.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/library.h"
#include "user/base/span.h"

enum { CONNECTIONS = 16, SECONDS = 5, MEMORY = 8 << 10, ADDRESS_MAX = 64 };

/* The type of what a handler returns was int before 0.9.71. */
#if MHD_VERSION >= 0x00097002
typedef enum MHD_Result answer_t;
#else
typedef int answer_t;
#endif

#define MHD_FUNCTIONS(X)                                                                              \
	X(start_daemon) X(stop_daemon) X(create_response_from_buffer) X(add_response_header) X(queue_response) \
	X(destroy_response)

struct http {
	void *library;
#define MEMBER(name) __typeof__(&MHD_##name) name;
	MHD_FUNCTIONS(MEMBER)
#undef MEMBER
	struct MHD_Daemon *daemon;
	void (*put)(void *ctx, struct buf *b);
	void *ctx;
};

static int load(struct http *h, struct buf *why)
{
	bool all = true;

	h->library = library_open("libmicrohttpd.so.12");
	if (!h->library) {
		buf_puts(why, "metrics: libmicrohttpd.so.12 cannot be loaded, which it takes to listen");
		return -ELIBACC;
	}
#define LOAD(name)                                                        \
	*(void **)&h->name = dlsym(h->library, "MHD_" #name);             \
	all &= h->name != NULL;
	MHD_FUNCTIONS(LOAD)
#undef LOAD
	if (!all)
		buf_puts(why, "metrics: libmicrohttpd lacks what it takes to listen");
	return all ? 0 : -ELIBACC;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static answer_t say(struct http *h, struct MHD_Connection *to, unsigned int status, const char *text, size_t n)
{
	struct MHD_Response *r = h->create_response_from_buffer(n, (void *)text, MHD_RESPMEM_MUST_COPY);
	answer_t done;

	if (!r)
		return MHD_NO;
	h->add_response_header(r, "Content-Type", status == MHD_HTTP_OK ? "text/plain; version=0.0.4; charset=utf-8"
									: "text/plain");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		h->add_response_header(r, "Allow", "GET, HEAD");
	done = h->queue_response(to, status, r);
	h->destroy_response(r);
	return done;
}

static answer_t say_metrics(struct http *h, struct MHD_Connection *to)
{
	struct buf b = BUF_INIT;
	answer_t done;

	h->put(h->ctx, &b);
	done = b.error ? MHD_NO : say(h, to, MHD_HTTP_OK, buf_str(&b), b.len);
	buf_done(&b);
	return done;
}

static answer_t on_request(void *ctx, struct MHD_Connection *to, const char *url, const char *method, const char *version,
			   const char *upload, size_t *upload_n, void **state)
{
	struct http *h = ctx;

	(void)version;
	(void)upload;
	(void)state;
	if (strcmp(method, "GET") && strcmp(method, "HEAD")) {
		*upload_n = 0;
		return say(h, to, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n", 18);
	}
	if (!strcmp(url, "/metrics"))
		return say_metrics(h, to);
	if (!strcmp(url, "/healthz"))
		return say(h, to, MHD_HTTP_OK, "ok\n", 3);
	return say(h, to, MHD_HTTP_NOT_FOUND, "there are /metrics and /healthz\n", 32);
}

/* ---- where ------------------------------------------------------------------------------------------------------ */

static bool parse_address(const char *text, uint16_t port, struct sockaddr_storage *ret, socklen_t *ret_n)
{
	struct sockaddr_in *four = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (!strcmp(text, "localhost"))
		text = "127.0.0.1";
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		*ret_n = sizeof(*four);
		return true;
	}
	if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
		return false;
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	*ret_n = sizeof(*six);
	return true;
}

static bool parse(const char *listen, struct sockaddr_storage *ret, socklen_t *ret_n)
{
	const char *colon = strrchr(listen, ':');
	size_t n = colon ? (size_t)(colon - listen) : 0;
	char address[ADDRESS_MAX];
	uint64_t port;

	if (!n || number_parse(colon + 1, 1, 65535, &port))
		return false;
	if (listen[0] == '[' && listen[n - 1] == ']') {
		listen++;
		n -= 2;
	}
	if (n >= sizeof(address))
		return false;
	memcpy(address, listen, n);
	address[n] = '\0';
	return parse_address(address, (uint16_t)port, ret, ret_n);
}

/* Ours and not the library's, so that what is wrong with it has a name. */
static int open_socket(const struct sockaddr_storage *at, socklen_t n)
{
	int fd = socket(at->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1, err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (at->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (!bind(fd, (const struct sockaddr *)at, n) && !listen(fd, CONNECTIONS))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int start(struct http *h, const char *address, struct buf *why)
{
	struct sockaddr_storage at;
	socklen_t n;
	int fd = parse(address, &at, &n) ? open_socket(&at, n) : -EINVAL;

	if (fd >= 0) {
		h->daemon = h->start_daemon(MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, h,
					    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
					    (unsigned int)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
					    (unsigned int)SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
					    MHD_OPTION_END);
		if (h->daemon)
			return 0;
		close(fd);
		fd = -EIO;
	}
	buf_printf(why, "metrics: cannot listen on %s: %s", address, strerror(-fd));
	return fd;
}

int http_new(const char *address, void (*put)(void *ctx, struct buf *b), void *ctx, struct http **ret, struct buf *why)
{
	struct http *h = calloc(1, sizeof(*h));
	int err = h ? load(h, why) : -ENOMEM;

	if (!err) {
		h->put = put;
		h->ctx = ctx;
		err = start(h, address, why);
	}
	if (err)
		http_free(h);
	else
		*ret = h;
	return err;
}

/* The library stays loaded: threads of it may just be ending. */
void http_free(struct http *h)
{
	if (!h)
		return;
	if (h->daemon)
		h->stop_daemon(h->daemon);
	free(h);
}
