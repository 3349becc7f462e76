/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listens to the returns of single system calls, by fexit on the kernel's function for each, or where that is refused by
 * a return probe. Nobody pays for it in another call. Those in which checks are usual are listened to from the start, the
 * others once one was seen in them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct call_returns;
struct returns;

/* Functions at once: each is a file, has a trampoline in the kernel, and takes long to be taken away. */
enum { RETURNS_MAX = 32 };

struct returns_config {
	int ring, outcomes, marks, counts;	/* the probe's maps of those names; borrowed until returns_open is back */
	struct call_returns *calls;	/* what the probe looks at; is changed here, and outlives this */
	bool typed;			/* fexit works */
};

/* Loads, and attaches nothing. 0 and *ret; or negative errno. */
int returns_open(const struct returns_config *config, struct returns **ret);
void returns_free(struct returns *r);

/* Listens to those in which checks are usual. 0, also where some are not to be had; negative errno: to none. */
int returns_begin(struct returns *r);

/*
 * Listens to a call of this number, among those of 32-bit programs, or else this machine's own. 0, also where it was
 * before; -ENOSPC past RETURNS_MAX; -ENOENT: the kernel has no such function; else what the kernel said. After an error the
 * call is never asked for again.
 */
int returns_add(struct returns *r, bool of_32, unsigned int nr);

/* How many are listened to. */
unsigned int returns_count(const struct returns *r);
