/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where program images come from. What starts a workload - the runtime of a container between clone and exec, systemd
 * between fork and exec of a service - is in the workload's cgroup already, and asks for much that what it starts will never
 * need: its images are told apart as set-up. And whose exec was heard is known from its start.
 *
 * Set-up is what bears the name of such a program, came to the workload after we began to listen, and was not executed inside
 * of the container: a container may have a /usr/bin/runc of its own. Not known is none.
 *
 * And which user namespace a workload began in: one that it made itself gives it every capability, which is no need.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct origins;
struct program;

enum origin {
	ORIGIN_SETUP	= 1 << 0,
	ORIGIN_FRESH	= 1 << 1,	/* its exec was heard, or that of whom it was forked from */
	ORIGIN_INIT	= 1 << 2,	/* the first process of a container's own pid namespace, whose exec was heard */
};

/* NULL: out of memory. */
struct origins *origins_new(void);
void origins_free(struct origins *o);

/* Is it called as one of those that start workloads of the kind that it is in? That alone says little. */
bool origins_is_launcher(const struct program *p);

/* When listening began, by CLOCK_BOOTTIME (0: unknown), and the mount namespace that paths are the host's in (0: unknown). */
void origins_start(struct origins *o, uint64_t since_ns, uint32_t host_mntns);

/* A program was met, or is another one now, or elsewhere. 0 or -ENOMEM. */
int origins_program(struct origins *o, const struct program *p);

/* The user namespace that it, or what it comes from in the same workload, was first met in. 0: unknown. */
uint32_t origins_userns(const struct origins *o, const struct program *p);

/* Bits of enum origin. Of a program that was not met, or too long ago, what it says itself. */
uint32_t origins_of(const struct origins *o, const struct program *p);
