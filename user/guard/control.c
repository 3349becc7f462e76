/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/control.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/json.h"

/* A whole line has to come, and an answer to be taken, in this time. Tests of outputs take theirs. */
#define PATIENCE_NS 60000000000ULL
#define LINE_NS     5000000000ULL

enum { BACKLOG = 8, EVENTS = CONTROL_CLIENTS + 1 };

struct client {
	uint64_t number;	/* 0: nobody */
	int fd;
	bool root;
	bool asked;
	uint64_t until;		/* CLOCK_MONOTONIC */
	size_t n;
	char line[REQUEST_BYTES_MAX];
	struct buf answer;
	size_t written;
};

struct control {
	int fd, epoll;
	char *path;
	uint64_t numbers;
	control_fn fn;
	void *ctx;
	struct client clients[CONTROL_CLIENTS];
};

static void forget(struct client *c)
{
	close(c->fd);
	buf_done(&c->answer);
	*c = (struct client){ .fd = -1 };
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

static void write_answer(struct control *k, struct client *c)
{
	struct epoll_event e = { .events = EPOLLOUT, .data.ptr = c };
	ssize_t n = send(c->fd, c->answer.data + c->written, c->answer.len - c->written, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		c->written += (size_t)n;
	if ((n < 0 && errno != EAGAIN) || c->written == c->answer.len)
		forget(c);
	else
		epoll_ctl(k->epoll, EPOLL_CTL_MOD, c->fd, &e);
}

static void answer(struct control *k, struct client *c, const char *line, size_t n)
{
	c->asked = true;
	c->until = clock_ns(CLOCK_MONOTONIC) + LINE_NS;
	buf_put(&c->answer, line, n);
	if (c->answer.error || !c->answer.len)
		forget(c);
	else
		write_answer(k, c);
}

void control_answer(struct control *k, uint64_t client, const char *line, size_t n)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (client && k->clients[i].number == client)
			answer(k, &k->clients[i], line, n);
}

static void answer_mistake(struct control *k, struct client *c, const char *sentence)
{
	struct buf b = BUF_INIT;
	struct json j;

	json_init(&j, &b);
	json_object(&j);
	json_member_bool(&j, "ok", false);
	json_member_cstr(&j, "error", sentence);
	json_object_end(&j);
	buf_putc(&b, '\n');
	answer(k, c, buf_str(&b), b.len);
	buf_done(&b);
}

/* ---- questions ------------------------------------------------------------------------------------------------- */

static void ask(struct control *k, struct client *c, size_t n)
{
	struct buf why = BUF_INIT;
	struct request r;

	if (request_read(c->line, n, &r, &why)) {
		answer_mistake(k, c, why.len ? buf_str(&why) : "out of memory");
	} else if (r.what == REQUEST_LEARN_ANEW && !c->root) {
		answer_mistake(k, c, "only root may have forgotten what was learned");
	} else {
		c->asked = true;
		c->until = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
		k->fn(k->ctx, c->number, &r);
	}
	buf_done(&why);
}

static void read_line(struct control *k, struct client *c)
{
	ssize_t n = recv(c->fd, c->line + c->n, sizeof(c->line) - c->n, MSG_DONTWAIT);
	const char *end;

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			forget(c);
		return;
	}
	/* One question each. */
	if (c->asked)
		return;
	c->n += (size_t)n;
	end = memchr(c->line, '\n', c->n);
	if (end)
		ask(k, c, (size_t)(end - c->line));
	else if (c->n == sizeof(c->line))
		answer_mistake(k, c, "the line is too long");
}

/* The sender may be of the same user as the daemon: it is to change nothing that decides. */
static bool may_ask(int fd, bool *ret_root)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) || n != sizeof(peer))
		return false;
	*ret_root = peer.uid == 0;
	return peer.uid == 0 || peer.uid == geteuid();
}

static struct client *free_place(struct control *k)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (!k->clients[i].number)
			return &k->clients[i];
	return NULL;
}

static void let_in(struct control *k)
{
	int fd = accept4(k->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c = free_place(k);
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	bool root;

	if (fd < 0)
		return;
	if (!c || !may_ask(fd, &root) || epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &e)) {
		close(fd);
		return;
	}
	*c = (struct client){
		.number = ++k->numbers,
		.fd = fd,
		.root = root,
		.until = clock_ns(CLOCK_MONOTONIC) + LINE_NS,
	};
}

static void lose_patience(struct control *k)
{
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);

	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (k->clients[i].number && now > k->clients[i].until)
			forget(&k->clients[i]);
}

void control_work(struct control *k)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(k->epoll, events, EVENTS, 0);

	for (int i = 0; i < count; i++) {
		struct client *c = events[i].data.ptr;

		if (!c)
			let_in(k);
		else if (c->number && events[i].events & EPOLLOUT)
			write_answer(k, c);
		else if (c->number)
			read_line(k, c);
	}
	lose_patience(k);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, err = 0;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Whose the directory is, is decided by its lock, which we have. */
	unlink(path);
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) || chmod(path, 0600) || listen(fd, BACKLOG))
		err = -errno;
	if (err)
		close(fd);
	return err ?: fd;
}

int control_open(const char *path, control_fn fn, void *ctx, struct control **ret)
{
	struct control *k = calloc(1, sizeof(*k));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };
	int err = 0;

	if (!k)
		return -ENOMEM;
	*k = (struct control){ .epoll = -1, .fn = fn, .ctx = ctx, .path = strdup(path) };
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		k->clients[i].fd = -1;
	k->fd = k->path ? listen_at(path) : -ENOMEM;
	if (k->fd < 0)
		err = k->fd;
	if (!err && (k->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		err = -errno;
	if (!err && epoll_ctl(k->epoll, EPOLL_CTL_ADD, k->fd, &e))
		err = -errno;
	if (err)
		control_close(k);
	else
		*ret = k;
	return err;
}

void control_close(struct control *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (k->clients[i].number)
			forget(&k->clients[i]);
	if (k->fd >= 0) {
		close(k->fd);
		unlink(k->path);
	}
	if (k->epoll >= 0)
		close(k->epoll);
	free(k->path);
	free(k);
}

int control_fd(const struct control *k)
{
	return k->epoll;
}
