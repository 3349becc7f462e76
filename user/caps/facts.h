/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person should know of each capability. The sources are capabilities(7), linux/capability.h and the
 * kernel's own call sites; what a capability amounts to for an attacker is told by how it has been used.
 */
#pragma once

#include <stdint.h>

/* How much is lost with a process that holds it and goes astray. */
enum fact_level {
	FACT_LOW,      /* a nuisance at most */
	FACT_MODERATE, /* harm within bounds */
	FACT_HIGH,     /* secrets, services or the host's working */
	FACT_ROOT,     /* all of root can be had from it */
	FACT_LEVELS
};

/* In what way; several hold at once. */
enum fact_danger {
	FACT_EQUALS_ROOT = 1 << 0,
	FACT_KERNEL = 1 << 1,    /* changes the running kernel, or its memory */
	FACT_ESCAPE = 1 << 2,    /* leaves a container that has no user namespace of its own */
	FACT_READS = 1 << 3,     /* reads anything */
	FACT_WRITES = 1 << 4,    /* changes any file */
	FACT_PROCESSES = 1 << 5, /* takes over, or disturbs, others' processes */
	FACT_NETWORK = 1 << 6,   /* listens to, or bends, others' traffic */
	FACT_HOST = 1 << 7,      /* stops the host, or uses it up */
	FACT_HIDES = 1 << 8,     /* falsifies or silences what is logged */
	FACT_DANGERS = 9
};

struct fact {
	const char *since; /* the kernel that brought it: "2.2" */
	enum fact_level level;
	unsigned dangers;    /* of enum fact_danger */
	const char *permits; /* sentences, without the last dot, as all that follow */
	const char *why;     /* it is as dangerous as that */
	const char *checked; /* where the kernel asks for it */
	const char *needed_by;
	const char *better; /* than granting it */
};

/* NULL for a number that has no name. */
const struct fact *fact_of(unsigned nr);

/* "all of root can be had from it", "high". */
const char *fact_level_name(enum fact_level level);

/* "equals root"; bit is a number from 0 to FACT_DANGERS - 1. */
const char *fact_danger_name(unsigned bit);

/* Of a set: the capabilities that make their holder as good as root. */
uint64_t fact_roots(uint64_t set);
