/* SPDX-License-Identifier: BSD-2-Clause */
/* Everybody who is on this machine now, by name and as a tree, and who of them a person means. */
#pragma once

#include <stdbool.h>

#include "user/caps/holder.h"
#include "user/host/snapshot.h"
#include "user/rule/holding.h"
#include "user/source/tasks.h"

struct places;

struct present_config {
	const char *proc;		/* where procfs is mounted */
	const struct holding *what;
	bool all;			/* everybody is looked at closer: who is not meant stands between those who are */
	bool exactly;			/* in one go by the kernel's own iterator, where there is one, with securebits */
};

struct present {
	struct holders list;
	struct snapshot_counts counts;
	struct holder_node *nodes;	/* .list as a tree */
	struct holding_choice choice;
	struct places *places;		/* of which .list borrows */
	struct tasks tasks;
};

/* 0 or negative errno; for present_done in both cases. */
int present_take(const struct present_config *config, struct present *ret);
void present_done(struct present *p);
