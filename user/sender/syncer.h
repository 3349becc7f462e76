/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that sees to it that what is in the spool outlives a machine that loses its power: what comes is synced in
 * batches, the first within a second, and nobody but this thread waits for the disk.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct spool;
struct syncer;

struct syncer_config {
	struct spool *spool;		/* borrowed, as is .lock, which guards it */
	pthread_mutex_t *lock;
	pthread_cond_t *over;	/* told when it has ended */
	void (*say)(void *ctx, int err);	/* with the lock: it cannot be synced, said once; 0: now it can again */
	void *ctx;
};

/* 0 and *ret, or negative errno. */
int syncer_start(const struct syncer_config *config, struct syncer **ret);

/* Something came. With the lock. */
void syncer_wake(struct syncer *s);

/* What is there is synced now, and then the thread ends. With the lock. */
void syncer_end(struct syncer *s);

/* Has it ended? Then it is to be freed. With the lock. */
bool syncer_is_over(const struct syncer *s);
void syncer_free(struct syncer *s);
