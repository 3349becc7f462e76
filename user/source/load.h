/* SPDX-License-Identifier: BSD-2-Clause */
/* The skeleton's way into the kernel: which of its objects, fitted to this kernel's types, with maps that were made meanwhile. */
#pragma once

struct live;
struct probe_rung;

/*
 * The ring's pages are the dearest of all: they are cleared and mapped while the kernel's types are read. Of its globals, which
 * are nothing but zeros, libbpf would give the kernel each page to copy.
 */
void load_begin(struct live *l);

/* What load_begin() began is done; as often as one likes. */
void load_await(struct live *l);

/* Also where nothing was loaded. */
void load_undo(struct live *l);

/*
 * Opens and loads what a run on this rung needs, and on that of standby where it is not NULL. 0 or negative errno, and nothing
 * is open.
 */
int load_rung(struct live *l, const struct probe_rung *rung, const struct probe_rung *standby);

/* For survey_fitting, whose ctx is a struct live: only those that will do are fitted. */
int load_pick(void *ctx);
