/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of a machine's processes a person wants to see, by what they are and hold. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filter;
struct holder;
struct holder_node;
struct holders;

struct holding {
	const struct filter *filter;  /* its .cgroups as paths in the hierarchy; verdicts and .caps are not looked at */
	uint64_t wanted, unwanted;    /* any of these, where there are any; none of those */
	bool all;		      /* also who holds nothing, is dead, or is a thread of the kernel itself */
};

/* Whether it could be chosen, as far as that can be told before it is looked at closer. */
bool holding_may(const struct holding *what, const struct holder *h);

struct holding_choice {
	bool *chosen; /* to be freed; by place in the list */
	size_t undecided; /* left out because something that was asked for cannot be told of them */
	size_t kernel;	  /* left out although they hold something: threads of the kernel */
	size_t dead;	  /* the same: zombies */
};

/* nodes: the whole list as a tree. 0 or -ENOMEM. */
int holding_choose(const struct holding *what, const struct holders *list, const struct holder_node *nodes,
		   struct holding_choice *ret);
