/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/present.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/enrich/places.h"
#include "user/host/users.h"
#include "user/model/cgpath.h"
#include "user/model/filter.h"

/* What the snapshot asks. */
struct looking {
	const struct present_config *config;
	const struct present *present;
};

/* Any process may be an ancestor. */
static bool look_closer(void *ctx, const struct holder *h)
{
	const struct present_config *c = ((const struct looking *)ctx)->config;

	return c->all || filter_keys(c->what->filter) & 1U << WHERE_ANCESTOR || holding_may(c->what, h);
}

static const struct event_task *held(void *ctx, int tid)
{
	return tasks_find(&((const struct looking *)ctx)->present->tasks, tid);
}

static char *copy_of(struct cgpath_name name)
{
	return name.len ? strndup(name.at, name.len) : NULL;
}

static void name_holder(struct holder *h, struct users *users, struct places *places, bool groups)
{
	const char *user = users_name(users, h->is.uid);
	struct cgpath path;

	h->user = user ? strdup(user) : NULL;
	user = groups ? users_group(users, h->is.gid) : NULL;
	h->group = user ? strdup(user) : NULL;
	if (!h->cgroup)
		return;
	h->workload = places_of(places, h->cgroup);
	cgpath_parse(h->cgroup, &path);
	h->unit = copy_of(cgpath_unit(&path));
	h->slice = copy_of(path.slice);
	h->session = copy_of(path.session);
}

static int name_all(const struct present_config *config, struct present *p)
{
	bool groups = filter_keys(config->what->filter) & 1U << WHERE_GROUP;
	struct users *users = users_new();

	p->places = places_new(config->proc, PLACES_ONCE);
	if (!users || !p->places) {
		users_free(users);
		return -ENOMEM;
	}
	for (size_t i = 0; i < p->list.count; i++)
		if (p->list.at[i].looked_closer)
			name_holder(&p->list.at[i], users, p->places, groups);
	users_free(users);
	return 0;
}

int present_take(const struct present_config *config, struct present *ret)
{
	const uint32_t keys = filter_keys(config->what->filter);
	struct looking looking = { config, ret };
	struct snapshot_config snapshot = {
		.proc = config->proc,
		.ctx = &looking,
		.cmdlines = keys & 1U << WHERE_CMDLINE,
		.terminals = keys & 1U << WHERE_TTY,
		.closer = look_closer,
	};
	int err;

	*ret = (struct present){ .places = NULL };
	if (config->exactly && !tasks_read(config->proc, &ret->tasks))
		snapshot.held = held;
	err = snapshot_take(&snapshot, &ret->list, &ret->counts);
	err = err ?: name_all(config, ret);
	err = err ?: holders_tree(&ret->list, &ret->nodes);
	return err ?: holding_choose(config->what, &ret->list, ret->nodes, &ret->choice);
}

void present_done(struct present *p)
{
	holders_done(&p->list);
	free(p->nodes);
	free(p->choice.chosen);
	places_free(p->places);
	tasks_done(&p->tasks);
	*p = (struct present){ .places = NULL };
}
