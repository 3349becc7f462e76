/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holds checks back until it is known what their system calls returned, and hands them on in the order in which they
 * came, with their outcome. Only a check of which that will be told waits, and no longer than a moment: a call that sleeps
 * holds nobody up.
 */
#pragma once

#include <stdint.h>

struct sink;

#define AWAIT_NS      500000000ULL	/* where somebody looks on */
#define AWAIT_LONG_NS 10000000000ULL	/* where all is told at the end */

/* In front of `inner`, which belongs to *ret from then on, and is freed where this fails with -ENOMEM. */
int await_new(struct sink *inner, uint64_t patience_ns, struct sink **ret);
