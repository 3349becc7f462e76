/* SPDX-License-Identifier: BSD-2-Clause */
/* --help. argp has the rows; its own rendering sorts them and has its say about optional arguments. */
#pragma once

#include <argp.h>

/*
 * Prints to standard output: usage, what the command does (argp->doc before its \v), each group with its
 * rows in their order, then `more` (NULL: nothing), and last what stands behind the \v: the examples.
 */
void help_print(const struct argp *argp, const char *command, const char *more);
