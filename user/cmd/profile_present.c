/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/cmd/options.h"
#include "user/cmd/present.h"
#include "user/cmd/profile.h"
#include "user/host/cgroup.h"
#include "user/model/filter.h"
#include "user/model/workload.h"
#include "user/sink/subjects.h"

/* Of a command, and of who is to start yet, nobody is there; of a recording nobody can be looked at. */
static bool is_wanted(const struct study *s)
{
	const struct options *o = s->options;

	return !s->from && !o->command.argv && !o->profile.wait && (o->profile.host || filter_is_set(&o->filter));
}

static void forget_paths(struct filter *f)
{
	for (size_t i = 0; i < f->cgroups.count; i++)
		free(f->cgroups.at[i].text);
}

/* Cgroups are asked for by their directories, and processes have paths. Negative errno: there is nothing to be freed. */
static int resolve(const char *proc, struct filter *f)
{
	const size_t count = f->cgroups.count;
	int err = 0;

	f->cgroups.count = 0;
	for (size_t i = 0; i < count && !err; i++) {
		err = cgroup_path(proc, f->cgroups.at[i].text, &f->cgroups.at[i].text);
		f->cgroups.count += !err;
	}
	if (err)
		forget_paths(f);
	return err;
}

/* A thread of the kernel holds everything and is no program; what a zombie holds is of no use to it. */
static bool counts(const struct present *p, size_t i)
{
	const struct holder *h = &p->list.at[i];

	return p->choice.chosen[i] && !h->kernel && !holder_is_dead(h);
}

/* A container's files are not to be found by their paths. */
static int meet(struct study *s, const struct holder *h)
{
	const struct subject_present who = {
		.permitted = h->is.permitted,
		.exe = h->workload && workload_is_container(h->workload) ? NULL : h->exe,
		.cgroup = h->cgroup,
		.workload = h->workload,
	};

	return subjects_present(s->subjects, &who);
}

int profile_meet_present(struct study *s)
{
	struct filter filter = s->options->filter;
	const struct holding what = { .filter = &filter, .all = true };
	const struct present_config config = { .proc = s->options->kernel.proc, .what = &what };
	struct present now;
	int err = 0;

	if (!is_wanted(s) || resolve(config.proc, &filter))
		return 0;
	if (!present_take(&config, &now))
		for (size_t i = 0; i < now.list.count && !err; i++)
			err = counts(&now, i) ? meet(s, &now.list.at[i]) : 0;
	present_done(&now);
	forget_paths(&filter);
	return err;
}
