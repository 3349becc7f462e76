/* SPDX-License-Identifier: BSD-2-Clause */
/* A container that may be the one, from its bundle or its engine's word, until a better one is found. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "user/host/engines_state.h"

/* A workload of the path with this id; NULL: out of memory. */
struct workload *candidate_new(const struct search *s, const char *id, enum workload_engine engine);

/* It is named as well as it can be. */
bool candidate_is_done(const struct search *s);

/* Takes w: it is what was looked for, so far. */
void candidate_accept(struct search *s, struct workload *w, size_t end);

/* Takes w, of an engine that another user than root runs: told, but no proof. */
void candidate_accept_others(struct search *s, struct workload *w, uid_t owner, size_t end);

/*
 * The bundle in this directory, which its engine, run by `owner`, says to be that of container id. True where it is that of
 * our path.
 */
bool candidate_bundle(struct search *s, const char *dir, const char *id, enum workload_engine engine, uid_t owner,
		       const char *storage);
