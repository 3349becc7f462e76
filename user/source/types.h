/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel's types in BTF form, read by ourselves: all that is asked of 150,000 of them are a few names, and the part that
 * our programs are fitted to. To have libbpf check and index them all takes ten milliseconds, which was a third of a start.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct btf;
struct types;

enum { TYPES_MAX = 1 << 20 };

/*
 * Indexes BTF of this machine's byte order; data stays the caller's, and must live as long. 0 and *ret; -EINVAL where it is
 * no BTF, is damaged, or has kinds of types that are not known here; -E2BIG; -ENOMEM.
 */
int types_new(const void *data, size_t size, struct types **ret);
void types_free(struct types *t);

/* The number of the first type of this kind (BTF_KIND_FUNC, ...) and name; 0: there is none. */
struct types_wish {
	const char *name;
	unsigned int kind;
	int id;
};

/* Fills the id of each wish, in one go through all types. */
void types_find(const struct types *t, struct types_wish *wishes, size_t n);

/* The name of a function's parameter, counted from 0; NULL: there is none such. As long as t. */
const char *types_parameter(const struct types *t, int function, unsigned int nth);

/*
 * Writes into fd, which is empty, the structs, unions and enums whose names `ours` has (what follows ___ in a name of
 * ours apart), with what they hold; what they point to is left out. 0 or negative errno.
 */
int types_subset(const struct types *t, const struct btf *ours, int fd);
