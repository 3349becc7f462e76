/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/kept.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/model/program.h"
#include "user/model/workload.h"

struct copy {
	struct program program;
	struct {
		uint64_t program;
		uint32_t tgid, reserved;
	} key;
	size_t users;
	UT_hash_handle hh;
};

struct kept {
	struct copy *copies;
};

struct kept *kept_new(void)
{
	return calloc(1, sizeof(struct kept));
}

static void let_go(struct kept *k, struct copy *c)
{
	HASH_DEL(k->copies, c);
	program_done(&c->program);
	free(c);
}

void kept_clear(struct kept *k)
{
	struct copy *c, *next;

	HASH_ITER(hh, k->copies, c, next)
		let_go(k, c);
}

void kept_free(struct kept *k)
{
	if (!k)
		return;
	kept_clear(k);
	free(k);
}

const struct program *kept_get(struct kept *k, const struct program *p)
{
	struct copy *c, fresh = { .key = { .program = p->id, .tgid = p->tgid } };

	HASH_FIND(hh, k->copies, &fresh.key, sizeof(fresh.key), c);
	if (c) {
		c->users++;
		return &c->program;
	}
	c = malloc(sizeof(*c));
	if (!c || program_copy(p, &fresh.program)) {
		free(c);
		return NULL;
	}
	*c = fresh;
	c->users = 1;
	c->program.serial = 0;	/* its text is nobody's to keep */
	HASH_ADD(hh, k->copies, key, sizeof(c->key), c);
	if (c->hh.tbl)
		return &c->program;
	program_done(&c->program);
	free(c);
	return NULL;
}

void kept_put(struct kept *k, const struct program *p)
{
	struct copy *c = (struct copy *)p;	/* its first member */

	if (c && !--c->users)
		let_go(k, c);
}

static bool is_of(const struct program *p, const struct workload *w)
{
	const char *path = w->text[WORKLOAD_PATH];

	return p->workload && p->cgroup && path && p->cgroup_id == w->cgroup_id && !strcmp(p->cgroup, path);
}

int kept_resolved(struct kept *k, const struct workload *w)
{
	struct workload *ours = workload_copy(w);
	struct copy *c, *next;

	if (!ours)
		return -ENOMEM;
	HASH_ITER(hh, k->copies, c, next) {
		if (!is_of(&c->program, w))
			continue;
		workload_unref(c->program.workload);
		c->program.workload = workload_ref(ours);
	}
	workload_unref(ours);
	return 0;
}
