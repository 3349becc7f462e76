/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What /proc says of a process, best effort: it may be gone, be another one by now, or be hidden (hidepid),
 * and its names are its own choice. `proc` is where procfs is mounted; a pid is of that mount's namespace.
 * All that can fail returns 0 or a negative errno; -ENOENT or -ESRCH: there is no such process (any more).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROC_COMM 64	/* kernel threads have longer names than the 15 bytes of all others */

struct proc_stat {
	pid_t pid, ppid;
	char state;		/* 'R', 'S', 'Z', ... */
	uint64_t start;		/* clock ticks after boot; with the pid one process for good */
	char comm[PROC_COMM];	/* any bytes but NUL */
};

/* The number that a name of procfs is; 0 where it is none. */
pid_t proc_pid_of_name(const char *name);

/* Reads PID/stat. */
int proc_stat(const char *proc, pid_t pid, struct proc_stat *ret);

/* Reads the text of a stat file; -EBADMSG where it is none. */
int proc_stat_parse(const char *text, size_t n, struct proc_stat *ret);

/*
 * Calls fn for every process that can be seen, zombies too, threads not; what fn returns other than 0 ends
 * it and is returned. Processes that start or end meanwhile may be missing: look again where that matters.
 */
int proc_each(const char *proc, int (*fn)(void *ctx, const struct proc_stat *p), void *ctx);

/* Our own pid as that mount numbers it; -ENOENT where it is of a pid namespace that we are not in. */
pid_t proc_self(const char *proc);

/* The process that a thread belongs to - itself for its first thread -, or a negative errno. */
pid_t proc_tgid(const char *proc, pid_t tid);

/*
 * At most max bytes of the command line: words, each with its NUL, of which the last one may be missing.
 * *ret_len is 0 for kernel threads and zombies. The process may have written over it. Reads the process's
 * own memory, which can make us wait for as long as it likes: never for what was not asked for.
 */
int proc_cmdline(const char *proc, pid_t pid, char *buf, size_t max, size_t *ret_len);

/*
 * The same, where by all signs the process still runs the program that it ran at `since`, nanoseconds after boot:
 * it is no younger, and its name is comm. -ESRCH where it is not so; an exec of a program of the same name remains
 * unseen.
 */
int proc_cmdline_of(const char *proc, pid_t pid, const char *comm, uint64_t since, char *buf, size_t max,
		    size_t *ret_len);

/*
 * The path of the executable as its own mount namespace has it, " (deleted)" behind it where it is gone.
 * *ret is to be freed. -ENOENT also for a kernel thread; -EACCES without CAP_SYS_PTRACE for others'
 * processes.
 */
int proc_exe(const char *proc, pid_t pid, char **ret);

/* The path in the cgroup v2 hierarchy, to be freed. -ENODATA where there is no such hierarchy. */
int proc_cgroup(const char *proc, pid_t pid, char **ret);
