/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

struct buf;
struct capset;

/*
 * C with which a program shrinks itself to a set: a function, and what it includes. A list is what is
 * permitted and effective.
 */
void snippet_c(struct buf *b, const struct capset *s);
