/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs on functions and tracepoints whose arguments are typed. To load one, libbpf reads all of the kernel's types, which takes ten
 * milliseconds, for one number that the survey knows already: here it is told that number.
 */
#pragma once

#include "user/source/derived.h"

struct survey;

enum { TYPED_HOOKS = 2 + DERIVED_SITES };

struct typed_hooks {
	int handler[TYPED_HOOKS];	/* of libbpf; negative: none */
};

/* Before a skeleton is opened. What the survey has no number for is left to libbpf. Not to be called by two threads. */
void typed_tell(const struct survey *s, struct typed_hooks *ret);

/* Once the skeleton is loaded: other objects go their usual way again. Such programs are attached by attach_trace. */
void typed_untell(struct typed_hooks *hooks);
