/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring's near end: what more than can be looked at would push out of it waits in the backlog. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/source/live.h"

/* For ring_buffer__new, whose ctx is a struct live: to whom ring_read() names, or else into the backlog. */
int ring_on_event(void *ctx, void *data, size_t size);

/* Where reader and writers are stands in the ring's first two pages. Without them ring_is_filling() is never true. */
void ring_map(struct live *l);

void ring_unmap(struct live *l);

/* Is so much in it that it has to be emptied before anything is looked at? */
bool ring_is_filling(const struct live *l);

/* Each event goes to fn, as live_read() says; NULL: into the backlog. */
int ring_read(struct live *l, live_event_fn fn, void *ctx);
