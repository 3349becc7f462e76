/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks into a recording (user/model/recording.h). The file gets its name when the run is ready, says that it is
 * incomplete until it is stopped, and is the owner's alone.
 */
#pragma once

#include <stdint.h>

struct sink;
struct users;

struct recorder_options {
	uint32_t has;		/* enum recording_has */
	struct users *users;	/* borrowed */
};

/* 0 and *ret, negative errno of the file, -ENOMEM. Freed by (*ret)->ops->free. */
int recorder_new(const char *path, const struct recorder_options *options, struct sink **ret);

/* What went wrong with the file, 0: nothing. */
int recorder_error(const struct sink *sink);
