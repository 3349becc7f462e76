/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as the path of a cgroup: what is found in it stands in it, and a workload is made of it. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/model/cgpath.h"
#include "user/model/workload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(struct cgpath_name name, const char *path, size_t size)
{
	assert(!name.len || (name.at >= path && name.at + name.len <= path + size));
	assert(!memchr(name.len ? name.at : "", '/', name.len));
}

static void check(const struct cgpath *p, const char *path, size_t size)
{
	const struct cgpath_name names[] = { p->unit, p->user_unit, p->slice, p->session, cgpath_unit(p) };
	size_t before = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_name(names[i], path, size);
	assert(p->levels <= CGPATH_LEVELS && p->end <= size);
	for (size_t i = 0; i < p->levels; i++) {
		const struct cgpath_level *level = &p->level[i];

		assert(level->end > before && level->end <= size);
		assert(path[level->end] == '/' || !path[level->end]);
		assert(*level->id && strlen(level->id) < CGPATH_ID);
		check_name(level->pod_uid, path, size);
		before = level->end;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = malloc(size + 1);
	struct workload *w;
	struct buf b = BUF_INIT;
	struct cgpath p;

	if (!path)
		return 0;
	memcpy(path, data, size);
	path[size] = '\0';
	size = strlen(path);
	cgpath_parse(path, &p);
	check(&p, path, size);
	for (size_t level = 0; level <= p.levels; level++) {
		w = cgpath_workload(path, 1, level);
		assert(w);
		workload_put_name(&b, w);
		workload_put_key(&b, w);
		workload_unref(w);
	}
	buf_done(&b);
	free(path);
	return 0;
}
