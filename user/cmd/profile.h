/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of `capsieve profile` share. */
#pragma once

#include <stdbool.h>

struct answer;
struct buf;
struct change_view;
struct recipe;
struct recipe_need;

/* `profile show`, `diff`, `merge`: argv[0] is that word. An exit code. */
int profile_show(int argc, char **argv);
int profile_diff(int argc, char **argv);
int profile_merge(int argc, char **argv);

/* Prints to standard output; an exit code. b is emptied. */
int profile_print(struct buf *b);

/* A recipe behind its remarks, which go to standard error where it has no comments; an exit code. */
int profile_print_recipe(const struct recipe *r, const struct recipe_need *need);

/* An answer as a recipe, as JSON, or as its page; an exit code. */
int profile_print_answer(const struct answer *a, const struct recipe *r, bool json);

/* What differs between two, on the page or as JSON; an exit code. */
int profile_print_change(const struct change_view *v, bool json);

/* The list of all formats; an exit code. */
int profile_print_formats(void);

/* The format of that name: 0 and *ret; -EINVAL and a sentence. */
int profile_find_format(const char *name, const struct recipe **ret, struct buf *error);
