/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that have no options of their own, and take one word of those that they know. */
#pragma once

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

struct say;

#define ONEWORD_NONE SIZE_MAX

struct oneword {
	const struct say *to;
	const struct argp *argp;	/* its parser is args_groups, its children are oneword_groups */
	const char *kind;		/* what a word stands for: "shell" */
	const char *(*word)(size_t at);	/* by number from 0; NULL: no more */
	int (*print)(size_t at);	/* what was chosen, ONEWORD_NONE: nothing was; an exit code, after saying why it is none of 0 */
};

extern const struct argp_child oneword_groups[];

/* All of such a command: an exit code. */
int oneword_main(const struct oneword *command, int argc, char **argv);
