/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trip performs one named privileged act, so that a test knows which capability check to expect.
 *
 * An act has two halves. `prepare` runs with every privilege that trip was started with and may do anything;
 * then trip gives away what the command line says and renames itself to trip-<act>; then `perform` does as
 * little as it can, the check being what its last syscall asks. All that is heard from a task of that name
 * belongs to the act.
 *
 * No act lasts: each one fails after the check, or touches only what dies with the process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TRIP_COMM_LEN 16 /* TASK_COMM_LEN */

/* How a refusal shows. */
enum trip_answer {
	ANSWER_ERRNO = 0, /* the syscall fails with EPERM or EACCES */
	ANSWER_EFFECT,    /* the syscall says ok, something else tells: act.refused() */
	ANSWER_NONE,      /* it changes nothing that could be seen */
};

/* What one run of one act knows; prepare and perform share the middle part as they like. */
struct trip {
	uid_t uid;      /* who will perform; from perform on the real user, and euid the effective one */
	uid_t stranger; /* an id that is neither root nor the performer */
	bool deny;      /* the check is to be refused */

	int fd;
	pid_t target;
	void *page;

	uid_t euid;
	pid_t pid, tid;           /* who performed; filled in before perform, which may correct them */
	char comm[TRIP_COMM_LEN]; /* and under which name */
	char why[128];            /* why prepare returned -ENOTSUP: what this kernel lacks, for people */
};

struct act {
	const char *name;
	const char *syscall; /* the syscall that asks */
	const char *since;   /* the kernel that has the check first; NULL: every kernel since 5.10 */
	const char *note;    /* what it needs, or what is special about it; NULL: nothing */
	uint64_t also; /* capabilities that would each do as well, so that a denial must take them too */
	int cap;
	enum trip_answer answer;
	bool arranged; /* prepare itself arranges the refusal: deny takes no capability away */

	/* 0; -ENOTSUP with `why` where this kernel cannot be asked; another negative errno. NULL: nothing to
	 * do. */
	int (*prepare)(struct trip *t);
	/* The syscall's result, or negative errno. */
	long (*perform)(struct trip *t);
	/* ANSWER_EFFECT only: whether the check was refused, after perform returned `ret`. */
	bool (*refused)(struct trip *t, long ret);
};

/* The tables end with an act that has no name. */
extern const struct act acts_file[], acts_task[], acts_net[], acts_kernel[], acts_extra[];

/* -ENOTSUP, with the reason for people. */
__attribute__((format(printf, 2, 3))) int trip_cannot(struct trip *t, const char *format, ...);

/* A libc result as trip wants it: the value, or negative errno. */
long trip_ret(long ret);
