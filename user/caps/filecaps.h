/* SPDX-License-Identifier: BSD-2-Clause */
/* What the attribute security.capability of a file says, as linux/capability.h lays it out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILECAPS_XATTR	  "security.capability"
#define FILECAPS_SIZE_MAX 24	/* bytes of the longest form */

struct filecaps {
	unsigned version;	/* 1, 2 or 3 */
	bool effective;		/* the one bit that stands for a whole set */
	uint64_t permitted, inheritable;
	uint32_t rootid;	/* the user that is root where they count; 0 in versions 1 and 2 */
};

/* -EINVAL for what the kernel would refuse to execute: an unknown version, a size that is not its own. */
int filecaps_decode(const void *data, size_t n, struct filecaps *ret);

/*
 * The bytes, and how many. Version 1 has no room for numbers from 32 on: -ERANGE; -EINVAL for a version
 * that is none.
 */
int filecaps_encode(const struct filecaps *caps, uint8_t ret_data[static FILECAPS_SIZE_MAX], size_t *ret_n);
