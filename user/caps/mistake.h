/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a text that a person typed is wrong, and what may have been meant. */
#pragma once

#include <stddef.h>

struct mistake {
	const char *what;    /* "no such capability": a literal */
	const char *word;    /* the bad word, in the text; not terminated */
	size_t len;          /* 0: something is missing there */
	size_t column;       /* of the word, in bytes, the first is 1 */
	const char *nearest; /* a literal, or NULL */
};
