/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last of what was refused, or alerted on, as recordings in a directory (user/sink/recorder.h): a file after the other,
 * the oldest of which go. What is named like them there and is none of ours is never touched, nor read.
 */
#pragma once

#include <stdint.h>

struct sink;
struct users;

struct ring_options {
	const char *dir;	/* which is there, and ours; borrowed */
	uint64_t bytes_max;	/* all files together, about */
	uint32_t has;		/* enum recording_has */
	struct users *users;	/* borrowed */
};

/* 0 and *ret, -ENOMEM. A file that cannot be written ends nothing: it is left, and tried anew with the next second. */
int ring_new(const struct ring_options *options, struct sink **ret);

/* What went wrong last with a file, 0: nothing; and how many checks are in none for that. */
int ring_error(const struct sink *sink, uint64_t *ret_missed);
