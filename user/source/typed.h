/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs on functions and tracepoints whose arguments are typed. To load one, libbpf reads all of the kernel's types,
 * which takes ten milliseconds, for one number that the survey knows already: here it is told that number.
 */
#pragma once

#include <stdbool.h>

#include "bpf/config.h"
#include "user/source/derived.h"

struct survey;

enum { TYPED_FEXIT, TYPED_TP_BTF, TYPED_DERIVED, TYPED_HOOKS = TYPED_DERIVED + DERIVED_SITES };

/* Numbers among the kernel's types; 0: not known. */
struct typed_hook {
	int id;			/* of what the program stands on */
	int call[CALLS_PUT];	/* of functions that are put in place of CALL_LOOSE and so on; 0: that is not reached */
};

struct typed_hooks {
	int handler[TYPED_HOOKS];	/* of libbpf; not positive: none */
	struct typed_hook hook[TYPED_HOOKS];
};

/* Before a skeleton is opened; *ret must stay where it is until typed_untell. Not to be called by two threads. */
void typed_tell(struct typed_hooks *ret);

/* Before it is loaded: the numbers. What the survey has no number for cannot be loaded. calls: may functions be called? */
void typed_number(struct typed_hooks *hooks, const struct survey *s, bool calls);

/* Once it is loaded: other objects go their usual way again. Such programs are attached by attach_trace. Safe when zeroed. */
void typed_untell(struct typed_hooks *hooks);
