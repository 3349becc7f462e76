/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Buffered output to a descriptor. Records are written into .buf - directly, or by out_write - and leave
 * for the descriptor in one piece of 64 KiB or more, or when out_flush says so. The first error sticks:
 * what comes after a full disk or a closed pipe is thrown away, and every call that writes returns that
 * error. SIGPIPE must be ignored by the process, or a closed pipe ends it before anything here can tell.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/base/buf.h"

enum out_flag {
	OUT_APPEND = 1 << 0,	/* keep what the file holds; else it is emptied */
	OUT_PRIVATE = 1 << 1,	/* 0600, also where the file was there with another mode */
};

struct out {
	int fd;		/* -1: not open */
	struct buf buf;	/* not yet written */
	bool owned;	/* close fd at the end: not so for standard output */
	bool terminal;
	int error;	/* 0 or negative errno */
};

#define OUT_INIT { .fd = -1, .buf = BUF_INIT }

#define OUT_THRESHOLD ((size_t)64 << 10)

/*
 * Opens path for writing, or takes standard output where path is NULL; flags are enum out_flag. Negative
 * errno, -EBADF also for a standard output that is closed or not open for writing. On failure out is as
 * OUT_INIT.
 */
int out_open(struct out *out, const char *path, unsigned flags);

/* Takes over a descriptor that is open for writing; owned: out_close closes it. */
void out_init(struct out *out, int fd, bool owned);

static inline bool out_is_terminal(const struct out *out)
{
	return out->terminal;
}

/* All of it to a descriptor, at once, in as many pieces as that takes; waits where it would block. 0 or negative errno. */
int out_all(int fd, const void *data, size_t n);

/* Everything buffered to the descriptor; waits where it would block. -EPIPE, -ENOSPC, -EIO, ... */
int out_flush(struct out *out);

/* After records were written into out->buf: flushes where enough has come together. */
static inline int out_commit(struct out *out)
{
	if (out->buf.len < OUT_THRESHOLD && !out->buf.error && !out->error)
		return 0;
	return out_flush(out);
}

static inline int out_write(struct out *out, const void *data, size_t n)
{
	buf_put(&out->buf, data, n);
	return out_commit(out);
}

/*
 * Flushes, closes where owned, frees. The first error that this output ever met, close() included. Does
 * nothing on what is not open.
 */
int out_close(struct out *out);
