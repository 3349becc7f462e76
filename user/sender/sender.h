/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process that talks: takes alerts from the collector, keeps them on disk until they are delivered, and serves the
 * metrics. It has no capabilities, and what it says is believed by nobody.
 */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "user/sender/confine.h"

struct sender_setup {
	int fd;			/* its end of a SOCK_SEQPACKET pair; user/model/message.h is spoken there */
	const char *spool;	/* directory of what waits; made, as the user's below, where it is not there; NULL: */
	int spool_fd;		/* that directory, which is there */
	struct confine_off off;
	uid_t uid;		/* whom to become; (uid_t)-1: stays who it is */
	gid_t gid;
	const volatile sig_atomic_t *ending;	/* not 0 once the collector was told to end: it may go without a word then; NULL: never */
	const char *host;	/* this machine's name */
	void (*say)(void *ctx, const char *sentence);	/* safe for a terminal; by any of its threads */
	void *ctx;
};

/*
 * Runs until MESSAGE_DRAIN was done, or the other end is closed, which is a death to be told unless .ending says otherwise. SIGINT, SIGTERM and SIGHUP are ignored: when it ends is
 * the collector's to say. An exit status: 0, or 1 after .say of why it cannot. Threads may still run then: the caller
 * only _exits.
 */
int sender_run(const struct sender_setup *setup);
