/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 5424, to the socket of this machine, or over UDP or TCP (RFC 6587: each with its length in front). */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/when.h"
#include "user/model/message.h"
#include "user/rule/config.h"
#include "user/sender/format.h"
#include "user/sender/output.h"

enum { DATAGRAM_MAX = 8192, RULE_MAX = 32, PATIENCE_MS = 5000, HOST_MAX = 255, AUTHPRIV = 10, LOCAL0 = 16, LOCAL0_AT = 12 };

static const char local_socket[] = "/dev/log";

struct syslog {
	struct output_context context;
	int fd;			/* -1: not connected */
	bool stream;
	struct buf line, frame;
};

static void *open_syslog(const struct output_context *context)
{
	struct syslog *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->context = *context;
	s->fd = -1;
	return s;
}

static void let_go(void *o)
{
	struct syslog *s = o;

	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void close_syslog(void *o)
{
	struct syslog *s = o;

	let_go(s);
	buf_done(&s->line);
	buf_done(&s->frame);
	free(s);
}

/* ---- the connection --------------------------------------------------------------------------------------------- */

static const char *address_of(const struct syslog *s)
{
	return s->context.config->address ? s->context.config->address : local_socket;
}

static int connect_local(struct syslog *s, const char *path)
{
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, path);
	for (size_t i = 0; i < 2; i++) {
		s->stream = types[i] == SOCK_STREAM;
		s->fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
		if (s->fd < 0)
			return -errno;
		if (!connect(s->fd, (const struct sockaddr *)&to, sizeof(to)))
			return 0;
		if (errno != EPROTOTYPE)
			return -errno;
		let_go(s);
	}
	return -EPROTOTYPE;
}

/* A connection that is under way must not hang for the kernel's two minutes. */
static int connect_one(const struct addrinfo *at, int *ret_fd)
{
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol), err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!connect(fd, at->ai_addr, at->ai_addrlen)) {
		*ret_fd = fd;
		return 0;
	}
	err = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
	close(fd);
	return err;
}

/* "HOST:PORT", "[::1]:PORT"; without a port 514. */
static int split(const char *address, char host[HOST_MAX + 1], const char **ret_port)
{
	const char *colon = strrchr(address, ':'), *end = strchr(address, ']');
	size_t n;

	*ret_port = "514";
	if (*address == '[' && end) {
		address++;
		n = (size_t)(end - address);
		if (end[1] == ':')
			*ret_port = end + 2;
	} else {
		n = colon ? (size_t)(colon - address) : strlen(address);
		if (colon)
			*ret_port = colon + 1;
	}
	if (!n || n > HOST_MAX)
		return -EINVAL;
	memcpy(host, address, n);
	host[n] = '\0';
	return 0;
}

static int connect_net(struct syslog *s, const char *address, bool stream)
{
	struct addrinfo hints = { .ai_socktype = stream ? SOCK_STREAM : SOCK_DGRAM }, *found = NULL;
	char host[HOST_MAX + 1];
	const char *port;
	int err = split(address, host, &port);

	if (!err && getaddrinfo(host, port, &hints, &found))
		err = -EHOSTUNREACH;
	s->stream = stream;
	for (const struct addrinfo *at = found; at && !err; at = at->ai_next) {
		err = connect_one(at, &s->fd);
		if (!err)
			break;
		if (at->ai_next)
			err = 0;
	}
	if (found)
		freeaddrinfo(found);
	return err;
}

static int reach(struct syslog *s)
{
	const char *address = address_of(s);

	if (s->fd >= 0)
		return 0;
	if (*address == '/')
		return connect_local(s, address);
	return connect_net(s, address + strlen("udp://"), *address == 't');
}

/* ---- a line ----------------------------------------------------------------------------------------------------- */

static unsigned int facility_of(const struct syslog *s)
{
	const char *name = s->context.config->facility;

	for (size_t i = 0; name && i < config_facility_count; i++)
		if (!strcmp(config_facilities[i], name))
			return (unsigned int)(i < LOCAL0_AT ? i : i - LOCAL0_AT + LOCAL0);
	return AUTHPRIV;
}

/* A field of the header: printable ASCII without blanks, and no longer than it may be. */
static void put_field(struct buf *b, const char *s, size_t most)
{
	size_t n = 0;

	for (; s && *s && n < most; s++, n++)
		buf_putc(b, *s > ' ' && *s < 0x7f ? *s : '_');
	if (!n)
		buf_putc(b, '-');
	buf_putc(b, ' ');
}

static void put_header(struct syslog *s, const struct format_alert *a)
{
	const char *time = format_text(a, "time");
	struct buf now = BUF_INIT;
	struct when when;

	when_init(&when, WHEN_ISO, true);
	when_print(&when, &now, clock_ns(CLOCK_REALTIME));
	buf_printf(&s->line, "<%u>1 ", facility_of(s) * 8 + a->alert->severity);
	/* Six digits of a second are all that the format has. */
	time = time ? time : buf_str(&now);
	buf_printf(&s->line, "%.26sZ ", time);
	put_field(&s->line, s->context.host, HOST_MAX);
	buf_printf(&s->line, "capsieve %d ", (int)getpid());
	put_field(&s->line, format_text(a, "rule") ? format_text(a, "rule") : format_text(a, "event"), RULE_MAX);
	buf_puts(&s->line, "- ");
	buf_done(&now);
}

static int make_line(struct syslog *s, const struct message_alert *alert)
{
	struct format_alert a = { .alert = NULL };
	int err = format_open(alert, &a);

	buf_clear(&s->line);
	if (err)
		return err;
	put_header(s, &a);
	if (s->context.config->format == FORMAT_JSON)
		buf_printf(&s->line, "@cee: %s", alert->json);
	else
		format_put_sentence(&s->line, &a);
	format_close(&a);
	if (!s->stream && s->line.len > DATAGRAM_MAX)
		s->line.len = DATAGRAM_MAX;
	return s->line.error;
}

static int send_all(struct syslog *s)
{
	const struct buf *b = &s->line;
	size_t done = 0;

	if (s->stream) {
		buf_clear(&s->frame);
		if (*address_of(s) == '/')
			buf_printf(&s->frame, "%s\n", buf_str(&s->line));
		else
			buf_printf(&s->frame, "%zu %s", s->line.len, buf_str(&s->line));
		b = &s->frame;
	}
	while (done < b->len) {
		ssize_t n = send(s->fd, b->data + done, b->len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return b->error;
}

/* A peer that has closed is only noticed by reading: what is sent to it would be lost. */
static void notice_end(struct syslog *s)
{
	char byte;
	ssize_t n;

	if (s->fd < 0 || !s->stream)
		return;
	n = recv(s->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
	if (!n || (n < 0 && errno != EAGAIN))
		let_go(s);
}

static enum delivered deliver(void *o, const struct message_alert *alert, struct delivery *ret)
{
	struct syslog *s = o;
	int err;

	notice_end(s);
	err = reach(s);
	err = err ?: make_line(s, alert);
	if (err == -EINVAL) {
		delivery_say(ret, "the alert or the address cannot be used");
		return DELIVER_NEVER;
	}
	err = err ?: send_all(s);
	if (!err)
		return DELIVERED;
	let_go(s);
	delivery_say(ret, "%s: %s", address_of(s), strerror(-err));
	return DELIVER_AGAIN;
}

const struct output_ops output_syslog = {
	.open = open_syslog,
	.deliver = deliver,
	.close = close_syslog,
	.reopen = let_go,
};
