/* SPDX-License-Identifier: BSD-2-Clause */
/* Where engines leave files about their containers, and how one of these is read. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "user/host/engines_state.h"

struct buf;

/* One sentence for all of them: the first is kept, until engines_complaint() takes it. */
void stores_complain(struct engines *c, const char *path, int err);

/*
 * A regular file that is no link, whole. *ret_owner: whose it is, or -1 where others than that can write to it. 0 or
 * negative errno.
 */
int stores_read(const char *path, size_t max, struct buf *ret, uid_t *ret_owner);

/* An engine's file, with a complaint where it is there and cannot be read. */
int stores_read_state(struct engines *c, const char *path, struct buf *ret, uid_t *ret_owner);

/* A folder that is there and was not known; of each kind as many as there is room for. */
void stores_add(struct engines *c, enum place_kind kind, enum workload_engine engine, const char *dir);

/* DIR/<driver>-containers of containers/storage. */
void stores_add_storage(struct engines *c, const char *dir);

/* Where distributions have them. */
void stores_add_usual(struct engines *c);
