/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs of a run that only sends what the typed tracepoint hears, as an object of their own: a sixth of all that is
 * embedded, so that to copy, fit and open it takes a sixth of the time. Its maps and globals are those of all (the linker
 * keeps one of each, in the same order), and it serves in the place of the whole skeleton.
 */
#pragma once

struct bpf_object_skeleton;
struct fit;

/* A copy for fit_done; 0 or -ENOMEM. */
int sending_copy(struct fit *ret);

/* Takes from the whole skeleton, which is not open yet, the programs that this object does not have; theirs stay NULL. */
int sending_narrow(struct bpf_object_skeleton *all);
