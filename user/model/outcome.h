/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of a system call in which a check was made: an event_outcome in words. */
#pragma once

#include <stddef.h>

#include "bpf/event.h"

enum outcome {
	OUTCOME_UNKNOWN,
	OUTCOME_FAILED,		/* with an errno */
	OUTCOME_WORKED,		/* all the same */
	OUTCOME_INTERRUPTED,	/* by a signal: it begins anew, or fails with EINTR; which, was not seen */
	OUTCOME_ENDED,		/* the thread ended inside it */
	OUTCOME_COUNT
};

/* Reads one such event, of which data need not be aligned. 0; -EBADMSG where it is none, or is too short for one. */
int outcome_decode(const void *data, size_t len, struct event_outcome *ret);

enum { OUTCOME_WORD_MAX = 32 };

/* "EPERM", "ok", "interrupted", "ended"; NULL: unknown. An errno without a name is made in buf. */
const char *outcome_word(enum outcome outcome, int error, char buf[static OUTCOME_WORD_MAX]);

/* The errno of such a word, as it was printed with OUTCOME_FAILED; 0: it is none. */
int outcome_error(const char *word);

/*
 * What an outcome says of what was asked for: a call that is to be tried again (EAGAIN, EINTR) has not failed, and tells nothing;
 * a connection that is being made (EINPROGRESS) was allowed.
 */
enum outcome outcome_ending(enum outcome outcome, int error);

/* *ret_errno is positive with OUTCOME_FAILED, else 0. */
enum outcome outcome_of(const struct event_outcome *e, int *ret_errno);
