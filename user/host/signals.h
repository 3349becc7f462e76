/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIGINT, SIGTERM and SIGHUP as something to be read in the loop. While one has not been read, or once the run is to end,
 * another one ends the process at once with status 130: also where the loop is stuck in a write that nobody reads, and
 * would never look. What the caller ignored (nohup, a background job) stays ignored; what it
 * only blocked is heard, or nothing would end us in order. One set per process.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

enum { SIGNALS_ENDING = 3, SIGNALS_FORCED_QUIT = 130 };

struct signals {
	int fd;			/* polls readable while one waits */
	sigset_t mask;		/* the caller's */
	sigset_t heard;		/* the same without these three */
	struct sigaction action[SIGNALS_ENDING];
};

struct signals_caught {
	int sig, code;		/* si_signo and si_code */
};

/* Catches and blocks them, until signals_release: what is done in between is short. 0 or negative errno. */
int signals_catch(struct signals *s);
void signals_release(const struct signals *s);

/* Takes the next one; false where none waits. Until signals_heard another one ends the process. */
bool signals_next(const struct signals *s, struct signals_caught *ret);
void signals_heard(bool next_is_last);

/* This one ends nothing, however often it comes; 0: each of them does. */
void signals_harmless(int sig);

/* From now on none ends the process at once: it ends in order, and whoever started it sees to it that it does. */
void signals_be_patient(void);

/*
 * *at becomes 1 as soon as one comes that is not harmless, also where it ends the process at once: for others with whom that
 * memory is shared. NULL: nothing does.
 */
void signals_mark(volatile sig_atomic_t *at);

/* Puts back what the caller had. A set whose .fd is -1 was never caught. */
void signals_forget(struct signals *s);
