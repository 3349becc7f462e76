/* SPDX-License-Identifier: BSD-2-Clause */
/* The survey of probes on its own, for who wants to know why nothing could be opened. */
#pragma once

struct btf;
struct buf;
struct survey;

/*
 * Finds the kernel's types - the file btf, or where that is NULL the kernel's own - and surveys the probes. Where
 * ours is not NULL, *ret_types becomes a descriptor of the part that these programs need (types_subset), or -1 where
 * it could not be made. 0, also where no probe can be used; -EINVAL with a sentence in *why where btf holds no
 * kernel's types.
 */
int survey_look(const char *btf, const struct btf *ours, struct survey *ret, int *ret_types, struct buf *why);
