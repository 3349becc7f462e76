/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/whole.h"

#include <errno.h>
#include <unistd.h>

#include "user/base/buf.h"

#define PIECE ((size_t)64 << 10)

int whole_read(int fd, size_t max, struct buf *ret)
{
	size_t before = ret->len;

	for (;;) {
		ssize_t n;

		if (buf_reserve(ret, PIECE))
			return ret->error;
		n = read(fd, ret->data + ret->len, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		ret->len += (size_t)n;
		if (ret->len - before > max)
			return -EFBIG;
	}
}
