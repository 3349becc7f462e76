/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the command of `-- COMMAND`, in two steps: a child that has become who the command will be and has
 * found it, but waits; and its release, once the probes listen. Nothing but the exec is left to be heard
 * then, under the command's own name.
 *
 * The child has capsieve's standard streams, directory, limits and process group - so that the terminal's
 * keys reach it -, and the signal mask and ignored signals (nohup, background jobs) of capsieve's caller: see
 * inherited_remember. Whatever descriptors it should not have must be close-on-exec, as all of ours are.
 *
 * A child that is held goes when capsieve goes, however that happens. One that was released lives on.
 *
 * Before Linux 5.11 libbpf lifts our RLIMIT_MEMLOCK, and without a limit CAP_IPC_LOCK is never asked for:
 * what the limit was before belongs into launch_as.
 *
 * Call launch_hold before capabilities are dropped (self_drop_except): the child gets what is there at that
 * time. And keep CAP_KILL for launch_signal where the command runs as somebody else.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct exact_wish;
struct launch;
struct rlimit;

struct launch_as {
	const char *user;	/* "USER[:GROUP]", names or numbers; NULL: capsieve's caller */
	uint64_t grant;		/* ambient capabilities, with .user only; CAPABILITY_ALL: all that we hold */
	const struct exact_wish *exact;	/* exactly so; .user and .grant are not looked at then. NULL: those */
	int in, out, err;	/* its standard input, output and error; 0: ours */
	bool group;		/* a process group of its own: signals go to all of it, and the terminal's keys do not */
	char *const *env;	/* its environment; NULL: ours */
	const struct rlimit *memlock;	/* its RLIMIT_MEMLOCK; NULL: ours */
};

enum {
	LAUNCH_FAILED = 125,	/* capsieve itself failed */
	LAUNCH_CANNOT_RUN = 126,
	LAUNCH_NOT_FOUND = 127,
};

/*
 * Starts a child for argv (ends with NULL, at least one word) and returns when it is held. as may be NULL:
 * the caller. 0 and *ret, for launch_free. Otherwise one sentence without an end in *why, no child left,
 * and: -EINVAL wrong words in `as`; -ENOENT no such command; -EACCES there is one, but it cannot be
 * executed; or another negative errno. launch_code tells the exit code. Sets SIGCHLD to its default action
 * where it was ignored: else no child could be waited for.
 */
int launch_hold(char *const argv[], const struct launch_as *as, struct launch **ret, struct buf *why);

/*
 * The same without a child: becomes the command. Returns only where it failed, as launch_hold does; the
 * process may be in between then, and must end.
 */
int launch_here(char *const argv[], const struct launch_as *as, struct buf *why);

/* The exit code for a failed launch_hold or launch_here: 2 for wrong words, else 125, 126 or 127. */
int launch_code(int error);

pid_t launch_pid(const struct launch *l);

/*
 * Readable when the command has ended; belongs to l. -1 where the kernel gives none: ask launch_reap now
 * and then.
 */
int launch_pidfd(const struct launch *l);

/* What was granted; with CAPABILITY_ALL that is what there was to give. */
uint64_t launch_granted(const struct launch *l);

/* What its bounding set is, while it is held; all, where that cannot be told. */
uint64_t launch_bounding(const struct launch *l);

/*
 * Lets the child go on to its exec. 0, also when called again; -EPIPE where it died while held (reap says
 * of what).
 */
int launch_release(struct launch *l);

/*
 * Did the exec fail? 0: no, or not yet; after launch_reap it is final. Else the negative errno and a
 * sentence in *why (may be NULL); the status is then that of an exit with 126. Does not wait.
 */
int launch_error(struct launch *l, struct buf *why);

/*
 * The command's end: 1 and *ret_status as wait(2) gives it, the same again on every later call; 0 where it
 * still runs (not with block); -EINTR, with block, where a signal handler ran; other negative errno.
 */
int launch_reap(struct launch *l, bool block, int *ret_status);

/* The exit code for a status: the command's own, or 128 + N for signal N. */
int launch_exit_code(int status);

/*
 * Passes a signal on that came to capsieve; si_code as in siginfo or signalfd. What the terminal sent
 * (Ctrl-C) has gone to the whole process group already and is not sent twice. 1: passed on; 0: the command
 * has it; -ESRCH: it is gone; -EPERM: it runs as somebody else and CAP_KILL was dropped.
 */
int launch_signal(struct launch *l, int sig, int si_code);

/* Kills and reaps a child that is still held; one that was released is left alone. NULL is fine. */
void launch_free(struct launch *l);

/*
 * No command, but a part of capsieve in a process of its own: calls part there, whose value is its exit status. It gets
 * SIGTERM when we end. 0 and the process, for waitpid, with *ret_pidfd as launch_pidfd() has it, which is the caller's;
 * or negative errno.
 */
int launch_part(int (*part)(void *ctx), void *ctx, pid_t *ret_pid, int *ret_pidfd);
