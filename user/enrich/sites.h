/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where in the kernel a check was made, and what that means: the addresses behind an event become the names of
 * functions, once each, and the table of call sites says the rest.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct record;
struct sites;

/* Names come from DIR/kallsyms, which is opened now and read later; NULL: records bring theirs. NULL: out of memory. */
struct sites *sites_new(const char *proc);
void sites_free(struct sites *s);

/* Every now and then: what has not been used for long need not be kept. */
void sites_rest(struct sites *s);

/* Do we see addresses in it? 0; -EPERM: they are hidden; other negative errno: it cannot be read. */
int sites_shown(const struct sites *s);

/* System calls are those of this machine and not of ours; -ENOENT: not known. */
int sites_set_machine(struct sites *s, const char *machine);

/* For a check of which the event, of `size` bytes, may hold a struct event_site: fills r->stack and r->argument. */
void sites_name(struct sites *s, const void *event, size_t size, struct record *r);

/* From r->stack, r->argument and the rest: fills r->site, and the options of a probe that has none. */
void sites_class(struct sites *s, struct record *r);
