/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs on functions and tracepoints whose arguments are typed. To load one, libbpf reads all of the kernel's types,
 * which takes ten milliseconds, for one number that the survey knows already: here it is told that number.
 */
#pragma once

#include "user/source/derived.h"

struct survey;

enum { TYPED_FEXIT, TYPED_TP_BTF, TYPED_DERIVED, TYPED_HOOKS = TYPED_DERIVED + DERIVED_SITES };

struct typed_hooks {
	int handler[TYPED_HOOKS];	/* of libbpf; not positive: none */
	int id[TYPED_HOOKS];		/* of what the program stands on, among the kernel's types; 0: not known */
};

/* Before a skeleton is opened; *ret must stay where it is until typed_untell. Not to be called by two threads. */
void typed_tell(struct typed_hooks *ret);

/* Before it is loaded: the numbers. What the survey has no number for cannot be loaded. */
void typed_number(struct typed_hooks *hooks, const struct survey *s);

/* Once it is loaded: other objects go their usual way again. Such programs are attached by attach_trace. Safe when zeroed. */
void typed_untell(struct typed_hooks *hooks);
