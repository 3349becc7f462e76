/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/kin.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/when.h"
#include "user/host/cgroup.h"
#include "user/model/cgtext.h"
#include "user/sender/format.h"

/* Of an alert that waited longer than so many hooks took it is not known any more when it was. */
enum { RUNS_MAX = 256 };

/* The collector tells the time by another clock, which is set right now and then. */
#define SLACK_NS 100000000ULL

/* The last runs of hooks, by their numbers, which begin with 1. */
static struct {
	pthread_mutex_t lock;
	struct {
		uint64_t run, from, to;	/* CLOCK_REALTIME, as alerts have it */
	} at[RUNS_MAX];
	uint64_t last;
	char *cgroups;	/* as cgroup_own has it; NULL: not known */
} kin = { .lock = PTHREAD_MUTEX_INITIALIZER };

void kin_start(void)
{
	free(kin.cgroups);
	kin.cgroups = cgroup_own(NULL);
}

uint64_t kin_begin(void)
{
	uint64_t run;

	pthread_mutex_lock(&kin.lock);
	run = ++kin.last;
	kin.at[run % RUNS_MAX].run = run;
	kin.at[run % RUNS_MAX].from = clock_ns(CLOCK_REALTIME) - SLACK_NS;
	kin.at[run % RUNS_MAX].to = UINT64_MAX;
	pthread_mutex_unlock(&kin.lock);
	return run;
}

void kin_end(uint64_t run)
{
	pthread_mutex_lock(&kin.lock);
	if (kin.at[run % RUNS_MAX].run == run)
		kin.at[run % RUNS_MAX].to = clock_ns(CLOCK_REALTIME) + SLACK_NS;
	pthread_mutex_unlock(&kin.lock);
}

static bool did_run(uint64_t at)
{
	bool found = false;

	pthread_mutex_lock(&kin.lock);
	for (size_t i = 0; i < RUNS_MAX && !found; i++)
		found = kin.at[i].run && at >= kin.at[i].from && at < kin.at[i].to;
	pthread_mutex_unlock(&kin.lock);
	return found;
}

/* In a cgroup namespace ours is called / and theirs is not: then the user and the time tell. */
static bool is_our_cgroup(const char *cgroup)
{
	return kin.cgroups && (cgtext_has(kin.cgroups, cgroup) || cgtext_has(kin.cgroups, "/"));
}

bool kin_did(const struct format_alert *a)
{
	const char *cgroup = format_text(a, "cgroup"), *time = format_text(a, "time");
	uint64_t at;
	int64_t uid;

	return cgroup && time && format_number(a, "uid", &uid) && uid == (int64_t)getuid() && !when_parse(time, &at) &&
	       did_run(at) && is_our_cgroup(cgroup);
}
