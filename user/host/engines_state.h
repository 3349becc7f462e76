/* SPDX-License-Identifier: BSD-2-Clause */
/* What a search for a container is made of, for the files that are its parts: user/host/engines.c begins and ends it. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "user/base/buf.h"
#include "user/model/cgpath.h"
#include "user/model/workload.h"

struct engineapi;

enum {
	PLACES = 32,		/* of each kind that are kept */
	STATE_MAX = 4 << 20,	/* bytes of an engine's file */
};

enum place_kind {
	PLACE_BUNDLES,	/* DIR/ID/config.json */
	PLACE_DOCKER,	/* DIR/containers/ID/config.v2.json */
	PLACE_STORAGE,	/* DIR/containers.json, and DIR/ID/userdata/config.json */
	PLACE_RUNTIMES,	/* DIR/ID/state.json of runc */
	PLACE_KINDS
};

struct place {
	char *dir;
	enum workload_engine engine;
};

struct engines {
	const char *proc;
	uint32_t hierarchy;
	uint64_t all;
	struct place places[PLACE_KINDS][PLACES];
	size_t count[PLACE_KINDS];
	DIR *walk;		/* through all processes, for daemons; NULL: none is under way */
	bool wanted;		/* one is to be begun */
	uint64_t looked;	/* when the last one ended; 0: none did */
	struct buf complaint;
	bool complained;
	struct engineapi *api;	/* borrowed; NULL: nobody may be asked */
};

/* One search. */
struct search {
	struct engines *c;
	const char *path;
	struct cgpath parsed;
	pid_t pid, ppid;
	struct workload *best;	/* owned: the outermost that is verified so far */
	size_t end;		/* so much of the path is its cgroup */
	struct workload *plain;	/* owned: of an engine of another user */
};
