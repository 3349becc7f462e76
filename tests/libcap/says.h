/* SPDX-License-Identifier: BSD-2-Clause */
/* What libcap itself says of the examples of docs/libcap.md: a function a row, named as the row is. */
#pragma once

#include <stdbool.h>
#include <sys/capability.h>

#define NOBODY 65534

struct row {
	const char *name;
	int (*say)(void); /* prints it; 0, or says what failed with `failed` */
};

/* Each ends with a row without a name. */
extern const struct row says_set[];
extern const struct row says_iab[];
extern const struct row says_file[];
extern const struct row says_process[];
extern const struct row says_launch[];

/* "error EINVAL", of errno; returns 0: that it fails is what is to be said. */
int failed(void);

/* "ambient has cap_kill". */
int has(const char *part, cap_value_t cap, bool yes);

/* Prints and frees them. */
int text(cap_t caps);
int iab_text(cap_iab_t iab);

/* Becomes another row, after an exec. Returns only where that fails. */
int then(const char *name);
