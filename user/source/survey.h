/* SPDX-License-Identifier: BSD-2-Clause */
/* The survey of probes on its own, for who wants to know why nothing could be opened. */
#pragma once

struct btf;
struct buf;
struct survey;

/*
 * Finds the kernel's types - the file btf, or where that is NULL the kernel's own - and surveys the probes. Where
 * ours is not NULL, the part that these programs need goes into the empty file `part` (types_subset). 0, also where no
 * probe can be used; -EINVAL with a sentence in *why where btf holds no kernel's types; -ENODATA where all is well but
 * that part could not be made.
 */
int survey_look(const char *btf, const struct btf *ours, struct survey *ret, int part, struct buf *why);

/* Only that part, for other programs of ours. 0; -ENODATA where it could not be made. */
int survey_part(const char *btf, const struct btf *ours, int part);
