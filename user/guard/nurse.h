/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process between collector and sender: it has no capabilities, and not the collector's filter of system calls, which
 * everything has that the collector starts. It starts the sender, anew after a while when that died, and hands the
 * collector a new socket to each. It and the sender take no signals that end, other than SIGKILL: the collector's end, or word
 * of it, ends them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { NURSE_KEPT = 4 };

struct nurse_config {
	uid_t uid;		/* who nurse and sender are; (uid_t)-1: who we are */
	gid_t gid;
	int keep;		/* a descriptor that the sender has as NURSE_KEPT; -1: none. All others are closed */
	int (*run)(void *ctx, int fd);	/* the sender: its exit status, 0 being an end in order */
	void *ctx;
};

struct nurse {
	pid_t pid;
	int fd;			/* polls readable when there is news, and at its end */
};

enum nurse_what {
	NURSE_STARTED,		/* .fd, which the caller owns, leads to sender .pid */
	NURSE_ENDED,		/* in order */
	NURSE_DIED,		/* .status as wait(2) has it; the next one is started in .wait_ms */
};

struct nurse_news {
	uint32_t what;		/* enum nurse_what */
	int32_t pid, status, wait_ms;
	int32_t fd;
};

/* 0 or negative errno. Before there are threads, and while there still are privileges to become somebody else. */
int nurse_start(const struct nurse_config *config, struct nurse *ret);

/* Does not wait: 1 and *ret; 0: there is no news; -EPIPE: the nurse is gone. */
int nurse_next(struct nurse *n, struct nurse_news *ret);

/* Waits until it has ended, at most so long, and kills it then. Did it end in order, with the sender? */
bool nurse_end(struct nurse *n, uint64_t patience_ns);
