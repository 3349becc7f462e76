/* SPDX-License-Identifier: BSD-2-Clause */
/* What a container is called: what docker and containers/storage have in their files. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "user/host/engines_state.h"
#include "user/model/workload.h"

struct container;

/* A container's id as the name of a file: nothing that leads elsewhere. */
bool naming_is_file(const char *id);

/* What is empty or too long to be a name is none. */
int naming_put(struct workload *w, enum workload_text which, const char *text);

/* What a file said; the pod's uid of the path is the better one, for static pods are called after a hash. */
int naming_take(struct workload *w, const struct container *found);

/* *ret_pid: its first process, 0 where none is known. */
void naming_from_docker(struct search *s, struct workload *w, pid_t *ret_pid);

/* Of files that belong to `whose`. False: it is not there. */
bool naming_from_storage(struct search *s, struct workload *w, const char *dir, uid_t whose);

/* From wherever its engine has it. */
void naming_of(struct search *s, struct workload *w, uid_t whose);
