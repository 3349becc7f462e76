/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules and configuration as they are in force together: read in one step, kept in the state directory once they proved
 * to be usable, and taken from there when what is installed is not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/rule/complaint.h"
#include "user/rule/rules_load.h"

struct buf;
struct config;
struct rules;

/* What is to be read. */
struct ruleset_paths {
	const char *config;		/* NULL: RULES_CONFIG, where that is there */
	const char *const *rules;	/* files and directories; none: the two that are installed, where they are there */
	size_t rule_count;
};

struct ruleset {
	struct rules_texts texts;	/* all files, in their order */
	struct config *config;
	struct rules *rules;
	uint64_t loaded_ns;		/* CLOCK_REALTIME */
	bool from_last;			/* not what is installed, but what was the last to be usable */
};

/* 0 and *ret, for ruleset_free; -EINVAL and all mistakes in told; -ENOMEM. What is worth a warning stands in told, too. */
int ruleset_load(const struct ruleset_paths *paths, struct complaints *told, struct ruleset **ret);
void ruleset_free(struct ruleset *s);

/* The name and the text of the configuration; both "" where there is none. */
const char *ruleset_config_name(const struct ruleset *s);
const char *ruleset_config_text(const struct ruleset *s);

/* Into a file that takes its name when it is whole. 0 or negative errno. */
int ruleset_keep(const struct ruleset *s, const char *path);

/* What was kept: 0 and *ret; -ENOENT; negative errno and a sentence in *why. */
int ruleset_last(const char *path, struct buf *why, struct ruleset **ret);
