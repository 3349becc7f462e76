/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/source/backlog.h"
#include "user/source/live.h"
#include "user/source/live_state.h"

enum { RING_FILLING = 4 };	/* where more than this part of it is in use, it is emptied before anything is looked at */

int ring_on_event(void *ctx, void *data, size_t size)
{
	struct live *l = ctx;

	int err;

	if (l->fn)
		return l->fn(l->fn_ctx, data, size);
	/* What it answers to with an error is taken from the ring all the same. */
	err = backlog_put(&l->backlog, data, size);
	return err ?: backlog_is_full(&l->backlog) ? -EAGAIN : 0;
}

static const uint64_t *map_position(int ring, off_t at)
{
	void *page = mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, ring, at);

	return page == MAP_FAILED ? NULL : page;
}

void ring_map(struct live *l)
{
	int ring = bpf_map__fd(l->skel->maps.ring);

	l->consumed = map_position(ring, 0);
	l->produced = l->consumed ? map_position(ring, sysconf(_SC_PAGESIZE)) : NULL;
}

void ring_unmap(struct live *l)
{
	if (l->consumed)
		munmap((void *)l->consumed, sizeof(*l->consumed));
	if (l->produced)
		munmap((void *)l->produced, sizeof(*l->produced));
}

bool ring_is_filling(const struct live *l)
{
	return l->produced && __atomic_load_n(l->produced, __ATOMIC_RELAXED) -
				      __atomic_load_n(l->consumed, __ATOMIC_RELAXED) > l->config.ring_bytes / RING_FILLING;
}

int ring_read(struct live *l, live_event_fn fn, void *ctx)
{
	l->fn = fn;
	l->fn_ctx = ctx;
	return ring_buffer__consume(l->ring);
}
