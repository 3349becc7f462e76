/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one writer of HTML: markup is a literal, and everything else goes through here. What a process, a file or another
 * machine chose can neither end an element or an attribute nor turn the direction of what stands beside it; control bytes
 * and what is not seen are written as text_escape() writes them.
 */
#pragma once

#include <stddef.h>

#include "user/base/buf.h"

/* Markup: a literal, and nothing that was put together. */
#define html(b, literal) buf_put(b, "" literal, sizeof(literal) - 1)

/* Text, in an element or in a quoted attribute. NULL writes nothing. */
void html_text(struct buf *b, const char *text);

/* The same of lines: their ends, and backslashes, stay as they are. */
void html_lines(struct buf *b, const char *text);

/*
 * A name, isolated from the direction of what stands around it; of a longer one about the first `most` bytes, whole
 * characters, then how long it is.
 */
void html_name(struct buf *b, const char *name, size_t most);
