/* SPDX-License-Identifier: BSD-2-Clause */
/* A process or thread and what it holds, and all of them as they were at one time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/caps/privfile.h"
#include "user/caps/transition.h"

#define HOLDER_NAME 64 /* kernel threads have longer names than the 15 bytes of all others */

#define HOLDER_USERNS_INITIAL 0xEFFFFFFDu /* PROC_USER_INIT_INO, the same on every kernel */

/* What a thread has other than the first thread of its process. */
enum holder_difference {
	HOLDER_EFFECTIVE = 1 << 0,
	HOLDER_PERMITTED = 1 << 1,
	HOLDER_INHERITABLE = 1 << 2,
	HOLDER_BOUNDING = 1 << 3,
	HOLDER_AMBIENT = 1 << 4,
	HOLDER_IDS = 1 << 5,
	HOLDER_NO_NEW_PRIVS = 1 << 6,
	HOLDER_DIFFERENCES = 7
};

struct workload;

struct holder {
	int pid, ppid;
	int tid; /* the same as pid: the first thread, which stands for the process */
	char state;
	bool kernel;	     /* a thread of the kernel itself */
	unsigned threads;    /* of the process */
	unsigned seccomp;    /* 0 none, 1 strict, 2 filters */
	unsigned differs;    /* enum holder_difference; 0 of a first thread */
	char comm[HOLDER_NAME]; /* any bytes */
	struct credentials is;  /* ids as we see them; no groups */
	bool securebits_known;  /* the kernel tells them only to the task itself; else .is has none */
	bool looked_closer;	/* what follows was asked for; what is still unknown could not be told */
	uint32_t userns;	/* its number; 0: unknown */
	char *exe;		/* owned, as are all strings; NULL: unknown, or a kernel thread */
	char *cgroup;		/* in the v2 hierarchy; NULL: unknown */
	char *user, *group, *unit, *slice, *session; /* NULL: has none, or unknown */
	char *cmdline, *tty;	/* read where they were asked for; .tty "": has none */
	const struct workload *workload; /* borrowed; NULL: not told */
	bool used_known;	/* the next one: a history tells of it */
	uint64_t used;		/* what its program ever used in its workload */
	bool file_known;	/* the four below: what the executable carries */
	uint32_t file_mode, file_uid;
	enum privfile_caps file_has_caps;
	struct filecaps file_caps;
};

void holder_done(struct holder *h);

/* All that it has: effective, permitted, inheritable or ambient. */
uint64_t holder_set(const struct holder *h);

/* Nothing of it runs any more: what a zombie holds is of no use to it. */
bool holder_is_dead(const struct holder *h);

/* "effective", "no_new_privs"; bit is a number from 0 to HOLDER_DIFFERENCES - 1. */
const char *holder_difference_name(unsigned bit);

/* The smallest named thing around it: unit, else cgroup; NULL: unknown. Belongs to h. */
const char *holder_workload(const struct holder *h);

/* enum holder_difference between two. */
unsigned holder_compare(const struct holder *a, const struct holder *b);

/* A list; it owns what is in it. */
struct holders {
	struct holder *at;
	size_t count, room;
};

/* Takes over what *h owns. -ENOMEM: then it is freed. */
int holders_put(struct holders *list, struct holder *h);
void holders_done(struct holders *list);

/* By process, of each its first thread first. */
void holders_sort(struct holders *list);

/* The first thread of a process, in a sorted list; NULL: not there. */
const struct holder *holders_find(const struct holders *list, int pid);

/*
 * Each entry of a sorted list in the order of a tree: behind a process its threads, then its children. *ret,
 * to be freed, has list->count entries; the depth of a process without a parent in the list is 0. -ENOMEM.
 */
struct holder_node {
	const struct holder *holder;
	size_t parent; /* index in the same array; SIZE_MAX: none. Of a thread its process. */
	unsigned depth;
};
int holders_tree(const struct holders *list, struct holder_node **ret);
