/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was asked for, and where: checks of one capability, at one place in the kernel, in one system call are one row,
 * with how they ended. Pure; a profile is made of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/caps/site.h"

enum { ASKED_ROWS_MAX = 65536, ASKED_FILES_MAX = 4096, ASKED_NAME = 64, ASKED_CALL = 32 };

struct asked_row {
	int cap;
	enum site_class class;
	const struct site_row *row;	/* NULL: unclassified */
	const char *operation;		/* NULL: not known */
	char name[ASKED_NAME];		/* the kernel's function that asked; "": unknown */
	char call[ASKED_CALL];		/* the system call; "": none, or unknown */
	bool no_need;			/* not with the program's own credentials, or as owner of a namespace */
	uint64_t granted, denied;
	uint64_t failed, worked;	/* of .denied: the call failed, or succeeded all the same; of the rest it is not known */
	int error;			/* errno of the last that failed */
	uint64_t first_ns, last_ns;	/* CLOCK_REALTIME */
	uint32_t pid;			/* of the first */
	char comm[EVENT_COMM + 1];
	char *exe;			/* NULL: unknown */
};

/* A check, or as many of the same kind. Strings are borrowed for the call. */
struct asked_check {
	int cap;
	const struct site *site;	/* NULL: unclassified */
	const char *call;	/* "": none, or unknown */
	bool denied, no_need;
	bool failed, worked;	/* of a denied one, where it is known */
	int error;
	uint64_t times, wall_ns;
	uint32_t pid;
	const char *comm;	/* comm_len bytes, EVENT_COMM at most */
	size_t comm_len;
	const char *exe;	/* NULL: unknown */
};

struct asked;

/* NULL: out of memory. */
struct asked *asked_new(void);
void asked_free(struct asked *a);

/* 0 or -ENOMEM. */
int asked_add(struct asked *a, const struct asked_check *c);

/* A program that was met: what it is permitted, and the file that it is (NULL: unknown). 0 or -ENOMEM. */
int asked_program(struct asked *a, uint64_t permitted, const char *exe);

/* By capability, then class, then how often. The order is made anew where rows came. */
size_t asked_count(struct asked *a);
const struct asked_row *asked_at(struct asked *a, size_t i);

/* Checks that found no row any more. */
uint64_t asked_rest(const struct asked *a);

/* Is there no row whose place in the kernel is known, though there are rows? */
bool asked_unnamed(struct asked *a);

/* Everything that any of its programs was permitted. */
uint64_t asked_held(const struct asked *a);

/* The paths of what was executed; NULL behind the last. */
const char *asked_file(const struct asked *a, size_t i);
