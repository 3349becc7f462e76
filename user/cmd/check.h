/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of `check`, each in its file: what was asked for, replaying, explaining. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/buf.h"
#include "user/model/filter.h"
#include "user/rule/rules.h"

struct argp;
struct config;
struct say;

enum { CHECK_PATHS_MAX = 256 };

struct check_options {
	const char *paths[CHECK_PATHS_MAX];
	size_t count;
	const char *replay, *explain, *schema;
	uint64_t caps;			/* of -C; 0: not given */
	bool allowed, denied, class_given, json, utc, quiet, help;
	enum site_class class;
	struct filter filter;		/* what --replay is to look at: of all of these, and of --where */
	struct buf error;
};

extern const struct say check_say;
extern const struct argp check_argp;

/* What was read, for the parts. */
struct checked {
	const struct check_options *options;
	const struct rules *rules;
};

/* Exit codes, after saying all that there is to say. */
int check_replay(const struct checked *c);
int check_explain(const struct checked *c);

/* 0; -EINVAL and a sentence in o->error. Either way ret is to be given to check_options_done. */
int check_options_parse(int argc, char **argv, struct check_options *ret);
void check_options_done(struct check_options *o);
void check_help(void);
