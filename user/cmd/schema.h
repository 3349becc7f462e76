/* SPDX-License-Identifier: BSD-2-Clause */
/* `schema`: what our JSON, and the files that we read, look like, for programs. */
#pragma once

#include <stddef.h>

struct argp;

extern const struct argp schema_argp;

/* The schemas, by number from 0; NULL: no more. */
const char *schema_word(size_t at);
