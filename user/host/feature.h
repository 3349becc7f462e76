/* SPDX-License-Identifier: BSD-2-Clause */
/* An answer about this machine: yes, no or unknown - a value of its own -, and why. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define FEATURE_WHY 112

enum feature_state { FEATURE_UNKNOWN, FEATURE_NO, FEATURE_YES };

/* why: words without an end, for a "no" or an unknown; "" where there is nothing to say. */
struct feature {
	enum feature_state state;
	char why[FEATURE_WHY];
};

/* One word out of a few, never freed. */
struct feature_word {
	const char *word;	/* NULL: unknown */
	char why[FEATURE_WHY];
};

struct feature_number {
	bool known;
	long long value;
};

__attribute__((format(printf, 3, 4))) void feature_set(struct feature *f, enum feature_state state,
						       const char *why, ...);
__attribute__((format(printf, 2, 3))) void feature_unknown(struct feature_word *f, const char *why, ...);

/* The path made of these, or "" where it is longer than a path can be; returns ret. */
__attribute__((format(printf, 2, 3))) const char *feature_path(char *ret, const char *format, ...);

/* The first line of a small file below the directory dir (AT_FDCWD: as open does). 0 or negative errno. */
int feature_line(int dir, const char *path, char *ret, size_t size);
