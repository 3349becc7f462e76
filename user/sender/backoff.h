/* SPDX-License-Identifier: BSD-2-Clause */
/* When is a receiver that is not well tried again? */
#pragma once

#include <stdint.h>

#define BACKOFF_MAX_NS 300000000000ULL		/* what we wait by ourselves */
#define BACKOFF_ASKED_MAX_NS 3600000000000ULL	/* what a receiver may ask for */

/*
 * After so many failures before this one: between one and one and a half times 2^failures seconds, and in the end between 200 s
 * and five minutes, so that a crowd of senders does not come back at once; but not before it wants us to (Retry-After; 0: it
 * says nothing). random: any number.
 */
uint64_t backoff_ns(unsigned int failures, uint64_t asked_ns, uint64_t random);
