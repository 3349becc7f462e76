/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

void out_init(struct out *out, int fd, bool owned)
{
	*out = (struct out){ .fd = fd, .buf = BUF_INIT, .owned = owned, .terminal = isatty(fd) == 1 };
}

static int open_stdout(struct out *out)
{
	int mode = fcntl(STDOUT_FILENO, F_GETFL);

	if (mode < 0 || (mode & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	out_init(out, STDOUT_FILENO, false);
	return 0;
}

/* A file that was there keeps its mode through open(); devices and pipes are none of our business. */
static int make_private(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) && (st.st_mode & 0777) != 0600 && fchmod(fd, 0600) < 0)
		return -errno;
	return 0;
}

int out_open(struct out *out, const char *path, unsigned flags)
{
	int mode = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (flags & OUT_APPEND ? O_APPEND : O_TRUNC);
	int fd, err;

	*out = (struct out)OUT_INIT;
	if (!path)
		return open_stdout(out);
	fd = open(path, mode, flags & OUT_PRIVATE ? 0600 : 0666);
	if (fd < 0)
		return -errno;
	err = flags & OUT_PRIVATE ? make_private(fd) : 0;
	if (err) {
		close(fd);
		return err;
	}
	out_init(out, fd, true);
	return 0;
}

static int wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (poll(&p, 1, -1) < 0 && errno != EINTR)
		return -errno;
	return 0;	/* an error condition on the descriptor is told by the next write */
}

int out_all(int fd, const void *data, size_t n)
{
	const char *at = data;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (!done)
			return -EIO;
		if (done > 0) {
			at += done;
			n -= (size_t)done;
		} else if (errno == EAGAIN) {
			int err = wait_writable(fd);

			if (err)
				return err;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int out_flush(struct out *out)
{
	if (!out->error)
		out->error = out->buf.error;
	if (!out->error)
		out->error = out_all(out->fd, out->buf.data, out->buf.len);
	buf_clear(&out->buf);
	return out->error;
}

int out_close(struct out *out)
{
	int err;

	if (out->fd < 0)
		return 0;
	err = out_flush(out);
	if (out->owned && close(out->fd) < 0 && !err)
		err = -errno;
	buf_done(&out->buf);
	*out = (struct out)OUT_INIT;
	return err;
}
