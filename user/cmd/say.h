/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command says to the person who started it: one line each on standard error, made safe for a
 * terminal.
 */
#pragma once

#include <stdbool.h>

struct buf;

/* "capsieve trace: " before every line; NULL: "capsieve: ". */
struct say {
	const char *command;
};

void say(const struct say *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The one sentence for a failed read or write: "FILE: No space left on device". error is a negative errno. */
void say_error(const struct say *s, const char *what, int error);

/*
 * Flushes standard output: an exit code, EXIT_FAILED after saying why. A reader that has gone away is fine.
 * Right after the writing, for errno still has to be the one of a write that failed.
 */
int say_flush(const struct say *s);

/*
 * Writes b to standard output, flushes that as say_flush does, and gives b's memory back: an exit code, EXIT_FAILED after saying
 * why, also where b lacks a part for want of memory, which is not written then.
 */
int say_text(const struct say *s, struct buf *b);

/* Was anything said, or is there nothing to say? */
bool say_said(void);
