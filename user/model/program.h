/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run of one program image: what is said once for all of its checks. Made by enrich from an
 * event_program, owned by the table there, and valid until that table lets the run go; records only point at
 * it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

struct buf;
struct workload;

struct program {
	uint64_t id;		/* event_program.program */
	uint64_t told;		/* when the kernel side described it: event_program.head.time */
	uint64_t serial;	/* changes whenever anything here does; 0: not kept in a table */
	uint32_t flags;		/* enum program_flag: which of the fields below are known */
	uint32_t tgid, ppid, ns_pid;
	uint32_t uid, euid, gid, egid;
	uint32_t login_uid;	/* (uint32_t)-1: known to be none */
	uint32_t userns, pidns, mntns, netns;
	uint64_t cgroup_id;
	uint64_t inheritable, permitted, effective, bounding, ambient;
	char comm[EVENT_COMM + 1];
	char *exe;		/* NULL: unknown; starts with ".../" where the outermost part is missing */
	char *cgroup;		/* path below the hierarchy's root, "/" for the root itself; NULL: unknown */
	char *unit;		/* systemd unit or slice named by the cgroup; NULL: none or unknown */
	char *slice;		/* innermost slice named by the cgroup; NULL: none or unknown */
	char *session;		/* login session named by the cgroup; NULL: none or unknown */
	char *args;		/* command line, escaped, blanks between words; NULL: unknown */
	char *ancestors;	/* who started it: names, the nearest first, escaped, a line each; NULL: unknown */
	struct workload *workload;	/* shared, see workload_ref; NULL: not told */
};

/*
 * Fills ret from an event of at least sizeof(struct event_head) bytes whose first `size` bytes can be read;
 * strings are allocated and belong to ret. 0, -EBADMSG where lengths lie or a path is not made of names,
 * -ENOMEM.
 */
int program_decode(const void *event, size_t size, struct program *ret);

/*
 * Of an event that program_decode takes: the command line's words with their NULs, *ret_n bytes, and whether that is not all;
 * they are the event's. NULL: the kernel side does not tell, or there is none.
 */
const char *program_args(const void *event, size_t size, size_t *ret_n, bool *ret_cut);

/* Makes ret a program of its own with everything that p has. 0, -ENOMEM. */
int program_copy(const struct program *p, struct program *ret);

/* Frees the strings of p and lets its workload go; not p itself. */
void program_done(struct program *p);

/*
 * Appends what the smallest named thing around it is called, as workload_put_name does; where no workload is told, its unit,
 * else its cgroup. Nothing: unknown. Not escaped.
 */
void program_put_workload(struct buf *b, const struct program *p);

/* The same as workload_put_key has it: what is read by machines, and what is kept. */
void program_put_key(struct buf *b, const struct program *p);
