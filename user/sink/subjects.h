/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose checks are gathered for a profile: by workload, or of all who are meant together. Knows of each whether its start was
 * heard, which of its programs are only its set-up, and - where the next start is waited for - who has started since.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct asked;
struct program;
struct sink_start;
struct subjects;
struct workload;

struct subjects_options {
	const char *proc;	/* where procfs is; NULL: a recording */
	bool grouped;		/* an answer for each workload */
	bool wait;		/* only of who starts from now on */
	bool by_exec;		/* what starts is a program and no workload */
	bool ours;		/* all of them were started by us, before anything was heard */
};

/* Of one workload, or of all. Borrowed from the table, good until it is freed. */
struct subject {
	struct asked *asked;
	const struct workload *workload;	/* NULL: none is known; of several that were taken together one that asked */
	const char *cgroup;			/* its path; NULL: unknown */
	char *name;				/* as a person calls it; NULL: unknown, or more than one */
	uint64_t checks;
	bool start_seen;
};

enum { SUBJECTS_MAX = 4096 };	/* who comes when there are so many is taken together as one who is not known */

/* NULL: out of memory. */
struct subjects *subjects_new(const struct subjects_options *options);
void subjects_free(struct subjects *s);

/* 0 or -ENOMEM. */
int subjects_start(struct subjects *s, const struct sink_start *start);

/* Somebody is in that cgroup when it begins. meant: may it be somebody who is? 0 or -ENOMEM. */
int subjects_place(struct subjects *s, const char *path, uint64_t id, bool meant);

/* Who is meant and runs already, as procfs tells it. Strings and workload are copied. */
struct subject_present {
	uint64_t permitted;
	const char *exe;			/* NULL: unknown, or not to be found by its path here */
	const char *cgroup;			/* NULL: unknown */
	const struct workload *workload;	/* NULL: unknown */
};

/* What somebody holds counts though he asks for nothing; with .grouped only where somebody else of his workload does. 0 or -ENOMEM. */
int subjects_present(struct subjects *s, const struct subject_present *who);

/* A program was met, or is another one now. 0 or -ENOMEM. */
int subjects_program(struct subjects *s, const struct program *p);

/*
 * Into whose table so many checks of this program belong, at that time; NULL where none is: who runs already, when starts are waited
 * for. *ret_setup: it is no more than set-up. -ENOMEM in *ret_error, else 0. p may be NULL: not known.
 */
struct asked *subjects_of(struct subjects *s, const struct program *p, uint64_t wall_ns, uint64_t times,
			 bool *ret_setup, int *ret_error);

/* Are the files that it executes to be found by their paths here? NULL: it is not known. */
bool subjects_finds(const struct subjects *s, const struct program *p);

/* The user namespace that a program began in; 0: unknown. */
uint32_t subjects_userns(const struct subjects *s, const struct program *p);

/* More is known of a workload. 0 or -ENOMEM. */
int subjects_resolved(struct subjects *s, const struct workload *w);

/* Looks who has ended; called now and then. */
void subjects_look(struct subjects *s);

/* The end, by CLOCK_REALTIME. */
void subjects_stop(struct subjects *s, uint64_t wall_ns);

struct subjects_state {
	bool met;		/* anybody, of whom something is taken */
	bool here;		/* somebody who may be meant was there when it began */
	bool over;		/* all who started have ended */
	uint64_t since_ns;	/* CLOCK_REALTIME: of the start, with .wait of the first who started */
	uint64_t listened_ns;	/* after the end: how long in all */
	uint64_t checks;
	unsigned int capabilities;	/* that they asked for themselves */
};
void subjects_state(const struct subjects *s, struct subjects_state *ret);

/*
 * After the end: as many as there are workloads, in the order in which they were met; one where they are taken together. Who is
 * the same under several cgroups, such as a unit that was started twice, is one. 0 and *ret, for subjects_give_back; -ENOMEM.
 */
int subjects_take(struct subjects *s, struct subject **ret, size_t *ret_count);
void subjects_give_back(struct subject *list, size_t count);
