/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of `capsieve explain` share. */
#pragma once

#include <stddef.h>

struct buf;
struct explain_options;
struct say;

extern const struct say explain_say;

/* Each appends to b, and returns an exit code after saying what went wrong. width: as in view/capwords.h. */
int explain_exec(const struct explain_options *o, struct buf *b, size_t width);
int explain_process(const struct explain_options *o, struct buf *b, size_t width);
int explain_file(const struct explain_options *o, const char *path, struct buf *b, size_t width);
