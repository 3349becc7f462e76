/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/syncer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "user/base/clock.h"
#include "user/sender/spool.h"

#define SECOND_NS 1000000000ULL

/* So many do not wait for the end of the second. */
enum { MANY = 256, STACK_BYTES = 128 << 10 };

struct syncer {
	struct syncer_config config;
	pthread_cond_t wake;
	bool ending, over;
	int error;		/* of the last time */
	uint64_t due_ns;	/* CLOCK_MONOTONIC: not before, unless there are many */
};

static void wait_for_more(struct syncer *s, uint64_t until_ns)
{
	struct timespec t = { .tv_sec = (time_t)(until_ns / SECOND_NS), .tv_nsec = (long)(until_ns % SECOND_NS) };

	if (until_ns)
		pthread_cond_timedwait(&s->wake, s->config.lock, &t);
	else
		pthread_cond_wait(&s->wake, s->config.lock);
}

/* The lock is let go while the disk works. */
static int sync_all(struct syncer *s)
{
	struct spool *spool = s->config.spool;
	struct spool_sync *sync;
	int err = spool_sync_begin(spool, &sync);

	if (err)
		return err;
	pthread_mutex_unlock(s->config.lock);
	err = spool_sync_work(spool, sync);
	pthread_mutex_lock(s->config.lock);
	spool_sync_end(spool, sync);
	return err;
}

static void work(struct syncer *s)
{
	int err = sync_all(s);

	if (err != s->error)
		s->config.say(s->config.ctx, err);
	s->error = err;
	s->due_ns = clock_ns(CLOCK_MONOTONIC) + SECOND_NS;
}

static void *run(void *ctx)
{
	struct syncer *s = ctx;

	pthread_mutex_lock(s->config.lock);
	while (!s->ending) {
		size_t count = spool_unsynced(s->config.spool);

		if (!count)
			wait_for_more(s, 0);
		else if (clock_ns(CLOCK_MONOTONIC) < s->due_ns && (count < MANY || s->error))
			wait_for_more(s, s->due_ns);
		else
			work(s);
	}
	if (spool_unsynced(s->config.spool))
		work(s);
	s->over = true;
	pthread_cond_broadcast(s->config.over);
	pthread_mutex_unlock(s->config.lock);
	return NULL;
}

void syncer_wake(struct syncer *s)
{
	pthread_cond_signal(&s->wake);
}

void syncer_end(struct syncer *s)
{
	s->ending = true;
	pthread_cond_signal(&s->wake);
}

bool syncer_is_over(const struct syncer *s)
{
	return s->over;
}

void syncer_free(struct syncer *s)
{
	if (!s)
		return;
	pthread_cond_destroy(&s->wake);
	free(s);
}

int syncer_start(const struct syncer_config *config, struct syncer **ret)
{
	struct syncer *s = calloc(1, sizeof(*s));
	pthread_condattr_t clock;
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	if (!s)
		return -ENOMEM;
	s->config = *config;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &clock);
	pthread_condattr_destroy(&clock);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	err = -pthread_create(&thread, &attr, run, s);
	pthread_attr_destroy(&attr);
	if (err)
		syncer_free(s);
	else
		*ret = s;
	return err;
}
