/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard output, and files that are rotated: one alert a line, whole lines only. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/model/message.h"
#include "user/rule/config.h"
#include "user/sender/format.h"
#include "user/sender/output.h"

enum { KEEP_DEFAULT = 5, PATIENCE_MS = 250 };

struct lines {
	struct output_context context;
	int fd;			/* -1: not open */
	uint64_t size;		/* of the file */
	bool broken;		/* standard output ended within a line */
	struct buf line;
};

static bool is_file(const struct lines *l)
{
	return l->context.config->type == OUTPUT_FILE;
}

static void *open_lines(const struct output_context *context)
{
	struct lines *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->context = *context;
	l->fd = is_file(l) ? -1 : STDOUT_FILENO;
	return l;
}

static void let_go(struct lines *l)
{
	if (!is_file(l))
		return;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static void close_lines(void *o)
{
	struct lines *l = o;

	let_go(l);
	buf_done(&l->line);
	free(l);
}

static void reopen(void *o)
{
	let_go(o);
}

/* A link, a pipe or a device in its place is nothing that we made. */
static int open_file(struct lines *l)
{
	int fd = open(l->context.config->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	/* The umask is 077 in a service; whoever may read it is its group. */
	if (!st.st_size)
		(void)!fchmod(fd, 0640);
	l->fd = fd;
	l->size = (uint64_t)st.st_size;
	return 0;
}

/* path.1 is the newest. 0 or the negative errno of the last rename, which is that of the file itself. */
static int rotate(struct lines *l)
{
	const struct config_output *c = l->context.config;
	struct buf from = BUF_INIT, to = BUF_INIT;
	int err = 0;

	for (uint32_t i = c->keep ? c->keep : KEEP_DEFAULT; i > 0; i--) {
		buf_clear(&from);
		buf_clear(&to);
		buf_puts(&from, c->path);
		if (i > 1)
			buf_printf(&from, ".%u", i - 1);
		buf_printf(&to, "%s.%u", c->path, i);
		err = from.error ?: to.error;
		if (!err && rename(buf_str(&from), buf_str(&to)))
			err = -errno;
	}
	buf_done(&from);
	buf_done(&to);
	if (!err)
		let_go(l);
	return err;
}

/* Waits for a reader that is slow, but not beyond the end of this process. */
static int wait_for_room(const struct lines *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLOUT };
	int n = 0;

	while (!n) {
		if (*l->context.quit)
			return -EINTR;
		n = poll(&p, 1, PATIENCE_MS);
		if (n < 0 && errno == EINTR)
			n = 0;
	}
	return n < 0 ? -errno : 0;
}

/* A pipe takes what poll() promised without blocking when it is not more than PIPE_BUF. */
static int write_pieces(const struct lines *l, const char *data, size_t n, size_t *ret_done)
{
	size_t done = 0;
	int err = 0;

	while (done < n && !err) {
		size_t piece = is_file(l) || n - done < 4096 ? n - done : 4096;
		ssize_t r;

		err = is_file(l) ? 0 : wait_for_room(l);
		if (err)
			break;
		r = write(l->fd, data + done, piece);
		if (r > 0)
			done += (size_t)r;
		else if (r < 0 && errno != EINTR && errno != EAGAIN)
			err = -errno;
	}
	*ret_done = done;
	return err;
}

static int write_line(struct lines *l)
{
	size_t done;
	int err;

	if (l->broken && write_pieces(l, "\n", 1, &done))
		return -EPIPE;
	l->broken = false;
	err = write_pieces(l, l->line.data, l->line.len, &done);
	if (!err)
		l->size += l->line.len;
	else if (is_file(l))
		(void)!ftruncate(l->fd, (off_t)l->size);	/* no half of a line */
	else
		l->broken = done > 0;
	return err;
}

static int make_line(struct lines *l, const struct message_alert *alert)
{
	bool text = l->context.config->format == FORMAT_TEXT;
	struct format_alert a = { .alert = NULL };
	int err = 0;

	buf_clear(&l->line);
	if (text) {
		err = format_open(alert, &a);
		if (!err)
			format_put_text(&l->line, &a);
		format_close(&a);
	} else {
		buf_puts(&l->line, alert->json);
	}
	buf_putc(&l->line, '\n');
	return err ?: l->line.error;
}

/* Is the name another file by now, or none? Whoever moves it away need not tell us. */
static bool was_moved(const struct lines *l)
{
	struct stat named, ours;

	return stat(l->context.config->path, &named) || fstat(l->fd, &ours) || named.st_ino != ours.st_ino ||
	       named.st_dev != ours.st_dev;
}

/* One that cannot be rotated is written all the same. */
static int ready(struct lines *l, struct delivery *ret)
{
	const struct config_output *c = l->context.config;
	int err = 0;

	if (!is_file(l))
		return 0;
	if (l->fd >= 0 && was_moved(l))
		let_go(l);
	if (l->fd >= 0 && c->max_size && l->size && l->size + l->line.len > c->max_size)
		err = rotate(l);
	if (err)
		delivery_say(ret, "%s cannot be rotated, and grows: %s", c->path, strerror(-err));
	return l->fd >= 0 ? 0 : open_file(l);
}

static enum delivered deliver(void *o, const struct message_alert *alert, struct delivery *ret)
{
	struct lines *l = o;
	int err = make_line(l, alert);

	if (err) {
		delivery_say(ret, "an alert cannot be written down: %s", strerror(-err));
		return err == -ENOMEM ? DELIVER_AGAIN : DELIVER_NEVER;
	}
	err = ready(l, ret);
	err = err ?: write_line(l);
	if (!err)
		return DELIVERED;
	delivery_say(ret, "%s: %s", is_file(l) ? l->context.config->path : "standard output",
		     err == -EINVAL ? "it is no regular file" : strerror(-err));
	if (is_file(l))
		let_go(l);
	return DELIVER_AGAIN;
}

const struct output_ops output_lines = {
	.open = open_lines,
	.deliver = deliver,
	.close = close_lines,
	.reopen = reopen,
};
