/* SPDX-License-Identifier: BSD-2-Clause */
/* The interpreters and shells of this machine, and whether a file is one of them under another name. */
#pragma once

struct copies;

/* NULL: out of memory. Nothing is looked at before it is asked for. */
struct copies *copies_new(void);
void copies_free(struct copies *c);

/*
 * The path of the interpreter that an open file is, or has the same content as; NULL: of none, or it cannot
 * be read. c's own, good until copies_free.
 */
const char *copies_find(struct copies *c, int fd);
