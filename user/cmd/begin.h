/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <argp.h>

struct buf;
struct options;
struct say;

/*
 * A command from its line to its exit code: a mistake is said, --help is printed, or else run is called and its code
 * returned. columns appends what --help says of each column; NULL: the command has none.
 */
int begin(const struct argp *argp, const struct say *to, void (*columns)(struct buf *b), int (*run)(struct options *o),
	  int argc, char **argv);
